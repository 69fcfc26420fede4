//! The notice in force, while it is kept fresh.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use time::{Duration, OffsetDateTime};

use crate::consent::InForce;
use crate::enforce::Enforcer;
use crate::notice::{Notice, NoticeError};

/// How many notices before the one in force are kept, so that choices made under them hold where no more is asked.
pub const MAX_KEPT: usize = 16;

/// Holds the notice in force for all requests of a service, and takes a new one while they run.
///
/// It fetches nothing: whoever has an HTTP client asks `GET /v1/sites/{site}/notice?lang=…&region=…`, as often as a change may
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
/// # let notice = consent_core::notice::Notice::from_bytes(include_bytes!("../../fuzz/seeds/notice/small"))?;
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
    kept: RwLock<Kept>,
}

#[derive(Default)]
struct Kept {
    current: Option<(Arc<Enforcer>, OffsetDateTime)>,
    older: VecDeque<Arc<Notice>>,
}

impl Fresh {
    /// Has no notice yet. One that is not confirmed for `longest` denies everything. `lay_out` makes an enforcer of each notice
    /// that is taken: [`Enforcer::new`], or with more said.
    #[must_use]
    pub fn new(longest: Duration, lay_out: impl Fn(InForce) -> Enforcer + Send + Sync + 'static) -> Self {
        Self { longest: Some(longest), lay_out: Box::new(lay_out), kept: RwLock::default() }
    }

    /// One notice for good, as it was compiled in.
    #[must_use]
    pub fn fixed(enforcer: Enforcer) -> Self {
        let current = Some((Arc::new(enforcer), OffsetDateTime::UNIX_EPOCH));
        let kept = RwLock::new(Kept { current, older: VecDeque::new() });
        Self { longest: None, lay_out: Box::new(Enforcer::new), kept }
    }

    /// Takes the body of an answer. Says whether it is another notice than before; then that one is kept as an older one.
    ///
    /// # Errors
    /// If it is no notice, or one of another site. Nothing is changed then, and nothing is confirmed.
    pub fn take(&self, answer: &[u8], now: OffsetDateTime) -> Result<bool, NoticeError> {
        let notice = Arc::new(Notice::from_answer(answer)?);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        let before = kept.current.as_ref().map(|(enforcer, _)| Arc::clone(enforcer.in_force().notice()));
        if let Some(before) = before {
            if before.site != notice.site {
                return Err(NoticeError::Site);
            }
            if before.id() == notice.id() {
                kept.confirm(now);
                return Ok(false);
            }
            kept.older.retain(|older| older.id() != notice.id());
            kept.older.push_front(before);
            kept.older.truncate(MAX_KEPT);
        }
        let in_force =
            kept.older.iter().fold(InForce::new(notice), |in_force, older| in_force.knowing(older));
        kept.current = Some((Arc::new((self.lay_out)(in_force)), now));
        Ok(true)
    }

    /// The notice in force still is: the server has answered 304.
    pub fn confirm(&self, now: OffsetDateTime) {
        self.kept.write().unwrap_or_else(PoisonError::into_inner).confirm(now);
    }

    /// What is in force; `None` if nothing is known, or was not confirmed for too long: then everything is denied.
    #[must_use]
    pub fn at(&self, now: OffsetDateTime) -> Option<Arc<Enforcer>> {
        let (enforcer, since) = self.last()?;
        self.holds(since, now).then_some(enforcer)
    }

    /// Whether what was confirmed then is in force now.
    pub(super) fn holds(&self, since: OffsetDateTime, now: OffsetDateTime) -> bool {
        self.longest.is_none_or(|longest| now - since <= longest)
    }

    /// The last that was known, however old, and when it was confirmed: what is declared in it is still told apart.
    #[must_use]
    pub fn last(&self) -> Option<(Arc<Enforcer>, OffsetDateTime)> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).current.clone()
    }
}

impl Kept {
    fn confirm(&mut self, now: OffsetDateTime) {
        if let Some((_, since)) = &mut self.current {
            *since = now.max(*since);
        }
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
