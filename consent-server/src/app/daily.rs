//! Beside the requests: what came into the logs is counted, for whoever looks at counts.

use std::collections::BTreeSet;
use std::time::Duration;

use consent_core::notice::SiteId;
use tokio::time::MissedTickBehavior;

use crate::counts;
use crate::http::{AppState, Live};
use crate::store::StoreError;

/// How often it is looked whether there is something to count.
const EVERY: Duration = Duration::from_secs(5);

/// For so long nobody else counts a site, where processes share a store. Much longer than a piece takes.
const LEASE_SECONDS: u32 = 60;

/// How many entries are counted at a time.
const PIECE: u64 = 2048;

/// Runs until it is dropped. Counts are no evidence: what fails is told once and tried again, and a store that has failed ends the
/// process elsewhere.
pub(super) async fn run(live: Live) -> Result<(), StoreError> {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = BTreeSet::new();
    loop {
        ticks.tick().await;
        loop {
            let state = live.now();
            let before = std::mem::take(&mut failing);
            let Ok((has_more, failed)) = state.blocking(move |state| Ok(count(state, &before))).await else {
                break;
            };
            failing = failed;
            if !has_more {
                break;
            }
            // Piece by piece, so that a long log that was never counted is no reason to be slow.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Counts a piece of every site; whether there is more, and which sites could not be counted.
fn count(state: &AppState, failing: &BTreeSet<SiteId>) -> (bool, BTreeSet<SiteId>) {
    let (mut has_more, mut failed) = (false, BTreeSet::new());
    for site in state.sites.iter().map(|site| &site.config.id) {
        match piece(state, site) {
            Ok(more) => has_more |= more,
            Err(error) => {
                if !failing.contains(site) {
                    tracing::error!(%site, %error, "a site's decisions can not be counted");
                }
                failed.insert(site.clone());
            }
        }
    }
    (has_more, failed)
}

fn piece(state: &AppState, site: &SiteId) -> Result<bool, StoreError> {
    let (store, fresh) = (&*state.store, state.sequencer.fresh());
    Ok(store.lease(&format!("counts/{site}"), LEASE_SECONDS)? && counts::follow(store, fresh, site, PIECE)?)
}
