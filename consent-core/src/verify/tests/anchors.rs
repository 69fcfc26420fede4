//! Bundles that others vouch for: what is said of them, and what is found when something is not as it was seen.

use std::collections::BTreeMap;

use super::fixture::{Files, Fixture, key, origin};
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::cosignature::tests::{cosign, witness};
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::key::SigningKey;
use crate::ledger::policy::{Policy, PolicyLog, PolicyWitness, Threshold};
use crate::ledger::proof::inclusion;
use crate::ledger::tests::Log;
use crate::ledger::tlog_proof::TlogProof;
use crate::notice::tests::notice;
use crate::timestamp::certificate::Certificates;
use crate::timestamp::tests::{ELSEWHERE, MESSAGE, P256, ROOT};
use crate::timestamp::token;
use crate::verify::evidence::{Evidence, Given};
use crate::verify::report::{Code, Report};
use crate::verify::verify;

const HEADS: &str = "consent.example/heads/2026";
const START: u64 = 1_780_000_000;

/// When the service stamped [`MESSAGE`].
fn stamped_at() -> u64 {
    token::verify(P256, MESSAGE, None, &Certificates::from_pem(ROOT).unwrap()).unwrap().time
}

fn heads_key() -> SigningKey {
    SigningKey::derive(&[7; 32], HEADS).unwrap()
}

/// A log with one entry, and more if a test adds them.
fn small() -> Fixture {
    let mut fixture = Fixture {
        logs: BTreeMap::new(),
        openings: BTreeMap::new(),
        notices: Vec::new(),
        history: Vec::new(),
        range: (None, None),
    };
    let log = origin(2026).parse().unwrap();
    fixture.push(2026, START, Kind::Open { log, previous: None, retention_days: 1000 });
    fixture
}

/// The heads log: it is opened, and names the first head of [`small`].
fn heads() -> (Vec<Entry>, Log, SignedCheckpoint) {
    let open = Kind::Open { log: HEADS.parse().unwrap(), previous: None, retention_days: 36_500 };
    let root = small().log_at(2026, 1).frontier.root();
    let head = Kind::Head { log: origin(2026).parse().unwrap(), root, size: 1 };
    let entries = [open, head].map(|kind| Entry::new(START + 60, kind).unwrap()).to_vec();
    let mut log = Log::default();
    log.extend(entries.iter().map(Entry::leaf_hash));
    let checkpoint = Checkpoint { origin: HEADS.parse().unwrap(), size: 2, root: log.frontier.root() };
    let signed = SignedCheckpoint::sign(checkpoint, &heads_key()).unwrap();
    (entries, log, signed)
}

/// The proof of the head, with lines of witnesses under the checkpoint.
fn proof(lines: &str) -> Vec<u8> {
    let (entries, log, signed) = heads();
    let proof = TlogProof {
        extra: Some(entries[1].bytes().to_vec()),
        index: 1,
        hashes: inclusion(&log, 1, 2).unwrap(),
        checkpoint: format!("{}{lines}", signed.as_str()),
    };
    proof.to_string().into_bytes()
}

/// Cosignatures of these witnesses at these times.
fn cosigned(by: &[(u8, u64)]) -> String {
    let text = heads().2.checkpoint().to_string();
    by.iter().map(|&(seed, time)| cosign(&text, time, seed)).collect()
}

fn policy(threshold: Option<Threshold>) -> Policy {
    let log = |key: &SigningKey| PolicyLog { key: key.verifier().clone(), url: None };
    let witnesses = [1, 2, 3].map(|seed| PolicyWitness {
        name: format!("w{seed}"),
        vkey: witness(seed).1.to_string(),
        url: None,
    });
    Policy::of_logs([log(&key(2026)), log(&heads_key())])
        .unwrap()
        .with_witnesses(witnesses, threshold)
        .unwrap()
}

/// The files of a bundle with a witnessed head and a time-stamp.
fn files(fixture: &Fixture, by: &[(u8, u64)], threshold: Option<Threshold>) -> Files {
    let mut files = fixture.files();
    files.insert("policy".into(), policy(threshold).to_string().into_bytes());
    files.insert("logs/2026/heads.tlog-proof".into(), proof(&cosigned(by)));
    files
}

