//! A decision from its request to its receipt.

use consent_core::ledger::entry::Entry;
use consent_core::receipt::Receipt;
use serde_json::json;

use super::support::{NOW, decision_id, server, server_of};

#[tokio::test]
async fn a_decision_is_acknowledged_with_its_place_and_the_servers_time() {
    let server = server().await;
    let answer = server.post("newsroom", &server.decision(1).await).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    // `open` and a notice for each language come first.
    let expected = json!({
        "decision_id": decision_id(1), "log": "consent.example/newsroom/2026",
        "index": 3, "size": 4, "recorded_at": "2026-11-23T09:30:00.000Z",
    });
    assert_eq!(answer.json(), expected);
    assert_eq!(server.heads().iter().map(|(_, head)| head.size).sum::<u64>(), 2 + 4);
}

#[tokio::test]
async fn a_retry_gets_200_and_the_same_body() {
    let server = server().await;
    let decision = server.decision(1).await;
    let first = server.post("newsroom", &decision).await;
    server.post("newsroom", &server.decision(2).await).await;
    server.set_clock(NOW + 86_400);
    let heads = server.heads();
    let again = server.post("newsroom", &decision).await;
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.body, again.body);
    assert_eq!(server.heads(), heads);
}

#[tokio::test]
async fn the_receipt_verifies_with_the_logs_key_and_opens_what_was_sent() {
    let server = server().await;
    let mut decision = server.decision(7).await;
    // Characters that JSON, canonical JSON and text files each have their own ideas about.
    decision["page"] = json!("/\u{e9}t\u{e9}/\u{2028}\u{1F600}\"\\/</script>?q=1");
    for number in 1..=600 {
        if number == 300 {
            assert_eq!(server.post("newsroom", &decision).await.status, 201);
        } else {
            assert_eq!(server.post("newsroom", &server.decision(1000 + number).await).await.status, 201);
        }
    }
    let answer = server.get(&format!("/v1/sites/newsroom/decisions/{}/receipt", decision_id(7))).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), "no-store");
    let receipt = Receipt::open(answer.text(), &server.keys()).unwrap();
    assert_eq!((receipt.index(), receipt.head().checkpoint().size), (302, 603));
    let content = receipt.content();
    assert_eq!(Entry::parse(content.entry.as_bytes()).unwrap().time(), u64::try_from(NOW).unwrap());
    let opened = |opening: &Option<consent_core::ledger::commitment::Opening>| {
        serde_json::from_str::<serde_json::Value>(opening.as_ref().unwrap().data()).unwrap()
    };
    let decided = opened(&content.decision);
    assert_eq!(decided["page"], "/\u{e9}t\u{e9}/\u{2028}\u{1F600}\"\\/</script>");
    assert_eq!(decided["action"], "reject_all");
    let subject = opened(&content.subject);
    assert_eq!(subject, json!({"decision_id": decision_id(7), "subject_id": "AAECAwQFBgcICQoLDA0ODw"}));
    // The keys of another log do not do.
    assert!(Receipt::open(answer.text(), &server.keys()[1..]).is_err());
}

#[tokio::test]
async fn there_is_no_receipt_for_what_was_not_recorded_or_belongs_to_another_site() {
    let server = server().await;
    server.post("newsroom", &server.decision(1).await).await;
    for path in [
        format!("/v1/sites/news/decisions/{}/receipt", decision_id(1)),
        format!("/v1/sites/newsroom/decisions/{}/receipt", decision_id(2)),
        format!("/v1/sites/newsroom/decisions/{}/receipt", decision_id(1).replace('-', "")),
        "/v1/sites/newsroom/decisions/x/receipt".to_owned(),
    ] {
        let answer = server.get(&path).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{path}");
    }
}

