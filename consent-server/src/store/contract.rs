//! What every store must do, as tests that each adapter passes.
//!
//! A store takes entries, tiles and heads as bytes and does not look into them, so the tests use bytes that are easy to
//! tell apart and not real ones; that real logs come back whole is tested with the sequencer.

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::ledger::commitment::{Opening, Salt};
use consent_core::notice::{MAX_NOTICE_BYTES, NoticeId, SiteId};

use super::{Batch, DecisionRow, Head, LogId, MemoryStore, Openings, Placed, Row, SledStore, Store};
use super::{StoreError, Tile};

macro_rules! contract {
    ($($claim:ident)*) => {
        mod memory {
            $(#[test] fn $claim() { super::$claim(&super::MemoryStore::default()); })*
        }
        mod sled {
            $(#[test] fn $claim() {
                let folder = tempfile::tempdir().unwrap();
                super::$claim(&super::SledStore::open(folder.path()).unwrap());
            })*
        }
    };
}

contract! {
    an_empty_store_has_nothing
    gives_back_what_was_appended
    gives_exactly_the_range_that_is_asked_for
    a_conflict_writes_nothing
    several_logs_are_written_together_or_not_at_all
    one_of_two_writers_wins
    finds_decisions_and_subjects_of_one_site_only
    a_site_whose_name_begins_like_another_sees_nothing_of_it
    keeps_tiles_of_full_width_and_growing_ones
    keeps_notices_of_the_largest_size
    keeps_older_heads_in_order_of_size
    reads_beside_a_writer_see_whole_batches
}

pub(super) fn site(name: &str) -> SiteId {
    name.parse().unwrap()
}

pub(super) fn log(name: &str, year: u16) -> LogId {
    LogId { site: site(name), year }
}

pub(super) fn entry(log: &LogId, index: u64) -> Vec<u8> {
    format!("entry {index} of {log}").into_bytes()
}

pub(super) fn decision_id(number: u64) -> DecisionId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    bytes[6] = 0x70;
    bytes[8] = 0x80;
    DecisionId::from_bytes(bytes).unwrap()
}

pub(super) fn subject_id(number: u8) -> SubjectId {
    SubjectId::from_bytes([number; 16])
}

pub(super) fn notice_id(number: u8) -> NoticeId {
    NoticeId(Digest([number; 32]))
}

fn head(size: u64) -> Head {
    Head { size, root: Digest::of(&size.to_be_bytes()), time: 1_800_000_000 + size, closed: false }
}

/// The row of a decision at `index` whose name is `number`.
pub(super) fn decision(log: &LogId, index: u64, number: u64, subject: u8) -> Row {
    let opening = |part: &str| Opening::new(Salt([subject; 32]), format!("{part} of {number}")).unwrap();
    Row::Decision(Box::new(DecisionRow {
        decision_id: decision_id(number),
        subject_id: subject_id(subject),
        placed: placed(log, index),
        openings: Openings { subject: Some(opening("subject")), decision: Some(opening("decision")) },
    }))
}

fn placed(log: &LogId, index: u64) -> Placed {
    let request_digest = Digest::of(&index.to_be_bytes());
    Placed {
        log: log.clone(),
        index,
        size: index + 3,
        recorded_at: 1_800_000_000_123 + index,
        request_digest,
    }
}

/// A part of a batch that appends `entries` with `rows` to a log of `from` entries.
pub(super) fn part<'a>(log: &'a LogId, from: u64, entries: &'a [Vec<u8>], rows: &'a [Row]) -> Batch<'a> {
    assert_eq!(entries.len(), rows.len());
    let size = from + u64::try_from(entries.len()).unwrap();
    Batch { log, from, entries, rows, tiles: Vec::new(), head: head(size), history: None }
}

/// Appends entries without rows, from the end of the log to `size`.
pub(super) fn grow(store: &dyn Store, log: &LogId, size: u64) {
    let from = store.head(log).unwrap().map_or(0, |head| head.size);
    let entries: Vec<_> = (from..size).map(|index| entry(log, index)).collect();
    let rows = vec![Row::Plain; entries.len()];
    store.commit(&[part(log, from, &entries, &rows)]).unwrap();
}