fn stamp(files: &mut Files) {
    files.insert("logs/2026/anchors/2.checkpoint".into(), MESSAGE.to_vec());
    files.insert("logs/2026/anchors/2.tlog-proof".into(), proof(""));
    files.insert("logs/2026/anchors/2.tsr".into(), P256.to_vec());
    files.insert("tsa.pem".into(), ROOT.to_vec());
}

fn check_with(fixture: &Fixture, files: Files, evidence: &Evidence) -> Report {
    verify(&fixture.seal(files), evidence, &mut |_| ())
}

fn check(fixture: &Fixture, files: Files) -> Report {
    check_with(fixture, files, &Evidence::default())
}

fn found(report: &Report) -> Vec<(Code, &str)> {
    report.findings.iter().map(|finding| (finding.code, finding.file.as_str())).collect()
}

/// If this fails, entries are written otherwise than they were: then put what it prints into `message`, and stamp it anew
/// with `make.sh` in the same folder.
#[test]
fn what_was_stamped_is_still_the_head_of_this_heads_log() {
    assert_eq!(std::str::from_utf8(MESSAGE).unwrap(), heads().2.as_str());
}

#[test]
fn a_vouched_bundle_holds_and_says_who_vouches_since_when() {
    let fixture = small();
    let mut files = files(&fixture, &[(1, START + 61), (3, START + 62)], Some(Threshold::Count(2)));
    stamp(&mut files);
    let report = check(&fixture, files);
    assert!(report.holds(), "{}", report.to_text());
    let text = report.to_text();
    assert!(text.contains("witnessed by 2 of 3 for all entries"), "{text}");
    assert!(text.contains("w3 at 2026-05-28T20:27:42Z"), "{text}");
    assert!(text.contains("time-stamped 1 times") && text.contains("came with the bundle"), "{text}");
    let json = report.to_json();
    assert_eq!(json.pointer("/logs/0/vouched/anchors/1/stamp/service").unwrap(), "CN=tsa,O=Example");
}

#[test]
fn a_bundle_for_which_nobody_vouches_holds_and_says_so() {
    let fixture = small();
    let report = check(&fixture, fixture.files());
    assert!(report.holds() && report.to_text().contains("not witnessed\n"), "{}", report.to_text());
    assert!(report.to_text().contains("not time-stamped\n"));
}

#[test]
fn too_few_witnesses_are_named_and_a_forged_one_too() {
    let fixture = small();
    let two = Some(Threshold::Count(2));
    let report = check(&fixture, files(&fixture, &[(1, START + 61)], two));
    assert_eq!(found(&report), [(Code::QuorumUnmet, "logs/2026/heads.tlog-proof")]);
    assert!(check(&fixture, files(&fixture, &[(1, START + 61)], None)).holds());
    // The auditor asks for more than the operator does, and the other way round.
    let trusting = |threshold| Evidence { policy: Some(policy(threshold)), ..Evidence::default() };
    let report = check_with(&fixture, files(&fixture, &[(1, START + 61)], None), &trusting(two));
    assert_eq!(found(&report), [(Code::QuorumUnmet, "logs/2026/heads.tlog-proof")]);
    assert!(check_with(&fixture, files(&fixture, &[(1, START + 61)], two), &trusting(None)).holds());
    // One that signed another text, under the name of a witness.
    let mut forged = files(&fixture, &[], None);
    forged.insert("logs/2026/heads.tlog-proof".into(), proof(&cosign("another\n", START, 1)));
    assert_eq!(found(&check(&fixture, forged)), [(Code::AnchorRefused, "logs/2026/heads.tlog-proof")]);
    // Somebody whom the policy does not name.
    let stranger = check(&fixture, files(&fixture, &[(9, START + 61)], None));
    assert!(stranger.holds() && stranger.to_text().contains("not witnessed"));
}

#[test]
fn a_log_that_was_rewritten_after_it_was_seen_is_found() {
    let mut fixture = small();
    let mut vouched = files(&fixture, &[(1, START + 61)], None);
    stamp(&mut vouched);
    let Kind::Open { log, .. } = fixture.logs[&2026][0].kind().clone() else { unreachable!() };
    let other = Entry::new(START, Kind::Open { log, previous: None, retention_days: 999 }).unwrap();
    fixture.logs.insert(2026, vec![other]);
    let mut rewritten = fixture.files();
    vouched.retain(|name, _| {
        name.contains("anchors/") || name.contains("heads") || name.contains("pem") || name == "policy"
    });
    rewritten.extend(vouched);
    let report = check(&fixture, rewritten);
    assert_eq!(
        found(&report),
        [
            (Code::AnchorDiffers, "logs/2026/anchors/2.tsr"),
            (Code::AnchorDiffers, "logs/2026/heads.tlog-proof")
        ]
    );
}

