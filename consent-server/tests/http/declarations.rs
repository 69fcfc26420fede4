//! What a site declares: for programs, and as a page.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consent_core::digest::Digest;
use consent_server::config;
use consent_server::history;
use serde_json::{Value, json};

use super::support::{NOW, Server, server, server_of};

const JSON: &str = "/v1/sites/newsroom/declaration";
const SCRIPT: &str = "/v1/sites/newsroom/declaration.js";
const PAGE: &str = "/v1/sites/newsroom/declaration.html";

const WHOLE: &str = r#"
[server]
host = "consent.example"
[[site]]
id = "newsroom"
name = "The Parallel"
ask_again_after = "12 months"
languages = ["en", "ar"]
origins = ["https://www.newsroom.example"]
controller = { name = "Example Ltd", privacy_url = "/privacy" }
[site.regions]
GB = {}
US = {}
[[site.service]]
category = "functional"
id = "films"
name = "Films"
purpose = { en = "Shows films.", ar = "يعرض أفلامًا." }
vendor = "Pictures Ltd"
[[site.cookie]]
category = "functional"
service = "films"
name = "volume_*"
kind = "local_storage"
owner = "Pictures Ltd"
duration = "1 year and 6 months"
purpose = { en = "The volume.", ar = "مستوى الصوت." }
[[site.cookie]]
category = "analytics"
name = "visit"
owner = "Example Ltd"
duration = "session"
purpose = { en = "Counts visits.", ar = "يعدّ الزيارات." }
[[site.host]]
category = "functional"
service = "films"
name = "films.example"
[[site.host]]
category = "analytics"
name = "stats.example:8443"
[[site.vendor]]
category = "functional"
name = "Pictures Ltd"
privacy_url = "https://pictures.example/privacy"
transfers = [{ to = "US", by = "adequacy" }, { to = "IN", by = "standard_contractual_clauses" }]
"#;

fn category<'a>(declaration: &'a Value, name: &str) -> &'a Value {
    declaration["categories"].as_array().unwrap().iter().find(|one| one["category"] == name).unwrap()
}

