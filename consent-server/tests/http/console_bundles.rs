//! Bundles of the console: made beside the visitors, kept for a while for one person, taken away whole or in parts.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, HttpBody as _};
use axum::http::Request;
use consent_core::digest::Digest;
use consent_core::verify::evidence::Evidence;
use consent_core::verify::report::Report;
use consent_core::verify::verify;
use consent_server::exhibits::{self, Provenance};
use tower::ServiceExt as _;

use crate::console::{Browser, decided};
use crate::exports::unpacked;
use crate::support::{Answer, NOW, Server, decision, server};
use crate::trail::said;

const BUNDLES: &str = "/console/newsroom/prove/bundles";

/// Has a bundle made of a year, or of all, and says where it lies.
pub(crate) async fn made(browser: &Browser<'_>, year: &str) -> String {
    let begun = browser.send(BUNDLES, &format!("year={year}")).await;
    assert_eq!((begun.status, begun.header("location")), (303, BUNDLES));
    let page = settled(browser, BUNDLES).await;
    links(&page).pop().unwrap_or_else(|| panic!("{}", page.text()))
}

/// The page once nothing is being made any more. Until then it says so, and loads itself again.
async fn settled(browser: &Browser<'_>, path: &str) -> Answer {
    for _ in 0..1200 {
        let page = browser.get(path).await;
        let goes_on = page.text().contains("<progress") || page.text().contains("It waits until");
        assert_eq!(goes_on, page.headers.contains_key("refresh"), "{}", page.text());
        if !goes_on {
            return page;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it is being made for ever");
}

/// The bundles that a page leads to, oldest first.
fn links(page: &Answer) -> Vec<String> {
    let after = page.text().split("<a href=\"/console/newsroom/prove/bundles/").skip(1);
    after.map(|rest| format!("{BUNDLES}/{}", rest.split('"').next().unwrap_or_default())).collect()
}

async fn get(browser: &Browser<'_>, path: &str, headers: &[(&str, &str)]) -> Answer {
    let headers = [&[("cookie", browser.cookie())], headers].concat();
    browser.server().get_with(path, &headers).await
}

fn checked(zip: Vec<u8>) -> Report {
    verify(&unpacked(zip), &Evidence::default(), &mut |_| ())
}

/// How often the trail says that something was taken away.
async fn taken(server: &Server) -> usize {
    said(server).await.0.iter().filter(|action| action.what.as_str() == "export_taken").count()
}

async fn erase(server: &Server, decision: u64) {
    let operator = Browser::signed_in(server, &server.tokens.operator).await;
    let story = operator.story(decision).await;
    assert_eq!(operator.send(&story, "confirmation=AAECAw&reason=request").await.status, 303);
}

#[tokio::test]
async fn a_bundle_is_made_beside_the_visitors_and_pieces_of_it_are_the_whole() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    assert!(links(&auditor.get(BUNDLES).await).is_empty());
    let bundle = made(&auditor, "").await;
    // Who asks for the head learns what there is, and takes nothing.
    let head = server.request("HEAD", &bundle, &[("cookie", auditor.cookie())], Body::empty()).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(taken(&server).await, 0);
    let whole = auditor.get(&bundle).await;
    let (length, tag) = (whole.body.len(), whole.header("etag").to_owned());
    assert_eq!(whole.status, 200);
    assert_eq!(tag, format!("\"{}\"", Digest::of(&whole.body)));
    for answer in [&head, &whole] {
        for (name, value) in [
            ("accept-ranges", "bytes"),
            ("cache-control", "no-store"),
            ("content-length", &length.to_string()),
            ("content-type", "application/zip"),
            ("etag", &tag),
        ] {
            assert_eq!(answer.header(name), value, "{name}");
        }
        assert!(answer.header("content-disposition").starts_with("attachment; filename=\"newsroom_"));
    }
    let report = checked(whole.body.clone());
    assert!(report.holds() && report.decision.verified == 3, "{:#?}", report.findings);
    // The page says the same of it.
    let page = auditor.get(BUNDLES).await;
    let hex: String = Digest::of(&whole.body).0.iter().map(|byte| format!("{byte:02x}")).collect();
    let size = format!("{}.{} kB", length / 1000, length % 1000 / 100);
    for part in [&hex, &size, "2026-11-23 09:45:00 UTC"] {
        assert!(page.text().contains(part), "{part}\n{}", page.text());
    }
    // As a browser that was interrupted again and again.
    let mut joined = Vec::new();
    while joined.len() < length {
        let range = format!("bytes={}-{}", joined.len(), joined.len() + 30_000);
        let part = get(&auditor, &bundle, &[("range", &range), ("if-range", &tag)]).await;
        let last = joined.len() + part.body.len() - 1;
        assert_eq!(part.status, 206);
        assert_eq!(part.header("content-range"), format!("bytes {}-{last}/{length}", joined.len()));
        assert_eq!(part.header("content-length"), part.body.len().to_string());
        assert_eq!((part.header("etag"), part.header("accept-ranges")), (&*tag, "bytes"));
        joined.extend(part.body);
    }
    assert!(joined == whole.body && checked(joined).holds());
    assert_eq!(taken(&server).await, 1, "in however many parts");
}

#[tokio::test]
async fn a_part_is_one_of_the_same_bytes_or_there_is_none() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let bundle = made(&auditor, "").await;
    let whole = auditor.get(&bundle).await;
    let (length, tag) = (whole.body.len(), whole.header("etag").to_owned());
    let range = ("range", "bytes=100-");
    for (headers, status, from) in [
        (vec![("range", "bytes=-10")], 206, length - 10),
        (vec![range, ("if-range", tag.as_str())], 206, 100),
        (vec![range, ("if-match", tag.as_str())], 206, 100),
        // Another one: all of this.
        (vec![range, ("if-range", "\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"")], 200, 0),
        (vec![range, ("if-range", "Mon, 23 Nov 2026 09:30:00 GMT")], 200, 0),
        (vec![("range", "bytes=0-1,5-6")], 200, 0),
        (vec![("range", "bytes=5-4")], 200, 0),
        (vec![("if-none-match", "\"other\"")], 200, 0),
    ] {
        let answer = get(&auditor, &bundle, &headers).await;
        assert_eq!(answer.status, status, "{headers:?}");
        assert!(answer.body == whole.body[from..], "{headers:?}");
    }
    let behind = format!("bytes={length}-");
    for (headers, status) in [
        (vec![("range", behind.as_str())], 416),
        (vec![("range", "bytes=-0")], 416),
        (vec![("if-none-match", tag.as_str())], 304),
        (vec![range, ("if-match", "\"other\"")], 412),
    ] {
        let answer = get(&auditor, &bundle, &headers).await;
        assert_eq!((answer.status, answer.body.len()), (status, 0), "{headers:?}");
        let all = if status == 416 { format!("bytes */{length}") } else { String::new() };
        assert_eq!((answer.header("content-range"), answer.header("etag")), (&*all, &*tag), "{headers:?}");
    }
}

#[tokio::test]
async fn a_bundle_is_there_for_whoever_had_it_made_and_for_nobody_else() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let bundle = made(&auditor, "").await;
    let elsewhere = Browser::signed_in(&server, &server.tokens.auditor).await;
    assert_eq!(links(&elsewhere.get(BUNDLES).await), [bundle.as_str()]);
    assert_eq!(elsewhere.get(&bundle).await.status, 200);
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await;
    assert!(links(&operator.get(BUNDLES).await).is_empty());
    for (browser, path) in [
        (&operator, bundle.clone()),
        (&news, bundle.clone()),
        (&news, bundle.replace("newsroom", "news")),
        (&auditor, bundle.replace("newsroom", "news")),
        (&auditor, format!("{BUNDLES}/47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU")),
        (&auditor, format!("{BUNDLES}/1")),
    ] {
        let answer = browser.get(&path).await;
        assert_eq!((answer.status, answer.header("etag")), (404, ""), "{path}");
    }
    assert_eq!(Browser::stranger(&server).get(&bundle).await.header("location"), "/console/sign-in");
    // Nor for a script in a page that this server happens to serve beside the console.
    assert_eq!(get(&auditor, &bundle, &[("sec-fetch-mode", "cors")]).await.status, 403);
    assert_eq!(taken(&server).await, 1);
}

#[tokio::test]
async fn one_is_made_only_if_a_page_of_this_session_asks_and_of_years_that_there_are() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let foreign = Browser::signed_in(&server, &server.tokens.auditor).await.form_token().await;
    for token in ["", "AAAA", &foreign] {
        assert_eq!(auditor.post(BUNDLES, &format!("form_token={token}&year=")).await.status, 403, "{token}");
    }
    assert_eq!(auditor.post(BUNDLES, "year=").await.status, 400);
    for (path, year) in
        [(BUNDLES, "1999"), (BUNDLES, "65536"), (BUNDLES, "x"), ("/console/news/prove/bundles", "")]
    {
        assert_eq!(auditor.send(path, &format!("year={year}")).await.status, 404, "{path} {year}");
    }
    let page = auditor.get(BUNDLES).await;
    assert!(links(&page).is_empty() && !page.headers.contains_key("refresh"));
}

#[tokio::test]
async fn a_bundle_of_a_year_has_what_was_decided_in_that_year() {
    let server = server().await;
    decided(&server).await;
    server.set_clock(1_798_800_000); // 2027-01-01
    let notice = server.notice_id("newsroom", "fr").await;
    assert_eq!(server.post("newsroom", &decision(4, &notice)).await.status, 201);
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    for (year, decisions) in [("2026", 3), ("2027", 1), ("", 4)] {
        let answer = auditor.get(&made(&auditor, year).await).await;
        let report = checked(answer.body);
        assert!(report.holds(), "{:#?}", report.findings);
        assert_eq!(report.decision.verified, decisions, "{year}");
    }
    let page = auditor.get(BUNDLES).await;
    assert!(links(&page).len() == 3 && page.text().contains("<option>2026</option>"));
    // The log before ends where the next one begins: a bundle from before that has no end.
    server.set_clock(1_830_336_000); // 2028-01-01
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let bundle = made(&auditor, "").await;
    assert_eq!(server.post("newsroom", &decision(5, &notice)).await.status, 201);
    assert_eq!(auditor.get(&bundle).await.status, 410);
}

#[tokio::test]
async fn what_was_erased_does_not_come_back_out_of_a_bundle() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let (all, year) = (made(&auditor, "").await, made(&auditor, "2026").await);
    let tag = auditor.get(&all).await.header("etag").to_owned();
    // More decisions change nothing about it.
    let notice = server.notice_id("newsroom", "fr").await;
    assert_eq!(server.post("newsroom", &decision(4, &notice)).await.status, 201);
    let resume = [("range", "bytes=100-"), ("if-range", tag.as_str())];
    assert_eq!(get(&auditor, &all, &resume).await.status, 206);
    erase(&server, 1).await;
    for bundle in [&all, &year] {
        let gone = get(&auditor, bundle, &resume).await;
        assert_eq!((gone.status, gone.header("etag")), (410, ""));
        assert!(gone.text().contains("Make it again"), "{}", gone.text());
    }
    let page = auditor.get(BUNDLES).await;
    assert!(links(&page).is_empty() && page.text().matches("so it was dropped").count() == 2);
    let again = made(&auditor, "").await;
    let report = checked(auditor.get(&again).await.body);
    assert!(report.holds(), "{:#?}", report.findings);
    assert_eq!((report.decision.verified, report.decision.erased), (0, 4));
    assert_eq!(taken(&server).await, 2, "the second of the first two was never taken");
}

