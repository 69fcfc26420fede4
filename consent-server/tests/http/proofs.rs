//! The proof of one decision as a page, for whoever knows its id.

use axum::body::Body;
use axum::http::Request;

use super::support::{Answer, Server, server};

async fn page(server: &Server, site: &str, id: &str) -> Answer {
    server.get(&format!("/v1/sites/{site}/decisions/{id}/proof.pdf")).await
}

#[tokio::test]
async fn whoever_knows_the_id_gets_the_page() {
    let server = server().await;
    let body = server.decision(1).await;
    let id = body["decision_id"].as_str().unwrap();
    assert_eq!(server.post("newsroom", &body).await.status, 201);
    let answer = page(&server, "newsroom", id).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/pdf"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-disposition"), format!("inline; filename=\"consent-{id}.pdf\""));
    assert!(answer.body.starts_with(b"%PDF-1.7"));
    let token = format!("Bearer {}", server.tokens.auditor);
    let path = format!("/v1/sites/newsroom/decisions/{id}/proof.pdf");
    let with_token = server.get_with(&path, &[("authorization", &token)]).await;
    assert_eq!((with_token.status, with_token.body), (200, answer.body));
    let foreign = server.get_with(&path, &[("origin", "https://elsewhere.example")]).await;
    assert_eq!((foreign.status, foreign.code()), (403, "foreign_origin".to_owned()));
}

#[tokio::test]
async fn there_is_no_page_for_what_is_not_there_or_not_any_more() {
    let server = server().await;
    let body = server.decision(1).await;
    let (subject, id) = (body["subject_id"].as_str().unwrap(), body["decision_id"].as_str().unwrap());
    assert_eq!(server.post("newsroom", &body).await.status, 201);
    for (site, id, code) in [
        ("newsroom", "01930000-0000-7000-8000-000000000002", "not_found"),
        ("newsroom", "not-an-id", "not_found"),
        ("news", id, "not_found"),
        ("nobody", id, "unknown_site"),
    ] {
        let answer = page(&server, site, id).await;
        assert_eq!((answer.status, answer.code()), (404, code.to_owned()), "{site} {id}");
    }
    let erase = Request::delete(format!("/v1/sites/newsroom/subjects/{subject}"))
        .header("authorization", format!("Bearer {}", server.tokens.operator));
    assert_eq!(server.send(erase.body(Body::empty()).unwrap()).await.status, 200);
    let answer = page(&server, "newsroom", id).await;
    assert_eq!((answer.status, answer.code()), (404, "not_found".to_owned()));
    assert!(answer.text().contains("erased"), "{}", answer.text());
    assert!(!answer.text().contains(id));
}
