//! Heads that have changed go into the heads log.

use std::collections::HashMap;
use std::sync::Arc;

use consent_core::ledger::checkpoint::SignedCheckpoint;
use tokio::sync::Mutex;

use super::heads_site;
use super::published::Published;
use crate::heads::Heads;
use crate::sequencer::{RecordError, Sequencer};
use crate::store::LogId;

/// How many heads go into one batch: far more than sites on one server, and far less than the queue of visitors.
const BATCH: usize = 1024;

/// Names heads in the heads log.
#[derive(Debug)]
pub struct NamedHeads {
    sequencer: Sequencer,
    heads: Arc<Heads>,
    published: Arc<Published>,
    /// The size of each log as it was named last. Empty at the start: every log is named once more then, which changes
    /// nothing and keeps the search for the newest one short.
    named: Mutex<HashMap<LogId, u64>>,
}

impl NamedHeads {
    /// Names through this sequencer what it signs, and says so where others look.
    #[must_use]
    pub fn new(sequencer: Sequencer, heads: Arc<Heads>, published: Arc<Published>) -> Self {
        Self { sequencer, heads, published, named: Mutex::default() }
    }

    /// Names every head that has changed, and returns the head of the heads log with all of them in it; `None` if there is
    /// no log at all.
    ///
    /// # Errors
    /// If the store failed, or the sequencer has ended.
    pub async fn advance(&self) -> Result<Option<(LogId, SignedCheckpoint)>, RecordError> {
        let mut named = self.named.lock().await;
        let site = heads_site();
        let changed: Vec<_> = self
            .heads
            .all()
            .into_iter()
            .filter(|(log, head)| log.site != site && named.get(log) != Some(&head.checkpoint().size))
            .collect();
        for batch in changed.chunks(BATCH) {
            let heads = batch.iter().map(|(_, head)| head.checkpoint().clone()).collect();
            self.sequencer.name_heads(site.clone(), heads).await?;
            let sizes = batch.iter().map(|(log, head)| (log.clone(), head.checkpoint().size));
            named.extend(sizes);
        }
        // All of it: this process may have named nothing for a while, as another one did.
        self.published.name(named.iter().map(|(log, size)| (log.clone(), *size)));
        Ok(self.heads.of_site(&site).pop())
    }
}
