//! A choice that goes from one site of a group to another.

use axum::body::Body;
use consent_core::digest::{decode_base64url, encode_base64url};
use serde_json::{Value, json};

use super::support::{Answer, NOW, Server, embedded, server_of};

const CONFIG: &str = r#"
[server]
host = "consent.example"

[limits]
per_subject = 0

[defaults]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
vendor = [{ category = "analytics", name = "V", privacy_url = "https://v.example/p" }]

[[site]]
id = "newsroom"
name = "News"
origins = ["https://news.example"]
[site.regions]
GB = {}
[[site]]
id = "sport"
name = "Sport"
origins = ["https://sport.example"]
[[site]]
id = "shop"
origins = ["https://shop.example"]
[[site]]
id = "stranger"
origins = ["https://stranger.example"]

[[group]]
id = "press"
sites = ["newsroom", "sport", "shop"]
"#;

const SUBJECT: &str = "AAECAwQFBgcICQoLDA0ODw";
const OTHER_SUBJECT: &str = "BAECAwQFBgcICQoLDA0ODw";

/// The id of a decision at a time, in milliseconds.
fn id_at(millis: i64, number: u32) -> String {
    let hex = format!("{millis:012x}");
    format!("{}-{}-7000-8000-{number:012x}", &hex[..8], &hex[8..])
}

fn choices(granted: bool) -> Value {
    let word = if granted { "grant" } else { "deny" };
    json!({"functional": word, "analytics": word, "performance": word, "advertisement": word})
}

/// A decision `millis` after the first.
async fn decide(server: &Server, site: &str, action: &str, after: i64, region: &str) -> String {
    let millis = NOW * 1000 - 5000 + after;
    let notice = server.get(&format!("/v1/sites/{site}/notice?region={region}")).await.json();
    let id = id_at(millis, u32::try_from(after).unwrap());
    let at = consent_core::decision::rfc3339_millis(
        time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap(),
    );
    let body = json!({
        "decision_id": id, "subject_id": SUBJECT, "notice_id": notice["notice_id"], "action": action,
        "choices": choices(action == "accept_all"), "decided_at": at, "signals": {"gpc": action == "signal"},
        "language": notice["language"], "page": "/",
    });
    let answer = server.post(site, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    id
}

async fn ask(server: &Server, site: &str, decision: &str, to: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"decision_id": decision, "to": to}).to_string();
    let headers = [&[("content-type", "application/json")], headers].concat();
    server.request("POST", &format!("/v1/sites/{site}/handoffs"), &headers, Body::from(body)).await
}

