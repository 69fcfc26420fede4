//! What was signed before this start, compared with what the store has now.

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::key::VerifierKey;

use crate::store::{Head, LogId, Store, StoreError};
use crate::tiles;

/// Refuses a store that a head was signed for which it can not have led to: then going on would give an index a second
/// meaning.
pub(super) fn compare(
    store: &dyn Store,
    log: &LogId,
    head: Option<&Head>,
    note: &str,
    key: &VerifierKey,
) -> Result<(), StoreError> {
    let signed = SignedCheckpoint::open(note.as_bytes(), std::slice::from_ref(key))
        .map_err(|_| StoreError::ForeignKey { log: log.clone() })?;
    let signed = signed.checkpoint();
    let stored = head.map_or(0, |head| head.size);
    if stored < signed.size {
        return Err(StoreError::RolledBack { log: log.clone(), signed: signed.size, stored });
    }
    // A log only grows, so its first entries still lead to the root that was signed for them.
    if tiles::frontier(store, log, signed.size)?.root() == signed.root {
        Ok(())
    } else {
        Err(StoreError::Forked { log: log.clone(), size: signed.size })
    }
}
