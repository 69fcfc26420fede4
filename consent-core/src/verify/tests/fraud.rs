//! An operator with all keys who wants to deceive: what is written and signed anew, and found all the same.

use super::fixture::{Fixture, at, fixture, key, origin};
use super::{check, found, place_of};
use crate::ledger::commitment::{Opening, Part};
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::key::SigningKey;
use crate::notice::tests::notice;
use crate::verify::evidence::{Evidence, Given};
use crate::verify::report::{Code, Report};
use crate::verify::verify;

fn given(name: &str, bytes: impl Into<Vec<u8>>) -> Vec<Given> {
    vec![Given { name: name.into(), bytes: bytes.into() }]
}

fn with_checkpoint(fixture: &Fixture, bytes: &str) -> Report {
    let evidence = Evidence { checkpoints: given("kept.txt", bytes), ..Evidence::default() };
    verify(&fixture.bundle(), &evidence, &mut |_| ())
}

fn with_receipt(fixture: &Fixture, text: &str) -> Report {
    let evidence = Evidence { receipts: given("mine.tlog-proof", text), ..Evidence::default() };
    verify(&fixture.bundle(), &evidence, &mut |_| ())
}

/// The same log with another decision in place of entry `index` and everything after it as it was.
pub(super) fn rewritten(original: &Fixture, index: u64) -> Fixture {
    let mut fixture = original.clone();
    let entries = fixture.logs.get_mut(&2026).unwrap();
    let rest = entries.split_off(at(index));
    let time = rest[0].time();
    fixture.decide(2026, time, &notice("fr"));
    let line = fixture.openings.get_mut(&(2026, index)).unwrap();
    let changed = line.decision.as_ref().unwrap().data().replace("deny", "grant");
    line.decision = Some(Opening::new(*line.decision.as_ref().unwrap().salt(), changed).unwrap());
    let kind = Kind::Decision {
        decision: line.decision.as_ref().unwrap().commitment(Part::Decision),
        notice: notice("fr").id(),
        subject: line.subject.as_ref().unwrap().commitment(Part::Subject),
    };
    let entries = fixture.logs.get_mut(&2026).unwrap();
    entries.pop();
    entries.push(Entry::new(time, kind).unwrap());
    entries.extend(rest.into_iter().skip(1));
    fixture
}

#[test]
fn a_rewritten_log_holds_by_itself_and_not_against_what_others_kept() {
    let original = fixture(20);
    let rewritten = rewritten(&original, 9);
    assert!(check(&rewritten.bundle()).holds(), "{:?}", check(&rewritten.bundle()).findings);

    for size in [10, 15, original.logs[&2026].len() as u64] {
        let kept = original.checkpoint(2026, size);
        assert!(with_checkpoint(&original, kept.as_str()).holds());
        let report = with_checkpoint(&rewritten, kept.as_str());
        assert_eq!(found(&report), [(Code::EvidenceDiffers, "kept.txt")], "size {size}");
        assert!(report.proves_tampering() && report.to_text().contains("PROOF OF TAMPERING"));
    }
    // Before the change both logs are the same.
    assert!(with_checkpoint(&rewritten, original.checkpoint(2026, 9).as_str()).holds());

    let kept = original.receipt(2026, 9);
    assert!(with_receipt(&original, &kept).holds());
    let report = with_receipt(&rewritten, &kept);
    let differ = report.findings.iter().filter(|finding| finding.code == Code::EvidenceDiffers);
    assert_eq!(differ.map(|finding| finding.index).collect::<Vec<_>>(), [None, Some(9)]);
}

