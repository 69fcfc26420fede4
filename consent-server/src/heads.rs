//! The latest signed head of every log, for everybody who reads, and nodes of the trees under them.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::notice::SiteId;

use crate::ended::Ended;
use crate::nodes::Nodes;
use crate::store::LogId;

/// Signed heads. The sequencer writes, everybody reads.
#[derive(Debug, Default)]
pub struct Heads {
    logs: RwLock<HashMap<LogId, Shown>>,
    nodes: Nodes,
}

#[derive(Clone, Debug)]
struct Shown {
    head: SignedCheckpoint,
    /// If it is a log that could not go on.
    ended: Option<Arc<Ended>>,
}

impl Heads {
    /// The latest signed head of a log.
    #[must_use]
    pub fn get(&self, log: &LogId) -> Option<SignedCheckpoint> {
        let heads = self.logs.read().unwrap_or_else(PoisonError::into_inner);
        heads.get(log).map(|shown| shown.head.clone())
    }

    /// What is left of a log, if it could not go on.
    #[must_use]
    pub fn ended(&self, log: &LogId) -> Option<Arc<Ended>> {
        self.logs.read().unwrap_or_else(PoisonError::into_inner).get(log)?.ended.clone()
    }

    /// The heads of all logs of a site, by year.
    #[must_use]
    pub fn of_site(&self, site: &SiteId) -> Vec<(LogId, SignedCheckpoint)> {
        self.collect(|log| log.site == *site)
    }

    /// The heads of all logs.
    #[must_use]
    pub fn all(&self) -> Vec<(LogId, SignedCheckpoint)> {
        self.collect(|_| true)
    }

    /// What is known of the trees.
    pub(crate) fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    fn collect(&self, is_meant: impl Fn(&LogId) -> bool) -> Vec<(LogId, SignedCheckpoint)> {
        let heads = self.logs.read().unwrap_or_else(PoisonError::into_inner);
        let meant = heads.iter().filter(|(log, _)| is_meant(log));
        let mut all: Vec<_> = meant.map(|(log, shown)| (log.clone(), shown.head.clone())).collect();
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        all
    }

    pub(crate) fn publish(&self, log: LogId, head: SignedCheckpoint) {
        let shown = Shown { head, ended: None };
        self.logs.write().unwrap_or_else(PoisonError::into_inner).insert(log, shown);
    }

    pub(crate) fn publish_ended(&self, ended: Ended) {
        let (log, head) = (ended.log.clone(), ended.signed.clone());
        let shown = Shown { head, ended: Some(Arc::new(ended)) };
        self.logs.write().unwrap_or_else(PoisonError::into_inner).insert(log, shown);
    }
}