async fn token(server: &Server, decision: &str, to: &str) -> String {
    let answer = ask(server, "newsroom", decision, to, &[]).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// What the script of the other site sends for a token.
async fn request(server: &Server, site: &str, token: &str) -> Value {
    let notice = server.get(&format!("/v1/sites/{site}/notice")).await.json();
    let bytes = decode_base64url(token).unwrap();
    let millis = bytes[2..8].iter().fold(0, |millis, byte| millis << 8 | i128::from(*byte));
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(millis * 1_000_000).unwrap();
    json!({
        "subject_id": OTHER_SUBJECT, "notice_id": notice["notice_id"], "action": "handoff",
        "handoff": token, "choices": choices(bytes[1] == 31),
        "decided_at": consent_core::decision::rfc3339_millis(at), "signals": {"gpc": false},
        "language": notice["language"], "page": "/",
    })
}

/// The index of a decision on `newsroom`.
fn place_of(server: &Server, decision: &str) -> u64 {
    let site = "newsroom".parse().unwrap();
    server.store.find_decision(&site, decision.parse().unwrap()).unwrap().unwrap().index
}

async fn history(server: &Server, site: &str) -> Value {
    let bearer = format!("Bearer {}", server.tokens.operator);
    let path = format!("/v1/sites/{site}/decisions?subject_id={OTHER_SUBJECT}");
    server.get_with(&path, &[("authorization", &bearer)]).await.json()
}

async fn refuses(server: &Server, site: &str, request: &Value, status: u16, code: &str) {
    let before = server.heads();
    let answer = server.post(site, request).await;
    assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{request}");
    assert_eq!(server.heads(), before, "something was stored");
}

#[tokio::test]
async fn a_grant_and_a_withdrawal_are_taken_once_and_recorded_with_where_they_were_made() {
    let server = server_of(CONFIG).await;
    for (number, action) in ["accept_all", "withdraw"].into_iter().enumerate() {
        let origin = decide(&server, "newsroom", action, i64::try_from(number).unwrap(), "FR").await;
        let token = token(&server, &origin, "sport").await;
        let sent = request(&server, "sport", &token).await;
        let answer = server.post("sport", &sent).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        // It names neither of the two decisions, as a name opens a receipt, nor who made them.
        let bytes = decode_base64url(&token).unwrap();
        let here = answer.json()["decision_id"].as_str().unwrap().to_owned();
        for name in [&origin, &here] {
            let id: consent_core::decision::DecisionId = name.parse().unwrap();
            assert!(!bytes.windows(10).any(|part| part == &id.as_bytes()[6..]));
        }
        assert!(!bytes.windows(16).any(|part| part == decode_base64url(SUBJECT).unwrap()));
        assert_eq!(here[..13], origin[..13], "it is not as old");
        let receipt = server.get(&format!("/v1/sites/sport/decisions/{here}/receipt")).await;
        assert_eq!(receipt.status, 200);
        let past = history(&server, "sport").await;
        let decision = &past[number]["decision"];
        assert_eq!(decision["action"], "handoff");
        let place = place_of(&server, &origin);
        assert_eq!(decision["handoff"], json!({"site": "newsroom", "log": "2026", "index": place}));
        assert_eq!(decision["choices"]["analytics"], if number == 0 { "grant" } else { "deny" });
        // The same request again is a retry; any other one, of whichever browser, is refused.
        let again = server.post("sport", &sent).await;
        assert_eq!((again.status, again.json()), (200, answer.json()));
        let mut replayed = sent.clone();
        replayed["subject_id"] = json!(SUBJECT);
        refuses(&server, "sport", &replayed, 409, "decision_conflict").await;
        replayed = sent.clone();
        replayed["page"] = json!("/other");
        refuses(&server, "sport", &replayed, 409, "decision_conflict").await;
    }
}

#[tokio::test]
async fn a_token_that_is_not_good_grants_nothing() {
    let server = server_of(CONFIG).await;
    let origin = decide(&server, "newsroom", "accept_all", 0, "FR").await;
    let token = token(&server, &origin, "sport").await;
    let sent = request(&server, "sport", &token).await;
    let with = |token: &str| {
        let mut changed = sent.clone();
        changed["handoff"] = json!(token);
        changed
    };
    let mut forged = decode_base64url(&token).unwrap();
    forged[1] ^= 2;
    refuses(&server, "sport", &with(&encode_base64url(&forged)), 422, "invalid_handoff").await;
    refuses(&server, "sport", &with(&token[..token.len() - 4]), 422, "invalid_handoff").await;
    refuses(&server, "sport", &with(""), 422, "invalid_handoff").await;
    refuses(&server, "sport", &with(&"A".repeat(4096)), 422, "invalid_handoff").await;
    // On a third site of the group, on one that is in none, and on the one that it comes from.
    for (site, status, code) in [
        ("shop", 409, "handoff_not_in_group"),
        ("stranger", 422, "action_not_offered"),
        ("newsroom", 422, "action_not_offered"),
    ] {
        let elsewhere = request(&server, site, &token).await;
        refuses(&server, site, &elsewhere, status, code).await;
    }
    // More than the token says, without one, and as another action.
    let mut more = sent.clone();
    more["choices"]["analytics"] = json!("deny");
    refuses(&server, "sport", &more, 422, "action_mismatch").await;
    let mut without = sent.clone();
    without.as_object_mut().unwrap().remove("handoff");
    refuses(&server, "sport", &without, 422, "invalid_decision_id").await;
    without["decision_id"] = json!(id_at(NOW * 1000, 9));
    refuses(&server, "sport", &without, 422, "action_not_offered").await;
    let mut accepts = sent.clone();
    accepts["action"] = json!("accept_all");
    refuses(&server, "sport", &accepts, 422, "action_not_offered").await;
    let mut other = sent.clone();
    other["decision_id"] = json!(id_at(NOW * 1000, 9));
    refuses(&server, "sport", &other, 422, "handoff_mismatch").await;
    // A clock that is a minute ahead of the one that made it, and more than a minute behind.
    server.set_clock(NOW + 61);
    refuses(&server, "sport", &sent, 409, "handoff_expired").await;
    server.set_clock(NOW - 61);
    refuses(&server, "sport", &sent, 409, "handoff_expired").await;
    server.set_clock(NOW + 60);
    assert_eq!(server.post("sport", &sent).await.status, 201);
}

#[tokio::test]
async fn what_was_erased_meanwhile_is_not_handed_on() {
    let server = server_of(CONFIG).await;
    let origin = decide(&server, "newsroom", "accept_all", 0, "FR").await;
    let token = token(&server, &origin, "sport").await;
    let sent = request(&server, "sport", &token).await;
    let bearer = format!("Bearer {}", server.tokens.operator);
    let path = format!("/v1/sites/newsroom/subjects/{SUBJECT}");
    let erased = server.request("DELETE", &path, &[("authorization", &bearer)], Body::empty()).await;
    assert!(erased.status < 300, "{}", erased.text());
    refuses(&server, "sport", &sent, 404, "handoff_missing").await;
    let answer = ask(&server, "newsroom", &origin, "sport", &[]).await;
    assert_eq!((answer.status, answer.code().as_str()), (404, "handoff_missing"));
}

#[tokio::test]
async fn only_a_choice_that_holds_is_handed_on_and_only_within_the_group() {
    let server = server_of(CONFIG).await;
    let signal = decide(&server, "newsroom", "signal", 0, "FR").await;
    let origin = decide(&server, "newsroom", "accept_all", 1, "FR").await;
    for (site, decision, to, status, code) in [
        ("newsroom", origin.as_str(), "stranger", 409, "handoff_not_in_group"),
        ("newsroom", &origin, "newsroom", 409, "handoff_not_in_group"),
        ("newsroom", &origin, "nowhere", 409, "handoff_not_in_group"),
        ("stranger", &origin, "sport", 409, "handoff_not_in_group"),
        ("sport", &origin, "newsroom", 404, "handoff_missing"),
        ("newsroom", &id_at(NOW * 1000, 77), "sport", 404, "handoff_missing"),
        ("newsroom", &signal, "sport", 409, "handoff_not_chosen"),
        ("newsroom", "x", "sport", 422, "invalid_decision_id"),
        ("newsroom", &origin, "No Site", 422, "invalid_site_id"),
    ] {
        let answer = ask(&server, site, decision, to, &[]).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{site} {to}");
    }
    // Until it has expired.
    server.set_clock(NOW + 179 * 86_400);
    token(&server, &origin, "sport").await;
    server.set_clock(NOW + 180 * 86_400);
    let answer = ask(&server, "newsroom", &origin, "sport", &[]).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "handoff_outdated"));
}