fn an_empty_store_has_nothing(store: &dyn Store) {
    let log = log("news", 2026);
    assert!(store.logs().unwrap().is_empty());
    assert_eq!(store.head(&log).unwrap(), None);
    assert_eq!(store.tile(&log, 0, 0).unwrap(), None);
    assert_eq!(store.entries(&log, 0..0).unwrap(), Vec::<Vec<u8>>::new());
    assert!(matches!(store.entries(&log, 0..1), Err(StoreError::Damaged(_))));
    assert!(store.openings(&log, 0..10).unwrap().is_empty());
    assert_eq!(store.find_decision(&log.site, decision_id(1)).unwrap(), None);
    assert!(store.find_subject(&log.site, subject_id(1)).unwrap().is_empty());
    assert_eq!(store.notice(&log.site, notice_id(1)).unwrap(), None);
    assert!(store.notices(&log.site).unwrap().is_empty());
    assert!(store.logged_notices(&log).unwrap().is_empty());
    assert!(store.history(&log).unwrap().is_empty());
}

fn gives_back_what_was_appended(store: &dyn Store) {
    let log = log("news", 2026);
    let entries = [entry(&log, 0), entry(&log, 1), entry(&log, 2)];
    let rows = [Row::Plain, Row::Notice(notice_id(7)), decision(&log, 2, 20, 1)];
    store.commit(&[part(&log, 0, &entries, &rows)]).unwrap();
    assert_eq!(store.head(&log).unwrap(), Some(head(3)));
    assert_eq!(store.logs().unwrap(), [(log.clone(), head(3))]);
    assert_eq!(store.entries(&log, 0..3).unwrap(), entries);
    assert_eq!(store.logged_notices(&log).unwrap(), [notice_id(7)]);
    assert_eq!(store.find_decision(&log.site, decision_id(20)).unwrap(), Some(placed(&log, 2)));
    let Row::Decision(row) = &rows[2] else { panic!("a decision") };
    assert_eq!(store.openings(&log, 0..3).unwrap(), [(2, row.openings.clone())]);
    assert!(store.openings(&log, 0..2).unwrap().is_empty());
    // A log that ended says so.
    let entries = [entry(&log, 3)];
    let closed = Head { closed: true, ..head(4) };
    store.commit(&[Batch { head: closed, ..part(&log, 3, &entries, &[Row::Plain]) }]).unwrap();
    assert_eq!(store.head(&log).unwrap(), Some(closed));
}

fn gives_exactly_the_range_that_is_asked_for(store: &dyn Store) {
    let (log, other) = (log("news", 2026), log("news", 2027));
    grow(store, &log, 300);
    grow(store, &other, 5);
    grow(store, &log, 513);
    for (from, to) in
        [(0, 0), (0, 1), (1, 2), (0, 255), (0, 256), (0, 257), (255, 256), (255, 257), (256, 513), (513, 513)]
    {
        let expected: Vec<_> = (from..to).map(|index| entry(&log, index)).collect();
        assert_eq!(store.entries(&log, from..to).unwrap(), expected, "{from}..{to}");
    }
    for (from, to) in [(0, 514), (512, 514), (513, 514), (1000, 1001), (u64::MAX - 1, u64::MAX)] {
        let beyond = store.entries(&log, from..to);
        assert!(matches!(beyond, Err(StoreError::Damaged(_))), "{from}..{to}: {beyond:?}");
    }
}

