//! Whether the heads of a site's logs keep up with the logs: those that are published, and those that the heads log names.

use consent_core::ledger::entry::Entry;

use crate::console::Alert;
use crate::store::{Head, LogId, Store, StoreError};

use super::super::{AppState, Problem};

/// What to say of the heads of a site, of which these are the logs as they are stored. An entry is read only where a head is behind: when
/// it came tells for how long.
pub(super) fn stale(state: &AppState, logs: &[&(LogId, Head)]) -> Result<Vec<Alert>, Problem> {
    let now = state.clock.unix_seconds();
    let (mut unsigned, mut unnamed) = (None, None);
    for (log, stored) in logs {
        // Of one that could not go on the last head is final, whatever is stored.
        if state.heads.ended(log).is_some() {
            continue;
        }
        let signed = state.heads.get(log).map_or(0, |head| head.checkpoint().size);
        if signed < stored.size {
            let oldest = time_of(&*state.store, log, signed)?;
            unsigned = unsigned.or(Alert::unsigned(oldest, now));
        }
        let since = match state.published.named(log) {
            Some(named) if named >= signed => continue,
            Some(named) => time_of(&*state.store, log, named)?,
            // Each is named once after a start. Of several servers one names, and only that one knows.
            None if state.store.is_shared() => continue,
            None => state.since,
        };
        unnamed = unnamed.or(Alert::unnamed(since, now, state.heads_every));
    }
    Ok(unsigned.into_iter().chain(unnamed).collect())
}

fn time_of(store: &dyn Store, log: &LogId, index: u64) -> Result<u64, StoreError> {
    let damaged = || StoreError::Damaged(format!("entry {index} of log {log} is missing, or none"));
    let entry = store.entries(log, index..index.saturating_add(1))?.pop().ok_or_else(damaged)?;
    Entry::parse(&entry).map(|entry| entry.time()).map_err(|_| damaged())
}
