//! A store that fails at every call there is, in both ways in which a call can fail.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Nothing happened.
    Fails,
    /// It happened all the same: the disk wrote, and the confirmation was lost.
    FailsButPersisted,
}

/// A store that fails at one of its calls, counted from the first.
#[derive(Debug)]
pub(super) struct Faulty {
    inner: Arc<dyn Store>,
    calls: AtomicUsize,
    at: usize,
    fault: Fault,
    pub(super) hit: Mutex<Option<&'static str>>,
}

impl Faulty {
    pub(super) fn new(inner: &Arc<dyn Store>, at: usize, fault: Fault) -> Arc<Self> {
        let (inner, calls, hit) = (Arc::clone(inner), AtomicUsize::new(0), Mutex::default());
        Arc::new(Self { inner, calls, at, fault, hit })
    }
}

crate::testing_store!(Faulty, |faulty, name, call| {
    // What it says of itself can not fail.
    if name == "is_shared" || faulty.calls.fetch_add(1, Ordering::SeqCst) != faulty.at {
        return call(&*faulty.inner);
    }
    *faulty.hit.lock().unwrap() = Some(name);
    if faulty.fault == Fault::FailsButPersisted {
        drop(call(&*faulty.inner));
    }
    Err(StoreError::Engine(Box::from("a fault")))
});

