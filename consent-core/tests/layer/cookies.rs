//! Cookies that go out, and those that come in.

use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use consent_core::category::Category;
use consent_core::enforce::Act;
use consent_core::web::Undeclared;

use crate::support::{COOKIES, acts, all, answering, ask, cookie, layer};

#[tokio::test]
async fn of_several_cookies_those_of_denied_categories_are_not_set() {
    let app = answering(COOKIES, "").layer(layer());
    let denied = ask(app.clone(), &[("cookie", &cookie(1))]).await;
    assert_eq!(all(denied.headers(), SET_COOKIE), [COOKIES[0].1, COOKIES[3].1]);
    assert_eq!(acts(&denied), [Act::CookieDropped, Act::CookieDropped, Act::UndeclaredDropped]);
    let granted = ask(app, &[("cookie", &cookie(5))]).await;
    assert_eq!(
        all(granted.headers(), SET_COOKIE),
        COOKIES[..4].iter().map(|(_, line)| *line).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn undeclared_cookies_are_handled_as_configured_and_told() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&heard);
    let passing = layer()
        .undeclared(Undeclared::Pass)
        .on_intervention(move |told| listener.lock().unwrap().push(told.to_string()));
    let granted = cookie(31);
    let passed = ask(answering(COOKIES, "").layer(passing.clone()), &[("cookie", &granted)]).await;
    assert_eq!(all(passed.headers(), SET_COOKIE).len(), 5);
    assert_eq!(*heard.lock().unwrap(), ["undeclared_passed other"]);
    assert_eq!(passing.counts(), [(Act::UndeclaredPassed, None, 1)]);

    let refusing = layer().undeclared(Undeclared::Refuse);
    let refused = ask(answering(COOKIES, "page").layer(refusing), &[("cookie", &granted)]).await;
    assert_eq!(refused.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(all(refused.headers(), SET_COOKIE), Vec::<&str>::new());
    let words = axum::body::to_bytes(refused.into_body(), 1000).await.unwrap();
    assert!(String::from_utf8(words.to_vec()).unwrap().contains("`other`"));
}

#[tokio::test]
async fn what_the_browser_still_sends_after_a_withdrawal_is_expired_and_counted() {
    let layer = layer();
    let app = answering(&[("content-type", "image/png"), ("cache-control", "public, max-age=60")], "")
        .layer(layer.clone());
    let sent = format!("{}; visitor=1; __Host-sid=2", cookie(1));
    let response = ask(app.clone(), &[("cookie", &sent)]).await;
    assert_eq!(
        all(response.headers(), SET_COOKIE),
        [
            "visitor=; Path=/; Max-Age=0",
            "visitor=; Path=/; Max-Age=0; Domain=www.paper.example",
            "visitor=; Path=/; Max-Age=0; Domain=paper.example",
        ]
    );
    assert_eq!(all(response.headers(), CACHE_CONTROL), ["max-age=60, private"]);
    assert_eq!(layer.counts(), [(Act::CookieExpired, Some(Category::Analytics), 1)]);
    let granted = ask(app, &[("cookie", &format!("{}; visitor=1", cookie(31)))]).await;
    assert_eq!(all(granted.headers(), SET_COOKIE), Vec::<&str>::new());
}
