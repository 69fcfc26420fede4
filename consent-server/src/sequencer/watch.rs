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
    let signed = open(log, note, key)?;
    let signed = signed.checkpoint();
    let stored = head.map_or(0, |head| head.size);
    if stored < signed.size {
        return Err(StoreError::RolledBack { log: log.clone(), signed: signed.size, stored });
    }
    if head.is_some_and(|head| head.forgotten) {
        // Nothing is left that could lead to that root, and nothing can be added either.
        return Ok(());
    }
    // A log only grows, so its first entries still lead to the root that was signed for them.
    if tiles::frontier(store, log, signed.size)?.root() == signed.root {
        Ok(())
    } else {
        Err(StoreError::Forked { log: log.clone(), size: signed.size })
    }
}

/// A head that was signed with this log's key.
pub(super) fn open(log: &LogId, note: &str, key: &VerifierKey) -> Result<SignedCheckpoint, StoreError> {
    SignedCheckpoint::open(note.as_bytes(), std::slice::from_ref(key))
        .map_err(|_| StoreError::ForeignKey { log: log.clone() })
}
