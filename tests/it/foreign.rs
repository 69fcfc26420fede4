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
        let receipts = if *verifier == "verify.sh" { &[] } else { receipts };
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
    let mut changed = honest;
    changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
    fs::write(&entries, &changed).unwrap();
    for own in [consent_verify(&exported.folder, &[], &[]), offline(&exported.folder, &[])] {
        assert_eq!(own.status.code(), Some(1), "{}", own.said);
        assert!(own.said.contains("tile/entries/000"), "{}", own.said);
    }
    // Files are compared with the manifest first; here, it is the tree that has to say no.
    exported.seal_again();
    for verifier in FOREIGN {
        let found = foreign(verifier, &exported.folder, &[]);
        assert_eq!(found.status.code(), Some(1), "{verifier}: {}", found.said);
        assert!(found.said.contains("another root"), "{verifier}: {}", found.said);
    }
}

#[test]
fn the_check_by_hand_refuses_what_an_operator_sealed_again() {
    if !full_run("the check by hand") {
        return;
    }
    let exported = Exported::new(12);
    let refused = |why: &str| {
        let found = foreign("verify.sh", &exported.folder, &[]);
        assert_eq!(found.status.code(), Some(1), "{why}: {}", found.said);
        assert!(found.said.contains("shell: refused: ") && found.said.contains(why), "{why}: {}", found.said);
    };
    let replaced = |from: &'static str, to: &'static str| {
        move |mut bytes: Vec<u8>| {
            let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).expect(from);
            bytes.splice(at..at + from.len(), to.bytes());
            Some(bytes)
        }
    };
    let file = |folder: &str, ending: &str| {
        let all = fs::read_dir(exported.folder.join(folder)).unwrap().map(|entry| entry.unwrap().file_name());
        let name = all.map(|name| name.into_string().unwrap()).find(|name| name.ends_with(ending)).unwrap();
        format!("{folder}/{name}")
    };
    let head = format!("logs/{}/checkpoint", exported.year);
    exported.doctored(&head, replaced("\n15\n", "\n14\n"), || refused("not signed by a key of the list"));
    exported.doctored(&head, |_| None, || refused("has no head"));
    let entries = format!("logs/{}/tile/entries/000.p/15", exported.year);
    exported.doctored(&entries, replaced("\"time\":1", "\"time\":2"), || refused("another root"));
    let openings = "openings.jsonl";
    let other = replaced("\\\"analytics\\\":\\\"deny\\\"", "\\\"analytics\\\":\\\"made\\\"");
    exported.doctored(openings, other, || refused("is not what the log commits to"));
    let shorter =
        |bytes: Vec<u8>| Some(bytes[bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1..].to_vec());
    exported.doctored(openings, shorter, || refused("decisions are missing"));
    // Bytes of the text become part of the salt: what is hashed is the same, what is read is not.
    exported
        .doctored(openings, replaced("\",\"{\\\"action\\\":", "eyJh\",\"{"), || refused("a line is none"));
    for (name, ending) in [("notices", ".json"), ("scripts", ".js"), ("exhibits", ".csv")] {
        let name = file(name, ending);
        let longer = |mut bytes: Vec<u8>| {
            bytes.push(b' ');
            Some(bytes)
        };
        exported.doctored(&name, longer, || refused("is not what it is named"));
    }
    exported.doctored(&file("notices", ".json"), |_| None, || refused("is named and not there"));
    // Not sealed again.
    for (name, why) in
        [("README.txt", "other bytes than the manifest says"), ("more", "that the manifest does not list")]
    {
        let path = exported.folder.join(name);
        let honest = fs::read(&path).ok();
        fs::write(&path, "\u{1b}[2Kother").unwrap();
        refused(why);
        honest.map_or_else(|| fs::remove_file(&path), |bytes| fs::write(&path, bytes)).unwrap();
    }
    // Keys of somebody else.
    let keys = exported.folder.join("policy");
    let honest = fs::read_to_string(&keys).unwrap();
    let foreign_keys = exported.home().join("keys");
    fs::write(&foreign_keys, honest.replace("log localhost/newsroom", "log localhost/weather")).unwrap();
    let found = foreign("verify.sh", &exported.folder, &[foreign_keys]);
    assert_eq!(found.status.code(), Some(1), "{}", found.said);
    assert!(found.said.contains("not signed by a key of the list"), "{}", found.said);
    let found = foreign("verify.sh", &exported.folder, &[keys]);
    assert!(found.status.success(), "{}", found.said);
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
