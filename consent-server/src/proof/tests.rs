use std::sync::Arc;

use consent_core::choices::{Choice, Choices};
use consent_core::notice::{CookieDeclaration, NoticeBody, StorageKind};
use consent_core::receipt::Content;
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::data::ServerKey;
use crate::sequencer::{self, Parts, SiteRules};
use crate::signed::LastSigned;
use crate::store::MemoryStore;
use crate::testing::{TestClock, decision, notice, request};

const NOW: OffsetDateTime = datetime!(2026-11-23 09:30 UTC);

/// A store with one decision, its heads, and the decision's id.
async fn recorded() -> (Arc<dyn Store>, Arc<Heads>, DecisionId) {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let (site, noted) = (notice().site.clone(), tempfile::tempdir().unwrap());
    let heads = Arc::new(Heads::default());
    let parts = Parts {
        host: "consent.example".to_owned(),
        sites: vec![SiteRules { site: site.clone(), retention_days: 1275 }],
        last_signed: Arc::new(LastSigned::open(noted.path().to_owned()).unwrap()),
        key: Arc::new(ServerKey::from_seed([1; 32])),
        clock: TestClock::at(NOW),
        heads: Arc::clone(&heads),
    };
    let (sequencer, failure) = sequencer::start(Arc::clone(&store), parts).unwrap();
    store.publish(&site, notice().id(), notice().bytes()).unwrap();
    let decision = decision(0, NOW);
    let id = decision.decision_id();
    sequencer.record(site, decision).await.unwrap();
    drop(sequencer);
    assert!(failure.await.is_err());
    (store, heads, id)
}

async fn proof() -> Proof {
    let (store, heads, id) = recorded().await;
    Proof::find(&*store, &heads, &notice().site, id, 1_795_426_200).unwrap().unwrap()
}

/// Draws a page, which the library checks against PDF/A-2a and PDF/UA-1 on the way, and sees that it is one.
fn draw(proof: &Proof) -> Vec<u8> {
    let pdf = proof.to_pdf().unwrap();
    let has = |text: &str| pdf.windows(text.len()).filter(|window| *window == text.as_bytes()).count();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    assert_eq!(
        (has("/Type/Page/") + has("/Type /Page\n"), has("/Count 1")),
        (1, 2),
        "one page, one place in its outline"
    );
    assert!(has("/StructTreeRoot") > 0 && has("pdfuaid:part") > 0 && has("pdfaid:conformance") > 0);
    pdf
}

fn with_notice(proof: Proof, change: impl FnOnce(&mut NoticeBody)) -> Proof {
    let mut body = (*proof.notice).clone();
    change(&mut body);
    Proof { notice: Notice::new(body).unwrap(), ..proof }
}

#[tokio::test]
async fn there_is_a_page_for_every_action_in_both_languages() {
    let mut proof = proof().await;
    for (action, granted, outcome) in [
        ("accept_all", 4, Outcome::Accepted),
        ("reject_all", 0, Outcome::Refused),
        ("save", 2, Outcome::Mixed),
        ("save", 4, Outcome::Accepted),
        ("withdraw", 0, Outcome::Withdrawn),
        ("close", 0, Outcome::Refused),
        ("signal", 0, Outcome::Refused),
        ("something new", 1, Outcome::Mixed),
    ] {
        proof.decision.action = action.to_owned();
        let first = Category::OPTIONAL.into_iter().take(granted);
        proof.decision.choices = first.fold(Choices::DENIED, |choices, one| choices.with(one, Choice::Grant));
        assert_eq!(proof.outcome(), outcome, "{action}");
        for (language, written) in [("fr-CA", "fr"), ("en", "en"), ("pl", "en")] {
            proof.decision.language = language.to_owned();
            let pdf = draw(&proof);
            let tag = format!("<dc:language><rdf:Bag><rdf:li>{written}</rdf:li>");
            assert!(pdf.windows(tag.len()).any(|window| window == tag.as_bytes()), "{language}");
        }
    }
}

#[tokio::test]
async fn the_same_proof_at_the_same_time_is_the_same_file() {
    let proof = proof().await;
    assert_eq!(draw(&proof), draw(&proof));
}

#[tokio::test]
async fn the_longest_and_strangest_declaration_stays_on_one_page() {
    for text in
        ["x".repeat(400), "mot ".repeat(100), "全部拒否".repeat(40), "رفض الكل".repeat(40), String::new()]
    {
        let text = |number: usize| format!("{text}{number}");
        let proof = with_notice(proof().await, |body| {
            body.controller.name = text(0);
            body.controller.privacy_url = text(0);
            for category in &mut body.categories {
                category.title = text(1);
                category.cookies = (0..18)
                    .map(|number| CookieDeclaration {
                        duration: text(number),
                        kind: StorageKind::Cookie,
                        lifetime: "P1Y".to_owned(),
                        name: text(number),
                        owner: text(number),
                        purpose: text(number),
                    })
                    .collect();
            }
        });
        draw(&proof);
    }
}

#[tokio::test]
async fn a_subject_that_is_gone_is_said_to_be() {
    let mut proof = proof().await;
    proof.subject = None;
    draw(&proof);
}

#[tokio::test]
async fn there_is_none_for_a_decision_that_is_not_there_or_was_erased() {
    let (store, heads, id) = recorded().await;
    let site = &notice().site;
    let other = request(7, "/").decision_id.parse().unwrap();
    assert!(Proof::find(&*store, &heads, site, other, 0).unwrap().is_none());
    let receipt = history::receipt(&*store, &heads, site, id).unwrap().unwrap();
    let content = Content { decision: None, ..receipt.content().clone() };
    let receipt =
        Receipt::new(receipt.head().clone(), receipt.index(), receipt.path().to_vec(), content).unwrap();
    let error = Proof::of(&*store, site, receipt, id, 0).unwrap_err();
    assert!(matches!(error, ProofError::Erased), "{error}");
}