#[tokio::test]
async fn a_grant_under_looser_rules_does_not_answer_a_stricter_question_and_a_refusal_does() {
    let server = server_of(CONFIG).await;
    // In Britain analytics need no yes for what a site does itself, so a grant there answers less.
    let british = server.get("/v1/sites/newsroom/notice?region=GB").await.json();
    let strict = server.get("/v1/sites/sport/notice").await.json();
    assert_ne!(british["regime"]["rules"], strict["regime"]["rules"]);
    let granted = decide(&server, "newsroom", "accept_all", 0, "GB").await;
    let given = token(&server, &granted, "sport").await;
    let sent = request(&server, "sport", &given).await;
    refuses(&server, "sport", &sent, 409, "handoff_asks_more").await;
    let denied = decide(&server, "newsroom", "reject_all", 1, "GB").await;
    let given = token(&server, &denied, "sport").await;
    assert_eq!(server.post("sport", &request(&server, "sport", &given).await).await.status, 201);
}

#[tokio::test]
async fn where_the_browser_objects_advertising_is_not_handed_on() {
    let server = server_of(CONFIG).await;
    let origin = decide(&server, "newsroom", "accept_all", 0, "FR").await;
    let token = token(&server, &origin, "sport").await;
    let mut sent = request(&server, "sport", &token).await;
    let answer = server.post_with("sport", &sent, &[("sec-gpc", "1")]).await;
    assert_eq!((answer.status, answer.code().as_str()), (422, "action_mismatch"));
    sent["choices"]["advertisement"] = json!("deny");
    sent["signals"]["gpc"] = json!(true);
    assert_eq!(server.post("sport", &sent).await.status, 201);
}

