//! What was signed before this start, compared with what the store has now.

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::key::VerifierKey;
use consent_core::notice::SiteId;

use crate::data::ServerKey;
use crate::ended;
use crate::signed::{LastSigned, Noted};
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

/// Refuses the logs of a site that are not what they were when they were signed, before a program without a sequencer signs
/// anything that it reads there.
///
/// # Errors
/// As a start: [`StoreError::RolledBack`], [`StoreError::Forked`], [`StoreError::ForeignKey`]; if the store fails.
pub fn compare_site(
    store: &dyn Store,
    key: &ServerKey,
    site: &SiteId,
    last_signed: &LastSigned,
) -> Result<(), StoreError> {
    let ended = ended::of_site(store, site)?;
    let noted = last_signed.all().map_err(|error| StoreError::Engine(Box::new(error)))?;
    for Noted { log, notes, .. } in noted.iter().filter(|noted| noted.log.site == *site) {
        let head = store.head(log)?;
        if ended.iter().any(|ended| ended.log == *log) || head.is_some_and(|head| head.forgotten) {
            continue;
        }
        let Some(note) = notes.first() else { continue };
        let foreign = || StoreError::ForeignKey { log: log.clone() };
        let origin = note.lines().next().and_then(|origin| origin.parse().ok()).ok_or_else(foreign)?;
        let key = key.of_log(&origin).map_err(|_| foreign())?;
        compare(store, log, head.as_ref(), note, key.verifier())?;
    }
    Ok(())
}

/// A head that was signed with this log's key.
pub(super) fn open(log: &LogId, note: &str, key: &VerifierKey) -> Result<SignedCheckpoint, StoreError> {
    SignedCheckpoint::open(note.as_bytes(), std::slice::from_ref(key))
        .map_err(|_| StoreError::ForeignKey { log: log.clone() })
}
