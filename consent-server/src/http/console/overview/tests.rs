//! A page over a year reads the documents of its days, and no log.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use time::{Duration, OffsetDateTime};
use tower::ServiceExt as _;

use crate::app::App;
use crate::config;
use crate::data::{DataFolder, Role};
use crate::store::{MemoryStore, Store as _};
use crate::testing::TestClock;

/// A store that counts how often a log is read.
#[derive(Debug, Default)]
struct Read {
    store: MemoryStore,
    times: AtomicUsize,
}

crate::testing_store!(Read, |read, name, call| {
    if ["entries", "openings", "tile", "history", "find_subject"].contains(&name) {
        read.times.fetch_add(1, Ordering::SeqCst);
    }
    call(&read.store)
});

/// As many kinds of decisions as a site has in a day that shows two notices to all kinds of visitors.
fn day(date: time::Date) -> String {
    let hour = date.midnight().assume_utc().unix_timestamp();
    let notices = ["A", "B"].map(|letter| format!("{}A", letter.repeat(42)));
    let (mut decisions, mut shown) = (Vec::new(), Vec::new());
    for notice in &notices {
        for class in ["desktop", "mobile", "unknown"] {
            for (outcome, granted) in
                (0..14).map(|granted| ("mixed", granted)).chain([("accepted", 30), ("refused", 0)])
            {
                decisions.push(format!(
                    r#"[{{"notice":"{notice}","outcome":"{outcome}","granted":{granted},"language":"fr","region":"EU","class":"{class}"}},31]"#
                ));
            }
        }
        shown.extend((0..24).map(|number| format!(r#"[[{},"{notice}"],97]"#, hour + number * 3600)));
    }
    let until = r#"{"a/2026":1000000}"#;
    format!(r#"{{"until":{until},"decisions":[{}],"shown":[{}]}}"#, decisions.join(","), shown.join(","))
}

#[tokio::test]
async fn the_overview_of_a_year_reads_the_documents_of_its_days_and_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let token = data.tokens.make(Role::Operator, None).unwrap();
    let now = OffsetDateTime::from_unix_timestamp(1_795_426_200).unwrap();
    let text = include_str!("../../../../tests/config/good/smallest.toml").to_owned();
    let config = config::parse("smallest.toml", text, Path::new(".")).unwrap().config;
    let site = config.sites[0].id.clone();
    let store = Arc::new(Read::default());
    let app = App::start(config, data, Arc::<Read>::clone(&store), TestClock::at(now)).await.unwrap();
    for back in 0..730 {
        let date = now.date() - Duration::days(back);
        store.keep(&site, &format!("counts/{date}"), day(date).as_bytes()).unwrap();
    }
    let router = app.router();
    let ask = |request: Request<Body>| router.clone().oneshot(request);
    let sign_in =
        Request::post("/console/sign-in").header("host", "localhost").header("origin", "http://localhost");
    let sign_in = sign_in.header("content-type", "application/x-www-form-urlencoded");
    let answer = ask(sign_in.body(format!("token={token}").into()).unwrap()).await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = || {
        Request::get(format!("/console/{site}/?days=365"))
            .header("host", "localhost")
            .header("cookie", &cookie)
    };
    store.times.store(0, Ordering::SeqCst);
    let mut times = Vec::new();
    for _ in 0..if cfg!(debug_assertions) { 1 } else { 5 } {
        let begun = Instant::now();
        let answer = ask(page().body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), 200);
        let text = to_bytes(answer.into_body(), 1 << 24).await.unwrap();
        times.push(begun.elapsed());
        let text = String::from_utf8_lossy(&text);
        // 365 days, 2 notices, 3 kinds of programs, 16 kinds of decisions, each 31 times.
        assert!(text.contains("<dt>Answered</dt><dd>1\u{202f}086\u{202f}240 "), "{}", &text[..5000]);
    }
    assert_eq!(store.times.load(Ordering::SeqCst), 0, "a log was read");
    times.sort();
    println!("a year with 96 kinds of decisions a day: {times:?}");
}
