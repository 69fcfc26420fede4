//! What a site declares, and reports of what was seen.

use serde_json::{Value, json};

use crate::console::Browser;
use crate::console_preview::upload;
use crate::support::{Server, server};

const PAGE: &str = "/console/newsroom/declaration";
const HOSTILE: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";

async fn report(server: &Server) -> Value {
    json!({
        "url": "https://www.newsroom.example/", "site": "newsroom", "notice": server.notice_id("newsroom", "fr").await,
        "pages": 3, "passes": false,
        "states": [
            { "state": "unasked", "granted": ["necessary"], "seen": [], "failed": null },
            { "state": "refused", "granted": ["necessary"], "seen": [], "failed": "no button" },
        ],
        "findings": [
            { "code": "undeclared-cookie", "severity": "warning", "what": "cookie", "name": "basket", "category": null, "declared": false,
              "message": "cookie `basket` is not declared", "help": "declare it", "seen": [] },
            { "code": "leak-cookie", "severity": "error", "what": "cookie", "name": "_ga", "category": "analytics", "declared": false,
              "message": "cookie `_ga` (analytics): before consent", "help": "let it wait",
              "seen": [{ "state": "unasked", "at": "x", "page": "https://www.newsroom.example/a", "initiator": "https://t.example/t.js",
                         "left": false, "after_ms": 1 }] },
        ],
        "toml": "[[site.cookie]]\ncategory = \"advertisement\"\nname = \"basket\"\nowner = \"Shop Ltd\"\nduration = \"session\"\n",
    })
}

#[tokio::test]
async fn what_a_site_declares_is_shown_in_each_of_its_languages() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get(PAGE).await;
    for part in [
        "<code>visits</code>",
        "Compte les visites.",
        "Exemple SA",
        "13 mois",
        "waits for consent",
        "declaration.html?lang=fr",
    ] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    let english = auditor.get(&format!("{PAGE}?language=en")).await;
    assert!(
        english.text().contains("Counts visits.") && english.text().contains("<option selected>en</option>")
    );
    let odd = auditor.get(&format!("{PAGE}?language=%3Cscript%3E")).await;
    assert!(odd.text().contains("Compte les visites.") && !odd.text().contains("<script"));
    assert!(!page.text().contains("name=\"report\"") && page.text().contains("No report was sent yet."));
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await;
    assert_eq!(news.get(PAGE).await.status, 404);
    let stranger = Browser::stranger(&server).get(PAGE).await;
    assert_eq!((stranger.status, stranger.header("location")), (303, "/console/sign-in"));
}

#[tokio::test]
async fn the_last_report_is_shown_findings_first_and_then_what_is_to_be_declared() {
    let server = server().await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let mut report = report(&server).await;
    let sent = upload(&operator, PAGE, &[("report", &report.to_string())]).await;
    assert_eq!((sent.status, sent.header("location")), (303, "/console/newsroom/declaration#leaks"));
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let page = auditor.get(PAGE).await;
    let text = page.text();
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}\n{text}"));
    let order = [
        "1 of 2 findings are errors",
        "cookie `_ga` (analytics): before consent",
        "before a choice: <bdi>https://www.newsroom.example/a</bdi>, by <bdi>https://t.example/t.js</bdi>",
        "cookie `basket` is not declared",
        "<code>basket</code></th><td>cookie</td><td>advertisement</td>",
        "name = &#34;basket&#34;",
        "after a refusal: could not be reached, <bdi>no button</bdi>",
    ];
    assert!(order.map(at).is_sorted(), "{text}");
    assert!(!text.contains("not in force"));
    // Only the last is kept.
    report["findings"] = json!([]);
    report["toml"] = json!("");
    report["notice"] = json!("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
    assert_eq!(upload(&operator, PAGE, &[("report", &report.to_string())]).await.status, 303);
    let page = auditor.get(PAGE).await;
    assert!(!page.text().contains("_ga") && page.text().contains("all that was seen is declared"));
    assert!(page.text().contains("judged by a notice that is not in force"));
    assert_eq!(server.store.kept_names(&"newsroom".parse().unwrap(), "leaks").unwrap(), ["leaks"]);
}

#[tokio::test]
async fn nothing_that_stands_in_a_report_becomes_markup() {
    let server = server().await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let toml = format!(
        "# {HOSTILE}\n[[site.cookie]]\nname = {0}\ncategory = {0}\nowner = {0}\nduration = {0}\nkind = {0}\n[[site.host]]\nname = {0}\n",
        quoted(HOSTILE)
    );
    for (pointer, text) in [
        ("/url", HOSTILE),
        ("/states/1/failed", HOSTILE),
        ("/findings/1/code", HOSTILE),
        ("/findings/1/message", HOSTILE),
        ("/findings/1/help", HOSTILE),
        ("/findings/1/seen/0/page", HOSTILE),
        ("/findings/1/seen/0/initiator", HOSTILE),
        ("/toml", toml.as_str()),
    ] {
        let mut report = report(&server).await;
        *report.pointer_mut(pointer).expect(pointer) = json!(text);
        assert_eq!(
            upload(&operator, PAGE, &[("report", &report.to_string())]).await.status,
            303,
            "{pointer}"
        );
        let page = operator.get(PAGE).await;
        assert!(page.text().contains("&#60;script&#62;alert(1)"), "{pointer}: it is shown\n{}", page.text());
        assert!(!page.text().contains("<script") && !page.text().contains("<img"), "{pointer}");
    }
    // Other fields hold one of a few words, or are not shown.
    for pointer in [
        "/site",
        "/notice",
        "/states/0/state",
        "/states/0/granted/0",
        "/findings/1/severity",
        "/findings/1/category",
        "/findings/1/seen/0/state",
    ] {
        let mut report = report(&server).await;
        *report.pointer_mut(pointer).expect(pointer) = json!(HOSTILE);
        let refused = upload(&operator, PAGE, &[("report", &report.to_string())]).await;
        assert!(
            refused.text().contains("role=\"alert\"") && !refused.text().contains("<script"),
            "{pointer}"
        );
    }
}

#[tokio::test]
async fn only_an_operator_of_the_site_sends_one_and_what_is_none_changes_nothing() {
    let server = server().await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await;
    let good = report(&server).await.to_string();
    assert_eq!(upload(&auditor, PAGE, &[("report", &good)]).await.status, 403);
    assert_eq!(upload(&news, PAGE, &[("report", &good)]).await.status, 404);
    let other = upload(&news, "/console/news/declaration", &[("report", &good)]).await;
    assert!(other.text().contains("the report of another site"), "{}", other.text());
    let (places, many) = (json!({ "state": "unasked", "page": "a".repeat(1900), "initiator": null }), 16);
    let finding = json!({ "code": "a", "severity": "error", "category": null, "declared": false, "message": "a", "help": "a",
        "seen": vec![places; many] });
    let mut large = report(&server).await;
    large["findings"] = json!(vec![finding; 300]);
    for (sent, why) in [
        ("", "No file was chosen."),
        ("{}", "This is no report of `consent leaks --format json`: line 1"),
        ("<!doctype html>", "This is no report"),
        (large.to_string().as_str(), "longer than what can be kept"),
    ] {
        let refused = upload(&operator, PAGE, &[("report", sent)]).await;
        assert_eq!(refused.status, 200);
        assert!(refused.text().contains(why), "{why}\n{}", refused.text());
    }
    assert_eq!(upload(&operator, PAGE, &[("report", &"a".repeat(17 << 20))]).await.status, 413);
    assert!(auditor.get(PAGE).await.text().contains("No report was sent yet."));
}
