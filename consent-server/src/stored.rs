//! A log read back from the store.

use std::fmt::Display;

use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::key::SigningKey;
use consent_core::ledger::origin::Origin;

use crate::store::{Head, LogId, Store, StoreError};
use crate::tiles;

/// Reads back what a log needs to go on, compares it with the stored head, and signs it. The log says itself, in its
/// first entry, what it is called; if another name is `expected`, it is refused.
///
/// # Errors
/// If the store fails or is damaged, or the log has another name.
pub fn read_back<E: Display>(
    store: &dyn Store,
    id: &LogId,
    head: &Head,
    expected: Option<Origin>,
    key: impl FnOnce(&Origin) -> Result<SigningKey, E>,
) -> Result<(LogState, SignedCheckpoint), StoreError> {
    let damaged = |what: &dyn Display| StoreError::Damaged(format!("log {id}: {what}"));
    let first = store.entries(id, 0..1)?.pop().and_then(|entry| Entry::parse(&entry).ok());
    let Some(Kind::Open { log: origin, .. }) = first.as_ref().map(Entry::kind) else {
        return Err(damaged(&"its first entry does not open it"));
    };
    if let Some(expected) = expected.filter(|expected| expected != origin) {
        // Its name is the name of its key: under another one every receipt so far would be worth nothing.
        return Err(StoreError::Renamed { found: origin.clone(), expected });
    }
    let frontier = tiles::frontier(store, id, head.size)?;
    if frontier.root() != head.root {
        return Err(damaged(&"its tiles do not lead to its root"));
    }
    let key = key(origin).map_err(|error| damaged(&error))?;
    let state = LogState::resume(origin.clone(), frontier, head.time);
    // What is read back is durable: the same types, with a write that has nothing to do. Whoever shows what is signed here has asked the
    // store before (`Store::confirm`).
    let durable = Staged::persist(vec![state.stage()], |_| Ok::<_, StoreError>(()))?.pop();
    let durable = durable.ok_or_else(|| damaged(&"nothing to sign"))?;
    durable.sign(&key).map_err(|error| damaged(&error))
}
