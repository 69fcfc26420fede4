//! Beside the requests: counts of displayed notices are noted every minute and go into the log when their hour is over.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::MissedTickBehavior;

use crate::http::{AppState, Live};

/// How often counts are noted: what a crash can lose.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// Runs until `stop` is dropped, then writes the running hour too.
pub(super) async fn run(live: Live, mut stop: oneshot::Receiver<()>) {
    let mut ticks = tokio::time::interval(NOTED_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let state = live.now();
        // What was refused and who said to be none of a person: as sums, of which nothing else is kept.
        let (refused, bots) = state.limits.take_counts();
        if refused + bots > 0 {
            tracing::info!(refused, bots, "requests above the limits, and of bots, since this was said last");
        }
        // Another config may come into force while this waits.
        drop(state);
        let is_stopping = tokio::select! {
            _ = ticks.tick() => false,
            _ = &mut stop => true,
        };
        let state = live.now();
        let now = (!is_stopping).then(|| state.clock.unix_seconds());
        if !write(&state, now).await || now.is_none() {
            return;
        }
    }
}

/// Writes the hours that are over, or all of them. Whether to go on: not when store or sequencer have failed, which ends
/// the process elsewhere.
async fn write(state: &AppState, now: Option<u64>) -> bool {
    let taken = state.blocking(move |state| Ok(state.tallies.take(&*state.store, now)?)).await;
    let Ok(taken) = taken else { return false };
    for (hour, shown) in taken {
        if state.sequencer.tally(hour, shown).await.is_err() {
            return false;
        }
    }
    true
}
