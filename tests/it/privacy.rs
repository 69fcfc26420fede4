//! The server's own log says nothing of anybody, however much it is told to say (DESIGN: promise 5); nor do its metrics.

use std::collections::BTreeSet;
use std::process::Command;

use consent_core::digest::decode_base64url;
use consent_tests::client::{Client, decision, fresh_decision_id, parse_id};
use consent_tests::postgres::Cluster;
use consent_tests::process::{Server, binary, repository};
use serde_json::{Value, json};

use crate::boundaries::{rust_files, without_tests_and_comments};

#[test]
fn the_log_holds_nothing_personal_even_at_its_loudest() {
    nothing_personal_is_logged(Command::new(binary()), "consent_store_bytes ");
}

/// The same where decisions go to a database: its client could tell what it is told to write.
#[test]
fn the_log_holds_nothing_personal_of_what_a_database_is_told() {
    let Some(cluster) = Cluster::start("the log of a server with a database") else { return };
    let mut command = Command::new(binary());
    command.env("CONSENT_STORE", cluster.database("private"));
    nothing_personal_is_logged(command, "consent_log_entries{");
}

/// Runs a server that says all it can while somebody decides, is refused and asks. `told` is one of its metrics.
fn nothing_personal_is_logged(mut command: Command, told: &str) {
    let folder = tempfile::tempdir().unwrap();
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
    assert!(metrics.contains(told), "{metrics}");
    assert!(server.stop().success());
    let log = std::fs::read_to_string(folder.path().join("stderr")).unwrap();
    assert!(log.contains("/v1/sites/{site}/decisions"), "nothing was logged: {log}");
    // As bytes too, the way in which a program prints them that does not know what they are.
    let listed = |bytes: &[u8]| format!("{bytes:?}").trim_matches(['[', ']']).to_owned();
    let (id_bytes, subject_bytes) =
        (listed(parse_id(id).as_bytes()), listed(&decode_base64url(subject).expect("a subject")));
    for personal in [
        id,
        subject,
        &id_bytes,
        &subject_bytes,
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

/// Those of what happens seldom, and of what goes wrong: names of the config, numbers, and errors with everything behind them.
const ALLOWED_SELDOM: &[&str] = &[
    "bots",
    "erasures",
    "error",
    "errors",
    "failed_s",
    "known",
    "log",
    "lost",
    "name",
    "noted",
    "notice",
    "notices_new",
    "notices_of",
    "refused",
    "script",
    "service",
    "site",
    "sites_added",
    "sites_removed",
    "wait_ms",
    "wait_s",
    "webhook",
    "witness",
    "word",
];

/// The keys of an event as it is written in a program, whose arguments `source` begins with.
fn written_keys(source: &str) -> Vec<String> {
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    let mut parts = vec![String::new()];
    for letter in source.chars() {
        if quoted {
            (quoted, escaped) = (letter != '"' || escaped, letter == '\\' && !escaped);
            continue;
        }
        match letter {
            ')' if depth == 0 => break,
            ',' if depth == 0 => parts.push(String::new()),
            '"' => quoted = true,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ if depth == 0 => parts.last_mut().unwrap().push(letter),
            _ => {}
        }
    }
    let key =
        |part: &String| part.split('=').next().unwrap().trim().trim_start_matches(['%', '?']).to_owned();
    // The message has no name, and all of it is in quotes.
    parts.iter().map(key).filter(|key| !key.is_empty()).collect()
}

#[test]
fn every_key_that_is_written_anywhere_is_listed() {
    assert_eq!(
        written_keys(r#"%error, n = of(a, "b) \"c", [d]).len(), ?e, f, "it (is)"); g"#),
        ["error", "n", "e", "f"]
    );
    let mut found = BTreeSet::new();
    for package in ["consent-core", "consent-server"] {
        for file in rust_files(&repository().join(package).join("src")) {
            let text = without_tests_and_comments(&std::fs::read_to_string(&file).unwrap());
            for level in ["error", "warn", "info", "debug", "trace"] {
                for (at, begin) in text.match_indices(&format!("tracing::{level}!(")) {
                    for key in written_keys(&text[at + begin.len()..]) {
                        let listed = ALLOWED.iter().chain(ALLOWED_SELDOM).any(|listed| *listed == key);
                        assert!(listed, "{}: {key} is in no list", file.display());
                        found.insert(key);
                    }
                }
            }
        }
    }
    let gone: Vec<_> = ALLOWED_SELDOM.iter().filter(|key| !found.contains(**key)).collect();
    assert!(gone.is_empty(), "nobody writes {gone:?}");
}

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
