//! What the server says of itself.

use std::collections::BTreeMap;

use serde_json::json;

use super::support::server;

/// Every route, so that none comes or goes unnoticed. `pages` and `/openapi.json` itself are not described.
const ROUTES: &str = "\
/.well-known/gpc.json get
/healthz get
/metrics get
/readyz get
/receipt get
/receipt/keys get
/v1/sites/{site}/account options post
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
/v1/sites/{site}/statistics get
/v1/sites/{site}/subjects/{subject_id} delete
/v1/sites/{site}/webhooks get
/v1/sites/{site}/webhooks/{webhook}/replays post
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
            .replace("{webhook}", "x")
            .replace("{view}", "360")
            .replace("{script}", "x");
        for method in item.keys() {
            let answer = server.request(&method.to_uppercase(), &real, &[], axum::body::Body::empty()).await;
            assert_ne!(answer.status, 405, "{method} {real}");
            assert!(!answer.text().contains("no such page"), "{method} {real} falls through to the pages");
        }
    }
}

/// Calls `check` for each object in a value, with where it stands.
fn walk(
    value: &serde_json::Value,
    at: &str,
    check: &mut impl FnMut(&str, &serde_json::Map<String, serde_json::Value>),
) {
    match value {
        serde_json::Value::Object(fields) => {
            check(at, fields);
            fields.iter().for_each(|(name, value)| walk(value, &format!("{at}/{name}"), check));
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| walk(value, at, check)),
        _ => {}
    }
}

#[tokio::test]
async fn everything_in_the_description_is_described() {
    let document = server().await.get("/openapi.json").await.json();
    let (mut references, mut errors) = (0, 0);
    walk(&document, "", &mut |at, fields| {
        if let Some(reference) = fields.get("$ref").and_then(|reference| reference.as_str()) {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{at}: {reference} leads nowhere");
            references += 1;
        }
        if at.ends_with("/content") {
            for (kind, content) in fields {
                assert!(content["schema"].is_object(), "{at}: {kind} has no schema");
                let shown = content["examples"].as_object().is_some_and(|examples| !examples.is_empty());
                assert!(shown || kind != "application/problem+json", "{at}: no code of a problem");
                errors += usize::from(shown);
            }
        }
        if at.starts_with("/components/schemas") && at.ends_with("/properties") {
            for (name, property) in fields {
                let named = property.get("$ref").is_some() || property["description"].is_string();
                assert!(named, "{at}: nothing is said of {name}");
            }
        }
        if let Some(text) = fields.get("description").and_then(|text| text.as_str()) {
            assert!(!text.is_empty() && !text.contains("`]") && !text.contains("```"), "{at}: {text}");
        }
    });
    assert!(references > 100 && errors > 80, "{references} {errors}");
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let guarded = operation["responses"].get("401").is_some();
            let may_be = path.ends_with("/logs/{year}/{path}");
            assert!(guarded == operation["security"].is_array() || may_be, "{method} {path}");
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{method} {path} {parameter}");
            }
        }
    }
}

#[tokio::test]
async fn examples_are_what_they_are_examples_of() {
    use consent_core::{decision::DecisionRequest, interface};
    use serde::{Serialize, de::DeserializeOwned};
    fn same<T: DeserializeOwned + Serialize>(document: &serde_json::Value, name: &str) {
        let example = &document["components"]["schemas"][name]["example"];
        let read: T =
            serde_json::from_value(example.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&serde_json::to_value(read).unwrap(), example, "{name}");
    }
    let document = server().await.get("/openapi.json").await.json();
    same::<DecisionRequest>(&document, "DecisionRequest");
    same::<interface::RecordedDecision>(&document, "RecordedDecision");
    same::<interface::RecordedSubject>(&document, "RecordedSubject");
    same::<interface::ErasureReport>(&document, "ErasureReport");
    same::<consent_core::decision::Place>(&document, "RecordedPlace");
    let operation = &document["paths"]["/v1/sites/{site}/decisions"]["post"];
    let examples = operation["requestBody"]["content"]["application/json"]["examples"].as_object().unwrap();
    for (name, example) in examples {
        let read: DecisionRequest = serde_json::from_value(example["value"].clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), example["value"], "{name}");
        assert_eq!(read.handoff.is_some(), read.decision_id.is_empty(), "{name}");
    }
    assert_eq!(examples.len(), 2);
}

