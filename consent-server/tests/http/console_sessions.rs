//! Sessions: which forms count in one, and how they are listed, renewed and ended.

use axum::body::Body;

use crate::console::{Browser, FORM, ORIGIN, decided};
use crate::support::{Answer, NOW, decision_id, server};

#[tokio::test]
async fn a_form_counts_only_from_a_page_of_this_session() {
    let server = server().await;
    decided(&server).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let other = Browser::signed_in(&server, &server.tokens.operator).await;
    let (own, foreign) = (operator.form_token().await, other.form_token().await);
    assert_ne!(own, foreign);
    let erase = operator.story(1).await;
    let form = |token: &str| format!("form_token={token}&confirmation=AAECAw&reason=request");
    for token in ["", "a", &foreign] {
        assert_eq!(operator.post(&erase, &form(token)).await.status, 403, "{token}");
    }
    for origin in [None, Some(("origin", "https://evil.example"))] {
        assert_eq!(operator.post_from(&erase, &form(&own), origin).await.status, 403, "{origin:?}");
    }
    assert_eq!(
        server.get(&format!("/v1/sites/newsroom/decisions/{}/receipt", decision_id(1))).await.status,
        200
    );
    // Neither does a script get anything, be it on a page that this very server serves.
    for (name, value) in
        [("sec-fetch-mode", "cors"), ("sec-fetch-mode", "same-origin"), ("sec-fetch-mode", "no-cors")]
    {
        let headers =
            [("cookie", operator.cookie.as_str()), (name, value), ("sec-fetch-site", "same-origin")];
        assert_eq!(server.get_with(&erase, &headers).await.status, 403, "{value}");
    }
    for site in ["same-site", "cross-site", "none"] {
        let headers = [FORM, ORIGIN, ("cookie", operator.cookie.as_str()), ("sec-fetch-site", site)];
        let answer = server.request("POST", &erase, &headers, Body::from(form(&own))).await;
        assert_eq!(answer.status, 403, "{site}");
    }
    // Whatever a proxy makes of the host.
    let headers = [
        FORM,
        ("cookie", operator.cookie.as_str()),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-mode", "navigate"),
        ("origin", "https://consent.example"),
    ];
    let answer = server.request("POST", &erase, &headers, Body::from(form(&own))).await;
    assert_eq!((answer.status, answer.header("location")), (303, erase.as_str()));
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let server = server().await;
    let one = Browser::signed_in(&server, &server.tokens.operator).await;
    let two = Browser::signed_in(&server, &server.tokens.operator).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = one.get("/console/sessions").await;
    assert_eq!(page.text().matches("name=\"session\" value=\"").count(), 3, "two, and all");
    let name =
        |page: &Answer| page.text().split("name=\"session\" value=\"").nth(1).unwrap()[..32].to_owned();
    // Nobody ends the session of another token.
    let foreign = name(&auditor.get("/console/sessions").await);
    assert_eq!(one.send("/console/sessions", &format!("session={foreign}")).await.status, 404);
    assert_eq!(auditor.get("/console/sessions").await.status, 200);
    let own = name(&page);
    assert_eq!(one.send("/console/sessions", &format!("session={own}")).await.status, 303);
    assert_eq!(
        [one.get("/console/").await.status, two.get("/console/").await.status]
            .iter()
            .filter(|status| **status == 303)
            .count(),
        1
    );
    let left = if one.get("/console/").await.status == 200 { one } else { two };
    let third = Browser::signed_in(&server, &server.tokens.operator).await;
    assert_eq!(third.send("/console/sessions", "session=all").await.header("location"), "/console/sign-in");
    for browser in [&left, &third] {
        assert_eq!(browser.get("/console/").await.status, 303);
    }
    // A used hour is followed by another one; an unused one is the last.
    server.set_clock(NOW + 3599);
    assert_eq!(auditor.get("/console/sessions").await.status, 200);
    let out = auditor.send("/console/sign-out", "").await;
    assert_eq!(out.header("location"), "/console/sign-in");
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(out.header("clear-site-data"), "\"cache\"");
    assert_eq!(auditor.get("/console/sessions").await.status, 303);
}

#[tokio::test]
async fn a_session_gets_another_secret_while_it_is_used_whatever_the_answer_is() {
    let server = server().await;
    for path in [
        "/console/sessions",
        "/console/nowhere/",
        "/console/newsroom/?days=x",
        "/console/newsroom/entries/none/1",
    ] {
        server.set_clock(NOW);
        let mut browser = Browser::signed_in(&server, &server.tokens.operator).await;
        let token = browser.form_token().await;
        let first = browser.cookie.clone();
        server.set_clock(NOW + 1000);
        browser.keep(&browser.get(path).await);
        assert_ne!(browser.cookie, first, "{path}");
        // The forms of pages that were open before are still those of this session.
        let answer = browser.post("/console/newsroom/find", &format!("form_token={token}&wanted=a")).await;
        assert_eq!(answer.status, 200);
        server.set_clock(NOW + 1100);
        let old = Browser { server: &server, cookie: first };
        assert_eq!(old.get("/console/").await.status, 303);
        assert_eq!(browser.get("/console/").await.status, 200);
        // To sign out ends the session and not a secret of it.
        server.set_clock(NOW + 2100);
        assert_eq!(browser.send("/console/sign-out", "").await.header("location"), "/console/sign-in");
        assert_eq!(browser.get("/console/").await.status, 303);
    }
}
