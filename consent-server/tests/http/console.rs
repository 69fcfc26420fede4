//! The console, as operators, auditors and strangers meet it.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use consent_core::choices::Choices;
use consent_core::cookie::{ConsentCookie, NoticePrefix};
use consent_server::counts;

use crate::support::{Answer, NOW, Server, decision, decision_id, server, server_of};

const ORIGIN: (&str, &str) = ("origin", "https://consent.example:8080");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const SUBJECT: &str = "AAECAwQFBgcICQoLDA0ODw";

/// A browser in which somebody is signed in, or not.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    cookie: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn stranger(server: &'a Server) -> Self {
        Self { server, cookie: String::new() }
    }

    pub(crate) async fn signed_in(server: &'a Server, token: &str) -> Self {
        let mut browser = Self::stranger(server);
        let answer = browser.post("/console/sign-in", &format!("token={token}")).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/console/?begun"));
        browser.keep(&answer);
        browser
    }

    pub(crate) fn server(&self) -> &'a Server {
        self.server
    }

    pub(crate) fn cookie(&self) -> &str {
        &self.cookie
    }

    pub(crate) async fn try_to_sign_in(&self, token: &str) -> u16 {
        self.post("/console/sign-in", &format!("token={token}")).await.status
    }

    fn keep(&mut self, answer: &Answer) {
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with("__Host-consent-console="), "{cookie}");
        for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        cookie.split(';').next().unwrap_or_default().clone_into(&mut self.cookie);
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.server.get_with(path, &[("cookie", &self.cookie)]).await
    }

    pub(crate) async fn post(&self, path: &str, form: &str) -> Answer {
        self.post_from(path, form, Some(ORIGIN)).await
    }

    async fn post_from(&self, path: &str, form: &str, origin: Option<(&str, &str)>) -> Answer {
        let mut headers = vec![FORM, ("cookie", self.cookie.as_str())];
        headers.extend(origin);
        self.server.request("POST", path, &headers, Body::from(form.to_owned())).await
    }

    /// What the forms of a page send along.
    pub(crate) async fn form_token(&self) -> String {
        let page = self.get("/console/sessions").await;
        form_token(&page)
    }

    /// The page of a decision's entry.
    pub(crate) async fn story(&self, decision: u64) -> String {
        let found = self.send("/console/newsroom/find", &format!("wanted={}", decision_id(decision))).await;
        assert_eq!(found.status, 303);
        found.header("location").to_owned()
    }

    /// Sends a form of a page.
    pub(crate) async fn send(&self, path: &str, fields: &str) -> Answer {
        let form = format!("form_token={}&{fields}", self.form_token().await);
        self.post(path, &form).await
    }
}

/// What the forms of a page send along.
fn form_token(page: &Answer) -> String {
    let (_, rest) = page.text().split_once("name=\"form_token\" value=\"").expect("a form");
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Three decisions of one subject.
pub(crate) async fn decided(server: &Server) {
    let notice = server.notice_id("newsroom", "fr").await;
    for number in 1..4 {
        assert_eq!(server.post("newsroom", &decision(number, &notice)).await.status, 201);
    }
}

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

#[tokio::test]
async fn a_subject_is_found_by_whatever_it_can_tell_and_its_story_told() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let receipt = server.get(&format!("/v1/sites/newsroom/decisions/{}/receipt", decision_id(2))).await;
    let notice = server.notice_id("newsroom", "fr").await;
    assert_eq!(server.post("newsroom", &decision(4, &notice)).await.status, 201);
    let cookie = ConsentCookie {
        choices: Choices::DENIED,
        decided_at: 1,
        notice: NoticePrefix::of(notice.parse().unwrap()),
        subject: SUBJECT.parse().unwrap(),
        decision: decision_id(4).parse().unwrap(),
    };
    let cookie = format!("consent={cookie}");
    let first: u64 = auditor.story(1).await.rsplit('/').next().unwrap().parse().unwrap();
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    for (clue, decision) in [
        (decision_id(1), 1),
        (format!("  {}\n", decision_id(3)), 3),
        (SUBJECT.to_owned(), 4),
        (cookie.clone(), 4),
        (cookie.trim_start_matches("consent=").to_owned(), 4),
        (receipt.text().to_owned(), 2),
        (receipt.text().replace('\n', "\r\n"), 2),
    ] {
        let found = auditor.send("/console/newsroom/find", &format!("wanted={}", encode(&clue))).await;
        let place = format!("/console/newsroom/entries/2026/{}", first - 1 + decision);
        assert_eq!(found.header("location"), place, "{clue}");
    }
    for none in ["", "nothing", "BBECAwQFBgcICQoLDA0ODw", &decision_id(9)] {
        let answer = auditor.send("/console/newsroom/find", &format!("wanted={}", encode(none))).await;
        assert_eq!(answer.status, 200, "{none}");
        assert!(answer.text().contains("role=\"alert\""), "{none}");
    }
    let story = auditor.get(&auditor.story(1).await).await;
    for part in ["4 decisions", SUBJECT, &decision_id(3), "reject all", "/actualites", &notice[..12]] {
        assert!(story.text().contains(part), "{part}");
    }
    assert!(!story.text().contains("Erase"), "an auditor is not even offered to");
    let erase = auditor.story(1).await;
    assert_eq!(auditor.send(&erase, "confirmation=AAECAw&reason=request").await.status, 403);
    for none in ["2026/none", "2026/0", "2026/999999", "1999/1", "none/1", "2026/18446744073709551616"] {
        assert_eq!(auditor.get(&format!("/console/newsroom/entries/{none}")).await.status, 404, "{none}");
    }
    assert_eq!(auditor.get("/console/newsroom/entries/%FF/1").await.status, 400);
}

