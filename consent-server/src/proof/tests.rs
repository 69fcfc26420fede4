use std::sync::Arc;

use consent_core::bundle::data::HandoffData;
use consent_core::choices::{Choice, Choices};
use consent_core::digest::Digest;
use consent_core::ledger::tile::TileId;
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
        ("handoff", 4, Outcome::Accepted),
        ("something new", 1, Outcome::Mixed),
    ] {
        proof.decision.action = action.to_owned();
        proof.decision.handoff = (action == "handoff").then(|| HandoffData {
            index: 7,
            log: "2026".to_owned(),
            site: "sport".to_owned(),
        });
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

/// How many cookies each category of the long declaration has.
const COOKIES: usize = 18;

async fn long(text: &str) -> Proof {
    let text = |number: usize| format!("{text}{number}");
    let mut proof = with_notice(proof().await, |body| {
        body.controller.name = text(0);
        body.controller.privacy_url = text(0);
        for category in &mut body.categories {
            category.title = text(1);
            let cookie = |number| CookieDeclaration {
                duration: text(number),
                kind: StorageKind::Cookie,
                lifetime: "P1Y".to_owned(),
                name: text(number),
                owner: text(number),
                purpose: text(number),
                service: None,
            };
            category.cookies = (0..COOKIES).map(cookie).collect();
        }
    });
    proof.decision.page = format!("/{}", text(0));
    proof.decision.region = text(0);
    proof
}

const STRANGE: [(&str, usize); 5] = [("x", 400), ("mot ", 100), ("全部拒否", 40), ("رفض الكل", 40), ("", 0)];

#[tokio::test]
async fn the_longest_and_strangest_declaration_stays_on_one_page() {
    for (text, times) in STRANGE {
        draw(&long(&text.repeat(times)).await);
    }
}

/// `pdftotext` (poppler-utils) says where each word stands.
#[tokio::test]
async fn no_word_leaves_the_page_or_stands_on_another() {
    if std::env::var_os("CONSENT_FULL").is_none_or(|value| value != "1") {
        eprintln!("skipped: places of words need pdftotext; set CONSENT_FULL=1");
        return;
    }
    let mut proofs = vec![proof().await];
    for (text, times) in STRANGE {
        proofs.push(long(&text.repeat(times)).await);
    }
    for (number, mut proof) in proofs.into_iter().enumerate() {
        for language in ["fr", "en"] {
            proof.decision.language = language.to_owned();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("proof.pdf");
            std::fs::write(&file, draw(&proof)).unwrap();
            let words = words(&pdftotext(&["-bbox"], &file));
            assert!(words.len() > 100, "{number} {language}: {} words", words.len());
            for (at, (text, word)) in words.iter().enumerate() {
                let inside = word[0] > 47.0 && word[2] < 548.5 && word[1] > 8.0 && word[3] < 842.0;
                assert!(inside, "{number} {language}: {text} at {word:?}");
                for (other_text, other) in &words[at + 1..] {
                    let width = word[2].min(other[2]) - word[0].max(other[0]);
                    let height = word[3].min(other[3]) - word[1].max(other[1]);
                    assert!(
                        width.min(height) < 0.8,
                        "{number} {language}: {text} {word:?} on {other_text} {other:?}"
                    );
                }
            }
            let text = pdftotext(&["-layout"], &file);
            assert!(
                text.contains(&proof.decision_id.to_string())
                    && text.contains(&proof.notice.id().to_string())
            );
            let more = text
                .lines()
                .filter(|line| line.contains("more, in the notice") || line.contains("de plus, dans"));
            // Without a letter in it, a row is a line high, and most fit; otherwise some of every category is left out.
            assert_eq!(more.count(), if number == 0 { 0 } else { 5 }, "{number} {language}: {text}");
            let lacking = text.contains("are shown as") || text.contains("sont remplacés par");
            assert_eq!(lacking, number == 3, "{number} {language}");
        }
    }
}

fn pdftotext(options: &[&str], file: &std::path::Path) -> String {
    let output = std::process::Command::new("pdftotext").args(options).arg(file).arg("-").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Each word with its edges: left, upper, right, lower.
fn words(bbox: &str) -> Vec<(String, [f32; 4])> {
    let lines = bbox.lines().filter_map(|line| line.trim().strip_prefix("<word "));
    lines
        .map(|line| {
            let parts: Vec<_> = line.split('"').collect();
            let edge = |at: usize| parts[at].parse().unwrap();
            (parts[8].to_owned(), [edge(1), edge(3), edge(5), edge(7)])
        })
        .collect()
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

#[tokio::test]
async fn nodes_that_lead_nowhere_are_let_go_and_computed_again() {
    let (store, heads, id) = recorded().await;
    let (log, head) = heads.of_site(&notice().site).pop().unwrap();
    let width = u16::try_from(head.checkpoint().size).unwrap();
    let tile = TileId { level: 0, index: 0, width };
    let wrong = |_| Ok::<_, ()>(vec![Digest([7; 32]); width.into()]);
    heads.nodes().node(&log, tile, (0, 0), wrong).unwrap();
    let receipt = || history::receipt(&*store, &heads, &notice().site, id).unwrap().unwrap().to_text();
    assert_eq!(receipt(), receipt());
    heads.nodes().forget(&log);
    heads.nodes().node(&log, tile, (0, 0), wrong).unwrap();
    receipt();
    assert_eq!(heads.nodes().node(&log, tile, (0, 0), |_| Err(())), Err(()));
}
