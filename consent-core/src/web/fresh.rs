//! The notice in force, while it is kept fresh.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;
use time::{Duration, OffsetDateTime};

use crate::consent::InForce;
use crate::enforce::Enforcer;
use crate::notice::{Notice, NoticeError};

/// How many notices before the one in force are kept, so that choices made under them hold where no more is asked.
///
/// ```
/// use consent_core::consent::MAX_OLDER;
/// use consent_core::web::MAX_KEPT;
///
/// // A service remembers fewer than a script is told of: each is a whole notice in memory.
/// assert!(MAX_KEPT < MAX_OLDER);
/// ```
pub const MAX_KEPT: usize = 16;

/// Holds the notice in force for all requests of a service, and takes a new one while they run.
///
/// It fetches nothing: `follow` (feature `fetch`) does, or whoever has an HTTP client asks `GET /v1/sites/{site}/notice?lang=…&region=…`, as often as a change may
/// take to arrive, and hands the answer over ([`Fresh::take`]), or says that it was 304 ([`Fresh::confirm`]). When that fails,
/// nothing is handed over and the last notice stays in force; once it was not confirmed for the longest time that was said,
/// everything is denied until it is.
///
/// ```
/// use consent_core::enforce::Enforcer;
/// use consent_core::web::Fresh;
/// use time::{Duration, OffsetDateTime};
///
/// let fresh = Fresh::new(Duration::hours(1), Enforcer::new);
/// let now = OffsetDateTime::UNIX_EPOCH;
/// assert!(fresh.at(now).is_none(), "nothing was taken yet: everything is denied");
/// # let notice = consent_core::notice::Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let answer = String::from_utf8(notice.bytes().to_vec())?;
/// # let answer = answer.replacen('{', &format!("{{\"notice_id\":\"{}\",", notice.id()), 1);
/// fresh.take(answer.as_bytes(), now)?; // the body of the answer
/// assert!(fresh.take(b"<html>502</html>", now).is_err());
/// assert!(fresh.at(now + Duration::hours(1)).is_some(), "the last one stays");
/// assert!(fresh.at(now + Duration::hours(2)).is_none(), "and is too old some day");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Fresh {
    longest: Option<Duration>,
    lay_out: Box<dyn Fn(InForce) -> Enforcer + Send + Sync>,
    /// Each request reads it, and waits for nobody.
    current: ArcSwapOption<Current>,
    /// Locked by who changes what is kept, until it is changed.
    older: Mutex<VecDeque<Arc<Notice>>>,
}

/// The last notice that was known, and when it was confirmed.
pub(super) struct Current {
    pub(super) enforcer: Arc<Enforcer>,
    since: OffsetDateTime,
}

impl Fresh {
    /// Has no notice yet. One that is not confirmed for `longest` denies everything. `lay_out` makes an enforcer of each notice
    /// that is taken: [`Enforcer::new`], or with more said.
    #[must_use]
    pub fn new(longest: Duration, lay_out: impl Fn(InForce) -> Enforcer + Send + Sync + 'static) -> Self {
        let (current, older) = Default::default();
        Self { longest: Some(longest), lay_out: Box::new(lay_out), current, older }
    }

    /// One notice for good, as it was compiled in.
    ///
    /// ```
    /// use consent_core::enforce::Enforcer;
    /// use consent_core::web::Fresh;
    /// use time::{Duration, OffsetDateTime};
    /// # use consent_core::{consent::InForce, notice::Notice};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// let fresh = Fresh::fixed(Enforcer::new(InForce::from(notice)));
    /// assert!(fresh.at(OffsetDateTime::UNIX_EPOCH + Duration::days(36_500)).is_some(), "it is never too old");
    /// # Ok::<(), consent_core::notice::NoticeError>(())
    /// ```
    #[must_use]
    pub fn fixed(enforcer: Enforcer) -> Self {
        let current = Current { enforcer: Arc::new(enforcer), since: OffsetDateTime::UNIX_EPOCH };
        let current = ArcSwapOption::from_pointee(current);
        Self { longest: None, lay_out: Box::new(Enforcer::new), current, older: Mutex::default() }
    }

    /// Takes the body of an answer. Says whether it is another notice than before; then that one is kept as an older one.
    ///
    /// # Errors
    /// If it is no notice, or one of another site. Nothing is changed then, and nothing is confirmed.
    pub fn take(&self, answer: &[u8], now: OffsetDateTime) -> Result<bool, NoticeError> {
        let notice = Arc::new(Notice::from_answer(answer)?);
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = self.current() {
            let before = current.enforcer.in_force().notice();
            if before.site != notice.site {
                return Err(NoticeError::Site);
            }
            if before.id() == notice.id() {
                self.keep(Arc::clone(&current.enforcer), now.max(current.since));
                return Ok(false);
            }
            older.retain(|older| older.id() != notice.id());
            older.push_front(Arc::clone(before));
            older.truncate(MAX_KEPT);
        }
        let in_force = older.iter().fold(InForce::new(notice), |in_force, older| in_force.knowing(older));
        self.keep(Arc::new((self.lay_out)(in_force)), now);
        Ok(true)
    }

    /// The notice in force still is: the server has answered 304.
    ///
    /// ```
    /// use consent_core::enforce::Enforcer;
    /// use consent_core::web::Fresh;
    /// use time::{Duration, OffsetDateTime};
    ///
    /// let fresh = Fresh::new(Duration::hours(1), Enforcer::new);
    /// let now = OffsetDateTime::UNIX_EPOCH;
    /// # let notice = consent_core::notice::Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// # let answer = String::from_utf8(notice.bytes().to_vec())?;
    /// # let answer = answer.replacen('{', &format!("{{\"notice_id\":\"{}\",", notice.id()), 1);
    /// fresh.take(answer.as_bytes(), now)?;
    /// fresh.confirm(now + Duration::hours(1)); // asked again an hour later: 304
    /// assert!(fresh.at(now + Duration::hours(2)).is_some());
    /// assert_eq!(fresh.last().map(|(_, since)| since), Some(now + Duration::hours(1)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn confirm(&self, now: OffsetDateTime) {
        let _changing = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(current) = self.current() {
            self.keep(Arc::clone(&current.enforcer), now.max(current.since));
        }
    }

    /// What is in force; `None` if nothing is known, or was not confirmed for too long: then everything is denied.
    #[must_use]
    pub fn at(&self, now: OffsetDateTime) -> Option<Arc<Enforcer>> {
        let current = self.current()?;
        self.holds(&current, now).then(|| Arc::clone(&current.enforcer))
    }

    /// The last that was known, however old, and when it was confirmed: what is declared in it is still told apart.
    #[must_use]
    pub fn last(&self) -> Option<(Arc<Enforcer>, OffsetDateTime)> {
        self.current().map(|current| (Arc::clone(&current.enforcer), current.since))
    }

    /// The same, as it is kept.
    pub(super) fn current(&self) -> Option<Arc<Current>> {
        self.current.load_full()
    }

    /// Whether it is in force now.
    pub(super) fn holds(&self, current: &Current, now: OffsetDateTime) -> bool {
        self.longest.is_none_or(|longest| now - current.since <= longest)
    }

    fn keep(&self, enforcer: Arc<Enforcer>, since: OffsetDateTime) {
        self.current.store(Some(Arc::new(Current { enforcer, since })));
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.last();
        let notice = last.as_ref().map(|(enforcer, since)| (enforcer.in_force().notice().id(), since));
        f.debug_struct("Fresh")
            .field("longest", &self.longest)
            .field("notice", &notice)
            .finish_non_exhaustive()
    }
}
