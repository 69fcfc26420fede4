//! Time: hours, years, and clocks that are set back.

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, Kind};

use super::*;
use crate::store::LogId;

fn log(year: u16) -> LogId {
    LogId { site: site(), year: year.into() }
}

#[tokio::test]
async fn time_in_the_log_never_goes_back_when_the_clock_does() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.record(decision(1, NOW)).await.unwrap();
    clock.set(NOW - time::Duration::HOUR);
    server.record(decision(2, NOW - time::Duration::HOUR)).await.unwrap();
    assert!(server.stop().await.is_none());
    // With a clock that is years behind nothing starts: no right time could follow.
    clock.set(datetime!(2025-06-01 00:00 UTC));
    let refused = try_start(Arc::clone(&store), Arc::clone(&clock)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, StoreError::ClockBehind { .. }), "{refused}");
    // One that is hours behind is waited for.
    clock.set(NOW - time::Duration::hours(23));
    let server = start_on(&store, &clock);
    let last = server.record(decision(3, clock.now())).await.unwrap();
    assert_eq!(last.log.year(), 2026.into());
    assert_eq!(verify(&*store), 3);
    let entries = store.entries(&log(2026), 0..last.size).unwrap();
    let times: BTreeSet<_> = entries.iter().map(|entry| Entry::parse(entry).unwrap().time()).collect();
    assert_eq!(times.len(), 1);
}

#[tokio::test]
async fn the_head_of_every_hour_is_kept_with_its_signature() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    let mut heads = Vec::new();
    for hour in 0..4 {
        clock.set(NOW + time::Duration::hours(hour));
        server.record(decision(u64::try_from(hour).unwrap() * 2, clock.now())).await.unwrap();
        server.record(decision(u64::try_from(hour).unwrap() * 2 + 1, clock.now())).await.unwrap();
        heads.push(server.heads.get(&log(2026)).unwrap());
    }
    let history = store.history(&log(2026)).unwrap();
    assert_eq!(history.len(), 3, "the fourth hour has not ended");
    let origin = heads[0].checkpoint().origin.clone();
    let key = ServerKey::from_seed([1; 32]).of_log(&origin).unwrap().verifier().clone();
    for ((size, note), head) in history.iter().zip(&heads) {
        assert_eq!((*size, note.as_str()), (head.checkpoint().size, head.as_str()));
        assert!(SignedCheckpoint::open(note.as_bytes(), std::slice::from_ref(&key)).is_ok());
    }
}

/// What was signed last before a pause is kept, however long the pause is and whether or not the server ran through it.
#[tokio::test]
async fn the_head_of_an_hour_is_kept_when_nothing_follows_in_it() {
    for restarted in [false, true] {
        let (store, clock) = (memory(), TestClock::at(NOW));
        let mut server = start_on(&store, &clock);
        for (number, minutes) in (1..).zip([0, 3, 17]) {
            clock.set(NOW + time::Duration::minutes(minutes));
            server.record(decision(number, clock.now())).await.unwrap();
        }
        let last = server.heads.get(&log(2026)).unwrap();
        // Until the log goes on its head is the newest there is, which every export has.
        assert!(store.history(&log(2026)).unwrap().is_empty());
        if restarted {
            assert!(server.stop().await.is_none());
            server = start_on(&store, &clock);
        }
        clock.set(NOW + time::Duration::hours(3));
        server.record(decision(9, clock.now())).await.unwrap();
        let kept = store.history(&log(2026)).unwrap();
        assert_eq!(kept, [(last.checkpoint().size, last.as_str().to_owned())], "restarted: {restarted}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_year_ends_under_load_and_nothing_is_lost() {
    let (store, clock) = (memory(), TestClock::at(datetime!(2026-12-31 23:59:59 UTC)));
    let server = start_on(&store, &clock);
    server.record(decision(0, clock.now())).await.unwrap();
    let mut tasks = Vec::new();
    for number in 1..=600 {
        let (sequencer, now) = (server.sequencer.clone(), clock.now());
        tasks.push(tokio::spawn(async move { sequencer.record(site(), decision(number, now)).await }));
        if number == 300 {
            // At least one batch belongs to the old year.
            tasks.remove(0).await.unwrap().unwrap();
            clock.set(datetime!(2027-01-01 00:00:00 UTC));
        }
    }
    let mut years = BTreeSet::new();
    for task in tasks {
        years.insert(task.await.unwrap().unwrap().log.year());
    }
    let after = server.record(decision(601, clock.now())).await.unwrap();
    assert_eq!((after.log.year(), years.last()), (2027.into(), Some(&2027.into())));
    assert_eq!(verify(&*store), 602);
    let (old, new) = (store.head(&log(2026)).unwrap().unwrap(), store.head(&log(2027)).unwrap().unwrap());
    assert!(old.closed && !new.closed);
    let first = Entry::parse(&store.entries(&log(2027), 0..1).unwrap()[0]).unwrap();
    let Kind::Open { previous: Some(previous), .. } = first.kind() else { panic!("{first:?}") };
    assert_eq!((previous.root, previous.size), (old.root, old.size));
    // Both heads are signed and readable.
    for (year, head) in [(2026, old), (2027, new)] {
        assert_eq!(server.heads.get(&log(year)).unwrap().checkpoint().root, head.root);
    }
    assert!(server.stop().await.is_none());
    // A restart goes on in the new year, even if the clock is back in the old one, and retries are found in the old one.
    clock.set(datetime!(2026-12-31 23:59:59 UTC));
    let server = start_on(&store, &clock);
    let replayed = server.record(decision(0, clock.now())).await.unwrap();
    assert_eq!((replayed.log.year(), replayed.replayed), (2026.into(), true));
    assert_eq!(server.record(decision(700, clock.now())).await.unwrap().log.year(), 2027.into());
    assert_eq!(store.head(&log(2026)).unwrap(), Some(old));
    assert_eq!(verify(&*store), 603);
}

#[tokio::test]
async fn a_silent_year_is_skipped() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.record(decision(1, NOW)).await.unwrap();
    assert!(server.stop().await.is_none());
    clock.set(datetime!(2028-03-01 00:00 UTC));
    let server = start_on(&store, &clock);
    server.sequencer.publish(site(), notice()).await.unwrap();
    server.record(decision(2, clock.now())).await.unwrap();
    let years: Vec<_> = store.logs().unwrap().into_iter().map(|(log, _)| log.year).collect();
    assert_eq!(years, [2026.into(), 2028.into()]);
    assert_eq!(verify(&*store), 2);
}

/// A log's name is part of every promise that was signed; another `host` in the config would be another log.
#[tokio::test]
async fn refuses_to_go_on_with_a_log_under_another_name() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.record(decision(1, NOW)).await.unwrap();
    assert!(server.stop().await.is_none());
    let noted = tempfile::tempdir().unwrap();
    let parts = Parts {
        host: "other.example".to_owned(),
        sites: Vec::new(),
        last_signed: Arc::new(LastSigned::open(noted.path().to_owned()).unwrap()),
        key: Arc::new(ServerKey::from_seed([1; 32])),
        clock,
        heads: Arc::default(),
    };
    let refused = start(store, parts).map(|_| ()).unwrap_err();
    assert!(refused.to_string().contains("consent.example/newsroom/2026"), "{refused}");
}
