//! Every request to a real server fails once, in both ways in which it can: the server never heard of it, or did it and
//! nobody heard of that. Where the server can be reached again the store answers as if nothing had been; where not, what was
//! acknowledged is there, and nothing half.

use std::collections::BTreeSet;
use std::time::Duration;

use super::super::super::MemoryStore;
use super::super::super::ops::{self, Op, apply, difference};
use super::super::{PATIENCE, PostgresStore};
use super::schemas::{Schema, Schemas};
use super::wire::{Cut, Wire};

/// How long a store tries where the server does not come back.
const LITTLE: Duration = Duration::from_millis(60);

/// Everything that a store can be asked to do.
fn script() -> Vec<Op> {
    vec![
        Op::Publish(1, 5_000),
        Op::Decide(vec![(0, 30), (2, 5)]),
        Op::Keep(1, 3_000),
        Op::Decide(vec![(0, 250), (1, 9)]),
        Op::Erase(0, 0, 3, 40),
        Op::Erase(0, 1, 60, 61),
        Op::Forget(2),
        Op::Discard(1),
        Op::Decide(vec![(0, 12)]),
    ]
}

/// A word for what is done, whatever it is done to.
fn name(op: &Op) -> &'static str {
    match op {
        Op::Decide(_) => "decide",
        Op::Erase(..) => "erase",
        Op::Forget(_) => "forget",
        Op::Keep(..) => "keep",
        Op::Discard(_) => "discard",
        Op::Publish(..) => "publish",
        Op::Reopen | Op::Kill | Op::PowerCut(_) => "none of a database",
    }
}

/// Runs the script until something fails. Returns what was acknowledged, and what was being done.
fn run(store: Option<&PostgresStore>) -> (Vec<Op>, Option<Op>) {
    let (mut done, model) = (Vec::new(), MemoryStore::default());
    let Some(store) = store else { return (done, None) };
    for op in script() {
        if apply(store, &model, &op).is_err() {
            return (done, Some(op));
        }
        apply(&model, &model, &op).unwrap();
        done.push(op);
    }
    (done, None)
}

/// What every run of the table goes through: the script with one cut, and what is there behind it.
fn case(
    place: &Schema,
    at: u64,
    cut: Cut,
    comes_back: bool,
    seen: &mut BTreeSet<(&'static str, Cut, bool)>,
) -> bool {
    let wire = Wire::start(place.server(), at, cut, comes_back);
    let named = format!("request {at}, {cut:?}, comes back: {comes_back}");
    let store = place.open(Some(&wire), if comes_back { PATIENCE } else { LITTLE });
    let (done, doing) = run(store.as_ref());
    if !wire.was_cut() {
        return false;
    }
    if comes_back {
        assert!(store.is_some() && done.len() == script().len(), "{named}: {doing:?} failed");
    } else {
        assert!(done.len() < script().len(), "{named}: everything was answered without a server");
    }
    drop((store, wire));
    // As a fresh start finds it.
    let store = place.open(None, PATIENCE).unwrap_or_else(|| panic!("{named}: it does not start"));
    let mut model = ops::replayed(&done);
    let mut found = difference(&store, &model);
    if let Some(doing) = &doing {
        let with = ops::replayed(&[&done[..], std::slice::from_ref(doing)].concat());
        let is_there = difference(&store, &with).is_none();
        // One that changes nothing is there and not there.
        if is_there != found.is_none() {
            seen.insert((name(doing), cut, is_there));
        }
        if is_there {
            (found, model) = (None, with);
        }
    }
    assert_eq!(found, None, "{named}, while {doing:?} was done");
    let more = Op::Decide(vec![(0, 5), (1, 40)]);
    apply(&store, &model, &more).unwrap_or_else(|error| panic!("{named}: {error:?}"));
    apply(&model, &model, &more).unwrap();
    assert_eq!(difference(&store, &model), None, "{named}, and on");
    true
}

#[test]
fn whatever_request_fails_nothing_acknowledged_is_lost_and_nothing_is_half_there() {
    let Some(schemas) = Schemas::start("every request that fails, for PostgreSQL") else { return };
    // One request in nine is tried, or in three, or each; others in each way.
    let step = match std::env::var("CONSENT_FULL").as_deref() {
        Err(_) => 9,
        Ok("all") => 1,
        Ok(_) => 3,
    };
    let (mut runs, mut seen) = (0, BTreeSet::new());
    for (turn, (cut, comes_back)) in
        [(Cut::After, false), (Cut::Before, true), (Cut::After, true), (Cut::Before, false)]
            .into_iter()
            .enumerate()
    {
        let first = u64::try_from(turn).unwrap() * 2 % step;
        let mut requests = 0;
        for at in (first..).step_by(usize::try_from(step).unwrap()) {
            runs += 1;
            if !case(&schemas.fresh(), at, cut, comes_back, &mut seen) {
                break;
            }
            requests = at;
        }
        assert!(requests > 60, "only {requests} requests");
    }
    eprintln!("{runs} runs; failed: {seen:?}");
    if step > 1 {
        return;
    }
    for name in ["decide", "erase", "forget", "keep", "discard", "publish"] {
        assert!(
            seen.contains(&(name, Cut::Before, false)),
            "{name} never failed with nothing done: {seen:?}"
        );
        assert!(seen.contains(&(name, Cut::After, true)), "{name} never failed and was done: {seen:?}");
        assert!(!seen.contains(&(name, Cut::Before, true)), "{name} was done though nobody asked for it");
    }
}

/// Every question, each once, with each of its requests failing once.
#[test]
fn whatever_request_of_a_question_fails_the_answer_is_right() {
    let Some(schemas) = Schemas::start("every question that fails, for PostgreSQL") else { return };
    let place = schemas.fresh();
    let (done, doing) = run(place.open(None, PATIENCE).as_ref());
    assert_eq!(doing.map(|op| name(&op).to_owned()), None);
    let model = ops::replayed(&done);
    for cut in [Cut::Before, Cut::After] {
        let mut asked = 0;
        for at in 0.. {
            let wire = Wire::start(place.server(), at, cut, true);
            let store = place.open(Some(&wire), PATIENCE).unwrap();
            assert_eq!(ops::glance(&store), ops::glance(&model), "request {at}, {cut:?}");
            if !wire.was_cut() {
                break;
            }
            asked = at;
        }
        assert!(asked > 20, "only {asked} requests");
    }
}
