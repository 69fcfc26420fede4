//! The export of consent records is what others can read: the npm package `jsonld` expands it without network, drops
//! nothing, and finds no name that the Data Privacy Vocabulary 2.3 does not have.
//!
//! `tests/run` installs the package and sets `CONSENT_FULL`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use consent_tests::full_run;
use consent_tests::process::repository;
use serde_json::Value;

use crate::foreign::exported::Exported;

/// Every action in two languages, and under `save` every mix of choices.
const DECISIONS: usize = 96;

fn check(file: &Path) -> Output {
    Command::new("node").arg(repository().join("tests/linked/check.mjs")).arg(file).output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned()).concat()
}

#[test]
fn consent_records_expand_to_terms_that_exist() {
    if !full_run("node and the npm package jsonld") {
        return;
    }
    let exported = Exported::new(DECISIONS);
    let file = exported.home().join("records.jsonld");
    let text = String::from_utf8(exported.export("27560")).unwrap();
    fs::write(&file, &text).unwrap();
    let output = check(&file);
    assert!(output.status.success(), "{}", said(&output));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts = ["decisions", "erased", "records"].map(|name| found[name].as_u64().unwrap());
    assert_eq!(counts, [DECISIONS as u64, 0, DECISIONS as u64]);
    let ids: Vec<_> =
        found["identifiers"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!(ids, exported.decision_ids);
    // Of six actions in turn one grants all four, one grants each mix once, one withdraws all four, three deny all four.
    let turns = DECISIONS as u64 / 6;
    let given = turns * 4 + turns * 2;
    let withdrawn = turns * 4;
    assert_eq!(found["states"]["ConsentGiven"], given);
    assert_eq!(found["states"]["ConsentWithdrawn"], withdrawn);
    assert_eq!(found["states"]["ConsentRefused"], DECISIONS as u64 * 4 - given - withdrawn);
    assert_eq!(found["heads"][0][0], format!("localhost/newsroom/{}", exported.year));
    assert!(found["heads"][0][1].as_u64().unwrap() > DECISIONS as u64);

    // The check itself must see what it is there to see.
    for (what, from, to) in [
        ("a term that DPV has not", "\"dpv:ConsentRefused\"", "\"dpv:ConsentTerminated\""),
        ("a member without a meaning", "\"consent:page\"", "\"page\""),
        ("a value that is no name", "\"loc:EU\"", "\"somewhere in the EU\""),
        ("a record without a notice", "\"dpv:hasNotice\"", "\"consent:notice\""),
        ("a context to be fetched", "\"@context\":{", "\"@context\":[\"https://w3id.org/dpv\",{"),
        ("another count", "\"consent:records\":96", "\"consent:records\":95"),
    ] {
        let mut broken = text.replacen(from, to, 1);
        assert_ne!(broken, text, "{what}");
        if what == "a context to be fetched" {
            broken = broken.replacen("},\n", "}],\n", 1);
        }
        fs::write(&file, broken).unwrap();
        let output = check(&file);
        assert_eq!(output.status.code(), Some(1), "{what}: {}", said(&output));
    }
}