/// What is put beside the logs of a site, and grows its bundles by two megabytes.
fn take_in(server: &Server) -> Digest {
    let rows: String =
        (0..60_000).map(|number| format!("{},no\n", Digest::of(format!("{number}").as_bytes()))).collect();
    let from = Provenance { name: "old.csv".to_owned(), platform: "other".to_owned(), added_at: NOW as u64 };
    let mut file = std::io::Cursor::new(format!("id,choice\n{rows}"));
    exhibits::take_in(&*server.store, &"newsroom".parse().unwrap(), &mut file, from).unwrap().0
}

/// The length of the next piece.
async fn frame(body: &mut Body) -> Option<Result<u64, axum::Error>> {
    let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
    Some(frame.map(|frame| frame.into_data().unwrap().len() as u64))
}

#[tokio::test]
async fn what_is_erased_while_a_bundle_is_sent_ends_the_sending() {
    let most = [ended_after(false).await, ended_after(true).await];
    // By itself within a megabyte, and with the next pieces if anybody has found it.
    assert!(most[0] < 1_300_000 && most[1] < 300_000, "{most:?}");
}

/// How much of a bundle is sent if something is erased behind its first piece; and somebody asks for it, or not.
async fn ended_after(is_asked_for: bool) -> u64 {
    let server = server().await;
    decided(&server).await;
    take_in(&server);
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let bundle = made(&auditor, "").await;
    let request =
        Request::get(&bundle).header("host", "consent.example:8080").header("cookie", auditor.cookie());
    let response = server.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let length: u64 = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert!(length > 2_000_000, "{length}");
    let mut body = response.into_body();
    let mut sent = frame(&mut body).await.unwrap().unwrap();
    erase(&server, 1).await;
    if is_asked_for {
        assert_eq!(auditor.get(&bundle).await.status, 410);
    }
    let ended = loop {
        match frame(&mut body).await {
            Some(Ok(length)) => sent += length,
            other => break other,
        }
    };
    assert!(matches!(ended, Some(Err(_))), "{sent} of {length}: {ended:?}");
    assert!(frame(&mut body).await.is_none());
    assert_eq!(auditor.get(&bundle).await.status, 410);
    sent
}

