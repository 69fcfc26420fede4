//! What the server says of itself.

use std::collections::BTreeMap;

use super::support::server;

/// Every route, so that none comes or goes unnoticed. `pages` and `/openapi.json` itself are not described.
const ROUTES: &str = "\
/.well-known/gpc.json get
/healthz get
/metrics get
/readyz get
/receipt get
/receipt/keys get
/v1/sites/{site}/banner.js get
/v1/sites/{site}/decisions get options post
/v1/sites/{site}/decisions/{decision_id}/proof.pdf get
/v1/sites/{site}/decisions/{decision_id}/receipt get
/v1/sites/{site}/declaration get
/v1/sites/{site}/declaration.html get
/v1/sites/{site}/declaration.js get
/v1/sites/{site}/export get
/v1/sites/{site}/handoffs options post
/v1/sites/{site}/logs/policy get
/v1/sites/{site}/logs/{year}/{path} get
/v1/sites/{site}/notice get
/v1/sites/{site}/notices get
/v1/sites/{site}/notices/{notice_id} get
/v1/sites/{site}/notices/{notice_id}/pictures/{view} put
/v1/sites/{site}/scripts/{script} get
/v1/sites/{site}/settings.js get
/v1/sites/{site}/shown post
/v1/sites/{site}/subjects/{subject_id} delete
";

#[tokio::test]
async fn the_description_lists_exactly_the_routes_that_there_are() {
    let server = server().await;
    let answer = server.get("/openapi.json").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let document = answer.json();
    let paths: BTreeMap<String, serde_json::Map<String, serde_json::Value>> =
        serde_json::from_value(document["paths"].clone()).unwrap();
    let mut listed = String::new();
    for (path, item) in &paths {
        let mut methods: Vec<_> =
            item.keys().filter(|key| *key != "parameters").map(String::as_str).collect();
        methods.sort_unstable();
        listed.push_str(&format!("{path} {}\n", methods.join(" ")));
        for (method, operation) in item {
            assert!(operation["responses"].as_object().is_some_and(|all| !all.is_empty()), "{method} {path}");
            assert!(
                operation["summary"].is_string() || operation["description"].is_string(),
                "{method} {path}"
            );
        }
    }
    assert_eq!(listed, ROUTES);
    // What is described answers, and a route that does not exist does not.
    for (path, item) in &paths {
        let real = path.replace("{site}", "newsroom").replace("{decision_id}", "x").replace("{year}", "2026");
        let real = real
            .replace("{path}", "checkpoint")
            .replace("{notice_id}", "x")
            .replace("{subject_id}", "x")
            .replace("{view}", "360")
            .replace("{script}", "x");
        for method in item.keys() {
            let answer = server.request(&method.to_uppercase(), &real, &[], axum::body::Body::empty()).await;
            assert_ne!(answer.status, 405, "{method} {real}");
            assert!(!answer.text().contains("no such page"), "{method} {real} falls through to the pages");
        }
    }
}

#[tokio::test]
async fn health_readiness_and_gpc_are_what_machines_expect() {
    let server = server().await;
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    assert_eq!(server.get("/readyz").await.text(), "ready\n");
    let gpc = server.get("/.well-known/gpc.json").await;
    assert_eq!((gpc.header("content-type"), gpc.json()["gpc"].as_bool()), ("application/json", Some(true)));
}
