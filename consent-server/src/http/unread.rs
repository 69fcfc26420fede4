//! How many connections have something to do that nobody has turned to: most have a request that is still to be read.
//!
//! What waits for a batch is counted by `admission.rs`. But where processors are what is short, requests wait before anybody has read
//! them, each for all those that came before, and a count of decisions does not see that. A connection is where they wait: the system wakes
//! it when something arrives, and some time later a thread turns to it. Between the two it is counted here, but not from when a head was read
//! until the head of its answer is there: who waits then is counted there. A timer that rings, room for more of a long answer and a
//! connection that was closed count too, as each of them is work that is in the way.

use std::pin::pin;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::task::{Context, Wake, Waker};

use atomic_waker::AtomicWaker;

/// How many of them for each processor are too many, of two processors at least.
const CROWD: usize = 128;

/// The number of them, for all connections of a listener. One that counts none, as where somebody else listens, stays at 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<AtomicUsize>);

impl Unread {
    /// How many are too many. It is no time, so it says the same on slow machines and fast ones.
    pub(super) fn too_many() -> usize {
        static PROCESSORS: LazyLock<usize> =
            LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));
        CROWD.saturating_mul(PROCESSORS.max(2))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Nothing has come.
const RESTING: u8 = 0;
/// It was woken, and nobody has turned to it yet.
const WOKEN: u8 = 1;
/// A request is being answered.
const ANSWERING: u8 = 2;
/// It is closed.
const CLOSED: u8 = 3;

/// One connection, as far as it matters here.
#[derive(Debug)]
pub(crate) struct Connection {
    unread: Unread,
    state: AtomicU8,
    task: AtomicWaker,
}

impl Connection {
    /// One that was just accepted: most who open one have something to say.
    pub(crate) fn new(unread: Unread) -> Arc<Self> {
        unread.0.fetch_add(1, Ordering::Relaxed);
        Arc::new(Self { unread, state: AtomicU8::new(WOKEN), task: AtomicWaker::new() })
    }

    /// Until the returned value is dropped, what wakes the connection is the answer that it waits for.
    pub(crate) fn answering(self: &Arc<Self>) -> Answering {
        self.becomes(ANSWERING);
        Answering(Arc::clone(self))
    }

    /// Serves it to its end: `served` is what reads and answers.
    pub(crate) async fn during<F: Future>(self: Arc<Self>, served: F) -> F::Output {
        let waker = Waker::from(Arc::clone(&self));
        let _closed = Closed(&self);
        let mut served = pin!(served);
        std::future::poll_fn(|context| {
            self.task.register(context.waker());
            self.changes(WOKEN, RESTING);
            served.as_mut().poll(&mut Context::from_waker(&waker))
        })
        .await
    }

    fn becomes(&self, state: u8) {
        if self.state.swap(state, Ordering::AcqRel) == WOKEN {
            self.unread.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn changes(&self, from: u8, to: u8) {
        let changed = self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed);
        if changed == Ok(WOKEN) {
            self.unread.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.becomes(CLOSED);
    }
}

impl Wake for Connection {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.load(Ordering::Relaxed) == RESTING {
            // Before it can be taken off again, so that there are never fewer than none.
            self.unread.0.fetch_add(1, Ordering::Relaxed);
            if self.state.compare_exchange(RESTING, WOKEN, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                self.unread.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.task.wake();
    }
}

/// See [`Connection::answering`].
pub(crate) struct Answering(Arc<Connection>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.changes(ANSWERING, RESTING);
    }
}

/// Somebody may hold a waker for longer than there is a connection.
struct Closed<'a>(&'a Connection);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.becomes(CLOSED);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::task::Poll;
    use std::thread;

    use super::*;

    #[test]
    fn a_connection_counts_from_when_it_is_woken_until_somebody_turns_to_it() {
        let (unread, held) = (Unread::default(), RefCell::new(Waker::noop().clone()));
        let (connection, other) = (Connection::new(unread.clone()), Connection::new(unread.clone()));
        let wake = || held.borrow().wake_by_ref();
        {
            let served = std::future::poll_fn(|context| {
                held.replace(context.waker().clone());
                Poll::<()>::Pending
            });
            let mut served = Box::pin(Arc::clone(&connection).during(served));
            let mut turn = || served.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending();
            assert_eq!(unread.count(), 2, "both are new");
            assert!(turn());
            assert_eq!(unread.count(), 1);
            wake();
            wake();
            assert_eq!(unread.count(), 2, "once, however often it is woken");
            assert!(turn());
            let answering = connection.answering();
            wake();
            assert_eq!(unread.count(), 1, "it is woken for its answer");
            assert!(turn());
            drop(answering);
            assert_eq!(unread.count(), 1);
            wake();
            assert_eq!(unread.count(), 2, "and for the next request");
            drop(connection.answering());
            assert_eq!(unread.count(), 1, "which was found on the way");
            wake();
        }
        assert_eq!(unread.count(), 1, "it is closed");
        wake();
        assert_eq!(unread.count(), 1, "for ever");
        drop(other);
        assert_eq!(unread.count(), 0);
    }

    #[test]
    fn whoever_wakes_it_meanwhile_nothing_is_missed_and_the_count_is_right_in_the_end() {
        const ROUNDS: usize = 50_000;
        let unread = Unread::default();
        let connection = Connection::new(unread.clone());
        let waker = Waker::from(Arc::clone(&connection));
        let (told, seen) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let served = std::future::poll_fn(|_| {
            let round = told.load(Ordering::Acquire);
            drop((round % 3 == 0).then(|| connection.answering()));
            seen.store(round, Ordering::Release);
            if round < ROUNDS { Poll::Pending } else { Poll::Ready(()) }
        });
        thread::scope(|scope| {
            // One tells the next round when the last was seen, which it would never be if a wake were lost; the other wakes for nothing.
            scope.spawn(|| {
                for round in 1..=ROUNDS {
                    told.store(round, Ordering::Release);
                    waker.wake_by_ref();
                    while seen.load(Ordering::Acquire) < round {
                        assert!(unread.count() < 4, "{}", unread.count());
                        thread::yield_now();
                    }
                }
            });
            scope.spawn(|| {
                while told.load(Ordering::Relaxed) < ROUNDS {
                    waker.wake_by_ref();
                    thread::yield_now();
                }
            });
            pollster::block_on(Arc::clone(&connection).during(served));
        });
        assert_eq!(unread.count(), 0);
    }
}