#[tokio::test]
async fn programs_are_told_what_the_notice_in_force_declares() {
    let server = server_of(WHOLE).await;
    let answer = server.get(&format!("{JSON}?lang=en&region=US")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let declaration = answer.json();
    let notice = server.get("/v1/sites/newsroom/notice?lang=en&region=US").await.json();
    for (field, value) in [
        ("controller", json!({"name": "Example Ltd", "privacy_url": "/privacy"})),
        ("direction", json!("ltr")),
        ("language", json!("en")),
        ("languages", json!(["en", "ar"])),
        ("name", json!("The Parallel")),
        ("notice_id", notice["notice_id"].clone()),
        ("published_at", json!("2026-11-23T09:30:00Z")),
        ("region", json!("US")),
        ("site", json!("newsroom")),
    ] {
        assert_eq!(declaration[field], value, "{field}");
    }
    let names: Vec<_> =
        declaration["categories"].as_array().unwrap().iter().map(|one| one["category"].clone()).collect();
    assert_eq!(names, ["necessary", "functional", "analytics", "performance", "advertisement"]);
    for (shown, declared) in
        notice["categories"].as_array().unwrap().iter().zip(declaration["categories"].as_array().unwrap())
    {
        for field in ["category", "description", "title"] {
            assert_eq!(declared[field], shown[field]);
        }
        assert_eq!(declared["cookies"].as_array().unwrap().len(), shown["cookies"].as_array().unwrap().len());
    }
    let functional = category(&declaration, "functional");
    assert_eq!(
        functional["cookies"],
        json!([{
            "duration": "1 year and 6 months",
            "duration_seconds": (365 + 180) * 86_400,
            "kind": "local_storage",
            "lifetime": "P18M",
            "name": "volume_*",
            "owner": "Pictures Ltd",
            "purpose": "The volume.",
            "service": "films",
        }])
    );
    assert_eq!(functional["hosts"], json!([{"name": "films.example", "service": "films"}]));
    assert_eq!(
        functional["services"],
        json!([{"id": "films", "name": "Films", "purpose": "Shows films.", "vendor": "Pictures Ltd"}])
    );
    assert_eq!(
        functional["vendors"],
        json!([{
            "name": "Pictures Ltd",
            "privacy_url": "https://pictures.example/privacy",
            "transfers": [
                {"by": "adequacy", "safeguard": "adequacy decision", "to": "US"},
                {"by": "standard_contractual_clauses", "safeguard": "standard contractual clauses", "to": "IN"},
            ],
        }])
    );
    let analytics = category(&declaration, "analytics");
    assert_eq!(
        (&analytics["rule"], &analytics["hosts"]),
        (&json!("opt_out"), &json!([{"name": "stats.example:8443"}]))
    );
    assert_eq!(analytics["cookies"][0]["duration_seconds"], Value::Null);
    assert_eq!(category(&declaration, "necessary")["rule"], "always");
    // The language and the region that are asked for, as the banner takes them.
    let arabic = server.get(&format!("{JSON}?lang=ar-EG&region=nowhere")).await.json();
    assert_eq!((&arabic["language"], &arabic["direction"]), (&json!("ar"), &json!("rtl")));
    assert_eq!(category(&arabic, "analytics")["rule"], "opt_in");
    assert_eq!(category(&arabic, "functional")["services"][0]["purpose"], "يعرض أفلامًا.");
}

#[tokio::test]
async fn a_declaration_is_cached_like_the_notice_and_for_the_same_pages() {
    let server = server().await;
    for path in [JSON, PAGE, SCRIPT] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.header("cache-control")), (200, "public, max-age=300"), "{path}");
        let tag = answer.header("etag").to_owned();
        let again = server.get_with(path, &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, tag.as_str()), "{path}");
        let other = server.get(&format!("{path}?lang=en")).await;
        assert_ne!(other.header("etag"), tag.as_str(), "{path}");
        assert_ne!(other.body, answer.body, "{path}");
        let nobody = path.replace("newsroom", "nobody");
        assert_eq!(server.get(&nobody).await.code(), "unknown_site");
    }
    let packed = server.get_with(JSON, &[("accept-encoding", "br")]).await;
    assert_eq!(packed.header("content-encoding"), "br");
    let from = async |origin: &str| server.get_with(JSON, &[("origin", origin)]).await;
    let listed = from("https://www.newsroom.example").await;
    assert_eq!(listed.header("access-control-allow-origin"), "https://www.newsroom.example");
    assert_eq!(from("https://other.example").await.code(), "foreign_origin");
}

#[tokio::test]
async fn the_script_has_the_declaration_and_the_words_for_it_inside() {
    let server = server_of(WHOLE).await;
    let answer = server.get(&format!("{SCRIPT}?lang=en&region=US")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let source = include_str!("../../consent-js/declaration.js");
    let (before, after) = source.split_once("__CONSENT_SETTINGS__").unwrap();
    let settings = answer.text().strip_prefix(before).and_then(|text| text.strip_suffix(after)).unwrap();
    let settings: Value = serde_json::from_str(settings).unwrap();
    let declaration = server.get(&format!("{JSON}?lang=en&region=US")).await.json();
    assert_eq!(settings["declaration"], declaration);
    for (word, text) in [("opt_out", "Active unless you object"), ("kind", "Kind"), ("name", "Name")] {
        assert_eq!(settings["words"][word], text);
    }
    assert_eq!(settings["words"].as_object().unwrap().len(), 15);
    assert!(!source.contains("innerHTML") && !source.contains("fetch("));
}

/// The style of a page, which its policy has to name.
fn style(page: &str) -> &str {
    page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).unwrap().0
}

