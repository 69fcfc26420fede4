//! Pages: their policies and their bodies.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use consent_core::enforce::Act;
use tower::ServiceExt;

use crate::support::{acts, all, answering, ask, cookie, layer};

const OWN: &str = "script-src 'nonce-abc' 'strict-dynamic' https:";

#[tokio::test]
async fn a_page_gets_a_policy_beside_its_own_which_keep_their_nonces() {
    let headers = &[
        ("content-type", "Text/HTML; charset=utf-8"),
        ("content-security-policy", OWN),
        ("content-security-policy", "img-src images.example stats.example, default-src *"),
        ("content-security-policy-report-only", "default-src reported.example"),
    ];
    let app = answering(headers, "<script nonce=abc src=https://stats.example/a.js></script>").layer(layer());
    let denied = ask(app.clone(), &[("cookie", &cookie(1))]).await;
    let policies = all(denied.headers(), CONTENT_SECURITY_POLICY);
    assert_eq!(policies[..2], [OWN, headers[2].1], "its own stay as they are");
    let added: Vec<_> = policies[2].split(' ').collect();
    for source in ["default-src", "'self'", "'unsafe-inline'", "data:", "cdn.example", "images.example"] {
        assert!(added.contains(&source), "{source}");
    }
    assert!(!policies[2].contains("stats.example") && !policies[2].contains("reported"));
    for opens in ["*", "https:", "'strict-dynamic'", "'nonce-abc'"] {
        assert!(!added.contains(&opens), "{opens}");
    }
    assert_eq!(all(denied.headers(), "content-security-policy-report-only"), [headers[3].1]);
    let granted = ask(app, &[("cookie", &cookie(31))]).await;
    assert_eq!(all(granted.headers(), CONTENT_SECURITY_POLICY).len(), 2);
    assert_eq!(acts(&granted), []);
}

#[tokio::test]
async fn a_policy_of_none_in_a_header_or_in_the_page_stays_the_strictest() {
    let page = "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\">";
    let headers = &[("content-type", "text/html"), ("content-security-policy", "default-src 'none'")];
    let response = ask(answering(headers, page).layer(layer()), &[]).await;
    let policies = all(response.headers(), CONTENT_SECURITY_POLICY);
    assert_eq!((policies.len(), policies[0]), (2, "default-src 'none'"));
    let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
    assert_eq!(body, page, "a page's body is not touched");
}

#[tokio::test]
async fn a_page_is_never_answered_with_304_and_what_is_no_page_may_be() {
    let app = Router::new().route(
        "/",
        get(|headers: HeaderMap| async move {
            let kind = [(CONTENT_TYPE, "text/html")];
            if headers.contains_key("if-none-match") || headers.contains_key("range") {
                (StatusCode::NOT_MODIFIED, kind).into_response()
            } else {
                kind.into_response()
            }
        }),
    );
    let app = app.layer(layer());
    let old = [("if-none-match", "\"1\""), ("range", "bytes=0-9")];
    let page = [&old[..], &[("accept", "image/avif, Text/HTML;q=0.9")]].concat();
    assert_eq!(ask(app.clone(), &page).await.status(), StatusCode::OK);
    assert_eq!(ask(app, &old).await.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_head_is_answered_with_the_headers_of_the_page() {
    let app = answering(&[("content-type", "text/html"), ("set-cookie", "visitor=1")], "page").layer(layer());
    let request = Request::head("/").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!(all(response.headers(), SET_COOKIE), Vec::<&str>::new());
    assert_eq!(acts(&response), [Act::CookieDropped, Act::PolicyAdded]);
    assert_eq!(all(response.headers(), "content-length"), ["4"]);
}

#[tokio::test]
async fn compressed_pages_get_the_policy_and_pass_as_they_are() {
    let headers = &[("content-type", "text/html"), ("content-encoding", "br")];
    let response = ask(answering(headers, "\u{1}\u{2}").layer(layer()), &[]).await;
    assert_eq!(acts(&response), [Act::PolicyAdded]);
    assert_eq!(axum::body::to_bytes(response.into_body(), 100).await.unwrap(), "\u{1}\u{2}");
}

/// A body that gives one chunk whenever it is asked, and never ends.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(b"<p>one</p>")))))
    }
}

#[tokio::test]
async fn a_page_that_never_ends_is_passed_on_chunk_by_chunk() {
    let endless = || async { ([(CONTENT_TYPE, "text/html")], Body::new(Endless)) };
    let app = Router::new().route("/", get(endless)).layer(layer());
    let mut body = ask(app, &[]).await.into_body();
    for _ in 0..3 {
        let frame = std::future::poll_fn(|context| {
            http_body::Body::poll_frame(std::pin::Pin::new(&mut body), context)
        });
        assert_eq!(frame.await.unwrap().unwrap().into_data().unwrap(), "<p>one</p>");
    }
}
