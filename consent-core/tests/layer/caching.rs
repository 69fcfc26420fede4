//! What caches are told.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, ETAG, VARY};
use axum::routing::get;
use consent_core::consent::Consent;

use crate::support::{acts, all, answering, ask, cookie, layer};

#[tokio::test]
async fn no_shared_cache_gives_one_visitors_page_to_another() {
    let page = &[
        ("content-type", "text/html"),
        ("cache-control", "public, max-age=60, s-maxage=600"),
        ("cdn-cache-control", "max-age=600"),
        ("surrogate-control", "max-age=600"),
        ("vary", "accept-encoding"),
        ("etag", "\"1\""),
        ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ];
    for bits in [1, 31] {
        let response = ask(answering(page, "").layer(layer()), &[("cookie", &cookie(bits))]).await;
        assert_eq!(all(response.headers(), CACHE_CONTROL), ["max-age=60, private"], "{bits}");
        assert_eq!(all(response.headers(), VARY), ["accept-encoding", "Cookie, Sec-GPC"]);
        for gone in ["cdn-cache-control", "surrogate-control", "etag", "last-modified"] {
            assert_eq!(all(response.headers(), gone), Vec::<&str>::new(), "{gone}");
        }
    }
}

#[tokio::test]
async fn what_depends_on_nobody_stays_as_it_is() {
    let style = &[("content-type", "text/css"), ("cache-control", "public, max-age=60"), ("etag", "\"1\"")];
    let response = ask(answering(style, "a{}").layer(layer()), &[("cookie", &cookie(1))]).await;
    assert_eq!(all(response.headers(), CACHE_CONTROL), ["public, max-age=60"]);
    assert_eq!(all(response.headers(), ETAG), ["\"1\""]);
    assert_eq!(all(response.headers(), VARY), Vec::<&str>::new());
    assert_eq!(acts(&response), []);
}

/// Says where the visitor stands.
async fn handler(consent: Consent) -> String {
    serde_json::to_string(&consent.state()).unwrap()
}

#[tokio::test]
async fn an_answer_whose_handler_asked_is_private() {
    let app = Router::new().route("/", get(handler)).layer(layer());
    for (sent, state) in [(cookie(5), "\"chosen\""), ("consent=1.1f".to_owned(), "\"unasked\"")] {
        let response = ask(app.clone(), &[("cookie", &sent), ("sec-gpc", "1")]).await;
        assert_eq!(all(response.headers(), CACHE_CONTROL), ["private"]);
        assert_eq!(all(response.headers(), VARY), ["Cookie, Sec-GPC"]);
        assert_eq!(axum::body::to_bytes(response.into_body(), 100).await.unwrap(), state);
    }
}