fn a_conflict_writes_nothing(store: &dyn Store) {
    let log = log("news", 2026);
    grow(store, &log, 3);
    for from in [0, 2, 4] {
        let entries = [b"another".to_vec()];
        let rows = [decision(&log, from, 9, 1)];
        let tile = Tile { level: 0, index: 0, hashes: vec![1; 32 * 256] };
        let history = (3, "note".to_owned());
        let mut batch = part(&log, from, &entries, &rows);
        batch.tiles.push(tile);
        batch.history = Some(&history);
        match store.commit(&[batch]) {
            Err(StoreError::Conflict { log: of, expected, found }) => {
                assert_eq!((of, expected, found), (log.clone(), from, 3));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(store.head(&log).unwrap(), Some(head(3)));
        assert!(store.entries(&log, 3..4).is_err());
        assert_eq!(store.find_decision(&log.site, decision_id(9)).unwrap(), None);
        assert!(store.find_subject(&log.site, subject_id(1)).unwrap().is_empty());
        assert!(store.openings(&log, 0..10).unwrap().is_empty());
        assert_eq!(store.tile(&log, 0, 0).unwrap(), None);
        assert!(store.history(&log).unwrap().is_empty());
    }
    assert_eq!(store.entries(&log, 0..3).unwrap(), [entry(&log, 0), entry(&log, 1), entry(&log, 2)]);
}

fn several_logs_are_written_together_or_not_at_all(store: &dyn Store) {
    let logs = [log("news", 2026), log("news", 2027), log("sport", 2026)];
    grow(store, &logs[2], 1);
    let entries = logs.each_ref().map(|log| [entry(log, 0)]);
    let rows = [Row::Plain];
    let batch = |from_of_last| {
        [
            part(&logs[0], 0, &entries[0], &rows),
            part(&logs[1], 0, &entries[1], &rows),
            part(&logs[2], from_of_last, &entries[2], &rows),
        ]
    };
    assert!(matches!(store.commit(&batch(0)), Err(StoreError::Conflict { .. })));
    assert_eq!(store.logs().unwrap(), [(logs[2].clone(), head(1))]);
    store.commit(&batch(1)).unwrap();
    let found: Vec<_> = store.logs().unwrap().into_iter().map(|(log, head)| (log, head.size)).collect();
    assert_eq!(found, [(logs[0].clone(), 1), (logs[1].clone(), 1), (logs[2].clone(), 2)]);
}

/// The store must not rely on there being one sequencer.
fn one_of_two_writers_wins(store: &dyn Store) {
    let log = log("news", 2026);
    for size in 0..20 {
        let start = std::sync::Barrier::new(2);
        let won = std::thread::scope(|scope| {
            let writers = [0_u8, 1].map(|writer| {
                let (store, log, start) = (store, &log, &start);
                scope.spawn(move || {
                    let entries = [vec![writer]];
                    start.wait();
                    store.commit(&[part(log, size, &entries, &[Row::Plain])]).is_ok()
                })
            });
            writers.map(|writer| writer.join().unwrap())
        });
        assert!(won[0] != won[1], "both or none were told that they wrote entry {size}: {won:?}");
        assert_eq!(store.entries(&log, size..size + 1).unwrap(), [vec![u8::from(won[1])]]);
    }
}

fn finds_decisions_and_subjects_of_one_site_only(store: &dyn Store) {
    let (old, new, other) = (log("news", 2026), log("news", 2027), log("sport", 2026));
    let append =
        |log: &LogId, from, row| store.commit(&[part(log, from, &[entry(log, from)], &[row])]).unwrap();
    append(&old, 0, decision(&old, 0, 10, 1));
    append(&old, 1, decision(&old, 1, 11, 2));
    append(&other, 0, decision(&other, 0, 10, 1));
    append(&new, 0, decision(&new, 0, 12, 1));
    append(&old, 2, decision(&old, 2, 13, 1));
    let news = site("news");
    let found = store.find_subject(&news, subject_id(1)).unwrap();
    let mut sorted = found.clone();
    sorted.sort();
    assert_eq!(sorted, [(old.clone(), 0), (old.clone(), 2), (new, 0)]);
    assert_eq!(found, sorted, "oldest first, which in logs means by log and index");
    assert_eq!(store.find_subject(&news, subject_id(2)).unwrap(), [(old.clone(), 1)]);
    assert_eq!(store.find_subject(&site("sport"), subject_id(1)).unwrap(), [(other.clone(), 0)]);
    assert_eq!(store.find_decision(&news, decision_id(10)).unwrap(), Some(placed(&old, 0)));
    assert_eq!(store.find_decision(&site("sport"), decision_id(10)).unwrap(), Some(placed(&other, 0)));
    assert_eq!(store.find_decision(&site("sport"), decision_id(11)).unwrap(), None);
}

fn a_site_whose_name_begins_like_another_sees_nothing_of_it(store: &dyn Store) {
    let names = ["news", "newsroom", "newsroom-2", "new", "n"];
    let whole = log("newsroom", 2026);
    let history = (1, "note".to_owned());
    let entries = [entry(&whole, 0), entry(&whole, 1)];
    let rows = [Row::Notice(notice_id(1)), decision(&whole, 1, 1, 1)];
    let mut batch = part(&whole, 0, &entries, &rows);
    batch.tiles.push(Tile { level: 1, index: 0, hashes: vec![1; 32] });
    batch.history = Some(&history);
    store.commit(&[batch]).unwrap();
    store.publish(&whole.site, notice_id(1), b"{}").unwrap();
    for name in names.into_iter().filter(|name| *name != "newsroom") {
        let (own, of) = (log(name, 2026), site(name));
        assert_eq!(store.head(&own).unwrap(), None, "{name}");
        assert!(store.entries(&own, 0..1).is_err(), "{name}");
        assert!(store.openings(&own, 0..10).unwrap().is_empty(), "{name}");
        assert_eq!(store.tile(&own, 1, 0).unwrap(), None, "{name}");
        assert!(store.logged_notices(&own).unwrap().is_empty(), "{name}");
        assert!(store.history(&own).unwrap().is_empty(), "{name}");
        assert_eq!(store.find_decision(&of, decision_id(1)).unwrap(), None, "{name}");
        assert!(store.find_subject(&of, subject_id(1)).unwrap().is_empty(), "{name}");
        assert_eq!(store.notice(&of, notice_id(1)).unwrap(), None, "{name}");
        assert!(store.notices(&of).unwrap().is_empty(), "{name}");
    }
    assert_eq!(store.notices(&whole.site).unwrap(), [(notice_id(1), b"{}".to_vec())]);
}

fn keeps_tiles_of_full_width_and_growing_ones(store: &dyn Store) {
    let log = log("news", 2026);
    let hashes =
        |width: usize| (0..width).flat_map(|at| Digest::of(&at.to_be_bytes()).0).collect::<Vec<u8>>();
    let mut from = 0;
    let mut put = |level, index, width| {
        let entries = [entry(&log, from)];
        let mut batch = part(&log, from, &entries, &[Row::Plain]);
        batch.tiles.push(Tile { level, index, hashes: hashes(width) });
        store.commit(&[batch]).unwrap();
        from += 1;
        assert_eq!(store.tile(&log, level, index).unwrap(), Some(hashes(width)), "{level}/{index}");
    };
    put(0, 0, 256);
    for width in [1, 2, 127, 128, 129, 255, 256] {
        put(1, 0, width);
    }
    put(0, 300, 256);
    put(2, 0, 1);
    assert_eq!(store.tile(&log, 0, 0).unwrap(), Some(hashes(256)));
    assert_eq!(store.tile(&log, 0, 1).unwrap(), None);
    assert_eq!(store.tile(&log, 3, 0).unwrap(), None);
}

fn keeps_notices_of_the_largest_size(store: &dyn Store) {
    let of = site("news");
    let bytes =
        |seed: u8, length: usize| (0_u8..251).cycle().map(|at| at ^ seed).take(length).collect::<Vec<_>>();
    for (number, length) in (1..).zip([1, 4095, 4096, 4097, MAX_NOTICE_BYTES]) {
        store.publish(&of, notice_id(number), &bytes(number, length)).unwrap();
        store.publish(&of, notice_id(number), &bytes(number, length)).unwrap();
        assert_eq!(store.notice(&of, notice_id(number)).unwrap(), Some(bytes(number, length)));
    }
    let all = store.notices(&of).unwrap();
    assert_eq!(all.len(), 5);
    assert!(all.iter().all(|(id, kept)| *kept == bytes(id.0.0[0], kept.len())));
    assert_eq!(all[4].1.len(), MAX_NOTICE_BYTES);
}

fn keeps_older_heads_in_order_of_size(store: &dyn Store) {
    let log = log("news", 2026);
    let mut expected = Vec::new();
    for from in [0, 1, 255, 256, 1_000] {
        if store.head(&log).unwrap().is_some_and(|head| head.size < from) {
            grow(store, &log, from);
        }
        let entries = [entry(&log, from)];
        let history = (from, format!("note of {from}\n"));
        let mut batch = part(&log, from, &entries, &[Row::Plain]);
        batch.history = Some(&history);
        store.commit(&[batch]).unwrap();
        expected.push(history);
    }
    assert_eq!(store.history(&log).unwrap(), expected);
}

fn reads_beside_a_writer_see_whole_batches(store: &dyn Store) {
    let log = log("news", 2026);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..=100).for_each(|batch| grow(store, &log, batch * 10)));
        while !writer.is_finished() {
            let Some(head) = store.head(&log).unwrap() else { continue };
            assert_eq!(head.size % 10, 0);
            let first = head.size.saturating_sub(10);
            assert_eq!(store.entries(&log, first..head.size).unwrap().len(), 10);
        }
    });
    assert_eq!(store.head(&log).unwrap(), Some(head(1000)));
}
