//! What a subject decided: found, told as text, and erased.

use axum::body::Body;
use axum::http::Request;
use consent_core::choices::Choices;
use consent_core::cookie::{ConsentCookie, NoticePrefix};

use crate::console::{Browser, decided};
use crate::support::{decision, decision_id, server};

const SUBJECT: &str = "AAECAwQFBgcICQoLDA0ODw";

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
