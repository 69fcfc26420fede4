//! What is counted of decisions: on the overview, and in whatever pieces.

use consent_server::counts;

use crate::console::{Browser, decided};
use crate::support::{NOW, decision, server};

#[tokio::test]
async fn the_overview_counts_what_came_in() {
    let server = server().await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let empty = auditor.get("/console/newsroom/").await;
    assert!(empty.text().contains("Nothing in this period"), "{}", empty.text());
    let notice = server.notice_id("newsroom", "fr").await;
    for number in 100..160 {
        let mut one = decision(number, &notice);
        one["action"] = "accept_all".into();
        for category in ["functional", "analytics", "performance", "advertisement"] {
            one["choices"][category] = "grant".into();
        }
        assert_eq!(server.post("newsroom", &one).await.status, 201);
    }
    let site = "newsroom".parse().unwrap();
    let behind = auditor.get("/console/newsroom/").await;
    assert!(behind.text().contains("are not counted yet"));
    while counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap() {}
    // Whatever is counted is counted once.
    assert!(!counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap());
    let page = auditor.get("/console/newsroom/?days=7").await;
    assert!(page.text().contains("<dt>Answered</dt><dd>60 "), "{}", page.text());
    assert!(page.text().contains("<dt>Accepted everything</dt><dd>100.0 % "));
    assert!(page.text().contains("2026-11-23: 60 accepted everything"));
    assert!(page.text().contains("More than 95 % of all answers"), "too good to be fair");
    // The next day is one of its own.
    server.set_clock(NOW + 86_400);
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    while counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap() {}
    let page = auditor.get("/console/newsroom/?days=7").await;
    for day in [
        "2026-11-23: 60 accepted everything, 0 accepted some, 0 refused everything",
        "2026-11-24: 0 accepted everything, 0 accepted some, 3 refused everything",
    ] {
        assert!(page.text().contains(day), "{day}");
    }
    assert!(page.text().contains("<dt>Answered</dt><dd>63 "));
    for odd in ["?days=8", "?days=65535"] {
        assert!(
            auditor
                .get(&format!("/console/newsroom/{odd}"))
                .await
                .text()
                .contains("aria-current=\"true\">30 days")
        );
    }
    assert_eq!(auditor.get("/console/newsroom/?days=x").await.status, 400);
}

#[tokio::test]
async fn counts_are_the_same_in_whatever_pieces_they_are_made() {
    let server = server().await;
    let notice = server.notice_id("newsroom", "fr").await;
    let mut number = 0;
    // Two days of one log, and one of the next year's.
    for at in [NOW, NOW + 86_400, 1_798_800_000] {
        server.set_clock(at);
        for _ in 0..20 {
            number += 1;
            assert_eq!(server.post("newsroom", &decision(number, &notice)).await.status, 201);
        }
    }
    let site = "newsroom".parse().unwrap();
    let [from, to] = ["2026-01-01", "2028-01-01"]
        .map(|date| time::Date::parse(date, &time::format_description::well_known::Iso8601::DATE).unwrap());
    let mut all = Vec::new();
    for most in [1, 7, 1000] {
        for name in server.store.kept_names(&site, "counts/").unwrap() {
            server.store.discard(&site, &name).unwrap();
        }
        while counts::follow(&*server.store, &counts::Fresh::default(), &site, most).unwrap() {}
        all.push(counts::days(&*server.store, &site, from, to).unwrap());
    }
    let decisions = |day: &counts::Day| day.decisions.values().sum::<u64>();
    assert_eq!(all[0].iter().map(|(_, day)| decisions(day)).collect::<Vec<_>>(), [20, 20, 20]);
    assert_eq!(all[0], all[1]);
    assert_eq!(all[0], all[2]);
    // What the log says about erasures counts nothing and begins no day.
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let erase = operator.story(1).await;
    assert_eq!(operator.send(&erase, "confirmation=AAECAw&reason=request").await.status, 303);
    server.set_clock(1_798_900_000);
    assert!(!counts::follow(&*server.store, &counts::Fresh::default(), &site, 1000).unwrap());
    let after = counts::days(&*server.store, &site, from, to).unwrap();
    assert_eq!(after.iter().map(|(_, day)| decisions(day)).collect::<Vec<_>>(), [20, 20, 20]);
}
