//! Beside the requests: once a night, and when the server starts, what is past its retention is erased, also of sites that
//! are not in the config any more.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::anchors::heads_site;
use crate::http::{AppState, Live};
use crate::store::StoreError;
use crate::trail::trail_site;

const DAY: u64 = 24 * 60 * 60;

/// When the night's work begins, in seconds after midnight UTC.
const NIGHT: u64 = 2 * 60 * 60;

/// How often the clock is asked whether it is night: it may be set, and the machine may sleep.
const LOOK: Duration = Duration::from_secs(60);

/// What visitors have to themselves between two pieces.
const PAUSE: Duration = Duration::from_millis(50);

/// Runs until the sequencer ends, which says by itself why, and then waits to be ended too.
pub(super) async fn run(live: Live) -> Result<(), StoreError> {
    let mut done = None;
    loop {
        let night = night_of(live.now().clock.unix_seconds());
        if done != Some(night) {
            if !retain(&live.now()).await? {
                return std::future::pending().await;
            }
            done = Some(night);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Does the night's work on every site that has a log. `false` if the sequencer has ended.
async fn retain(state: &AppState) -> Result<bool, StoreError> {
    let logs = state.blocking(|state| Ok(state.store.logs()?)).await;
    let Ok(logs) = logs else { return Ok(false) };
    let sites: BTreeSet<_> = logs.into_iter().map(|(log, _)| log.site).collect();
    // The log of heads holds nothing of anybody, and the trail nothing of any visitor.
    for site in sites.into_iter().filter(|site| *site != heads_site() && *site != trail_site()) {
        loop {
            let Ok(retained) = state.sequencer.retain(site.clone()).await else { return Ok(false) };
            if retained.erasures > 0 {
                tracing::info!(%site, erasures = retained.erasures, "what is past its retention was erased");
            }
            for log in &retained.forgotten {
                tracing::info!(%log, "a log past its retention was deleted but for its last head");
            }
            if !retained.more {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(true)
}

/// Which night it is, or was last.
fn night_of(now: u64) -> u64 {
    now.saturating_sub(NIGHT) / DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_night_begins_at_two_and_lasts_until_the_next() {
        let midnight = 20_000 * DAY;
        assert_eq!(night_of(midnight), night_of(midnight + NIGHT - 1));
        assert_eq!(night_of(midnight + NIGHT), night_of(midnight) + 1);
        assert_eq!(night_of(midnight + NIGHT), night_of(midnight + DAY + NIGHT - 1));
    }
}
