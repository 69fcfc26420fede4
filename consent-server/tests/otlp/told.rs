//! This is told, and nothing of anybody.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Instant;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use prost::Message as _;
use serde_json::{Value, json};

use super::support::{IN_TIME, Received, Server, collector, exporting};

/// Every key of a span. Whoever adds one says here that nothing personal can be in it. They are those of the log
/// (`tests/it/privacy.rs`), under the names that collectors know.
const SPAN: &[&str] = &["http.request.method", "http.response.status_code", "http.route", "request_id"];

/// Every key of who sends it, unless the operator adds some.
const RESOURCE: &[&str] = &[
    "service.name",
    "service.version",
    "telemetry.sdk.language",
    "telemetry.sdk.name",
    "telemetry.sdk.version",
];

fn key_names(attributes: &[KeyValue]) -> impl Iterator<Item = &str> {
    attributes.iter().map(|attribute| attribute.key.as_str())
}

fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    match &found.value {
        Some(AnyValue { value: Some(Any::StringValue(text)) }) => Some(text.clone()),
        Some(AnyValue { value: Some(Any::IntValue(number)) }) => Some(number.to_string()),
        other => panic!("{key} is {other:?}"),
    }
}

/// All spans, after a look at everything that stands around them.
fn spans_of(received: &Received) -> Vec<Span> {
    let mut spans = Vec::new();
    for (_, bytes) in received.lock().unwrap().iter() {
        for resource in ExportTraceServiceRequest::decode(&bytes[..]).unwrap().resource_spans {
            let sender = resource.resource.unwrap().attributes;
            assert_eq!(key_names(&sender).collect::<BTreeSet<_>>(), RESOURCE.iter().copied().collect());
            assert_eq!(text(&sender, "service.name").as_deref(), Some("consent"));
            for scope in resource.scope_spans {
                let about = scope.scope.unwrap();
                assert!(about.name == "consent" && about.attributes.is_empty(), "{about:?}");
                spans.extend(scope.spans);
            }
        }
    }
    spans
}

#[test]
fn a_collector_is_told_method_route_status_and_name_of_each_request_and_nothing_of_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, received) = collector();
    let mut variables = exporting(&endpoint);
    variables.push(("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20word".to_owned()));
    variables.push(("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip".to_owned()));
    let server = Server::start(folder.path(), &variables);
    let (_, _, notice) = server.get("/v1/sites/newsroom/notice?lang=fr");
    let notice: Value = serde_json::from_str(&notice).unwrap();
    let (id, subject) = ("01931f4e-7d2e-7f00-8a1b-2c3d4e5f6071", "AAECAwQFBgcICQoLDA0ODw");
    let denied = json!({"functional":"deny","analytics":"deny","performance":"deny","advertisement":"deny"});
    let decision = json!({
        "decision_id": id, "subject_id": subject, "notice_id": notice["notice_id"], "action": "reject_all",
        "choices": denied, "decided_at": "2026-11-23T09:30:00.123Z", "signals": {"gpc": false}, "language": "fr",
        "page": "/page-that-tells/of-somebody",
    });
    let path = "/v1/sites/newsroom/decisions";
    let sent =
        server.agent.post(format!("{}{path}", server.address)).header("content-type", "application/json");
    // Whose trace this would be is a stranger's word.
    let sent = sent.header("traceparent", "00-a5ec2e7a5ec2e7a5ec2e7a5ec2e7a5ec-5ec2e75ec2e75ec2-01");
    let answer = sent.header("x-request-id", id).send(decision.to_string().as_bytes()).unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    let decided = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let mut expected = vec![
        ("GET /v1/sites/{site}/notice", 200, None),
        ("POST /v1/sites/{site}/decisions", 201, Some(decided)),
    ];
    for (path, name) in [
        (format!("{path}?subject_id={subject}"), "GET /v1/sites/{site}/decisions"),
        (format!("{path}/{id}/receipt"), "GET /v1/sites/{site}/decisions/{decision_id}/receipt"),
        ("/secret-page?secret=query".to_owned(), "GET pages"),
    ] {
        let (status, id, _) = server.get(&path);
        expected.push((name, status, Some(id)));
    }
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");

    let spans = spans_of(&received);
    let found: Vec<_> = spans
        .iter()
        .map(|span| {
            let about = |key| text(&span.attributes, key).unwrap();
            let (method, route) = (about("http.request.method"), about("http.route"));
            assert_eq!(span.name, format!("{method} {route}"));
            assert_eq!(key_names(&span.attributes).collect::<BTreeSet<_>>(), SPAN.iter().copied().collect());
            assert_eq!(span.kind, SpanKind::Server as i32);
            assert!(
                span.parent_span_id.is_empty() && span.events.is_empty() && span.links.is_empty(),
                "{span:?}"
            );
            assert!(span.status.iter().all(|status| status.message.is_empty()), "{span:?}");
            assert!(span.start_time_unix_nano <= span.end_time_unix_nano);
            (span.name.clone(), about("http.response.status_code"), about("request_id"))
        })
        .collect();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((name, status, id), (expected, answered, named)) in found.iter().zip(&expected) {
        assert_eq!((name.as_str(), status), (*expected, &answered.to_string()));
        assert!(named.as_ref().is_none_or(|named| named == id), "{name} has the name {id} and not {named:?}");
    }
    for (headers, bytes) in received.lock().unwrap().iter() {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["authorization"], "Bearer word");
        let bytes = String::from_utf8_lossy(bytes);
        for personal in [
            id,
            &id.replace('-', ""),
            subject,
            "page-that-tells",
            "secret",
            "127.0.0.1",
            "203.0.113",
            "Anna",
            "5ec2e7",
        ] {
            assert!(!bytes.contains(personal), "{personal} was sent:\n{bytes}");
        }
    }
    // What is sent is not logged as well: a line has the keys that it had.
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let own =
        lines.filter(|line| line["target"].as_str().is_some_and(|target| target.starts_with("consent")));
    assert_eq!(
        own.inspect(|line| assert!(line["spans"].is_null() && line["span"].is_null(), "{line}")).count(),
        5
    );
}

#[test]
fn a_request_that_is_refused_for_want_of_room_is_a_span_that_failed() {
    let folder = tempfile::tempdir().unwrap();
    let (endpoint, received) = collector();
    let server = Server::start(folder.path(), &exporting(&endpoint));
    let path = "/v1/sites/newsroom/decisions";
    let begun = Instant::now();
    // One decision may wait in this config, and whoever has not sent the body yet takes its place for 50 ms.
    let refused = loop {
        assert!(begun.elapsed() < IN_TIME, "nothing was refused");
        let mut slow = TcpStream::connect(server.address.strip_prefix("http://").unwrap()).unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n"
        );
        slow.write_all(head.as_bytes()).unwrap();
        let sent =
            server.agent.post(format!("{}{path}", server.address)).header("content-type", "application/json");
        let answer = sent.send(&b"{}"[..]).unwrap();
        if answer.status().as_u16() == 503 {
            break answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        }
    };
    assert!(server.stop().0.success());
    let spans = spans_of(&received);
    let failed: BTreeSet<_> = spans
        .iter()
        .filter(|span| span.status.as_ref().is_some_and(|status| status.code == StatusCode::Error as i32))
        .map(|span| {
            (text(&span.attributes, "http.response.status_code"), text(&span.attributes, "request_id"))
        })
        .collect();
    assert!(failed.contains(&(Some("503".to_owned()), Some(refused))), "{failed:?}");
    assert!(failed.iter().all(|(status, _)| status.as_deref() == Some("503")), "{failed:?}");
}
