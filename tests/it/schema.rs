//! `consent schema` as an editor uses it: a validator that we did not write takes every config of this repository, and refuses
//! the keys, types and words that the program refuses.
//!
//! What it says about keys is tried in `consent-server/tests/config/schema.rs`. It needs Python's jsonschema: `tests/run` installs it and sets `CONSENT_FULL`. As a crate it would bring thirty others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use consent_server::config::{self, Code};
use consent_tests::full_run;
use serde_json::{Value, json};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/foreign/schema.py");
const BAD: &str = "consent-server/tests/config/bad";

fn skipped() -> bool {
    !full_run("a validator of JSON Schema that others wrote")
}

/// What the validator says of each file; `None` for a file that is no TOML.
fn validated(files: &[String]) -> Vec<Option<Vec<String>>> {
    let schema = tempfile::NamedTempFile::new().unwrap();
    fs::write(schema.path(), config::schema().to_string()).unwrap();
    let output = Command::new("python3").arg(SCRIPT).arg(schema.path()).args(files).output().unwrap();
    let (said, wrong) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{wrong}");
    let said: Vec<_> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(said.len(), files.len());
    said
}

/// Every TOML file below a folder of the repository.
fn configs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("node_modules") {
            configs(&path, found);
        } else if path.extension().is_some_and(|end| end == "toml") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_config_of_the_repository_is_valid() {
    if skipped() {
        return;
    }
    let mut found = vec![Path::new(ROOT).join("consent-server/docs/reference.toml")];
    for folder in
        ["examples", "tests/browser/fixtures", "tests/bench/banner", "consent-server/tests/config/good"]
    {
        configs(&Path::new(ROOT).join(folder), &mut found);
    }
    assert!(found.len() >= 20, "{found:?}");
    let files: Vec<_> = found.iter().map(|path| path.display().to_string()).collect();
    for (file, errors) in files.iter().zip(validated(&files)) {
        assert_eq!(errors, Some(Vec::new()), "{file}");
    }
}

/// Keys and words of texts, which the schema does not know.
const BEYOND: [&str; 2] = ["direction.toml", "unknown-text-key.toml"];

/// What it refuses besides: a site without its id, and keys and words that the program has another code for.
const BESIDES: [Code; 4] = [Code::Extends, Code::MissingKey, Code::Secret, Code::Waiver];

#[test]
fn it_refuses_the_keys_types_and_words_that_the_program_refuses() {
    if skipped() {
        return;
    }
    let mut found = Vec::new();
    configs(&Path::new(ROOT).join(BAD), &mut found);
    let files: Vec<_> = found.iter().map(|path| path.display().to_string()).collect();
    let (mut refused, mut taken) = (0, 0);
    for (path, errors) in found.iter().zip(validated(&files)) {
        let Some(errors) = errors else { continue };
        let found = config::load(path).map_or_else(|found| found, |loaded| loaded.warnings).found;
        let has = |codes: &[Code]| found.iter().any(|finding| codes.contains(&finding.code));
        let slip = has(&[Code::UnknownKey, Code::WrongType, Code::UnknownValue, Code::UnknownCategory]);
        // Keys of other platforms that nothing reads: the program has the code of the rule for them, the schema one word for all.
        let is_asked = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("asked-"));
        let beyond = BEYOND.iter().any(|name| path.ends_with(name));
        if slip {
            assert_eq!(errors.is_empty(), beyond, "{}", path.display());
            refused += 1;
        } else {
            assert!(errors.is_empty() != is_asked || has(&BESIDES), "{}: {errors:?}", path.display());
            taken += usize::from(errors.is_empty());
        }
    }
    assert!(refused >= 20 && taken >= 60, "{refused} {taken}");
}

#[test]
fn it_refuses_a_slip_at_every_depth_and_in_what_is_taken_over() {
    if skipped() {
        return;
    }
    let smallest = format!("{ROOT}/consent-server/tests/config/good/smallest.toml");
    let changed = |changes: Value| format!("{smallest}#{changes}");
    let site = |key: &str, value: Value| changed(json!({ "site": [{ "id": "a", key: value }] }));
    let good = [
        site("ask_again_after", json!("6 months")),
        site("regions", json!({ "GB": {}, "CH": { "analytics": "opt_in" } })),
        changed(
            json!({ "defaults": { "texts": { "fr": { "categories": { "analytics": { "title": "x" } } } } } }),
        ),
        changed(json!({ "base": { "press": { "extends": "paper", "cookie": [{ "name": "a" }] } } })),
    ];
    for (file, errors) in good.iter().zip(validated(&good)) {
        assert_eq!(errors, Some(Vec::new()), "{file}");
    }
    let bad = [
        changed(json!({ "sites": [] })),
        changed(json!({ "site": {} })),
        changed(json!({ "site": [{}] })),
        site("langauges", json!(["fr"])),
        site("ask_again_after", json!(true)),
        site("retention_days", json!(-1)),
        site("regions", json!({ "GB": { "analitics": "opt_in" } })),
        site("regions", json!({ "GB": { "analytics": "always" } })),
        site("compat", json!(["elsewhere"])),
        changed(json!({ "defaults": { "id": "a" } })),
        changed(json!({ "defaults": { "extends": "press" } })),
        changed(json!({ "defaults": { "controller": { "nmae": "A" } } })),
        changed(json!({ "defaults": { "texts": { "fr": { "title": 1 } } } })),
        changed(json!({ "base": { "press": { "id": "a" } } })),
        changed(json!({ "base": { "press": { "cookie": [{ "category": "marketing" }] } } })),
        changed(json!({ "base": { "press": { "cookie": [{ "durations": "session" }] } } })),
    ];
    for (file, errors) in bad.iter().zip(validated(&bad)) {
        assert!(errors.is_some_and(|errors| errors.len() == 1), "{file}");
    }
}
