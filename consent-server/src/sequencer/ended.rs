//! Logs that could not go on: nothing is added to them, and their heads are not signed again.

use std::collections::BTreeSet;

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::key::VerifierKey;
use consent_core::notice::SiteId;

use super::writer::Writer;
use crate::ended::{self, Ended};
use crate::store::{Head, LogId, StoreError};

impl Writer {
    /// Learns which of the logs in the store have ended, and shows the heads that were signed last for them. The newest log of a site is never
    /// one of them: the entry that ends a log stands in a later one.
    pub(super) fn learn_ended(&mut self, stored: &[(LogId, Head)]) -> Result<(), StoreError> {
        let sites: BTreeSet<SiteId> =
            stored.iter().map(|(log, _)| &log.site).chain(self.logs.keys()).cloned().collect();
        for site in &sites {
            for ended in ended::of_site(&*self.store, site)? {
                self.logs.retain(|_, log| log.facts.id != ended.log);
                self.parts.heads.publish_ended(ended.clone());
                self.ended.insert(ended.log.clone(), ended);
            }
        }
        Ok(())
    }
}

/// Says so if this server signed more of a log than was known where it was ended. It can not be made good any more, and
/// signs nothing again: whoever has a receipt from beyond will show it.
pub(super) fn compare(ended: &Ended, notes: &[String], key: Option<&VerifierKey>) {
    let keys: Vec<_> = ended.keys().iter().chain(key).cloned().collect();
    let noted = notes.first().and_then(|note| SignedCheckpoint::open(note.as_bytes(), &keys).ok());
    let known = ended.signed.checkpoint().size;
    if let Some(noted) = noted.filter(|noted| noted.checkpoint().size > known) {
        tracing::error!(
            log = %ended.log,
            known,
            noted = noted.checkpoint().size,
            "the log was ended by a server that did not know the head that this one signed last"
        );
    }
}
