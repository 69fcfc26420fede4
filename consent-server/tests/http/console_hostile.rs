//! Everything that a visitor, a config or somebody with a browser can fill, filled with markup: none of it becomes any, on any page.

use std::collections::BTreeSet;

use consent_server::{config, counts};
use serde_json::{Value, json};

use crate::console::Browser;
use crate::console_preview::upload;
use crate::support::{Answer, Server, decision, decision_id};

/// Ends an attribute, a tag and a comment, and begins an element.
const EVIL: &str = "\"'--><x-evil onclick=alert(1)>";

/// The routes, as they stand in the server.
const ROUTES: &str = include_str!("../../src/http/console/mod.rs");

/// A config with that in all texts that `consent check` lets through; `of` tells one from another.
fn config_of(of: &str) -> String {
    let evil = serde_json::to_string(&format!("{of} {EVIL}")).unwrap();
    format!(
        r##"
[server]
host = "consent.example"
[server.openid]
issuer = "https://login.example"
client_id = "consent"
origin = "https://consent.example"
name = {evil}
grant = [{{ claim = "groups", value = {evil}, role = "operator" }}]
[[site]]
id = "newsroom"
name = {evil}
languages = ["en"]
region = "DE"
[site.controller]
name = {evil}
privacy_url = "/privacy"
[site.regions]
CH = {{ analytics = "exempt" }}
[[site.waiver]]
code = "looser-regime"
region = "CH"
category = "analytics"
by = {evil}
reason = {evil}
[[site.cookie]]
category = "analytics"
name = "visits"
owner = {evil}
duration = "1 year"
purpose = {evil}
[[site.vendor]]
category = "analytics"
name = {evil}
privacy_url = "https://vendor.example/privacy"
[[site.vendor]]
category = "functional"
name = "Maps"
privacy_url = "https://maps.example/privacy"
[[site.service]]
id = "maps"
category = "functional"
name = {evil}
purpose = {evil}
vendor = "Maps"
[site.texts.en]
title = {evil}
settings_body = {evil}
[[site]]
id = "news"
name = {evil}
languages = ["en"]
controller = {{ name = {evil}, privacy_url = "/privacy" }}
cookie = [{{ category = "analytics", name = "visits", owner = {evil}, duration = "1 year", purpose = {evil} }}]
"##
    )
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Nothing in a page is of that element, and what is shown of it is written so that it is none.
fn is_harmless(answer: &Answer, what: &str) {
    let text = answer.text();
    assert!(!text.contains("<x-evil") && !text.contains("-->\u{3c}x-evil"), "{what}:\n{text}");
    let policy = answer.header("content-security-policy");
    // A banner is drawn in a sandbox that is no origin.
    let is_kept_in = policy.contains("default-src 'none'") || policy.starts_with("sandbox allow-scripts;");
    assert!(answer.status == 303 || is_kept_in, "{what}: {policy}");
}

/// How often it is there, as text.
fn shown(answer: &Answer) -> usize {
    answer.text().matches("&#60;x-evil").count() + answer.text().matches("&lt;x-evil").count()
}

/// A site whose visitors and config are hostile, with a notice that took the place of another.
async fn place() -> Server {
    let server = crate::support::server_of(&config_of("first")).await;
    let changed = config::parse("consent.toml", config_of("second"), server.folder.path()).unwrap().config;
    server.app.reload(changed).await.unwrap();
    let mut body: Value = decision(1, &server.notice_id("newsroom", "en").await);
    body["language"] = json!("en");
    body["page"] = json!(format!("/{EVIL}"));
    body["services"] = json!({ "maps": "grant" });
    body["action"] = json!("save");
    let agent = format!("Mozilla/5.0 {EVIL} Chrome/140");
    let answer = server.post_with("newsroom", &body, &[("user-agent", &agent)]).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    while counts::follow(&*server.store, &counts::Fresh::default(), &"newsroom".parse().unwrap(), 1000)
        .unwrap()
    {}
    server
}

#[tokio::test]
async fn nothing_that_anybody_can_fill_becomes_markup_on_any_page() {
    let server = place().await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let story = operator.story(1).await;
    let notices = server.store.notices(&"newsroom".parse().unwrap()).unwrap();
    let notice = server.notice_id("newsroom", "en").await;
    let other = notices.iter().map(|(id, _)| id.to_string()).find(|id| *id != notice).unwrap();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut total = 0;
    // The route, what is asked for there, and whether anything of a config is on that page.
    for (route, path, shows) in [
        ("/console/", "/console/", true),
        ("/console/sign-in", "/console/sign-in", true),
        ("/console/sign-in", "/console/sign-in?signed-out", true),
        ("/console/sessions", "/console/sessions", false),
        ("/console/trail", "/console/trail", true),
        ("/console/{site}/", "/console/newsroom/?days=7", true),
        ("/console/{site}/find", "/console/newsroom/find", true),
        ("/console/{site}/entries/{log}/{index}", &story, true),
        ("/console/{site}/notices", "/console/newsroom/notices", true),
        ("/console/{site}/notices/{notice}", &format!("/console/newsroom/notices/{notice}"), true),
        (
            "/console/{site}/notices/{notice}",
            &format!("/console/newsroom/notices/{notice}?with={other}"),
            true,
        ),
        ("/console/{site}/prove", "/console/newsroom/prove", true),
        ("/console/{site}/prove/by-hand", "/console/newsroom/prove/by-hand", true),
        ("/console/{site}/prove/bundles", "/console/newsroom/prove/bundles", true),
        ("/console/{site}/declaration", "/console/newsroom/declaration", true),
        ("/console/{site}/preview", "/console/newsroom/preview", true),
        (
            "/console/{site}/preview",
            &format!("/console/newsroom/preview?language={0}&region={0}", encoded(EVIL)),
            true,
        ),
        ("/console/{site}/preview/drawn", "/console/newsroom/preview/drawn?language=en", false),
        ("/console/{site}/install", "/console/newsroom/install", true),
    ] {
        let answer = operator.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        is_harmless(&answer, path);
        assert!(!shows || shown(&answer) > 0, "{path}: nothing of it is there, so nothing was seen");
        total += shown(&answer);
        seen.insert(route);
    }
    assert!(total > 40, "{total}");
    // A page that is new has to be looked at here too. What is left out is no page, or leads somewhere else.
    let left_out = [
        "/console",
        "/console/style.css",
        "/console/openid",
        "/console/sign-out",
        "/console/trail/bundle",
        "/console/{site}/scripts/{script}",
        "/console/{site}/prove/bundles/{digest}",
    ];
    let routes = ROUTES.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let missing: Vec<_> = routes.filter(|route| !seen.contains(route) && !left_out.contains(route)).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[tokio::test]
async fn nothing_that_is_sent_comes_back_as_markup() {
    let server = place().await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let story = operator.story(1).await;
    let evil = encoded(EVIL);
    for (path, fields) in [
        ("/console/newsroom/find", format!("wanted={evil}")),
        ("/console/newsroom/find", format!("wanted={}{evil}", decision_id(1))),
        (&*story, format!("confirmation={evil}&reason=request")),
        (&*story, format!("confirmation=x&reason={evil}")),
        ("/console/sessions", format!("session={evil}")),
        ("/console/newsroom/install", format!("address={evil}")),
        ("/console/newsroom/install", format!("address=https%3A%2F%2F{evil}.example")),
        ("/console/newsroom/prove/bundles", format!("year={evil}")),
        ("/console/newsroom/prove", format!("what={evil}")),
        ("/console/sign-out", format!("more={evil}")),
    ] {
        is_harmless(&operator.send(path, &fields).await, &format!("{path} {fields}"));
    }
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let receipt = format!("c2sp.org/tlog-proof@v1\nextra {EVIL}\nindex {EVIL}\n\n{EVIL}\n");
    is_harmless(
        &upload(&operator, "/console/newsroom/find", &[("wanted", ""), ("receipt", &receipt)]).await,
        "receipt",
    );
    let pasted = config_of("pasted").replace("name = ", "nane = ");
    for config in [&*pasted, &config_of("pasted"), EVIL, &format!("{EVIL} = 1"), &format!("[{EVIL}]")] {
        let answer = upload(&operator, "/console/newsroom/preview", &[("config", config)]).await;
        is_harmless(&answer, config);
        assert!(shown(&answer) > 0, "{}", answer.text());
    }
    for path in [
        format!("/console/openid/return?error={evil}&state={evil}"),
        format!("/console/openid/return?code={evil}&state={evil}&iss={evil}"),
        format!("/console/openid?{evil}"),
        format!("/console/sign-in?{evil}"),
        format!("/console/{evil}/"),
        format!("/console/newsroom/notices/{evil}"),
        format!("/console/newsroom/entries/{evil}/{evil}"),
        format!("/console/newsroom/prove/bundles/{evil}"),
        format!("/console/newsroom/?days={evil}"),
        format!("/console/trail?before={evil}"),
        format!("/console/trail?site={evil}"),
        format!("/console/{evil}/{evil}/{evil}"),
    ] {
        let answer = operator.get(&path).await;
        assert!(!answer.text().contains("<x-evil"), "{path}: {}", answer.text());
    }
    let stranger = Browser::stranger(&server);
    let refused = stranger.post("/console/sign-in", &format!("token={evil}")).await;
    assert_eq!(refused.status, 401);
    is_harmless(&refused, "a token");
}
