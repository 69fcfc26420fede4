//! A bundle from a running server holds for the project's own verifier and for verifiers that it did not write; and one
//! changed byte is found and named.
//!
//! The foreign ones need Go's `golang.org/x/mod`, Python's pymerkle and rfc8785, openssl and jq: `tests/run` installs
//! them and sets `CONSENT_FULL`.

mod damage;
mod described;
pub(crate) mod exported;
mod verifiers;

use std::fs;
use std::path::{Path, PathBuf};

use consent_tests::visitor::ACTIONS;
use consent_tests::{bulk, full_run};

use self::exported::Exported;

use self::verifiers::{FOREIGN, consent_verify, foreign, offline};
use crate::grown::Grown;

/// More than one full tile, and not a whole number of them.
const DECISIONS: usize = 330;

#[test]
fn the_bundle_and_its_receipts_hold_for_verifiers_that_others_wrote() {
    if !full_run("verifiers that others wrote") {
        return;
    }
    let exported = Exported::new(DECISIONS);
    let own = consent_verify(&exported.bundle, &exported.receipts, &exported.checkpoints);
    assert!(own.status.success(), "{}", own.said);
    let own = consent_verify(&exported.folder, &exported.receipts, &exported.checkpoints);
    assert!(own.status.success(), "{}", own.said);
    hold(&FOREIGN, &exported.folder, &exported.receipts);
}

#[test]
fn logs_of_every_size_hold_for_verifiers_that_others_wrote() {
    if !full_run("verifiers that others wrote") {
        return;
    }
    // A log with nothing but its first entry, which no server leaves like that.
    let home = tempfile::tempdir().unwrap();
    bulk::folder(home.path(), 1).unwrap();
    hold(&FOREIGN, home.path(), &[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for size in [256, 257, 70_000] {
        let grown = runtime.block_on(Grown::new(size));
        let own = consent_verify(&grown.bundle, &grown.receipts, &[]);
        assert!(own.status.success(), "{size}: {}", own.said);
        // A shell takes minutes for so many.
        let verifiers = if size > 1000 { &FOREIGN[..2] } else { &FOREIGN };
        hold(verifiers, &grown.folder, &grown.receipts);
    }
}

fn hold(verifiers: &[&str], folder: &Path, receipts: &[PathBuf]) {
    for own in [consent_verify(folder, receipts, &[]), offline(folder, receipts)] {
        assert!(own.status.success(), "{}", own.said);
    }
    for verifier in verifiers {
        let found = foreign(verifier, folder, receipts);
        print!("{}", found.said);
        assert!(found.status.success(), "{verifier}: {}", found.said);
    }
}

#[test]
fn verifiers_that_others_wrote_refuse_a_changed_entry() {
    if !full_run("verifiers that others wrote") {
        return;
    }
    let exported = Exported::new(DECISIONS);
    let entries = exported.folder.join(format!("logs/{}/tile/entries/000", exported.year));
    let honest = fs::read(&entries).unwrap();
    // The digit before the end of the 100th entry's time, changed to another digit: still canonical JSON.
    let at = honest.windows(7).enumerate().filter(|(_, seven)| seven == b"\"time\":").nth(99).unwrap().0 + 15;
    let mut changed = honest.clone();
    changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
    fs::write(&entries, &changed).unwrap();
    for own in [consent_verify(&exported.folder, &[], &[]), offline(&exported.folder, &[])] {
        assert_eq!(own.status.code(), Some(1), "{}", own.said);
        assert!(own.said.contains("tile/entries/000"), "{}", own.said);
    }
    // Go compares files with the manifest first; here, it is the tree that has to say no.
    exported.list_again("tile/entries/000");
    for verifier in FOREIGN {
        let found = foreign(verifier, &exported.folder, &[]);
        assert_eq!(found.status.code(), Some(1), "{verifier}: {}", found.said);
        assert!(found.said.contains("another root"), "{verifier}: {}", found.said);
    }
    fs::write(&entries, &honest).unwrap();

    let checkpoint = exported.folder.join(format!("logs/{}/checkpoint", exported.year));
    let text = fs::read_to_string(&checkpoint).unwrap();
    let size = text.lines().nth(1).unwrap();
    fs::write(&checkpoint, text.replacen(size, &(size.parse::<u64>().unwrap() - 1).to_string(), 1)).unwrap();
    let found = foreign("verify.sh", &exported.folder, &[]);
    assert_eq!(found.status.code(), Some(1), "{}", found.said);
}

#[test]
fn verifiers_that_others_wrote_refuse_a_changed_receipt() {
    if !full_run("verifiers that others wrote") {
        return;
    }
    let exported = Exported::new(20);
    let receipt = exported.receipts.first().unwrap();
    let text = fs::read_to_string(receipt).unwrap();
    let index = text.lines().nth(2).unwrap();
    let next = format!("index {}", index.trim_start_matches("index ").parse::<u64>().unwrap() + 1);
    fs::write(receipt, text.replacen(index, &next, 1)).unwrap();
    let own = consent_verify(&exported.folder, std::slice::from_ref(receipt), &[]);
    assert_eq!(own.status.code(), Some(1), "{}", own.said);
    for verifier in ["verify.go", "verify.py"] {
        let found = foreign(verifier, &exported.folder, std::slice::from_ref(receipt));
        assert_eq!(found.status.code(), Some(1), "{verifier}: {}", found.said);
    }
}

#[test]
fn spreadsheet_and_json_lines_have_every_decision() {
    let decisions = if full_run("330 decisions; 20 are used") { DECISIONS } else { 20 };
    let exported = Exported::new(decisions);
    for csv in [exported.export("csv"), fs::read(exported.folder.join("decisions.csv")).unwrap()] {
        let text = csv.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
        let mut reader = csv::Reader::from_reader(text);
        let heads = reader.headers().unwrap().clone();
        let column = |name: &str| heads.iter().position(|head| head == name).unwrap();
        let (id, page, action) = (column("Decision id"), column("Page"), column("Action"));
        let rows: Vec<_> = reader.records().collect::<Result<_, _>>().unwrap();
        assert_eq!(rows.iter().map(|row| row[id].to_owned()).collect::<Vec<_>>(), exported.decision_ids);
        assert!(rows.iter().all(|row| &row[page] == "/actualités/été"));
        assert!(ACTIONS.iter().all(|one| rows.iter().any(|row| &row[action] == *one)));
    }
    let lines = String::from_utf8(exported.export("jsonl")).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let ids: Vec<_> = lines
        .filter(|line| line["kind"] == "decision")
        .map(|line| line["subject"]["decision_id"].clone())
        .collect();
    assert_eq!(ids, exported.decision_ids);
}
