//! Several sequencers on one store, as several processes on one database are.

use super::*;

fn shared() -> Arc<dyn Store> {
    Arc::new(MemoryStore::shared())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_on_one_hot_site_are_dense_gapless_and_sign_the_same_heads() {
    let (store, clock) = (shared(), TestClock::at(NOW));
    let (one, two) = (start_on(&store, &clock), start_on(&store, &clock));
    let mut decisions = [Vec::new(), Vec::new()];
    for number in 0..600 {
        decisions[usize::from(number % 2 == 1)].push(decision(number, NOW));
    }
    let [even, odd] = decisions;
    let (first, second) = tokio::join!(one.record_all(even), two.record_all(odd));
    let answers: Vec<_> = first.into_iter().chain(second).map(Result::unwrap).collect();
    let indices: BTreeSet<_> = answers.iter().map(|answer| answer.index).collect();
    assert_eq!(indices, (2..602).collect());
    assert!(answers.iter().all(|answer| answer.index < answer.size && answer.size <= 602));
    assert_eq!(verify(&*store), 600);
    one.sequencer.follow().await.unwrap();
    two.sequencer.follow().await.unwrap();
    let (id, head) = store.logs().unwrap().remove(0);
    let heads = [&one, &two].map(|server| server.heads.get(&id).unwrap());
    assert_eq!(heads[0].as_str(), heads[1].as_str());
    assert_eq!(heads[0].checkpoint().root, head.root);
    // A retry gets the first answer, whoever is asked.
    for promised in answers.iter().take(20) {
        let number = (0..600).find(|number| decision(*number, NOW).decision_id() == promised.decision_id);
        for server in [&one, &two] {
            let again = server.record(decision(number.unwrap(), NOW)).await.unwrap();
            assert_eq!(again, Recorded { replayed: true, ..promised.clone() });
        }
    }
    assert!(one.stop().await.is_none() && two.stop().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_decision_that_is_sent_to_both_is_one_entry() {
    let (store, clock) = (shared(), TestClock::at(NOW));
    let (one, two) = (start_on(&store, &clock), start_on(&store, &clock));
    for number in 0..50 {
        let (first, second) =
            tokio::join!(one.record(decision(number, NOW)), two.record(decision(number, NOW)));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert!(first.replayed != second.replayed);
        assert_eq!((first.index, first.size), (second.index, second.size));
    }
    assert_eq!(verify(&*store), 50);
}

#[tokio::test]
async fn the_year_that_one_began_is_the_years_of_the_other() {
    let (store, clock) = (shared(), TestClock::at(datetime!(2026-12-31 23:59:58 UTC)));
    let (one, two) = (start_on(&store, &clock), start_on(&store, &clock));
    one.record(decision(1, clock.now())).await.unwrap();
    two.record(decision(2, clock.now())).await.unwrap();
    clock.set(datetime!(2027-01-01 00:00:01 UTC));
    one.record(decision(3, clock.now())).await.unwrap();
    let recorded = two.record(decision(4, clock.now())).await.unwrap();
    assert_eq!(recorded.log.to_string(), "consent.example/newsroom/2027");
    assert_eq!(verify(&*store), 4);
    // What the other one has in the older log is erased there too, and shown by both.
    let subject = decision(1, NOW).subject_id();
    let erasure =
        one.sequencer.erase(site(), subject, Reason::Request, crate::trail::By::command()).await.unwrap();
    assert_eq!((erasure.decisions, erasure.entries.len()), (4, 2));
    // The other one does not know it yet, is told by the store, and does not bring back what was erased.
    for number in 1..5 {
        assert_eq!(two.record(decision(number, clock.now())).await, Err(RecordError::Erased));
    }
    two.sequencer.follow().await.unwrap();
    for (id, head) in store.logs().unwrap() {
        assert_eq!(two.heads.get(&id).unwrap().checkpoint().size, head.size);
    }
    two.record(decision(5, clock.now())).await.unwrap();
    assert_eq!(verify(&*store), 5);
}

/// A store whose every answer comes from another one after a while: a standby took over that had not everything.
#[derive(Debug)]
struct Failover {
    before: MemoryStore,
    after: MemoryStore,
    happened: std::sync::atomic::AtomicBool,
}

crate::testing_store!(Failover, |store, _name, call| {
    if store.happened.load(Ordering::SeqCst) { call(&store.after) } else { call(&store.before) }
});

#[tokio::test]
async fn a_store_that_lost_its_end_while_the_server_runs_is_not_written_to() {
    for lost in [1, 3] {
        let failover =
            Failover { before: MemoryStore::shared(), after: MemoryStore::shared(), happened: false.into() };
        let failover = Arc::new(failover);
        let clock = TestClock::at(NOW);
        // The same until the last `lost` decisions: with all of them lost, the log is not there at all.
        let server = start_on(&(Arc::clone(&failover) as Arc<dyn Store>), &clock);
        for number in 0..3 {
            server.record(decision(number, NOW)).await.unwrap();
            if number + lost < 3 {
                copy(&failover.before, &failover.after);
            }
        }
        failover.happened.store(true, Ordering::SeqCst);
        assert_eq!(server.record(decision(7, NOW)).await, Err(RecordError::Unknown));
        let failure = server.stop().await;
        assert!(matches!(failure, Some(StoreError::RolledBack { signed: 5, .. })), "{failure:?}");
        assert_eq!(failover.after.find_decision(&site(), decision(7, NOW).decision_id()).ok(), Some(None));
    }
}

/// A store whose standby is away.
#[derive(Debug)]
struct Alone(Arc<dyn Store>);

crate::testing_store!(Alone, |store, name, call| {
    if name == "confirm" { Err(StoreError::Engine(Box::from("no standby"))) } else { call(&*store.0) }
});

#[tokio::test]
async fn a_start_signs_nothing_that_a_standby_may_not_have() {
    let (store, clock) = (shared(), TestClock::at(NOW));
    let alone: Arc<dyn Store> = Arc::new(Alone(Arc::clone(&store)));
    start_on(&store, &clock).record(decision(0, NOW)).await.unwrap();
    assert!(matches!(try_start(alone, clock).map(|_| ()), Err(StoreError::Engine(_))));
}

/// Copies what one log has more.
fn copy(from: &MemoryStore, to: &MemoryStore) {
    for (id, head) in from.logs().unwrap() {
        let start = to.head(&id).unwrap().map_or(0, |head| head.size);
        let entries = from.entries(&id, start..head.size).unwrap();
        let rows = vec![crate::store::Row::Plain; entries.len()];
        let batch = Batch {
            log: &id,
            from: start,
            entries: &entries,
            rows: &rows,
            tiles: Vec::new(),
            head,
            history: None,
        };
        to.commit(&[batch]).unwrap();
    }
}
