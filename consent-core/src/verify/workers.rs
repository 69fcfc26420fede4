//! Who does the work. The check is cut into pieces that do not depend on each other, and asks somebody else to carry
//! them out: a library without an operating system has no threads, and the command `consent` has.
//!
//! ```
//! use consent_core::verify::workers::{Alone, Workers};
//!
//! let mut jobs = [1_u64, 2, 3].into_iter();
//! let mut squares = Vec::new();
//! Alone.run(&mut || jobs.next(), &|job| job * job, &mut |square| squares.push(square));
//! assert_eq!(squares, [1, 4, 9], "in the order of the jobs, whoever works");
//! ```

/// Carries out pieces of work.
pub trait Workers {
    /// Calls `take` for one job after the other until there is none, `work` with each, and `fold` with every result.
    ///
    /// `take` and `fold` are called by one at a time, and `fold` gets the results in the order in which the jobs were
    /// taken; so what comes out does not depend on how many work. `work` may be called by several at a time. Only a
    /// limited number of results waits for an earlier one, so that memory stays bounded.
    fn run<J: Send, R: Send>(
        &self,
        take: &mut (dyn FnMut() -> Option<J> + Send),
        work: &(dyn Fn(J) -> R + Sync),
        fold: &mut (dyn FnMut(R) + Send),
    );
}

/// One piece after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Workers for Alone {
    fn run<J: Send, R: Send>(
        &self,
        take: &mut (dyn FnMut() -> Option<J> + Send),
        work: &(dyn Fn(J) -> R + Sync),
        fold: &mut (dyn FnMut(R) + Send),
    ) {
        while let Some(job) = take() {
            fold(work(job));
        }
    }
}
