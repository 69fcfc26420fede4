//! Beside the requests, where processes share a store: heads that others signed are taken up twice a second.

use std::time::Duration;

use crate::sequencer::Sequencer;
use crate::store::StoreError;

/// How old a head may be that is shown, if others let the log grow.
const FOLLOWED_EVERY: Duration = Duration::from_millis(500);

/// Runs until the sequencer ends, which says by itself why, and then waits to be ended too.
pub(super) async fn run(sequencer: Sequencer) -> Result<(), StoreError> {
    while sequencer.follow().await.is_ok() {
        tokio::time::sleep(FOLLOWED_EVERY).await;
    }
    std::future::pending().await
}