/// What failed, and whether that was with nothing done.
type Hit = BTreeSet<(&'static str, bool)>;

/// Starts, publishes, and records decisions one after the other, two of them twice, over the end of a year. Returns the
/// acknowledged ones and the error that ended it.
async fn run(store: Arc<dyn Store>) -> (Vec<Recorded>, Option<StoreError>) {
    let clock = TestClock::at(datetime!(2026-12-31 23:59:58 UTC));
    let mut server = match try_start(store, Arc::clone(&clock)) {
        Ok(server) => server,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut acknowledged = Vec::new();
    let published = server.sequencer.publish(site(), notice()).await;
    let mut failed = published.is_err();
    for number in [1, 2, 1, 3, 4, 5, 2, 6, 7] {
        if number == 5 {
            clock.set(datetime!(2027-01-01 00:00:01 UTC));
        }
        match server.record(decision(number, clock.now())).await {
            Ok(recorded) => {
                assert!(!failed, "answered after a failure");
                acknowledged.push(recorded);
            }
            Err(error) => {
                assert_eq!(error, RecordError::Unknown);
                failed = true;
            }
        }
    }
    if failed {
        let failure = (&mut server.failure).await.ok();
        assert!(!server.sequencer.is_running(), "the thread ends at the first failure");
        (acknowledged, Some(failure.expect("the failure is reported")))
    } else {
        (acknowledged, server.stop().await)
    }
}

/// Has every so manieth call fail, in both ways, each on a store of its own.
async fn table(fresh: impl Fn() -> Arc<dyn Store>, step: usize) -> Hit {
    let mut hit = BTreeSet::new();
    for (first, fault) in [Fault::Fails, Fault::FailsButPersisted].into_iter().enumerate() {
        let mut at = first * step / 2;
        loop {
            let inner = fresh();
            let faulty = Faulty::new(&inner, at, fault);
            let (acknowledged, failure) = run(Arc::clone(&faulty) as Arc<dyn Store>).await;
            let Some(name) = *faulty.hit.lock().unwrap() else {
                assert!(failure.is_none() && acknowledged.len() == 9);
                break;
            };
            hit.insert((name, fault == Fault::Fails));
            assert!(
                matches!(failure, Some(StoreError::Engine(_))),
                "{fault:?} at {at} ({name}): {failure:?}"
            );
            if !inner.logs().unwrap().is_empty() {
                verify(&*inner);
            }
            // A fresh start on what is there; everything promised is as it was promised.
            let clock = TestClock::at(LATER);
            let server = start_on(&inner, &clock);
            for promised in &acknowledged {
                let found = inner.find_decision(&site(), promised.decision_id).unwrap().unwrap();
                assert_eq!(
                    (found.index, found.size),
                    (promised.index, promised.size),
                    "{fault:?} at {at} ({name})"
                );
                assert_eq!(found.recorded_at, promised.recorded_at);
            }
            // The browsers try again what was not answered, and are told of one decision each.
            for number in 1..=7 {
                let recorded = server.record(decision(number, clock.now())).await.unwrap();
                if let Some(promised) =
                    acknowledged.iter().find(|old| old.decision_id == recorded.decision_id)
                {
                    assert_eq!(recorded, Recorded { replayed: true, ..promised.clone() });
                }
            }
            assert_eq!(verify(&*inner), 7, "{fault:?} at {at} ({name})");
            assert!(server.stop().await.is_none());
            at += step;
        }
        assert!(at >= 18, "only {at} calls");
    }
    hit
}

#[tokio::test]
async fn whatever_call_fails_nothing_acknowledged_is_lost_and_a_fresh_start_goes_on() {
    let hit = table(memory, 1).await;
    for name in ["commit", "logs", "find_decision"] {
        assert!(hit.contains(&(name, true)) && hit.contains(&(name, false)), "{name} never failed");
    }
}

#[tokio::test]
async fn whatever_call_to_a_database_fails_nothing_acknowledged_is_lost_and_a_fresh_start_goes_on() {
    let Some(schemas) = Schemas::start("every call that fails, for PostgreSQL") else { return };
    // Without CONSENT_FULL a part of the calls.
    let full = std::env::var_os("CONSENT_FULL").is_some();
    let hit = table(|| schemas.store(), if full { 1 } else { 4 }).await;
    eprintln!("failed: {hit:?}");
    for name in ["commit", "logs", "find_decision"] {
        assert!(!full || hit.contains(&(name, true)) && hit.contains(&(name, false)), "{name} never failed");
    }
}

/// After everything that `run` records.
const LATER: OffsetDateTime = datetime!(2027-01-01 00:00:02 UTC);

/// Faults at a start on a log that is there: nothing is served, and the next start is as if nothing had been.
#[tokio::test]
async fn a_start_that_fails_changes_nothing() {
    let inner = memory();
    let (acknowledged, failure) = run(Arc::clone(&inner)).await;
    assert!(failure.is_none());
    let before = inner.logs().unwrap();
    for at in 0.. {
        let faulty = Faulty::new(&inner, at, Fault::Fails);
        let started = try_start(Arc::clone(&faulty) as Arc<dyn Store>, TestClock::at(LATER));
        if faulty.hit.lock().unwrap().is_none() {
            assert!(started.is_ok() && at >= 4, "{at}");
            break;
        }
        assert!(matches!(started.map(|_| ()), Err(StoreError::Engine(_))), "call {at}");
        assert_eq!(inner.logs().unwrap(), before);
    }
    assert_eq!(acknowledged.len(), 9);
    verify(&*inner);
}

/// Somebody else appended: two sequencers on one store. The second one to write ends and promises nothing.
#[tokio::test]
async fn the_second_sequencer_on_a_store_ends_at_its_first_write() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let (first, second) = (start_on(&store, &clock), start_on(&store, &clock));
    first.record(decision(1, NOW)).await.unwrap();
    assert_eq!(second.record(decision(2, NOW)).await, Err(RecordError::Unknown));
    assert!(matches!(second.stop().await, Some(StoreError::Conflict { .. })));
    first.record(decision(3, NOW)).await.unwrap();
    assert_eq!(verify(&*store), 2);
}

/// A log whose stored parts do not belong together is not signed again.
#[tokio::test]
async fn refuses_to_go_on_with_a_damaged_log() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.record(decision(1, NOW)).await.unwrap();
    assert!(server.stop().await.is_none());
    let (id, head) = store.logs().unwrap().remove(0);
    let entries = [b"{}".to_vec()];
    let rows = [crate::store::Row::Plain];
    // The head does not know of the entry: as if a page of the store had been written twice.
    let wrong = crate::store::Head { size: head.size + 1, ..head };
    let batch = Batch {
        log: &id,
        from: head.size,
        entries: &entries,
        rows: &rows,
        tiles: Vec::new(),
        head: wrong,
        history: None,
    };
    store.commit(&[batch]).unwrap();
    assert!(matches!(try_start(store, clock).map(|_| ()), Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn who_asks_in_the_moment_in_which_the_thread_ends_is_answered() {
    for at in 0.. {
        let store = Faulty::new(&memory(), at, Fault::Fails);
        let Ok(server) = try_start(store, TestClock::at(NOW)) else { continue };
        let place = server.sequencer.jobs.clone().reserve_owned().await.unwrap();
        if server.record(decision(1, NOW)).await.is_ok() {
            drop(place);
            continue;
        }
        let (reply, answer) = oneshot::channel();
        place.send(Job::Record { site: site(), decision: Box::new(decision(2, NOW)), reply });
        let answer = tokio::time::timeout(std::time::Duration::from_secs(20), answer).await;
        assert!(answer.expect("an answer, while somebody holds a handle").is_err());
        assert!(server.stop().await.is_some());
        break;
    }
}
