//! The timer of one connection, for a limit that is set with each request and hardly ever reached.
//!
//! hyper asks for a new timer with each head, and lets go of it when the head is there. To enter each of them into the list of the
//! runtime and to take it out again costs as much as to find the answer, and all threads share that list. So a connection has one
//! timer, which is left as it is while it rings early enough: it rings, somebody looks whether that is the time, and sets
//! it again if not.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};
use tokio::task::unconstrained;

/// Gives out waits that share one timer. One connection waits for one thing at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct Alarm(Arc<Mutex<Option<Set>>>);

#[derive(Debug)]
struct Set {
    rings: Instant,
    timer: Pin<Box<tokio::time::Sleep>>,
    wakes: Waker,
}

/// A wait until a moment.
struct Until {
    moment: Instant,
    alarm: Alarm,
}

impl Timer for Alarm {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(Until { moment: deadline, alarm: self.clone() })
    }
}

impl Sleep for Until {}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        if now >= self.moment {
            return Poll::Ready(());
        }
        let mut set = self.alarm.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = &*set
            && now < set.rings
            && set.rings <= self.moment
            && set.wakes.will_wake(context.waker())
        {
            return Poll::Pending;
        }
        let set = set.get_or_insert_with(|| Set {
            rings: self.moment,
            timer: Box::pin(tokio::time::sleep_until(self.moment.into())),
            wakes: context.waker().clone(),
        });
        set.rings = self.moment;
        set.timer.as_mut().reset(self.moment.into());
        set.wakes.clone_from(context.waker());
        // A task that has done much in one turn is told to come again without being noted here, and would find above that it is.
        pin!(unconstrained(set.timer.as_mut())).poll(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    const SHORT: Duration = Duration::from_millis(300);

    #[derive(Default)]
    struct Rings(AtomicUsize);

    impl Wake for Rings {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn it_never_ends_early_and_always_ends() {
        let alarm = Alarm::default();
        for times in [1, 3, 2] {
            let begun = Instant::now();
            alarm.sleep(SHORT * times).await;
            assert!(begun.elapsed() >= SHORT * times);
        }
    }

    #[tokio::test]
    async fn a_wait_that_was_let_go_does_not_keep_the_next_from_its_end() {
        let alarm = Alarm::default();
        let polled = |mut wait: Pin<Box<dyn Sleep>>, rings: &Arc<Rings>| {
            let waker = Waker::from(Arc::clone(rings));
            wait.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
        };
        let (one, other) = (Arc::default(), Arc::default());
        // Later, sooner, by another task, and after it rang for nobody.
        assert!(!polled(alarm.sleep(100 * SHORT), &one));
        assert!(!polled(alarm.sleep(SHORT), &one));
        tokio::time::sleep(2 * SHORT).await;
        assert_eq!(one.0.load(Ordering::SeqCst), 1);
        assert!(!polled(alarm.sleep(SHORT), &other));
        assert!(!polled(alarm.sleep(SHORT), &other));
        tokio::time::sleep(2 * SHORT).await;
        assert_eq!((one.0.load(Ordering::SeqCst), other.0.load(Ordering::SeqCst)), (1, 1));
        assert!(polled(alarm.sleep(Duration::ZERO), &one));
    }

    #[tokio::test]
    async fn waits_of_many_requests_set_one_timer() {
        let (alarm, rings) = (Alarm::default(), Arc::<Rings>::default());
        let waker = Waker::from(Arc::clone(&rings));
        let mut set = Vec::new();
        for _ in 0..100 {
            let mut wait = alarm.sleep(100 * SHORT);
            assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            set.extend(alarm.0.lock().unwrap().as_ref().map(|set| set.rings));
        }
        set.dedup();
        assert_eq!(set.len(), 1, "it is left as it was set first");
    }

    #[tokio::test]
    async fn a_task_that_has_done_much_is_woken_all_the_same() {
        let alarm = Alarm::default();
        let wait = tokio::spawn(async move {
            let mut wait = alarm.sleep(SHORT);
            std::future::poll_fn(move |context| {
                // All that a task may do in one turn.
                while tokio::task::coop::has_budget_remaining() {
                    let mut ready = pin!(tokio::task::coop::consume_budget());
                    let _ = ready.as_mut().poll(context);
                }
                wait.as_mut().poll(context)
            })
            .await;
        });
        tokio::time::timeout(100 * SHORT, wait).await.unwrap().unwrap();
    }
}
