//! What strangers send: each refused with its status and code, and nothing stored.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::support::{decision_id, post, server};

const JSON: Option<&str> = Some("application/json");

#[tokio::test]
async fn bodies_that_are_no_decision_are_refused() {
    let server = server().await;
    let good = server.decision(1).await.to_string();
    let with = |change: &str, to: &str| good.replacen(change, to, 1);
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    for (what, body, status, code) in [
        ("empty", String::new(), 400, "invalid_json"),
        ("half", good[..good.len() / 2].to_owned(), 400, "invalid_json"),
        ("two", format!("{good}{good}"), 400, "invalid_json"),
        ("a list", "[]".to_owned(), 422, "invalid_request"),
        ("an unknown field", with("{", r#"{"policy":1,"#), 422, "invalid_request"),
        ("a field twice", with("{", r#"{"page":"/a","#), 422, "invalid_request"),
        ("a missing field", with(r#""language":"fr","#, ""), 422, "invalid_request"),
        ("an unknown signal", with(r#""gpc":false"#, r#""gpc":false,"dnt":true"#), 422, "invalid_request"),
        ("a number for a text", with(r#""/actualites?utm=1#top""#, "7"), 422, "invalid_request"),
        ("too deep", format!("{{\"choices\":{}", "[".repeat(16_000)), 422, "invalid_request"),
        ("one byte too many", padded(16 * 1024 + 1), 413, "body_too_large"),
        ("a megabyte", padded(1 << 20), 413, "body_too_large"),
    ] {
        server.refuses(what, post("newsroom", JSON, body), status, code).await;
    }
    server
        .refuses(
            "no UTF-8",
            post(
                "newsroom",
                JSON,
                good.replace("fr", "\u{fffd}")
                    .into_bytes()
                    .iter()
                    .map(|byte| if *byte == 0xef { 0xff } else { *byte })
                    .collect::<Vec<u8>>(),
            ),
            400,
            "invalid_json",
        )
        .await;
    // What the limit allows is taken.
    assert_eq!(server.send(post("newsroom", JSON, padded(16 * 1024))).await.status, 201);
}

#[tokio::test]
async fn bodies_of_another_type_are_refused() {
    let server = server().await;
    let good = server.decision(1).await.to_string();
    for kind in [
        None,
        Some("text/plain"),
        Some("application/jsonp"),
        Some("application/x-www-form-urlencoded"),
        Some(""),
    ] {
        server.refuses(kind, post("newsroom", kind, good.clone()), 415, "unsupported_media_type").await;
    }
    for kind in ["application/json", "Application/JSON; charset=utf-8"] {
        assert!(server.send(post("newsroom", Some(kind), good.clone())).await.status < 300);
    }
}

#[tokio::test]
async fn a_decision_that_does_not_agree_with_its_notice_is_refused() {
    let server = server().await;
    let good = server.decision(1).await;
    let elsewhere = server.notice_id("news", "en").await;
    let english = server.notice_id("newsroom", "en").await;
    let choices = |analytics: &str| json!({"functional": "deny", "analytics": analytics, "performance": "deny", "advertisement": "deny"});
    let set = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed
    };
    let cases = [
        ("unknown_notice", set("notice_id", json!("A".repeat(43)))),
        ("unknown_notice", set("notice_id", json!(elsewhere))),
        ("invalid_notice_id", set("notice_id", json!("A"))),
        ("language_mismatch", set("notice_id", json!(english))),
        ("invalid_decision_id", set("decision_id", json!("01930000-0000-4000-8000-000000000001"))),
        ("invalid_decision_id", set("decision_id", json!(decision_id(1).replace('-', "")))),
        ("invalid_subject_id", set("subject_id", json!("AAECAwQFBgcICQoLDA0ODw=="))),
        ("unknown_action", set("action", json!("accept"))),
        ("action_not_offered", set("action", json!("import"))),
        ("action_mismatch", set("action", json!("accept_all"))),
        ("no_signal", set("action", json!("signal"))),
        ("action_mismatch", set("choices", choices("grant"))),
        ("unknown_choice", set("choices", choices("yes"))),
        ("unknown_category", set("choices", json!({"functional": "deny", "marketing": "deny"}))),
        ("missing_category", set("choices", json!({"functional": "deny"}))),
        ("necessary_denied", set("choices", json!({"necessary": "deny"}))),
        ("invalid_decided_at", set("decided_at", json!("yesterday"))),
        // In the calendar by its own offset, beyond it in UTC: once a way to stop the whole server.
        ("invalid_decided_at", set("decided_at", json!("9999-12-31T23:59:59-23:59"))),
        ("invalid_page", set("page", json!("actualites"))),
        ("invalid_page", set("page", json!(format!("/{}", "a".repeat(1024))))),
        ("invalid_page", set("page", json!("/\u{0}"))),
    ];
    for (code, body) in cases {
        let request = post("newsroom", JSON, body.to_string());
        server.refuses(&body, request, 422, code).await;
    }
    let twice =
        good.to_string().replace(r#""functional":"deny""#, r#""functional":"deny","functional":"grant""#);
    server.refuses("twice", post("newsroom", JSON, twice), 422, "repeated_category").await;
    assert_eq!(server.post("newsroom", &good).await.status, 201, "the unchanged one is taken");
}

#[tokio::test]
async fn the_longest_page_is_recorded_and_proven() {
    let server = server().await;
    for (number, letter) in (1..).zip(["a", "\"", "\\", "\u{e9}", "\u{1F600}"]) {
        let mut decision = server.decision(number).await;
        decision["page"] = json!(format!("/{}", letter.repeat(1023 / letter.len())));
        assert_eq!(server.post("newsroom", &decision).await.status, 201, "{letter}");
        let receipt =
            server.get(&format!("/v1/sites/newsroom/decisions/{}/receipt", decision_id(number))).await;
        assert!(consent_core::receipt::Receipt::open(receipt.text(), &server.keys()).is_ok(), "{letter}");
    }
}

#[tokio::test]
async fn a_site_that_is_not_there_is_not_there_for_any_route() {
    let server = server().await;
    let good = server.decision(1).await.to_string();
    for site in ["sport", "newsroo", "newsroom-", "Newsroom", "newsroom%00", "%2e%2e", "a%2Fb"] {
        server.refuses(site, post(site, JSON, good.clone()), 404, "unknown_site").await;
        for path in [
            "banner.js",
            "notice",
            "notices/x",
            "decisions/x/receipt",
            "decisions?subject_id=x",
            "logs/2026/checkpoint",
        ] {
            let request = Request::get(format!("/v1/sites/{site}/{path}")).body(Body::empty()).unwrap();
            server.refuses((site, path), request, 404, "unknown_site").await;
        }
    }
}

#[tokio::test]
async fn another_body_under_the_same_name_is_a_conflict() {
    let server = server().await;
    let good = server.decision(1).await;
    assert_eq!(server.post("newsroom", &good).await.status, 201);
    let mut changes = vec![("page", json!("/other")), ("decided_at", json!("2026-11-23T09:29:58.124Z"))];
    changes.push(("subject_id", json!("AAAAAAAAAAAAAAAAAAAAAA")));
    changes.push(("signals", json!({"gpc": true})));
    for (field, value) in changes {
        let mut other = good.clone();
        other[field] = value;
        server.refuses(field, post("newsroom", JSON, other.to_string()), 409, "decision_conflict").await;
    }
    // The order of fields and what is cut off anyway are no other body.
    let mut same = good.clone();
    same["page"] = json!("/actualites?utm=2");
    assert_eq!(server.post("newsroom", &same).await.status, 200);
}

#[tokio::test]
async fn refusals_of_the_framework_are_problems_too() {
    let server = server().await;
    let bearer = format!("Bearer {}", server.tokens.operator);
    let get = |path: &str| Request::get(path).header("authorization", &bearer).body(Body::empty()).unwrap();
    for path in [
        "/v1/sites/newsroom/decisions",
        "/v1/sites/newsroom/decisions?subject_id=a&subject_id=b",
        "/v1/sites/newsroom/notice?lang=fr&lang=en",
    ] {
        server.refuses(path, get(path), 400, "invalid_query").await;
    }
    for path in [
        "/v1/sites/%FF/notice",
        "/v1/sites/%FF/banner.js",
        "/v1/sites/newsroom/notices/%FF",
        "/v1/sites/newsroom/decisions/%FF/receipt",
        "/v1/sites/newsroom/logs/%FF/checkpoint",
    ] {
        server.refuses(path, get(path), 400, "invalid_path").await;
    }
    for (method, path, allow) in [
        ("DELETE", "/v1/sites/newsroom/decisions", "GET,HEAD,OPTIONS,POST"),
        ("PUT", "/v1/sites/newsroom/notice", "GET,HEAD"),
        ("POST", "/v1/sites/newsroom/banner.js", "GET,HEAD"),
        ("POST", "/healthz", "GET,HEAD"),
        ("PATCH", "/openapi.json", "GET,HEAD"),
        ("POST", "/v1/sites/newsroom/logs/2026/checkpoint", "GET,HEAD"),
        ("POST", "/index.html", "GET,HEAD"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let answer = server.refuses((method, path), request, 405, "method_not_allowed").await;
        let mut methods: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allow, "{method} {path}");
    }
    for path in [
        "/v1",
        "/v1/sites",
        "/v1/sites/newsroom",
        "/v1/sites/newsroom/",
        "/v2/sites/newsroom/notice",
        "/v1/sites/newsroom/decisions/",
    ] {
        server.refuses(path, get(path), 404, "not_found").await;
    }
}
