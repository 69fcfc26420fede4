//! Choices of people who are signed in.

use axum::body::Body;
use consent_core::digest::encode_base64url;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};

use super::support::{Answer, NOW, Server, embedded};

const SECRET: &str = "an example of a test, which everybody knows";

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
origins = ["https://news.example"]
[site.account]
secret_file = "account.secret"
[[site]]
id = "sport"
origins = ["https://sport.example"]
[site.account]
secret_file = "account.secret"
[[site]]
id = "shop"
origins = ["https://shop.example"]

[[group]]
id = "press"
sites = ["newsroom", "sport", "shop"]
"#;

const DEVICE: &str = "AAECAwQFBgcICQoLDA0ODw";

async fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("account.secret"), format!("{SECRET}\n")).unwrap();
    embedded(CONFIG, folder).await
}

async fn reload(server: &Server, config: &str) {
    let loaded = consent_server::config::parse("consent.toml", config.to_owned(), server.folder.path());
    server.app.reload(loaded.unwrap_or_else(|findings| panic!("{findings}")).config).await.unwrap();
}

/// What a site's backend says: that `account` is signed in on `site`, for so many seconds from the first.
fn token_of(account: &str, site: &str, seconds: i64, secret: &str) -> String {
    let claims = json!({"sub": account, "aud": site, "exp": NOW + seconds}).to_string();
    let signed =
        format!("{}.{}", encode_base64url(br#"{"alg":"HS256"}"#), encode_base64url(claims.as_bytes()));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", encode_base64url(&mac.finalize().into_bytes()))
}

fn token(account: &str) -> String {
    token_of(account, "newsroom", 3600, SECRET)
}

async fn notice(server: &Server, site: &str) -> Value {
    server.get(&format!("/v1/sites/{site}/notice")).await.json()
}

async fn ask(server: &Server, site: &str, token: &str, gpc: bool, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"token": token, "notice_id": notice(server, site).await["notice_id"], "signals": {"gpc": gpc}});
    let headers = [&[("content-type", "application/json")], headers].concat();
    server.request("POST", &format!("/v1/sites/{site}/account"), &headers, Body::from(body.to_string())).await
}

