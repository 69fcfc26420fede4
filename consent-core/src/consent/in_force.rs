//! The notice in force, and what is known of those before it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ALL;
use crate::cookie::NoticePrefix;
use crate::notice::Notice;

/// How many older notices are remembered: as many as a script is told of.
///
/// ```
/// use consent_core::consent::{InForce, MAX_OLDER};
/// # use consent_core::notice::Notice;
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let history = vec![notice.clone(); 3];
/// // The newest first: those beyond are not remembered.
/// let in_force = history.iter().take(MAX_OLDER).fold(InForce::from(notice), InForce::knowing);
/// assert_eq!(in_force.notice().site, history[0].site, "of another site none would be");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_OLDER: usize = 256;

/// The notice in force, and under which older ones a choice still holds.
///
/// A cookie keeps the first 12 characters of its notice's address. Who has the notice in force only can not tell whether
/// another one asked for less, or for the same in other words; so a choice made under it grants nothing
/// ([`State::Outdated`](super::State::Outdated)), and what it denied stays denied. Give it the older notices
/// ([`InForce::knowing`]; `/v1/sites/{site}/notices/{notice_id}` serves each for ever) and the answer is the script's:
/// such a choice holds in the categories in which no more is asked now ([`Material`](crate::notice::Material)).
///
/// ```
/// use consent_core::consent::{Consent, InForce, State};
/// # use consent_core::{notice::Notice, signal::Signals};
///
/// # let older = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let mut body = (*older).clone();
/// # body.texts.title = "Vos choix".to_owned();
/// # let notice = Notice::new(body)?;
/// # let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
/// // `notice` says the same as `older` in other words.
/// let choice = format!("consent=1.05.toy7q0.{}.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw", older.id().prefix());
/// let state = |in_force| Consent::read(&in_force, [choice.as_bytes()], Signals::default(), now).state();
/// let alone = InForce::new(notice.into());
/// assert_eq!(state(alone.clone()), State::Outdated);
/// assert_ne!(alone.notice().id(), older.id());
/// assert_eq!(state(alone.knowing(&older)), State::Chosen);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct InForce {
    notice: Arc<Notice>,
    prefix: NoticePrefix,
    older: BTreeMap<NoticePrefix, u8>,
}

impl InForce {
    /// This notice, and nothing of older ones.
    #[must_use]
    pub fn new(notice: Arc<Notice>) -> Self {
        Self { prefix: NoticePrefix::of(notice.id()), notice, older: BTreeMap::new() }
    }

    /// The same, and this older one. At most [`MAX_OLDER`] are remembered, and none of another site.
    #[must_use]
    pub fn knowing(mut self, older: &Notice) -> Self {
        let travelled = older.regime.region != self.notice.regime.region;
        let asked = self.notice.material().asked_of(&older.material(), travelled);
        if let Some(asked) = asked
            && older.site == self.notice.site
            && self.older.len() < MAX_OLDER
        {
            let bits = asked.into_iter().fold(ALL, |bits, category| bits & !category.bit());
            self.older.insert(NoticePrefix::of(older.id()), bits);
        }
        self
    }

    /// The notice.
    #[must_use]
    pub fn notice(&self) -> &Arc<Notice> {
        &self.notice
    }

    /// The bits of the categories in which a choice made under a notice holds; `None` if nothing is known of it.
    pub(super) fn held_under(&self, prefix: NoticePrefix) -> Option<u8> {
        if prefix == self.prefix { Some(ALL) } else { self.older.get(&prefix).copied() }
    }
}

impl From<Notice> for InForce {
    fn from(notice: Notice) -> Self {
        Self::new(notice.into())
    }
}
