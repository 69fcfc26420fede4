//! What people did with the server: written down before it is answered, and read by those who may.

use axum::body::Body;
use axum::http::Request;
use consent_core::ledger::entry::action::{Action, Outcome, Role, Via};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::verify::evidence::Evidence;
use consent_core::verify::verify;

use super::console::{Browser, decided};
use super::console_bundles::made;
use super::exports::unpacked;
use super::support::{Server, decision_id, server};

const SUBJECT: &str = "AAECAwQFBgcICQoLDA0ODw";
const LOG: &str = "/v1/sites/trail/logs/2026";

async fn send(server: &Server, method: &str, path: &str, token: &str) -> u16 {
    let request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    server.send(request.body(Body::empty()).unwrap()).await.status
}

/// All that the trail says, oldest first, and the bytes that say it.
pub(crate) async fn said(server: &Server) -> (Vec<Action>, String) {
    let (log, head) = server.heads().into_iter().find(|(log, _)| log.site.as_str() == "trail").unwrap();
    let entries = server.store.entries(&log, 0..head.size).unwrap();
    let kinds = entries.iter().map(|bytes| Entry::parse(bytes).unwrap().kind().clone());
    let actions = kinds.filter_map(|kind| if let Kind::Action(action) = kind { Some(action) } else { None });
    (actions.collect(), String::from_utf8(entries.concat()).unwrap())
}

/// The name that the list of tokens tells of a token.
fn name(token: &str) -> String {
    consent_core::digest::Digest::of(token.as_bytes()).to_string()[..12].to_owned()
}

