//! Notices: shown as visitors saw them, at each width, beside the same in other languages, and compared.

use consent_server::config;

use crate::console::Browser;
use crate::support::{NOW, Server, server, server_of};

fn text(title: &str) -> String {
    format!(
        "[server]\nhost = \"consent.example\"\n[[site]]\nid = \"newsroom\"\nlanguages = [\"fr\", \"en\"]\n\
         controller = {{ name = \"A\", privacy_url = \"/p\" }}\ntexts.fr = {{ title = \"{title}\" }}\n"
    )
}

async fn reload(server: &Server, text: &str) {
    let config = config::parse("consent.toml", text.to_owned(), server.folder.path())
        .unwrap_or_else(|findings| panic!("{findings}"));
    server.app.reload(config.config).await.unwrap();
}

#[tokio::test]
async fn a_notice_is_drawn_at_the_width_that_is_asked_for() {
    let server = server_of(&text("Un")).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let path = format!("/console/newsroom/notices/{}", server.notice_id("newsroom", "fr").await);
    for (asked, class, chosen) in [
        ("", "wfull", "value=\"full\" selected"),
        ("?width=360", "w360", "value=\"360\" selected"),
        ("?width=768", "w768", "value=\"768\" selected"),
        ("?width=full", "wfull", "value=\"full\" selected"),
        ("?width=%22%3E%3Cscript", "wfull", "value=\"full\" selected"),
    ] {
        let page = auditor.get(&format!("{path}{asked}")).await;
        assert_eq!(page.status, 200, "{asked}");
        for part in [format!("<iframe class=\"shown {class}\""), chosen.to_owned()] {
            assert!(page.text().contains(&part), "{asked}: {part}\n{}", page.text());
        }
        assert!(!page.text().contains("<script"), "{asked}");
    }
}

#[tokio::test]
async fn a_notice_leads_to_those_in_other_languages_that_were_shown_with_it() {
    let server = server_of(&text("Un")).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = async |id: &str| {
        let page = auditor.get(&format!("/console/newsroom/notices/{id}?width=360")).await;
        let links = page.text().split("href=\"/console/newsroom/notices/").skip(1);
        // With the width, and not to what is compared.
        let beside: Vec<_> =
            links.filter_map(|rest| Some(rest.split_once("?width=360\"")?.0.to_owned())).collect();
        beside.into_iter().filter(|id| id.len() == 43).collect::<Vec<_>>()
    };
    let (fr, en) = (server.notice_id("newsroom", "fr").await, server.notice_id("newsroom", "en").await);
    assert_eq!(page(&fr).await, [en.as_str()]);
    assert_eq!(page(&en).await, [fr.as_str()]);
    // Only the French one changes: the English one goes on beside the new one, and stood beside the old one too.
    server.set_clock(NOW + 600);
    reload(&server, &text("Deux")).await;
    let newer = server.notice_id("newsroom", "fr").await;
    assert_ne!(newer, fr);
    assert_eq!(page(&newer).await, [en.as_str()]);
    assert_eq!(page(&fr).await, [en.as_str()]);
    assert_eq!(page(&en).await, [newer.as_str()]);
}

#[tokio::test]
async fn what_visitors_saw_is_shown_in_a_frame_that_can_do_nothing() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let notice = server.notice_id("newsroom", "fr").await;
    let list = auditor.get("/console/newsroom/notices").await;
    assert!(list.text().contains(&format!("/console/newsroom/notices/{notice}\"")));
    let page = auditor.get(&format!("/console/newsroom/notices/{notice}")).await;
    assert!(page.text().contains("sandbox=\"allow-scripts\""));
    let alone = auditor.get(&format!("/console/newsroom/notices/{notice}.html")).await;
    assert_eq!(alone.header("content-security-policy"), "sandbox allow-scripts; frame-ancestors 'self'");
    let script = alone.text().split("../scripts/").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(server.get(&format!("/console/newsroom/scripts/{script}")).await.status, 200);
    for none in [
        "none",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.html",
    ] {
        assert_eq!(auditor.get(&format!("/console/newsroom/notices/{none}")).await.status, 404, "{none}");
    }
}

#[tokio::test]
async fn a_notice_is_compared_with_any_other_of_its_site() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let (fr, en) = (server.notice_id("newsroom", "fr").await, server.notice_id("newsroom", "en").await);
    let compared = |other: String| format!("/console/newsroom/notices/{fr}?against={other}");
    let alone = auditor.get(&format!("/console/newsroom/notices/{fr}")).await;
    assert!(alone.text().contains("There is no other notice in this language."));
    let page = auditor.get(&compared(en)).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Nobody who chose under"), "{}", page.text());
    assert!(page.text().contains("<li>other words: "), "{}", page.text());
    assert_eq!(auditor.get(&compared("A".repeat(43))).await.status, 404);
    assert_eq!(auditor.get(&compared("%3Cscript%3E".to_owned())).await.status, 400);
}
