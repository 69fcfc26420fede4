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

/// How many of them for each processor are too many, however short a time they are there.
const CROWD: usize = 128;

/// How many for each processor are too many if they do not become fewer: who comes then waits for them and will make others wait as long.
const QUEUE: usize = 4;

/// For so many turns of connections, for each processor, there may be more of them than that: those that came at once are gone by then, and
/// where all is read it begins anew.
const TURNS: usize = 128;

/// With so few open connections for each processor nothing builds up, as each of them waits for its answer before it asks again. A
/// proxy that keeps no more lets visitors wait at its own place.
const OPEN: usize = 256;

/// So many for each processor, of two at least.
fn for_each(number: usize) -> usize {
    static PROCESSORS: LazyLock<usize> =
        LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));
    number.saturating_mul(PROCESSORS.max(2))
}

/// The number of them, for all connections of a listener. One that counts none, as where somebody else listens, stays at 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    unread: AtomicUsize,
    open: AtomicUsize,
    /// Turns of connections with a queue, less those without one, since there was nothing to read. Of threads that change it at the same time
    /// one may not count, which another turn puts right.
    queued: AtomicUsize,
}

impl Unread {
    /// Whether who comes now has to wait for too many: they are a crowd, or a queue that stays. None of it is a time, so it says the same on
    /// slow machines and fast ones.
    pub(super) fn are_too_many(&self) -> bool {
        let (count, of) = (self.count(), |number: &AtomicUsize| number.load(Ordering::Relaxed));
        let stays = || of(&self.0.queued) >= for_each(TURNS) && of(&self.0.open) > for_each(OPEN);
        count >= for_each(CROWD) || count > for_each(QUEUE) && stays()
    }

    /// A thread has turned to a connection.
    fn turned(&self) {
        let (queued, count) = (self.0.queued.load(Ordering::Relaxed), self.count());
        let now = if count == 0 {
            0
        } else if count > for_each(QUEUE) {
            (queued + 1).min(2 * for_each(TURNS))
        } else {
            queued.saturating_sub(1)
        };
        // Mostly nothing changes, and then no other thread has to hear of it.
        if now != queued {
            self.0.queued.store(now, Ordering::Relaxed);
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.0.unread.load(Ordering::Relaxed)
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
        unread.0.unread.fetch_add(1, Ordering::Relaxed);
        unread.0.open.fetch_add(1, Ordering::Relaxed);
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
            self.unread.turned();
            served.as_mut().poll(&mut Context::from_waker(&waker))
        })
        .await
    }

    fn becomes(&self, state: u8) {
        let before = self.state.swap(state, Ordering::AcqRel);
        if before == WOKEN {
            self.unread.0.unread.fetch_sub(1, Ordering::Relaxed);
        }
        if state == CLOSED && before != CLOSED {
            self.unread.0.open.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn changes(&self, from: u8, to: u8) {
        let changed = self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed);
        if changed == Ok(WOKEN) {
            self.unread.0.unread.fetch_sub(1, Ordering::Relaxed);
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
            self.unread.0.unread.fetch_add(1, Ordering::Relaxed);
            if self.state.compare_exchange(RESTING, WOKEN, Ordering::AcqRel, Ordering::Relaxed).is_err() {
                self.unread.0.unread.fetch_sub(1, Ordering::Relaxed);
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
        let open = || unread.0.open.load(Ordering::Relaxed);
        assert_eq!(open(), 1, "though somebody has its waker");
        drop(other);
        assert_eq!(open(), 0);
        assert_eq!(unread.count(), 0);
    }

    #[test]
    fn a_queue_that_stays_is_too_long_and_one_that_passes_is_not() {
        let unread = Unread::default();
        let arrive = |count: usize| (0..count).map(|_| Connection::new(unread.clone())).collect::<Vec<_>>();
        let read =
            |connections: &[Arc<Connection>]| connections.iter().for_each(|one| one.changes(WOKEN, RESTING));
        let turns = |count: usize| (0..count).for_each(|_| unread.turned());
        let open = arrive(for_each(OPEN));
        assert!(unread.are_too_many(), "a crowd is, at once");
        read(&open);
        assert_eq!(unread.count(), 0);
        let mut queue = arrive(for_each(QUEUE) + 1);
        turns(for_each(TURNS) - 1);
        assert!(!unread.are_too_many(), "it may pass");
        turns(1);
        assert!(unread.are_too_many());
        turns(100 * for_each(TURNS));
        read(&queue[..1]);
        assert!(!unread.are_too_many(), "who comes now waits for few");
        turns(for_each(TURNS));
        queue.extend(arrive(1));
        assert!(unread.are_too_many(), "there were fewer for a moment only");
        read(&queue);
        turns(1);
        let next = arrive(for_each(QUEUE) + 1);
        assert!(!unread.are_too_many(), "all was read, so this one may pass as well");
        turns(for_each(TURNS));
        assert!(unread.are_too_many());
        drop(open);
        assert!(!unread.are_too_many(), "so few connections wait for nobody but each other");
        drop(next);
    }

    #[test]
    fn what_comes_at_once_again_and_again_is_no_queue_that_stays() {
        let unread = Unread::default();
        let open: Vec<_> = (0..=for_each(OPEN)).map(|_| Connection::new(unread.clone())).collect();
        open.iter().for_each(|one| one.changes(WOKEN, RESTING));
        for _ in 0..100 {
            let burst = &open[..for_each(CROWD) - 1];
            burst.iter().for_each(Connection::wake_by_ref);
            for one in burst {
                assert!(!unread.are_too_many());
                one.changes(WOKEN, RESTING);
                unread.turned();
            }
        }
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
