//! The notice in force: kept, too old, or none.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, Response};
use axum::routing::get;
use axum::{Extension, Router};
use consent_core::category::Category;
use consent_core::consent::{Consent, InForce, State, Why};
use consent_core::enforce::Enforcer;
use consent_core::notice::Notice;
use consent_core::web::{EnforceLayer, Fresh};
use serde_json::{Value, json};
use time::Duration;

use crate::support::{COOKIES, all, answering, ask, cookie, notice, now};

#[tokio::test]
async fn without_a_layer_or_a_notice_an_extractor_denies_everything() {
    let why = |consent: Consent| async move {
        assert!(!consent.allows(Category::Analytics));
        consent.why().to_string()
    };
    let body =
        |response: Response<Body>| async { axum::body::to_bytes(response.into_body(), 100).await.unwrap() };
    let bare = Router::new().route("/", get(why));
    assert_eq!(body(ask(bare.clone(), &[("cookie", &cookie(31))]).await).await, Why::NoNotice.to_string());
    let fresh = Fresh::fixed(Enforcer::new(InForce::from(notice())));
    let held = bare.layer(Extension(Arc::new(fresh)));
    assert_eq!(body(ask(held, &[]).await).await, Why::NoCookie.to_string());
}

#[tokio::test]
async fn a_notice_that_nobody_confirms_any_more_denies_everything_but_what_is_necessary() {
    let answer = serde_json::from_slice::<Value>(notice().bytes()).unwrap();
    let mut answer = answer.as_object().unwrap().clone();
    answer.insert("notice_id".into(), json!(notice().id()));
    let answer = serde_json::to_vec(&answer).unwrap();
    let fresh = Arc::new(Fresh::new(Duration::hours(1), Enforcer::new));
    let app = answering(COOKIES, "").layer(EnforceLayer::new(Arc::clone(&fresh)).clock(now));
    let granted = cookie(31);
    let set = async || {
        let response = ask(app.clone(), &[("cookie", &granted)]).await;
        all(response.headers(), SET_COOKIE).len()
    };
    assert_eq!(set().await, 1, "nothing is known yet but what deletes");
    assert_eq!(fresh.take(&answer, now() - Duration::hours(2)), Ok(true));
    assert_eq!(set().await, 2, "the session, and what deletes");
    assert!(fresh.take(&answer[1..], now()).is_err());
    assert_eq!(set().await, 2, "what is no notice confirms nothing");
    fresh.confirm(now());
    assert_eq!(set().await, 4);
}

#[tokio::test]
async fn a_page_from_before_the_first_notice_is_kept_by_no_shared_cache_and_loses_no_session() {
    const PAGE: &[(&str, &str)] = &[
        ("content-type", "text/html"),
        ("cache-control", "public, s-maxage=86400"),
        ("netlify-cdn-cache-control", "max-age=86400"),
        ("etag", "\"a\""),
        ("set-cookie", "sid=; Max-Age=0"),
    ];
    let fresh = Arc::new(Fresh::new(Duration::hours(1), Enforcer::new));
    let app = answering(PAGE, "").layer(EnforceLayer::new(fresh).clock(now));
    let response = ask(app, &[]).await;
    assert_eq!(all(response.headers(), "cache-control"), ["private"]);
    assert_eq!(all(response.headers(), "vary"), ["Cookie, Sec-GPC"]);
    assert_eq!(all(response.headers(), "set-cookie"), ["sid=; Max-Age=0"]);
    for gone in ["etag", "netlify-cdn-cache-control"] {
        assert!(!response.headers().contains_key(gone), "{gone}");
    }
}

#[test]
fn a_choice_made_under_the_notice_before_holds_where_no_more_is_asked() {
    let answer = |title: &str| {
        let mut body: Value = serde_json::from_slice(notice().bytes()).unwrap();
        body["texts"]["title"] = json!(title);
        let notice = Notice::new(serde_json::from_value(body.clone()).unwrap()).unwrap();
        body["notice_id"] = json!(notice.id());
        (notice, serde_json::to_vec(&body).unwrap())
    };
    let fresh = Fresh::new(Duration::hours(1), Enforcer::new);
    let (before, first) = answer("first");
    let (_, second) = answer("second");
    assert_eq!((fresh.take(&first, now()), fresh.take(&first, now())), (Ok(true), Ok(false)));
    assert_eq!(fresh.take(&second, now()), Ok(true));
    let mut headers = HeaderMap::new();
    let sent =
        format!("consent=1.05.toy7q0.{}.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw", before.id().prefix());
    headers.insert("cookie", sent.parse().unwrap());
    let enforcer = fresh.at(now()).unwrap();
    let consent = Consent::from_headers(enforcer.in_force(), &headers, now());
    assert_eq!((consent.state(), consent.allows(Category::Analytics)), (State::Chosen, true));
}
