//! Threads that share the work of a check.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use consent_core::verify::workers::{Alone, Workers};

/// That many threads, of which the calling one is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crew {
    threads: usize,
}

impl Crew {
    /// As many as asked for; without a wish, one for each core.
    pub(super) fn new(threads: Option<NonZero<usize>>) -> Self {
        let all = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        Self { threads: threads.unwrap_or_else(all).get() }
    }
}

/// What the threads share: who takes next, and what was done and waits for its turn.
struct Shared<'a, J, R> {
    take: Mutex<Take<'a, J>>,
    done: Mutex<Done<'a, R>>,
    /// Somebody folded, or gave up.
    folded: Condvar,
    /// How many results may wait for an earlier one.
    most: u64,
}

struct Take<'a, J> {
    /// The number of the next job.
    number: u64,
    take: &'a mut (dyn FnMut() -> Option<J> + Send),
}

struct Done<'a, R> {
    /// The number of the result that comes next.
    next: u64,
    waiting: BTreeMap<u64, R>,
    /// `None` while somebody folds.
    fold: Option<&'a mut (dyn FnMut(R) + Send)>,
    /// A thread panicked: its result never comes.
    broken: bool,
}

impl Workers for Crew {
    fn run<J: Send, R: Send>(
        &self,
        take: &mut (dyn FnMut() -> Option<J> + Send),
        work: &(dyn Fn(J) -> R + Sync),
        fold: &mut (dyn FnMut(R) + Send),
    ) {
        if self.threads < 2 {
            return Alone.run(take, work, fold);
        }
        let shared = Shared {
            take: Mutex::new(Take { number: 0, take }),
            done: Mutex::new(Done { next: 0, waiting: BTreeMap::new(), fold: Some(fold), broken: false }),
            folded: Condvar::new(),
            most: u64::try_from(self.threads).unwrap_or(u64::MAX),
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads {
                scope.spawn(|| shared.take_part(work));
            }
            shared.take_part(work);
        });
    }
}

impl<J, R> Shared<'_, J, R> {
    fn take_part(&self, work: &(dyn Fn(J) -> R + Sync)) {
        let mut guard = Broken { shared: self, whole: false };
        while let Some((number, job)) = self.next_job() {
            if !self.put(number, work(job)) {
                break;
            }
        }
        guard.whole = true;
    }

    fn next_job(&self) -> Option<(u64, J)> {
        let mut take = lock(&self.take);
        let job = (take.take)()?;
        let number = take.number;
        take.number += 1;
        Some((number, job))
    }

    /// Hands in a result and folds whatever is next, unless somebody else does. `false` if no more is wanted.
    fn put(&self, number: u64, result: R) -> bool {
        let mut done = lock(&self.done);
        // Whoever has the next result never waits here, so somebody always goes on.
        while number > done.next + self.most && !done.broken {
            done = self.folded.wait(done).unwrap_or_else(PoisonError::into_inner);
        }
        if done.broken {
            return false;
        }
        done.waiting.insert(number, result);
        let Some(fold) = done.fold.take() else { return true };
        loop {
            let next = done.next;
            let Some(result) = done.waiting.remove(&next) else { break };
            drop(done);
            fold(result);
            done = lock(&self.done);
            done.next += 1;
            self.folded.notify_all();
        }
        done.fold = Some(fold);
        true
    }
}

/// Tells the others when its thread panics, so that nobody waits for a result that never comes.
struct Broken<'a, 'b, J, R> {
    shared: &'a Shared<'b, J, R>,
    whole: bool,
}

impl<J, R> Drop for Broken<'_, '_, J, R> {
    fn drop(&mut self) {
        if !self.whole {
            lock(&self.shared.done).broken = true;
            self.shared.folded.notify_all();
        }
    }
}

/// A lock that a panic left is as good as another: the panic ends the work anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn crew(threads: usize) -> Crew {
        Crew::new(NonZero::new(threads))
    }

    #[test]
    fn results_come_in_order_however_long_each_takes() {
        for threads in [1, 2, 8] {
            let (mut next, mut folded) = (0_u64, Vec::new());
            crew(threads).run(
                &mut || {
                    next += 1;
                    (next <= 300).then_some(next)
                },
                &|job| {
                    std::thread::sleep(Duration::from_micros(job * 7919 % 13 * 50));
                    job * 2
                },
                &mut |result| folded.push(result),
            );
            assert_eq!(folded, (1..=300).map(|job| job * 2).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn few_results_wait_for_a_slow_one() {
        let (mut next, mut folded) = (0_u64, 0);
        let (held, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        crew(4).run(
            &mut || {
                next += 1;
                (next <= 200).then_some(next)
            },
            &|job| {
                if job == 1 {
                    std::thread::sleep(Duration::from_millis(100));
                }
                most.fetch_max(held.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            },
            &mut |()| {
                held.fetch_sub(1, Ordering::SeqCst);
                folded += 1;
            },
        );
        assert_eq!(folded, 200);
        let most = most.into_inner();
        assert!(most <= 4 + 4 + 1, "{most} results were held");
    }

    #[test]
    fn a_panic_ends_the_work_and_nobody_waits() {
        for at in [1, 50, 200] {
            let mut next = 0_u64;
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                crew(4).run(
                    &mut || {
                        next += 1;
                        (next <= 200).then_some(next)
                    },
                    &|job| assert_ne!(job, at, "on purpose"),
                    &mut |()| (),
                );
            }));
            assert!(outcome.is_err(), "{at}");
        }
    }
}
