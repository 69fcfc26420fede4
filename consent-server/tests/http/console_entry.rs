//! What proves one decision: on its page, and as documents to take away.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use consent_core::digest::Digest;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::commitment::{Opening, Part};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::proof::verify_inclusion;
use serde_json::Value;

use crate::console::{Browser, decided};
use crate::support::{Answer, Server, decision_id, server};

const SUBJECT: &str = "AAECAwQFBgcICQoLDA0ODw";

fn hash(text: &Value) -> Digest {
    Digest(BASE64_STANDARD.decode(text.as_str().unwrap()).unwrap().try_into().unwrap())
}

/// The address of a page's link with these words.
fn link(page: &Answer, words: &str) -> String {
    let (before, _) = page.text().split_once(&format!(">{words}</a>")).unwrap_or_else(|| panic!("{words}"));
    before.rsplit("href=\"").next().unwrap().split('"').next().unwrap().to_owned()
}

/// Holds the document against the key of the log, as whoever took it away can. Gives back the openings.
fn checked(server: &Server, document: &Value) -> Vec<(Part, Opening)> {
    let text = document["entry"].as_str().unwrap();
    let entry = Entry::parse(text.as_bytes()).unwrap();
    assert_eq!(hash(&document["leaf_hash"]), entry.leaf_hash());
    let head = SignedCheckpoint::open(document["head"].as_str().unwrap().as_bytes(), &server.keys()).unwrap();
    let head = head.checkpoint();
    assert_eq!(document["log"], head.origin.to_string());
    assert_eq!(document["inclusion"]["size"], head.size);
    assert_eq!(hash(&document["inclusion"]["root"]), head.root);
    let path: Vec<_> = document["inclusion"]["hashes"].as_array().unwrap().iter().map(hash).collect();
    let index = document["index"].as_u64().unwrap();
    verify_inclusion(entry.leaf_hash(), index, head.size, &path, head.root).unwrap();
    let &Kind::Decision { decision, notice, subject } = entry.kind() else { panic!("{text}") };
    assert_eq!(document["notice_id"], notice.to_string());
    let openings = document["openings"].as_object().unwrap();
    let parts = [("decision", Part::Decision, decision), ("subject", Part::Subject, subject)];
    let opened = parts.into_iter().filter_map(|(name, part, commitment)| {
        let opening: Opening = serde_json::from_value(openings.get(name)?.clone()).unwrap();
        assert_eq!(opening.commitment(part), commitment, "{name}");
        Some((part, opening))
    });
    opened.collect()
}

#[tokio::test]
async fn pdf_receipt_and_json_of_a_decision_are_for_operators_and_auditors() {
    let server = server().await;
    decided(&server).await;
    for token in [&server.tokens.operator, &server.tokens.auditor] {
        let browser = Browser::signed_in(&server, token).await;
        let page = browser.get(&browser.story(1).await).await;
        // The newest stands first.
        let pdf = browser.get(&link(&page, "Proof (PDF)")).await;
        assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        assert!(pdf.body.starts_with(b"%PDF-"));
        let receipt = browser.get(&link(&page, "Receipt")).await;
        assert!(receipt.text().starts_with("c2sp.org/tlog-proof@v1\n"), "{}", receipt.text());
        let json = browser.get(&link(&page, "JSON")).await;
        assert_eq!((json.status, json.header("content-type")), (200, "application/json"));
        assert_eq!(json.header("cache-control"), "no-store");
        let document = json.json();
        let name = format!("attachment; filename=\"newsroom_2026_{}.json\"", document["index"]);
        assert_eq!(json.header("content-disposition"), name);
        let opened = checked(&server, &document);
        let said: Vec<_> = opened.iter().map(|(_, opening)| opening.data()).collect();
        assert!(said[0].contains("reject_all") && said[1].contains(&decision_id(3)), "{said:?}");
        // And the page says the same in two lines.
        for part in [
            format!("<dt>Leaf hash</dt><dd><code>{}</code>", document["leaf_hash"].as_str().unwrap())
                .replace('+', "&#43;"),
            format!("the signed head of {} entries", document["inclusion"]["size"]),
        ] {
            let text = page.text().replace('+', "&#43;");
            assert!(text.contains(&part), "{part}\n{text}");
        }
        assert_eq!(page.text().matches("<dt>Leaf hash</dt>").count(), 3);
    }
}

#[tokio::test]
async fn what_was_erased_is_absent_and_the_rest_still_proven() {
    let server = server().await;
    decided(&server).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let story = operator.story(1).await;
    assert_eq!(operator.send(&story, "confirmation=AAECAw&reason=request").await.status, 303);
    let page = operator.get(&story).await;
    assert!(!page.text().contains(">Receipt<") && !page.text().contains(">Proof (PDF)<"));
    let json = operator.get(&link(&page, "JSON")).await;
    assert!(checked(&server, &json.json()).is_empty());
    assert!(!json.text().contains(SUBJECT) && !json.text().contains("reject_all"));
}

#[tokio::test]
async fn the_document_is_for_whoever_may_see_the_site_and_of_decisions_only() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let path = format!("{}.json", auditor.story(1).await);
    assert_eq!(auditor.get(&path).await.status, 200);
    let stranger = Browser::stranger(&server).get(&path).await;
    assert_eq!((stranger.status, stranger.header("location")), (303, "/console/sign-in"));
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await.get(&path).await;
    assert_eq!(news.status, 404);
    assert!(!news.text().contains("newsroom"));
    for none in ["2026/0.json", "2026/999999.json", "2025/1.json", "2026/.json", "2026/1.json.json"] {
        let answer = auditor.get(&format!("/console/newsroom/entries/{none}")).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (404, "text/html; charset=utf-8"),
            "{none}"
        );
    }
    // No script reads it, be it on a page that this server has beside the console.
    let headers = [("cookie", auditor.cookie()), ("sec-fetch-mode", "cors")];
    assert_eq!(server.get_with(&path, &headers).await.status, 403);
}
