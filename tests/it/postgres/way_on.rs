//! The way on where a database is an older one than what was signed: a server that runs meanwhile follows.

use std::process::{Command, Output};

use consent_tests::client::{Client, decision, fresh_decision_id, log_of_now};
use consent_tests::postgres::Cluster;
use consent_tests::process::{Server, binary};
use serde_json::json;

use super::sibling;

/// Decides so many times, and returns the log of the last one.
fn decide(server: &Server, count: usize) -> String {
    let client = Client::new(&server.address);
    let notice = client.notice_id();
    let mut log = String::new();
    for _ in 0..count {
        let (status, body) = client.send(&decision(&fresh_decision_id(), &notice)).unwrap();
        assert_eq!(status, 201, "{body}");
        body["log"].as_str().unwrap().clone_into(&mut log);
    }
    log
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_database_that_lost_its_end_goes_on_in_the_next_log_and_a_running_server_follows() {
    let Some(cluster) = Cluster::start("a database that lost its end") else { return };
    let url = cluster.database("newest");
    let first = tempfile::tempdir().unwrap();
    let one = Server::start_shared(first.path(), &url);
    decide(&one, 3);
    assert!(one.stop().success());
    cluster.query("postgres", "CREATE DATABASE older TEMPLATE newest");
    let one = Server::start_shared(first.path(), &url);
    decide(&one, 20);
    assert!(one.stop().success());
    // Another server, which knows nothing of that, runs on the older one.
    let older = cluster.url("older");
    let second = sibling(first.path());
    let two = Server::start_shared(second.path(), &older);
    assert_eq!(decide(&two, 2), log_of_now());
    let refusal = Server::refusal(first.path(), &older);
    let typed = refusal.lines().find_map(|line| line.strip_prefix("To see what could be kept:  consent "));
    let typed = typed.unwrap_or_else(|| panic!("no command: {refusal}"));
    assert!(refusal.contains("`consent recover`") && !refusal.contains("not-a-secret"), "{refusal}");
    let recover = |more: &[&str]| {
        let mut command = Command::new(binary());
        command.args(typed.split_whitespace()).args(more).env("CONSENT_STORE", &older);
        command.output().unwrap()
    };
    let asked = recover(&[]);
    assert!(!asked.status.success() && text(&asked).contains("are lost"), "{}", text(&asked));
    // The running one may append between the two steps of the command: then nothing was ended.
    let done = (0..5).map(|_| recover(&["--confirm"])).find(|done| done.status.success());
    assert!(done.is_some(), "{}", text(&recover(&["--confirm"])));
    let next = format!("{}.2", log_of_now());
    assert_eq!(decide(&two, 2), next, "{}", super::said(second.path()));
    let one = Server::start_shared(first.path(), &older);
    assert_eq!(decide(&one, 1), next);
    assert_eq!(decide(&two, 1), next);
    // Both show the same.
    let path = format!("/v1/sites/newsroom/logs/{}/checkpoint", log_of_now().rsplit('/').next().unwrap());
    let heads = [&one, &two].map(|server| Client::new(&server.address).get(&path).unwrap().1);
    assert_eq!(heads[0], heads[1]);
    let bundle = first.path().join("bundle.zip");
    two.export_bundle(first.path(), &bundle);
    let verified = Command::new(binary()).args(["verify", "--json"]).arg(&bundle).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    let found = report["findings"].as_array().unwrap();
    assert!(
        !found.is_empty() && found.iter().all(|found| found["code"] == json!("entries_lost")),
        "{found:?}"
    );
    assert!(one.stop().success() && two.stop().success());
}