#[tokio::test]
async fn the_history_of_a_subject_has_its_decisions_of_this_site_oldest_first() {
    let server = server().await;
    for number in [3, 1, 2] {
        server.set_clock(NOW + i64::try_from(number).unwrap());
        server.post("newsroom", &server.decision(number).await).await;
    }
    let bearer = format!("Bearer {}", server.tokens.auditor);
    let path = "/v1/sites/newsroom/decisions?subject_id=AAECAwQFBgcICQoLDA0ODw";
    let answer = server.get_with(path, &[("authorization", &bearer)]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let history = answer.json();
    let ids: Vec<_> =
        history.as_array().unwrap().iter().map(|past| past["subject"]["decision_id"].clone()).collect();
    assert_eq!(ids, [decision_id(3), decision_id(1), decision_id(2)]);
    assert_eq!(history[0]["index"], 3);
    assert_eq!(history[0]["decision"]["action"], "reject_all");
    let nobody = "/v1/sites/newsroom/decisions?subject_id=AAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(server.get_with(nobody, &[("authorization", &bearer)]).await.json(), json!([]));
}

pub(super) mod cookie {
    use super::*;

    const OWN: (&str, &str) = ("origin", "https://consent.example");

    pub(crate) async fn value(server: &crate::support::Server, number: u64) -> String {
        // version.choices.decided_at.notice.subject.decision
        let notice = server.notice_id("newsroom", "fr").await;
        let id = decision_id(number).replace('-', "");
        let bytes: Vec<u8> =
            (0..16).map(|at| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).unwrap()).collect();
        let id = consent_core::digest::encode_base64url(&bytes);
        let at = base36(u64::try_from(NOW).unwrap() - 2);
        format!("1.01.{at}.{}.AAECAwQFBgcICQoLDA0ODw.{id}", &notice[..12])
    }

    fn base36(mut number: u64) -> String {
        let mut digits = Vec::new();
        while number > 0 {
            digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[usize::try_from(number % 36).unwrap()]);
            number /= 36;
        }
        digits.reverse();
        String::from_utf8(digits).unwrap()
    }

    #[tokio::test]
    async fn is_set_again_for_the_decision_that_the_browser_holds() {
        let server = server().await;
        let value = value(&server, 1).await;
        let cookies = format!("other=1; consent={value}; third=3");
        let answer =
            server.post_with("newsroom", &server.decision(1).await, &[OWN, ("cookie", &cookies)]).await;
        let expected = format!("consent={value}; SameSite=Lax; Secure; Path=/; Max-Age=15552000");
        assert_eq!(answer.header("set-cookie"), expected);
        // On a retry as well; and without `Secure` where the page has no TLS.
        let own = ("origin", "http://consent.example:8080");
        let answer =
            server.post_with("newsroom", &server.decision(1).await, &[own, ("cookie", &cookies)]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("set-cookie"), expected.replace(" Secure;", ""));
    }

    #[tokio::test]
    async fn is_set_for_the_sites_domain_where_the_browser_would_keep_it() {
        for (domain, expected) in [("consent.example", "; Domain=consent.example"), ("other.example", "")] {
            let server = server_of(&format!(
                "[server]\nhost = \"consent.example\"\n[[site]]\nid = \"newsroom\"\nlanguages = [\"fr\"]\n\
                 cookie_domain = \"{domain}\"\ncontroller = {{ name = \"A\", privacy_url = \"/p\" }}\n"
            ))
            .await;
            let [one, two] = [value(&server, 1).await, value(&server, 2).await];
            // One that a host keeps for itself stands first, as it is older; whichever is newer counts.
            for (cookies, set) in [
                (format!("consent={one}; consent={two}"), true),
                (format!("consent={two}; consent={one}"), true),
                (format!("consent={one}"), false),
            ] {
                let answer = server
                    .post_with("newsroom", &server.decision(2).await, &[OWN, ("cookie", &cookies)])
                    .await;
                let cookie =
                    format!("consent={two}; SameSite=Lax; Secure; Path=/{expected}; Max-Age=15552000");
                assert_eq!(answer.header("set-cookie"), if set { &cookie } else { "" }, "{cookies}");
            }
        }
    }

    #[tokio::test]
    async fn is_left_alone_when_the_browser_holds_another_decision_or_none() {
        let server = server().await;
        let held = format!("consent={}", value(&server, 2).await);
        let garbage = "consent=1.01.x".to_owned();
        for cookies in [held, garbage, "Consent=1".to_owned(), "a=b".to_owned(), ";;;=".to_owned()] {
            let decision = server.decision(1).await;
            let answer = server.post_with("newsroom", &decision, &[OWN, ("cookie", &cookies)]).await;
            assert!(answer.status < 300 && !answer.headers.contains_key("set-cookie"), "{cookies}");
        }
        let answer = server.post("newsroom", &server.decision(1).await).await;
        assert!(!answer.headers.contains_key("set-cookie"));
    }

    #[tokio::test]
    async fn is_never_set_for_a_page_of_another_site_nor_by_a_refusal() {
        let server = server().await;
        let cookies = format!("consent={}", value(&server, 1).await);
        let listed = [("origin", "https://www.newsroom.example"), ("cookie", cookies.as_str())];
        let answer = server.post_with("newsroom", &server.decision(1).await, &listed).await;
        assert!(answer.status == 201 && !answer.headers.contains_key("set-cookie"));
        let mut other = server.decision(1).await;
        other["page"] = json!("/other");
        let answer = server.post_with("newsroom", &other, &[OWN, ("cookie", &cookies)]).await;
        assert!(answer.status == 409 && !answer.headers.contains_key("set-cookie"));
    }
}
