//! Signing in with OpenID Connect, as people and their attackers do it.

use std::collections::HashMap;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use consent_server::config;
use serde_json::json;

use crate::openid_provider::Provider;
use crate::support::{Answer, NOW, Server, server_of};

const SITES: &str = r#"
[[site]]
id = "newsroom"
controller = { name = "Exemple SA", privacy_url = "/privacy" }
vendor = [{ category = "analytics", name = "V", privacy_url = "https://v.example/p" }]
[[site]]
id = "news"
controller = { name = "Exemple SA", privacy_url = "/privacy" }
vendor = [{ category = "analytics", name = "V", privacy_url = "https://v.example/p" }]
"#;

const GRANTS: &str = r#"
[[server.openid.grant]]
claim = "groups"
value = "ops"
role = "operator"
[[server.openid.grant]]
claim = "groups"
value = "audit"
role = "auditor"
site = "newsroom"
"#;

fn config_of(issuer: &str, grants: &str) -> String {
    format!(
        "[server]\nhost = \"consent.example\"\n[server.openid]\nissuer = \"{issuer}\"\nclient_id = \"consent\"\n\
         client_secret_file = \"openid.secret\"\norigin = \"https://consent.example\"\nname = \"Press <login>\"\n\
         scopes = [\"email\", \"groups\"]\n{grants}{SITES}"
    )
}

async fn place() -> (Server, Provider) {
    let provider = Provider::begin().await;
    let server = server_of_provider(&provider).await;
    (server, provider)
}

async fn server_of_provider(provider: &Provider) -> Server {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("openid.secret"), "s3:cret+/\n").unwrap();
    crate::support::server_beside(&config_of(&provider.issuer, GRANTS), folder).await
}

/// Somebody who was sent to the provider: what they were sent with, and what their browser keeps.
struct Sent {
    asked: HashMap<String, String>,
    cookie: String,
}

async fn sent(server: &Server) -> Sent {
    let answer = server.get("/console/openid").await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let (at, asked) = answer.header("location").split_once('?').unwrap();
    assert!(at.ends_with("/authorize"), "{at}");
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pairs = asked.split('&').map(|pair| pair.split_once('=').unwrap());
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-consent-openid="), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    Sent {
        asked: pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect(),
        cookie: cookie.split(';').next().unwrap().to_owned(),
    }
}

impl Sent {
    fn way_back(&self, code: &str) -> String {
        format!("/console/openid/return?code={}&state={}", code.replace(' ', "%20"), self.asked["state"])
    }
}

