//! The preview: of the config in force, and of one that an operator tries.

use axum::body::Body;

use crate::console::Browser;
use crate::support::{Answer, Server, server, server_of};

/// A form with a file in it, as browsers send it.
pub(crate) async fn upload(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = browser.form_token().await;
    let mut form = String::new();
    for (name, value) in [("form_token", token.as_str())].iter().chain(fields) {
        form.push_str(&format!(
            "--x-y\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    upload_of(browser, path, &format!("{form}--x-y--\r\n"), Some(("origin", "https://consent.example:8080")))
        .await
}

pub(crate) async fn upload_of(
    browser: &Browser<'_>,
    path: &str,
    form: &str,
    origin: Option<(&str, &str)>,
) -> Answer {
    let cookie = browser.cookie();
    let mut headers = vec![("content-type", "multipart/form-data; boundary=x-y"), ("cookie", cookie)];
    headers.extend(origin);
    browser.server().request("POST", path, &headers, Body::from(form.to_owned())).await
}

const PREVIEW: &str = "/console/newsroom/preview";
const SITE: &str = "[[site]]\nid = \"newsroom\"\nlanguages = [\"de\", \"en\"]\nask_again_after = \"18 months\"\n\
    controller = { name = \"<b>Neue GmbH\", privacy_url = \"/privacy\" }\n";

/// What a server keeps and shows, as far as a config could change it.
async fn state(server: &Server) -> (String, String, usize) {
    let notice = server.notice_id("newsroom", "fr").await;
    let names = server.store.kept_names(&"newsroom".parse().unwrap(), "").unwrap();
    let notices = server.store.notices(&"newsroom".parse().unwrap()).unwrap();
    (notice, names.join(" "), notices.len())
}

#[tokio::test]
async fn the_banner_in_force_is_drawn_as_it_is_asked_for() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get(&format!("{PREVIEW}?language=en&theme=dark&width=768&gpc=on")).await;
    assert_eq!(page.status, 200);
    for part in [
        "<option selected>en</option>",
        "class=\"shown w768\"",
        "preview/drawn?language=en&#38;region=unknown&#38;theme=dark&#38;gpc=on\" sandbox=\"allow-scripts\"",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    assert!(!page.text().contains("name=\"config\""), "an auditor tries nothing");
    // What nobody can choose is not believed.
    let odd = auditor
        .get(&format!("{PREVIEW}?language=%22%3E%3Cscript&region=%3Cb%3E&theme=x&width=%3Cb%3E"))
        .await;
    assert!(
        odd.text().contains("class=\"shown wfull\"")
            && !odd.text().contains("<script")
            && !odd.text().contains("<b>")
    );
    let [plain, objects] = ["", "&gpc=on"].map(|gpc| format!("{PREVIEW}/drawn?language=fr&region=EU{gpc}"));
    let drawn = auditor.get(&plain).await;
    assert_eq!(drawn.header("content-security-policy"), "sandbox allow-scripts; frame-ancestors 'self'");
    let notice = server.notice_id("newsroom", "fr").await;
    assert!(drawn.text().contains(&notice), "the very notice that is in force");
    assert!(drawn.text().contains("\"globalPrivacyControl\",{configurable:true,get(){return false}"));
    assert!(
        auditor
            .get(&objects)
            .await
            .text()
            .contains("\"globalPrivacyControl\",{configurable:true,get(){return true}")
    );
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await;
    for path in [PREVIEW, &plain] {
        assert_eq!(news.get(path).await.status, 404, "{path}");
        let stranger = Browser::stranger(&server).get(path).await;
        assert_eq!((stranger.status, stranger.header("location")), (303, "/console/sign-in"), "{path}");
    }
}

#[tokio::test]
async fn what_consent_check_says_is_shown_to_whom_it_concerns_with_what_was_waived() {
    let of = |id: &str, more: &str| {
        format!("[[site]]\nid = \"{id}\"\n{more}controller = {{ name = \"A\", privacy_url = \"/p\" }}\n")
    };
    let config = format!(
        "[server]\nhost = \"consent.example\"\n{}{}{}",
        of("newsroom", ""),
        of("news", "ask_again_after = \"18 months\"\n"),
        std::fs::read_to_string("tests/config/good/waived.toml").unwrap(),
    );
    let server = server_of(&config).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let news = operator.get("/console/news/preview").await;
    assert!(
        news.text().contains("warning[EU-11]") && news.text().contains("consent.toml:"),
        "{}",
        news.text()
    );
    assert!(!operator.get(PREVIEW).await.text().contains("EU-11"));
    let waived = operator.get("/console/weather/preview").await;
    assert!(waived.text().contains("<li>looser-regime for analytics, by "), "{}", waived.text());
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get(PREVIEW).await;
    assert!(!page.text().contains("EU-11") && page.text().contains("is not shown here"));
}

#[tokio::test]
async fn a_config_is_tried_without_being_kept() {
    let server = server().await;
    let before = state(&server).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    for fields in [[("config", SITE), ("file", "")], [("config", "nonsense"), ("file", SITE)]] {
        let page =
            upload(&operator, PREVIEW, &[fields[0], fields[1], ("language", "en"), ("width", "360")]).await;
        assert_eq!(page.status, 200);
        for part in [
            "warning[EU-11]",
            "pasted.toml:4",
            "<option>de</option>",
            "<option selected>en</option>",
            "w360",
            "&#60;b&#62;Neue GmbH",
        ] {
            assert!(page.text().contains(part), "{part}\n{}", page.text());
        }
        assert!(!page.text().contains("<b>Neue"));
    }
    let drawn = upload(&operator, &format!("{PREVIEW}/drawn"), &[("config", SITE), ("language", "de")]).await;
    assert!(
        drawn.text().contains(r"\u003cb>Neue GmbH") && !drawn.text().contains("<b>Neue"),
        "{}",
        drawn.text()
    );
    assert_eq!(drawn.header("content-security-policy"), "sandbox allow-scripts; frame-ancestors 'self'");
    // What is wrong is said, and nothing is drawn.
    let logo = format!("{SITE}theme = {{ logo = \"logo.svg\" }}\n");
    for (config, said) in [
        (SITE.replace("18 months", "18 lunes").as_str(), "error["),
        ("", "error[no-site]"),
        (SITE.replace("newsroom", "other").as_str(), "It has no [[site]] with the id newsroom"),
        (logo.as_str(), "no file is read for a config that is only tried"),
        (&format!("files = [\"*.toml\"]\n{SITE}"), "no file is read for a config that is only tried"),
    ] {
        let page = upload(&operator, PREVIEW, &[("config", config)]).await;
        assert_eq!(page.status, 200, "{config}");
        assert!(page.text().contains(said), "{said}\n{}", page.text());
        assert!(!page.text().contains("<iframe"), "{config}");
        let drawn = upload(&operator, &format!("{PREVIEW}/drawn"), &[("config", config)]).await;
        assert!(drawn.text().contains("makes no banner"), "{config}");
    }
    assert_eq!(state(&server).await, before);
}

#[tokio::test]
async fn only_an_operator_of_the_site_tries_one_and_within_limits() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    for path in [PREVIEW.to_owned(), format!("{PREVIEW}/drawn")] {
        assert_eq!(upload(&auditor, &path, &[("config", SITE)]).await.status, 403, "{path}");
        assert_eq!(upload(&news, &path, &[("config", SITE)]).await.status, 404, "{path}");
        let planted =
            "--x-y\r\nContent-Disposition: form-data; name=\"form_token\"\r\n\r\nAAAA\r\n--x-y--\r\n";
        let origin = Some(("origin", "https://consent.example:8080"));
        assert_eq!(upload_of(&operator, &path, planted, origin).await.status, 403, "{path}");
        assert_eq!(upload_of(&operator, &path, planted, None).await.status, 403, "{path}");
        assert_eq!(upload_of(&operator, &path, "no form", origin).await.status, 400, "{path}");
        assert_eq!(upload(&operator, &path, &[("config", &"#".repeat(2 << 20))]).await.status, 413, "{path}");
    }
    let long = upload(&operator, PREVIEW, &[("config", &format!("{SITE}#{}", "a".repeat(1 << 20)))]).await;
    assert!(long.text().contains("larger than 1 MiB"));
}
