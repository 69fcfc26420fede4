//! Beside the requests: receivers are told what the logs say. Each has a task of its own, so that one that hangs holds up
//! nobody else.

mod course;
mod receiver;

use std::collections::HashMap;
use std::time::Duration;

use consent_core::notice::SiteId;
use tokio::task::{Id, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use self::receiver::Receiver;
use crate::anchors::client::Client;
use crate::http::Live;
use crate::store::StoreError;

/// How often it is looked whether the config has another receiver.
const EVERY: Duration = Duration::from_secs(1);

/// Runs until it is dropped. A receiver that the config does not name any more ends by itself.
///
/// # Errors
/// If how far one was told can not be kept: the process must then end.
pub(super) async fn run(live: Live) -> Result<(), StoreError> {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let client = Client::default();
    let mut tasks: JoinSet<Result<(), StoreError>> = JoinSet::new();
    let mut told: HashMap<(SiteId, String), Id> = HashMap::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let state = live.now();
                let named = state.sites.iter().flat_map(|site| {
                    site.config.webhooks.iter().map(|webhook| (site.config.id.clone(), webhook.id.clone()))
                });
                for (site, id) in named {
                    told.entry((site, id)).or_insert_with_key(|(site, id)| {
                        let receiver = Receiver::new(live.clone(), client.clone(), site.clone(), id.clone());
                        tasks.spawn(receiver.run()).id()
                    });
                }
            }
            Some(ended) = tasks.join_next_with_id() => match ended {
                Ok((_, Err(error))) => return Err(error),
                Ok((id, Ok(()))) => told.retain(|_, task| *task != id),
                Err(error) => {
                    tracing::error!(%error, "a task that tells a receiver has ended, and begins again");
                    told.retain(|_, task| *task != error.id());
                }
            }
        }
    }
}