#[test]
fn damage_to_entries_is_no_proof_of_tampering() {
    let original = fixture(20);
    let mut files = original.files();
    let (_, entries) = files.iter_mut().find(|(name, _)| name.contains("2026/tile/entries")).unwrap();
    entries[2000] ^= 1;
    let evidence = Evidence {
        checkpoints: given("kept.txt", original.checkpoint(2026, 24).as_str()),
        receipts: given("mine.tlog-proof", original.receipt(2026, 20)),
        ..Evidence::default()
    };
    let report = verify(&original.seal(files), &evidence, &mut |_| ());
    assert!(found(&report).contains(&(Code::EvidenceDiffers, "kept.txt")));
    assert!(!report.proves_tampering() && !report.to_text().contains("PROOF OF TAMPERING"));
}

#[test]
fn an_older_checkpoint_in_the_bundle_is_compared_too() {
    let (original, size) = (fixture(20), 12);
    let rewritten = rewritten(&original, 9);
    let mut files = rewritten.files();
    files.insert(format!("logs/2026/history/{size}"), original.checkpoint(2026, size).as_str().into());
    let report = check(&rewritten.seal(files));
    assert_eq!(found(&report), [(Code::HistoryDiffers, "logs/2026/history/12")]);
    // Under a name that is not its size.
    let mut files = original.files();
    files.insert("logs/2026/history/11".into(), original.checkpoint(2026, size).as_str().into());
    assert_eq!(found(&check(&original.seal(files))), [(Code::CheckpointDiffers, "logs/2026/history/11")]);
}

#[test]
fn a_log_with_its_end_cut_off_is_found_by_a_newer_checkpoint() {
    let original = fixture(20);
    let kept = original.checkpoint(2026, 25);
    let mut shorter = original;
    shorter.logs.get_mut(&2026).unwrap().truncate(20);
    shorter.openings.retain(|(year, index), _| *year == 2025 || *index < 20);
    let report = with_checkpoint(&shorter, kept.as_str());
    assert!(found(&report).contains(&(Code::EvidenceForeign, "kept.txt")));
}

#[test]
fn evidence_of_another_log_or_key_is_not_passed_over() {
    let fixture = fixture(5);
    let mut other = fixture.clone();
    other.logs.remove(&2025);
    other.openings.retain(|(year, _), _| *year == 2026);
    let report = with_checkpoint(&other, fixture.checkpoint(2025, 2).as_str());
    assert!(found(&report).contains(&(Code::EvidenceRefused, "kept.txt")), "{:?}", report.findings);
    // The key is known, but no log of that name is there.
    let mut files = other.files();
    let policy = format!("log {}\nlog {}\nquorum none\n", key(2025).verifier(), key(2026).verifier());
    files.insert("policy".into(), policy.into_bytes());
    let evidence = Evidence {
        checkpoints: given("kept.txt", fixture.checkpoint(2025, 2).as_str()),
        ..Evidence::default()
    };
    let report = verify(&other.seal(files), &evidence, &mut |_| ());
    let left_out = (Code::PredecessorMissing, "logs/2026/checkpoint");
    assert_eq!(found(&report), [(Code::EvidenceForeign, "kept.txt"), left_out]);
    assert_eq!(found(&with_receipt(&fixture, "nonsense")), [(Code::EvidenceRefused, "mine.tlog-proof")]);
}

#[test]
fn a_checkpoint_of_another_log_or_key_is_refused() {
    let fixture = fixture(5);
    let signed = fixture.checkpoint(2026, fixture.logs[&2026].len() as u64).checkpoint().clone();
    let stranger = SigningKey::from_seed(&origin(2026), &[1; 32]).unwrap();
    let resigned = crate::ledger::checkpoint::SignedCheckpoint::sign(signed, &stranger).unwrap();
    let mut files = fixture.files();
    files.insert("logs/2026/checkpoint".into(), resigned.as_str().into());
    assert_eq!(found(&check(&fixture.seal(files))), [(Code::CheckpointRefused, "logs/2026/checkpoint")]);
    let mut files = fixture.files();
    files.insert("logs/2026/checkpoint".into(), files["logs/2025/checkpoint"].clone());
    let report = check(&fixture.seal(files));
    assert!(found(&report).contains(&(Code::CheckpointDiffers, "logs/2026/checkpoint")));
}

