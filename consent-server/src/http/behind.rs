//! Whether the server is behind: more requests are here than it gets to.
//!
//! What waits for a batch is counted by `admission.rs`. But where processors are what is short, requests wait before anybody has read
//! them, and no count of decisions sees that: each waits for all others, the few that are admitted are slow, and so hold their places for
//! long. The runtime knows it, and whatever the machine is: each of its threads has a queue for 256 tasks that are ready, and what does
//! not fit goes into one that they share. As long as that is longer than what passes through it anyway, decisions of sites that have some
//! waiting are refused (`Admission::is_shed`); the script and everything else is answered as ever.

use tokio::runtime::Handle;

/// How many tasks in the shared queue are too many, for each thread. What else passes through it are new connections and answers to
/// batches, and they pass at once; a thread whose own queue is full gives half of its 256 away.
const TOO_MANY: usize = 64;

/// Whether the runtime that this is asked on is behind. One that has a single thread and no other ones to share with never says so.
pub(super) fn is_behind() -> bool {
    Handle::try_current().is_ok_and(|runtime| {
        let metrics = runtime.metrics();
        metrics.global_queue_depth() > TOO_MANY * metrics.num_workers()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_crowd_that_one_thread_gets_through_soon_is_none() {
        let asked = tokio::spawn(async {
            let crowd: Vec<_> = (0..250).map(|_| tokio::spawn(async { is_behind() })).collect();
            let mut answers = vec![is_behind()];
            for one in crowd {
                answers.push(one.await.unwrap());
            }
            answers
        });
        assert!(asked.await.unwrap().iter().all(|behind| !behind));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_crowd_that_has_to_wait_is_one_until_it_has_passed() {
        let asked = tokio::spawn(async {
            let crowd: Vec<_> = (0..2000).map(|_| tokio::spawn(async { is_behind() })).collect();
            let before = is_behind();
            let mut answers = Vec::new();
            for one in crowd {
                answers.push(one.await.unwrap());
            }
            (before, answers, is_behind())
        });
        let (before, answers, after) = asked.await.unwrap();
        let behind = answers.iter().filter(|behind| **behind).count();
        assert!(before && !after);
        assert!((1000..2000).contains(&behind), "{behind}");
    }

    #[test]
    fn without_a_runtime_nobody_is_behind() {
        assert!(!is_behind());
    }
}