#[tokio::test]
async fn an_operator_erases_after_having_looked() {
    let server = server().await;
    decided(&server).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let story = operator.story(1).await;
    let wrong = operator.send(&story, "confirmation=erase&reason=request").await;
    assert!(wrong.text().contains("Nothing was erased"));
    assert!(operator.get(&story).await.text().contains("3 decisions"));
    let erased = operator.send(&story, "confirmation=AAECAw&reason=legal").await;
    assert_eq!((erased.status, erased.header("location")), (303, story.as_str()));
    // What is left says so, and says nothing about anybody; to send the form again changes nothing.
    let left = operator.get(&story).await;
    assert!(left.text().contains("was erased") && !left.text().contains(SUBJECT));
    assert!(!left.text().contains("confirmation"));
    assert_eq!(operator.send(&story, "confirmation=AAECAw&reason=legal").await.status, 303);
    let gone = operator.send("/console/newsroom/find", &format!("wanted={SUBJECT}")).await;
    assert!(gone.text().contains("was erased"));
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

#[tokio::test]
async fn the_overview_counts_what_came_in() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let empty = auditor.get("/console/newsroom/").await;
    assert!(empty.text().contains("Nothing in this period"), "{}", empty.text());
    let notice = server.notice_id("newsroom", "fr").await;
    for number in 100..160 {
        let mut one = decision(number, &notice);
        one["action"] = "accept_all".into();
        for category in ["functional", "analytics", "performance", "advertisement"] {
            one["choices"][category] = "grant".into();
        }
        assert_eq!(server.post("newsroom", &one).await.status, 201);
    }
    let site = "newsroom".parse().unwrap();
    let behind = auditor.get("/console/newsroom/").await;
    assert!(behind.text().contains("are not counted yet"));
    while counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap() {}
    // Whatever is counted is counted once.
    assert!(!counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap());
    let page = auditor.get("/console/newsroom/?days=7").await;
    assert!(page.text().contains("<dt>Answered</dt><dd>60 "), "{}", page.text());
    assert!(page.text().contains("<dt>Accepted everything</dt><dd>100.0 % "));
    assert!(page.text().contains("2026-11-23: 60 accepted everything"));
    assert!(page.text().contains("More than 95 % of all answers"), "too good to be fair");
    // The next day is one of its own.
    server.set_clock(NOW + 86_400);
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    while counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap() {}
    let page = auditor.get("/console/newsroom/?days=7").await;
    for day in [
        "2026-11-23: 60 accepted everything, 0 accepted some, 0 refused everything",
        "2026-11-24: 0 accepted everything, 0 accepted some, 3 refused everything",
    ] {
        assert!(page.text().contains(day), "{day}");
    }
    assert!(page.text().contains("<dt>Answered</dt><dd>63 "));
    for odd in ["?days=8", "?days=65535"] {
        assert!(
            auditor
                .get(&format!("/console/newsroom/{odd}"))
                .await
                .text()
                .contains("aria-current=\"true\">30 days")
        );
    }
    assert_eq!(auditor.get("/console/newsroom/?days=x").await.status, 400);
}

#[tokio::test]
async fn what_visitors_saw_is_shown_in_a_frame_that_can_do_nothing() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let notice = server.notice_id("newsroom", "fr").await;
    let list = auditor.get("/console/newsroom/notices").await;
    assert!(list.text().contains(&format!("/console/newsroom/notices/{notice}\"")));
    let page = auditor.get(&format!("/console/newsroom/notices/{notice}")).await;
    assert!(page.text().contains("sandbox=\"allow-scripts\""));
    let alone = auditor.get(&format!("/console/newsroom/notices/{notice}.html")).await;
    assert_eq!(alone.header("content-security-policy"), "sandbox allow-scripts; frame-ancestors 'self'");
    let script = alone.text().split("../scripts/").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(server.get(&format!("/console/newsroom/scripts/{script}")).await.status, 200);
    for none in [
        "none",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.html",
    ] {
        assert_eq!(auditor.get(&format!("/console/newsroom/notices/{none}")).await.status, 404, "{none}");
    }
}

