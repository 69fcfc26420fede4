//! Connections that have something to do and that nobody has turned to: most have a request that is still to be read.
//!
//! What waits for a batch is counted by `admission.rs`. But where processors are what is short, requests wait before anybody has read
//! them, each for all those that came before, and a count of decisions does not see that. A connection is where they wait: the system wakes
//! it when something arrives, and some time later a thread turns to it. Between the two it is counted here, but not from when a head was read
//! until the head of its answer is there: who waits then is counted there. A timer that rings, room for more of a long answer and a
//! connection that was closed count too, as each of them is work that is in the way.
//!
//! They wait in a queue of our own, from which a few at a time are called into that of the runtime. So it is known how many are in front of
//! each; and an answer, which goes into the runtime's queue at once, does not wait behind all that has come meanwhile.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use atomic_waker::AtomicWaker;

/// How many for each processor may be in front of a decision that is taken.
const AHEAD: usize = 12;

/// How many for each processor are called at a time.
const PLACES: usize = 4;

/// With so few open connections for each processor nothing builds up, as each of them waits for its answer before it asks again. A
/// proxy that keeps no more lets visitors wait at its own place.
const OPEN: usize = 256;

/// So many for each processor, of two at least.
fn for_each(number: usize) -> usize {
    static PROCESSORS: LazyLock<usize> =
        LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));
    number.saturating_mul(PROCESSORS.max(2))
}

/// All connections of a listener. One that counts none, as where somebody else listens, stays at 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unread(Arc<All>);

#[derive(Debug, Default)]
struct All {
    unread: AtomicUsize,
    open: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    /// Some may have ended meanwhile.
    waiting: VecDeque<Arc<Connection>>,
    called: usize,
}

impl Unread {
    /// Whether so many in front of a request are more than it should wait for. It is a number and no time, so it says the same on
    /// slow machines and fast ones.
    pub(super) fn are_too_many(&self, ahead: usize) -> bool {
        ahead > for_each(AHEAD) && self.0.open.load(Ordering::Relaxed) > for_each(OPEN)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.unread.load(Ordering::Relaxed)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls this one, if nobody waits and there is a place; or else those that are called will.
    fn wait(&self, connection: Arc<Connection>) {
        let mut queue = self.queue();
        queue.waiting.push_back(connection);
        let is_next = queue.waiting.len() == 1;
        drop(queue);
        if is_next {
            self.call();
        }
    }

    /// One that was called has left its place.
    fn left(&self) {
        let mut queue = self.queue();
        queue.called -= 1;
        // Several at a time, as the runtime lets the last one that a task wakes jump its queue, and with it the answers there.
        let is_half = queue.called <= for_each(PLACES) / 2;
        drop(queue);
        if is_half {
            self.call();
        }
    }

    /// Calls as many as there are places. While any wait, there is one that was called, and calls them.
    fn call(&self) {
        while let Some(next) = self.next() {
            if next.changes(WAITING, CALLED) {
                next.task.wake();
            } else {
                self.queue().called -= 1;
            }
        }
    }

    /// The one that has waited longest, and a place for it.
    fn next(&self) -> Option<Arc<Connection>> {
        let mut queue = self.queue();
        let is_free = queue.called < for_each(PLACES);
        let next = is_free.then(|| queue.waiting.pop_front()).flatten()?;
        queue.called += 1;
        Some(next)
    }
}

/// Nothing has come.
const RESTING: u8 = 0;
/// It was woken, and waits in the queue.
const WAITING: u8 = 1;
/// It was called, and nobody has turned to it yet.
const CALLED: u8 = 2;
/// A request is being answered.
const ANSWERING: u8 = 3;
/// It is closed.
const CLOSED: u8 = 4;

/// One connection, as far as it matters here.
#[derive(Debug)]
pub(crate) struct Connection {
    unread: Unread,
    state: AtomicU8,
    ahead: AtomicUsize,
    task: AtomicWaker,
}

impl Connection {
    /// One that was just accepted: most who open one have something to say.
    pub(crate) fn new(unread: Unread) -> Arc<Self> {
        unread.0.open.fetch_add(1, Ordering::Relaxed);
        let (state, ahead) = (AtomicU8::new(RESTING), AtomicUsize::new(0));
        let connection = Arc::new(Self { unread, state, ahead, task: AtomicWaker::new() });
        connection.wake_by_ref();
        connection
    }

    /// How many were unread when it was woken; after an answer, when that was there.
    pub(crate) fn ahead(&self) -> usize {
        self.ahead.load(Ordering::Relaxed)
    }

    /// Until the returned value is dropped, what wakes the connection is the answer that it waits for.
    pub(crate) fn answering(self: &Arc<Self>) -> Answering {
        if self.becomes(ANSWERING) == WAITING {
            // It does not wait any more, and what came may belong to this request.
            self.task.wake();
        }
        Answering(Arc::clone(self))
    }

    /// Serves it to its end: `served` is what reads and answers.
    pub(crate) fn during<F: Future>(self: Arc<Self>, served: F) -> impl Future<Output = F::Output> {
        let waker = Waker::from(Arc::clone(&self));
        // Also if nobody ever turns to it.
        let connection = Closed(self);
        async move {
            let mut served = pin!(served);
            std::future::poll_fn(|context| {
                if connection.0.is_called(context.waker()) {
                    served.as_mut().poll(&mut Context::from_waker(&waker))
                } else {
                    Poll::Pending
                }
            })
            .await
        }
    }

    /// Whether it is its turn. If not, it is woken when it is.
    fn is_called(&self, task: &Waker) -> bool {
        self.task.register(task);
        if self.changes(CALLED, RESTING) {
            self.leaves(CALLED);
            return true;
        }
        self.state.load(Ordering::Acquire) != WAITING
    }

    /// Returns what it was.
    fn becomes(&self, state: u8) -> u8 {
        let before = self.state.swap(state, Ordering::AcqRel);
        self.leaves(before);
        if state == CLOSED && before != CLOSED {
            self.unread.0.open.fetch_sub(1, Ordering::Relaxed);
        }
        before
    }

    /// What is to be done once it is in this state no more.
    fn leaves(&self, state: u8) {
        if matches!(state, WAITING | CALLED) {
            self.unread.0.unread.fetch_sub(1, Ordering::Relaxed);
        }
        if state == CALLED {
            self.unread.left();
        }
    }

    fn changes(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
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
        loop {
            // Written, though it stays as it is: whoever turns to the connection afterwards sees what it was woken for.
            match self.state.fetch_or(0, Ordering::AcqRel) {
                RESTING => {
                    // Before it can be taken off again, so that there are never fewer than none.
                    let ahead = self.unread.0.unread.fetch_add(1, Ordering::Relaxed);
                    self.ahead.store(ahead, Ordering::Relaxed);
                    if self.changes(RESTING, WAITING) {
                        self.unread.wait(Arc::clone(self));
                        return;
                    }
                    self.unread.0.unread.fetch_sub(1, Ordering::Relaxed);
                }
                ANSWERING => return self.task.wake(),
                _ => return,
            }
        }
    }
}

/// See [`Connection::answering`].
pub(crate) struct Answering(Arc<Connection>);

impl Drop for Answering {
    fn drop(&mut self) {
        // Who has asked again meanwhile is read at once, past all who wait.
        self.0.ahead.store(self.0.unread.count(), Ordering::Relaxed);
        self.0.changes(ANSWERING, RESTING);
    }
}

/// Somebody may hold a waker for longer than there is a connection.
struct Closed(Arc<Connection>);

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.becomes(CLOSED);
    }
}