#[tokio::test]
async fn only_pages_of_the_site_ask_for_a_token_and_each_notice_tells_of_the_group() {
    let server = server_of(CONFIG).await;
    let origin = decide(&server, "newsroom", "accept_all", 0, "FR").await;
    let own = [("origin", "https://news.example")];
    let answer = ask(&server, "newsroom", &origin, "sport", &own).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (201, "https://news.example"));
    for foreign in ["https://sport.example", "https://evil.example", "null"] {
        let answer = ask(&server, "newsroom", &origin, "sport", &[("origin", foreign)]).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "foreign_origin"), "{foreign}");
        let asked = [("origin", foreign), ("access-control-request-method", "POST")];
        let answer = server.request("OPTIONS", "/v1/sites/newsroom/handoffs", &asked, Body::empty()).await;
        assert_eq!(answer.status, 403);
    }
    let answer = server.request("OPTIONS", "/v1/sites/newsroom/handoffs", &own, Body::empty()).await;
    assert_eq!((answer.status, answer.header("access-control-allow-methods")), (204, "POST"));
    let text = server.request("POST", "/v1/sites/newsroom/handoffs", &[], Body::from("{}")).await;
    assert_eq!((text.status, text.code().as_str()), (415, "unsupported_media_type"));

    let notice = server.get("/v1/sites/newsroom/notice").await.json();
    let sites: Vec<_> = notice["group"]["sites"].as_array().unwrap().iter().map(|site| &site["id"]).collect();
    assert_eq!(sites, ["newsroom", "shop", "sport"]);
    assert!(
        notice["texts"]["body"].as_str().unwrap().ends_with("Your choice also applies on shop and Sport.")
    );
    let told = "Your choice also applies on shop (shop.example) and Sport (sport.example).";
    assert!(notice["texts"]["settings_body"].as_str().unwrap().ends_with(told));
    assert!(server.get("/v1/sites/newsroom/declaration.html").await.text().contains(told));
    let declared = server.get("/v1/sites/newsroom/declaration").await.json();
    assert_eq!(
        declared["group"][1],
        json!({"name": "Sport", "origins": ["https://sport.example"], "site": "sport"})
    );
    let alone = server.get("/v1/sites/stranger/notice").await.json();
    assert!(alone.get("group").is_none() && alone["parts"].get("handoff").is_none());
}

#[tokio::test]
async fn a_token_is_of_one_browser_also_one_that_denies() {
    let server = server_of(CONFIG).await;
    for (number, action) in [(0, "accept_all"), (1, "reject_all")] {
        let origin = decide(&server, "newsroom", action, number, "FR").await;
        let one = ("user-agent", "Firefox");
        let answer = ask(&server, "newsroom", &origin, "sport", &[one]).await;
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        let sent = request(&server, "sport", &token).await;
        let before = server.heads();
        for other in [&[("user-agent", "Chrome")][..], &[]] {
            let answer = server.post_with("sport", &sent, other).await;
            assert_eq!((answer.status, answer.code().as_str()), (409, "handoff_other_browser"));
            assert_eq!(server.heads(), before, "something was stored");
        }
        assert_eq!(server.post_with("sport", &sent, &[one]).await.status, 201);
    }
}

#[tokio::test]
async fn whoever_has_decided_since_there_or_here_is_taken_at_that_word() {
    let server = server_of(CONFIG).await;
    let origin = decide(&server, "newsroom", "accept_all", 0, "FR").await;
    let given = token(&server, &origin, "sport").await;
    let mut sent = request(&server, "sport", &given).await;
    decide(&server, "newsroom", "withdraw", 10, "FR").await;
    refuses(&server, "sport", &sent, 409, "handoff_superseded").await;
    let answer = ask(&server, "newsroom", &origin, "sport", &[]).await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "handoff_superseded"));
    // On the site that it is for, too.
    let origin = decide(&server, "newsroom", "accept_all", 20, "FR").await;
    let given = token(&server, &origin, "sport").await;
    decide(&server, "sport", "reject_all", 30, "FR").await;
    sent = request(&server, "sport", &given).await;
    sent["subject_id"] = json!(SUBJECT);
    refuses(&server, "sport", &sent, 409, "handoff_superseded").await;
}