#[tokio::test]
async fn what_a_visitor_sends_is_text_on_every_page() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let notice = server.notice_id("newsroom", "fr").await;
    let mut one = decision(1, &notice);
    one["page"] = "/\"><script>alert(1)</script>".into();
    assert_eq!(server.post("newsroom", &one).await.status, 201);
    let story = auditor.get(&auditor.story(1).await).await;
    assert!(story.text().contains("&#60;script&#62;") || story.text().contains("&lt;script&gt;"));
    assert!(!story.text().contains("<script"));
    let answer = auditor.send("/console/newsroom/find", "wanted=%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!answer.text().contains("<script"));
    let request = Request::get("/console/%3Cscript%3E/")
        .header("host", "consent.example")
        .header("cookie", &auditor.cookie);
    let answer = server.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 404);
    assert!(!answer.text().contains("<script"));
}

#[tokio::test]
async fn counts_are_the_same_in_whatever_pieces_they_are_made() {
    let server = server().await;
    let notice = server.notice_id("newsroom", "fr").await;
    let mut number = 0;
    // Two days of one log, and one of the next year's.
    for at in [NOW, NOW + 86_400, 1_798_800_000] {
        server.set_clock(at);
        for _ in 0..20 {
            number += 1;
            assert_eq!(server.post("newsroom", &decision(number, &notice)).await.status, 201);
        }
    }
    let site = "newsroom".parse().unwrap();
    let [from, to] = ["2026-01-01", "2028-01-01"]
        .map(|date| time::Date::parse(date, &time::format_description::well_known::Iso8601::DATE).unwrap());
    let mut all = Vec::new();
    for most in [1, 7, 1000] {
        for name in server.store.kept_names(&site, "counts/").unwrap() {
            server.store.discard(&site, &name).unwrap();
        }
        while counts::follow(&*server.store, &counts::Fresh::default(), &site, most).unwrap() {}
        all.push(counts::days(&*server.store, &site, from, to).unwrap());
    }
    let decisions = |day: &counts::Day| day.decisions.values().sum::<u64>();
    assert_eq!(all[0].iter().map(|(_, day)| decisions(day)).collect::<Vec<_>>(), [20, 20, 20]);
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    // What the log says about erasures counts nothing and begins no day.
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let erase = operator.story(1).await;
    assert_eq!(operator.send(&erase, "confirmation=AAECAw&reason=request").await.status, 303);
    server.set_clock(1_798_900_000);
    assert!(!counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap());
    let after = counts::days(&*server.store, &site, from, to).unwrap();
    assert_eq!(after.iter().map(|(_, day)| decisions(day)).collect::<Vec<_>>(), [20, 20, 20]);
}

#[tokio::test]
async fn a_check_runs_beside_the_visitors_and_says_what_an_auditor_would_see() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get("/console/newsroom/prove").await;
    assert!(
        page.text().contains("<code>consent.example/newsroom/2026</code>") && page.text().contains("never")
    );
    let planted = auditor.post("/console/newsroom/prove", "form_token=AAAA").await;
    assert_eq!(planted.status, 403);
    let begun = auditor.send("/console/newsroom/prove", "").await;
    assert_eq!((begun.status, begun.header("location")), (303, "/console/newsroom/prove"));
    let mut page = auditor.get("/console/newsroom/prove").await;
    for _ in 0..600 {
        // While it runs the page says so, and loads itself again.
        assert_eq!(page.text().contains("<progress"), page.headers.contains_key("refresh"));
        if !page.text().contains("<progress") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        page = auditor.get("/console/newsroom/prove").await;
    }
    let text = page.text();
    assert!(
        text.contains("RESULT: everything in this bundle HOLDS.")
            && text.contains("everything holds, 6 entries"),
        "{text}"
    );
}

#[tokio::test]
async fn the_commands_of_the_page_have_the_keys_of_the_log() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let policy = server.get("/v1/sites/newsroom/logs/policy").await;
    let page = auditor.get("/console/newsroom/prove/by-hand").await;
    for line in policy.text().lines().filter(|line| line.starts_with("log ")) {
        // A plus is written as it is.
        assert!(page.text().contains(line), "{line}\n{}", page.text());
    }
    assert!(page.text().contains("-----BEGIN PUBLIC KEY-----"));
}

#[tokio::test]
async fn a_notice_is_compared_with_any_other_of_its_site() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let (fr, en) = (server.notice_id("newsroom", "fr").await, server.notice_id("newsroom", "en").await);
    let compared = |other: String| format!("/console/newsroom/notices/{fr}?against={other}");
    let alone = auditor.get(&format!("/console/newsroom/notices/{fr}")).await;
    assert!(alone.text().contains("There is no other notice in this language."));
    let page = auditor.get(&compared(en)).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Nobody who chose under"), "{}", page.text());
    assert!(page.text().contains("<li>other words: "), "{}", page.text());
    assert_eq!(auditor.get(&compared("A".repeat(43))).await.status, 404);
    assert_eq!(auditor.get(&compared("%3Cscript%3E".to_owned())).await.status, 400);
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