/// What the account holds, and who it is.
async fn state(server: &Server, account: &str) -> Value {
    let answer = ask(server, "newsroom", &token(account), false, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.json()
}

fn choices(granted: bool) -> Value {
    let word = if granted { "grant" } else { "deny" };
    json!({"functional": word, "analytics": word, "performance": word, "advertisement": word})
}

/// What a device sends for a choice that was made `after` milliseconds after the first.
async fn request(server: &Server, site: &str, subject: &str, action: &str, after: i64) -> Value {
    let millis = NOW * 1000 - 5000 + after;
    let hex = format!("{millis:012x}");
    let notice = notice(server, site).await;
    let at = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap();
    json!({
        "decision_id": format!("{}-{}-7000-8000-{after:012x}", &hex[..8], &hex[8..]),
        "subject_id": subject, "notice_id": notice["notice_id"], "action": action,
        "choices": choices(action == "accept_all"), "decided_at": consent_core::decision::rfc3339_millis(at),
        "signals": {"gpc": false}, "language": notice["language"], "page": "/",
    })
}

/// A choice of an account, on whatever device.
async fn decide(server: &Server, account: &str, action: &str, after: i64) -> Value {
    let subject = state(server, account).await["subject_id"].as_str().unwrap().to_owned();
    let mut sent = request(server, "newsroom", &subject, action, after).await;
    sent["account"] = token(account).into();
    let answer = server.post("newsroom", &sent).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    sent
}

async fn refuses(server: &Server, site: &str, request: &Value, status: u16, code: &str) {
    let before = server.heads();
    let answer = server.post(site, request).await;
    assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{request}");
    assert_eq!(server.heads(), before, "something was stored");
}

#[tokio::test]
async fn a_grant_a_refusal_and_a_withdrawal_hold_on_the_next_device_as_the_decision_that_they_are() {
    let server = server().await;
    assert_eq!(state(&server, "42").await["choice"], Value::Null);
    for (after, action) in [(1, "accept_all"), (2, "withdraw"), (3, "accept_all"), (4, "reject_all")] {
        let sent = decide(&server, "42", action, after).await;
        let before = server.heads();
        let found = state(&server, "42").await;
        assert_eq!(server.heads(), before, "asking was recorded");
        let choice = &found["choice"];
        assert_eq!(choice["decision_id"], sent["decision_id"]);
        assert_eq!(choice["decided_at"], sent["decided_at"]);
        assert_eq!(choice["notice_id"], sent["notice_id"]);
        assert_eq!(choice["asked"], json!([]));
        let mut expected = choices(action == "accept_all");
        expected["necessary"] = "grant".into();
        assert_eq!(choice["choices"], expected, "{action}");
    }
    // Somebody else who is signed in has chosen nothing, and neither has whoever is not.
    assert_eq!(state(&server, "43").await["choice"], Value::Null);
    let answer = server.post("newsroom", &request(&server, "newsroom", DEVICE, "accept_all", 9).await).await;
    assert_eq!(answer.status, 201);
    assert_eq!(state(&server, "42").await["choice"]["choices"]["analytics"], "deny");
}

#[tokio::test]
async fn what_was_chosen_last_counts_and_not_what_arrived_last_or_says_so() {
    let server = server().await;
    decide(&server, "42", "withdraw", 3000).await;
    // A device that was without a connection.
    decide(&server, "42", "accept_all", 2000).await;
    assert_eq!(state(&server, "42").await["choice"]["choices"]["analytics"], "deny");
    // A clock that is an hour ahead does not outrank a withdrawal that comes after it.
    decide(&server, "42", "accept_all", 3_600_000).await;
    assert_eq!(state(&server, "42").await["choice"]["choices"]["analytics"], "grant");
    server.set_clock(NOW + 10);
    decide(&server, "42", "withdraw", 15_000).await;
    assert_eq!(state(&server, "42").await["choice"]["choices"]["analytics"], "deny");
}

#[tokio::test]
async fn an_objection_of_this_browser_denies_here_and_changes_nothing_elsewhere() {
    let server = server().await;
    decide(&server, "42", "accept_all", 1).await;
    let by_header = ask(&server, "newsroom", &token("42"), false, &[("sec-gpc", "1")]).await.json();
    let by_script = ask(&server, "newsroom", &token("42"), true, &[]).await.json();
    assert_eq!(by_header, by_script);
    assert_eq!(by_script["choice"]["choices"]["advertisement"], "deny");
    assert_eq!(by_script["choice"]["choices"]["analytics"], "grant");
    assert_eq!(state(&server, "42").await["choice"]["choices"]["advertisement"], "grant");
}

#[tokio::test]
async fn a_choice_holds_no_longer_than_it_would_on_its_device() {
    let server = server().await;
    decide(&server, "42", "accept_all", 1).await;
    for (days, holds) in [(179, true), (181, false)] {
        server.set_clock(NOW + days * 86_400);
        let token = token_of("42", "newsroom", days * 86_400 + 3600, SECRET);
        let found = ask(&server, "newsroom", &token, false, &[]).await.json();
        // What it denied outlives it, as on a device: so it is told, and that it has expired.
        assert_eq!(found["choice"]["expired"] == true, !holds, "{days}: {found}");
        assert_eq!(found["choice"]["choices"]["analytics"], "grant");
    }
}

#[tokio::test]
async fn only_a_token_of_the_sites_backend_that_is_good_now_says_who_is_signed_in() {
    let server = server().await;
    for (site, token, status, code) in [
        ("newsroom", token_of("42", "newsroom", 3600, &SECRET.replace('a', "b")), 422, "invalid_account"),
        ("newsroom", token_of("42", "sport", 3600, SECRET), 422, "invalid_account"),
        ("newsroom", token_of("42", "newsroom", 2 * 86_400, SECRET), 422, "invalid_account"),
        ("newsroom", token_of("a@b.example", "newsroom", 3600, SECRET), 422, "invalid_account"),
        ("newsroom", "x".to_owned(), 422, "invalid_account"),
        ("newsroom", token_of("42", "newsroom", -6, SECRET), 409, "account_expired"),
        ("shop", token_of("42", "shop", 3600, SECRET), 404, "account_not_offered"),
    ] {
        let answer = ask(&server, site, &token, false, &[]).await;
        assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{token}");
        let mut sent = request(&server, site, DEVICE, "accept_all", 1).await;
        sent["account"] = token.into();
        refuses(&server, site, &sent, status, code).await;
    }
    let foreign = [("origin", "https://evil.example")];
    assert_eq!(ask(&server, "newsroom", &token("42"), false, &foreign).await.code(), "foreign_origin");
}

#[tokio::test]
async fn what_was_chosen_while_the_token_was_good_is_taken_a_week_later_and_not_after_that() {
    let server = server().await;
    let subject = state(&server, "42").await["subject_id"].as_str().unwrap().to_owned();
    // Made five seconds before the token expires, on a device without a connection.
    let mut sent = request(&server, "newsroom", &subject, "withdraw", 0).await;
    sent["account"] = token_of("42", "newsroom", 0, SECRET).into();
    let mut other = request(&server, "newsroom", &subject, "accept_all", 1).await;
    other["account"] = sent["account"].clone();
    server.set_clock(NOW + 7 * 86_400 - 6);
    let answer = server.post("newsroom", &sent).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    server.set_clock(NOW + 7 * 86_400);
    refuses(&server, "newsroom", &other, 409, "account_expired").await;
    // A clock that is behind makes no token one that is good for too long.
    let mut behind = request(&server, "newsroom", &subject, "withdraw", 2).await;
    behind["account"] = token_of("42", "newsroom", 8 * 86_400, SECRET).into();
    assert_eq!(server.post("newsroom", &behind).await.status, 201);
    // One that was made after it had expired is none of who was signed in.
    let mut late = request(&server, "newsroom", &subject, "accept_all", 5000).await;
    late["account"] = sent["account"].clone();
    refuses(&server, "newsroom", &late, 409, "account_expired").await;
}

#[tokio::test]
async fn a_device_hears_whether_what_it_holds_is_recorded() {
    let server = server().await;
    let sent = decide(&server, "42", "reject_all", 1).await;
    let notice = notice(&server, "newsroom").await["notice_id"].clone();
    let held = async |id: &Value| {
        let body =
            json!({"token": token("42"), "notice_id": notice, "decision_id": id, "signals": {"gpc": false}});
        let json = [("content-type", "application/json")];
        let body = Body::from(body.to_string());
        server.request("POST", "/v1/sites/newsroom/account", &json, body).await
    };
    assert_eq!(held(&sent["decision_id"]).await.json()["held"], true);
    assert_eq!(held(&"0193564c-9000-7000-8000-0123456789ab".into()).await.json()["held"], false);
    assert_eq!(held(&Value::Null).await.json()["held"], Value::Null);
    assert_eq!(held(&"x".into()).await.code(), "invalid_decision_id");
}

#[tokio::test]
async fn a_visitor_who_was_not_told_decides_for_no_account() {
    let server = server().await;
    let old = notice(&server, "newsroom").await["notice_id"].clone();
    let subject = state(&server, "42").await["subject_id"].clone();
    let without = CONFIG.replacen("[site.account]\nsecret_file = \"account.secret\"\n", "", 1);
    reload(&server, &without).await;
    let untold = notice(&server, "newsroom").await["notice_id"].clone();
    assert_ne!(old, untold);
    // Switched on again: a page that was loaded meanwhile still has the notice that tells nothing.
    reload(&server, CONFIG).await;
    assert_eq!(notice(&server, "newsroom").await["notice_id"], old);
    let body = json!({"token": token("42"), "notice_id": untold, "signals": {"gpc": false}}).to_string();
    let json = [("content-type", "application/json")];
    let answer = server.request("POST", "/v1/sites/newsroom/account", &json, Body::from(body)).await;
    assert_eq!((answer.status, answer.code()), (409, "account_not_told".to_owned()));
    let mut sent = request(&server, "newsroom", subject.as_str().unwrap(), "accept_all", 1).await;
    sent["account"] = token("42").into();
    sent["notice_id"] = untold;
    refuses(&server, "newsroom", &sent, 409, "account_not_told").await;
}

#[tokio::test]
async fn where_more_is_asked_for_than_was_told_it_is_denied_and_named() {
    let server = server().await;
    decide(&server, "42", "accept_all", 1).await;
    let more = CONFIG.replacen(
        "[[site]]\nid = \"newsroom\"",
        "[[site]]\nid = \"newsroom\"\nvendor = [{ category = \"advertisement\", name = \"W\", privacy_url = \"https://w.example/p\" }]",
        1,
    );
    reload(&server, &more).await;
    let choice = state(&server, "42").await["choice"].clone();
    assert_eq!(choice["asked"], json!(["advertisement"]));
    assert_eq!(choice["choices"]["advertisement"], "deny");
    assert_eq!(choice["choices"]["functional"], "grant");
}

#[tokio::test]
async fn nobody_decides_for_an_account_who_only_knows_its_subject() {
    let server = server().await;
    let subject = state(&server, "42").await["subject_id"].as_str().unwrap().to_owned();
    let mut sent = request(&server, "newsroom", &subject, "accept_all", 1).await;
    refuses(&server, "newsroom", &sent, 403, "account_token_missing").await;
    // Whom a token names decides for themselves, whatever the device takes them for.
    sent["account"] = token("43").into();
    assert_eq!(server.post("newsroom", &sent).await.status, 201);
    assert_eq!(state(&server, "42").await["choice"], Value::Null);
    assert_eq!(state(&server, "43").await["choice"]["decision_id"], sent["decision_id"]);
    // The very same request is answered as before, and with its token nothing else can be said under its name.
    let sent = decide(&server, "42", "reject_all", 2).await;
    assert_eq!(server.post("newsroom", &sent).await.status, 200);
    let mut other = sent.clone();
    other["action"] = "accept_all".into();
    other["choices"] = choices(true);
    refuses(&server, "newsroom", &other, 409, "decision_conflict").await;
}

#[tokio::test]
async fn an_account_is_another_subject_on_each_site_and_its_name_is_kept_nowhere() {
    let server = server().await;
    let account = "oidc|0193-pseudonym";
    let here = state(&server, account).await;
    let there = ask(&server, "sport", &token_of(account, "sport", 3600, SECRET), false, &[]).await.json();
    assert_ne!(here["subject_id"], there["subject_id"]);
    decide(&server, account, "accept_all", 1).await;
    let token = token(account);
    let claims = token.split('.').nth(1).unwrap();
    let mut folders = vec![server.folder.path().join("store"), server.folder.path().join("data")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            read += bytes.len();
            assert!(!bytes.windows(9).any(|part| part == b"pseudonym"), "{}", path.display());
            let is_claims = |part: &[u8]| part == &claims.as_bytes()[..24];
            assert!(!bytes.windows(24).any(is_claims), "a token in {}", path.display());
        }
    }
    assert!(read > 0);
}