#[tokio::test]
async fn a_token_that_was_used_is_told_before_its_time_is_over_and_whatever_was_erased() {
    let server = server_of(CONFIG).await;
    let origin = decide(&server, "newsroom", "accept_all", 0, "FR").await;
    let given = token(&server, &origin, "sport").await;
    let sent = request(&server, "sport", &given).await;
    let first = server.post("sport", &sent).await;
    assert_eq!(first.status, 201);
    let bearer = format!("Bearer {}", server.tokens.operator);
    let path = format!("/v1/sites/newsroom/subjects/{SUBJECT}");
    server.request("DELETE", &path, &[("authorization", &bearer)], Body::empty()).await;
    server.set_clock(NOW + 3600);
    let again = server.post("sport", &sent).await;
    assert_eq!((again.status, again.json()), (200, first.json()));
    let mut other = sent.clone();
    other["subject_id"] = json!(SUBJECT);
    refuses(&server, "sport", &other, 409, "decision_conflict").await;
}

#[tokio::test]
async fn what_is_asked_for_here_and_was_not_there_is_no_grant_and_a_refusal_covers_it() {
    let more = r#"[[site.cookie]]
category = "analytics"
name = "heatmap"
owner = "Exemple SA"
duration = "1 year"
purpose = "Counts clicks."
[[site]]
id = "shop""#;
    let server = server_of(&CONFIG.replacen("[[site]]\nid = \"shop\"", more, 1)).await;
    let granted = decide(&server, "newsroom", "accept_all", 0, "FR").await;
    let sent = request(&server, "sport", &token(&server, &granted, "sport").await).await;
    refuses(&server, "sport", &sent, 409, "handoff_asks_more").await;
    // Where nothing was added it is carried, and less of the same is covered.
    let sent = request(&server, "shop", &token(&server, &granted, "shop").await).await;
    assert_eq!(server.post("shop", &sent).await.status, 201);
    let denied = decide(&server, "newsroom", "reject_all", 1, "FR").await;
    let sent = request(&server, "sport", &token(&server, &denied, "sport").await).await;
    assert_eq!(server.post("sport", &sent).await.status, 201);
}

#[tokio::test]
async fn a_group_that_changes_meanwhile_takes_nothing_of_what_was_handed_on_in_it() {
    let without = CONFIG.replace(r#"sites = ["newsroom", "sport", "shop"]"#, r#"sites = ["sport", "shop"]"#);
    let wider = CONFIG.replace(r#""sport", "shop"]"#, r#""sport", "shop", "stranger"]"#);
    // Its page may still show the notice of before.
    for (config, code) in [(without, "handoff_not_in_group"), (wider, "handoff_asks_more")] {
        let server = server_of(CONFIG).await;
        let origin = decide(&server, "newsroom", "accept_all", 0, "FR").await;
        let given = token(&server, &origin, "sport").await;
        let before = request(&server, "sport", &given).await;
        let loaded = consent_server::config::parse("consent.toml", config, server.folder.path());
        server.app.reload(loaded.unwrap_or_else(|findings| panic!("{findings}")).config).await.unwrap();
        let after = request(&server, "sport", &given).await;
        if code == "handoff_not_in_group" {
            refuses(&server, "sport", &before, 409, code).await;
            refuses(&server, "sport", &after, 422, "action_not_offered").await;
        } else {
            refuses(&server, "sport", &after, 409, code).await;
        }
    }
}

#[tokio::test]
async fn a_token_that_was_used_is_known_after_a_restart() {
    let server = embedded(CONFIG, tempfile::tempdir().unwrap()).await;
    let origin = decide(&server, "newsroom", "accept_all", 0, "FR").await;
    let sent = request(&server, "sport", &token(&server, &origin, "sport").await).await;
    let first = server.post("sport", &sent).await;
    assert_eq!(first.status, 201);
    let unused = request(&server, "shop", &token(&server, &origin, "shop").await).await;
    let Server { router, app, store, folder, .. } = server;
    drop((router, app, store));
    let server = embedded(CONFIG, folder).await;
    let mut other = sent.clone();
    other["subject_id"] = json!(SUBJECT);
    refuses(&server, "sport", &other, 409, "decision_conflict").await;
    let again = server.post("sport", &sent).await;
    assert_eq!((again.status, again.json()), (200, first.json()));
    assert_eq!(history(&server, "sport").await.as_array().unwrap().len(), 1);
    // And one that was not is still good.
    assert_eq!(server.post("shop", &unused).await.status, 201);
}
