//! Places, who goes for whom, and what is sent of what lies there.

use std::io::{Seek as _, SeekFrom, Write as _};
use std::sync::Weak;

use axum::body::{Body, to_bytes};

use super::super::super::export::Made;
use super::super::kept::Sending;
use super::*;
use crate::clock::Clock;
use crate::export::Mark;
use crate::store::MemoryStore;
use crate::testing::{TestClock, notice};

const NOW: u64 = 1_795_426_200;

fn of(owner: &str, year: Option<u16>) -> Of {
    Of { owner: owner.to_owned(), site: notice().site.clone(), year }
}

fn begun(shelf: &Shelf, owner: &str, year: u16) -> u64 {
    match shelf.begin(of(owner, Some(year)), NOW) {
        Begun::Now(number) => number,
        other => panic!("{other:?}"),
    }
}

fn kept(bytes: &[u8]) -> Arc<Kept> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let (length, mark) = (bytes.len() as u64, Mark::of_nothing(notice().site.clone()));
    Arc::new(Kept::new(Made { file, length, name: "a.zip".to_owned(), mark }, NOW).unwrap())
}

/// The years of what is shown to somebody.
fn shown(shelf: &Shelf, owner: &str, now: u64) -> Vec<u16> {
    let all = shelf.all_of((owner, &notice().site), &MemoryStore::default(), now).unwrap();
    all.into_iter().filter_map(|(year, _)| year).collect()
}

#[test]
fn places_are_few_and_the_oldest_bundle_goes_first() {
    let shelf = Shelf::default();
    let numbers: Vec<_> = (1..5).map(|year| begun(&shelf, "a", year)).collect();
    // What is being made is made to its end, and once.
    assert_eq!(shelf.begin(of("a", Some(2)), NOW), Begun::Before);
    for asked in [of("a", Some(5)), of("b", Some(2)), of("a", None)] {
        assert_eq!(shelf.begin(asked, NOW), Begun::Full);
    }
    for number in &numbers[1..3] {
        shelf.lay(*number, Lies::Kept(kept(b"a")));
    }
    begun(&shelf, "b", 5);
    assert_eq!((shown(&shelf, "a", NOW), shown(&shelf, "b", NOW)), (vec![1, 3, 4], vec![5]));
    // What only says something goes before that, however new it is; and the one before of the same goes for a new one.
    shelf.lay(numbers[3], Lies::Failed("why", NOW + KEPT));
    begun(&shelf, "b", 6);
    assert_eq!((shown(&shelf, "a", NOW), shown(&shelf, "b", NOW)), (vec![1, 3], vec![5, 6]));
    begun(&shelf, "a", 3);
    assert_eq!((shown(&shelf, "a", NOW), shown(&shelf, "b", NOW)), (vec![1, 3], vec![5, 6]));
    assert_eq!(shelf.begin(of("c", None), NOW), Begun::Full);
    assert!(shown(&shelf, "c", NOW).is_empty());
}

#[test]
fn a_bundle_is_kept_for_as_long_as_something_of_it_was_sent_just_now() {
    let shelf = Shelf::default();
    let (number, bundle) = (begun(&shelf, "a", 1), kept(b"a"));
    shelf.lay(number, Lies::Kept(Arc::clone(&bundle)));
    assert!(shelf.has(number, &MemoryStore::default(), NOW + KEPT - 1).unwrap());
    bundle.keep_on(NOW + 600);
    bundle.keep_on(NOW);
    assert_eq!(shown(&shelf, "a", NOW + 600 + KEPT - 1), [1]);
    assert!(!shelf.has(number, &MemoryStore::default(), NOW + 600 + KEPT).unwrap());
    assert!(shown(&shelf, "a", NOW + 600 + KEPT).is_empty());
    // What is being made is not over, however long it takes.
    begun(&shelf, "a", 2);
    assert_eq!(shown(&shelf, "a", NOW + 100 * KEPT), [2]);
}

#[tokio::test]
async fn bytes_are_sent_in_pieces_and_are_those_that_were_asked_for() {
    let bytes: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let (bundle, store) = (kept(&bytes), Arc::new(MemoryStore::default()) as Arc<dyn Store>);
    assert_eq!(bundle.digest, Digest::of(&bytes));
    let clock = TestClock::at(time::macros::datetime!(2026-11-23 09:40 UTC));
    let clock: Arc<dyn Clock> = clock;
    for range in [0..1, 0..12_000_000, 65_535..65_537, 11_999_999..12_000_000, 1_000_003..9_000_007] {
        let body = Body::new(Sending::new(Arc::clone(&bundle), range.clone(), &store, &clock));
        let sent = to_bytes(body, usize::MAX).await.unwrap();
        let [from, to] = [range.start, range.end].map(|at| usize::try_from(at).unwrap());
        assert!(sent[..] == bytes[from..to], "{range:?}");
    }
    // Whoever is sent much of it can resume for as long as anybody.
    assert_eq!(bundle.until(), clock.unix_seconds() + KEPT);
    // Nothing is sent when it can not be known any more whether it may be.
    let body = Body::new(Sending::new(bundle, 0..12_000_000, &store, &clock));
    drop(store);
    assert!(to_bytes(body, usize::MAX).await.is_err());
}

async fn gone(bundle: &Weak<Kept>) {
    for _ in 0..1000 {
        if bundle.strong_count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it is still there");
}

#[tokio::test]
async fn what_nobody_asks_for_any_more_goes_by_itself_and_keeps_nothing_from_ending() {
    let clock = TestClock::at(time::macros::datetime!(2026-11-23 09:30 UTC));
    let (shelf, store) = (Arc::new(Shelf::default()), Arc::new(MemoryStore::default()) as Arc<dyn Store>);
    let lay = |year| {
        let (number, bundle) = (begun(&shelf, "a", year), kept(b"a"));
        shelf.lay(number, Lies::Kept(Arc::clone(&bundle)));
        watch(number, Duration::from_millis(1), (&shelf, &store), Arc::clone(&clock) as _);
        Arc::downgrade(&bundle)
    };
    let first = lay(1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(first.upgrade().is_some(), "it is not over yet");
    clock.set(time::macros::datetime!(2026-11-23 09:45 UTC));
    gone(&first).await;
    clock.set(time::macros::datetime!(2026-11-23 09:30 UTC));
    let second = lay(2);
    drop(shelf);
    gone(&second).await;
}