#[tokio::test]
async fn the_page_needs_no_script_and_runs_none() {
    let server = server_of(WHOLE).await;
    let answer = server.get(PAGE).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    let page = answer.text();
    let policy = answer.header("content-security-policy");
    let hash = STANDARD.encode(Digest::of(style(page).as_bytes()).0);
    assert!(
        policy.starts_with("default-src 'none'; ") && policy.contains(&format!("'sha256-{hash}'")),
        "{policy}"
    );
    assert!(!policy.contains("script-src") && !policy.contains("unsafe") && !policy.contains("img-src"));
    assert_eq!(answer.header("referrer-policy"), "no-referrer");
    let markup = page.replace(style(page), "");
    let mut tags = markup.split('<').filter_map(|tag| tag.split_once('>')).map(|(tag, _)| tag);
    let active = tags.find(|tag| tag.starts_with("script") || tag.contains(" style=") || tag.contains(" on"));
    assert_eq!(active, None);
    for part in [
        "<html lang=\"en\" dir=\"ltr\" data-theme=\"auto\">",
        "<title>Cookie declaration – The Parallel</title>",
        "<a href=\"?lang=ar\" hreflang=\"ar\" lang=\"ar\">العربية</a>",
        "<a href=\"?lang=en\" hreflang=\"en\" lang=\"en\" aria-current=\"true\">English</a>",
        "<time datetime=\"2026-11-23\">2026-11-23</time>",
        // A path of the site leads to the site and not to this server.
        "<a href=\"https://www.newsroom.example/privacy\">Privacy policy</a>",
        "<a href=\"https://pictures.example/privacy\"><bdi>Pictures Ltd</bdi></a>",
        "<caption>Films</caption>",
        "<th role=\"columnheader\" scope=\"col\">Kind</th>",
        "<th role=\"rowheader\" scope=\"row\"><code>volume_*</code></th>",
        "<td role=\"cell\" data-head=\"Kind\">Local storage</td>",
        "<dt>Servers contacted</dt><dd><code>stats.example:8443</code></dd>",
        "<p class=\"consent-soft\">Only with your consent</p>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let arabic = server.get(&format!("{PAGE}?lang=ar&region=US")).await;
    let arabic = arabic.text();
    assert!(arabic.contains("<html lang=\"ar\" dir=\"rtl\""));
    assert!(arabic.contains("href=\"?lang=en&amp;region=US\"") && arabic.contains("مفعّلة ما لم تعترضوا"));
}

/// What an attacker would have an owner paste: each ends what it may stand in.
const HOSTILE: &str =
    r#"</style></title><script>alert(1)</script><img src=x onerror=alert(1)>" onclick="alert(1)"#;

#[tokio::test]
async fn no_text_of_a_config_becomes_markup() {
    let hostile = serde_json::to_string(HOSTILE).unwrap();
    let text = WHOLE.replace("languages = [\"en\", \"ar\"]", "");
    let text = text.replace("{ en = \"The volume.\", ar = \"مستوى الصوت.\" }", &hostile);
    let text = text.replace("{ en = \"Counts visits.\", ar = \"يعدّ الزيارات.\" }", &hostile);
    let text = text.replace("{ en = \"Shows films.\", ar = \"يعرض أفلامًا.\" }", &hostile);
    let text = text.replace("\"Pictures Ltd\"", &hostile).replace("\"Example Ltd\"", &hostile);
    let text = text.replace("\"The Parallel\"", &hostile).replace("\"Films\"", &hostile);
    let text = text.replace("name = \"volume_*\"", &format!("name = {hostile}"));
    let words = ["column_name", "column_duration", "hosts", "vendors_title", "settings_body", "cookies_none"];
    let words = words.map(|key| format!("{key} = {hostile}\n")).concat();
    let declared = ["title", "kind", "version", "controller", "opt_in", "local_storage"];
    let declared = declared.map(|key| format!("declaration.{key} = {hostile}\n")).concat();
    let text = format!("{text}[site.texts.en]\n{words}{declared}categories.analytics.title = {hostile}\n");
    let found = config::parse("consent.toml", text.clone(), Path::new("."));
    assert!(found.is_ok(), "{found:?}");
    let server = server_of(&text).await;
    let answer = server.get(PAGE).await;
    let page = answer.text();
    assert!(
        page.matches("&lt;img src=x onerror=alert(1)&gt;&quot; onclick=&quot;alert(1)").count() >= 15,
        "{page}"
    );
    for (never, times) in
        [("<script", 0), ("<img", 0), ("</style>", 1), ("</title>", 1), ("\" onclick=\"", 0)]
    {
        assert_eq!(page.matches(never).count(), times, "{never}");
    }
    let declaration = server.get(JSON).await.json();
    assert_eq!(category(&declaration, "analytics")["title"], HOSTILE);
}

#[tokio::test]
async fn a_page_takes_the_colours_of_the_banner_and_a_logo_that_is_in_the_notice() {
    let theme = "[site.theme]\nlogo = \"logo.svg\"\n[site.theme.light]\nbackground = \"#fffaf3\"\ntext = \"#2b1d10\"\n";
    let with = async |logo: &str| -> Server {
        let text =
            WHOLE.replace("[site.regions]", &format!("{}[site.regions]", theme.replace("logo.svg", logo)));
        server_of(&text).await
    };
    // No file beside the config in this test: a path of the site.
    let answer = with("/logo.svg").await.get(PAGE).await;
    assert!(
        style(answer.text()).contains(":root{--paper:#fffaf3;--ink:#2b1d10;}"),
        "{}",
        style(answer.text())
    );
    assert!(!answer.text().contains("<img") && !answer.header("content-security-policy").contains("img-src"));
    let hash = STANDARD.encode(Digest::of(style(answer.text()).as_bytes()).0);
    assert!(answer.header("content-security-policy").contains(&hash));
}

#[tokio::test]
async fn many_languages_open_on_demand() {
    let codes: Vec<_> = config::built_in_languages().collect();
    let text = format!(
        "[server]\nhost = \"consent.example\"\n[[site]]\nid = \"newsroom\"\nlanguages = {codes:?}\n\
         controller = {{ name = \"A\", privacy_url = \"/p\" }}\n"
    );
    let server = server_of(&text).await;
    let page = server.get(PAGE).await;
    assert_eq!(page.text().matches("<summary>").count(), 1);
    for code in codes {
        assert!(page.text().contains(&format!("hreflang=\"{code}\"")), "{code}");
        let own = server.get(&format!("{PAGE}?lang={code}")).await;
        assert!(own.text().contains(&format!("<html lang=\"{code}\"")), "{code}");
    }
}

#[tokio::test]
async fn a_date_is_that_of_the_first_log_also_when_a_later_one_names_the_notice_again() {
    let server = server().await;
    let id = server.notice_id("newsroom", "fr").await;
    server.set_clock(NOW + 60 * 86_400); // the next year
    assert_eq!(server.post("newsroom", &server.decision(1).await).await.status, 201);
    let site = "newsroom".parse().unwrap();
    let logs = server.heads().into_iter().filter(|(log, _)| log.site == site).count();
    assert_eq!(logs, 2);
    let (store, id): (_, consent_core::notice::NoticeId) = (&*server.store, id.parse().unwrap());
    let seconds = u64::try_from(NOW).unwrap();
    let named = |site, most| {
        history::first_named(store, site, most, |_, _| {}).unwrap().get(&id).map(|named| named.time)
    };
    assert_eq!(named(&site, 1000), Some(seconds));
    // Where the log is not read far enough, nobody says a later date.
    assert_eq!(named(&site, 1), None);
    assert_eq!(named(&"news".parse().unwrap(), 1000), None);
}
