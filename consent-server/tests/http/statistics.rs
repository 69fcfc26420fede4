//! What visitors chose, counted for programs.

use std::collections::BTreeMap;

use consent_core::interface::{Statistics, StatisticsGroup};
use consent_server::counts;
use serde_json::{Value, json};

use super::support::{NOW, Server, decision, server};

/// Decides in a language: everything, analytics alone, or nothing.
async fn decide(server: &Server, number: u64, language: &str, granted: &[&str]) {
    let mut one: Value = decision(number, &server.notice_id("newsroom", language).await);
    one["language"] = language.into();
    one["action"] = match granted.len() {
        0 => "reject_all",
        4 => "accept_all",
        _ => "save",
    }
    .into();
    for category in granted {
        one["choices"][category] = "grant".into();
    }
    let answer = server.post("newsroom", &one).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

const ALL: [&str; 4] = ["functional", "analytics", "performance", "advertisement"];

async fn ask(server: &Server, query: &str, token: &str) -> super::support::Answer {
    let bearer = format!("Bearer {token}");
    server.get_with(&format!("/v1/sites/newsroom/statistics{query}"), &[("authorization", &bearer)]).await
}

async fn groups(server: &Server, query: &str) -> BTreeMap<String, Value> {
    let answer = ask(server, query, &server.tokens.auditor).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{}", answer.text());
    let Statistics { uncounted, groups, .. } = serde_json::from_value(answer.json()).unwrap();
    assert_eq!(uncounted, 0);
    groups.into_iter().map(|StatisticsGroup { value, counts }| (value, json!(counts))).collect()
}

#[tokio::test]
async fn each_decision_is_counted_by_each_of_what_it_has() {
    let server = server().await;
    decide(&server, 1, "fr", &ALL).await;
    decide(&server, 2, "fr", &["analytics"]).await;
    decide(&server, 3, "en", &[]).await;
    server.set_clock(NOW + 86_400);
    decide(&server, 4, "en", &ALL).await;
    // A program is in no sum.
    let bot = decision(5, &server.notice_id("newsroom", "fr").await);
    assert_eq!(server.post_with("newsroom", &bot, &[("user-agent", "Googlebot/2.1")]).await.status, 201);
    let site = "newsroom".parse().unwrap();
    let behind = ask(&server, "", &server.tokens.operator).await.json();
    assert!(behind["uncounted"].as_u64().is_some_and(|left| left >= 4), "{behind}");
    while counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap() {}
    let of = |pairs: &[(&str, Value)]| -> BTreeMap<String, Value> {
        pairs.iter().map(|(value, counts)| ((*value).to_owned(), counts.clone())).collect()
    };
    let days = of(&[
        ("2026-11-23", json!({ "accepted": 1, "mixed": 1, "refused": 1 })),
        ("2026-11-24", json!({ "accepted": 1 })),
    ]);
    assert_eq!(groups(&server, "").await, days, "by day, the last thirty, if nothing is said");
    assert_eq!(groups(&server, "?by=day&from=2026-11-01&to=2026-12-01").await, days);
    let first = of(&[("2026-11-23", days["2026-11-23"].clone())]);
    assert_eq!(groups(&server, "?from=2026-11-23&to=2026-11-24").await, first, "the last day is left out");
    assert_eq!(groups(&server, "?from=2026-11-01&to=2026-11-23").await, of(&[]));
    assert_eq!(
        groups(&server, "?by=action").await,
        of(&[
            ("accepted", json!({ "decisions": 2 })),
            ("mixed", json!({ "decisions": 1 })),
            ("refused", json!({ "decisions": 1 })),
        ])
    );
    let (most, analytics) = (json!({ "granted": 2, "denied": 2 }), json!({ "granted": 3, "denied": 1 }));
    assert_eq!(
        groups(&server, "?by=category").await,
        of(&[
            ("advertisement", most.clone()),
            ("analytics", analytics),
            ("functional", most.clone()),
            ("performance", most),
        ])
    );
    let languages =
        of(&[("en", json!({ "accepted": 1, "refused": 1 })), ("fr", json!({ "accepted": 1, "mixed": 1 }))]);
    assert_eq!(groups(&server, "?by=language").await, languages);
    assert_eq!(groups(&server, "?by=region").await.len(), 1);
    let notices = groups(&server, "?by=notice").await;
    assert_eq!(notices[&server.notice_id("newsroom", "fr").await], languages["fr"]);
    assert_eq!(notices[&server.notice_id("newsroom", "en").await], languages["en"]);
}

#[tokio::test]
async fn strangers_are_told_nothing_and_odd_periods_are_refused() {
    let server = server().await;
    assert_eq!(server.get("/v1/sites/newsroom/statistics").await.status, 401);
    assert_eq!(ask(&server, "", &server.tokens.news_operator).await.status, 403);
    for (query, status, code) in [
        ("?from=2026-11-24&to=2026-11-24", 422, "invalid_date"),
        ("?from=2026-11-25&to=2026-11-24", 422, "invalid_date"),
        ("?from=2020-01-01&to=2026-11-24", 422, "invalid_date"),
        ("?from=yesterday", 422, "invalid_date"),
        ("?to=2026-13-01", 422, "invalid_date"),
        ("?from=2026-11-24T00:00:00Z", 422, "invalid_date"),
        ("?by=subject", 400, "invalid_query"),
        ("?by=day&by=day", 400, "invalid_query"),
    ] {
        let answer = ask(&server, query, &server.tokens.auditor).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{query}");
    }
}
