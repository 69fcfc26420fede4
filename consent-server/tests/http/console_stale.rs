//! Whether the console says that the heads of a site are not what its log is.

use std::time::{Duration, Instant};

use consent_server::store::{Batch, Head, Row};

use crate::console::Browser;
use crate::support::{NOW, Server, decision, server, server_of};

const UNSIGNED: &str = "entries that no signed head covers";
const UNNAMED: &str = "the heads log has not taken the newest head";
const UNWITNESSED: &str = "too few witnesses have cosigned";

/// A site alone, with something in `[server]` and something behind it.
fn config(server: &str, more: &str) -> String {
    format!(
        r#"
[server]
host = "consent.example"
{server}
[[site]]
id = "newsroom"
languages = ["fr"]
controller = {{ name = "Exemple SA", privacy_url = "/privacy" }}
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = "Compte les visites."
{more}
"#
    )
}

/// The overview at this time. Whoever was signed in before may not be any more.
async fn at(server: &Server, time: i64) -> String {
    server.set_clock(time);
    let auditor = Browser::signed_in(server, &server.tokens.auditor).await;
    let page = auditor.get("/console/newsroom/").await;
    assert_eq!(page.status, 200);
    page.text().to_owned()
}

/// As another server would add it that shares the store, if this one did not follow.
#[tokio::test]
async fn a_log_that_has_more_than_was_signed_is_told_on_the_console_after_a_minute() {
    let server = server().await;
    assert!(!at(&server, NOW + 61).await.contains(UNSIGNED), "all is signed");
    let heads = server.heads();
    let (log, head) = heads.iter().find(|(log, _)| log.site.as_str() == "newsroom").unwrap();
    let last = server.store.entries(log, head.size - 1..head.size).unwrap();
    let grown = Head { size: head.size + 1, ..*head };
    let batch = Batch {
        log,
        from: head.size,
        entries: &last,
        rows: &[Row::Plain],
        tiles: Vec::new(),
        head: grown,
        history: None,
    };
    server.store.commit(&[batch]).unwrap();
    assert!(!at(&server, NOW + 60).await.contains(UNSIGNED), "it may be signed at any moment");
    assert!(at(&server, NOW + 61).await.contains(UNSIGNED));
    // The other site has its own log.
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    assert!(!operator.get("/console/news/").await.text().contains(UNSIGNED));
    assert!(operator.get("/console/").await.text().contains(UNSIGNED), "the list of sites says it too");
}

#[tokio::test]
async fn a_head_that_never_came_into_the_heads_log_is_told_on_the_console() {
    // Nothing runs beside these requests, so nobody names heads.
    let server = server_of(&config("heads_every = \"30 seconds\"", "")).await;
    assert!(!at(&server, NOW + 300).await.contains(UNNAMED));
    let page = at(&server, NOW + 301).await;
    assert!(page.contains(UNNAMED) && page.contains("more than 5 minutes"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_says_nothing_of_heads_that_are_named_and_something_once_they_are_not() {
    let mut server = server_of(&config("heads_every = \"1 second\"", "")).await;
    let other = server_of(&config("", "")).await;
    let app = std::mem::replace(&mut server.app, other.app);
    let working = tokio::spawn(app.run(std::future::pending()));
    let named = async |time: i64| {
        let begun = Instant::now();
        while at(&server, time).await.contains(UNNAMED) {
            assert!(begun.elapsed() < Duration::from_secs(60), "no head was named");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    named(NOW + 11).await;
    let notice = server.notice_id("newsroom", "fr").await;
    assert_eq!(server.post("newsroom", &decision(1, &notice)).await.status, 201);
    named(NOW + 22).await;
    working.abort();
    assert!(working.await.unwrap_err().is_cancelled());
    // As long as there is nothing new, nothing is missing.
    assert!(!at(&server, NOW + 4000).await.contains(UNNAMED));
    assert_eq!(server.post("newsroom", &decision(2, &notice)).await.status, 201);
    assert!(!at(&server, NOW + 4010).await.contains(UNNAMED));
    let page = at(&server, NOW + 4011).await;
    assert!(page.contains(UNNAMED) && page.contains("more than 10 seconds"), "{page}");
}

#[tokio::test]
async fn witnesses_that_say_nothing_for_an_hour_are_told_on_the_console() {
    let witness = "[[witness]]\nname = \"one\"\nurl = \"http://127.0.0.1:9\"\n\
                   vkey = \"witness.example/1+7d1d6645+BBm/RAlphM3+hUG6wWfcO5bIUIaqMLa2ywxcOK1wMWbh\"\n";
    let server = server_of(&config("", witness)).await;
    assert!(!at(&server, NOW + 3600).await.contains(UNWITNESSED));
    assert!(at(&server, NOW + 3601).await.contains(UNWITNESSED));
    let alone = server_of(&config("", "")).await;
    assert!(!at(&alone, NOW + 3601).await.contains(UNWITNESSED), "nobody is asked there");
}
