//! Several sorted files read as one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use super::run::Run;
use super::{Item, StoreError};

/// How many files of about one size make one of the next.
const FAN: u64 = 4;

/// The items of all runs, in order.
pub(super) fn merged(runs: &[Arc<Run>]) -> impl Iterator<Item = Result<Item, StoreError>> {
    let mut sources: Vec<_> = runs.iter().map(|run| run.iter()).collect();
    let mut heap = BinaryHeap::with_capacity(sources.len());
    let mut failed = None;
    for (number, source) in sources.iter_mut().enumerate() {
        match source.next() {
            Some(Ok(item)) => heap.push(Reverse((item, number))),
            Some(Err(error)) => failed = Some(error),
            None => {}
        }
    }
    std::iter::from_fn(move || {
        if let Some(error) = failed.take() {
            heap.clear();
            return Some(Err(error));
        }
        let Reverse((item, number)) = heap.pop()?;
        match sources.get_mut(number).and_then(Iterator::next) {
            Some(Ok(next)) => heap.push(Reverse((next, number))),
            Some(Err(error)) => failed = Some(error),
            None => {}
        }
        Some(Ok(item))
    })
}

/// The runs that are to become one: those of the lowest tier that is full.
pub(super) fn due(runs: &[Arc<Run>], smallest: u64) -> Vec<Arc<Run>> {
    let tier = |run: &Run| (run.items / smallest.max(1)).max(1).ilog(FAN);
    let mut tiers: Vec<u32> = runs.iter().map(|run| tier(run)).collect();
    tiers.sort_unstable();
    tiers.dedup();
    for wanted in tiers {
        let of_tier: Vec<_> = runs.iter().filter(|run| tier(run) == wanted).cloned().collect();
        if u64::try_from(of_tier.len()).is_ok_and(|count| count >= FAN) {
            return of_tier;
        }
    }
    Vec::new()
}
