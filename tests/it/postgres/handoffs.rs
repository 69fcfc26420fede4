//! A choice that goes from one site to another, where several servers share one database.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

use consent_core::decision::{DecisionId, rfc3339_millis};
use consent_server::clock::{Clock as _, SystemClock};
use consent_tests::client::Client;
use consent_tests::postgres::Cluster;
use consent_tests::process::{Server, binary};
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::sibling;

const CONFIG: &str = r#"
[server]
host = "localhost"
[limits]
per_address = 0
per_subject = 0
[defaults]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
vendor = [{ category = "analytics", name = "V", privacy_url = "https://v.example/p" }]
[[site]]
id = "newsroom"
origins = ["https://news.example"]
[[site]]
id = "sport"
origins = ["https://sport.example"]
[[group]]
id = "press"
sites = ["newsroom", "sport"]
"#;

fn start(folder: &Path, url: &str) -> Server {
    let config = folder.join("consent.toml");
    fs::write(&config, CONFIG).unwrap();
    let mut command = Command::new(binary());
    command.env("CONSENT_STORE", url);
    Server::start_with(command, &config, folder)
}

fn request(client: &Client, site: &str, action: &str, at: OffsetDateTime) -> Value {
    let (_, notice) = client.get(&format!("/v1/sites/{site}/notice")).unwrap();
    let notice: Value = serde_json::from_slice(&notice).unwrap();
    json!({
        "subject_id": "AAECAwQFBgcICQoLDA0ODw",
        "notice_id": notice["notice_id"],
        "action": action,
        "choices": {"functional": "grant", "analytics": "grant", "performance": "grant", "advertisement": "grant"},
        "decided_at": rfc3339_millis(at),
        "signals": {"gpc": false},
        "language": notice["language"],
        "page": "/",
    })
}

#[test]
fn of_two_servers_that_are_brought_one_token_at_once_one_takes_it_and_both_know_it() {
    let Some(cluster) = Cluster::start("a hand-off at two servers") else { return };
    let url = cluster.database("handoffs");
    let first = tempfile::tempdir().unwrap();
    let one = start(first.path(), &url);
    let second = sibling(first.path());
    let two = start(second.path(), &url);
    let clients = [&one, &two].map(|server| Client::new(&server.address));
    for round in 0..10 {
        let at = SystemClock.now();
        let millis = u64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap();
        let id = DecisionId::made_at(millis, [round; 10]).to_string();
        let mut chosen = request(&clients[0], "newsroom", "accept_all", at);
        chosen["decision_id"] = json!(id);
        assert_eq!(clients[0].send(&chosen).unwrap().0, 201);
        // What one has recorded the other one hands on, at once.
        let asked = json!({"decision_id": id, "to": "sport"});
        let (status, given) = clients[1].post("/v1/sites/newsroom/handoffs", &asked).unwrap();
        assert_eq!(status, 201, "{given}");
        let mut sent =
            [request(&clients[0], "sport", "handoff", at), request(&clients[0], "sport", "handoff", at)];
        for (number, one) in sent.iter_mut().enumerate() {
            one["handoff"] = given["token"].clone();
            one["subject_id"] = json!(format!("{round:011}{number:010}A"));
        }
        let answers = thread::scope(|scope| {
            let both = [0, 1].map(|at| {
                let (client, request) = (&clients[at], &sent[at]);
                scope.spawn(move || client.send_to("sport", request).unwrap())
            });
            both.map(|one| one.join().unwrap())
        });
        let taken = answers.iter().position(|(status, _)| *status == 201).expect("one of the two");
        let (status, refused) = &answers[1 - taken];
        assert_eq!((*status, &refused["code"]), (409, &json!("decision_conflict")));
        for client in &clients {
            assert_eq!(client.send_to("sport", &sent[taken]).unwrap(), (200, answers[taken].1.clone()));
            assert_eq!(client.send_to("sport", &sent[1 - taken]).unwrap().0, 409);
        }
    }
    assert!(one.stop().success() && two.stop().success());
}
