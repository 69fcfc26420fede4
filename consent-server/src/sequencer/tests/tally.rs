//! Counts of displays become entries, also across a new year and after a restart within an hour.

use consent_core::ledger::entry::{Entry, Kind};
use time::macros::datetime;

use super::*;
use crate::store::LogId;
use crate::tallies::Hour;

fn hour(of: u64) -> Hour {
    Hour { site: site(), hour: of, notice: notice().id() }
}

/// Hour and count of every tally of a log, after the notice that they name.
fn tallies(store: &dyn Store, year: u16) -> Vec<(u64, u64)> {
    let log = LogId { site: site(), year: year.into() };
    let size = store.head(&log).unwrap().unwrap().size;
    let entries = store.entries(&log, 0..size).unwrap();
    let kinds: Vec<_> = entries.iter().map(|bytes| Entry::parse(bytes).unwrap().kind().clone()).collect();
    assert!(kinds.iter().any(|kind| matches!(kind, Kind::Notice { notice: id } if *id == notice().id())));
    let tally = |kind: &Kind| match *kind {
        Kind::Tally { hour, shown, .. } => Some((hour, shown)),
        _ => None,
    };
    kinds.iter().filter_map(tally).collect()
}

#[tokio::test]
async fn an_hour_is_written_when_it_is_over_into_the_log_of_that_time() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let clock = TestClock::at(datetime!(2026-12-31 23:59:59 UTC));
    let server = try_start(Arc::clone(&store), Arc::clone(&clock)).unwrap();
    store.publish(&site(), notice().id(), notice().bytes()).unwrap();
    let last = 1_798_758_000; // 2026-12-31 23:00 UTC
    server.sequencer.tally(hour(last - 3600), 7).await.unwrap();
    clock.set(datetime!(2027-01-01 00:00:30 UTC));
    server.sequencer.tally(hour(last), 3).await.unwrap();
    server.sequencer.tally(hour(last), 2).await.unwrap();
    assert_eq!(tallies(&*store, 2026), [(last - 3600, 7)]);
    assert_eq!(tallies(&*store, 2027), [(last, 3), (last, 2)], "they add up");
    verify(&*store);
}

#[tokio::test]
async fn a_clock_that_went_back_does_not_stop_the_log() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let server = try_start(Arc::clone(&store), TestClock::at(NOW)).unwrap();
    store.publish(&site(), notice().id(), notice().bytes()).unwrap();
    let now = u64::try_from(NOW.unix_timestamp()).unwrap();
    server.sequencer.tally(hour(now / 3600 * 3600 + 7200), 1).await.unwrap();
    assert_eq!(tallies(&*store, 2026), [(now / 3600 * 3600, 1)]);
    assert!(server.sequencer.is_running());
}
