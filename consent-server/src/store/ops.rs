//! Lists of things that are done to a store, and the same things done to the store in memory, which is what is expected.

use consent_core::ledger::entry::IndexRange;
use proptest::prelude::*;

use super::contract::{
    decision, decision_id, entry, log, notice_id, part, site, stored, subject_id, text, tiles,
};
use super::{Erased, Head, LogId, MemoryStore, Row, Store, StoreError};

/// The most decisions that a list makes.
const MOST: u64 = 100_000;

#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Appends decisions to logs, in one batch.
    Decide(Vec<(usize, u64)>),
    /// Erases a range of a log, with an entry in this one.
    Erase(usize, usize, u64, u64),
    /// Closes and forgets a log.
    Forget(usize),
    /// Keeps a document of this many bytes.
    Keep(u8, usize),
    /// Removes one.
    Discard(u8),
    /// Publishes a notice.
    Publish(u8, usize),
    /// Ends the process in peace.
    Reopen,
    /// Ends the process at once.
    Kill,
    /// Cuts the power: nothing that was not synced is there, or, with a seed, some of it is.
    PowerCut(Option<u64>),
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let log = 0..LOGS;
    prop_oneof![
        8 => prop::collection::btree_map(log.clone(), 1..40_u64, 1..3).prop_map(|logs| Op::Decide(logs.into_iter().collect())),
        1 => (log.clone(), 200..700_u64).prop_map(|logs| Op::Decide(vec![logs])),
        3 => (log.clone(), 0..400_u64, 0..60_u64).prop_map(|(of, from, count)| Op::Erase(of, of, from, from + count)),
        1 => log.clone().prop_map(|of| Op::Erase(of, (of + 1) % LOGS, 0, u64::MAX)),
        1 => log.prop_map(Op::Forget),
        1 => (0..3_u8, 0..10_000_usize).prop_map(|(name, bytes)| Op::Keep(name, bytes)),
        1 => (0..3_u8).prop_map(Op::Discard),
        1 => (0..3_u8, 1..10_000_usize).prop_map(|(name, bytes)| Op::Publish(name, bytes)),
        1 => Just(Op::Reopen),
        2 => Just(Op::Kill),
        3 => prop::option::weighted(0.7, any::<u64>()).prop_map(Op::PowerCut),
    ]
}

/// How many logs there are.
const LOGS: usize = 3;

pub(super) fn log_of(number: usize) -> LogId {
    [log("news", 2026), log("news", 2027), log("sport", 2026)][number].clone()
}

fn size(store: &dyn Store, log: &LogId) -> u64 {
    store.head(log).unwrap().map_or(0, |head| head.size)
}

fn document(number: u8) -> String {
    format!("folder/{number}.tsr")
}

/// Whether an operation can be done: nothing follows in a forgotten log.
pub(super) fn is_possible(model: &dyn Store, op: &Op) -> bool {
    let lives = |of: &usize| model.head(&log_of(*of)).unwrap().is_none_or(|head| !head.forgotten);
    match op {
        Op::Decide(logs) => logs.iter().all(|(of, _)| lives(of)),
        Op::Erase(of, by, ..) => {
            lives(of) && lives(by) && size(model, &log_of(*of)) > 0 && log_of(*of).site == log_of(*by).site
        }
        _ => true,
    }
}

/// Does it. `model` says where logs are; it may be the store itself. Names of decisions are those of their place.
pub(super) fn apply(store: &dyn Store, model: &dyn Store, op: &Op) -> Result<(), StoreError> {
    match op {
        Op::Decide(logs) => {
            let mut parts = Vec::new();
            for (of, count) in logs {
                let log = log_of(*of);
                let from = size(model, &log);
                let entries: Vec<_> = (from..from + count).map(|index| entry(&log, index)).collect();
                let row = |index: u64| match index % 9 {
                    0 => Row::Plain,
                    1 if index < 20 => Row::Notice(notice_id(u8::try_from(index).unwrap())),
                    _ => decision(&log, index, number(*of, index), subject(index)),
                };
                let rows: Vec<_> = (from..from + count).map(row).collect();
                let history = (from, format!("head of {from}"));
                parts.push((log, from, entries, rows, history));
            }
            let batches: Vec<_> = parts
                .iter()
                .map(|(log, from, entries, rows, history)| {
                    let mut batch = part(log, *from, entries, rows);
                    batch.tiles = tiles(*from, batch.head.size);
                    batch.history = (from % 4 == 3).then_some(history);
                    batch
                })
                .collect();
            store.commit(&batches)
        }
        Op::Erase(of, by, from, to) => {
            let (of, by) = (log_of(*of), log_of(*by));
            let at = size(model, &by);
            let ranges = vec![IndexRange { from: *from, to: *to }];
            let rows = [Row::Erasure(Erased { log: of, ranges })];
            let entries = [entry(&by, at)];
            let mut batch = part(&by, at, &entries, &rows);
            batch.tiles = tiles(at, at + 1);
            store.commit(&[batch])
        }
        Op::Forget(of) => store.forget_log(&log_of(*of)),
        Op::Keep(name, bytes) => store.keep(&site("news"), &document(*name), &vec![*name; *bytes]),
        Op::Discard(name) => store.discard(&site("news"), &document(*name)),
        Op::Publish(name, bytes) => store.publish(&site("news"), notice_id(*name), &vec![*name; *bytes]),
        Op::Reopen | Op::Kill | Op::PowerCut(_) => Ok(()),
    }
}