#[tokio::test]
async fn an_account_is_erased_as_any_subject_and_then_holds_nothing() {
    let server = server().await;
    decide(&server, "42", "reject_all", 1).await;
    let sent = decide(&server, "42", "accept_all", 2).await;
    let subject = state(&server, "42").await["subject_id"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {}", server.tokens.operator);
    let path = format!("/v1/sites/newsroom/subjects/{subject}");
    let answer = server.request("DELETE", &path, &[("authorization", &bearer)], Body::empty()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(state(&server, "42").await["choice"], Value::Null);
    refuses(&server, "newsroom", &sent, 410, "erased").await;
    decide(&server, "42", "reject_all", 3).await;
    assert_eq!(state(&server, "42").await["choice"]["choices"]["analytics"], "deny");
}

#[tokio::test]
async fn what_somebody_chose_who_is_signed_in_is_not_handed_on() {
    let server = server().await;
    let sent = decide(&server, "42", "accept_all", 1).await;
    let body = json!({"decision_id": sent["decision_id"], "to": "sport"}).to_string();
    let json = [("content-type", "application/json")];
    let answer = server.request("POST", "/v1/sites/newsroom/handoffs", &json, Body::from(body)).await;
    assert_eq!((answer.status, answer.code()), (409, "handoff_of_account".to_owned()));
    let mut sent = request(&server, "newsroom", sent["subject_id"].as_str().unwrap(), "handoff", 2).await;
    sent.as_object_mut().unwrap().remove("decision_id");
    sent["account"] = token("42").into();
    sent["handoff"] = "x".into();
    refuses(&server, "newsroom", &sent, 409, "handoff_of_account").await;
}

#[tokio::test]
async fn visitors_are_told_on_both_layers_and_only_where_it_holds() {
    let server = server().await;
    let (with, without) = (notice(&server, "newsroom").await, notice(&server, "shop").await);
    assert_eq!((&with["account"], &without["account"]), (&json!(true), &Value::Null));
    for layer in ["body", "settings_body"] {
        let told = |notice: &Value| notice["texts"][layer].as_str().unwrap().contains("signed in");
        assert!(told(&with) && !told(&without), "{layer}");
    }
}