#[tokio::test]
async fn whatever_changes_something_or_takes_evidence_away_is_written_down() {
    let server = server().await;
    decided(&server).await;
    let (operator, auditor) = (server.tokens.operator.clone(), server.tokens.auditor.clone());
    let mut browser = Browser::stranger(&server);
    assert_eq!(browser.try_to_sign_in("consent_guess").await, 401);
    browser = Browser::signed_in(&server, &operator).await;
    let looking = Browser::signed_in(&server, &auditor).await;
    let story = looking.story(1).await;
    assert_eq!(looking.send(&story, "confirmation=AAECAw&reason=request").await.status, 403);
    let bundle = made(&looking, "").await;
    assert_eq!(looking.get(&bundle).await.status, 200);
    assert_eq!(looking.send("/console/sign-out", "").await.status, 303);
    let subject = format!("/v1/sites/newsroom/subjects/{SUBJECT}");
    assert_eq!(send(&server, "DELETE", &subject, &auditor).await, 403);
    assert_eq!(send(&server, "DELETE", &subject, "consent_guess").await, 401);
    assert_eq!(send(&server, "GET", "/v1/sites/newsroom/export?format=27560", &operator).await, 200);
    assert_eq!(browser.send(&story, "confirmation=AAECAw&reason=request").await.status, 303);
    assert_eq!(send(&server, "DELETE", &subject, &operator).await, 200);
    assert_eq!(browser.send("/console/sessions", "session=all").await.status, 303);
    let (actions, bytes) = said(&server).await;
    let (operator_is, auditor_is) = (name(&operator), name(&auditor));
    let short = |action: &Action| {
        (
            action.what.to_string(),
            action.by.name.to_string(),
            action.via,
            action.outcome,
            action.site.as_ref().map(ToString::to_string).unwrap_or_default(),
        )
    };
    let expected = [
        ("signed_in", &operator_is, Via::Console, Outcome::Done, ""),
        ("signed_in", &auditor_is, Via::Console, Outcome::Done, ""),
        ("subject_erased", &auditor_is, Via::Console, Outcome::Refused, "newsroom"),
        ("export_taken", &auditor_is, Via::Console, Outcome::Done, "newsroom"),
        ("signed_out", &auditor_is, Via::Console, Outcome::Done, ""),
        ("subject_erased", &auditor_is, Via::Api, Outcome::Refused, "newsroom"),
        ("export_taken", &operator_is, Via::Api, Outcome::Done, "newsroom"),
        ("subject_erased", &operator_is, Via::Console, Outcome::Done, "newsroom"),
        ("subject_erased", &operator_is, Via::Api, Outcome::Done, "newsroom"),
        ("sessions_ended", &operator_is, Via::Console, Outcome::Done, ""),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(what, by, via, outcome, site)| (what.to_owned(), by.clone(), via, outcome, site.to_owned()))
        .collect();
    assert_eq!(actions.iter().map(short).collect::<Vec<_>>(), expected);
    assert_eq!([&actions[0].by.role, &actions[1].by.role], [&Role::Operator, &Role::Auditor]);
    assert_eq!(
        [&actions[3], &actions[6]].map(|action| action.of.as_ref().unwrap().as_str()),
        ["bundle", "27560"]
    );
    let places: Vec<_> = actions.iter().map(|action| action.erased.len()).collect();
    assert_eq!(places, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0], "the second one found nothing left");
    // The site's log says what was erased where the trail says that it does.
    let place = &actions[7].erased[0];
    let (log, _) = server.heads().into_iter().find(|(log, _)| log.site.as_str() == "newsroom").unwrap();
    let entry = server.store.entries(&log, place.indices.from..place.indices.to).unwrap();
    assert!(matches!(Entry::parse(&entry[0]).unwrap().kind(), Kind::Erasure { .. }));
    // Nobody whom a decision is about is in it, no address, and nothing that signs anybody in.
    for secret in [SUBJECT, &decision_id(1), &operator, &auditor, "127.0.0.1"] {
        assert!(!bytes.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_trail_is_read_by_whoever_may_see_all_sites_and_by_nobody_else() {
    let server = server().await;
    assert_eq!(server.get(&format!("{LOG}/checkpoint")).await.status, 404, "nothing was done yet");
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    for path in [format!("{LOG}/checkpoint"), "/v1/sites/trail/logs/policy".to_owned()] {
        assert_eq!(server.get(&path).await.status, 200, "{path}");
    }
    let export = "/v1/sites/trail/export?format=bundle".to_owned();
    for path in [format!("{LOG}/tile/entries/000.p/2"), format!("{LOG}/tile/0/000.p/2"), export] {
        assert_eq!(server.get(&path).await.status, 401, "{path}");
        for (token, status) in [
            (&server.tokens.operator, 200),
            (&server.tokens.auditor, 403),
            (&server.tokens.news_operator, 403),
        ] {
            assert_eq!(send(&server, "GET", &path, token).await, status, "{path}");
        }
    }
    for token in [&server.tokens.auditor, &server.tokens.news_operator] {
        let browser = Browser::signed_in(&server, token).await;
        for path in ["/console/trail", "/console/trail/bundle"] {
            assert_eq!(browser.get(path).await.status, 404, "{path}");
        }
        assert!(!browser.get("/console/sessions").await.text().contains("/console/trail"));
    }
    let page = operator.get("/console/trail").await;
    assert_eq!(page.status, 200);
    for part in [
        "Signed in",
        "Taken away: bundle",
        &name(&server.tokens.operator),
        "over HTTP",
        "consent.example/trail/2026",
    ] {
        assert!(page.text().contains(part), "{part}");
    }
    // Nobody decides or asks for a notice there.
    assert_eq!(server.get("/v1/sites/trail/notice").await.status, 404);
}

#[tokio::test]
async fn the_trail_taken_away_is_checked_as_any_log() {
    let server = server().await;
    decided(&server).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let story = operator.story(1).await;
    assert_eq!(operator.send(&story, "confirmation=AAECAw&reason=legal").await.status, 303);
    let bundle = operator.get("/console/trail/bundle").await;
    assert!(bundle.header("content-disposition").contains("trail"), "{:?}", bundle.headers);
    let report = verify(&unpacked(bundle.body), &Evidence::default(), &mut |_| ());
    assert!(report.holds(), "{}", report.to_text());
    assert_eq!(report.logs.iter().map(|log| log.size).collect::<Vec<_>>(), [3]);
}

#[tokio::test]
async fn the_page_is_of_one_site_and_goes_on() {
    let server = server().await;
    let token = server.tokens.operator.clone();
    let operator = Browser::signed_in(&server, &token).await;
    for number in 0..55 {
        let site = if number < 5 { "news" } else { "newsroom" };
        let path = format!("/v1/sites/{site}/subjects/{SUBJECT}");
        assert_eq!(send(&server, "DELETE", &path, &token).await, 200);
    }
    let count = |text: &str| text.matches("<strong>").count();
    let first = operator.get("/console/trail").await;
    assert_eq!((count(first.text()), first.text().contains(">Newest<")), (50, false));
    let older = first.text().split("/console/trail?before=").nth(1).unwrap().split('"').next().unwrap();
    let second = operator.get(&format!("/console/trail?before={older}")).await;
    assert_eq!((count(second.text()), second.text().contains(">Older<")), (6, false));
    assert!(second.text().contains("Signed in") && !first.text().contains("Signed in"));
    let news = operator.get("/console/trail?site=news").await;
    assert_eq!((count(news.text()), news.text().contains("selected>")), (5, true));
    // One that has gone, or was never there, has nothing; what is no id or place leads nowhere.
    assert!(operator.get("/console/trail?site=gone").await.text().contains("Nothing was done on this site"));
    for odd in ["?site=%3Cscript%3E", "?before=x", "?before=2026"] {
        assert_eq!(operator.get(&format!("/console/trail{odd}")).await.status, 404, "{odd}");
    }
}

#[tokio::test]
async fn whatever_an_auditor_was_kept_from_is_written_down() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let story = auditor.story(1).await;
    for (path, fields, what) in [
        (story.as_str(), "confirmation=AAECAw&reason=request", "subject_erased"),
        ("/console/newsroom/declaration", "report=%7B%7D", "report_put"),
        ("/console/newsroom/install", "address=http://localhost/", "install_checked"),
        ("/console/newsroom/preview", "config=", "config_tried"),
        ("/console/newsroom/preview/drawn", "config=", "config_tried"),
    ] {
        assert_eq!(auditor.send(path, fields).await.status, 403, "{path}");
        let last = said(&server).await.0.pop().unwrap();
        let site = last.site.as_ref().map(ToString::to_string);
        let expected = (what, Outcome::Refused, Via::Console, Some("newsroom"));
        assert_eq!((last.what.as_str(), last.outcome, last.via, site.as_deref()), expected, "{path}");
        assert_eq!(last.by.name.as_str(), name(&server.tokens.auditor), "{path}");
    }
    // Of a site that they may not even see nothing is told, and neither is what another page has their browser send.
    let before = said(&server).await.0.len();
    for path in ["/console/news/install", "/console/news/preview", "/console/news/declaration"] {
        assert_eq!(auditor.send(path, "config=&address=a").await.status, 404, "{path}");
    }
    let planted = [("cookie", auditor.cookie()), ("sec-fetch-site", "cross-site")];
    let answer = server.request("POST", "/console/newsroom/preview", &planted, Body::from("config=")).await;
    assert_eq!((answer.status, said(&server).await.0.len()), (403, before));
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let page = operator.get("/console/trail?site=newsroom").await;
    for words in ["Install checked", "Config tried"] {
        assert!(
            page.text().contains(&format!("{words}</strong> <span class=\"chip trouble\">refused")),
            "{words}"
        );
    }
}

#[tokio::test]
async fn who_may_only_read_does_not_fill_it_and_what_nobody_takes_is_not_in_it() {
    let server = server().await;
    decided(&server).await;
    let (operator, auditor) = (server.tokens.operator.clone(), server.tokens.auditor.clone());
    let erase = format!("/v1/sites/newsroom/subjects/{SUBJECT}");
    for _ in 0..25 {
        assert_eq!(send(&server, "DELETE", &erase, &auditor).await, 403);
    }
    assert_eq!(said(&server).await.0.len(), 10, "of one token, in a minute");
    let export = "/v1/sites/newsroom/export?format=bundle";
    assert_eq!(send(&server, "HEAD", export, &operator).await, 405);
    assert_eq!(said(&server).await.0.len(), 10);
    assert_eq!(send(&server, "GET", export, &operator).await, 200);
    assert_eq!(said(&server).await.0.len(), 11);
}
