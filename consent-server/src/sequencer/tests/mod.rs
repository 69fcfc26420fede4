//! The sequencer as its callers see it, over a store in memory.

mod counted;
mod erasure;
mod faults;
mod lists;
mod retention;
mod rollback;
mod rules;
mod shared;
mod tally;
mod way_on;
mod years;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use consent_core::decision::Decision;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::store::{Batch, MemoryStore, Schemas};
use crate::testing::{self, TestClock, decision, notice, request, verify};

pub(super) const NOW: OffsetDateTime = datetime!(2026-11-23 09:30 UTC);

pub(super) fn site() -> SiteId {
    "newsroom".parse().unwrap()
}

/// A running sequencer and what belongs to it.
pub(super) struct Server {
    pub(super) sequencer: Sequencer,
    pub(super) failure: oneshot::Receiver<StoreError>,
    pub(super) heads: Arc<Heads>,
    /// Where the signed heads are noted, for as long as the server lives.
    _noted: TempDir,
}

/// Starts a server that remembers no signed head of an earlier one.
pub(super) fn try_start(store: Arc<dyn Store>, clock: Arc<TestClock>) -> Result<Server, StoreError> {
    let noted = tempfile::tempdir().unwrap();
    let (sequencer, failure, heads) = start_noting(store, clock, noted.path())?;
    Ok(Server { sequencer, failure, heads, _noted: noted })
}

type Started = (Sequencer, oneshot::Receiver<StoreError>, Arc<Heads>);

/// Starts a sequencer that notes its heads in this folder, and compares what an earlier one noted there.
pub(super) fn start_noting(
    store: Arc<dyn Store>,
    clock: Arc<TestClock>,
    folder: &Path,
) -> Result<Started, StoreError> {
    let heads = Arc::new(Heads::default());
    let parts = Parts {
        host: "consent.example".to_owned(),
        sites: ["newsroom", "sport"]
            .map(|site| SiteRules { site: site.parse().unwrap(), retention_days: 1275 })
            .into(),
        last_signed: Arc::new(LastSigned::open(folder.to_owned()).unwrap()),
        key: Arc::new(ServerKey::from_seed([1; 32])),
        clock,
        heads: Arc::clone(&heads),
    };
    let (sequencer, failure) = start(store, parts)?;
    Ok((sequencer, failure, heads))
}

pub(super) fn start_on(store: &Arc<dyn Store>, clock: &Arc<TestClock>) -> Server {
    try_start(Arc::clone(store), Arc::clone(clock)).unwrap()
}

pub(super) fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::default())
}

impl Server {
    pub(super) async fn record(&self, decision: Decision) -> Result<Recorded, RecordError> {
        self.sequencer.record(site(), decision).await
    }

    /// Records all at once, from as many tasks.
    pub(super) async fn record_all(&self, decisions: Vec<Decision>) -> Vec<Result<Recorded, RecordError>> {
        let tasks: Vec<_> = decisions
            .into_iter()
            .map(|decision| {
                let sequencer = self.sequencer.clone();
                tokio::spawn(async move { sequencer.record(site(), decision).await })
            })
            .collect();
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.unwrap());
        }
        answers
    }

    /// Drops every handle and waits for the thread to end.
    pub(super) async fn stop(self) -> Option<StoreError> {
        drop(self.sequencer);
        self.failure.await.ok()
    }
}

/// A store whose commits wait until they are let through.
#[derive(Debug, Default)]
struct Gate {
    inner: MemoryStore,
    open: Mutex<bool>,
    changed: Condvar,
    /// How often somebody came to the gate.
    calls: AtomicUsize,
}

impl Gate {
    fn set(&self, open: bool) {
        *self.open.lock().unwrap() = open;
        self.changed.notify_all();
    }
}

crate::testing_store!(Gate, |gate, _name, call| {
    gate.calls.fetch_add(1, Ordering::SeqCst);
    let open = gate.open.lock().unwrap();
    drop(gate.changed.wait_while(open, |open| !*open).unwrap());
    call(&gate.inner)
});

#[tokio::test]
async fn a_notice_is_named_before_the_first_decision_that_is_made_under_it() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    let first = server.record(decision(1, NOW)).await.unwrap();
    // `open`, `notice`, then the decision.
    assert_eq!((first.index, first.size, first.replayed), (2, 3, false));
    server.sequencer.publish(site(), notice()).await.unwrap();
    let second = server.record(decision(2, NOW)).await.unwrap();
    assert_eq!((second.index, second.size), (3, 4));
    assert_eq!(verify(&*store), 2);
}

#[tokio::test]
async fn publishing_a_notice_names_it_once() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    for _ in 0..3 {
        let server = start_on(&store, &clock);
        server.sequencer.publish(site(), notice()).await.unwrap();
        server.sequencer.publish(site(), notice()).await.unwrap();
        assert!(server.stop().await.is_none());
    }
    assert_eq!(store.logs().unwrap()[0].1.size, 2);
    verify(&*store);
}

#[tokio::test]
async fn a_retry_gets_the_answer_of_the_first_try_also_after_a_restart() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    let first = server.record(decision(1, NOW)).await.unwrap();
    for number in 2..5 {
        server.record(decision(number, NOW)).await.unwrap();
    }
    let later = NOW + time::Duration::hours(5);
    clock.set(later);
    let again = server.record(decision(1, later)).await.unwrap();
    assert_eq!(again, Recorded { replayed: true, ..first.clone() });
    assert!(server.stop().await.is_none());
    let server = start_on(&store, &clock);
    assert_eq!(server.record(decision(1, later)).await.unwrap(), again);
    assert_eq!(verify(&*store), 4);
}