/// The example of a schema, or of what it is a list of.
fn example(document: &serde_json::Value, schema: &serde_json::Value) -> Option<serde_json::Value> {
    if let Some(pointer) = schema["$ref"].as_str() {
        return example(document, document.pointer(pointer.strip_prefix('#').unwrap()).unwrap());
    }
    if schema["items"].is_object() {
        return Some(json!([example(document, &schema["items"])?]));
    }
    Some(schema["example"].clone()).filter(|shown| !shown.is_null())
}

#[tokio::test]
async fn every_answer_in_json_is_shown_and_reads_as_what_it_is() {
    use consent_core::interface::{Acknowledgement, PastDecision, Statistics, Webhooks};
    use consent_core::notice::Notice;
    let document = server().await.get("/openapi.json").await.json();
    let mut shown = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                let content = &response["content"]["application/json"];
                let schema = &content["schema"];
                if schema.is_object() {
                    let found = Some(content["example"].clone()).filter(|shown| !shown.is_null());
                    let found = found.or_else(|| example(&document, schema));
                    assert!(found.is_some(), "{method} {path} {status}: {schema}");
                    shown.insert(format!("{method} {path}"), found.unwrap());
                }
            }
        }
    }
    let mut of = |name: &str| shown.remove(&name.replace("SITE", "/v1/sites/{site}")).unwrap();
    serde_json::from_value::<Acknowledgement>(of("post SITE/decisions")).unwrap();
    serde_json::from_value::<Vec<PastDecision>>(of("get SITE/decisions")).unwrap();
    serde_json::from_value::<Statistics>(of("get SITE/statistics")).unwrap();
    serde_json::from_value::<Webhooks>(of("get SITE/webhooks")).unwrap();
    let notice = of("get SITE/notices/{notice_id}");
    let notice = Notice::new(serde_json::from_value(notice).unwrap()).unwrap();
    assert_eq!(of("get SITE/notice")["site"], json!(notice.site));
}

#[tokio::test]
async fn what_hands_a_choice_on_is_described() {
    let document = server().await.get("/openapi.json").await.json();
    let schemas = &document["components"]["schemas"];
    let required = |name: &str| schemas[name]["required"].to_string();
    assert!(!required("DecisionRequest").contains("decision_id"), "the server makes it of a token");
    assert!(required("DecisionRequest").contains("subject_id"));
    assert_eq!(required("HandoffRequest"), r#"["decision_id","to"]"#);
    let most = consent_core::handoff::MAX_TOKEN;
    for token in [("DecisionRequest", "handoff"), ("HandoffToken", "token")] {
        assert_eq!(schemas[token.0]["properties"][token.1]["maxLength"], most, "{token:?}");
    }
    let most = consent_core::notice::MAX_GROUP_SITES;
    assert_eq!(schemas["GroupNotice"]["properties"]["sites"]["maxItems"], most);
}

const WRITTEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");

/// So that clients can be made of it without a server. `CONSENT_WRITE=1` writes it again.
#[tokio::test]
async fn the_description_in_docs_is_the_one_that_is_served() {
    let document = server().await.get("/openapi.json").await.json();
    let text = format!("{document:#}\n");
    if std::env::var_os("CONSENT_WRITE").is_some_and(|value| value == "1") {
        std::fs::write(WRITTEN, &text).unwrap();
    }
    let written = std::fs::read_to_string(WRITTEN).unwrap();
    assert!(written == text, "{WRITTEN} is not what is served: run this test once with CONSENT_WRITE=1");
}

#[tokio::test]
async fn health_readiness_and_gpc_are_what_machines_expect() {
    let server = server().await;
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    assert_eq!(server.get("/readyz").await.text(), "ready\n");
    let gpc = server.get("/.well-known/gpc.json").await;
    assert_eq!((gpc.header("content-type"), gpc.json()["gpc"].as_bool()), ("application/json", Some(true)));
}
