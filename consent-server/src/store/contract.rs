//! What every store must do, as tests that each adapter passes.
//!
//! A store takes entries, tiles and heads as bytes and does not look into them, so the tests use bytes that are easy to
//! tell apart and not real ones; that real logs come back whole is tested with the sequencer.

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::ledger::commitment::{Opening, Salt};
use consent_core::ledger::entry::IndexRange;
use consent_core::notice::{MAX_NOTICE_BYTES, NoticeId, SiteId};

use super::{Batch, DecisionRow, Erased, Head, LogId, MemoryStore, Openings, Placed, Row, Store};
use super::{MAX_DOCUMENT_BYTES, MAX_DOCUMENT_NAME_BYTES, StoreError, Tile};

macro_rules! contract {
    ($($claim:ident)*) => {
        mod memory {
            $(#[test] fn $claim() { super::$claim(&super::MemoryStore::default()); })*
        }
        mod embedded {
            $(#[test] fn $claim() {
                let folder = tempfile::tempdir().unwrap();
                super::$claim(&super::super::EmbeddedStore::open(folder.path()).unwrap());
            })*
        }
        /// All claims for a store in a real database, each in one of its own.
        pub(super) const CLAIMS: &[(&str, fn(&dyn Store))] = &[$((stringify!($claim), $claim)),*];
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
    finds_many_decisions_in_the_order_of_the_question
    a_site_whose_name_begins_like_another_sees_nothing_of_it
    keeps_tiles_of_full_width_and_growing_ones
    keeps_notices_of_the_largest_size
    keeps_older_heads_in_order_of_size
    reads_beside_a_writer_see_whole_batches
    what_is_erased_can_not_be_found_in_any_way
    a_range_of_everything_erases_decisions_and_nothing_else
    a_forgotten_log_is_its_head_and_nothing_follows_it
    logs_of_one_year_are_apart
    documents_are_kept_replaced_and_discarded
    documents_of_one_site_are_not_those_of_another
    refuses_documents_that_no_store_keeps
}

pub(super) fn site(name: &str) -> SiteId {
    name.parse().unwrap()
}

pub(super) fn log(name: &str, year: u16) -> LogId {
    LogId { site: site(name), year: year.into() }
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

/// An entry that says that these ranges of `log` are erased.
fn erasure(log: &LogId, ranges: &[(u64, u64)]) -> Row {
    Row::Erasure(Erased { log: log.clone(), ranges: ranges.iter().copied().map(IndexRange::from).collect() })
}

fn head(size: u64) -> Head {
    Head {
        size,
        root: Digest::of(&size.to_be_bytes()),
        time: 1_800_000_000 + size,
        closed: false,
        forgotten: false,
    }
}

/// The data of an opening; no other one begins with it.
pub(super) fn text(part: &str, number: u64) -> String {
    format!("{part} of {number}.")
}

/// The row of a decision at `index` whose name is `number`.
pub(super) fn decision(log: &LogId, index: u64, number: u64, subject: u8) -> Row {
    let opening = |part: &str| Opening::new(Salt([subject; 32]), text(part, number)).unwrap();
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
    // Who does not know that has a turn to look; who does may append.
    let entries = [entry(&log, 4)];
    let again = store.commit(&[part(&log, 4, &entries, &[Row::Plain])]);
    assert!(matches!(again, Err(StoreError::Conflict { expected: 4, found: 4, .. })), "{again:?}");
    assert_eq!(store.head(&log).unwrap(), Some(closed));
    let closed = Head { closed: true, ..head(5) };
    store.commit(&[Batch { head: closed, ..part(&log, 4, &entries, &[Row::Plain]) }]).unwrap();
    // And a log is closed where it is.
    let other = self::log("news", 2028);
    grow(store, &other, 2);
    let closed = Head { closed: true, ..head(2) };
    store.commit(&[Batch { head: closed, ..part(&other, 2, &[], &[]) }]).unwrap();
    assert_eq!(store.head(&other).unwrap(), Some(closed));
    assert_eq!(store.entries(&other, 0..2).unwrap(), [entry(&other, 0), entry(&other, 1)]);
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

fn finds_many_decisions_in_the_order_of_the_question(store: &dyn Store) {
    let log = log("news", 2026);
    decide(store, &log, 0..3, 1);
    let asked = [2, 7, 0, 2].map(decision_id);
    let found = store.find_decisions(&log.site, &asked).unwrap();
    assert_eq!(found, [Some(placed(&log, 2)), None, Some(placed(&log, 0)), Some(placed(&log, 2))]);
    assert!(store.find_decisions(&log.site, &[]).unwrap().is_empty());
    assert_eq!(store.find_decisions(&site("sport"), &asked).unwrap(), [None, None, None, None]);
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

fn hashes(level: u8, range: std::ops::Range<u64>) -> Vec<u8> {
    range.flat_map(|at| Digest::of(&[&[level][..], &at.to_be_bytes()].concat()).0).collect()
}

/// How many hashes of a level are stored.
pub(super) fn stored(level: u8, size: u64) -> u64 {
    if level == 0 { size / 256 * 256 } else { size >> (8 * level) }
}

/// The tiles that a log of `from` entries gets when it grows to `size`: full ones, and growing ones above level 0. The
/// hashes are told apart by level and place and are not those of a tree.
pub(super) fn tiles(from: u64, size: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for level in [0, 1, 2] {
        let after = stored(level, size);
        for index in stored(level, from) / 256..after.div_ceil(256) {
            let range = index * 256..after.min((index + 1) * 256);
            tiles.push(Tile { level, index, hashes: hashes(level, range) });
        }
    }
    tiles
}

/// Batches that end within a tile, at its end, and behind it; a tile that is handed over again has grown.
fn keeps_tiles_of_full_width_and_growing_ones(store: &dyn Store) {
    let log = log("news", 2026);
    let mut from = 0;
    for size in [1, 255, 256, 257, 511, 1024, 1300, 256 * 255, 256 * 256 - 1, 256 * 256, 256 * 256 + 700] {
        let entries: Vec<_> = (from..size).map(|index| entry(&log, index)).collect();
        let rows = vec![Row::Plain; entries.len()];
        let mut batch = part(&log, from, &entries, &rows);
        batch.tiles = tiles(from, size);
        store.commit(&[batch]).unwrap();
        from = size;
        for level in [0, 1, 2] {
            let stored = stored(level, size);
            for index in 0..stored.div_ceil(256) {
                let range = index * 256..stored.min((index + 1) * 256);
                let expected = Some(hashes(level, range));
                assert_eq!(store.tile(&log, level, index).unwrap(), expected, "{level}/{index} at {size}");
            }
            assert_eq!(store.tile(&log, level, stored.div_ceil(256)).unwrap(), None, "{level} at {size}");
        }
        assert_eq!(store.tile(&log, 3, 0).unwrap(), None);
    }
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

/// Appends decisions `numbers` of a subject to a log, one batch each.
fn decide(store: &dyn Store, log: &LogId, numbers: std::ops::Range<u64>, subject: u8) {
    for number in numbers {
        let index = store.head(log).unwrap().map_or(0, |head| head.size);
        let rows = [decision(log, index, number, subject)];
        store.commit(&[part(log, index, &[entry(log, index)], &rows)]).unwrap();
    }
}

/// Appends one entry with this row.
fn append(store: &dyn Store, log: &LogId, row: Row) {
    let index = store.head(log).unwrap().map_or(0, |head| head.size);
    store.commit(&[part(log, index, &[entry(log, index)], &[row])]).unwrap();
}

fn indices(store: &dyn Store, log: &LogId) -> Vec<u64> {
    store.openings(log, 0..1000).unwrap().into_iter().map(|(index, _)| index).collect()
}

fn what_is_erased_can_not_be_found_in_any_way(store: &dyn Store) {
    let (old, new) = (log("news", 2026), log("news", 2027));
    decide(store, &old, 0..6, 1);
    decide(store, &new, 10..12, 1);
    append(store, &old, erasure(&old, &[(1, 2), (3, 5)]));
    assert_eq!(indices(store, &old), [0, 2, 5]);
    for number in 0..6 {
        let there = store.find_decision(&old.site, decision_id(number)).unwrap().is_some();
        assert_eq!(there, [0, 2, 5].contains(&number), "{number}");
    }
    let left = [(&old, 0), (&old, 2), (&old, 5), (&new, 0), (&new, 1)];
    let found = store.find_subject(&old.site, subject_id(1)).unwrap();
    assert_eq!(found, left.map(|(log, index)| (log.clone(), index)));
    // An entry of the newer log may speak of the older one, and leaves its own openings alone.
    append(store, &new, erasure(&old, &[(0, 1)]));
    assert_eq!((indices(store, &old), indices(store, &new)), (vec![2, 5], vec![0, 1]));
    assert_eq!(store.find_decision(&old.site, decision_id(0)).unwrap(), None);
    assert!(store.find_decision(&old.site, decision_id(10)).unwrap().is_some());
    // The entries stay as they were.
    assert_eq!(store.entries(&old, 1..2).unwrap(), [entry(&old, 1)]);
    // What was erased may be recorded again under the same name.
    decide(store, &old, 1..2, 2);
    assert_eq!(store.find_decision(&old.site, decision_id(1)).unwrap(), Some(placed(&old, 7)));
}

fn a_range_of_everything_erases_decisions_and_nothing_else(store: &dyn Store) {
    let (log, other) = (log("news", 2026), log("newsroom", 2026));
    append(store, &log, Row::Notice(notice_id(1)));
    decide(store, &log, 0..300, 1);
    decide(store, &other, 0..2, 1);
    append(store, &log, erasure(&log, &[(0, 301)]));
    decide(store, &log, 300..301, 1);
    assert_eq!(indices(store, &log), [302]);
    assert_eq!(store.find_subject(&log.site, subject_id(1)).unwrap(), [(log.clone(), 302)]);
    assert_eq!(store.logged_notices(&log).unwrap(), [notice_id(1)]);
    assert_eq!(store.entries(&log, 0..303).unwrap().len(), 303);
    assert_eq!(store.find_subject(&other.site, subject_id(1)).unwrap().len(), 2);
    // A second time there is nothing to do, however far the range goes.
    append(store, &log, erasure(&log, &[(0, u64::MAX)]));
    assert!(indices(store, &log).is_empty());
}

fn a_forgotten_log_is_its_head_and_nothing_follows_it(store: &dyn Store) {
    let (old, new) = (log("news", 2026), log("news", 2027));
    store.publish(&old.site, notice_id(1), b"{}").unwrap();
    append(store, &old, Row::Notice(notice_id(1)));
    decide(store, &old, 0..5, 1);
    decide(store, &new, 5..7, 1);
    let entries = [entry(&old, 6)];
    let history = (3, "note".to_owned());
    let mut last = part(&old, 6, &entries, &[Row::Plain]);
    last.tiles.push(Tile { level: 1, index: 0, hashes: vec![1; 32] });
    last.history = Some(&history);
    last.head.closed = true;
    store.commit(&[last]).unwrap();
    let before = store.head(&old).unwrap().unwrap();
    for _ in 0..2 {
        store.forget_log(&old).unwrap();
        assert_eq!(store.head(&old).unwrap(), Some(Head { forgotten: true, ..before }));
        assert!(store.entries(&old, 0..1).is_err());
        assert!(indices(store, &old).is_empty());
        assert_eq!(store.tile(&old, 1, 0).unwrap(), None);
        assert!(store.logged_notices(&old).unwrap().is_empty());
        assert!(store.history(&old).unwrap().is_empty());
    }
    assert_eq!(store.find_decision(&old.site, decision_id(0)).unwrap(), None);
    // What belongs to others stays: the next year, the site's notices.
    let found = store.find_subject(&old.site, subject_id(1)).unwrap();
    assert_eq!(found, [(new.clone(), 0), (new.clone(), 1)]);
    assert!(store.find_decision(&old.site, decision_id(5)).unwrap().is_some());
    assert_eq!(store.notice(&old.site, notice_id(1)).unwrap(), Some(b"{}".to_vec()));
    assert_eq!(store.logs().unwrap().len(), 2);
    // Nothing follows, and nothing of a batch that would.
    let (entries, more) = ([entry(&old, 7)], [entry(&new, 2)]);
    let rows = [Row::Plain];
    let refused = store.commit(&[part(&new, 2, &more, &rows), part(&old, 7, &entries, &rows)]);
    assert!(matches!(refused, Err(StoreError::Forgotten(log)) if log == old));
    assert_eq!(store.head(&new).unwrap().map(|head| head.size), Some(2));
    // One that never was is no error.
    store.forget_log(&log("news", 2030)).unwrap();
    assert_eq!(store.head(&log("news", 2030)).unwrap(), None);
}

fn logs_of_one_year_are_apart(store: &dyn Store) {
    let first = log("news", 2026);
    let second = LogId { year: first.year.next_of_year().unwrap(), ..first.clone() };
    let next = log("news", 2027);
    decide(store, &next, 30..31, 1);
    decide(store, &second, 20..22, 1);
    decide(store, &first, 10..13, 1);
    let logs: Vec<_> = store.logs().unwrap().into_iter().map(|(log, head)| (log, head.size)).collect();
    assert_eq!(logs, [(first.clone(), 3), (second.clone(), 2), (next, 1)]);
    assert_eq!(store.find_decision(&first.site, decision_id(20)).unwrap(), Some(placed(&second, 0)));
    let found = store.find_subject(&first.site, subject_id(1)).unwrap();
    let logs: Vec<_> = found.iter().map(|(log, _)| log.year.to_string()).collect();
    assert_eq!(logs, ["2026", "2026", "2026", "2026.2", "2026.2", "2027"]);
    append(store, &second, erasure(&second, &[(0, 2)]));
    assert_eq!((indices(store, &first).len(), indices(store, &second).len()), (3, 0));
}

fn documents_are_kept_replaced_and_discarded(store: &dyn Store) {
    let of = site("news");
    let bytes =
        |seed: u8, length: usize| (0_u8..251).cycle().map(|at| at ^ seed).take(length).collect::<Vec<_>>();
    assert_eq!(store.kept(&of, "head/2026").unwrap(), None);
    assert!(store.kept_names(&of, "").unwrap().is_empty());
    // Longer, shorter, empty: nothing of the one before shines through.
    for length in [5, 4095, 4096, 4097, MAX_DOCUMENT_BYTES, 10_000, 1, 0] {
        store.keep(&of, "head/2026", &bytes(1, length)).unwrap();
        assert_eq!(store.kept(&of, "head/2026").unwrap(), Some(bytes(1, length)), "{length}");
    }
    let longest = "a".repeat(MAX_DOCUMENT_NAME_BYTES);
    for name in ["head/2026.2", "head", "head-x", "tokens/1.tsr", "z_9", "head/202", &longest] {
        store.keep(&of, name, name.as_bytes()).unwrap();
    }
    for name in ["head/2026.2", "head", "head-x", "tokens/1.tsr", "z_9", "head/202", &longest] {
        assert_eq!(store.kept(&of, name).unwrap(), Some(name.as_bytes().to_vec()), "{name}");
    }
    assert_eq!(store.kept(&of, "head/2026").unwrap(), Some(Vec::new()));
    let all =
        [longest.as_str(), "head", "head-x", "head/202", "head/2026", "head/2026.2", "tokens/1.tsr", "z_9"];
    assert_eq!(store.kept_names(&of, "").unwrap(), all);
    assert_eq!(store.kept_names(&of, "head/").unwrap(), all[3..6]);
    assert_eq!(store.kept_names(&of, "head/2026").unwrap(), all[4..6]);
    assert!(store.kept_names(&of, "none").unwrap().is_empty());
    store.discard(&of, "head/2026").unwrap();
    store.discard(&of, "head/2026").unwrap();
    assert_eq!(store.kept(&of, "head/2026").unwrap(), None);
    assert_eq!(store.kept_names(&of, "head/").unwrap(), ["head/202", "head/2026.2"]);
}

fn documents_of_one_site_are_not_those_of_another(store: &dyn Store) {
    store.keep(&site("newsroom"), "a", b"1").unwrap();
    for name in ["news", "newsroom-2", "n"] {
        assert_eq!(store.kept(&site(name), "a").unwrap(), None, "{name}");
        assert!(store.kept_names(&site(name), "").unwrap().is_empty(), "{name}");
        store.discard(&site(name), "a").unwrap();
    }
    assert_eq!(store.kept(&site("newsroom"), "a").unwrap(), Some(b"1".to_vec()));
}

fn refuses_documents_that_no_store_keeps(store: &dyn Store) {
    let of = site("news");
    let long = "a".repeat(MAX_DOCUMENT_NAME_BYTES + 1);
    for name in ["", "A", "a b", "a\0", "\u{e9}", "a\n", "a:b", &long] {
        assert!(matches!(store.keep(&of, name, b"1"), Err(StoreError::Document { .. })), "{name:?}");
    }
    let large = vec![0; MAX_DOCUMENT_BYTES + 1];
    assert!(matches!(store.keep(&of, "a", &large), Err(StoreError::Document { .. })));
    assert!(store.kept_names(&of, "").unwrap().is_empty());
}