async fn back(server: &Server, path: &str, cookie: &str) -> Answer {
    server
        .get_with(
            path,
            &[("cookie", cookie), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", "cross-site")],
        )
        .await
}

/// Signs somebody in: what their browser keeps then.
async fn signed_in(server: &Server, provider: &Provider) -> String {
    let sent = sent(server).await;
    let answer = back(server, &sent.way_back(&provider.sign_in(&sent.asked)), &sent.cookie).await;
    assert_eq!(
        (answer.status, answer.header("refresh")),
        (200, "0; url=/console/?begun"),
        "{}",
        answer.text()
    );
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let given = cookies.iter().find(|cookie| cookie.starts_with("__Host-consent-console=")).unwrap();
    assert!(given.contains("SameSite=Strict") && given.contains("HttpOnly"), "{given}");
    let taken = cookies.iter().find(|cookie| cookie.starts_with("__Host-consent-openid=;")).unwrap();
    assert!(taken.contains("Max-Age=0"), "{taken}");
    given.split(';').next().unwrap().to_owned()
}

async fn page(server: &Server, path: &str, cookie: &str) -> Answer {
    server.get_with(path, &[("cookie", cookie)]).await
}

#[tokio::test]
async fn somebody_whom_the_provider_knows_and_a_grant_fits_is_let_in() {
    let (server, provider) = place().await;
    let form = server.get("/console/sign-in").await;
    assert!(form.text().contains("Sign in with Press &#60;login&#62;</a>"), "{}", form.text());
    let cookie = signed_in(&server, &provider).await;
    for site in ["newsroom", "news"] {
        assert!(page(&server, "/console/", &cookie).await.text().contains(&format!("/console/{site}/")));
    }
    // The provider was told what belongs to this attempt, and who asks.
    let (headers, form) = provider.act(|acts| acts.redeemed.take()).unwrap();
    let basic = headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
    assert_eq!(basic, "Y29uc2VudDpzMyUzQWNyZXQlMkIlMkY=", "RFC 6749, section 2.3.1: encoded as in a form");
    assert_eq!(form["grant_type"], "authorization_code");
    assert_eq!(form["redirect_uri"], "https://consent.example/console/openid/return");
    assert!(!form.contains_key("client_secret"));
    // What is done is written down under a name that says nothing of whom the provider knows them as.
    let trail = page(&server, "/console/trail", &cookie).await;
    let sessions = page(&server, "/console/sessions", &cookie).await;
    let (_, name) = sessions.text().split_once("<code>openid-").unwrap();
    let name = format!("openid-{}", &name[..12]);
    assert!(trail.text().contains(&name) && !trail.text().contains("u-1"), "{}", trail.text());
    // An auditor of one site sees that one, and changes nothing.
    provider.act(|acts| acts.claims = json!({ "groups": ["audit"], "sub": "u-2" }));
    let auditor = signed_in(&server, &provider).await;
    let sites = page(&server, "/console/newsroom/", &auditor).await;
    assert_eq!((sites.status, page(&server, "/console/news/", &auditor).await.status), (200, 404));
    assert!(sites.text().contains("auditor") && !sites.text().contains("/console/news/"));
    // Sessions of one are not those of another.
    let of_auditor = page(&server, "/console/sessions", &auditor).await;
    assert!(!of_auditor.text().contains(&name) && of_auditor.text().matches("<li>").count() == 1);
    // What the provider has said of itself was asked for once.
    assert_eq!(provider.act(|acts| acts.asked), 1);
}

#[tokio::test]
async fn the_provider_is_told_all_that_it_needs_and_nothing_twice() {
    let (server, _provider) = place().await;
    let (one, other) = (sent(&server).await, sent(&server).await);
    let asked = &one.asked;
    for (name, value) in [
        ("tenant", "press"),
        ("response_type", "code"),
        ("client_id", "consent"),
        ("redirect_uri", "https://consent.example/console/openid/return"),
        ("scope", "openid email groups"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(asked[name], value);
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert!(asked[name].len() == 43 && asked[name] != other.asked[name], "{name}");
        assert!(!one.cookie.contains(&asked[name]), "what the browser keeps is shown to nobody");
    }
}

#[tokio::test]
async fn a_way_back_that_was_not_begun_in_this_browser_leads_nowhere() {
    let (server, provider) = place().await;
    let (own, attackers) = (sent(&server).await, sent(&server).await);
    let code = provider.sign_in(&attackers.asked);
    let (way, two) = (attackers.way_back(&code), format!("{}; {}", own.cookie, attackers.cookie));
    let no_state = "/console/openid/return?code=code%200";
    for (what, path, cookie) in [
        ("somebody else's attempt", &*way, &*own.cookie),
        ("no attempt", &way, ""),
        ("two attempts", &way, &two),
        ("no state", no_state, &attackers.cookie),
        ("an attempt that is none", &way, "__Host-consent-openid=AAAA"),
    ] {
        let answer = back(&server, path, cookie).await;
        assert_eq!(answer.status, 400, "{what}");
        let kept_nothing = ["no attempt", "two attempts"].contains(&what);
        let said = if kept_nothing { "kept nothing of how this began" } else { "begun in another window" };
        assert!(answer.text().contains(said), "{what}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.headers.get("set-cookie").is_none(), "{what}: another window is still on its way");
    }
    assert!(provider.act(|acts| acts.redeemed.is_none()), "no code was even asked about");
    // A code that was stolen on its way is good for nobody else: it was bound to another secret (RFC 7636).
    let answer = back(&server, &own.way_back(&code), &own.cookie).await;
    assert_eq!(answer.status, 401);
    assert!(answer.text().contains("The provider signed nobody in"));
}

#[tokio::test]
async fn a_way_back_is_good_once_and_for_people_only() {
    let (server, provider) = place().await;
    let sent = sent(&server).await;
    let way = sent.way_back(&provider.sign_in(&sent.asked));
    for path in ["/console/openid", &way] {
        for mode in ["cors", "no-cors"] {
            let headers = [("cookie", &*sent.cookie), ("sec-fetch-mode", mode)];
            assert_eq!(server.get_with(path, &headers).await.status, 403, "{path} {mode}");
        }
    }
    assert_eq!(back(&server, &way, &sent.cookie).await.status, 200);
    assert_eq!(back(&server, &way, "").await.status, 400, "the browser has nothing of it any more");
    for error in ["access_denied", "%3Cscript%3E"] {
        let refused = format!("/console/openid/return?error={error}&state={}", sent.asked["state"]);
        let answer = back(&server, &refused, &sent.cookie).await;
        assert_eq!(answer.status, 401);
        assert!(!answer.text().contains("script") && !answer.text().contains("access_denied"));
    }
}

#[tokio::test]
async fn whoever_can_not_be_believed_is_not_let_in() {
    let (server, provider) = place().await;
    let no_grant = json!({ "groups": ["guests"] });
    for (claims, key, status) in [
        (no_grant, 1, 403),
        (json!({ "groups": ["ops"] }), 2, 502),
        (json!({ "groups": ["ops"], "nonce": "another" }), 1, 502),
        (json!({ "groups": ["ops"], "aud": "another" }), 1, 502),
        (json!({ "groups": ["ops"], "iss": "http://127.0.0.1" }), 1, 502),
        (json!({ "groups": ["ops"], "exp": 1 }), 1, 502),
    ] {
        provider.act(|acts| (acts.claims, acts.key) = (claims.clone(), key));
        let sent = sent(&server).await;
        let answer = back(&server, &sent.way_back(&provider.sign_in(&sent.asked)), &sent.cookie).await;
        assert_eq!(answer.status, status, "{claims}");
        // What the browser is given is nothing but the end of the attempt.
        let given: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
        assert_eq!(given.len(), 1, "{claims}: {given:?}");
        assert!(answer.header("set-cookie").starts_with("__Host-consent-openid=; "), "{claims}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
    }
    let operator = crate::console::Browser::signed_in(&server, &server.tokens.operator).await;
    let sessions = operator.get("/console/sessions").await;
    assert_eq!(sessions.text().matches("<li>").count(), 1, "no other session began: {}", sessions.text());
    assert_eq!(operator.get("/console/trail").await.text().matches("Signed in").count(), 1);
}

#[tokio::test]
async fn another_providers_word_is_not_taken_for_this_ones() {
    let (server, provider) = place().await;
    let sent_away = sent(&server).await;
    let way = sent_away.way_back(&provider.sign_in(&sent_away.asked));
    let answer = back(&server, &format!("{way}&iss=https%3A%2F%2Fevil.example"), &sent_away.cookie).await;
    assert_eq!(answer.status, 502);
    assert!(provider.act(|acts| acts.redeemed.is_none()), "the code went nowhere");
    for configuration in [
        json!({ "issuer": "http://127.0.0.1:1" }),
        json!({ "token_endpoint": "ftp://127.0.0.1/token" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "jwks_uri": "/keys" }),
        json!({ "token_endpoint": null }),
    ] {
        let provider = Provider::begin().await;
        provider.act(|acts| acts.configuration = configuration.clone());
        let server = server_of_provider(&provider).await;
        let answer = server.get("/console/openid").await;
        assert_eq!(answer.status, 502, "{configuration}");
        assert!(answer.text().contains("The provider could not be asked"), "{configuration}");
    }
    // One that says that it always names itself has to.
    let provider = Provider::begin().await;
    provider.act(|acts| {
        acts.configuration = json!({
            "authorization_response_iss_parameter_supported": true,
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        });
    });
    let server = server_of_provider(&provider).await;
    let sent_away = sent(&server).await;
    let way = sent_away.way_back(&provider.sign_in(&sent_away.asked));
    assert_eq!(back(&server, &way, &sent_away.cookie).await.status, 502);
    let named = format!("{way}&iss={}", provider.issuer.replace("://", "%3A%2F%2F"));
    assert_eq!(back(&server, &named, &sent_away.cookie).await.status, 200);
    let (headers, form) = provider.act(|acts| acts.redeemed.take()).unwrap();
    assert!(headers.get("authorization").is_none() && form["client_secret"] == "s3:cret+/", "as it wants it");
}

#[tokio::test]
async fn without_the_provider_tokens_still_let_people_in() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("openid.secret"), "s").unwrap();
    let server = crate::support::server_beside(&config_of(&issuer, GRANTS), folder).await;
    let answer = server.get("/console/openid").await;
    assert_eq!(answer.status, 502);
    assert!(answer.text().contains("sign in with a token"), "{}", answer.text());
    crate::console::Browser::signed_in(&server, &server.tokens.operator).await;
    // And without one in the config there is no other way at all.
    let server = server_of(&format!("[server]\nhost = \"consent.example\"\n{SITES}")).await;
    assert_eq!(server.get("/console/openid").await.status, 404);
    assert_eq!(server.get("/console/openid/return?code=a&state=b").await.status, 404);
    assert!(!server.get("/console/sign-in").await.text().contains("openid"));
}

#[tokio::test]
async fn a_grant_that_is_taken_away_ends_what_it_began() {
    let (server, provider) = place().await;
    let operator = signed_in(&server, &provider).await;
    provider.act(|acts| acts.claims = json!({ "groups": ["audit"], "sub": "u-2" }));
    let auditor = signed_in(&server, &provider).await;
    let reload = async |grants: &str| {
        let text = config_of(&provider.issuer, grants);
        let config = config::parse("consent.toml", text, server.folder.path()).unwrap().config;
        server.app.reload(config).await.unwrap();
    };
    reload(&GRANTS.replace("\"audit\"", "\"auditors\"")).await;
    assert_eq!(page(&server, "/console/", &operator).await.status, 200);
    assert_eq!(page(&server, "/console/", &auditor).await.status, 303, "the group is another one");
    reload(&GRANTS.replace("\"operator\"", "\"auditor\"")).await;
    assert_eq!(page(&server, "/console/", &operator).await.status, 303, "the role is another one");
    reload(GRANTS).await;
    assert_eq!(
        page(&server, "/console/", &operator).await.status,
        303,
        "what has ended does not begin again"
    );
}

/// From an address that others may have too.
async fn back_from_there(server: &Server, path: &str, cookie: &str) -> Answer {
    let mut request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
    let from: std::net::SocketAddr = "203.0.113.7:1234".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(from));
    server.send(request).await
}

#[tokio::test]
async fn who_tries_and_tries_has_to_wait_and_locks_nobody_out_by_rubbish() {
    let (server, provider) = place().await;
    for _ in 0..130 {
        assert_eq!(back_from_there(&server, "/console/openid/return?code=a&state=b", "").await.status, 400);
    }
    let sent = sent(&server).await;
    let way = sent.way_back(&provider.sign_in(&sent.asked));
    let begun = std::time::Instant::now();
    assert_eq!(back_from_there(&server, &way, &sent.cookie).await.status, 200);
    let mut asked = 1;
    let last = loop {
        let status = back_from_there(&server, &way, &sent.cookie).await.status;
        if status != 401 || asked > 1000 {
            break status;
        }
        asked += 1;
    };
    assert_eq!(last, 429, "the provider is asked so often and no more");
    // Two of them come again with each second that this takes.
    let again = 2 * begun.elapsed().as_secs() + 2;
    assert!((120..=120 + again).contains(&asked), "{asked}");
}

#[tokio::test]
async fn a_provider_that_is_away_is_let_alone_and_what_is_known_of_it_serves_for_a_day() {
    let (server, provider) = place().await;
    let asked = || provider.act(|acts| acts.asked);
    let sent_away = sent(&server).await;
    assert_eq!(asked(), 1);
    provider.act(|acts| acts.configuration = json!({ "issuer": "http://127.0.0.1:1" }));
    // It is asked again after an hour, in vain, and then not for some seconds. What was known goes on being good.
    for (seconds, times) in [(3599, 1), (3600, 2), (3609, 2), (3610, 3)] {
        server.set_clock(NOW + seconds);
        sent(&server).await;
        assert_eq!(asked(), times, "after {seconds} s");
    }
    server.set_clock(NOW + 24 * 3600);
    for _ in 0..3 {
        assert_eq!(server.get("/console/openid").await.status, 502);
    }
    assert_eq!(asked(), 4);
    provider.act(|acts| acts.configuration = json!({}));
    assert_eq!(server.get("/console/openid").await.status, 502, "it is let alone still");
    server.set_clock(NOW + 24 * 3600 + 10);
    sent(&server).await;
    drop(sent_away);
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_asked_for_once_a_minute() {
    let (server, provider) = place().await;
    signed_in(&server, &provider).await;
    provider.act(|acts| (acts.key, acts.published) = (2, 2));
    let status = async || {
        let sent = sent(&server).await;
        back(&server, &sent.way_back(&provider.sign_in(&sent.asked)), &sent.cookie).await.status
    };
    assert_eq!(status().await, 502, "what is known is younger than a minute");
    server.set_clock(NOW + 60);
    assert_eq!(status().await, 200);
    assert_eq!(provider.act(|acts| acts.asked), 2);
    // Somebody else's key makes it be asked no more often.
    provider.act(|acts| acts.key = 3);
    for _ in 0..3 {
        assert_eq!(status().await, 502);
    }
    assert_eq!(provider.act(|acts| acts.asked), 2);
}

#[tokio::test]
async fn who_begins_again_has_no_session_of_before_and_who_signs_out_is_told_of_the_provider() {
    let (server, provider) = place().await;
    let cookie = signed_in(&server, &provider).await;
    let begin = async |site: &str| {
        let headers = [("cookie", &*cookie), ("sec-fetch-mode", "navigate"), ("sec-fetch-site", site)];
        server.get_with("/console/openid", &headers).await
    };
    assert_eq!(begin("cross-site").await.status, 303);
    assert_eq!(
        page(&server, "/console/", &cookie).await.status,
        200,
        "a link from elsewhere signs nobody out"
    );
    assert_eq!(begin("same-origin").await.status, 303);
    assert_eq!(page(&server, "/console/", &cookie).await.status, 303);
    let said = server.get("/console/sign-in?signed-out").await;
    assert!(said.text().contains("perhaps still signed in at Press &#60;login&#62;"), "{}", said.text());
    assert!(said.text().contains("href=\"/console/openid?again\""));
    let again = server.get("/console/openid?again").await;
    assert!(again.header("location").contains("&prompt=login"));
    assert!(!begin("none").await.header("location").contains("prompt"));
}

#[tokio::test]
async fn nobody_can_try_out_whose_name_stands_in_the_trail() {
    let mut names = Vec::new();
    for _ in 0..2 {
        let (server, provider) = place().await;
        for _ in 0..2 {
            let cookie = signed_in(&server, &provider).await;
            let sessions = page(&server, "/console/sessions", &cookie).await;
            let (_, name) = sessions.text().split_once("<code>openid-").unwrap();
            names.push(name[..12].to_owned());
        }
    }
    // The same subject of the same kind of provider: one name in one store, and another in another.
    assert_eq!((&names[0], &names[2]), (&names[1], &names[3]));
    assert_ne!(names[0], names[2]);
}