#[test]
fn a_missing_a_changed_and_a_returned_part_are_told_apart() {
    let mut changed = fixture(20);
    let line = changed.openings.get_mut(&(2026, 9)).unwrap();
    let opening = line.decision.as_ref().unwrap();
    line.decision = Some(Opening::new(*opening.salt(), opening.data().replace("deny", "grant")).unwrap());
    let report = check(&changed.bundle());
    assert_eq!(found(&report), [(Code::PartTampered, "openings.jsonl")]);
    assert_eq!((report.decision.tampered, report.subject.tampered), (1, 0));
    assert_eq!(report.findings[0].index, Some(9));

    let mut missing = fixture(20);
    missing.openings.get_mut(&(2026, 9)).unwrap().subject = None;
    missing.openings.remove(&(2026, 20));
    let report = check(&missing.bundle());
    assert_eq!(found(&report), vec![(Code::PartMissing, "openings.jsonl"); 3]);
    assert_eq!((report.subject.missing, report.decision.missing), (2, 1));

    let mut returned = fixture(20);
    returned.openings.get_mut(&(2026, 3)).unwrap().subject =
        fixture_before_erasure().openings[&(2026, 3)].subject.clone();
    let report = check(&returned.bundle());
    assert_eq!(found(&report), [(Code::PartResurrected, "openings.jsonl")]);
    assert_eq!((report.subject.resurrected, report.subject.erased), (1, 1));
}

/// The decisions of a fixture with everything still there.
fn fixture_before_erasure() -> Fixture {
    let mut all = fixture(5);
    all.logs.get_mut(&2026).unwrap().truncate(2);
    for i in 0..3 {
        all.decide(2026, 1_780_000_000 + i, &notice("fr"));
    }
    all
}

#[test]
fn decisions_outside_the_range_are_neither_missing_nor_welcome() {
    let mut part = fixture(20);
    part.range = (Some(1_780_000_010), None);
    let mut few = part.clone();
    let time = |fixture: &Fixture, place: &(u16, u64)| fixture.logs[&place.0][at(place.1)].time();
    few.openings.retain(|place, _| time(&part, place) >= 1_780_000_010);
    let report = check(&few.bundle());
    assert!(report.holds(), "{:?}", report.findings);
    assert!(report.decision.outside_range > 0);
    assert!(found(&check(&part.bundle())).contains(&(Code::PartOutsideRange, "openings.jsonl")));
}

#[test]
fn openings_out_of_order_or_of_nothing_are_named() {
    let fixture = fixture(20);
    let lines = |change: fn(&mut Vec<&str>)| {
        let mut files = fixture.files();
        let text = String::from_utf8(files["openings.jsonl"].clone()).unwrap();
        let mut lines: Vec<_> = text.lines().collect();
        change(&mut lines);
        files.insert("openings.jsonl".into(), (lines.join("\n") + "\n").into_bytes());
        check(&fixture.seal(files))
    };
    let named = |report: &Report, code| found(report).contains(&(code, "openings.jsonl"));
    let disorder: [fn(&mut Vec<&str>); 2] = [|lines| lines.swap(3, 4), |lines| lines.insert(3, lines[3])];
    for report in disorder.map(lines) {
        let message =
            &report.findings.iter().find(|finding| finding.code == Code::OpeningMisplaced).unwrap().message;
        assert!(message.ends_with("the line is repeated or out of order."), "{message}");
    }
    assert!(named(&lines(|lines| lines[3] = "{}"), Code::OpeningUnreadable));
    assert!(named(&lines(|lines| lines[3] = ""), Code::OpeningUnreadable));
    let mut files = fixture.files();
    files.get_mut("openings.jsonl").unwrap().pop();
    assert!(named(&check(&fixture.seal(files)), Code::OpeningUnreadable));

    let mut of_nothing = fixture.clone();
    let mut line = of_nothing.openings[&(2026, 9)].clone();
    line.index = 0;
    of_nothing.openings.insert((2026, 0), line.clone());
    line.index = 5000;
    of_nothing.logs.get_mut(&2026).unwrap();
    assert!(named(&check(&of_nothing.bundle()), Code::OpeningMisplaced));
}

