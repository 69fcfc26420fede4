//! The server's own log says nothing of anybody, however much it is told to say (DESIGN: promise 5); nor do its metrics.

use std::process::Command;

use consent_tests::client::{Client, decision, fresh_decision_id};
use consent_tests::process::{Server, binary};
use serde_json::json;

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
    let token = std::fs::read_to_string(folder.path().join("data/operator.token")).unwrap();
    let metrics = ureq::get(format!("{}/metrics", server.address))
        .header("authorization", format!("Bearer {}", token.trim()))
        .call();
    let metrics = metrics.unwrap().body_mut().read_to_string().unwrap();
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
