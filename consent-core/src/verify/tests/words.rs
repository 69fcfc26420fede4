//! What people and programs get to read.

use super::check;
use super::fixture::{fixture, key};
use crate::verify::evidence::{Evidence, Given};
use crate::verify::receipt::verify_receipt;
use crate::verify::{Progress, Step, verify};

#[test]
fn a_sound_bundle_is_said_to_hold_with_its_limits() {
    let fixture = fixture(5);
    let text = check(&fixture.bundle()).to_text();
    for words in [
        "RESULT: everything in this bundle HOLDS.",
        "Site newsroom, bundle made at 2026-09-21T14:13:20Z.",
        "VERIFIED               4                  5",
        "ERASED                 2                  1",
        "keys in the bundle itself",
        &key(2026).verifier().to_string(),
        "WHAT THIS DOES NOT PROVE",
        "was not rewritten from its beginning",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let kept = Given { name: "kept".into(), bytes: fixture.checkpoint(2026, 3).as_str().into() };
    let evidence = Evidence { checkpoints: vec![kept], ..Evidence::default() };
    let text = verify(&fixture.bundle(), &evidence, &mut |_| ()).to_text();
    assert!(text.contains("up to there a rewritten log would have been found"), "{text}");
}

#[test]
fn damage_is_said_with_file_entry_byte_and_code() {
    let mut bundle = fixture(5).bundle();
    let file = bundle.0.iter_mut().find(|(name, _)| name == "logs/2026/tile/0/000.p/11").unwrap();
    file.1[32 * 4] ^= 1;
    let report = check(&bundle);
    let text = report.to_text();
    for words in [
        "RESULT: this bundle DOES NOT HOLD. 2 problems were found.",
        "[file_changed]",
        "logs/2026/tile/0/000.p/11, entry 4, byte 128",
        "[tile_differs]",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let json = report.to_json();
    assert_eq!(json["holds"], false);
    assert_eq!(json["findings"][1]["code"], "tile_differs");
    assert_eq!(json["findings"][1]["byte"], 128);
    assert_eq!(check(&fixture(5).bundle()).to_json()["holds"], true);
}

#[test]
fn a_receipt_alone_says_what_it_shows() {
    let receipt = fixture(5).receipt(2026, 2);
    let report = verify_receipt(&receipt, &[key(2026).verifier().clone()], &[]).unwrap();
    assert_eq!((report.index, report.size), (2, 11));
    let text = report.to_string();
    assert!(
        text.contains("HOLDS")
            && text.contains("\"action\":\"save\"")
            && text.contains("2026-05-28T20:26:40Z")
    );
    assert!(verify_receipt(&receipt, &[key(2025).verifier().clone()], &[]).is_err());
}

#[test]
fn names_from_the_bundle_can_not_write_over_the_report() {
    let mut bundle = fixture(5).bundle();
    bundle.0.push(("x\u{1b}[2JRESULT: everything HOLDS.\n\u{202e}\u{9b}2J".to_owned(), Vec::new()));
    let text = check(&bundle).to_text();
    assert!(text.contains(r"x\u{1b}[2JRESULT: everything HOLDS.\u{a}\u{202e}\u{9b}2J"), "{text}");
    assert!(!text.contains(|character: char| character != '\n' && character.is_control()), "{text}");
}

#[test]
fn progress_goes_to_the_end_of_every_step() {
    let mut ends = Vec::new();
    verify(&fixture(300).bundle(), &Evidence::default(), &mut |Progress { step, done, total }| {
        assert!(done <= total);
        if done == total {
            ends.push(step);
        }
    });
    ends.dedup();
    assert_eq!(
        ends,
        [
            Step::Entries { year: 2025.into() },
            Step::Entries { year: 2026.into() },
            Step::Openings,
            Step::Files
        ]
    );
}

#[test]
fn a_receipt_shows_who_cosigned_its_head_and_refuses_a_forged_cosignature() {
    use crate::ledger::cosignature::tests::{cosign, witness};
    use crate::ledger::policy::PolicyWitness;
    let fixture = fixture(5);
    let receipt = fixture.receipt(2026, 2);
    let text = fixture.checkpoint(2026, fixture.logs[&2026].len() as u64).checkpoint().to_string();
    let key = [key(2026).verifier().clone()];
    let witnesses = [PolicyWitness { name: "w".into(), vkey: witness(1).1.to_string(), url: None }];
    let plain = verify_receipt(&receipt, &key, &witnesses).unwrap();
    assert!(plain.witnesses.is_empty());
    let cosigned = format!("{receipt}{}", cosign(&text, 1_780_000_100, 1));
    let report = verify_receipt(&cosigned, &key, &witnesses).unwrap();
    assert!(report.to_string().contains("Witness:   w at 2026-05-28T20:28:20Z"), "{report}");
    let forged = format!("{receipt}{}", cosign("another\n", 1_780_000_100, 1));
    assert!(verify_receipt(&forged, &key, &witnesses).is_err());
}
