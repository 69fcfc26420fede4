//! Damage to the files of a bundle: every one is found under the name of its file.

use super::fixture::{Files, fixture, key, with_manifest};
use super::{check, found, place_of};
use crate::bundle::manifest::Manifest;
use crate::ledger::key::SigningKey;
use crate::ledger::policy::Policy;
use crate::verify::evidence::Evidence;
use crate::verify::report::Code;
use crate::verify::source::MemoryBundle;
use crate::verify::verify;

#[test]
fn a_sound_bundle_holds_and_says_what_was_checked() {
    for decisions in [1, 5, 300] {
        let fixture = fixture(decisions.max(5));
        let report = check(&fixture.bundle());
        assert!(report.holds(), "{:#?}", report.findings);
        assert_eq!(report.files, fixture.files().len() as u64);
        assert_eq!(
            report.logs.iter().map(|log| log.size).collect::<Vec<_>>(),
            [4, fixture.logs[&2026].len() as u64]
        );
        assert_eq!((report.subject.erased, report.decision.erased), (2, 1));
        let decided = decisions.max(5) + 1;
        assert_eq!((report.subject.verified, report.decision.verified), (decided - 2, decided - 1));
        assert_eq!(report.logs[1].history, 2);
    }
}

#[test]
fn one_changed_byte_anywhere_is_found_under_the_name_of_its_file() {
    let bundle = fixture(8).bundle();
    for (file, (name, bytes)) in bundle.0.iter().enumerate() {
        // Every byte of small files, every few of large ones, each time another bit.
        let step = bytes.len().div_ceil(150).max(1);
        for at in (0..bytes.len()).step_by(step) {
            let mut damaged = bundle.clone();
            damaged.0[file].1[at] ^= 1 << (at % 8);
            let report = check(&damaged);
            assert!(!report.holds(), "{name} byte {at}");
            if name == "manifest.json" {
                let first = report.findings[0].code;
                let known = [Code::ManifestRefused, Code::ManifestSignature];
                assert!(
                    report.findings.iter().any(|finding| known.contains(&finding.code)),
                    "byte {at}: {first:?}"
                );
            } else {
                assert!(
                    found(&report).contains(&(Code::FileChanged, name)),
                    "{name} byte {at}: {:?}",
                    found(&report)
                );
            }
        }
    }
}

#[test]
fn every_file_that_is_cut_dropped_or_doubled_is_named() {
    let bundle = fixture(8).bundle();
    for (file, (name, bytes)) in bundle.0.iter().enumerate() {
        let mut dropped = bundle.clone();
        dropped.0.remove(file);
        let report = check(&dropped);
        assert!(!report.holds() && found(&report).contains(&(Code::FileMissing, name)), "{name}");

        let mut doubled = bundle.clone();
        doubled.0.push((name.clone(), b"another".to_vec()));
        assert!(found(&check(&doubled)).contains(&(Code::FileRepeated, name)), "{name}");

        for end in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut cut = bundle.clone();
            cut.0[file].1.truncate(end);
            let report = check(&cut);
            assert!(
                !report.holds() && report.findings.iter().any(|finding| finding.file == *name),
                "{name} at {end}"
            );
        }
    }
}

#[test]
fn swapped_files_are_both_named() {
    let bundle = fixture(8).bundle();
    for one in 0..bundle.0.len() {
        let other = (one + 1) % bundle.0.len();
        let mut swapped = bundle.clone();
        let bytes = std::mem::replace(&mut swapped.0[one].1, bundle.0[other].1.clone());
        swapped.0[other].1 = bytes;
        if swapped == bundle {
            continue;
        }
        let report = check(&swapped);
        for name in [&bundle.0[one].0, &bundle.0[other].0] {
            let named = report.findings.iter().any(|finding| finding.file == *name);
            assert!(
                named || bundle.0[one].0 == "manifest.json" || bundle.0[other].0 == "manifest.json",
                "{name}"
            );
        }
        assert!(!report.holds());
    }
}

#[test]
fn files_that_do_not_belong_are_named() {
    let fixture = fixture(5);
    let mut bundle = fixture.bundle();
    bundle.0.push(("notes.txt".into(), Vec::new()));
    bundle.0.push(("logs/2026/history/2".into(), fixture.checkpoint(2026, 2).as_str().into()));
    let report = check(&bundle);
    assert_eq!(
        found(&report),
        [(Code::FileUnexpected, "logs/2026/history/2"), (Code::FileUnexpected, "notes.txt")]
    );
}

#[test]
fn an_empty_bundle_and_an_unreadable_one_do_not_hold() {
    let report = check(&MemoryBundle::default());
    assert!(!report.holds());
    assert!(found(&report).contains(&(Code::FileMissing, "manifest.json")));
    struct Broken;
    impl crate::verify::source::BundleSource for Broken {
        fn names(&self) -> Result<Vec<String>, crate::verify::source::ReadError> {
            Err(crate::verify::source::ReadError("the disk is gone".into()))
        }
        fn open(
            &self,
            _: &str,
        ) -> Result<Box<dyn crate::verify::source::Stream + '_>, crate::verify::source::ReadError> {
            Err(crate::verify::source::ReadError("the disk is gone".into()))
        }
    }
    assert!(!verify(&Broken, &Evidence::default(), &mut |_| ()).holds());
}