#[test]
fn what_was_opened_has_to_fit_its_notice() {
    let mut fixture = fixture(5);
    let data = fixture.openings[&(2026, 2)].decision.as_ref().unwrap().data().to_owned();
    for (from, to, code) in [
        ("\"language\":\"fr\"", "\"language\":\"en\"", Code::OpeningContradictsNotice),
        ("\"region\":\"FR\"", "\"region\":\"US\"", Code::OpeningContradictsNotice),
        ("\"opt_in\"],", "\"opt_out\"],", Code::OpeningContradictsNotice),
        ("\"signals\"", "\"services\":{\"films\":\"grant\"},\"signals\"", Code::OpeningContradictsNotice),
        ("\"action\":\"save\",", "", Code::OpeningUnreadable),
        ("\"action\":\"save\"", "\"action\":\"accept_all\"", Code::OpeningContradictsItself),
        ("\"action\":\"save\"", "\"action\":\"made up\"", Code::OpeningContradictsItself),
        ("\"decided_at\":\"2026", "\"decided_at\":\"MMXXVI", Code::OpeningContradictsItself),
        ("\"recorded_at\":\"2026", "\"recorded_at\":\"2019", Code::OpeningContradictsTime),
        ("\"recorded_at\":\"2026", "\"recorded_at\":\"2027", Code::OpeningContradictsTime),
        ("\"recorded_at\":\"2026", "\"recorded_at\":\"MMXXVI", Code::OpeningContradictsTime),
    ] {
        assert!(data.contains(from));
        let line = fixture.openings.get_mut(&(2026, 2)).unwrap();
        let salt = *line.decision.as_ref().unwrap().salt();
        let opening = Opening::new(salt, data.replacen(from, to, 1)).unwrap();
        let commitment = opening.commitment(Part::Decision);
        line.decision = Some(opening);
        let entries = fixture.logs.get_mut(&2026).unwrap();
        let Kind::Decision { notice, subject, .. } = *entries[2].kind() else {
            panic!("entry 2 is a decision")
        };
        let kind = Kind::Decision { decision: commitment, notice, subject };
        entries[2] = Entry::new(entries[2].time(), kind).unwrap();
        let report = check(&fixture.bundle());
        assert_eq!(found(&report), [(code, "openings.jsonl")], "{to}");
        assert_eq!(report.findings[0].index, Some(2));
    }
}

