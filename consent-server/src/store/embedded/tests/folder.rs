//! On a real folder: locks, modes, other formats, damage that is refused.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use consent_core::notice::MAX_NOTICE_BYTES;

use super::super::super::contract::{decision, decision_id, entry, grow, log, notice_id, part, site};
use super::super::super::{Row, Store, StoreError};
use super::super::{EmbeddedStore, Settings};
use super::sim::Sim;
use super::{SMALL, open};
use crate::store::ops::{self, Op, apply};

const THREADED: Settings = Settings { threaded: true, ..SMALL };

#[test]
fn everything_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let log = log("news", 2026);
    let entries = [entry(&log, 0), entry(&log, 1)];
    let rows = [Row::Notice(notice_id(1)), decision(&log, 1, 5, 1)];
    let history = (0, "note".to_owned());
    {
        let store = EmbeddedStore::open(folder.path()).unwrap();
        let mut batch = part(&log, 0, &entries, &rows);
        batch.history = Some(&history);
        store.commit(&[batch]).unwrap();
        store.publish(&log.site, notice_id(1), &[9; MAX_NOTICE_BYTES]).unwrap();
    }
    let store = EmbeddedStore::open(folder.path()).unwrap();
    assert_eq!(store.logs().unwrap().len(), 1);
    assert_eq!(store.entries(&log, 0..2).unwrap(), entries);
    assert_eq!(store.history(&log).unwrap(), [history]);
    assert_eq!(store.logged_notices(&log).unwrap(), [notice_id(1)]);
    assert_eq!(store.notice(&log.site, notice_id(1)).unwrap(), Some(vec![9; MAX_NOTICE_BYTES]));
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
    let first = EmbeddedStore::open(folder.path()).unwrap();
    match EmbeddedStore::open(folder.path()) {
        Err(StoreError::InUse(named)) => assert_eq!(named, folder.path().display().to_string()),
        other => panic!("{other:?}"),
    }
    drop(first);
    EmbeddedStore::open(folder.path()).unwrap();
}

#[test]
fn a_folder_that_can_not_be_used_is_not_reported_as_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lock");
    fs::write(&file, "no folder").unwrap();
    let refused = EmbeddedStore::open(&file.join("store"));
    assert!(matches!(refused, Err(StoreError::Engine(_))), "{refused:?}");
}

#[test]
fn stores_of_other_formats_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("db"), "sled's").unwrap();
    let refused = EmbeddedStore::open(folder.path()).unwrap_err();
    assert!(
        matches!(&refused, StoreError::Format { found, expected: 3, .. } if found == "sled"),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("use the version that made it"), "{refused}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the lock, and what was there");
    let folder = tempfile::tempdir().unwrap();
    drop(EmbeddedStore::open_with(folder.path(), SMALL).unwrap());
    fs::write(folder.path().join("format"), "4\n").unwrap();
    let refused = EmbeddedStore::open(folder.path()).unwrap_err();
    assert!(matches!(&refused, StoreError::Format { found, .. } if found == "4"), "{refused:?}");
}

#[test]
fn nobody_else_can_read_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = EmbeddedStore::open_with(&path, THREADED).unwrap();
    for number in 0..30 {
        apply(&store, &store, &Op::Decide(vec![(0, 50 + number), (2, 3)])).unwrap();
    }
    store.keep(&site("news"), "a/b", b"1").unwrap();
    store.publish(&site("news"), notice_id(1), b"1").unwrap();
    drop(store);
    let mut files = 0;
    check_modes(&path, &mut files);
    assert!(files > 15, "{files}");
}

fn check_modes(path: &Path, files: &mut u32) {
    let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
    *files += 1;
    if !path.is_dir() {
        assert_eq!(mode, 0o600, "{}", path.display());
        return;
    }
    assert_eq!(mode, 0o700, "{}", path.display());
    for item in fs::read_dir(path).unwrap() {
        check_modes(&item.unwrap().path(), files);
    }
}

/// A store with records in both journals, as a kill leaves it.
fn killed() -> Sim {
    let disk = Sim::default();
    let store = open(&disk).unwrap();
    for _ in 0..40 {
        apply(&store, &store, &Op::Decide(vec![(0, 3)])).unwrap();
    }
    std::mem::forget(store);
    disk.killed()
}

#[test]
fn a_damaged_record_before_a_whole_one_is_refused() {
    let disk = killed();
    let journals = ["journal-0", "journal-1"].map(|name| disk.bytes(name));
    let records = |journal: &[u8]| journal.chunks(4096).filter(|block| block.starts_with(b"CSJ2")).count();
    assert!(journals.iter().all(|journal| records(journal) > 3));
    let (mut refused, mut opened) = (0, 0);
    for (name, journal) in ["journal-0", "journal-1"].into_iter().zip(&journals) {
        for block in 0..records(journal) {
            for at in [5, 40] {
                let damaged = disk.killed();
                damaged.damage(name, block * 4096 + at, &[journal[block * 4096 + at] ^ 1]);
                match open(&damaged) {
                    Err(StoreError::Damaged(_)) => refused += 1,
                    Err(other) => panic!("{other:?}"),
                    // Records that a checkpoint covers are not needed any more; and the last one may be torn.
                    Ok(store) => {
                        let size = store.head(&log("news", 2026)).unwrap().unwrap().size;
                        assert!(size >= 117, "{name} {block}: {size}");
                        opened += 1;
                    }
                }
            }
        }
    }
    assert!(refused > 3 && opened > 3, "{refused} {opened}");
}

#[test]
fn a_damaged_or_missing_index_is_made_anew() {
    let disk = killed();
    let expected = open(&disk.killed()).unwrap();
    for name in disk.names_in("index") {
        for bytes in [disk.bytes(&name).len() / 2, 3] {
            let damaged = disk.killed();
            let byte = damaged.bytes(&name)[bytes] ^ 1;
            damaged.damage(&name, bytes, &[byte]);
            // What is damaged inside a page is seen by whoever looks for something there; at the next start all is well.
            if let Ok(store) = open(&damaged) {
                if ops::found(&store, &expected) {
                    continue;
                }
                std::mem::forget(store);
            }
            let store = open(&damaged).unwrap();
            assert!(ops::found(&store, &expected), "{name} at {bytes}");
        }
    }
}

#[test]
fn a_batch_larger_than_the_journal_is_as_durable_as_any() {
    let disk = Sim::default();
    let store = open(&disk).unwrap();
    for _ in 0..3 {
        apply(&store, &store, &Op::Decide(vec![(0, 5)])).unwrap();
        apply(&store, &store, &Op::Decide(vec![(0, 2_000)])).unwrap();
    }
    std::mem::forget(store);
    let store = open(&disk.after_power_cut(None)).unwrap();
    assert_eq!(store.head(&log("news", 2026)).unwrap().unwrap().size, 6_015);
    assert_eq!(store.entries(&log("news", 2026), 0..6_015).unwrap().len(), 6_015);
}
