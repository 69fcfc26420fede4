//! Erasing in place: openings are overwritten with zeros, and the index forgets what led to them.
//!
//! Done again after a crash in the middle, it ends where it would have: what can still be read is still to be forgotten by
//! the index, because it is forgotten there, durably, before it is overwritten.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::PoisonError;

use consent_core::ledger::entry::IndexRange;

use super::super::StoreError;
use super::super::rows::LogId;
use super::codec::engine;
use super::core::Core;
use super::files::FileKind;
use super::index::{By, Item};
use super::journal::zero;
use super::openings::Slot;
use super::record::LogEnd;

/// How many entries are looked at, or overwritten, at a time.
const STEP: u64 = 4096;

/// Up to how many entries the index looks each one up; beyond, all its files are written anew.
const ONE_BY_ONE: u64 = 20_000;

/// What is erased of one log.
struct Work {
    log: LogId,
    end: LogEnd,
    ranges: Vec<Range<u64>>,
}

/// Erases, and returns the numbers of the logs whose openings were overwritten, which are not synced yet.
pub(super) fn erase(core: &Core, erased: &[(u32, IndexRange)]) -> Result<Vec<u32>, StoreError> {
    let mut by_log = BTreeMap::<u32, Work>::new();
    for (number, range) in erased {
        let (log, end) = {
            let logs = core.logs();
            let Some(log) = logs.names.get(number) else { continue };
            let Some(end) = logs.ends.get(log) else { continue };
            (log.clone(), *end)
        };
        let range = range.from..range.to.min(end.head.size);
        if !range.is_empty() && !end.head.forgotten {
            by_log.entry(*number).or_insert(Work { log, end, ranges: Vec::new() }).ranges.push(range);
        }
    }
    by_log.values_mut().for_each(|work| work.ranges.sort_unstable_by_key(|range| range.start));
    let count: u64 = by_log.values().flat_map(|work| &work.ranges).map(|range| range.end - range.start).sum();
    if count > ONE_BY_ONE {
        core.index.remove_places(|place| {
            let ranges = by_log.get(&place.log()).map_or(&[][..], |work| &work.ranges);
            let after = ranges.partition_point(|range| range.start <= place.index());
            after
                .checked_sub(1)
                .and_then(|at| ranges.get(at))
                .is_some_and(|range| range.contains(&place.index()))
        })?;
    } else {
        let mut items = Vec::new();
        for work in by_log.values() {
            for range in &work.ranges {
                for step in steps(range) {
                    items.extend(items_of(core, &work.log, &work.end, step)?);
                }
            }
        }
        core.index.remove(&items)?;
    }
    for work in by_log.values() {
        for step in work.ranges.iter().flat_map(steps) {
            overwrite(core, work, step)?;
        }
    }
    Ok(by_log.into_keys().collect())
}

fn steps(range: &Range<u64>) -> impl Iterator<Item = Range<u64>> + use<> {
    let (from, to) = (range.start, range.end);
    (from..to).step_by(usize::try_from(STEP).unwrap_or(1)).map(move |at| at..(at + STEP).min(to))
}

/// The index's items for the decisions that are left among these entries.
pub(super) fn items_of(
    core: &Core,
    log: &LogId,
    end: &LogEnd,
    range: Range<u64>,
) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    for (index, slot) in range.clone().zip(core.slots(log, end, range)?) {
        if let Some(Slot::Kept(kept)) = slot {
            let number = end.number;
            items.push(core.index.item(By::Decision, &log.site, kept.decision_id.as_bytes(), number, index));
            items.push(core.index.item(By::Subject, &log.site, kept.subject_id.as_bytes(), number, index));
        }
    }
    Ok(items)
}

fn overwrite(core: &Core, work: &Work, range: Range<u64>) -> Result<(), StoreError> {
    let bytes = core.openings_bytes(&work.log, &work.end, range)?;
    if bytes.is_empty() {
        return Ok(());
    }
    let file = core.files.get(&work.log, work.end.number, FileKind::Openings, true).map_err(engine)?;
    let _alone = core.erasing.write().unwrap_or_else(PoisonError::into_inner);
    zero(&*file, bytes.start, bytes.end).map_err(engine)
}

/// Puts into the index what it does not cover yet.
pub(super) fn fill_index(core: &Core) -> Result<(), StoreError> {
    let mut covered = core.index.covered();
    let logs: Vec<_> = core.logs().ends.iter().map(|(log, end)| (log.clone(), *end)).collect();
    for (log, end) in logs.into_iter().filter(|(_, end)| !end.head.forgotten) {
        let from = covered.get(&end.number).copied().unwrap_or(0).min(end.head.size);
        for step in steps(&(from..end.head.size)) {
            let items = items_of(core, &log, &end, step.clone())?;
            covered.insert(end.number, step.end);
            core.index.insert(items, || covered.clone())?;
        }
    }
    Ok(())
}