#[test]
fn entries_against_the_rules_of_a_log_are_named_with_their_index() {
    let named = |change: &dyn Fn(&mut Fixture)| {
        let mut fixture = fixture(5);
        change(&mut fixture);
        let report = check(&fixture.bundle());
        report.findings.iter().map(|finding| (finding.code, finding.index)).collect::<Vec<_>>()
    };
    let last = fixture(5).logs[&2026].len() as u64;
    let late = 1_790_000_000;
    let backwards =
        named(&|fixture| _ = fixture.push(2026, 1_770_000_000, Kind::Notice { notice: notice("fr").id() }));
    assert_eq!(backwards, [(Code::TimeGoesBack, Some(last))]);
    let unlogged = named(&|fixture| {
        let unknown = notice("de");
        fixture.notices.push(unknown.clone());
        fixture.decide(2026, late, &unknown);
    });
    assert!(unlogged.contains(&(Code::NoticeUnlogged, Some(last))));
    let reopened = named(&|fixture| {
        let open = fixture.logs[&2026][0].kind().clone();
        fixture.push(2026, late, open);
    });
    assert_eq!(reopened, [(Code::EntryMisplaced, Some(last))]);
    let after_close =
        named(&|fixture| _ = fixture.push(2025, late, Kind::Notice { notice: notice("fr").id() }));
    assert!(after_close.contains(&(Code::EntryMisplaced, Some(4))));
    let too_early = named(&|fixture| fixture.erase(2026, late, (last - 1, last + 2), &[Part::Subject]));
    assert_eq!(too_early, [(Code::EntryMisplaced, Some(last))]);
    let stranger = SigningKey::from_seed(&origin(2026), &[1; 32]).unwrap().verifier().clone();
    let new_key = named(&|fixture| _ = fixture.push(2026, late, Kind::Key { new: stranger.clone() }));
    assert_eq!(new_key, [(Code::KeyUntrusted, Some(last))]);
    let known_key =
        named(&|fixture| _ = fixture.push(2026, late, Kind::Key { new: key(2026).verifier().clone() }));
    assert_eq!(known_key, []);
    let headless = named(&|fixture| drop(fixture.logs.get_mut(&2025).unwrap().remove(0)));
    assert!(headless.contains(&(Code::EntryMisplaced, Some(0))));
    let foreign = named(&|fixture| {
        let entries = fixture.logs.get_mut(&2025).unwrap();
        let kind = Kind::Open {
            log: "other.example/newsroom/2025".parse().unwrap(),
            previous: None,
            retention_days: 1,
        };
        entries[0] = Entry::new(entries[0].time(), kind).unwrap();
    });
    assert!(foreign.contains(&(Code::EntryMisplaced, Some(0))));
}

#[test]
fn a_log_that_does_not_continue_the_year_before_is_named() {
    let mut unclosed = fixture(5);
    unclosed.logs.get_mut(&2025).unwrap().pop();
    let report = check(&unclosed.bundle());
    let files = [(Code::ChainBroken, "logs/2025/checkpoint"), (Code::ChainBroken, "logs/2026/checkpoint")];
    assert_eq!(found(&report), files);
    let mut alone = fixture(5);
    alone.logs.remove(&2025);
    alone.openings.retain(|(year, _), _| *year == 2026);
    let report = check(&alone.bundle());
    assert_eq!(found(&report), [(Code::PredecessorMissing, "logs/2026/checkpoint")]);
    assert_eq!(report.logs[0].continues.as_deref(), Some("consent.example/newsroom/2025"));
}

#[test]
fn a_successor_that_was_left_out_is_named() {
    let mut closed = fixture(5);
    let next = origin(2027).parse().unwrap();
    closed.push(2026, 1_785_000_000, Kind::Close { next });
    closed.erase(2026, 1_786_000_000, (2, 3), &[Part::Subject]);
    let report = check(&closed.bundle());
    assert_eq!(found(&report), [(Code::SuccessorMissing, "logs/2026/checkpoint")]);
}

