//! Logs that ended otherwise than by their year: deleted after their retention, or not able to go on.

use super::fixture::{Files, Fixture, at, fixture, key, origin, with_manifest};
use super::{check, found};
use crate::bundle::forgotten::Forgotten;
use crate::bundle::manifest::{Contents, Manifest, Shard};
use crate::digest::Digest;
use crate::ledger::commitment::Part;
use crate::ledger::entry::{Entry, IndexRange, Kind, Previous, Reason, TreeHead};
use crate::ledger::proof::{consistency, inclusion};
use crate::verify::evidence::{Evidence, Given};
use crate::verify::report::{Code, Report};
use crate::verify::source::MemoryBundle;
use crate::verify::verify;

/// The first log of the fixture was open for so few days that it may be gone by the time of the bundle.
fn short() -> Fixture {
    let mut fixture = fixture(5);
    let entries = fixture.logs.get_mut(&2025).unwrap();
    let kind = Kind::Open { log: origin(2025).parse().unwrap(), previous: None, retention_days: 200 };
    entries[0] = Entry::new(entries[0].time(), kind).unwrap();
    relink(&mut fixture);
    fixture
}

/// Lets the second log name the first one as it is closed now.
fn relink(fixture: &mut Fixture) {
    let before = fixture.log_at(2025, 4).frontier;
    let previous = Previous { log: origin(2025).parse().unwrap(), root: before.root(), size: 4 };
    let entries = fixture.logs.get_mut(&2026).unwrap();
    let log = origin(2026).parse().unwrap();
    let open = Kind::Open { log, previous: Some(previous), retention_days: 1000 };
    entries[0] = Entry::new(entries[0].time(), open).unwrap();
}

fn left_of(fixture: &Fixture) -> Forgotten {
    let log = fixture.log(2025);
    let (size, root) = (log.frontier.size(), log.frontier.root());
    let closed = (size > 4).then(|| TreeHead { root: fixture.log_at(2025, 4).frontier.root(), size: 4 });
    Forgotten {
        closed,
        consistency: closed.map(|old| consistency(&log, old.size, size).unwrap()).unwrap_or_default(),
        inclusion: inclusion(&log, 0, size).unwrap(),
        log: origin(2025).parse().unwrap(),
        open: String::from_utf8(fixture.logs[&2025][0].bytes().to_vec()).unwrap(),
        root,
        size,
    }
}

/// The bundle without the entries of 2025.
fn deleted(fixture: &Fixture, change: impl FnOnce(&mut Files, &mut Contents)) -> MemoryBundle {
    let mut rest = fixture.clone();
    rest.logs.remove(&2025);
    rest.openings.retain(|(year, _), _| *year == 2026);
    let mut files = rest.files();
    let policy = fixture.files()["policy"].clone();
    files.insert("policy".into(), policy);
    let size = fixture.log(2025).frontier.size();
    files.insert("logs/2025/checkpoint".into(), fixture.checkpoint(2025, size).as_str().into());
    let mut contents = rest.contents(&files);
    contents.forgotten = vec![left_of(fixture)];
    change(&mut files, &mut contents);
    contents.files = files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
    with_manifest(files, &Manifest::sign(contents, &key(2026)).unwrap())
}

#[test]
fn a_log_that_was_deleted_after_its_retention_holds_and_is_said_to_be_forgotten() {
    let mut later = short();
    later.erase(2025, 1_775_000_000, (2, 3), &Part::ALL);
    for fixture in [short(), later] {
        let report = check(&deleted(&fixture, |_, _| {}));
        assert!(report.holds(), "{:#?}", report.findings);
        let forgotten: Vec<_> =
            report.forgotten.iter().map(|log| (log.log.as_str(), log.retention_days)).collect();
        assert_eq!(forgotten, [("consent.example/newsroom/2025", 200)]);
        let text = report.to_text();
        assert!(text.contains("FORGOTTEN") && text.contains("over since 2026-07-20T00:00:00Z"), "{text}");
        assert_eq!(report.logs.len(), 1);
    }
}

