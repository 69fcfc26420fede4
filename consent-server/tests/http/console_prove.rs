//! The state of the logs, who else vouches for them, a check that the server runs, and the page for one by hand.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use consent_core::ledger::cosignature::{WitnessKey, signed_text};
use consent_core::ledger::key::SigningKey;
use consent_server::anchors::documents::Kept;
use consent_server::anchors::heads_site;

use crate::console::{Browser, decided};
use crate::support::{NOW, Server, decision, server, server_of};

const PROVE: &str = "/console/newsroom/prove";
const BY_HAND: &str = "/console/newsroom/prove/by-hand";

fn witness(seed: u8) -> (SigningKey, WitnessKey) {
    let name = format!("witness.example/{seed}");
    let key = SigningKey::from_seed(&name, &[seed; 32]).unwrap();
    let public = WitnessKey::new(&name, &key.verifier().public()).unwrap();
    (key, public)
}

/// A head of the heads log with lines of these witnesses, each with the time at which it signed.
fn cosigned(size: u64, signed: &[(u8, u64)]) -> String {
    let text = format!("consent.example/heads/2026\n{size}\n{}\n", BASE64_STANDARD.encode([7; 32]));
    let lines: String = signed
        .iter()
        .map(|(seed, time)| {
            let (key, public) = witness(*seed);
            let signature = key.sign(signed_text(&text, *time).as_bytes());
            let bytes = [&public.id().0[..], &time.to_be_bytes(), &signature].concat();
            format!("\u{2014} {} {}\n", public.name(), BASE64_STANDARD.encode(bytes))
        })
        .collect();
    format!("{text}\n{lines}")
}

/// A server that asks three witnesses, of which two have to sign.
async fn witnessed(quorum: &str) -> Server {
    let tables = (1..=3).map(|seed| {
        let name = ["ana", "bob", "eve"][usize::from(seed) - 1];
        let key = witness(seed).1;
        format!(
            "[[witness]]\nname = \"{name}\"\nurl = \"https://witness.example/{seed}\"\nvkey = \"{key}\"\n"
        )
    });
    let config = format!(
        "[server]\nhost = \"consent.example\"\n{quorum}\n[[site]]\nid = \"newsroom\"\n\
         controller = {{ name = \"A\", privacy_url = \"/p\" }}\n{}",
        tables.collect::<String>()
    );
    server_of(&config).await
}

#[tokio::test]
async fn each_witness_is_named_with_when_it_signed_and_whether_they_are_enough() {
    let server = witnessed("quorum = 2").await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get(PROVE).await;
    for part in ["none so far", "2 of 3, <strong>not met</strong>", "No time-stamp was taken so far"] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    assert_eq!(page.text().matches("has not").count(), 3);
    let now = u64::try_from(NOW).unwrap();
    let keep = |signed: &[(u8, u64)]| {
        server.store.keep(&heads_site(), "cosigned/2026", cosigned(7, signed).as_bytes()).unwrap();
    };
    keep(&[(1, now - 60), (3, now - 30)]);
    Kept { year: 2026.into(), size: 5, time: now - 90 }.keep(&*server.store, "a", "b", b"c").unwrap();
    let page = auditor.get(PROVE).await;
    for part in [
        "7 entries of <code>heads/2026</code>",
        "2 of 3, met: 2 signed that head",
        "<th scope=\"row\">ana</th><td>2026-11-23 09:29:00 UTC</td>",
        "<th scope=\"row\">bob</th><td><span class=\"chip trouble\">has not</span></td>",
        "<th scope=\"row\">eve</th><td>2026-11-23 09:29:30 UTC</td>",
        "Last time-stamp: 2026-11-23 09:28:30 UTC, of the log of heads with 5 entries.",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    // One is not enough, and neither is a line that names a witness and is not its own.
    let forged = cosigned(7, &[(1, now), (2, now)]).replacen("\n7\n", "\n8\n", 1);
    server.store.keep(&heads_site(), "cosigned/2026", forged.as_bytes()).unwrap();
    let page = auditor.get(PROVE).await;
    assert!(page.text().contains("not met</strong>: 0 signed"), "{}", page.text());
    keep(&[(2, now)]);
    let page = auditor.get(PROVE).await;
    assert!(page.text().contains("not met</strong>: 1 signed"), "{}", page.text());
}

#[tokio::test]
async fn where_no_witness_is_asked_or_none_has_to_sign_the_page_says_so() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get(PROVE).await;
    assert!(page.text().contains("No witness is configured: "), "{}", page.text());
    assert!(!page.text().contains("Quorum"));
    let server = witnessed("").await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get(PROVE).await;
    assert!(page.text().contains("none: auditors are not asked to want any of 3"), "{}", page.text());
}

#[tokio::test]
async fn each_log_is_shown_with_when_its_head_was_signed_and_can_be_checked_by_hand() {
    let server = server().await;
    decided(&server).await;
    server.set_clock(1_798_800_000);
    let notice = server.notice_id("newsroom", "fr").await;
    assert_eq!(server.post("newsroom", &decision(9, &notice)).await.status, 201);
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get(PROVE).await;
    let dates: Vec<_> =
        page.text().split("<dt>Head signed</dt><dd>").skip(1).map(|rest| &rest[..19]).collect();
    assert_eq!(dates, ["2027-01-01 10:40:00", "2027-01-01 10:40:00"], "the older one was closed then");
    let newest = auditor.get(BY_HAND).await;
    assert!(newest.text().contains("<option selected>2027</option>"), "{}", newest.text());
    assert!(newest.text().contains("const folder = \"logs/2027/\"") && !newest.text().contains("logs/2026"));
    let older = auditor.get(&format!("{BY_HAND}?log=2026")).await;
    let policy = server.get("/v1/sites/newsroom/logs/policy").await;
    let key =
        policy.text().lines().find_map(|line| line.strip_prefix("log ").filter(|key| key.contains("/2026+")));
    assert!(older.text().contains(&format!("note.NewVerifier(\"{}\")", key.unwrap())), "{}", older.text());
    assert!(!older.text().contains("logs/2027") && older.text().contains("<option selected>2026</option>"));
    for none in ["2025", "2026.2", "%3Cscript%3E", "x"] {
        assert_eq!(auditor.get(&format!("{BY_HAND}?log={none}")).await.status, 404, "{none}");
    }
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
