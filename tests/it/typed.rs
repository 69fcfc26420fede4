//! The TypeScript types of the interface are those that its description makes: `consent-js/dist/interface.d.ts` is what the
//! npm package `openapi-typescript` writes of `consent-server/docs/openapi.json`, which is held against the server by
//! `consent-server/tests/http/interface.rs`. The browser tests are checked with them.
//!
//! `tests/run` installs the package and sets `CONSENT_FULL`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use consent_tests::full_run;
use consent_tests::process::repository;

/// Whether the types are those of this description.
fn check(description: &Path) -> Output {
    let scripts = fs::read(repository().join("tests/interface/package.json")).unwrap();
    let scripts: serde_json::Value = serde_json::from_slice(&scripts).unwrap();
    let mut words = scripts["scripts"]["build"].as_str().unwrap().split(' ');
    let program = format!("node_modules/.bin/{}", words.next().unwrap());
    let folder = repository().join("tests/interface");
    assert_eq!(words.next(), Some("../../consent-server/docs/openapi.json"));
    let mut command = Command::new(folder.join(program));
    command.arg(description).args(words).arg("--check").current_dir(folder).output().unwrap()
}

#[test]
fn the_types_of_the_interface_are_what_its_description_makes() {
    if !full_run("node and the npm package openapi-typescript") {
        return;
    }
    let description = repository().join("consent-server/docs/openapi.json");
    let same = check(&description);
    let how = "run `npm run build` in tests/interface";
    assert!(same.status.success(), "{how}: {}", String::from_utf8_lossy(&same.stderr));

    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("openapi.json");
    let text = fs::read_to_string(description).unwrap();
    fs::write(&other, text.replace("\"recorded_at\"", "\"kept_at\"")).unwrap();
    assert!(!check(&other).status.success(), "it would not see a change");
}