#[tokio::test]
async fn an_exhibit_that_was_removed_is_in_no_bundle_any_more() {
    let server = server().await;
    decided(&server).await;
    let exhibit = take_in(&server);
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let bundle = made(&auditor, "").await;
    assert_eq!(get(&auditor, &bundle, &[("range", "bytes=-1")]).await.status, 206);
    assert!(exhibits::remove(&*server.store, &"newsroom".parse().unwrap(), exhibit).unwrap());
    assert_eq!(get(&auditor, &bundle, &[("range", "bytes=-1")]).await.status, 410);
}

#[tokio::test]
async fn bundles_are_kept_for_a_while_and_the_oldest_of_many_goes() {
    let server = server().await;
    decided(&server).await;
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let first = made(&auditor, "").await;
    let (second, third, fourth) =
        (made(&auditor, "2026").await, made(&operator, "").await, made(&operator, "2026").await);
    for (browser, bundle) in
        [(&auditor, &first), (&auditor, &second), (&operator, &third), (&operator, &fourth)]
    {
        assert_eq!(get(browser, bundle, &[("range", "bytes=0-0")]).await.status, 206);
    }
    // A fifth, of another site.
    assert_eq!(operator.send("/console/news/prove/bundles", "year=").await.status, 303);
    settled(&operator, "/console/news/prove/bundles").await;
    let gone = auditor.get(&first).await;
    assert_eq!(gone.status, 404);
    assert!(gone.text().contains("Make it again"), "{}", gone.text());
    assert_eq!(links(&auditor.get(BUNDLES).await), [second.as_str()]);
    assert_eq!(links(&operator.get(BUNDLES).await), [third.as_str(), fourth.as_str()]);
    // What is asked for is kept on, and what is not goes.
    server.set_clock(NOW + 600);
    assert_eq!(auditor.get(&second).await.status, 200);
    server.set_clock(NOW + 900);
    assert_eq!(operator.get(&third).await.status, 404);
    assert!(links(&operator.get(BUNDLES).await).is_empty());
    assert_eq!(auditor.get(&second).await.status, 200);
    server.set_clock(NOW + 1800);
    assert_eq!(auditor.get(&second).await.status, 404);
}

