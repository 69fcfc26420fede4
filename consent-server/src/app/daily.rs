//! Beside the requests: what came into the logs is counted, for whoever looks at counts.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::counts;
use crate::http::{AppState, Live, Problem};
use crate::store::StoreError;

/// How often it is looked whether there is something to count.
const EVERY: Duration = Duration::from_secs(5);

/// For so long nobody else counts, where processes share a store. Longer than any piece takes.
const LEASE_SECONDS: u32 = 60;

/// How many entries are counted at a time.
const PIECE: u64 = 2048;

/// Runs until it is dropped. Counts are no evidence: what fails is tried again, and a store that has failed ends the process elsewhere.
pub(super) async fn run(live: Live) -> Result<(), StoreError> {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        loop {
            let state = live.now();
            match state.blocking(count).await {
                // Piece by piece, so that a long log that was never counted is no reason to be slow.
                Ok(true) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(false) | Err(_) => break,
            }
        }
    }
}

/// Counts a piece of every site; whether there is more.
fn count(state: &AppState) -> Result<bool, Problem> {
    if !state.store.lease(counts::LEASE, LEASE_SECONDS)? {
        return Ok(false);
    }
    let mut has_more = false;
    for site in state.sites.iter() {
        has_more |= counts::follow(&*state.store, &site.config.id, PIECE)?;
    }
    Ok(has_more)
}
