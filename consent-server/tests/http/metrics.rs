//! What a monitoring system is told: these names and labels, and nothing of anybody.

use std::collections::{BTreeMap, BTreeSet};

use super::support::{Server, decision, decision_id, server};

/// Every name with its labels. Whoever adds one says here that nothing personal can be in it.
const ALLOWED: &[(&str, &[&str])] = &[
    ("consent_batch_decisions_bucket", &["le"]),
    ("consent_batch_decisions_count", &[]),
    ("consent_batch_decisions_sum", &[]),
    ("consent_commit_seconds_bucket", &["le"]),
    ("consent_commit_seconds_count", &[]),
    ("consent_commit_seconds_sum", &[]),
    ("consent_config_age_seconds", &[]),
    ("consent_decisions_total", &["action", "agent", "site"]),
    ("consent_head_age_seconds", &["log", "site"]),
    ("consent_log_entries", &["log", "site"]),
    ("consent_reloads_total", &["outcome"]),
    ("consent_unread_connections", &[]),
    ("consent_waiting_decisions", &[]),
];

/// Those that not every server has: of a listener (its lines are looked at in `front.rs` and in `tests/it/privacy.rs`), of a store on
/// disk, of webhooks, of witnesses, of a collector of traces.
const ALLOWED_ELSEWHERE: &[(&str, &[&str])] = &[
    ("consent_requests_total", &["route", "status"]),
    ("consent_spans_total", &["outcome"]),
    ("consent_store_bytes", &[]),
    ("consent_webhook_age_seconds", &["site", "webhook"]),
    ("consent_webhook_attempts_total", &["outcome", "site", "webhook"]),
    ("consent_witness_age_seconds", &[]),
];

async fn metrics(server: &Server) -> String {
    let token = format!("Bearer {}", server.tokens.operator);
    let answer = server.get_with("/metrics", &[("authorization", &token)]).await;
    let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((answer.status, answer.header("content-type")), (200, media_type));
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.text().to_owned()
}

/// Name, labels and value of each line.
fn samples(text: &str) -> Vec<(String, BTreeMap<String, String>, f64)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let samples = lines.map(|line| {
        let (name, value) = line.rsplit_once(' ').expect("a value");
        let (name, labels) =
            name.strip_suffix('}').and_then(|name| name.split_once('{')).unwrap_or((name, ""));
        let labels = labels.split(',').filter(|label| !label.is_empty()).map(|label| {
            let (key, value) = label.split_once('=').expect("a label");
            (key.to_owned(), value.trim_matches('"').to_owned())
        });
        (name.to_owned(), labels.collect(), value.parse().expect("a number"))
    });
    samples.collect()
}

fn value(text: &str, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let found = samples(text).into_iter().find(|(found, with, _)| {
        found == name && labels.iter().all(|(key, value)| with.get(*key).is_some_and(|with| with == value))
    });
    found.map(|(_, _, value)| value)
}

#[tokio::test]
async fn names_and_labels_are_those_that_are_listed_and_tell_of_nobody() {
    let server = server().await;
    assert_eq!(server.post("newsroom", &server.decision(7).await).await.status, 201);
    let text = metrics(&server).await;
    assert!(text.ends_with("# EOF\n"), "{text}");
    let found: BTreeSet<(String, Vec<String>)> =
        samples(&text).into_iter().map(|(name, labels, _)| (name, labels.into_keys().collect())).collect();
    let allowed = ALLOWED
        .iter()
        .map(|(name, labels)| ((*name).to_owned(), labels.iter().map(|label| (*label).to_owned()).collect()));
    assert_eq!(found, allowed.collect());
    for personal in ["AAECAwQFBgcICQoLDA0ODw", &decision_id(7), "0193", "127.0.0.1", "actualites", "Mozilla"]
    {
        assert!(!text.contains(personal), "{personal} is in:\n{text}");
    }
}

#[tokio::test]
async fn the_numbers_are_what_happened() {
    let server = server().await;
    let before = metrics(&server).await;
    let site = ("site", "newsroom");
    let entries = value(&before, "consent_log_entries", &[site, ("log", "2026")]).unwrap();
    assert_eq!(value(&before, "consent_decisions_total", &[site]), None);
    for number in 1..=3 {
        assert_eq!(server.post("newsroom", &server.decision(number).await).await.status, 201);
    }
    // The same once more is no other decision, and what is refused is none.
    assert_eq!(server.post("newsroom", &server.decision(3).await).await.status, 200);
    assert_eq!(server.post("newsroom", &decision(4, "x")).await.status, 422);
    server.set_clock(super::support::NOW + 90);
    let after = metrics(&server).await;
    let refused = [site, ("action", "reject_all"), ("agent", "person")];
    assert_eq!(value(&after, "consent_decisions_total", &refused), Some(3.0));
    assert_eq!(value(&after, "consent_log_entries", &[site, ("log", "2026")]), Some(entries + 3.0));
    assert_eq!(value(&after, "consent_head_age_seconds", &[site]), Some(90.0));
    let sum = |text: &str| value(text, "consent_batch_decisions_sum", &[]).unwrap();
    assert_eq!(sum(&after) - sum(&before), 3.0);
    assert_eq!(value(&after, "consent_waiting_decisions", &[]), Some(0.0));
    assert_eq!(value(&after, "consent_unread_connections", &[]), Some(0.0));
}

#[tokio::test]
async fn only_who_may_see_all_sites_sees_them() {
    let server = server().await;
    assert_eq!(server.get("/metrics").await.code(), "missing_token");
    for token in [&server.tokens.auditor, &server.tokens.news_operator] {
        let authorization = format!("Bearer {token}");
        let answer = server.get_with("/metrics", &[("authorization", &authorization)]).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "not_allowed"));
    }
}

/// The metrics that a text names, with the labels that it picks them by.
fn named(text: &str) -> Vec<(String, Vec<String>)> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let places = text.match_indices("consent_").filter(|(at, _)| !text[..*at].ends_with(is_name));
    let named = places.map(|(at, _)| {
        let rest = &text[at..];
        let (name, rest) = rest.split_at(rest.find(|letter: char| !is_name(letter)).unwrap_or(rest.len()));
        let labels =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(labels, _)| labels);
        let labels = labels.split(',').filter(|label| !label.is_empty());
        let label = |label: &str| label.split(['=', '!']).next().unwrap_or_default().trim().to_owned();
        (name.to_owned(), labels.map(label).collect())
    });
    named.collect()
}

/// A dashboard and an alert that ask for what is not told are silent, which looks like peace.
#[test]
fn the_files_for_operators_name_what_is_told_and_their_list_has_all_of_it() {
    let all: BTreeMap<_, _> = ALLOWED.iter().chain(ALLOWED_ELSEWHERE).copied().collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/operations");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    for file in ["alerts.yaml", "grafana.json"] {
        let asked = named(&read(file));
        assert!(asked.len() > 5, "{file}");
        for (name, labels) in asked {
            let has = all.get(name.as_str()).unwrap_or_else(|| panic!("{file}: there is no {name}"));
            for label in labels {
                assert!(has.contains(&label.as_str()), "{file}: {name} has no {label}");
            }
        }
    }
    // A histogram is one of them, whatever its parts are called.
    let whole = |name: &str| {
        let base = ["_bucket", "_count", "_sum"].into_iter().find_map(|part| name.strip_suffix(part));
        base.unwrap_or(name).to_owned()
    };
    let told: BTreeSet<_> = all.keys().map(|name| whole(name)).collect();
    let listed: BTreeSet<_> = named(&read("README.md")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed, told);
}