/// The name of the decision at a place.
fn number(of: usize, index: u64) -> u64 {
    u64::try_from(of).unwrap() * MOST + index
}

fn subject(index: u64) -> u8 {
    u8::try_from(index % 5).unwrap()
}

/// A second store in memory that has had the same done.
pub(super) fn replayed(ops: &[Op]) -> MemoryStore {
    let model = MemoryStore::default();
    for op in ops {
        apply(&model, &model, op).unwrap();
    }
    model
}

/// The first difference between what a store has and what is expected.
pub(super) fn difference(store: &dyn Store, model: &dyn Store) -> Option<String> {
    let logs = model.logs().unwrap();
    if store.logs().unwrap() != logs {
        return Some(format!("the logs are {:?}, not {logs:?}", store.logs().unwrap()));
    }
    for (log, head) in logs {
        if let Some(what) = difference_of(store, model, &log, &head) {
            return Some(format!("log {log} of {} entries: {what}", head.size));
        }
    }
    for of in [site("news"), site("sport")] {
        for number in 0..5 {
            let places = |store: &dyn Store| store.find_subject(&of, subject_id(number)).unwrap();
            if places(store) != places(model) {
                return Some(format!(
                    "subject {number} of {of}: {:?}, not {:?}",
                    places(store),
                    places(model)
                ));
            }
        }
        let names = |store: &dyn Store| {
            let names = store.kept_names(&of, "").unwrap();
            let kept: Vec<_> = names.iter().map(|name| store.kept(&of, name).unwrap()).collect();
            (names, kept, store.notices(&of).unwrap())
        };
        if names(store) != names(model) {
            return Some(format!("documents or notices of {of}"));
        }
    }
    None
}

fn difference_of(store: &dyn Store, model: &dyn Store, log: &LogId, head: &Head) -> Option<String> {
    let range = if head.forgotten { 0..0 } else { 0..head.size };
    if store.entries(log, range.clone()).unwrap() != model.entries(log, range.clone()).unwrap() {
        return Some("entries".to_owned());
    }
    if store.openings(log, range.clone()).unwrap() != model.openings(log, range).unwrap() {
        return Some("openings".to_owned());
    }
    if store.history(log).unwrap() != model.history(log).unwrap() {
        return Some("older heads".to_owned());
    }
    if store.logged_notices(log).unwrap() != model.logged_notices(log).unwrap() {
        return Some("logged notices".to_owned());
    }
    for level in [0, 1, 2] {
        for index in 0..=stored(level, head.size).div_ceil(256) {
            if store.tile(log, level, index).unwrap() != model.tile(log, level, index).unwrap() {
                return Some(format!("tile {level}/{index}"));
            }
        }
    }
    let of = (0..LOGS).find(|of| log_of(*of) == *log).unwrap();
    // All of the last batches, and some of those before.
    let last = head.size.saturating_sub(40);
    for index in (0..last).step_by(13).chain(last..head.size) {
        let id = decision_id(number(of, index));
        let (found, expected) =
            (store.find_decision(&log.site, id).unwrap(), model.find_decision(&log.site, id).unwrap());
        if found != expected {
            return Some(format!("decision {index} is at {found:?}, not {expected:?}"));
        }
    }
    None
}

/// What must be nowhere once a decision of this place is erased: its name, and what it said.
pub(super) fn traces(of: &LogId, index: u64) -> Vec<Vec<u8>> {
    let of = (0..LOGS).find(|number| log_of(*number) == *of).unwrap();
    let number = number(of, index);
    vec![
        decision_id(number).as_bytes().to_vec(),
        text("subject", number).into_bytes(),
        text("decision", number).into_bytes(),
    ]
}

/// Whether every decision is found where it is expected. An error of the store means no.
pub(super) fn found(store: &dyn Store, model: &dyn Store) -> bool {
    model.logs().unwrap().iter().all(|(log, head)| {
        let of = (0..LOGS).find(|of| log_of(*of) == *log).unwrap();
        (0..head.size).all(|index| {
            let id = decision_id(number(of, index));
            let expected = model.find_decision(&log.site, id).unwrap();
            store.find_decision(&log.site, id).is_ok_and(|found| found == expected)
        })
    })
}

/// One answer to each question that a store can be asked.
pub(super) fn glance(store: &dyn Store) -> String {
    let (log, of) = (log_of(0), site("news"));
    let ids = [decision_id(number(0, 1)), decision_id(number(0, 250))];
    let answers = (
        (store.logs().unwrap(), store.head(&log).unwrap(), store.entries(&log, 1..4).unwrap()),
        (store.tile(&log, 0, 0).unwrap(), store.openings(&log, 0..60).unwrap(), store.history(&log).unwrap()),
        (store.find_decision(&of, ids[1]).unwrap(), store.find_decisions(&of, &ids).unwrap()),
        (store.find_subject(&of, subject_id(1)).unwrap(), store.logged_notices(&log).unwrap()),
        (store.notice(&of, notice_id(1)).unwrap(), store.notices(&of).unwrap()),
        (store.kept(&of, &document(1)).unwrap(), store.kept_names(&of, "").unwrap()),
    );
    format!("{answers:?}")
}
