//! The latest signed head of every log, for everybody who reads.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::notice::SiteId;

use crate::store::LogId;

/// Signed heads. The sequencer writes, everybody reads.
#[derive(Debug, Default)]
pub struct Heads(RwLock<HashMap<LogId, SignedCheckpoint>>);

impl Heads {
    /// The latest signed head of a log.
    #[must_use]
    pub fn get(&self, log: &LogId) -> Option<SignedCheckpoint> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(log).cloned()
    }

    /// The heads of all logs of a site, by year.
    #[must_use]
    pub fn of_site(&self, site: &SiteId) -> Vec<(LogId, SignedCheckpoint)> {
        let heads = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let own = heads.iter().filter(|(log, _)| log.site == *site);
        let mut own: Vec<_> = own.map(|(log, head)| (log.clone(), head.clone())).collect();
        own.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        own
    }

    /// The heads of all logs.
    #[must_use]
    pub fn all(&self) -> Vec<(LogId, SignedCheckpoint)> {
        let heads = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = heads.iter().map(|(log, head)| (log.clone(), head.clone())).collect();
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        all
    }

    pub(crate) fn publish(&self, log: LogId, head: SignedCheckpoint) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(log, head);
    }
}