#[test]
fn a_year_that_is_merely_left_out_is_named() {
    let fixture = short();
    let codes = |change: &dyn Fn(&mut Files, &mut Contents)| {
        let report = check(&deleted(&fixture, change));
        report.findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    // Neither its entries nor the statement; the statement without its checkpoint.
    assert_eq!(
        codes(&|_, contents| contents.forgotten.clear()),
        [
            Code::ChainBroken,
            Code::CheckpointDiffers,
            Code::RootDiffers,
            Code::FileMissing,
            Code::FileMissing,
            Code::ChainBroken,
            Code::CountsDiffer,
        ][..]
            .to_vec()
    );
    let bare = |files: &mut Files, contents: &mut Contents| {
        contents.forgotten.clear();
        files.remove("logs/2025/checkpoint");
    };
    assert_eq!(codes(&bare), [Code::PredecessorMissing]);
    assert_eq!(codes(&|files, _| drop(files.remove("logs/2025/checkpoint"))), [Code::CheckpointRefused]);
    // Another tree, or a checkpoint of another key.
    assert_eq!(
        codes(&|_, contents| contents.forgotten[0].inclusion[0] = Digest::of(b"x")),
        [Code::ForgottenRefused]
    );
    assert_eq!(
        codes(&|_, contents| contents.forgotten[0].root = Digest::of(b"x")),
        [Code::CheckpointDiffers, Code::ForgottenRefused, Code::ChainBroken]
    );
    let older = fixture.checkpoint(2025, 3).as_str().to_owned();
    assert_eq!(
        codes(&|files, _| drop(files.insert("logs/2025/checkpoint".into(), older.clone().into()))),
        [Code::CheckpointDiffers]
    );
    // A part of it that is still there.
    let tile = fixture.files()["logs/2025/tile/0/000.p/4"].clone();
    assert_eq!(
        codes(&|files, _| drop(files.insert("logs/2025/tile/0/000.p/4".into(), tile.clone()))),
        [Code::FileUnexpected]
    );
}

#[test]
fn a_year_that_was_deleted_before_its_retention_was_over_is_named() {
    let mut early = fixture(5);
    let report = check(&deleted(&early, |_, _| {}));
    assert_eq!(found(&report), [(Code::ForgottenRefused, "logs/2025/checkpoint")]);
    early = short();
    let just = |made_at: u64| check(&deleted(&early, |_, contents| contents.made_at = made_at)).holds();
    // 2026-07-20: 200 days after the year.
    assert!(just(1_784_505_600) && !just(1_784_505_599));
}

/// 2025 had four entries, of which `kept` are left; 2026 says so, and that entry 2 was erased if it is there.
fn lost(kept: u64) -> (Fixture, TreeHead, TreeHead) {
    let mut fixture = fixture(5);
    let head = |fixture: &Fixture, size| {
        let log = fixture.log_at(2025, size);
        TreeHead { root: log.frontier.root(), size }
    };
    // It was not closed.
    fixture.logs.get_mut(&2025).unwrap().truncate(3);
    fixture.decide(2025, 1_750_000_009, &fixture.notices[0].clone());
    let (signed, left) = (head(&fixture, 4), head(&fixture, kept));
    let log: crate::ledger::origin::Origin = origin(2025).parse().unwrap();
    let previous = Previous { log: log.clone(), root: signed.root, size: signed.size };
    let entries = fixture.logs.get_mut(&2026).unwrap();
    let open =
        Kind::Open { log: origin(2026).parse().unwrap(), previous: Some(previous), retention_days: 1000 };
    entries[0] = Entry::new(entries[0].time(), open).unwrap();
    fixture.push(2026, 1_780_000_005, Kind::Ended { kept: left, log, signed });
    (fixture, signed, left)
}

/// The bundle of a fixture in which 2025 ended with `left` of it there.
fn ended(fixture: &Fixture, left: TreeHead, change: impl FnOnce(&mut Files, &mut Contents)) -> MemoryBundle {
    let mut rest = fixture.clone();
    rest.logs.get_mut(&2025).unwrap().truncate(at(left.size));
    rest.openings.retain(|(year, index), _| *year == 2026 || *index < left.size);
    let mut files = rest.files();
    files.insert("logs/2025/checkpoint".into(), fixture.checkpoint(2025, 4).as_str().into());
    let mut contents = rest.contents(&files);
    contents.ended = vec![Shard { log: origin(2025).parse().unwrap(), root: left.root, size: left.size }];
    contents.shards[0] =
        Shard { root: fixture.log(2025).frontier.root(), size: 4, ..contents.shards[0].clone() };
    change(&mut files, &mut contents);
    contents.files = files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
    with_manifest(files, &Manifest::sign(contents, &key(2026)).unwrap())
}

fn codes(report: &Report) -> Vec<Code> {
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn entries_that_were_lost_are_named_and_nothing_else() {
    for kept in [0, 1, 3] {
        let (fixture, _, left) = lost(kept);
        let report = check(&ended(&fixture, left, |_, _| {}));
        assert_eq!(found(&report), [(Code::EntriesLost, "logs/2025/checkpoint")], "{kept}");
        assert_eq!((report.logs[0].size, report.logs[0].lost), (4, Some(4 - kept)));
        let text = report.to_text();
        assert!(text.contains("LOST: 4 entries were signed") && !report.holds(), "{text}");
    }
    // A log whose key was lost, and nothing of it: it was ended and holds.
    let (fixture, _, left) = lost(4);
    let report = check(&ended(&fixture, left, |_, _| {}));
    assert!(report.holds(), "{:#?}", report.findings);
    assert!(report.to_text().contains("none of its entries is lost"));
}

#[test]
fn what_is_said_to_be_lost_has_to_be_said_in_the_log_behind() {
    let (fixture, signed, left) = lost(3);
    let with = |change: fn(&mut Files, &mut Contents)| codes(&check(&ended(&fixture, left, change)));
    let foreign = |_: &mut Files, contents: &mut Contents| contents.ended[0].root = Digest::of(b"x");
    assert_eq!(with(foreign), [Code::EndingUnstated, Code::EntriesLost, Code::RootDiffers]);
    assert!(with(|_, contents| contents.ended.clear()).contains(&Code::EndingUnstated));
    // An operator who leaves entries out and only the manifest says so.
    let mut silent = fixture.clone();
    silent.logs.get_mut(&2026).unwrap().pop();
    let report = check(&ended(&silent, left, |_, _| {}));
    assert_eq!(codes(&report), [Code::EndingUnstated, Code::EntriesLost]);
    // The rest is not what was signed: as large as it, and other.
    let mut forked = fixture.clone();
    forked.logs.get_mut(&2025).unwrap().pop();
    forked.decide(2025, 1_750_000_010, &fixture.notices[0].clone());
    let there = TreeHead { root: forked.log(2025).frontier.root(), size: 4 };
    let entries = forked.logs.get_mut(&2026).unwrap();
    let last = entries.pop().unwrap();
    let kind = Kind::Ended { kept: there, log: origin(2025).parse().unwrap(), signed };
    entries.push(Entry::new(last.time(), kind).unwrap());
    let note = fixture.checkpoint(2025, 4).as_str().to_owned();
    let report = check(&ended(&forked, there, |files, contents| {
        files.insert("logs/2025/checkpoint".into(), note.into());
        contents.shards[0].root = signed.root;
    }));
    assert_eq!(codes(&report), [Code::RootDiffers]);
}

#[test]
fn checkpoints_of_what_was_lost_are_told_apart_from_those_that_contradict() {
    let (fixture, _, left) = lost(3);
    let bundle = ended(&fixture, left, |_, _| {});
    let against = |fixture: &Fixture, size| {
        let given = Given { name: "kept".into(), bytes: fixture.checkpoint(2025, size).as_str().into() };
        let evidence = Evidence { checkpoints: vec![given], ..Evidence::default() };
        codes(&verify(&bundle, &evidence, &mut |_| ()))
    };
    assert_eq!(against(&fixture, 2), [Code::EntriesLost]);
    assert_eq!(against(&fixture, 4), [Code::EntriesLost]);
    let mut other = fixture;
    let entries = other.logs.get_mut(&2025).unwrap();
    entries[3] = entries[2].clone();
    assert_eq!(against(&other, 4), [Code::EvidenceDiffers, Code::EntriesLost]);
    entries_swapped(&mut other);
    assert_eq!(against(&other, 2), [Code::EvidenceDiffers, Code::EntriesLost]);
}

fn entries_swapped(fixture: &mut Fixture) {
    fixture.logs.get_mut(&2025).unwrap().swap(0, 1);
}

#[test]
fn what_is_left_of_an_ended_log_is_erased_by_the_log_behind() {
    let (mut fixture, _, left) = lost(3);
    let erasure = |log: u16, range: (u64, u64)| Kind::Erasure {
        indices: vec![IndexRange::from(range)],
        log: Some(origin(log).parse().unwrap()),
        parts: Part::ALL.to_vec(),
        reason: Reason::Request,
    };
    fixture.push(2026, 1_780_000_005, erasure(2025, (2, 3)));
    fixture.openings.remove(&(2025, 2));
    // The counts of the fixture know nothing of another log.
    let counted = |contents: &mut Contents| {
        let before = 3;
        contents.counts.erased = before + 2;
    };
    let report = check(&ended(&fixture, left, |_, contents| counted(contents)));
    assert_eq!(codes(&report), [Code::EntriesLost], "{:#?}", report.findings);
    assert_eq!((report.subject.missing, report.decision.erased), (0, 2));
    // Nothing of a log that still can say so itself, nor what it never had.
    for (log, range) in [(2026, (2, 3)), (2025, (2, 4)), (2024, (0, 1))] {
        let mut wrong = fixture.clone();
        wrong.push(2026, 1_780_000_005, erasure(log, range));
        let report = check(&ended(&wrong, left, |_, contents| counted(contents)));
        assert!(codes(&report).contains(&Code::EntryMisplaced), "{log}: {:?}", codes(&report));
    }
}
