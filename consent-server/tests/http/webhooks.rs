//! Receivers of webhooks, as operators ask for them; and how far they are told, across the year and by the store alone.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::support::{Server, decision, decision_id, post, server_of};

/// Nobody listens there, and nobody is told while no test runs what is done beside requests.
const CONFIG: &str = r#"
[server]
host = "consent.example"
[limits]
per_subject = 0
[[site]]
id = "newsroom"
languages = ["fr"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
vendor = [{ category = "analytics", name = "V", privacy_url = "https://v.example/p" }]
[[site.webhook]]
id = "warehouse"
url = "http://127.0.0.1:9/"
secret_file = "SECRET"
[[site]]
id = "news"
controller = { name = "Exemple SA", privacy_url = "/privacy" }
vendor = [{ category = "analytics", name = "V", privacy_url = "https://v.example/p" }]
"#;

const SECRET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/config/webhook.secret");

async fn server() -> Server {
    server_of(&CONFIG.replace("SECRET", SECRET)).await
}

fn replay(token: Option<&str>, webhook: &str, body: &str) -> Request<Body> {
    let mut request = Request::post(format!("/v1/sites/newsroom/webhooks/{webhook}/replays"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn status(server: &Server, token: &str) -> Value {
    let authorization = format!("Bearer {token}");
    let answer = server.get_with("/v1/sites/newsroom/webhooks", &[("authorization", &authorization)]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    answer.json()
}

#[tokio::test]
async fn only_an_operator_of_the_site_has_something_told_again() {
    let server = server().await;
    let tokens = &server.tokens;
    let operator = Some(tokens.operator.as_str());
    for (what, request, code) in [
        ("none", replay(None, "warehouse", "{}"), (401, "missing_token")),
        ("auditor", replay(Some(&tokens.auditor), "warehouse", "{}"), (403, "not_allowed")),
        ("foreign", replay(Some(&tokens.news_operator), "warehouse", "{}"), (403, "not_allowed")),
        ("webhook", replay(operator, "other", "{}"), (404, "unknown_webhook")),
        ("json", replay(operator, "warehouse", "{"), (400, "invalid_json")),
        ("key", replay(operator, "warehouse", r#"{"all":true}"#), (422, "invalid_request")),
        ("year", replay(operator, "warehouse", r#"{"log":"26"}"#), (422, "invalid_replay")),
        ("index", replay(operator, "warehouse", r#"{"from":1}"#), (422, "invalid_replay")),
        ("none", replay(operator, "warehouse", r#"{"log":"2026","from":2,"to":2}"#), (422, "invalid_replay")),
        ("date", replay(operator, "warehouse", r#"{"since":"then"}"#), (422, "invalid_replay")),
        ("large", replay(operator, "warehouse", &" ".repeat(5000)), (413, "body_too_large")),
    ] {
        server.refuses(what, request, code.0, code.1).await;
    }
    assert_eq!(server.get("/v1/sites/newsroom/webhooks").await.code(), "missing_token");
    assert_eq!(status(&server, &tokens.auditor).await["webhooks"][0]["id"], "warehouse");
}

#[tokio::test]
async fn what_is_told_again_is_a_part_of_a_log_or_of_a_period() {
    let server = server().await;
    let begins = status(&server, &server.tokens.operator).await["webhooks"][0]["logs"].clone();
    let size = begins[0]["size"].as_u64().unwrap();
    assert_eq!(
        begins,
        json!([{"log": "2026", "told": size, "size": size}]),
        "it begins behind what there is"
    );
    for number in 1..=3 {
        let body = server.decision(number).await;
        assert_eq!(server.post("newsroom", &body).await.status, 201);
        server.set_clock(super::support::NOW + i64::try_from(number).unwrap() * 86_400);
    }
    let logs = &status(&server, &server.tokens.operator).await["webhooks"][0]["logs"];
    assert_eq!(*logs, json!([{"log": "2026", "told": size, "size": size + 3}]));
    let mut expected = 0;
    // One decision on each of three days from the 23rd on; what the log begins with is of the first.
    for (body, more) in [
        (json!({"log": "2026", "from": size, "to": size + 2}), 2),
        (json!({"log": "2025"}), 0),
        (json!({"since": "2026-11-24"}), 2),
        (json!({"since": "2026-11-24", "until": "2026-11-25"}), 1),
        (json!({"log": "2026", "from": size + 2, "since": "2026-11-24"}), 1),
        (json!({"since": "2026-12-24"}), 0),
        (json!({}), size + 3),
    ] {
        let answer = server.send(replay(Some(&server.tokens.operator), "warehouse", &body.to_string())).await;
        expected += more;
        assert_eq!((answer.status, &answer.json()["again"]), (202, &json!(expected)), "{body}");
    }
    for _ in 0..11 {
        let request = replay(Some(&server.tokens.operator), "warehouse", r#"{"since":"2026-11-24"}"#);
        assert_eq!(server.send(request).await.status, 202);
    }
    let request = replay(Some(&server.tokens.operator), "warehouse", "{}");
    server.refuses("one too many", request, 409, "too_many_replays").await;
}

#[tokio::test]
async fn a_receiver_is_told_on_in_the_log_of_the_next_year() {
    let (sent, mut told) = tokio::sync::mpsc::unbounded_channel();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let take = move |body: Bytes| async move { sent.send(body).unwrap() };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(take)).await });
    let config = CONFIG.replace("SECRET", SECRET).replace("127.0.0.1:9", &address.to_string());
    let server = server_of(&config).await;
    let (clock, notice) = (server.clock(), server.notice_id("newsroom", "fr").await);
    let Server { app, router, folder: _folder, .. } = server;
    tokio::spawn(app.run(std::future::pending()));
    let decide = async |number| {
        let body = decision(number, &notice).to_string();
        let answer = router.clone().oneshot(post("newsroom", Some("application/json"), body)).await;
        assert_eq!(answer.unwrap().status(), 201);
    };
    let mut next = async || {
        let json: Value = serde_json::from_slice(&told.recv().await.unwrap()).unwrap();
        (json["data"]["log"].clone(), json["data"]["subject"]["decision_id"].clone())
    };
    decide(1).await;
    assert_eq!(next().await, (json!("2026"), json!(decision_id(1))));
    decide(2).await;
    clock.store(super::support::NOW + 40 * 86_400, Ordering::SeqCst);
    decide(3).await;
    assert_eq!(next().await, (json!("2026"), json!(decision_id(2))));
    assert_eq!(next().await, (json!("2027"), json!(decision_id(3))));
}

/// Across a year and an erasure in the log of the old one, on the store alone.
#[tokio::test]
async fn what_is_due_is_found_in_the_logs_of_both_years() {
    use consent_server::config::WebhookEvents;
    use consent_server::webhooks::event::{body, due, id};

    let server = server().await;
    assert_eq!(server.post("newsroom", &server.decision(1).await).await.status, 201);
    server.set_clock(super::support::NOW + 40 * 86_400);
    assert_eq!(server.post("newsroom", &server.decision(2).await).await.status, 201);
    let path = "/v1/sites/newsroom/subjects/AAECAwQFBgcICQoLDA0ODw";
    let authorization = format!("Bearer {}", server.tokens.operator);
    let erased = server.request("DELETE", path, &[("authorization", &authorization)], Body::empty()).await;
    assert_eq!(erased.json()["decisions"], 2);
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (log, head) in server.heads().into_iter().filter(|(log, _)| log.site.as_str() == "newsroom") {
        for events in [&[WebhookEvents::Decision][..], &[WebhookEvents::Erasure]] {
            for found in due(&*server.store, &log, 0..head.size, events).unwrap() {
                let text =
                    String::from_utf8(body(&*server.store, &log, found.index).unwrap().unwrap()).unwrap();
                assert!(!text.contains("AAECAwQF") && !text.contains("reject_all"), "{text}");
                let json: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(id(&log, found.index), format!("newsroom_{}_{}", log.year, json["data"]["index"]));
                told.entry(log.year.to_string()).or_default().push(json["type"].as_str().unwrap().to_owned());
            }
        }
    }
    let both = || vec!["decision.recorded".to_owned(), "decisions.erased".to_owned()];
    assert_eq!(told, BTreeMap::from([("2026".to_owned(), both()), ("2027".to_owned(), both())]));
}