#[tokio::test]
async fn retries_that_meet_in_one_batch_are_one_entry_and_one_answer() {
    let gate = Arc::new(Gate::default());
    gate.set(true);
    let store: Arc<dyn Store> = Arc::clone(&gate) as Arc<dyn Store>;
    let server = start_on(&store, &TestClock::at(NOW));
    server.record(decision(100, NOW)).await.unwrap();
    gate.set(false);
    let calls = gate.calls.load(Ordering::SeqCst);
    let other = Decision::parse(&request(1, "/other"), notice(), NOW).unwrap();
    // The first keeps the thread at the gate, so the others collect into one batch behind it.
    let mut tasks = vec![tokio::spawn({
        let sequencer = server.sequencer.clone();
        async move { sequencer.record(site(), decision(0, NOW)).await }
    })];
    while gate.calls.load(Ordering::SeqCst) == calls {
        tokio::task::yield_now().await;
    }
    for decision in [decision(1, NOW), decision(1, NOW + time::Duration::MINUTE), other, decision(1, NOW)] {
        let waiting = server.sequencer.waiting();
        let sequencer = server.sequencer.clone();
        tasks.push(tokio::spawn(async move { sequencer.record(site(), decision).await }));
        while server.sequencer.waiting() == waiting {
            tokio::task::yield_now().await;
        }
    }
    gate.set(true);
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    let first = answers[1].clone().unwrap();
    assert!(!first.replayed);
    assert_eq!(answers[2], Ok(Recorded { replayed: true, ..first }));
    assert_eq!(answers[3], Err(RecordError::Conflict));
    assert_eq!(answers[4], answers[2]);
    assert_eq!(verify(&*store), 3);
}

#[tokio::test]
async fn another_decision_under_the_same_name_is_a_conflict_and_leaves_no_trace() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    server.record(decision(1, NOW)).await.unwrap();
    let before = store.logs().unwrap();
    let other = Decision::parse(&request(1, "/other"), notice(), NOW).unwrap();
    assert_eq!(server.record(other).await, Err(RecordError::Conflict));
    assert_eq!(store.logs().unwrap(), before);
    // The same name in another site is another decision.
    let elsewhere = server.sequencer.record("sport".parse().unwrap(), decision(1, NOW)).await.unwrap();
    assert!(!elsewhere.replayed);
    assert_eq!(verify(&*store), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_at_once_are_dense_and_gapless() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    let answers = server.record_all((0..1000).map(|number| decision(number, NOW)).collect()).await;
    let indices: BTreeSet<_> = answers.iter().map(|answer| answer.as_ref().unwrap().index).collect();
    assert_eq!(indices, (2..1002).collect());
    for recorded in answers.into_iter().map(Result::unwrap) {
        assert!(recorded.index < recorded.size && recorded.size <= 1002);
    }
    let (id, head) = store.logs().unwrap().remove(0);
    let published = server.heads.get(&id).unwrap();
    assert_eq!((published.checkpoint().size, published.checkpoint().root), (1002, head.root));
    assert_eq!(verify(&*store), 1000);
}

#[tokio::test]
async fn a_full_queue_refuses_and_what_it_took_is_recorded() {
    let gate = Arc::new(Gate::default());
    gate.set(true);
    let store: Arc<dyn Store> = Arc::clone(&gate) as Arc<dyn Store>;
    let server = start_on(&store, &TestClock::at(NOW));
    server.record(decision(100_000, NOW)).await.unwrap();
    gate.set(false);
    let calls = gate.calls.load(Ordering::SeqCst);
    let send = |number| {
        let sequencer = server.sequencer.clone();
        tokio::spawn(async move { sequencer.record(site(), decision(number, NOW)).await })
    };
    let mut taken = vec![send(0)];
    while gate.calls.load(Ordering::SeqCst) == calls {
        tokio::task::yield_now().await;
    }
    for number in 1.. {
        if server.sequencer.waiting() == QUEUE {
            break;
        }
        taken.push(send(number));
        tokio::task::yield_now().await;
    }
    assert_eq!(server.record(decision(200_000, NOW)).await, Err(RecordError::Busy));
    assert_eq!(gate.inner.find_decision(&site(), decision(200_000, NOW).decision_id()).ok(), Some(None));
    gate.set(true);
    let taken_count = taken.len();
    for task in taken {
        task.await.unwrap().unwrap();
    }
    assert!(taken_count >= QUEUE, "{taken_count}");
    assert_eq!(verify(&gate.inner), taken_count + 1);
    assert!(server.record(decision(200_000, NOW)).await.is_ok());
}

#[tokio::test]
async fn what_was_accepted_is_finished_when_the_last_handle_goes() {
    let (store, clock) = (memory(), TestClock::at(NOW));
    let server = start_on(&store, &clock);
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let sequencer = server.sequencer.clone();
            tokio::spawn(async move { sequencer.record(site(), testing::decision(number, NOW)).await })
        })
        .collect();
    assert!(server.stop().await.is_none());
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(verify(&*store), 50);
}
