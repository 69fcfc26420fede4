//! Which pages may send decisions and read answers.

use axum::body::Body;

use super::support::{decision_id, server};

const LISTED: &str = "https://www.newsroom.example";

#[tokio::test]
async fn the_servers_own_host_may_whatever_the_port() {
    let server = server().await;
    // A browser takes the same host on another port for another origin, so it has to be told.
    for (number, origin) in
        (1..).zip(["http://consent.example:8080", "https://consent.example", "http://consent.example:3000"])
    {
        let answer =
            server.post_with("newsroom", &server.decision(number).await, &[("origin", origin)]).await;
        assert_eq!(answer.status, 201, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("vary"), "Origin");
    }
    // Programs that are no browsers send no origin.
    let answer = server.post("newsroom", &server.decision(9).await).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (201, ""));
}

#[tokio::test]
async fn a_listed_page_may_and_can_read_why_it_was_refused() {
    let server = server().await;
    for (number, origin) in (1..).zip([LISTED, "http://partner.example:3000"]) {
        let decision = server.decision(number).await;
        let answer = server.post_with("newsroom", &decision, &[("origin", origin)]).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (201, origin));
        for field in ["page", "action", "notice_id", "nothing"] {
            let mut bad = decision.clone();
            bad[field] = "x".into();
            let answer = server.post_with("newsroom", &bad, &[("origin", origin)]).await;
            assert_eq!(answer.status, 422, "{field}: {}", answer.text());
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{field}");
            assert_eq!(answer.header("access-control-expose-headers"), "Retry-After");
        }
        for path in [
            format!("decisions/{}/receipt", decision_id(number)),
            "decisions/x/receipt".into(),
            "notice".into(),
        ] {
            let answer = server.get_with(&format!("/v1/sites/newsroom/{path}"), &[("origin", origin)]).await;
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{path}");
            assert!(answer.headers.get_all("vary").iter().any(|value| value == "Origin"), "{path}");
        }
    }
}

#[tokio::test]
async fn any_other_page_may_not() {
    let server = server().await;
    let decision = server.decision(1).await;
    server.post("newsroom", &decision).await;
    for origin in [
        "https://evil.example",
        "http://www.newsroom.example",
        "https://www.newsroom.example:444",
        "https://www.newsroom.example.evil.example",
        "https://evil-consent.example",
        "https://consent.example.evil.example:8080",
        "https://consent.example@evil.example",
        "http://partner.example",
        "HTTPS://WWW.NEWSROOM.EXAMPLE/",
        "null",
        "",
        "://",
    ] {
        let before = server.heads();
        let headers = [("origin", origin)];
        let mut other = server.decision(2).await;
        other["page"] = "/foreign".into();
        for answer in [
            server.post_with("newsroom", &other, &headers).await,
            server.get_with("/v1/sites/newsroom/notice", &headers).await,
            server
                .get_with(&format!("/v1/sites/newsroom/decisions/{}/receipt", decision_id(1)), &headers)
                .await,
            server.request("OPTIONS", "/v1/sites/newsroom/decisions", &headers, Body::empty()).await,
        ] {
            assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{origin}");
            assert!(!answer.headers.contains_key("access-control-allow-origin"), "{origin}");
        }
        assert_eq!(server.heads(), before);
    }
    // What one site lists is nothing to another.
    let answer = server.get_with("/v1/sites/news/notice", &[("origin", LISTED)]).await;
    assert_eq!(answer.code(), "foreign_origin");
}

#[tokio::test]
async fn a_preflight_allows_exactly_what_the_script_sends() {
    let server = server().await;
    let headers = [
        ("origin", LISTED),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    let answer = server.request("OPTIONS", "/v1/sites/newsroom/decisions", &headers, Body::empty()).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert_eq!(answer.header("access-control-allow-origin"), LISTED);
    assert_eq!(answer.header("access-control-allow-methods"), "POST");
    assert_eq!(answer.header("access-control-allow-headers"), "content-type");
    assert_eq!(answer.header("vary"), "Origin");
    assert!(!answer.headers.contains_key("access-control-allow-credentials"));
}
