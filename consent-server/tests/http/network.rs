//! The network that a visitor came from: kept where a site asks for it, told in its notice, and erased. The address never is.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use serde_json::{Value, json};

use super::console::Browser;
use super::support::{Server, decision, decision_id, embedded, post};

const CONFIG: &str = r#"
[server]
host = "consent.example"
trusted_proxies = ["127.0.0.1"]
[[site]]
id = "newsroom"
languages = ["fr"]
record_network = true
controller = { name = "Exemple SA", privacy_url = "/privacy" }
cookie = [{ category = "analytics", name = "visits", owner = "Exemple SA", duration = "13 months", purpose = "Compte les visites." }]
[[site]]
id = "news"
languages = ["fr"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
cookie = [{ category = "analytics", name = "visits", owner = "Exemple SA", duration = "13 months", purpose = "Compte les visites." }]
"#;

/// Decides from an address, through proxies that name another one; what is kept of who that was.
async fn kept(server: &Server, site: &str, number: u64, peer: &str, forwarded: &str) -> Value {
    let mut body = decision(number, &server.notice_id(site, "fr").await);
    body["subject_id"] = json!(format!("{number:021}A"));
    let mut request = post(site, Some("application/json"), body.to_string());
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 40_000)));
    if !forwarded.is_empty() {
        request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    }
    let answer = server.send(request).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let path = format!("/v1/sites/{site}/decisions?subject_id={number:021}A");
    let past = server.get_with(&path, &[("authorization", &bearer(server))]).await.json();
    past[0]["subject"].clone()
}

fn bearer(server: &Server) -> String {
    format!("Bearer {}", server.tokens.operator)
}

/// Whether any file has these bytes.
fn is_on_the_disk(folder: &std::path::Path, bytes: &[u8]) -> bool {
    let holds = |path: &std::path::Path| {
        std::fs::read(path).unwrap_or_default().windows(bytes.len()).any(|part| part == bytes)
    };
    let all = std::fs::read_dir(folder).unwrap().map(|found| found.unwrap().path());
    all.into_iter().any(|path| if path.is_dir() { is_on_the_disk(&path, bytes) } else { holds(&path) })
}

#[tokio::test]
async fn the_network_is_kept_where_the_notice_says_so_and_the_address_nowhere() {
    let server = embedded(CONFIG, tempfile::tempdir().unwrap()).await;
    for (number, peer, forwarded, network) in [
        (1, "203.0.113.77", "", json!("203.0.113.0/24")),
        (2, "127.0.0.1", "198.51.100.9, 203.0.113.77", json!("203.0.113.0/24")),
        (3, "127.0.0.1", "2001:db8:7:8::9", json!("2001:db8:7::/48")),
        // Where the proxy is says nothing of the visitor.
        (4, "127.0.0.1", "", Value::Null),
        (6, "10.1.2.3", "", Value::Null),
        // Whoever is no proxy of ours can write what they like.
        (5, "203.0.113.77", "198.51.100.9", json!("203.0.113.0/24")),
    ] {
        let subject = kept(&server, "newsroom", number, peer, forwarded).await;
        assert_eq!(subject["network"], network, "{peer} {forwarded}");
        assert_eq!(subject["decision_id"], json!(decision_id(number)));
    }
    assert_eq!(kept(&server, "news", 7, "203.0.113.77", "").await["network"], Value::Null);
    let told = server.get("/v1/sites/newsroom/notice?language=fr").await.json();
    assert_eq!(told["network"], true);
    assert!(server.get("/v1/sites/news/notice?language=fr").await.json().get("network").is_none());
    for text in ["203.0.113.77", "198.51.100.9", "2001:db8:7:8"] {
        assert!(!is_on_the_disk(server.folder.path(), text.as_bytes()), "{text}");
    }
    assert!(is_on_the_disk(server.folder.path(), b"203.0.113.0/24"), "or the above could not fail");
}

#[tokio::test]
async fn it_is_shown_with_the_decision_proven_and_erased_with_who_decided() {
    let server = embedded(CONFIG, tempfile::tempdir().unwrap()).await;
    kept(&server, "newsroom", 1, "203.0.113.77", "").await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let story = operator.get(&operator.story(1).await).await;
    assert!(story.text().contains("<dt>Network</dt><dd><bdi>203.0.113.0/24</bdi>"), "{}", story.text());
    let path = format!("/v1/sites/newsroom/subjects/{:021}A", 1);
    let erased = server.request("DELETE", &path, &[("authorization", &bearer(&server))], Body::empty()).await;
    assert_eq!(erased.status, 200, "{}", erased.text());
    assert!(!is_on_the_disk(server.folder.path(), b"203.0.113.0/24"));
}
