//! What a server does beside the requests, and how it ends.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::reloading::{Asked, Reloading};
use super::{AppError, counting, daily, following, retaining, telling};
use crate::anchors::worker::Worker;
use crate::http::Live;
use crate::store::StoreError;

/// How long what was accepted may take to become durable when the server stops.
const FINISH: Duration = Duration::from_secs(5);

/// Everything that runs beside the requests.
#[derive(Debug)]
pub(super) struct Beside {
    pub(super) live: Live,
    pub(super) failure: oneshot::Receiver<StoreError>,
    pub(super) reloading: Reloading,
    pub(super) asked: mpsc::Receiver<Asked>,
    pub(super) worker: Worker,
}

impl Beside {
    /// Runs until there are no more answers to give, and until what was accepted is durable.
    pub(super) async fn run(self, answering: impl Future<Output = ()>) -> Result<(), AppError> {
        let Self { live, mut failure, worker, reloading, asked } = self;
        // It ends with this function, whatever others keep it waiting for.
        let mut vouching = JoinSet::new();
        vouching.spawn(worker.run());
        vouching.spawn(retaining::run(live.clone()));
        vouching.spawn(daily::run(live.clone()));
        vouching.spawn(telling::run(live.clone()));
        vouching.spawn(reloading.run(asked));
        let state = live.now();
        if state.store.is_shared() {
            vouching.spawn(following::run(state.sequencer.clone()));
        }
        drop(state);
        let (stop_counting, counting_stops) = oneshot::channel::<()>();
        let counting = tokio::spawn(counting::run(live, counting_stops));
        tokio::select! {
            () = answering => {}
            Ok(error) = &mut failure => return Err(error.into()),
            Some(Ok(Err(error))) = vouching.join_next() => return Err(error.into()),
        }
        vouching.shutdown().await;
        // What was counted since the last hour goes into the log, as long as there is somebody to write it.
        drop(stop_counting);
        if tokio::time::timeout(FINISH, counting).await.is_err() {
            tracing::warn!("what was counted in the running hour is not in the log yet");
        }
        // Who answers has let go of the sequencer, so its thread ends when its queue is empty. A connection that outlived the
        // deadline still has a handle, and must not hold up the end: what it sends now is not answered.
        match tokio::time::timeout(FINISH, failure).await {
            Ok(Ok(error)) => Err(error.into()),
            Ok(Err(_)) | Err(_) => Ok(()),
        }
    }
}
