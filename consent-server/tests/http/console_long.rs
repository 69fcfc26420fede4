//! Pages of the console when there is very much of what they show, and when there is nothing.

use consent_server::counts;

use crate::console::Browser;
use crate::support::{decision, decision_id, server, server_of};

/// As many as it takes, from whoever comes.
const CONFIG: &str = r#"
[server]
host = "consent.example"
[limits]
per_address = 0
per_subject = 0
[[site]]
id = "newsroom"
languages = ["fr"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = "Compte les visites."
"#;

const MANY: u64 = 10_000;

#[tokio::test]
async fn ten_thousand_decisions_of_one_subject_are_read_page_by_page() {
    let server = server_of(CONFIG).await;
    let notice = server.notice_id("newsroom", "fr").await;
    for number in 1..=MANY {
        assert_eq!(server.post("newsroom", &decision(number, &notice)).await.status, 201);
    }
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    // The page on which the decision stands that was looked for, with the newest first.
    let last = auditor.story(MANY).await;
    let newest = auditor.get(&last).await;
    assert!(newest.text().contains("10000 decisions") && newest.text().contains("page 1 of 200"));
    assert!(newest.text().contains(&decision_id(MANY)) && !newest.text().contains(&decision_id(MANY - 50)));
    assert!(newest.text().contains("?page=2") && !newest.text().contains("?page=0"));
    let first = auditor.story(1).await;
    let oldest = auditor.get(&first).await;
    assert!(oldest.text().contains("page 200 of 200") && oldest.text().contains(&decision_id(1)));
    assert!(!oldest.text().contains("?page=201"));
    let turned = auditor.get(&format!("{first}?page=199")).await;
    assert!(turned.text().contains(&decision_id(51)) && !turned.text().contains(&decision_id(50)));
    for (odd, shown) in [("0", "page 1 of"), ("9999", "page 200 of"), ("18446744073709551615", "page 200 of")]
    {
        let page = auditor.get(&format!("{first}?page={odd}")).await;
        assert!(page.status == 200 && page.text().contains(shown), "{odd}");
    }
    for odd in ["-1", "x", "18446744073709551616"] {
        assert_eq!(auditor.get(&format!("{first}?page={odd}")).await.status, 400, "{odd}");
    }
    // Who erases is told how much goes, also what this page does not show.
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let page = operator.get(&first).await;
    assert!(page.text().contains("on all pages") && page.text().contains("10000 entries were"));
    // And the sums are those of all.
    let site = "newsroom".parse().unwrap();
    while counts::follow(&*server.store, &counts::Fresh::default(), &site, 4096).unwrap() {}
    assert!(auditor.get("/console/newsroom/").await.text().contains("10\u{202f}000"));
}

#[tokio::test]
async fn where_there_is_nothing_pages_say_so() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    for page in
        ["newsroom/", "newsroom/find", "newsroom/notices", "newsroom/prove", "newsroom/install", "sessions"]
    {
        let answer = auditor.get(&format!("/console/{page}")).await;
        assert_eq!(answer.status, 200, "{page}");
        assert!(!answer.text().contains("NaN") && !answer.text().contains("rel=\"next\""), "{page}");
    }
    let overview = auditor.get("/console/newsroom/").await;
    assert!(overview.text().contains("nobody decided"), "{}", overview.text());
}
