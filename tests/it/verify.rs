//! `consent verify` as a command: what it answers, how it ends, and what it needs for that.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use consent_tests::measure::measure;
use consent_tests::process::binary;
use consent_tests::{bulk, full_run};

use crate::grown::Grown;

fn verify(arguments: &[&dyn AsRef<std::ffi::OsStr>]) -> Output {
    Command::new(binary()).arg("verify").args(arguments).output().unwrap()
}

#[test]
fn the_report_is_the_same_for_every_number_of_threads() {
    let home = tempfile::tempdir().unwrap();
    let sound = home.path().join("sound");
    bulk::folder(&sound, 3000).unwrap();
    type Damage = dyn Fn(&mut Vec<u8>);
    let damages: [(&str, &Damage); 9] = [
        ("README.txt", &|_| ()),
        ("openings.jsonl", &|bytes| bytes[1_000_000] ^= 1),
        // Two lines far from each other: what comes between them is out of order or repeated.
        ("openings.jsonl", &|bytes| bytes.rotate_left(700_000)),
        ("openings.jsonl", &|bytes| bytes.truncate(1_200_000)),
        ("decisions.csv", &|bytes| bytes[500_000] = b'!'),
        ("logs/2026/tile/0/005", &|bytes| bytes[777] ^= 4),
        ("logs/2026/tile/entries/003", &|bytes| bytes[20_000] ^= 2),
        ("logs/2026/tile/entries/007", &|bytes| bytes.truncate(100)),
        ("logs/2026/tile/entries/009", &|bytes| bytes.clear()),
    ];
    for (name, damage) in damages {
        let path = sound.join(name);
        let before = fs::read(&path).unwrap();
        let mut bytes = before.clone();
        damage(&mut bytes);
        fs::write(&path, &bytes).unwrap();
        let [one, two, eight] =
            ["1", "2", "8"].map(|threads| verify(&[&sound, &"--json", &"--threads", &threads]));
        fs::write(&path, &before).unwrap();
        assert_eq!(one.status.code(), Some(i32::from(bytes != before)), "{name}");
        let report: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
        assert_eq!(report["holds"], bytes == before);
        let text = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
        assert_eq!(text(&one), text(&two), "{name}");
        assert_eq!(text(&one), text(&eight), "{name}");
    }
}

#[test]
fn no_threads_at_all_are_refused_with_a_reason() {
    let answer = verify(&[&"bundle.zip", &"--threads", &"0"]);
    assert_eq!(answer.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&answer.stderr).contains("--threads"));
}

#[test]
fn a_receipt_that_a_later_log_contradicts_is_proof_of_tampering() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // The same key, the same names, the same number of decisions: the log written a second time, from its beginning.
    let (first, again) = (runtime.block_on(Grown::new(40)), runtime.block_on(Grown::new(40)));
    for receipt in &first.receipts {
        let policy = first.folder.join("policy");
        let alone = verify(&[&"--receipt", receipt, &"--policy", &policy]);
        assert!(alone.status.success(), "{alone:?}");
        let held = verify(&[&first.bundle, &"--receipt", receipt]);
        assert!(held.status.success(), "{held:?}");
        for bundle in [&again.bundle, &again.folder] {
            let found = verify(&[bundle, &"--receipt", receipt]);
            let said = String::from_utf8(found.stdout).unwrap();
            assert_eq!(found.status.code(), Some(1), "{said}");
            assert!(said.contains("PROOF OF TAMPERING") && said.contains("[evidence_differs]"), "{said}");
            assert!(said.contains(receipt.to_str().unwrap()), "{said}");
        }
    }
    // Without a receipt a log that was written anew looks sound, and the report says that this was not excluded.
    let silent = verify(&[&again.bundle]);
    let said = String::from_utf8(silent.stdout).unwrap();
    assert!(silent.status.success() && said.contains("was not rewritten from its beginning"), "{said}");
    // A flipped byte is damage and no proof of anything.
    let file = again.folder.join("decisions.csv");
    let mut bytes = fs::read(&file).unwrap();
    bytes[300] ^= 1;
    fs::write(&file, bytes).unwrap();
    let damaged = verify(&[&again.folder]);
    let said = String::from_utf8(damaged.stdout).unwrap();
    assert!(damaged.status.code() == Some(1) && !said.contains("PROOF OF TAMPERING"), "{said}");
}

/// The most that the check may have in memory, in bytes.
const MOST: u64 = 64 * 1024 * 1024;

#[test]
fn a_bundle_of_any_size_is_checked_in_little_memory() {
    // From the smaller size on each of eight threads has met all kinds of files, and so has what its allocator keeps for it.
    let sizes: [u64; 2] =
        if full_run("100 000 entries; 20 000 are used") { [20_000, 100_000] } else { [10_000, 20_000] };
    let home = tempfile::tempdir().unwrap();
    let most = sizes.map(|entries| {
        let (folder, zip) =
            (home.path().join(entries.to_string()), home.path().join(format!("{entries}.zip")));
        bulk::folder(&folder, entries).unwrap();
        bulk::zip(&folder, &zip).unwrap();
        let used = [(&folder, "2"), (&folder, "8"), (&zip, "2"), (&zip, "8")]
            .map(|(bundle, threads)| memory(bundle, threads));
        used.into_iter().max().unwrap()
    });
    println!("{} and {} entries: {} and {} KiB", sizes[0], sizes[1], most[0] / 1024, most[1] / 1024);
    assert!(most[1] < MOST, "{} MiB", most[1] >> 20);
    // What grows is the list of files: some 200 bytes for each, of which there are two for 256 entries.
    let grown = most[1].saturating_sub(most[0]);
    assert!(grown < (sizes[1] - sizes[0]) * 16 + 8 * 1024 * 1024, "{most:?}");
}

fn memory(bundle: &Path, threads: &str) -> u64 {
    let used = measure(Command::new(binary()).arg("verify").arg(bundle).args(["--threads", threads]));
    assert!(used.status.success(), "{}", used.said);
    assert!(used.memory > 1024 * 1024, "nothing was measured");
    used.memory
}
