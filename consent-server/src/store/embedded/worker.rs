//! A thread that does one piece of work at a time, beside those who wait for the disk.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::super::StoreError;
use super::codec::engine;

type Work = Box<dyn FnOnce() -> Result<(), StoreError> + Send>;

/// The thread. Its first error is final: whoever waits for it gets it, or is told that there was one.
pub(super) struct Worker {
    shared: Arc<Shared>,
    /// `None` in tests that want one order of all steps: then work is done by whoever hands it over.
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    work: Option<Work>,
    busy: bool,
    stopping: bool,
    error: Option<StoreError>,
    failed: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("a write beside the batches failed; the first error says why")]
struct FailedBefore;

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("threaded", &self.thread.is_some()).finish_non_exhaustive()
    }
}

impl Worker {
    /// Starts it.
    pub(super) fn start(name: &str, threaded: bool) -> Result<Self, StoreError> {
        let shared = Arc::<Shared>::default();
        let thread = if threaded {
            let shared = Arc::clone(&shared);
            let spawned = std::thread::Builder::new().name(name.to_owned()).spawn(move || Self::run(&shared));
            Some(spawned.map_err(engine)?)
        } else {
            None
        };
        Ok(Self { shared, thread })
    }

    fn run(shared: &Shared) {
        loop {
            let mut slot = shared.slot();
            let work = loop {
                if let Some(work) = slot.work.take() {
                    break work;
                }
                if slot.stopping {
                    return;
                }
                slot = shared.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
            };
            drop(slot);
            shared.done(work());
        }
    }

    /// Waits until the work before it is done, and hands over the next.
    pub(super) fn hand(
        &self,
        work: impl FnOnce() -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        self.wait()?;
        let mut slot = self.shared.slot();
        slot.busy = true;
        if self.thread.is_some() {
            slot.work = Some(Box::new(work));
            drop(slot);
            self.shared.changed.notify_all();
            return Ok(());
        }
        drop(slot);
        self.shared.done(work());
        self.check()
    }

    /// Whether there is nothing to do. An error counts as something.
    pub(super) fn is_idle(&self) -> bool {
        let slot = self.shared.slot();
        !slot.busy && !slot.failed
    }

    /// Waits until everything that was handed over is done.
    pub(super) fn wait(&self) -> Result<(), StoreError> {
        let mut slot = self.shared.slot();
        while slot.busy {
            slot = self.shared.changed.wait(slot).unwrap_or_else(PoisonError::into_inner);
        }
        slot.check()
    }

    /// Whether something that was handed over failed.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        self.shared.slot().check()
    }
}

impl Shared {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn done(&self, result: Result<(), StoreError>) {
        let mut slot = self.slot();
        slot.busy = false;
        if let Err(error) = result {
            slot.failed = true;
            slot.error.get_or_insert(error);
        }
        drop(slot);
        self.changed.notify_all();
    }
}

impl Slot {
    fn check(&mut self) -> Result<(), StoreError> {
        match self.error.take() {
            Some(error) => Err(error),
            None if self.failed => Err(engine(FailedBefore)),
            None => Ok(()),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.slot().stopping = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic in it was reported by its own thread.
            let _ = thread.join();
        }
    }
}
