//! Pages that are held while they stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::routing::get;
use consent_core::category::Category;
use consent_core::enforce::Act;
use consent_core::enforce::html::Html;
use consent_core::web::EnforceLayer;
use http_body::Frame;
use tower::ServiceExt;

use crate::support::{acts, all, answering, ask, cookie, layer};

const PAGE: &str = concat!(
    "<!doctype html><html><head><title>News</title><link rel=preconnect href=https://stats.example>",
    "<script src=https://stats.example/a.js></script></head><body><p>One</p>",
    "<noscript><img src=https://stats.example/pixel></noscript></body></html>",
);

const HELD: &str = concat!(
    "<!doctype html><html><head><title>News</title><link rel=preconnect data-held-href=\"https://stats.example\" data-consent=\"analytics\">",
    "<script data-src=\"https://stats.example/a.js\" type=\"text/plain\" data-consent=\"analytics\"></script></head><body><p>One</p>",
    "<noscript><img data-held-src=\"https://stats.example/pixel\" data-consent=\"analytics\"></noscript></body></html>",
);

fn rewriting() -> EnforceLayer {
    layer().rewriting(Html::new())
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_page_is_held_for_who_denied_and_is_the_same_for_who_granted() {
    let headers = &[
        ("content-type", "text/html; charset=utf-8"),
        ("content-length", "290"),
        ("accept-ranges", "bytes"),
        ("etag", "\"1\""),
        ("repr-digest", "sha-256=:AA==:"),
    ];
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let layer = rewriting().on_intervention(move |told| listener.lock().unwrap().push(told.to_string()));
    let app = answering(headers, PAGE).layer(layer.clone());
    let denied = ask(app.clone(), &[("cookie", &cookie(1))]).await;
    for gone in ["content-length", "accept-ranges", "etag", "repr-digest"] {
        assert_eq!(all(denied.headers(), gone), Vec::<&str>::new(), "{gone}");
    }
    assert_eq!(all(denied.headers(), "cache-control"), ["private"]);
    assert_eq!(acts(&denied), [Act::PolicyAdded]);
    assert_eq!(text(denied).await, HELD);
    assert_eq!(
        *heard.lock().unwrap(),
        [
            "policy_added",
            "element_held stats.example (analytics): the visitor's choice",
            "element_held stats.example (analytics): the visitor's choice",
            "element_held stats.example (analytics): the visitor's choice",
        ]
    );
    assert!(layer.counts().contains(&(Act::ElementHeld, Some(Category::Analytics), 3)));
    assert_eq!(text(ask(app, &[("cookie", &cookie(5))]).await).await, PAGE);
}

#[tokio::test]
async fn what_can_not_be_read_goes_through_and_is_counted() {
    for headers in [
        &[("content-type", "text/html"), ("content-encoding", "br")][..],
        &[("content-type", "application/xhtml+xml")],
        &[("content-type", "text/html; charset=\"UTF-16\"")],
    ] {
        let response = ask(answering(headers, PAGE).layer(rewriting()), &[]).await;
        assert_eq!(acts(&response), [Act::PolicyAdded, Act::PageUnread], "{headers:?}");
        assert_eq!(text(response).await, PAGE);
    }
    for headers in [
        &[("content-type", "text/plain")][..],
        &[("content-type", "application/json")],
        &[("x-content-type-options", "nosniff")],
    ] {
        let response = ask(answering(headers, PAGE).layer(rewriting()), &[]).await;
        assert_eq!(acts(&response), []);
        assert_eq!(text(response).await, PAGE);
    }
}

#[tokio::test]
async fn what_has_no_type_is_held_if_a_browser_would_show_it_as_a_page() {
    let page = ask(answering(&[], PAGE).layer(rewriting()), &[]).await;
    assert_eq!(text(page).await, HELD);
    for other in ["{\"a\":\"<img src=//stats.example/a>\"}", "", "<", "GIF89a <img src=//stats.example/a>"] {
        let response = ask(answering(&[], other).layer(rewriting()), &[]).await;
        assert_eq!(text(response).await, other);
    }
}

#[tokio::test]
async fn what_says_badly_that_it_is_a_page_is_held_too() {
    for headers in [
        &[("content-type", "text/html; x=\u{e9}")][..],
        &[("content-type", "text/plain"), ("content-type", "text/html; charset=utf-8")],
        &[("content-type", "")],
        &[("content-type", "html")],
        &[("content-type", "*/*; q=1")],
    ] {
        let response = ask(answering(headers, PAGE).layer(rewriting()), &[]).await;
        assert_eq!(acts(&response), [Act::PolicyAdded], "{headers:?}");
        assert_eq!(text(response).await, HELD, "{headers:?}");
    }
    let without = &[("content-type", "text/html; x=\u{e9}")];
    assert_eq!(acts(&ask(answering(without, PAGE).layer(layer()), &[]).await), [Act::PolicyAdded]);
}

#[tokio::test]
async fn xml_without_a_type_goes_through_and_is_counted() {
    let xml = "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><img src=\"//stats.example/a\"/></html>";
    let layer = rewriting();
    let unread = |layer: &EnforceLayer| layer.counts().contains(&(Act::PageUnread, None, 1));
    let response = ask(answering(&[], xml).layer(layer.clone()), &[]).await;
    assert_eq!((acts(&response), unread(&layer)), (vec![Act::PolicyAdded], false));
    assert_eq!(text(response).await, xml);
    assert!(unread(&layer));
}

#[tokio::test]
async fn an_answer_that_says_nothing_has_changed_keeps_what_it_says() {
    let headers = [("etag", "\"1\""), ("cache-control", "public")];
    let answer = move || async move { (StatusCode::NOT_MODIFIED, headers) };
    let response = ask(Router::new().route("/", get(answer)).layer(rewriting()), &[]).await;
    assert_eq!(all(response.headers(), "etag"), ["\"1\""]);
    assert_eq!(all(response.headers(), "cache-control"), ["public"]);
}

#[tokio::test]
async fn without_being_asked_for_no_page_is_touched() {
    let headers = &[("content-type", "text/html"), ("accept-ranges", "bytes")];
    let response = ask(answering(headers, PAGE).layer(layer()), &[]).await;
    assert_eq!(all(response.headers(), "accept-ranges"), ["bytes"]);
    assert_eq!(text(response).await, PAGE);
}

/// A body of these chunks; then, if it is endless, of paragraphs.
struct Chunks {
    chunks: VecDeque<Result<Frame<Bytes>, &'static str>>,
    endless: bool,
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = &'static str;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, &'static str>>> {
        let paragraph = || Ok(Frame::data(Bytes::from_static(b"<p>one</p><img src=//stats.example/a>")));
        let endless = self.endless;
        Poll::Ready(self.chunks.pop_front().or_else(|| endless.then(paragraph)))
    }
}

fn streaming(
    chunks: &[&'static str],
    end: Option<Result<Frame<Bytes>, &'static str>>,
    endless: bool,
) -> Router {
    let chunks: Vec<_> = chunks.to_vec();
    let end = Arc::new(Mutex::new(end));
    Router::new().route(
        "/",
        get(move || async move {
            let mut chunks: VecDeque<_> =
                chunks.iter().map(|chunk| Ok(Frame::data(Bytes::from_static(chunk.as_bytes())))).collect();
            chunks.extend(end.lock().unwrap().take());
            let body = Body::new(Chunks { chunks, endless });
            ([("content-type", "text/html")], body)
        }),
    )
}

async fn frame(body: &mut Body) -> Option<Result<Frame<Bytes>, axum::Error>> {
    std::future::poll_fn(|context| http_body::Body::poll_frame(Pin::new(&mut *body), context)).await
}

#[tokio::test]
async fn a_page_that_never_ends_comes_out_while_it_goes_in() {
    let mut body = ask(streaming(&[], None, true).layer(rewriting()), &[]).await.into_body();
    let held = "<p>one</p><img data-held-src=\"//stats.example/a\" data-consent=\"analytics\">";
    for _ in 0..3 {
        assert_eq!(frame(&mut body).await.unwrap().unwrap().into_data().unwrap(), held);
    }
}

#[tokio::test]
async fn a_chunk_as_long_as_the_page_comes_out_in_pieces() {
    let long: &'static str = "<p>one</p>".repeat(100_000).leak();
    let mut body = ask(streaming(&[long], None, false).layer(rewriting()), &[]).await.into_body();
    let mut read = 0;
    while let Some(frame) = frame(&mut body).await {
        let length = frame.unwrap().into_data().unwrap().len();
        assert!(length <= 32 * 1024);
        read += length;
    }
    assert_eq!(read, long.len());
}

#[tokio::test]
async fn trailers_come_after_all_of_the_page_and_errors_in_its_place() {
    let mut trailers = HeaderMap::new();
    trailers.insert("server-timing", HeaderValue::from_static("a"));
    let app = streaming(&["<p>a<im"], Some(Ok(Frame::trailers(trailers))), false).layer(rewriting());
    let mut body = ask(app, &[]).await.into_body();
    assert_eq!(frame(&mut body).await.unwrap().unwrap().into_data().unwrap(), "<p>a");
    assert_eq!(frame(&mut body).await.unwrap().unwrap().into_data().unwrap(), "<im");
    assert!(frame(&mut body).await.unwrap().unwrap().is_trailers());
    assert!(frame(&mut body).await.is_none());

    let app = streaming(&["<p>a<im"], Some(Err("broken")), false).layer(rewriting());
    let mut body = ask(app, &[]).await.into_body();
    assert_eq!(frame(&mut body).await.unwrap().unwrap().into_data().unwrap(), "<p>a");
    assert!(frame(&mut body).await.unwrap().unwrap_err().to_string().contains("broken"));
    assert!(frame(&mut body).await.is_none());
}

#[tokio::test]
async fn a_page_that_can_not_be_held_further_ends_with_an_error() {
    let layer = layer().rewriting(Html::new().with_max_memory(2048));
    let long: &'static str = format!("<img alt='{}' src=//stats.example/a>", "a".repeat(40_000)).leak();
    let mut body =
        ask(streaming(&["<p>a</p>", long, "<p>b"], None, false).layer(layer), &[]).await.into_body();
    assert_eq!(frame(&mut body).await.unwrap().unwrap().into_data().unwrap(), "<p>a</p>");
    assert!(frame(&mut body).await.unwrap().is_err());
    assert!(frame(&mut body).await.is_none());
}

#[tokio::test]
async fn a_head_of_a_page_has_no_body_and_no_length() {
    let app = answering(&[("content-type", "text/html")], PAGE).layer(rewriting());
    let response = app.oneshot(Request::head("/").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(all(response.headers(), "content-length"), Vec::<&str>::new());
    assert!(http_body::Body::is_end_stream(response.body()));
    assert_eq!(text(response).await, "");
}
