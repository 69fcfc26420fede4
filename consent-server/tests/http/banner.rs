//! The script and the notices.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consent_core::digest::Digest;

use super::support::{server, server_of};

const BANNER: &str = "/v1/sites/newsroom/banner.js";

#[tokio::test]
async fn the_script_comes_in_every_encoding_and_is_the_same() {
    let server = server().await;
    let plain = server.get(BANNER).await;
    assert_eq!((plain.status, plain.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(!plain.headers.contains_key("content-encoding"));
    assert!(plain.text().contains(&server.notice_id("newsroom", "fr").await));
    assert!(!plain.text().contains("__CONSENT_SETTINGS__"));
    let mut tags = vec![plain.header("etag").to_owned()];
    for (accepted, encoding) in
        [("gzip, deflate, br, zstd", "br"), ("gzip, zstd;q=0.1", "zstd"), ("gzip;q=1, br;q=0", "gzip")]
    {
        let answer = server.get_with(BANNER, &[("accept-encoding", accepted)]).await;
        assert_eq!((answer.header("content-encoding"), answer.header("vary")), (encoding, "Accept-Encoding"));
        let mut decoded = Vec::new();
        match encoding {
            "br" => brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut decoded),
            "gzip" => flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut decoded),
            _ => zstd::Decoder::new(&answer.body[..]).unwrap().read_to_end(&mut decoded),
        }
        .unwrap();
        assert_eq!(decoded, plain.body, "{encoding}");
        assert!(answer.body.len() < plain.body.len() / 2, "{encoding}: {}", answer.body.len());
        tags.push(answer.header("etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 4, "a strong tag names bytes: {tags:?}");
    assert!(tags.iter().all(|tag| tag.starts_with('"') && tag.ends_with('"')));
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let server = server().await;
    for path in [BANNER, "/v1/sites/newsroom/notice"] {
        let tag = server.get(path).await.header("etag").to_owned();
        for sent in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            let answer = server.get_with(path, &[("if-none-match", &sent)]).await;
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{path} {sent}");
            assert_eq!(answer.header("etag"), tag);
            assert!(!answer.header("cache-control").is_empty());
        }
        for sent in ["\"x\"", tag.trim_matches('"'), ""] {
            assert_eq!(server.get_with(path, &[("if-none-match", sent)]).await.status, 200, "{path} {sent}");
        }
        // The tag of another encoding is another tag.
        let zipped = server.get_with(path, &[("accept-encoding", "br"), ("if-none-match", &tag)]).await;
        assert_eq!(zipped.status, if path == BANNER { 200 } else { 304 });
    }
}

#[tokio::test]
async fn each_language_has_its_own_script_and_an_unknown_one_gets_the_sites_own() {
    let server = server().await;
    let script = async |query: &str| server.get(&format!("{BANNER}{query}")).await.text().to_owned();
    let (fr, en) = (script("").await, script("?lang=en").await);
    assert_ne!(fr, en);
    for (query, same) in [
        ("?lang=fr", &fr),
        ("?lang=en-GB", &en),
        ("?lang=zz", &fr),
        ("?lang=", &fr),
        ("?lang=%00..", &fr),
        ("?x=1", &fr),
    ] {
        assert_eq!(script(query).await, *same, "{query}");
    }
}

#[tokio::test]
async fn a_notice_is_served_byte_for_byte_as_its_address_says() {
    let server = server().await;
    for language in ["fr", "en"] {
        let id = server.notice_id("newsroom", language).await;
        let answer = server.get(&format!("/v1/sites/newsroom/notices/{id}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        assert!(answer.header("cache-control").contains("immutable"));
        assert_eq!(Digest::of(&answer.body).to_string(), id);
        let current = server.get(&format!("/v1/sites/newsroom/notice?lang={language}")).await.json();
        let mut expected = answer.json();
        expected["notice_id"] = id.clone().into();
        assert_eq!(current, expected);
        assert!(current["regime"].is_object() && current["language"] == language);
        // Another site has nothing at that address.
        assert_eq!(server.get(&format!("/v1/sites/news/notices/{id}")).await.code(), "not_found");
    }
}

#[tokio::test]
async fn of_all_languages_only_the_one_in_use_is_sent() {
    let codes: Vec<_> = consent_server::config::built_in_languages().collect();
    let vendor =
        "vendor = [{ category = \"analytics\", name = \"V\", privacy_url = \"https://v.example/p\" }]";
    let controller = "controller = { name = \"Exemple SA\", privacy_url = \"/privacy\" }";
    let head = "[server]\nhost = \"consent.example\"\n[[site]]\nid = \"a\"";
    let server = server_of(&format!("{head}\nlanguages = {codes:?}\n{controller}\n{vendor}\n")).await;
    let mut bodies = Vec::new();
    for code in &codes {
        let notice = server.get(&format!("/v1/sites/a/notice?lang={code}")).await.json();
        assert_eq!(notice["language"], **code);
        bodies.push(notice["texts"]["body"].as_str().unwrap().to_owned());
    }
    let script =
        async |code: &str| server.get(&format!("/v1/sites/a/banner.js?lang={code}")).await.text().to_owned();
    for code in ["ar", "de", "el", "en", "ga", "pt", "pt-BR", "zh-Hans"] {
        let own = codes.iter().position(|other| *other == code).unwrap();
        let script = script(code).await;
        let sent: Vec<_> = bodies.iter().filter(|body| script.contains(body.as_str())).collect();
        assert_eq!(sent, [&bodies[own]], "{code}");
    }
    let alone = server_of(&format!("{head}\nlanguages = [\"en\"]\n{controller}\n{vendor}\n")).await;
    let alone = alone.get("/v1/sites/a/banner.js").await.text().len();
    // Of each of the others the script knows five characters of the notice's address: who has chosen in one language is not
    // asked again in another.
    let known = (codes.len() - 1) * 5 + r#""31":"""#.len();
    assert_eq!(script("en").await.len(), alone + known, "languages that are not in use add nothing else");
}

#[tokio::test]
async fn the_second_layer_comes_by_the_notice_and_is_what_the_banner_expects() {
    let server = server().await;
    for language in ["fr", "en"] {
        let id = server.notice_id("newsroom", language).await;
        let answer = server.get(&format!("/v1/sites/newsroom/settings.js?notice={id}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/javascript; charset=utf-8"));
        assert!(answer.header("cache-control").contains("immutable"));
        assert_eq!(answer.header("access-control-allow-origin"), "*"); // or it could not be checked from another origin
        let banner = server.get(&format!("{BANNER}?lang={language}")).await;
        let integrity = format!("sha256-{}", STANDARD.encode(Digest::of(&answer.body).0));
        assert!(banner.text().contains(&format!("\"second\":\"{integrity}\"")), "{integrity}");
        // All of the notice is in the second, and the first has nothing that only the second tells.
        let notice = server.get(&format!("/v1/sites/newsroom/notices/{id}")).await;
        assert!(answer.text().contains(notice.text()));
        let texts = notice.json()["texts"].clone();
        for name in ["settings_title", "settings_body", "column_owner", "cookies_none", "save"] {
            assert!(!banner.text().contains(texts[name].as_str().unwrap()), "{name}");
        }
    }
    for (query, status, code) in [
        ("", 400, "invalid_query"),
        ("?notice=x", 400, "invalid_query"),
        ("?notice=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 404, "not_found"),
    ] {
        let answer = server.get(&format!("/v1/sites/newsroom/settings.js{query}")).await;
        assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn the_settings_that_the_size_is_measured_with_are_those_that_are_sent() {
    let server = server_of(include_str!("../../../examples/newsroom/consent.toml")).await;
    let id = server.notice_id("newsroom", "fr").await;
    let file = include_str!("../../../consent-js/test/settings.fr.json");
    let kept: serde_json::Value = serde_json::from_str(file).unwrap();
    for (path, script, name) in [
        (BANNER.to_owned(), include_str!("../../consent-js/banner.js"), "first"),
        (
            format!("/v1/sites/newsroom/settings.js?notice={id}"),
            include_str!("../../consent-js/settings.js"),
            "second",
        ),
    ] {
        let script = script.replace("__CONSENT_PARTS__", "void");
        let (before, after) = script.split_once("__CONSENT_SETTINGS__").unwrap();
        let sent = server.get(&path).await;
        let settings = sent.text().strip_prefix(before).and_then(|text| text.strip_suffix(after)).unwrap();
        let mut settings: serde_json::Value = serde_json::from_str(settings).unwrap();
        let mut kept = kept[name].clone();
        // What is an address differs with every build of the script, and is of one length.
        for place in ["/id", "/second", "/also/31", "/notice/script"] {
            for one in [&mut settings, &mut kept] {
                if let Some(text) = one.pointer_mut(place) {
                    *text = text.as_str().unwrap().len().into();
                }
            }
        }
        assert_eq!(settings, kept, "write consent-js/test/settings.fr.json anew: {name}");
    }
}
