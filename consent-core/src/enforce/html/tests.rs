use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::consent::Why;
use crate::enforce::tests::{consent, enforcer};

/// What is left of a page, given in these pieces, and what was told.
fn held_in<'a>(
    bits: u8,
    services: &str,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Result<String, HtmlError>, Vec<String>) {
    let enforcer = Arc::new(enforcer().with_server("consent.stats.example".parse().unwrap()));
    let consent = consent(&enforcer, bits, services);
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let tell = move |one: &Intervention| listener.lock().unwrap().push(one.to_string());
    let mut pass = Html::new().pass(Some(enforcer), consent, Some("www.paper.example"), None, tell).unwrap();
    let page = (|| {
        let mut page = Vec::new();
        for piece in pieces {
            page.extend(pass.write(piece)?);
        }
        page.extend(pass.end()?);
        Ok(String::from_utf8(page).unwrap())
    })();
    let told = told.lock().unwrap().clone();
    (page, told)
}

/// A page of somebody who has granted nothing.
fn held(page: &str) -> String {
    held_in(1, "", [page.as_bytes()]).0.unwrap()
}

#[test]
fn scripts_of_denied_hosts_wait_as_tagged_ones_do() {
    for (page, expected) in [
        (
            "<script src=https://stats.example/a.js></script>",
            r#"<script data-src="https://stats.example/a.js" type="text/plain" data-consent="analytics"></script>"#,
        ),
        (
            r#"<SCRIPT async TYPE=module nonce="n" SRC='//eu.stats.example:8443/a.js?b&amp;"c"'>1</SCRIPT>"#,
            r#"<SCRIPT async TYPE="text/plain" nonce="n" data-src="//eu.stats.example:8443/a.js?b&amp;&quot;c&quot;" data-type="module" data-consent="analytics">1</SCRIPT>"#,
        ),
        (
            "<script src=//video.example/a.js data-type=x>",
            r#"<script data-src="//video.example/a.js" type="text/plain" data-service="video">"#,
        ),
        (
            r#"<script data-consent="analytics">count()</script>"#,
            r#"<script data-consent="analytics" type="text/plain">count()</script>"#,
        ),
        (
            r#"<script data-consent="necessary advertisement" src="//stats.example/a"></script>"#,
            r#"<script data-consent="necessary advertisement analytics" data-src="//stats.example/a" type="text/plain"></script>"#,
        ),
        (
            r#"<script data-consent="anlytics" type="">a()</script>"#,
            r#"<script data-consent="anlytics" type="text/plain">a()</script>"#,
        ),
        (r#"<script data-service>a()</script>"#, r#"<script data-service type="text/plain">a()</script>"#),
    ] {
        assert_eq!(held(page), expected);
    }
}

#[test]
fn what_is_granted_or_waits_already_or_is_no_address_stays_to_the_byte() {
    for page in [
        "<!doctype html><title>é \u{0} < a</title><p CLASS = a >&amp;<br/>",
        r#"<script type="text/plain" data-consent="analytics" data-src="https://stats.example/a.js"></script>"#,
        r#"<script type=" TEXT/plain" src="//stats.example/a"></script>"#,
        "<script src=//cdn.stats.example/a.js></script>",
        "<script src=//consent.stats.example/banner.js></script>",
        "<script data-consent=necessary src=a.js></script>",
        "<script>document.write('<img src=//stats.example/a>')</script>",
        "<!-- <img src=//stats.example/a> --><textarea><img src=//stats.example/a></textarea>",
        "<iframe data-consent=analytics data-src=//stats.example/a></iframe>",
        "<iframe src='data:text/html,<img src=//stats.example/>'></iframe>",
        "<img src=//mystats.example/a srcset='a.png 1x, //cdn.stats.example/b 2x'>",
        "<img src=ads.example/a><img src=https://ads.example:8081/a><img alt=//stats.example>",
        "<a href=//stats.example/>a</a><link rel=canonical href=//stats.example/>",
        "<img src=https://www.paper.example:443/a data-src=//stats.example/b>",
        "<p title='<img src=//stats.example/a>'>",
        "<img src=//stats.example/a", // a browser drops it too
    ] {
        assert_eq!(held(page), page);
    }
    let page = "<script src=//stats.example/a></script><iframe src=//video.example/b></iframe><img src=//ads.example:8080/c>";
    assert_eq!(held_in(31, "", [page.as_bytes()]), (Ok(page.into()), vec![]));
}

#[test]
fn frames_wait_behind_a_placeholder_and_load_without_a_script_once_they_are_granted() {
    assert_eq!(
        held(r#"<iframe title=a src="https://video.example/1"></iframe>"#),
        r#"<iframe title=a data-src="https://video.example/1" data-service="video"></iframe>"#
    );
    assert_eq!(
        held("<iframe data-consent=functional src=/map srcdoc='<p>'></iframe>"),
        r#"<iframe data-consent=functional data-src="/map" data-srcdoc="<p>"></iframe>"#
    );
    let marked = "<iframe data-consent=functional data-src='/map?a&amp;b'></iframe>";
    assert_eq!(held(marked), marked);
    let granted = |page: &str| held_in(3, "", [page.as_bytes()]).0.unwrap();
    assert_eq!(
        granted(marked),
        r#"<iframe data-consent=functional data-src='/map?a&amp;b' src="/map?a&amp;b"></iframe>"#
    );
    let other = "<iframe data-consent=functional data-src=//stats.example/></iframe>";
    assert_eq!(granted(other), other, "marked for one category, and at a host of another");
    let one = "<iframe data-service=video data-src=//video.example/1></iframe>";
    assert!(held_in(1, "video", [one.as_bytes()]).0.unwrap().contains(" src="));
}

#[test]
fn everything_else_that_loads_loses_its_address() {
    for (page, expected) in [
        (
            "<img src=//stats.example/a>",
            r#"<img data-held-src="//stats.example/a" data-consent="analytics">"#,
        ),
        (
            "<img src=a.png srcset='a.png, //stats.example/b 2x'/>",
            r#"<img src=a.png data-held-srcset="a.png, //stats.example/b 2x" data-consent="analytics" />"#,
        ),
        (
            "<link rel='Preload icon' href=//stats.example/a as=image imagesrcset='//stats.example/b'>",
            r#"<link rel='Preload icon' as=image data-held-href="//stats.example/a" data-held-imagesrcset="//stats.example/b" data-consent="analytics">"#,
        ),
        (
            "<video src=a.mp4 poster=//video.example/b><source src=//video.example/c><track src=//video.example/d>",
            r#"<video src=a.mp4 data-held-poster="//video.example/b" data-service="video"><source data-held-src="//video.example/c" data-service="video"><track data-held-src="//video.example/d" data-service="video">"#,
        ),
        (
            "<object data=//stats.example/a><embed src=//stats.example/b></object><audio src=//stats.example/c>",
            r#"<object data-held-data="//stats.example/a" data-consent="analytics"><embed data-held-src="//stats.example/b" data-consent="analytics"></object><audio data-held-src="//stats.example/c" data-consent="analytics">"#,
        ),
        (
            "<svg><image xlink:href=//stats.example/a /><script href=//stats.example/b></script></svg>",
            r#"<svg><image data-held-xlink:href="//stats.example/a" data-consent="analytics" /><script data-href="//stats.example/b" type="text/plain"></script></svg>"#,
        ),
        (
            "<img data-src=b.png src=//stats.example/a><frame src=//stats.example/c>",
            r#"<img data-src=b.png data-held-src="//stats.example/a" data-consent="analytics"><frame data-held-src="//stats.example/c" data-consent="analytics">"#,
        ),
        ("<img data-consent=advertisement src=a>", r#"<img data-consent=advertisement data-held-src="a">"#),
        (
            "<img src=a src=//stats.example/b><input type=image src=//stats.example/c>",
            r#"<img src=a src=//stats.example/b><input type=image data-held-src="//stats.example/c" data-consent="analytics">"#,
        ),
    ] {
        assert_eq!(held(page), expected);
    }
    for rel in LINKS {
        assert!(held(&format!("<link rel={rel} href=//stats.example/>")).contains("data-held-href"), "{rel}");
    }
}

const LINKS: [&str; 6] = ["stylesheet", "preload", "preconnect", "dns-prefetch", "prefetch", "modulepreload"];

#[test]
fn an_address_in_disguise_is_seen() {
    for address in [
        "&#x68;ttps:&#47;&sol;stats&period;example/a",
        "HTTPS://STATS.EXAMPLE",
        "\\\\stats.example",
        "'\n //stats\t.example/'",
        "//user@stats.example.:443/",
        "//st%61ts.example/",
    ] {
        let page = held(&format!("<img src={address}>"));
        assert!(page.contains("data-held-src=") && !page.contains(" src="), "{page}");
    }
}

#[test]
fn what_has_no_host_goes_by_the_base_of_the_page() {
    let own = "<base href=/a/><base target=b><img src=c>";
    assert_eq!(held(own), own);
    let page =
        held("<img src=a><base href=//stats.example/b/><img src=c><img src=data:,><img src=//other.example>");
    assert_eq!(
        page,
        r#"<img src=a><base href=//stats.example/b/><img data-held-src="c" data-consent="analytics"><img src=data:,><img src=//other.example>"#
    );
}

#[test]
fn what_stands_in_noscript_is_held_for_who_runs_no_scripts() {
    let page = "<noscript>é<img height=1 src=https://stats.example/a?noscript=1></noscript><p>";
    let expected = r#"<noscript>é<img height=1 data-held-src="https://stats.example/a?noscript=1" data-consent="analytics"></noscript><p>"#;
    assert_eq!(held(page), expected);
    for at in 0..page.len() {
        let (one, other) = page.as_bytes().split_at(at);
        assert_eq!(held_in(1, "", [one, other]).0.unwrap(), expected, "{at}");
    }
    let within = "<noscript><noscript><img src=//stats.example/></noscript>";
    assert!(!held(within).contains(" src="));
    let deep = "<noscript>".repeat(8) + "a";
    assert_eq!(held_in(1, "", [deep.as_bytes()]).0, Err(HtmlError::Ambiguous));
    let open = "<noscript><p title='</noscript><b>";
    assert_eq!(held(open), open);
}

#[test]
fn each_element_is_told_once_with_its_category_and_why() {
    let page = "<img src=//stats.example/ srcset=//stats.example/><script data-consent='functional analytics'></script>\
                <iframe data-service=video src=//video.example></iframe><script data-consent=x></script>";
    assert_eq!(
        held_in(1, "", [page.as_bytes()]).1,
        [
            "element_held stats.example (analytics): the visitor's choice",
            "element_held functional (functional): the visitor's choice",
            "element_held video (functional): the visitor's choice",
            "element_held x",
        ]
    );
}

#[test]
fn without_a_notice_what_is_marked_waits() {
    let mut pass = Html::new().pass(None, Consent::denied(Why::NoNotice), None, None, |_| ()).unwrap();
    let page =
        pass.write(b"<script data-consent=analytics src=a></script><script src=//stats.example/>").unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(
        page.starts_with("<script data-consent=analytics data-src=")
            && page.ends_with("<script src=//stats.example/>")
    );
}

#[test]
fn a_tag_that_is_too_long_ends_the_page_and_nothing_of_it_goes_on() {
    let pass =
        || Html::new().with_max_memory(4096).pass(None, Consent::denied(Why::NoNotice), None, None, |_| ());
    let mut short = pass().unwrap();
    assert_eq!(short.write(b"<p>a</p><img src='data:,").unwrap(), b"<p>a</p>");
    let mut kept = 0;
    let error = loop {
        match short.write(&[b'a'; 512]) {
            Ok(bytes) => assert_eq!(bytes, b""),
            Err(error) => break error,
        }
        kept += 512;
        assert!(kept < 16 * 1024);
    };
    assert_eq!(
        (error, short.write(b"a"), short.end()),
        (HtmlError::TooLong, Err(HtmlError::Ended), Err(HtmlError::Ended))
    );
    // What is text may be as long as it likes.
    let mut long = pass().unwrap();
    long.write(b"<p>").unwrap();
    for _ in 0..64 {
        assert_eq!(long.write(&[b'a'; 512]).unwrap().len(), 512);
    }
}

#[test]
fn what_can_not_be_read_is_refused() {
    let select = "<select><xmp><script>a</script></select>";
    assert_eq!(held_in(1, "", [select.as_bytes()]).0, Err(HtmlError::Ambiguous));
    // A page that only may be read wrongly goes on, and is told of.
    let lost = "<svg/><p><svg/><img src=a>";
    assert_eq!(held_in(1, "", [lost.as_bytes()]), (Ok(lost.to_owned()), vec!["page_unread svg".to_owned()]));
    let whole = "<svg><path/><g/><svg><font/><desc><p>a</p></desc></svg></svg><p><math><mi>a</mi></math>";
    assert_eq!(held_in(1, "", [whole.as_bytes()]), (Ok(whole.to_owned()), Vec::new()));
    let pass = |charset| {
        Html::new().pass(None, Consent::denied(Why::NoNotice), None, Some(charset), |_| ()).is_some()
    };
    for (charset, read) in
        [("utf-8", true), ("Shift_JIS", true), ("nonsense", true), ("utf-16", false), ("iso-2022-jp", false)]
    {
        assert_eq!(pass(charset), read, "{charset}");
    }
    let mut wide = Html::new().pass(None, Consent::denied(Why::NoNotice), None, None, |_| ()).unwrap();
    assert_eq!(wide.write(b"\xff").unwrap(), b"");
    assert_eq!(wide.write(b"\xfe<\0"), Err(HtmlError::Encoding));
    let mut latin =
        Html::new().pass(None, Consent::denied(Why::NoNotice), None, Some("latin1"), |_| ()).unwrap();
    assert_eq!(
        latin.write(b"\xe9<img data-consent src=\xe9>").unwrap(),
        b"\xe9<img data-consent data-held-src=\"\xe9\">"
    );
}

proptest! {
    #[test]
    fn pieces_come_out_as_the_whole_does(
        words in prop::collection::vec(prop_oneof![
            prop::sample::select(vec![
                "<script ", "<img ", "<noscript>", "</noscript>", "<base ", "<iframe ", "src=", "href=", "srcset=", "//stats.example",
                "data-consent=", "analytics", ">", "'", "\"", " ", "</script>", "<!--", "-->", "&#47;", "data-src=", "<svg>", "<title>",
            ]).prop_map(str::to_owned),
            r"\PC{0,3}",
        ], 0..24),
        cuts in prop::collection::vec(0_usize..8, 0..40),
    ) {
        let page = words.concat();
        let mut pieces = Vec::new();
        let mut rest = page.as_bytes();
        for cut in cuts {
            let (piece, after) = rest.split_at(cut.min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        let whole = held_in(1, "", [page.as_bytes()]);
        prop_assert_eq!(held_in(1, "", pieces), whole);
    }
}
