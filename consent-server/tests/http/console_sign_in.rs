//! Who is let in, and to what: tokens, guesses, one site of several, and a server without a console.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;

use crate::console::{Browser, FORM, ORIGIN, decided};
use crate::support::{Server, server, server_of};

#[tokio::test]
async fn nobody_sees_anything_without_signing_in() {
    let server = server().await;
    decided(&server).await;
    let story = Browser::signed_in(&server, &server.tokens.operator).await.story(1).await;
    let mut planted = Browser::stranger(&server);
    planted.cookie = format!("__Host-consent-console={}.{}", "0".repeat(32), "A".repeat(43));
    for browser in [Browser::stranger(&server), planted] {
        for path in [
            "/console/",
            "/console/sessions",
            "/console/newsroom/",
            "/console/newsroom/find",
            &story,
            "/console/newsroom/prove",
            "/console/newsroom/prove/by-hand",
            "/console/newsroom/prove/bundles",
            "/console/newsroom/prove/bundles/47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            "/console/newsroom/notices",
            "/console/newsroom/install",
            "/console/newsroom/preview",
            "/console/newsroom/declaration",
            "/console/trail",
            "/console/trail/bundle",
            "/console/nowhere/",
        ] {
            let answer = browser.get(path).await;
            assert_eq!((answer.status, answer.header("location")), (303, "/console/sign-in"), "{path}");
            assert_eq!(answer.header("cache-control"), "no-store");
        }
        let erase = browser.post(&story, "form_token=a&confirmation=AAECAw&reason=request").await;
        assert_eq!((erase.status, erase.header("location")), (303, "/console/sign-in"));
    }
    assert_eq!(server.get("/console").await.header("location"), "/console/");
    let page = server.get("/console/sign-in").await;
    assert_eq!(page.status, 200);
    for (header, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        assert_eq!(page.header(header), value);
    }
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!page.text().contains("<script") && !page.text().contains("style="));
    let style = server.get("/console/style.css").await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
}

#[tokio::test]
async fn a_token_signs_in_and_what_is_none_does_not() {
    let server = server().await;
    let stranger = Browser::stranger(&server);
    for form in [
        "token=",
        "token=consent_none",
        "other=1",
        "",
        "token=%FF",
        &format!("token={}", "a".repeat(100_000)),
    ] {
        let answer = stranger.post("/console/sign-in", form).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (401, ""), "{form:.40}");
        assert!(answer.text().contains("knows no such token"));
    }
    // Neither may a page of somebody else sign a visitor in, who would then work under a foreign name.
    let form = format!("token={}", server.tokens.operator);
    for origin in [
        None,
        Some(("origin", "https://evil.example")),
        Some(("origin", "null")),
        Some(("origin", "https://consent.example")),
    ] {
        assert_eq!(stranger.post_from("/console/sign-in", &form, origin).await.status, 403, "{origin:?}");
    }
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    assert_eq!(operator.get("/console/").await.status, 200);
    // A slip of the pen in another tab changes nothing.
    assert_eq!(operator.post("/console/sign-in", "token=consent_none").await.status, 401);
    assert_eq!(operator.get("/console/").await.status, 200);
    // Who has signed in and comes without a cookie is told why nothing happens.
    let lost = stranger.get("/console/?begun").await;
    assert_eq!((lost.status, lost.header("location")), (303, "/console/sign-in?not-kept"));
    assert!(stranger.get("/console/sign-in?not-kept").await.text().contains("did not keep you signed in"));
    // To sign in again ends what the browser had: a session that somebody planted is worth nothing then.
    let again = operator.post("/console/sign-in", &form).await;
    assert_eq!(again.status, 303);
    assert_eq!(operator.get("/console/").await.status, 303);
    // Of two cookies none is believed.
    let mut two = Browser::stranger(&server);
    two.keep(&again);
    assert_eq!(two.get("/console/").await.status, 200);
    two.cookie = format!("{}; {}", two.cookie, operator.cookie);
    assert_eq!(two.get("/console/").await.status, 303);
}

#[tokio::test]
async fn who_is_good_for_one_site_sees_no_other() {
    let server = server().await;
    decided(&server).await;
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await;
    assert_eq!(news.get("/console/").await.header("location"), "/console/news/");
    let story = Browser::signed_in(&server, &server.tokens.operator).await.story(1).await;
    for path in [
        "/console/newsroom/",
        "/console/newsroom/find",
        &story,
        "/console/newsroom/notices",
        "/console/nowhere/",
    ] {
        let answer = news.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.text().contains("newsroom"), "{path}");
    }
    let erase = news.send(&story, "confirmation=AAECAw&reason=request").await;
    assert_eq!(erase.status, 404);
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let sites = operator.get("/console/").await;
    assert!(sites.text().contains("/console/news/") && sites.text().contains("/console/newsroom/"));
}

/// A try to sign in from an address.
async fn try_from(server: &Server, address: &str, token: &str) -> u16 {
    let request = Request::post("/console/sign-in")
        .header("host", "consent.example:8080")
        .header(FORM.0, FORM.1)
        .header(ORIGIN.0, ORIGIN.1)
        .extension(ConnectInfo(std::net::SocketAddr::new(address.parse().expect("an address"), 4711)));
    server.send(request.body(Body::from(format!("token={token}"))).expect("a request")).await.status
}

#[tokio::test]
async fn who_guesses_tokens_waits_and_locks_nobody_out() {
    let server = server().await;
    let token = server.tokens.operator.clone();
    // Others may be behind each of these, and a right token was not guessed.
    for address in ["203.0.113.9", "2001:db8::9", "127.0.0.1", "10.0.0.7", "fd00::1"] {
        for _ in 0..10 {
            assert_eq!(try_from(&server, address, "consent_guess").await, 401);
        }
        assert_eq!(try_from(&server, address, "consent_guess").await, 429, "{address}");
        assert_eq!(try_from(&server, address, &token).await, 303, "{address}");
    }
    assert_eq!(try_from(&server, "10.0.0.8", "consent_guess").await, 401, "each for itself");
}

#[tokio::test]
async fn a_server_without_a_console_has_nothing_there() {
    let config = |console: &str| {
        format!(
            "[server]\nhost = \"consent.example\"\n{console}\n[[site]]\nid = \"newsroom\"\ncontroller = {{ name = \"Exemple SA\", \
             privacy_url = \"/privacy\" }}\n[[site.cookie]]\ncategory = \"analytics\"\nname = \"visits\"\nowner = \"Exemple SA\"\n\
             duration = \"13 months\"\npurpose = \"Counts visits.\"\n"
        )
    };
    for (console, is_there) in [("", true), ("console = true", true), ("console = false", false)] {
        let server = server_of(&config(console)).await;
        for path in [
            "/console",
            "/console/",
            "/console/sign-in",
            "/console/style.css",
            "/console/newsroom/",
            "/console/trail",
        ] {
            assert_eq!(server.get(path).await.status != 404, is_there, "{console}: {path}");
        }
        let tried = try_from(&server, "203.0.113.9", &server.tokens.operator).await;
        assert_eq!(tried == 303, is_there, "{console}: {tried}");
        assert_eq!(server.get("/v1/sites/newsroom/notice").await.status, 200);
    }
}
