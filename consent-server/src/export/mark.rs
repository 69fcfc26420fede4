//! What an export was made of, and whether it may still leave the server: for as long as one is written, sent or kept.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use consent_core::bundle::exhibit::Exhibit;
use consent_core::digest::Digest;
use consent_core::ledger::entry::Kind;
use consent_core::ledger::origin::LogYear;
use consent_core::notice::SiteId;

use crate::exhibits;
use crate::store::{LogId, Store};

use super::ExportError;
use super::cut::{STEP, parse};

/// Where the logs of a site were when something was made of them.
#[derive(Debug)]
pub struct Mark {
    pub(super) site: SiteId,
    /// The newest of the logs.
    pub(super) newest: Option<LogYear>,
    /// How far each log that goes on has been read: nothing was erased up to there. So each entry is read once, however often one asks.
    pub(super) read: Mutex<BTreeMap<LogId, u64>>,
    /// What there was of other platforms.
    pub(super) exhibits: Vec<(Digest, Exhibit)>,
}

impl Mark {
    /// Of a site that has no log yet.
    #[cfg(test)]
    pub(crate) const fn of_nothing(site: SiteId) -> Self {
        Self { site, newest: None, read: Mutex::new(BTreeMap::new()), exhibits: Vec::new() }
    }

    /// Whether something of this was erased or removed since, or the newest log has a successor that is not in it. What was written of
    /// it then is neither the log before that nor the log after it, and must not leave the server.
    ///
    /// # Errors
    /// If the store fails.
    pub fn is_overtaken(&self, store: &dyn Store) -> Result<bool, ExportError> {
        // The old log is closed and the next one opened in one batch, and their heads are published one after the other.
        if store.logs()?.iter().any(|(log, _)| log.site == self.site && Some(log.year) > self.newest) {
            return Ok(true);
        }
        let there = exhibits::all(store, &self.site)?;
        if self.exhibits.iter().any(|exhibit| !there.contains(exhibit)) {
            return Ok(true);
        }
        for (log, read) in self.read.lock().unwrap_or_else(PoisonError::into_inner).iter_mut() {
            let Some(head) = store.head(log)? else { continue };
            if head.forgotten {
                return Ok(true);
            }
            while *read < head.size {
                let to = head.size.min(*read + STEP);
                for (index, bytes) in (*read..).zip(store.entries(log, *read..to)?) {
                    if matches!(parse(log, index, &bytes)?.kind(), Kind::Erasure { .. }) {
                        return Ok(true);
                    }
                }
                *read = to;
            }
        }
        Ok(false)
    }
}
