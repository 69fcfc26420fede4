//! What is past its retention goes, what is not stays, and whatever stops the night's work, the next one ends it.

use super::faults::{Fault, Faulty};
use super::*;
use crate::forgotten;

/// What `start_noting` says of both sites.
const DAYS: i64 = 1275;

fn log(year: u16) -> LogId {
    LogId { site: site(), year: year.into() }
}

fn is_there(store: &Arc<dyn Store>, number: u64) -> bool {
    store.find_decision(&site(), decision(number, NOW).decision_id()).unwrap().is_some()
}

#[tokio::test]
async fn what_is_past_its_retention_is_erased_with_one_entry_a_night() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    for number in 0..6 {
        // Two a day.
        clock.set(NOW + time::Duration::days(i64::try_from(number / 2).unwrap()));
        server.record(decision(number, clock.now())).await.unwrap();
    }
    clock.set(NOW + time::Duration::days(DAYS));
    assert_eq!(server.sequencer.retain(site()).await.unwrap(), Retained::default(), "on the day itself");
    for night in 0..2 {
        clock.set(NOW + time::Duration::days(DAYS + night) + time::Duration::HOUR);
        let retained = server.sequencer.retain(site()).await.unwrap();
        assert_eq!(retained, Retained { erasures: 1, ..Retained::default() });
        assert_eq!(server.sequencer.retain(site()).await.unwrap(), Retained::default(), "a second time");
        let gone = u64::try_from(night + 1).unwrap() * 2;
        assert!((0..6).all(|number| is_there(&store, number) == (number >= gone)), "night {night}");
        assert_eq!(verify(&*store), 6);
    }
    // The site is silent since, so the log of its year is still the newest; it goes on in that of the year it is now.
    let next = server.record(decision(7, clock.now())).await.unwrap();
    assert_eq!((next.log.year(), verify(&*store)), (2030.into(), 7));
    // Another site has nothing to erase.
    assert_eq!(server.sequencer.retain("sport".parse().unwrap()).await.unwrap(), Retained::default());
}

/// Two decisions in each of two years, and a night at which the first year is past its retention and the second is not.
async fn two_years() -> (Arc<dyn Store>, Arc<TestClock>) {
    let (store, clock) = (memory(), TestClock::at(datetime!(2026-12-30 09:30 UTC)));
    let server = start_on(&store, &clock);
    for number in 0..4 {
        if number == 2 {
            clock.set(datetime!(2027-08-01 09:30 UTC));
        }
        server.record(decision(number, clock.now())).await.unwrap();
    }
    assert!(server.stop().await.is_none());
    clock.set(datetime!(2030-06-29 02:00 UTC));
    (store, clock)
}

#[tokio::test]
async fn a_log_past_its_retention_is_deleted_but_for_its_last_head() {
    let (store, clock) = two_years().await;
    let server = start_on(&store, &clock);
    clock.set(datetime!(2030-06-28 23:59:59 UTC));
    let erased = server.sequencer.retain(site()).await.unwrap();
    assert_eq!(erased, Retained { erasures: 1, ..Retained::default() }, "the year is not over for a second");
    let last = server.heads.get(&log(2026)).unwrap();
    clock.set(datetime!(2030-06-29 00:00:00 UTC));
    let retained = server.sequencer.retain(site()).await.unwrap();
    assert_eq!(retained, Retained { forgotten: vec![log(2026)], ..Retained::default() });
    assert_eq!(verify(&*store), 2);
    let left = forgotten::left(&*store, &log(2026)).unwrap();
    assert_eq!(
        (left.checkpoint.as_str(), left.forgotten.verify().unwrap().retention_days),
        (last.as_str(), 1275)
    );
    // The head is shown for ever, the log of the year it is now goes on, and nothing is forgotten twice.
    assert!(server.stop().await.is_none());
    let server = start_on(&store, &clock);
    assert_eq!(server.heads.get(&log(2026)).unwrap().as_str(), last.as_str());
    assert_eq!(server.sequencer.retain(site()).await.unwrap(), Retained::default());
    server.record(decision(9, clock.now())).await.unwrap();
    assert_eq!(verify(&*store), 3);
}

#[tokio::test]
async fn the_newest_log_is_never_deleted() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.record(decision(1, NOW)).await.unwrap();
    clock.set(NOW + time::Duration::days(10 * 366));
    assert_eq!(
        server.sequencer.retain(site()).await.unwrap(),
        Retained { erasures: 1, ..Retained::default() }
    );
    assert_eq!(store.logs().unwrap().len(), 1);
    assert_eq!(verify(&*store), 1);
}

#[tokio::test]
async fn whatever_call_fails_the_next_night_ends_what_this_one_began() {
    let mut hit = BTreeSet::new();
    for fault in [Fault::Fails, Fault::FailsButPersisted] {
        for at in 0.. {
            let (inner, clock) = two_years().await;
            let faulty = Faulty::new(&inner, at, fault);
            let store = Arc::clone(&faulty) as Arc<dyn Store>;
            let failed = match try_start(store, Arc::clone(&clock)) {
                Ok(server) => server.sequencer.retain(site()).await.is_err(),
                Err(_) => true,
            };
            let Some(name) = *faulty.hit.lock().unwrap() else {
                assert!(!failed);
                break;
            };
            assert!(failed, "{fault:?} at {at} ({name})");
            hit.insert(name);
            verify(&*inner);
            let server = start_on(&inner, &clock);
            server.sequencer.retain(site()).await.unwrap();
            assert!(
                (0..4).all(|number| is_there(&inner, number) == (number >= 2)),
                "{fault:?} at {at} ({name})"
            );
            assert!(inner.head(&log(2026)).unwrap().unwrap().forgotten, "{fault:?} at {at} ({name})");
            assert_eq!(verify(&*inner), 2, "{fault:?} at {at} ({name})");
        }
    }
    for name in ["commit", "keep", "forget_log", "openings", "entries"] {
        assert!(hit.contains(name), "{name} never failed");
    }
}

#[tokio::test]
async fn a_site_that_is_in_the_config_no_more_keeps_what_its_log_promised() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.sequencer.record("sport".parse().unwrap(), decision(1, NOW)).await.unwrap();
    assert!(server.stop().await.is_none());
    clock.set(NOW + time::Duration::days(DAYS) + time::Duration::HOUR);
    let noted = tempfile::tempdir().unwrap();
    let parts = Parts {
        host: "consent.example".to_owned(),
        // The owner of this one keeps less than its log promised.
        sites: vec![SiteRules { site: site(), retention_days: 30 }],
        last_signed: Arc::new(LastSigned::open(noted.path().to_owned()).unwrap()),
        key: Arc::new(ServerKey::from_seed([1; 32])),
        clock: Arc::clone(&clock) as _,
        heads: Arc::new(Heads::default()),
    };
    let (sequencer, _failure) = start(Arc::clone(&store), parts).unwrap();
    let gone = sequencer.retain("sport".parse().unwrap()).await.unwrap();
    assert_eq!(gone, Retained { erasures: 1, ..Retained::default() });
    assert!(
        store.find_decision(&"sport".parse().unwrap(), decision(1, NOW).decision_id()).unwrap().is_none()
    );
}
