//! Beside the requests: a look at how late the server is, so that it admits fewer decisions while it is.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::http::Live;
use crate::store::StoreError;

/// How often it is looked while decisions wait.
const EVERY: Duration = Duration::from_millis(5);

/// The same while none does.
const EVERY_IDLE: Duration = Duration::from_millis(50);

/// Runs until it is ended.
pub(super) async fn run(live: Live) -> Result<(), StoreError> {
    loop {
        sleep(if live.now().admission.is_idle() { EVERY_IDLE } else { EVERY }).await;
        let late = lateness().await;
        live.now().admission.adapt(late);
    }
}

/// How long something that is to be done now waits for its turn. A scheduler may prefer what was asked for last, so it is the
/// longest wait of two that counts.
async fn lateness() -> Duration {
    let begun = Instant::now();
    let mut waits = JoinSet::new();
    for _ in 0..2 {
        waits.spawn(async move { begun.elapsed() });
    }
    waits.join_all().await.into_iter().max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn it_is_felt_when_all_threads_have_something_to_do_before() {
        assert!(lateness().await < Duration::from_millis(500));
        let busy = Duration::from_millis(2);
        // Short pieces of work, as requests are, many more than there are threads.
        let work = move || async move {
            for _ in 0..10 {
                std::thread::sleep(busy);
                tokio::task::yield_now().await;
            }
        };
        let all: Vec<_> = (0..200).map(|_| tokio::spawn(work())).collect();
        tokio::task::yield_now().await;
        let late = tokio::spawn(lateness()).await.unwrap();
        assert!(late > 10 * busy, "{late:?}");
        for one in all {
            one.await.unwrap();
        }
    }
}