#[tokio::test]
async fn where_at_each_place_one_is_being_made_nobody_begins_another() {
    let server = server().await;
    decided(&server).await;
    take_in(&server);
    let auditor = Browser::signed_in(&server, &server.tokens.auditor).await;
    let operator = Browser::signed_in(&server, &server.tokens.operator).await;
    let news = Browser::signed_in(&server, &server.tokens.news_operator).await;
    // They are made one after the other; a machine that is faster than these requests gets another chance.
    for _ in 0..10 {
        for (browser, year) in [(&auditor, ""), (&auditor, "2026"), (&operator, ""), (&operator, "2026")] {
            assert_eq!(browser.send(BUNDLES, &format!("year={year}")).await.status, 303);
        }
        let refused = news.send("/console/news/prove/bundles", "year=").await;
        let waits = operator.get(BUNDLES).await;
        for browser in [&auditor, &operator] {
            assert_eq!(links(&settled(browser, BUNDLES).await).len(), 2);
        }
        if refused.status == 200 {
            assert!(refused.text().contains("As many bundles are being made"), "{}", refused.text());
            assert!(waits.text().contains("It waits until another bundle is made."), "{}", waits.text());
            assert_eq!(news.send("/console/news/prove/bundles", "year=").await.status, 303);
            return;
        }
    }
    panic!("there was always a place");
}
