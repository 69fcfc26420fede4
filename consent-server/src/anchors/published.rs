//! The head of the heads log as everybody sees it: with the cosignatures, as soon as there are enough.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::policy::Policy;

use super::documents;
use super::heads_site;
use crate::store::{LogId, Store, StoreError};

/// How old a cosigned head may be, in seconds, before the plain one is shown instead of it.
const STALE: u64 = 600;

/// A head with the lines of witnesses under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigned {
    /// The log.
    pub log: LogId,
    /// The size of the head.
    pub size: u64,
    /// The whole note.
    pub note: String,
    /// When it was put together, unix seconds.
    pub time: u64,
}

/// The newest cosigned head, and who is asked.
#[derive(Debug)]
pub struct Published {
    /// Witnesses and quorum.
    pub witnesses: Policy,
    newest: RwLock<Option<Cosigned>>,
    /// How far the heads log knows each log.
    named: RwLock<HashMap<LogId, u64>>,
}

impl Published {
    /// Nothing is cosigned yet.
    #[must_use]
    pub fn new(witnesses: Policy) -> Self {
        Self { witnesses, newest: RwLock::default(), named: RwLock::default() }
    }

    /// With what was kept before this start. It is shown again only while the log has not grown since.
    ///
    /// # Errors
    /// If the store fails.
    pub fn load(store: &dyn Store, witnesses: Policy) -> Result<Self, StoreError> {
        let published = Self::new(witnesses);
        let site = heads_site();
        let newest = store.logs()?.into_iter().rfind(|(log, _)| log.site == site);
        if let Some((log, _)) = newest
            && !published.witnesses.witnesses().is_empty()
            && let Some(note) = store.kept(&site, &documents::cosigned(log.year))?
            && let Ok(note) = String::from_utf8(note)
        {
            let size = note.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0);
            let cosigned = Cosigned { log, size, note, time: 0 };
            *published.newest.write().unwrap_or_else(PoisonError::into_inner) = Some(cosigned);
        }
        Ok(published)
    }

    /// The head of a log as it is shown at the time `now`, unix seconds. What is shown never gets smaller by that: a newer
    /// cosigned head is at least as large as any plain one that was there when it was asked for.
    #[must_use]
    pub fn show(&self, log: &LogId, head: &SignedCheckpoint, now: u64) -> String {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        match &*newest {
            Some(cosigned)
                if cosigned.log == *log
                    && (cosigned.size == head.checkpoint().size
                        || now.saturating_sub(cosigned.time) < STALE) =>
            {
                cosigned.note.clone()
            }
            _ => head.as_str().to_owned(),
        }
    }

    /// When enough witnesses had cosigned a head, unix seconds; `None` if none have since this start.
    #[must_use]
    pub fn cosigned_at(&self) -> Option<u64> {
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        newest.as_ref().map(|cosigned| cosigned.time).filter(|time| *time > 0)
    }

    /// The size of the head of a log that this process named last in the heads log; `None` if it has named none since its start, or
    /// another one names them now.
    #[must_use]
    pub fn named(&self, log: &LogId) -> Option<u64> {
        self.named.read().unwrap_or_else(PoisonError::into_inner).get(log).copied()
    }

    pub(super) fn name(&self, all: impl Iterator<Item = (LogId, u64)>) {
        self.named.write().unwrap_or_else(PoisonError::into_inner).extend(all);
    }

    /// Forgets what was named: another process names heads from now on.
    pub(super) fn leave_naming(&self) {
        self.named.write().unwrap_or_else(PoisonError::into_inner).clear();
        if let Some(newest) = &mut *self.newest.write().unwrap_or_else(PoisonError::into_inner) {
            newest.time = 0; // since when it is so is that one's to say
        }
    }

    /// Keeps a cosigned head durably, and then shows it.
    ///
    /// # Errors
    /// If the store fails.
    pub(super) fn publish(&self, store: &dyn Store, cosigned: Cosigned) -> Result<(), StoreError> {
        store.keep(&heads_site(), &documents::cosigned(cosigned.log.year), cosigned.note.as_bytes())?;
        *self.newest.write().unwrap_or_else(PoisonError::into_inner) = Some(cosigned);
        Ok(())
    }
}
