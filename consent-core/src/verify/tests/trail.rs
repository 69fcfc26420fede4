//! The trail of a server: a log of the same kind, with entries of its own.

use super::fixture::key;
use crate::ledger::entry::action::{Action, Doer, Outcome, Role, Said, Via};
use crate::ledger::entry::{Entry, IndexRange, Kind};
use crate::ledger::origin::Origin;
use crate::notice::NoticeId;
use crate::verify::report::Code;
use crate::verify::rules::Rules;
use crate::verify::times::Times;

const START: u64 = 1_780_000_000;

fn erasure(said: &str, site: &str) -> Kind {
    Kind::Action(Action {
        by: Doer { name: "47DEQpj8HBSa".parse().unwrap(), role: Role::Operator },
        erased: vec![Said { indices: IndexRange { from: 5, to: 6 }, log: said.parse().unwrap() }],
        of: None,
        outcome: Outcome::Done,
        site: Some(site.parse().unwrap()),
        via: Via::Api,
        what: "subject_erased".parse().unwrap(),
    })
}

/// What is found in a log of this name that has one entry after its first.
fn found(origin: &str, kind: Kind) -> Vec<Code> {
    let origin: Origin = origin.parse().unwrap();
    let (keys, times) = ([key(2026).verifier().clone()], Times::default());
    let mut rules = Rules::new(&origin, &keys, &times);
    let open = Kind::Open { log: origin.clone(), previous: None, retention_days: 36_500 };
    let mut codes = Vec::new();
    for (index, kind) in [open, kind].into_iter().enumerate() {
        let entry = Entry::new(START, kind).unwrap();
        rules.take(index as u64, &entry, &mut |code, _| codes.push(code));
    }
    codes
}

#[test]
fn actions_belong_into_the_trail_and_nothing_else_does() {
    let (trail, site) = ("consent.example/trail/2026", "consent.example/newsroom/2026");
    let action = || erasure(site, "newsroom");
    assert_eq!(found(trail, action()), []);
    for other in [site, "consent.example/heads/2026"] {
        assert_eq!(found(other, action()), [Code::EntryMisplaced], "{other}");
    }
    let notice = Kind::Notice { notice: NoticeId(crate::digest::Digest::of(b"")) };
    assert_eq!(found(trail, notice), [Code::EntryMisplaced]);
    let head = Kind::Head { log: site.parse().unwrap(), root: crate::digest::Digest::of(b""), size: 1 };
    assert_eq!(found(trail, head), [Code::EntryMisplaced]);
}

#[test]
fn an_erasure_is_said_in_the_logs_of_its_site() {
    let trail = "consent.example/trail/2026";
    for (said, site) in
        [("consent.example/newsroom/2026", "news"), ("elsewhere.example/newsroom/2026", "newsroom")]
    {
        assert_eq!(found(trail, erasure(said, site)), [Code::EntryMisplaced], "{said} {site}");
    }
}
