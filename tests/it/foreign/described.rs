//! The interface held against its own description, by a program that others wrote: Schemathesis makes requests of all kinds
//! from `/openapi.json`, such as fit it and such as do not, and looks at whether the answers do.
//!
//! It comes from PyPI: `tests/run` installs it and sets `CONSENT_FULL`. Its requests are the same in every run, as
//! `tests/foreign/schemathesis.toml` says.

use std::fs;
use std::process::Command;

use consent_tests::client::{Client, decision, fresh_decision_id};
use consent_tests::full_run;
use consent_tests::process::{Server, repository};

/// One site, which takes as much as comes from one address.
const CONFIG: &str = r#"
[server]
host = "localhost"
[limits]
per_address = 0
per_subject = 0
[[site]]
id = "newsroom"
languages = ["fr", "en"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = { fr = "Compte les visites.", en = "Counts visits." }
[site.account]
secret_file = "account.secret"
"#;

#[test]
fn schemathesis_finds_nothing() {
    if !full_run("requests that others make from the description") {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("account.secret"), "a secret of thirty-two bytes, here").unwrap();
    let server = Server::start_config(home.path(), CONFIG);
    let client = Client::new(&server.address);
    let (_, notice) = client.get("/v1/sites/newsroom/notice").unwrap();
    let notice: serde_json::Value = serde_json::from_slice(&notice).unwrap();
    let of_notice = |field: &str| notice[field].as_str().unwrap().to_owned();
    let sent: Vec<_> =
        [fresh_decision_id(), fresh_decision_id()].map(|id| decision(&id, &of_notice("notice_id"))).into();
    let answers: Vec<_> = sent.iter().map(|sent| client.send(sent).unwrap()).collect();
    assert!(answers.iter().all(|(status, _)| *status == 201), "{answers:?}");
    let log = answers[0].1["log"].as_str().unwrap();
    let token = fs::read_to_string(home.path().join("data/operator.token")).unwrap();
    let found = Command::new("python3")
        .args(["-B", "-m", "schemathesis.cli", "--config-file"])
        .arg(repository().join("tests/foreign/schemathesis.toml"))
        .args(["run", "--checks=all", "--no-color", &format!("{}/openapi.json", server.address)])
        .env("SERVER", &server.address)
        .env("TOKEN", token.trim())
        .env("NOTICE_ID", of_notice("notice_id"))
        .env("SCRIPT", of_notice("script"))
        .env("YEAR", log.rsplit('/').next().unwrap())
        .env("DECISION_ID", sent[0]["decision_id"].as_str().unwrap())
        .env("SUBJECT_ID", sent[0]["subject_id"].as_str().unwrap())
        .env("ERASED_ID", sent[1]["subject_id"].as_str().unwrap())
        .env("NO_PROXY", "127.0.0.1")
        .env_remove("SCHEMATHESIS_HOOKS")
        // It keeps files where it runs.
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&found.stdout);
    print!("{said}");
    assert!(found.status.success(), "{said}{}", String::from_utf8_lossy(&found.stderr));
    let operations = said.lines().find(|line| line.trim_start().starts_with("Tested: ")).unwrap_or_default();
    assert_eq!(operations.trim(), "Tested: 33");
}
