//! Every kind of entry: its exact text, and what is refused.

use proptest::prelude::*;

use super::key;
use crate::canonical::CanonicalError;
use crate::digest::Digest;
use crate::ledger::commitment::Part;
use crate::ledger::entry::action::{Action, Doer, Outcome, Role, Said, Via};
use crate::ledger::entry::{Entry, EntryError, IndexRange, Kind, Previous, Reason};
use crate::notice::NoticeId;

const HASH: &str = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

/// Every kind with its text.
pub(super) fn examples() -> Vec<(Kind, String)> {
    let hash = Digest::of(b"");
    let notice = NoticeId(hash);
    let log = |year| format!("consent.example/newsroom/{year}").parse().unwrap();
    let previous = Previous { log: log(2025), root: hash, size: 9 };
    let vkey = key().verifier().clone();
    let text = |fields: &str| fields.replace("HASH", HASH);
    vec![
        (
            Kind::Open { log: log(2026), previous: None, retention_days: 1825 },
            text(
                r#"{"kind":"open","log":"consent.example/newsroom/2026","retention_days":1825,"time":7200,"v":1}"#,
            ),
        ),
        (
            Kind::Open { log: log(2026), previous: Some(previous), retention_days: 1 },
            text(
                r#"{"kind":"open","log":"consent.example/newsroom/2026","previous":{"log":"consent.example/newsroom/2025","root":"HASH","size":9},"retention_days":1,"time":7200,"v":1}"#,
            ),
        ),
        (Kind::Notice { notice }, text(r#"{"kind":"notice","notice":"HASH","time":7200,"v":1}"#)),
        (
            Kind::Decision { decision: hash, notice, subject: hash },
            text(
                r#"{"decision":"HASH","kind":"decision","notice":"HASH","subject":"HASH","time":7200,"v":1}"#,
            ),
        ),
        (
            Kind::Tally { hour: 3600, notice, shown: 5 },
            text(r#"{"hour":3600,"kind":"tally","notice":"HASH","shown":5,"time":7200,"v":1}"#),
        ),
        (
            Kind::Erasure {
                log: None,
                indices: vec![IndexRange { from: 1, to: 3 }, IndexRange { from: 4, to: 5 }],
                parts: Part::ALL.to_vec(),
                reason: Reason::Request,
            },
            text(
                r#"{"indices":[[1,3],[4,5]],"kind":"erasure","parts":["subject","decision"],"reason":"request","time":7200,"v":1}"#,
            ),
        ),
        (Kind::Key { new: vkey.clone() }, format!(r#"{{"kind":"key","new":"{vkey}","time":7200,"v":1}}"#)),
        (
            Kind::Head { log: log(2026), root: hash, size: 9 },
            text(
                r#"{"kind":"head","log":"consent.example/newsroom/2026","root":"HASH","size":9,"time":7200,"v":1}"#,
            ),
        ),
        (
            Kind::Action(Action {
                by: Doer { name: "47DEQpj8HBSa".parse().unwrap(), role: Role::Operator },
                erased: vec![Said { indices: IndexRange { from: 7, to: 8 }, log: log(2026) }],
                of: None,
                outcome: Outcome::Done,
                site: Some("newsroom".parse().unwrap()),
                via: Via::Console,
                what: "subject_erased".parse().unwrap(),
            }),
            text(
                r#"{"by":{"name":"47DEQpj8HBSa","role":"operator"},"erased":[{"indices":[7,8],"log":"consent.example/newsroom/2026"}],"kind":"action","outcome":"done","site":"newsroom","time":7200,"v":1,"via":"console","what":"subject_erased"}"#,
            ),
        ),
        (
            Kind::Action(Action {
                by: Doer { name: "47DEQpj8HBSa".parse().unwrap(), role: Role::Auditor },
                erased: Vec::new(),
                of: Some("bundle".parse().unwrap()),
                outcome: Outcome::Refused,
                site: None,
                via: Via::Api,
                what: "export_taken".parse().unwrap(),
            }),
            text(
                r#"{"by":{"name":"47DEQpj8HBSa","role":"auditor"},"kind":"action","of":"bundle","outcome":"refused","time":7200,"v":1,"via":"api","what":"export_taken"}"#,
            ),
        ),
        (
            Kind::Close { next: log(2027) },
            text(r#"{"kind":"close","next":"consent.example/newsroom/2027","time":7200,"v":1}"#),
        ),
    ]
}

#[test]
fn every_kind_has_exactly_its_text_and_reads_back() {
    for (kind, text) in examples() {
        let entry = Entry::new(7200, kind.clone()).unwrap();
        assert_eq!(std::str::from_utf8(entry.bytes()).unwrap(), text);
        assert_eq!(Entry::parse(text.as_bytes()).as_ref(), Ok(&entry));
        assert_eq!((entry.time(), entry.kind()), (7200, &kind));
    }
}

#[test]
fn every_kind_refuses_an_unknown_and_a_missing_field() {
    let refused = |value: &serde_json::Value| {
        Entry::parse(&crate::canonical::to_vec(value).unwrap()).expect_err("refused")
    };
    for (_, text) in examples() {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut more = value.clone();
        more["extra"] = 1.into();
        assert_eq!(refused(&more), EntryError::Canonical(CanonicalError::Shape), "{text}");
        let may_be_absent = |name: &str| ["previous", "erased", "of", "site"].contains(&name);
        for name in value.as_object().unwrap().keys().filter(|name| !may_be_absent(name)) {
            let mut less = value.clone();
            less.as_object_mut().unwrap().remove(name);
            let cause = match name.as_str() {
                "v" => EntryError::Version,
                "time" => EntryError::Time,
                _ => EntryError::Canonical(CanonicalError::Shape),
            };
            assert_eq!(refused(&less), cause, "{text} without {name}");
        }
    }
}

#[test]
fn refuses_with_the_cause() {
    let not = EntryError::Canonical;
    for (text, cause) in [
        (String::new(), not(CanonicalError::NotJson)),
        ("[]".into(), not(CanonicalError::Shape)),
        (format!(r#"{{"kind":"notice","notice":"{HASH}","time":1,"v":2}}"#), EntryError::Version),
        (format!(r#"{{"kind":"notice","notice":"{HASH}","time":-1,"v":1}}"#), EntryError::Time),
        (format!(r#"{{"kind":"notice","notice":"{HASH}","time":"1","v":1}}"#), EntryError::Time),
        (format!(r#"{{"kind":"Notice","notice":"{HASH}","time":1,"v":1}}"#), not(CanonicalError::Shape)),
        (format!(r#"{{"kind":"notice","notice":"{HASH}","v":1,"time":1}}"#), not(CanonicalError::NotCanonical)),
        (format!(r#"{{"kind":"notice","notice":"{HASH}","time":1,"v":1}} "#), not(CanonicalError::NotCanonical)),
        (format!(r#"{{"kind":"notice","notice":"{HASH}","time":9007199254740992,"v":1}}"#), not(CanonicalError::Number)),
        (r#"{"kind":"close","next":"é","time":1,"v":1}"#.into(), EntryError::NotAscii),
        (r#"{"indices":[],"kind":"erasure","parts":["subject"],"reason":"legal","time":1,"v":1}"#.into(), EntryError::Indices),
        (r#"{"indices":[[1,1]],"kind":"erasure","parts":["subject"],"reason":"legal","time":1,"v":1}"#.into(), EntryError::Indices),
        (r#"{"indices":[[1,2],[2,3]],"kind":"erasure","parts":["subject"],"reason":"legal","time":1,"v":1}"#.into(), EntryError::Indices),
        (r#"{"indices":[[3,4],[1,2]],"kind":"erasure","parts":["subject"],"reason":"legal","time":1,"v":1}"#.into(), EntryError::Indices),
        (r#"{"indices":[[1,2]],"kind":"erasure","parts":[],"reason":"legal","time":1,"v":1}"#.into(), EntryError::Parts),
        (r#"{"indices":[[1,2]],"kind":"erasure","parts":["decision","subject"],"reason":"legal","time":1,"v":1}"#.into(), EntryError::Parts),
        (r#"{"indices":[[1,2]],"kind":"erasure","parts":["subject","subject"],"reason":"legal","time":1,"v":1}"#.into(), EntryError::Parts),
        (r#"{"indices":[[1,2]],"kind":"erasure","parts":["subject"],"reason":"whim","time":1,"v":1}"#.into(), not(CanonicalError::Shape)),
        (format!(r#"{{"hour":3601,"kind":"tally","notice":"{HASH}","shown":1,"time":7200,"v":1}}"#), EntryError::Number),
        (format!(r#"{{"hour":7200,"kind":"tally","notice":"{HASH}","shown":1,"time":7199,"v":1}}"#), EntryError::Number),
        (r#"{"by":{"name":"a","role":"operator"},"erased":[],"kind":"action","outcome":"done","time":1,"v":1,"via":"api","what":"a"}"#.into(), not(CanonicalError::NotCanonical)),
        (r#"{"by":{"name":"a","role":"operator"},"erased":[{"indices":[1,1],"log":"a/b/2026"}],"kind":"action","outcome":"done","time":1,"v":1,"via":"api","what":"a"}"#.into(), EntryError::Indices),
        (r#"{"by":{"name":"a b","role":"operator"},"kind":"action","outcome":"done","time":1,"v":1,"via":"api","what":"a"}"#.into(), not(CanonicalError::Shape)),
        (r#"{"by":{"name":"a","role":"owner"},"kind":"action","outcome":"done","time":1,"v":1,"via":"api","what":"a"}"#.into(), not(CanonicalError::Shape)),
        (r#"{"by":{"name":"a","role":"operator"},"kind":"action","outcome":"done","time":1,"v":1,"via":"api","what":""}"#.into(), not(CanonicalError::Shape)),
        (r#"{"kind":"open","log":"a/b/2026","retention_days":0,"time":1,"v":1}"#.into(), EntryError::Number),
        (r#"{"kind":"open","log":"a/b/26","retention_days":1,"time":1,"v":1}"#.into(), not(CanonicalError::Shape)),
        (format!("{}{}", "[".repeat(4096), "]"), EntryError::TooLong),
    ] {
        assert_eq!(Entry::parse(text.as_bytes()), Err(cause), "{text}");
    }
}

#[test]
fn an_erasure_with_too_many_ranges_does_not_fit() {
    let indices = (0..1000).map(|i| IndexRange { from: 2 * i, to: 2 * i + 1 }).collect();
    let kind = Kind::Erasure { indices, log: None, parts: vec![Part::Subject], reason: Reason::Retention };
    assert_eq!(Entry::new(1, kind), Err(EntryError::TooLong));
}

proptest! {
    #[test]
    fn decisions_and_erasures_read_back(
        time in 0..=crate::canonical::MAX_INTEGER,
        hashes in any::<[[u8; 32]; 3]>(),
        gaps in prop::collection::vec((1..9_u64, 1..9_u64), 1..40),
    ) {
        let [decision, notice, subject] = hashes.map(Digest);
        let decision = Kind::Decision { decision, notice: NoticeId(notice), subject };
        let mut at = 0;
        let indices = gaps.into_iter().map(|(gap, length)| {
            let from = at + gap;
            at = from + length;
            IndexRange { from, to: at }
        }).collect();
        let erasure = Kind::Erasure { indices, log: None, parts: vec![Part::Decision], reason: Reason::Legal };
        for kind in [decision, erasure] {
            let entry = Entry::new(time, kind).unwrap();
            prop_assert_eq!(Entry::parse(entry.bytes()).unwrap(), entry);
        }
    }
}
