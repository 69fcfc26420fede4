//! Who may read what.

use axum::body::Body;
use axum::http::Request;

use super::support::{Server, server};

const HISTORY: &str = "/v1/sites/newsroom/decisions?subject_id=AAECAwQFBgcICQoLDA0ODw";
const PRIVATE_LOG: &str = "/v1/sites/news/logs/2026/checkpoint";

fn get(path: &str, authorization: Option<&str>) -> Request<Body> {
    let mut request = Request::get(path);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    request.body(Body::empty()).unwrap()
}

async fn status(server: &Server, path: &str, token: &str) -> u16 {
    server.send(get(path, Some(&format!("Bearer {token}")))).await.status
}

#[tokio::test]
async fn a_token_is_good_for_its_site_only() {
    let server = server().await;
    let tokens = &server.tokens;
    let first = std::fs::read_to_string(server.folder.path().join("data/operator.token")).unwrap();
    for (token, newsroom, news) in [
        (&tokens.operator, 200, 200),
        (&first, 200, 200),
        (&tokens.auditor, 200, 403),
        (&tokens.news_operator, 403, 200),
    ] {
        assert_eq!(status(&server, HISTORY, token.trim()).await, newsroom);
        assert_eq!(status(&server, &HISTORY.replace("newsroom", "news"), token.trim()).await, news);
        assert_eq!(status(&server, PRIVATE_LOG, token.trim()).await, news);
    }
    let foreign = format!("Bearer {}", tokens.news_operator);
    server.refuses("foreign", get(HISTORY, Some(&foreign)), 403, "not_allowed").await;
}

#[tokio::test]
async fn without_a_token_nothing_private_is_served() {
    let server = server().await;
    let good = server.tokens.operator.clone();
    for path in [
        HISTORY,
        PRIVATE_LOG,
        "/v1/sites/news/logs/2026/tile/0/000.p/1",
        "/v1/sites/news/logs/2026/tile/entries/000.p/1",
        "/v1/sites/news/logs/1999/checkpoint",
    ] {
        let answer = server.refuses(path, get(path, None), 401, "missing_token").await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        for wrong in [
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            format!("Basic {good}"),
            format!("Bearer {}", good.to_uppercase()),
            format!("Bearer {}", &good[..good.len() - 1]),
            format!("Bearer {good}x"),
            format!("Bearer {good} {good}"),
            good.clone(),
        ] {
            let answer = server.refuses((path, &wrong), get(path, Some(&wrong)), 401, "invalid_token").await;
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        let in_query = format!("{path}{}token={good}", if path.contains('?') { '&' } else { '?' });
        server.refuses(&in_query, get(&in_query, None), 401, "missing_token").await;
    }
    // The scheme is not case-sensitive (RFC 9110, section 11.1).
    assert_eq!(server.send(get(HISTORY, Some(&format!("bearer {good}")))).await.status, 200);
}

#[tokio::test]
async fn a_token_made_beside_the_running_server_works_at_once_and_a_removed_one_no_more() {
    let server = server().await;
    let path = server.folder.path().join("data/tokens.json");
    let list = consent_server::data::Tokens::open(path.clone()).unwrap();
    let token = list.make(consent_server::data::Role::Auditor, None).unwrap();
    assert_eq!(status(&server, HISTORY, &token).await, 200);
    // A half-written list locks nobody out and lets nobody in.
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, &text[..text.len() / 2]).unwrap();
    assert_eq!(status(&server, HISTORY, &token).await, 200);
    assert_eq!(status(&server, HISTORY, "consent_x").await, 401);
    std::fs::write(&path, "[]").unwrap();
    assert_eq!(status(&server, HISTORY, &token).await, 401);
    assert!(!text.contains(&token), "only digests are kept");
}

#[cfg(unix)]
#[tokio::test]
async fn secrets_can_be_read_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = server().await;
    let mode =
        |name: &str| std::fs::metadata(server.folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    for name in ["data/signing.key", "data/operator.token", "data/tokens.json"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    // The store, whose openings are personal data, has files with modes of its own.
    assert_eq!(mode("data"), 0o700);
}