#[test]
fn entries_of_another_year_than_their_log_are_named() {
    let next_year = 1_798_761_600;
    let named = |change: &dyn Fn(&mut Fixture)| {
        let mut fixture = fixture(5);
        change(&mut fixture);
        let mut contents = fixture.contents(&fixture.files());
        contents.made_at = next_year + 10;
        let manifest = crate::bundle::manifest::Manifest::sign(contents, &key(2026)).unwrap();
        let report = check(&super::fixture::with_manifest(fixture.files(), &manifest));
        report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    assert_eq!(named(&|fixture| fixture.decide(2026, next_year - 1, &notice("fr"))), []);
    assert_eq!(named(&|fixture| fixture.decide(2026, next_year, &notice("fr"))), [Code::TimeOutsideYear]);
    assert_eq!(named(&|fixture| fixture.erase(2026, next_year, (2, 3), &[Part::Subject])), []);
    // The first entry of the next year may be what closes this one: only its successor is missing here.
    let close = Kind::Close { next: origin(2027).parse().unwrap() };
    let closed = named(&|fixture| _ = fixture.push(2026, next_year, close.clone()));
    assert_eq!(closed, [Code::SuccessorMissing]);
    let early = named(&|fixture| {
        let entries = fixture.logs.get_mut(&2025).unwrap();
        entries[0] = Entry::new(1_704_067_200, entries[0].kind().clone()).unwrap();
    });
    assert!(early.contains(&Code::TimeOutsideYear));
}

#[test]
fn a_bundle_that_was_made_before_its_last_entry_is_named() {
    let fixture = fixture(5);
    let files = fixture.files();
    let last = fixture.logs[&2026].last().unwrap().time();
    for (made_at, expected) in [(last, vec![]), (last - 1, vec![(Code::MadeTooEarly, "manifest.json")])] {
        let mut contents = fixture.contents(&files);
        contents.made_at = made_at;
        let manifest = crate::bundle::manifest::Manifest::sign(contents, &key(2026)).unwrap();
        let report = check(&super::fixture::with_manifest(files.clone(), &manifest));
        assert_eq!(found(&report), expected);
    }
}

#[test]
fn a_closed_log_takes_erasures_and_nothing_else() {
    let mut erased = fixture(5);
    erased.erase(2025, 1_790_000_000, (2, 3), &[Part::Subject, Part::Decision]);
    let report = check(&erased.bundle());
    assert!(report.holds(), "{:?}", report.findings);
    let mut reopened = fixture(5);
    reopened.decide(2025, 1_790_000_000, &notice("fr"));
    assert!(found(&check(&reopened.bundle())).iter().any(|(code, _)| *code == Code::EntryMisplaced));
}

#[test]
fn notices_that_are_missing_unnamed_or_exchanged_are_named() {
    let fixture = fixture(5);
    let id = notice("en").id();
    let name = format!("notices/{id}.json");
    let mut files = fixture.files();
    files.remove(&name);
    let report = check(&fixture.seal(files));
    assert!(found(&report).contains(&(Code::NoticeMissing, &name)));
    let mut files = fixture.files();
    files.insert(name.clone(), notice("fr").bytes().to_vec());
    assert!(found(&check(&fixture.seal(files))).contains(&(Code::NoticeRefused, &name)));
    let mut files = fixture.files();
    let unnamed = format!("notices/{}.json", notice("de").id());
    files.insert(unnamed.clone(), notice("de").bytes().to_vec());
    assert!(found(&check(&fixture.seal(files))).contains(&(Code::FileUnexpected, &unnamed)));
}

#[test]
fn wrong_counts_are_named() {
    let fixture = fixture(5);
    let files = fixture.files();
    let mut contents = fixture.contents(&files);
    contents.counts.erased += 1;
    let manifest = crate::bundle::manifest::Manifest::sign(contents, &key(2026)).unwrap();
    let report = check(&super::fixture::with_manifest(files, &manifest));
    assert_eq!(place_of(&report, Code::CountsDiffer).0, "manifest.json");
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn a_forged_size_does_not_make_the_check_endless() {
    let fixture = fixture(5);
    let mut head = fixture.checkpoint(2026, 3).checkpoint().clone();
    head.size = crate::ledger::hash::MAX_SIZE;
    let signed = crate::ledger::checkpoint::SignedCheckpoint::sign(head, &key(2026)).unwrap();
    let mut files = fixture.files();
    files.insert("logs/2026/checkpoint".into(), signed.as_str().into());
    let report = check(&fixture.seal(files));
    let missing = report.findings.iter().filter(|finding| finding.code == Code::FileMissing);
    assert_eq!(missing.count(), crate::verify::report::MAX_FINDINGS);
    assert!(found(&report).contains(&(Code::CheckpointDiffers, "logs/2026/checkpoint")));
}