#[test]
fn back_dating_and_future_dating_are_named_with_the_entry() {
    let codes = |fixture: &Fixture, files| {
        let report = check(fixture, files);
        let found = report.findings.into_iter().map(|finding| (finding.code, finding.index));
        found.collect::<Vec<_>>()
    };
    // After the stamp only the first entry was there, so whatever follows is not older than it.
    let notice = notice("fr");
    for (time, expected) in [
        (stamped_at() + 5, vec![]),
        (stamped_at() - 120, vec![]),
        (stamped_at() - 121, vec![(Code::BackDated, Some(1))]),
    ] {
        let mut fixture = small();
        fixture.notices = vec![notice.clone()];
        fixture.push(2026, time, Kind::Notice { notice: notice.id() });
        let mut files = files(&fixture, &[], None);
        stamp(&mut files);
        let mut sealed = fixture.contents(&files);
        sealed.made_at = stamped_at() + 10;
        let manifest = crate::bundle::manifest::Manifest::sign(sealed, &key(2026)).unwrap();
        let report =
            verify(&super::fixture::with_manifest(files, &manifest), &Evidence::default(), &mut |_| ());
        let found: Vec<_> = report.findings.iter().map(|finding| (finding.code, finding.index)).collect();
        assert_eq!(found, expected, "{time}");
    }
    // A witness saw the first entry before the time that it has.
    let fixture = small();
    assert_eq!(codes(&fixture, files(&fixture, &[(1, START - 120)], None)), []);
    assert_eq!(codes(&fixture, files(&fixture, &[(1, START - 121)], None)), [(Code::FutureDated, Some(0))]);
}

#[test]
fn a_time_stamp_is_checked_against_the_auditors_certificate() {
    let fixture = small();
    let stamped = || {
        let mut files = files(&fixture, &[], None);
        stamp(&mut files);
        files
    };
    let with = |pem: &[u8]| Evidence {
        tsa_certificates: vec![Given { name: "mine.pem".into(), bytes: pem.to_vec() }],
        ..Evidence::default()
    };
    let own = check_with(&fixture, stamped(), &with(ROOT));
    assert!(own.holds() && own.to_text().contains("your certificate of CN=root"), "{}", own.to_text());
    let foreign = check_with(&fixture, stamped(), &with(ELSEWHERE));
    assert_eq!(found(&foreign), [(Code::AnchorRefused, "logs/2026/anchors/2.tsr")]);
    let unreadable = check_with(&fixture, stamped(), &with(b"no certificate"));
    assert!(found(&unreadable).contains(&(Code::AnchorRefused, "mine.pem")));
}

#[test]
fn every_file_of_an_anchor_is_needed_and_every_change_in_one_is_found() {
    let fixture = small();
    let names = [
        "logs/2026/heads.tlog-proof",
        "logs/2026/anchors/2.checkpoint",
        "logs/2026/anchors/2.tlog-proof",
        "logs/2026/anchors/2.tsr",
        "tsa.pem",
    ];
    let stamped = || {
        let mut files = files(&fixture, &[(1, START + 61)], None);
        stamp(&mut files);
        files
    };
    for name in names {
        let mut files = stamped();
        files.remove(name);
        // Without the newest proof nothing is missing that a bundle must have.
        assert_eq!(check(&fixture, files).holds(), name == names[0], "{name} left out");
        let length = stamped()[name].len();
        for byte in (0..length).step_by(37).chain([length - 1]) {
            let mut files = stamped();
            files.get_mut(name).unwrap()[byte] ^= 1;
            let report = check(&fixture, files);
            // The bundle is sealed anew: what no signature covers may change. Then it says nothing else, or less.
            if report.holds() {
                let anchors = &report.logs[0].vouched.anchors;
                let witnesses: usize = anchors.iter().map(|anchor| anchor.witnesses.len()).sum();
                assert!(
                    ["tsa.pem", names[3]].contains(&name) || (name == names[0] && witnesses == 0),
                    "{name}, byte {byte}"
                );
                assert_eq!(anchors.last().unwrap().stamp.as_ref().unwrap().time, stamped_at());
            }
        }
    }
}
