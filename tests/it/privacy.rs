//! The server's own log says nothing of anybody, however much it is told to say (DESIGN: promise 5); nor do its metrics.

use std::collections::BTreeSet;
use std::process::Command;

use consent_tests::client::{Client, decision, fresh_decision_id};
use consent_tests::process::{Server, binary};
use serde_json::{Value, json};

#[test]
fn the_log_holds_nothing_personal_even_at_its_loudest() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary());
    command.env("RUST_LOG", "trace");
    let server = Server::start_under(command, folder.path());
    let client = Client::new(&server.address);
    let notice = client.notice_id();
    let mut request = decision(&fresh_decision_id(), &notice);
    request["page"] = json!("/page-that-tells/of-somebody");
    assert_eq!(client.send(&request).unwrap().0, 201);
    // Refusals are logged too: an unknown notice, a broken field, the same id with another page.
    for (field, value) in
        [("notice_id", json!("x")), ("decided_at", json!("secret-time")), ("page", json!("/other-secret"))]
    {
        let mut bad = request.clone();
        bad[field] = value;
        assert!(client.send(&bad).unwrap().0 >= 400);
    }
    let (id, subject) = (request["decision_id"].as_str().unwrap(), request["subject_id"].as_str().unwrap());
    for path in [
        format!("/v1/sites/newsroom/decisions/{id}/receipt"),
        format!("/v1/sites/newsroom/decisions?subject_id={subject}"),
        "/secret-page?secret=query".to_owned(),
    ] {
        assert!(client.get(&path).is_some(), "{path}");
    }
    let metrics = server.operator(folder.path()).get("/metrics", 1 << 20).unwrap();
    let metrics = String::from_utf8(metrics).unwrap();
    assert!(metrics.contains(r#"consent_requests_total{route="decisions",status="201"} 1"#), "{metrics}");
    assert!(metrics.contains(r#"consent_requests_total{route="pages",status="404"} 1"#), "{metrics}");
    assert!(metrics.contains("consent_store_bytes "), "{metrics}");
    assert!(server.stop().success());
    let log = std::fs::read_to_string(folder.path().join("stderr")).unwrap();
    assert!(log.contains("/v1/sites/{site}/decisions"), "nothing was logged: {log}");
    for personal in [
        id,
        subject,
        "page-that-tells",
        "secret",
        "127.0.0.1",
        "203.0.113.77",
        "203-0-113-77",
        &id.replace('-', ""),
    ] {
        assert!(!log.contains(personal), "{personal} is in the log:\n{log}");
        assert!(!metrics.contains(personal), "{personal} is in the metrics:\n{metrics}");
    }
}

/// Every key of what this program logs of requests, and of a start and an end in peace. Whoever adds one says here that
/// nothing personal can be in it.
const ALLOWED: &[&str] = &["duration_us", "message", "method", "request_id", "route", "status"];

/// The keys of a line, those of the spans that it stands in included.
fn keys(line: &Value) -> BTreeSet<String> {
    let spans = line["spans"].as_array().into_iter().flatten();
    let parts = [&line["fields"], &line["span"]].into_iter().chain(spans);
    parts.filter_map(Value::as_object).flat_map(|part| part.keys().cloned()).collect()
}

#[test]
fn every_key_of_the_log_is_listed_and_a_request_has_the_name_that_is_in_its_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.args(["-c", r#"exec "$0" "$@" --log json"#]).arg(binary()).env("RUST_LOG", "trace");
    let server = Server::start_under(command, folder.path());
    let client = Client::new(&server.address);
    let (id, notice) = (fresh_decision_id(), client.notice_id());
    assert_eq!(client.send(&decision(&id, &notice)).unwrap().0, 201);
    // No proxy is named in the config, so nobody names requests but the server.
    let mut names = Vec::new();
    for given in ["anna@example.org", "0193a5c4-7d2e-7f00-8a1b-2c3d4e5f6071", &id] {
        let answer = ureq::get(format!("{}/v1/sites/newsroom/notice", server.address));
        let answer = answer.header("x-request-id", given).call().unwrap();
        names.push(answer.headers()["x-request-id"].to_str().unwrap().to_owned());
    }
    assert!(server.stop().success());
    let log = std::fs::read_to_string(folder.path().join("stderr")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let own = |line: &&Value| line["target"].as_str().is_some_and(|target| target.starts_with("consent"));
    let found: BTreeSet<_> = lines.iter().filter(own).flat_map(keys).collect();
    let strange: Vec<_> = found.iter().filter(|key| !ALLOWED.contains(&key.as_str())).collect();
    assert_eq!(strange, Vec::<&String>::new());
    for name in &names {
        assert_eq!(name.len(), 32, "{name}");
        let logged = lines.iter().filter(|line| line["fields"]["request_id"] == json!(name));
        assert_eq!(logged.count(), 1, "{name} is not in the log");
    }
    for personal in ["anna@example.org", "0193a5c4-7d2e", &id] {
        assert!(!log.contains(personal), "{personal} is in the log:\n{log}");
    }
}
