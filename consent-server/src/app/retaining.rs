//! Beside the requests: once a night, and when the server starts, what is past its retention is erased.

use std::sync::Arc;
use std::time::Duration;

use consent_core::notice::SiteId;

use crate::clock::Clock;
use crate::sequencer::Sequencer;
use crate::store::StoreError;

const DAY: u64 = 24 * 60 * 60;

/// When the night's work begins, in seconds after midnight UTC.
const NIGHT: u64 = 2 * 60 * 60;

/// Runs until the sequencer ends, which says by itself why, and then waits to be ended too.
pub(super) async fn run(
    sequencer: Sequencer,
    sites: Vec<SiteId>,
    clock: Arc<dyn Clock>,
) -> Result<(), StoreError> {
    loop {
        for site in &sites {
            loop {
                let Ok(retained) = sequencer.retain(site.clone()).await else {
                    return std::future::pending().await;
                };
                if retained.erasures > 0 {
                    tracing::info!(%site, erasures = retained.erasures, "what is past its retention was erased");
                }
                for log in &retained.forgotten {
                    tracing::info!(%log, "a log past its retention was deleted but for its last head");
                }
                if !retained.more {
                    break;
                }
            }
        }
        tokio::time::sleep(until_night(clock.unix_seconds())).await;
    }
}

/// How long it is until the next night.
fn until_night(now: u64) -> Duration {
    let since = (now + DAY - NIGHT) % DAY;
    Duration::from_secs(DAY - since)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_night_begins_at_two_and_never_at_once() {
        let midnight = 20_000 * DAY;
        for (now, hours) in [(midnight, 2), (midnight + NIGHT, 24), (midnight + NIGHT + 3600, 23)] {
            assert_eq!(until_night(now), Duration::from_secs(hours * 3600));
        }
        assert_eq!(until_night(midnight + NIGHT - 1), Duration::from_secs(1));
    }
}
