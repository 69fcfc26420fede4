//! A subject is erased, and what leaves the server afterwards knows nothing of it.

use axum::body::Body;
use axum::http::Request;

use super::support::{Server, server};

const SUBJECT: &str = "AAECAwQFBgcICQoLDA0ODw";

fn delete(token: Option<&str>, subject: &str, query: &str) -> Request<Body> {
    let mut request = Request::delete(format!("/v1/sites/newsroom/subjects/{subject}{query}"));
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}

async fn export(server: &Server, format: &str) -> Vec<u8> {
    let path = format!("/v1/sites/newsroom/export?format={format}");
    let answer =
        server.get_with(&path, &[("authorization", &format!("Bearer {}", server.tokens.auditor))]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    answer.body
}

#[tokio::test]
async fn only_an_operator_of_the_site_erases() {
    let server = server().await;
    let (auditor, foreign) = (server.tokens.auditor.clone(), server.tokens.news_operator.clone());
    server.refuses("none", delete(None, SUBJECT, ""), 401, "missing_token").await;
    server.refuses("auditor", delete(Some(&auditor), SUBJECT, ""), 403, "not_allowed").await;
    server.refuses("foreign", delete(Some(&foreign), SUBJECT, ""), 403, "not_allowed").await;
    let operator = server.tokens.operator.clone();
    server.refuses("no id", delete(Some(&operator), "nobody", ""), 422, "invalid_subject_id").await;
    server.refuses("why", delete(Some(&operator), SUBJECT, "?reason=whim"), 400, "invalid_query").await;
}

#[tokio::test]
async fn what_was_erased_is_in_no_answer_any_more() {
    let server = server().await;
    let body = server.decision(1).await;
    let (subject, id) = (body["subject_id"].as_str().unwrap(), body["decision_id"].as_str().unwrap());
    assert_eq!(server.post("newsroom", &body).await.status, 201);
    let answer = server.send(delete(Some(&server.tokens.operator), subject, "?reason=legal")).await;
    assert_eq!((answer.status, answer.json()["decisions"].as_u64()), (200, Some(1)));
    assert_eq!(server.get(&format!("/v1/sites/newsroom/decisions/{id}/receipt")).await.status, 404);
    for format in ["csv", "jsonl", "27560"] {
        let text = String::from_utf8(export(&server, format).await).unwrap();
        assert!(!text.contains(subject) && !text.contains(id), "{format}: {text}");
    }
    // The browser that sent it did not hear the answer and sends it again: it gets one that it takes for final.
    let again = server.post("newsroom", &body).await;
    assert_eq!((again.status, again.code()), (410, "erased".to_owned()));
    let answer = server.send(delete(Some(&server.tokens.operator), subject, "")).await;
    assert_eq!((answer.status, answer.json()["decisions"].as_u64()), (200, Some(0)));
}

#[tokio::test]
async fn exports_ask_for_a_format_and_for_dates_that_are_dates() {
    let server = server().await;
    let token = format!("Bearer {}", server.tokens.auditor);
    for (query, status, code) in [
        ("", 400, "invalid_query"),
        ("?format=pdf", 400, "invalid_query"),
        ("?format=csv&from=yesterday", 422, "invalid_date"),
    ] {
        let path = format!("/v1/sites/newsroom/export{query}");
        let answer = server.get_with(&path, &[("authorization", &token)]).await;
        assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{query}");
    }
    assert_eq!(server.get("/v1/sites/newsroom/export?format=csv").await.status, 401);
    let csv = String::from_utf8(export(&server, "csv").await).unwrap();
    assert!(csv.starts_with("\u{feff}Log,Index,"), "{csv}");
}