#[test]
fn a_manifest_signed_by_somebody_else_is_refused() {
    let fixture = fixture(5);
    let files = fixture.files();
    let stranger = SigningKey::from_seed("consent.example/newsroom/2026", &[1; 32]).unwrap();
    let manifest = Manifest::sign(fixture.contents(&files), &stranger).unwrap();
    let report = check(&with_manifest(files, &manifest));
    assert_eq!(found(&report), [(Code::ManifestSignature, "manifest.json")]);
}

#[test]
fn keys_that_the_auditor_does_not_trust_are_named() {
    let fixture = fixture(5);
    let trust = |keys: Vec<SigningKey>| {
        let logs = keys
            .iter()
            .map(|key| crate::ledger::policy::PolicyLog { key: key.verifier().clone(), url: None });
        Evidence { policy: Some(Policy::of_logs(logs).unwrap()), ..Evidence::default() }
    };
    let own = trust(vec![key(2025), key(2026)]);
    let report = verify(&fixture.bundle(), &own, &mut |_| ());
    assert!(report.holds() && report.keys_from_auditor);
    let other =
        trust(vec![key(2025), SigningKey::from_seed("consent.example/newsroom/2026", &[1; 32]).unwrap()]);
    let report = verify(&fixture.bundle(), &other, &mut |_| ());
    assert_eq!(place_of(&report, Code::KeyUntrusted).0, "policy");
    assert_eq!(place_of(&report, Code::ManifestSignature).0, "manifest.json");
    assert!(found(&report).contains(&(Code::CheckpointRefused, "logs/2026/checkpoint")));
}

#[test]
fn a_policy_with_a_quorum_is_not_passed_over() {
    let fixture = fixture(5);
    let mut files = fixture.files();
    let policy = String::from_utf8(files["policy"].clone()).unwrap();
    let policy = policy.replace("quorum none", "witness w name+01020304+key\nquorum w");
    files.insert("policy".into(), policy.into_bytes());
    assert_eq!(
        found(&check(&fixture.seal(files))),
        [
            (Code::QuorumUnmet, "logs/2025/heads.tlog-proof"),
            (Code::QuorumUnmet, "logs/2026/heads.tlog-proof")
        ]
    );
}

/// A bundle sealed anew after one of its files was changed: the list of files agrees, so the deeper checks have to see it.
fn resealed(change: impl FnOnce(&mut Files)) -> crate::verify::report::Report {
    let fixture = fixture(300);
    let mut files = fixture.files();
    change(&mut files);
    check(&fixture.seal(files))
}

#[test]
fn a_changed_tile_that_was_sealed_anew_is_named_with_entry_and_byte() {
    let report = resealed(|files| files.get_mut("logs/2026/tile/0/000").unwrap()[32 * 200 + 7] ^= 1);
    assert_eq!(found(&report).len(), 1);
    assert_eq!(place_of(&report, Code::TileDiffers), ("logs/2026/tile/0/000", Some(200), Some(32 * 200 + 7)));
    let report = resealed(|files| files.get_mut("logs/2026/tile/1/000.p/1").unwrap()[31] ^= 1);
    assert_eq!(found(&report).len(), 1);
    assert_eq!(place_of(&report, Code::TileDiffers), ("logs/2026/tile/1/000.p/1", None, Some(31)));
    let report = resealed(|files| files.get_mut("logs/2026/tile/0/000").unwrap().truncate(32 * 255));
    assert_eq!(place_of(&report, Code::TileDiffers), ("logs/2026/tile/0/000", None, Some(32 * 255)));
}

#[test]
fn changed_entries_that_were_sealed_anew_are_named_with_entry_and_byte() {
    let fixture = fixture(300);
    let name = "logs/2026/tile/entries/000";
    // The first byte of entry 7: an entry that can not be read any more.
    let byte: usize = fixture.logs[&2026][..7].iter().map(|entry| entry.bytes().len() + 2).sum::<usize>() + 2;
    let report = resealed(|files| files.get_mut(name).unwrap()[byte] ^= 1);
    assert_eq!(place_of(&report, Code::EntryUnreadable), (name, Some(7), Some(byte as u64)));
    for finding in [(Code::TileDiffers, "logs/2026/tile/0/000"), (Code::RootDiffers, "logs/2026/checkpoint")]
    {
        assert!(found(&report).contains(&finding));
    }
    // The length of entry 7: the bundle can not be taken apart.
    let report = resealed(|files| files.get_mut(name).unwrap()[byte - 1] ^= 1);
    assert_eq!(place_of(&report, Code::EntriesUnreadable), (name, Some(0), None));
    assert_eq!(place_of(&report, Code::RootDiffers).0, "logs/2026/checkpoint");
}

#[test]
fn a_changed_table_that_was_sealed_anew_is_named_with_its_byte() {
    let report = resealed(|files| files.get_mut("decisions.csv").unwrap()[40_000] ^= 1);
    assert_eq!(found(&report), [(Code::TableDiffers, "decisions.csv")]);
    assert_eq!(place_of(&report, Code::TableDiffers).2, Some(40_000));
}

#[test]
fn files_that_a_manifest_leaves_out_or_adds_are_named() {
    let report = resealed(|files| drop(files.remove("logs/2026/tile/0/001.p/50")));
    assert_eq!(found(&report), [(Code::FileMissing, "logs/2026/tile/0/001.p/50")]);
    let report = resealed(|files| drop(files.insert("logs/2026/tile/0/001.p/48".into(), vec![0; 48 * 32])));
    assert_eq!(found(&report), [(Code::FileUnexpected, "logs/2026/tile/0/001.p/48")]);
}
