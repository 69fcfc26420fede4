//! What only a store on disk can get wrong.

use std::path::Path;

use consent_core::notice::MAX_NOTICE_BYTES;

use super::super::contract::{decision, decision_id, entry, grow, log, notice_id, part, site};
use super::super::{Row, Tile};
use super::*;

fn names(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn everything_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let log = log("news", 2026);
    let entries = [entry(&log, 0), entry(&log, 1)];
    let rows = [Row::Notice(notice_id(1)), decision(&log, 1, 5, 1)];
    let hashes = vec![3; 32 * 256];
    let history = (0, "note".to_owned());
    {
        let store = SledStore::open(folder.path()).unwrap();
        let mut batch = part(&log, 0, &entries, &rows);
        batch.tiles.push(Tile { level: 1, index: 0, hashes: hashes.clone() });
        batch.history = Some(&history);
        store.commit(&[batch]).unwrap();
        store.publish(&log.site, notice_id(1), &[9; 10_000]).unwrap();
    }
    let store = SledStore::open(folder.path()).unwrap();
    assert_eq!(store.logs().unwrap().len(), 1);
    assert_eq!(store.entries(&log, 0..2).unwrap(), entries);
    assert_eq!(store.tile(&log, 1, 0).unwrap(), Some(hashes));
    assert_eq!(store.history(&log).unwrap(), [history]);
    assert_eq!(store.logged_notices(&log).unwrap(), [notice_id(1)]);
    assert_eq!(store.notice(&log.site, notice_id(1)).unwrap(), Some(vec![9; 10_000]));
    let Row::Decision(row) = &rows[1] else { panic!("a decision") };
    assert_eq!(store.openings(&log, 0..2).unwrap(), [(1, row.openings.clone())]);
    assert_eq!(store.find_decision(&log.site, decision_id(5)).unwrap(), Some(row.placed.clone()));
    assert_eq!(store.find_subject(&log.site, row.subject_id).unwrap(), [(log.clone(), 1)]);
    grow(&store, &log, 10);
    assert_eq!(store.head(&log).unwrap().map(|head| head.size), Some(10));
}

#[test]
fn a_folder_in_use_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let first = SledStore::open(folder.path()).unwrap();
    match SledStore::open(folder.path()) {
        Err(StoreError::InUse(named)) => assert_eq!(named, folder.path().display().to_string()),
        other => panic!("{other:?}"),
    }
    drop(first);
    SledStore::open(folder.path()).unwrap();
}

/// The word that marks a taken lock must not be found in the name of a folder.
#[test]
fn a_folder_that_can_not_be_used_is_not_reported_as_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lock");
    std::fs::write(&file, "no folder").unwrap();
    let refused = SledStore::open(&file.join("store"));
    assert!(matches!(refused, Err(StoreError::Engine(_))), "{refused:?}");
}

/// sled writes what is too large for a page into files of their own, which the guard does not sync.
#[test]
fn nothing_becomes_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    for number in 0..8 {
        store.publish(&site("news"), notice_id(number), &[number; MAX_NOTICE_BYTES]).unwrap();
    }
    let log = log("news", 2026);
    for round in 0..40 {
        // The largest that the formats allow: entries of 4 KiB, openings of 32 KiB.
        let entries = vec![vec![7; 4096]; 20];
        let rows: Vec<_> = (0..20).map(|at| big_decision(&log, round * 20 + at)).collect();
        let mut batch = part(&log, round * 20, &entries, &rows);
        batch.tiles.push(Tile { level: 0, index: round, hashes: vec![1; 32 * 256] });
        store.commit(&[batch]).unwrap();
        assert_eq!(names(&folder.path().join("blobs")), Vec::<String>::new(), "after batch {round}");
    }
    assert_eq!(names(folder.path()).iter().filter(|name| *name == "db").count(), 1);
}

fn big_decision(log: &LogId, index: u64) -> Row {
    use consent_core::ledger::commitment::{MAX_DATA_BYTES, Opening, Salt};
    let Row::Decision(mut row) = decision(log, index, index, 1) else { panic!("a decision") };
    let big = |letter: &str| Opening::new(Salt([1; 32]), letter.repeat(MAX_DATA_BYTES)).unwrap();
    row.openings.subject = Some(big("s"));
    row.openings.decision = Some(big("d"));
    Row::Decision(row)
}

/// The mark on the head is the moment from which on the log is gone; a stop right behind it leaves the rest to the next start.
#[test]
fn a_log_that_was_half_forgotten_is_forgotten_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let log = log("news", 2026);
    {
        let store = SledStore::open(folder.path()).unwrap();
        let rows = [decision(&log, 0, 5, 1)];
        store.commit(&[part(&log, 0, &[entry(&log, 0)], &rows)]).unwrap();
        grow(&store, &log, 5_000);
        let head = store.head(&log).unwrap().unwrap();
        let marked = codec::head(&Head { forgotten: true, ..head });
        store.db.insert(Key::of_log(b'h', &log).into_bytes(), marked).unwrap();
        store.make_durable().unwrap();
    }
    let store = SledStore::open(folder.path()).unwrap();
    assert!(store.entries(&log, 4_999..5_000).is_err());
    assert!(store.openings(&log, 0..10).unwrap().is_empty());
    assert_eq!(store.find_decision(&log.site, decision_id(5)).unwrap(), None);
    assert_eq!(store.db.len(), 2, "the format and the head");
}
