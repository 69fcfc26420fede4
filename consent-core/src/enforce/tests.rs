use std::collections::BTreeSet;

use proptest::prelude::*;
use time::OffsetDateTime;

use super::*;
use crate::consent::Why;
use crate::cookie::{ConsentCookie, NoticePrefix};
use crate::decision::{DecisionId, SubjectId};
use crate::notice::{CookieDeclaration, HostDeclaration, Notice, ServiceNotice, tests::notice};
use crate::signal::Signals;

const NOW: i64 = 1_795_500_000;

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).unwrap()
}

fn declared(name: &str, kind: StorageKind, service: Option<&str>) -> CookieDeclaration {
    CookieDeclaration {
        duration: "1 an".into(),
        kind,
        lifetime: "P1Y".into(),
        name: name.into(),
        owner: "Exemple SA".into(),
        purpose: "Compte.".into(),
        service: service.map(|service| service.parse().unwrap()),
    }
}

/// Cookies and hosts of all kinds.
pub(super) fn enforcer() -> Enforcer {
    let mut body = (*notice("fr")).clone();
    let cookies: [(usize, &str, Option<&str>); 7] = [
        (0, "__Host-sid", None),
        (1, "volume", Some("video")),
        (2, "_ga*", None),
        (2, "__Host-visit", None),
        (2, "__secure-visit", None),
        (4, "_ga_ads", None),
        (4, "both", None),
    ];
    for (at, name, service) in cookies {
        body.categories[at].cookies.push(declared(name, StorageKind::Cookie, service));
    }
    body.categories[0].cookies.push(declared("both", StorageKind::Cookie, None));
    body.categories[2].cookies.push(declared("key", StorageKind::LocalStorage, None));
    let hosts = [
        (0, "cdn.stats.example", None),
        (0, "assets.example", None),
        (1, "video.example", Some("video")),
        (2, "stats.example", None),
        (2, "own.assets.example", None),
        (4, "ads.example:8080", None),
    ];
    for (at, name, service) in hosts {
        let service = service.map(|service: &str| service.parse().unwrap());
        body.categories[at].hosts.push(HostDeclaration { name: name.parse().unwrap(), service });
    }
    body.services.push(ServiceNotice {
        category: Category::Functional,
        id: "video".parse().unwrap(),
        name: "Video".into(),
        purpose: "Shows films.".into(),
        vendor: None,
    });
    Enforcer::new(InForce::from(Notice::new(body).unwrap()))
}

pub(super) fn consent(enforcer: &Enforcer, bits: u8, services: &str) -> Consent {
    let decision = DecisionId::from_bytes(*b"\x01\x9a\0\0\0\0\x70\0\x80\0\0\0\0\0\0\0").unwrap();
    let cookie = ConsentCookie {
        choices: Choices::from_bits(bits).unwrap(),
        decided_at: u64::try_from(NOW).unwrap(),
        notice: NoticePrefix::of(enforcer.in_force().notice().id()),
        subject: SubjectId::from_bytes([7; 16]),
        decision,
    };
    let value = cookie.to_string();
    let decision = value.rsplit('.').next().unwrap();
    let header = format!("consent={value}; consent-services=1.{decision}.{services}");
    Consent::read(enforcer.in_force(), [header.as_bytes()], Signals::default(), now())
}

const ANALYTICS: Judgement = Judgement::Denied(Category::Analytics);

#[test]
fn cookies_are_judged_by_what_the_notice_declares() {
    let enforcer = enforcer();
    let (nothing, all) = (consent(&enforcer, 1, ""), consent(&enforcer, 31, ""));
    let judge = |line: &str| enforcer.judge_set_cookie(&nothing, line.as_bytes(), now());
    for (line, judgement) in [
        ("__Host-sid=1; Secure; Path=/; HttpOnly", Judgement::Passes),
        ("consent=1.1f", Judgement::Passes),
        ("consent-services=1", Judgement::Passes),
        ("_ga=1", ANALYTICS),
        ("_ga_X=1; Secure", ANALYTICS),
        (" \t_ga\t =1", ANALYTICS),
        ("__Host-visit=1; Secure; Path=/", ANALYTICS),
        ("volume=3", Judgement::Denied(Category::Functional)),
        ("both=1", Judgement::Denied(Category::Advertisement)),
        ("_GA=1", Judgement::Undeclared),
        ("__host-sid=1", Judgement::Undeclared),
        ("key=1", Judgement::Undeclared),
        ("_ga", Judgement::Undeclared),
        ("=_ga=1", Judgement::Undeclared),
        ("", Judgement::Undeclared),
        ("x=1; _ga=1", Judgement::Undeclared),
    ] {
        assert_eq!(judge(line), judgement, "{line}");
        let granted = enforcer.judge_set_cookie(&all, line.as_bytes(), now());
        assert_eq!(granted == Judgement::Undeclared, judgement == Judgement::Undeclared, "{line}");
        assert!(!matches!(granted, Judgement::Denied(_)), "{line}");
    }
    assert_eq!(enforcer.judge_set_cookie(&nothing, b"_ga\xff=1", now()), ANALYTICS);
    let film = consent(&enforcer, 1, "video");
    assert_eq!(enforcer.judge_name(&film, b"volume"), Judgement::Passes, "granted by itself");
}

#[test]
fn storage_keys_are_judged_apart_from_cookies() {
    let enforcer = enforcer();
    let (nothing, counted) = (consent(&enforcer, 1, ""), consent(&enforcer, 0b0_0101, ""));
    let [cookie, local, session] =
        [StorageKind::Cookie, StorageKind::LocalStorage, StorageKind::SessionStorage];
    for (kind, name, denied, granted, category) in [
        (local, "key", ANALYTICS, Judgement::Passes, Some(Category::Analytics)),
        (session, "key", Judgement::Undeclared, Judgement::Undeclared, None),
        (cookie, "key", Judgement::Undeclared, Judgement::Undeclared, None),
        (local, "_ga_X", Judgement::Undeclared, Judgement::Undeclared, None),
        (cookie, "_ga_X", ANALYTICS, Judgement::Passes, Some(Category::Analytics)),
        (cookie, "__Host-sid", Judgement::Passes, Judgement::Passes, Some(Category::Necessary)),
        (cookie, "consent", Judgement::Passes, Judgement::Passes, Some(Category::Necessary)),
    ] {
        assert_eq!(enforcer.judge_item(&nothing, kind, name.as_bytes()), denied, "{name}");
        assert_eq!(enforcer.judge_item(&counted, kind, name.as_bytes()), granted, "{name}");
        assert_eq!(enforcer.category_of(kind, name.as_bytes()), category, "{name}");
    }
}

#[test]
fn the_category_of_a_host_is_that_of_the_longest_name() {
    let enforcer = enforcer().with_server("consent.example".parse().unwrap());
    for (host, category) in [
        ("cdn.stats.example", Some(Category::Necessary)),
        ("eu.stats.example", Some(Category::Analytics)),
        ("own.assets.example", Some(Category::Analytics)),
        ("consent.example", None),
        ("other.example", None),
    ] {
        assert_eq!(enforcer.host_category(host, None), category, "{host}");
    }
}

#[test]
fn who_deletes_passes_and_who_only_seems_to_does_not() {
    let enforcer = enforcer();
    let nothing = consent(&enforcer, 1, "");
    let judge = |attributes: &str| {
        let line = format!("_ga=1; Path=/; {attributes}");
        enforcer.judge_set_cookie(&nothing, line.as_bytes(), now())
    };
    for deletes in [
        "Max-Age=0",
        "max-age = -1",
        "MAX-AGE=000",
        "Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "expires=Thu, 01-Jan-1970 00:00:00 GMT; Secure",
        "Max-Age=9; Max-Age=0",
        "Expires=Thu, 01 Jan 2099 00:00:00 GMT; Max-Age=0",
        "Max-Age=0; Max-Age=x",
        "Expires=Thu, 01-Jan-70 00:00:01 GMT",
        "expires = thu, 01 jan 1970 00:00:00 utc",
        "Max-Age=\u{a0}1; Max-Age=0",
    ] {
        assert_eq!(judge(deletes), Judgement::Passes, "{deletes}");
    }
    for sets in [
        "",
        "Max-Age",
        "Max-Age=",
        "Max-Age=-",
        "Max-Age=1",
        "Max-Age=+0",
        "Max-Age=0; Max-Age=9",
        "Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "Expires=Thu, 01 Jan 2099 00:00:00 GMT",
        "Expires=yesterday",
        "X-Max-Age=0",
        "Max-Age=0x",
        "Max-Age=\u{a0}0",
        "Max-Age\u{a0}=0",
        "Expires=Fri, 01-Jan-60 00:00:00 GMT",
        "Expires=Thu, 01 Jan 1970 00:00:00 +0200",
        "Expires=Thu, 01 Jan 1970 00:00:00",
    ] {
        assert_eq!(judge(sets), ANALYTICS, "{sets}");
    }
}

fn expire(header: &str, host: Option<&str>, enforcer: &Enforcer) -> Vec<String> {
    let nothing = consent(enforcer, 1, "");
    let expired = enforcer.expire(&nothing, [header.as_bytes()], host);
    expired.into_iter().flat_map(|(_, lines)| lines).collect()
}

#[test]
fn what_the_browser_still_sends_is_expired_where_it_may_be() {
    let enforcer = enforcer();
    assert_eq!(
        expire("__Host-sid=1; _ga=2; consent=1; x=3; _ga=4", Some("www.paper.example:8443"), &enforcer),
        [
            "_ga=; Path=/; Max-Age=0",
            "_ga=; Path=/; Max-Age=0; Domain=www.paper.example",
            "_ga=; Path=/; Max-Age=0; Domain=paper.example",
        ]
    );
    for host in
        [None, Some("localhost"), Some("127.0.0.1:80"), Some("[::1]"), Some("a..b"), Some("a;b.c"), Some("")]
    {
        assert_eq!(expire("_ga=1", host, &enforcer), ["_ga=; Path=/; Max-Age=0"], "{host:?}");
    }
    let shop = enforcer.with_path("/shop").with_path("shop").with_path("/a; Domain=b");
    assert_eq!(
        expire("__Host-visit=1; __secure-visit=2", Some("paper.example"), &shop),
        [
            "__Host-visit=; Path=/; Max-Age=0; Secure",
            "__secure-visit=; Path=/; Max-Age=0; Secure",
            "__secure-visit=; Path=/; Max-Age=0; Domain=paper.example; Secure",
            "__secure-visit=; Path=/shop; Max-Age=0; Secure",
            "__secure-visit=; Path=/shop; Max-Age=0; Domain=paper.example; Secure",
        ]
    );
    let many: String = (0..20).map(|number| format!("_ga{number}=1; ")).collect();
    assert_eq!(expire(&many, None, &shop).len(), 2 * MAX_EXPIRED);
    assert_eq!(expire("_ga\u{e9}=1; _ga,=1; _ga x=1", None, &shop), Vec::<String>::new());
}

#[test]
fn nothing_is_expired_where_it_is_not_known_what_the_visitor_chose() {
    let enforcer = enforcer();
    let expired = |consent: &Consent| enforcer.expire(consent, [b"_ga=1" as &[u8]], None).len();
    let nobody = Consent::read(enforcer.in_force(), [], Signals::default(), now());
    assert_eq!(expired(&nobody), 1);
    let other: &[u8] = b"consent=1.05.toy7q0.AAAAAAAAAAAA.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw";
    let other = Consent::read(enforcer.in_force(), [other], Signals::default(), now());
    assert_eq!((other.why(), expired(&other)), (Why::UnknownNotice, 0));
    assert_eq!(expired(&Consent::denied(Why::NoNotice)), 0);
}

#[test]
fn what_is_told_of_an_expired_cookie_is_its_name_and_why() {
    let enforcer = enforcer();
    let expired = enforcer
        .expire(&consent(&enforcer, 1, ""), [b"_ga=1".as_slice()], None)
        .into_iter()
        .map(|(told, _)| told)
        .collect::<Vec<_>>();
    assert_eq!(expired[0].to_string(), "cookie_expired _ga (analytics): the visitor's choice");
    let nobody = Consent::denied(Why::NoNotice);
    let told = enforcer.denial(&nobody, Act::CookieDropped, Category::Analytics, b"_ga");
    assert_eq!(
        serde_json::to_string(&told).unwrap(),
        r#"{"act":"cookie_dropped","category":"analytics","ground":"closed","name":"_ga"}"#
    );
}

#[test]
fn the_longest_name_that_covers_a_host_says_what_it_waits_for() {
    let enforcer = enforcer().with_server("consent.stats.example:8080".parse().unwrap());
    let nothing = consent(&enforcer, 1, "");
    let held =
        |host: &str, port| enforcer.held_host(&nothing, host, port).map(|held| held.attribute().1.to_owned());
    for (host, port, word) in [
        ("stats.example", None, Some("analytics")),
        ("eu.stats.example", Some(8443), Some("analytics")),
        ("cdn.stats.example", None, None),
        ("x.cdn.stats.example", None, None),
        ("mystats.example", None, None),
        ("video.example", None, Some("video")),
        ("ads.example", None, None),
        ("ads.example", Some(8080), Some("advertisement")),
        ("consent.stats.example", None, None),
    ] {
        assert_eq!(held(host, port).as_deref(), word, "{host}");
    }
    let film = consent(&enforcer, 1, "video");
    assert_eq!(enforcer.held_host(&film, "video.example", None), None);
    assert_eq!(enforcer.held_host(&consent(&enforcer, 31, ""), "stats.example", None), None);
}

fn sources(policy: &str) -> BTreeSet<&str> {
    policy.split(' ').skip(1).collect()
}

#[test]
fn a_policy_is_added_only_while_a_host_is_denied() {
    let enforcer = enforcer();
    assert_eq!(enforcer.policy(&consent(&enforcer, 31, ""), []), None);
    assert!(enforcer.policy(&consent(&enforcer, 1, ""), []).is_some());
    assert!(enforcer.policy(&consent(&enforcer, 0b0_1111, ""), []).is_some());
    let none = Enforcer::new(InForce::from(notice("fr")));
    assert_eq!(none.policy(&Consent::denied(Why::NoNotice), []), None);
    assert!(enforcer.has_hosts() && !none.has_hosts());
}

#[test]
fn a_policy_lets_in_what_is_granted_and_nothing_that_is_denied() {
    let enforcer = enforcer().with_server("consent.example".parse().unwrap());
    let denied = enforcer.policy(&consent(&enforcer, 1, ""), []).unwrap();
    assert_eq!(
        denied,
        "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: filesystem: mediastream: consent.example:* \
         cdn.stats.example *.cdn.stats.example wss://cdn.stats.example wss://*.cdn.stats.example assets.example \
         wss://assets.example"
    );
    let film = enforcer.policy(&consent(&enforcer, 1, "video"), []).unwrap();
    let more: Vec<_> = sources(&film).difference(&sources(&denied)).copied().collect();
    assert_eq!(more, ["*.video.example", "video.example", "wss://*.video.example", "wss://video.example"]);
    let counted = enforcer.policy(&consent(&enforcer, 0b0_0111, ""), []).unwrap();
    assert!(sources(&counted).contains("*.assets.example"), "nothing below it is denied any more");
    assert!(!counted.contains("ads.example"));
}

#[test]
fn a_policy_of_the_pages_own_adds_its_hosts_but_for_denied_ones() {
    let enforcer = enforcer();
    let nothing = consent(&enforcer, 1, "");
    let bare = enforcer.policy(&nothing, []).unwrap();
    let added = |headers: &[&str]| {
        let policy = enforcer.policy(&nothing, headers.iter().map(|header| header.as_bytes())).unwrap();
        policy.strip_prefix(&bare).unwrap().trim().to_owned()
    };
    for (headers, expected) in [
        (&["script-src 'nonce-abc' 'strict-dynamic' 'sha256-x' https: 'unsafe-inline'"][..], ""),
        (&["default-src 'none'"], ""),
        (&["default-src *; img-src http: wss: ws: https:"], ""),
        (
            &["script-src a.example https://b.example:8443/c.js; report-uri /r.example; base-uri z.example"],
            "a.example https://b.example:8443/c.js",
        ),
        (
            &["script-src stats.example: eu.stats.example: web+stats.example: a.example:"],
            "web+stats.example: a.example:",
        ),
        (&["SCRIPT-SRC A.example; style-src-elem\tA.example app:"], "A.example app:"),
        (
            &["img-src *.a.example, connect-src b.example", "font-src c.example"],
            "*.a.example b.example c.example",
        ),
        (&["script-src stats.example https://STATS.example https://eu.stats.example/x stats.example:*"], ""),
        (&["script-src *.stats.example *.eu.stats.example *.example http://*.example:*"], ""),
        (
            &["script-src *.cdn.stats.example cdn.stats.example:8443"],
            "*.cdn.stats.example cdn.stats.example:8443",
        ),
        (&["script-src ads.example ads.example:8080 ads.example:* *.ads.example:9"], "ads.example"),
        (&["script-src assets.example x.assets.example *.assets.example"], "assets.example x.assets.example"),
        (&["script-src [::1] *:* *. . é.example a.example;"], ". a.example"),
        (&["img-src https://a.example/\u{e9}"], ""),
        (&["img-src HTTP\u{13}://a.example https://a.example/\u{1} b.example"], "b.example"),
        (&["script-src", ";;,,", "script-src\u{a0}a.example"], ""),
    ] {
        let expected = expected
            .split(' ')
            .filter(|source| !source.is_empty() && !bare.split(' ').any(|said| said == *source));
        assert_eq!(added(headers), expected.collect::<Vec<_>>().join(" "), "{headers:?}");
    }
    let long = format!("script-src {}", "x".repeat(MAX_POLICY_BYTES));
    assert_eq!(added(&["script-src a.example", &long, "script-src b.example"]), "a.example");
    assert_eq!(enforcer.policy(&nothing, [b"script-src a.example \xff".as_slice()]), Some(bare.clone()));
}

proptest! {
    #[test]
    fn no_policy_of_a_pages_own_lets_a_denied_host_in(
        words in prop::collection::vec(prop_oneof![
            prop::sample::select(vec![
                "script-src", "default-src", "img-src", ";", ",", "*", "https:", "https://", "*.", "stats.example", "video.example",
                "eu.", "ads.example", ":8080", ":*", ":443", "/a", "'self'", " ", "example", "cdn.", "HTTPS://STATS.example", ".",
            ]).prop_map(str::to_owned),
            r"\PC{0,3}",
        ], 0..24),
        bits in 0_u8..16,
    ) {
        let enforcer = enforcer();
        let consent = consent(&enforcer, bits * 2 + 1, "");
        let header = words.concat();
        let hosts = [("stats.example", 443), ("eu.stats.example", 443), ("video.example", 443), ("ads.example", 8080)];
        let held = hosts.map(|(host, port)| enforcer.held_host(&consent, host, Some(port)).is_some());
        let Some(policy) = enforcer.policy(&consent, [header.as_bytes()]) else {
            prop_assert_eq!(held, [false; 4]);
            return Ok(());
        };
        prop_assert!(policy.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) && !policy.contains([';', ',']));
        for source in policy.split(' ').filter(|source| !source.starts_with('\'')) {
            for ((host, port), held) in hosts.into_iter().zip(held) {
                prop_assert!(!held || !matches(source, host, port), "{source} lets {host} in");
            }
        }
    }
}

/// Whether a source lets a host in, after CSP 3, section 6.7.2.6, for a page and a host of `https:`.
fn matches(source: &str, host: &str, port: u16) -> bool {
    let source = source.to_ascii_lowercase();
    if let Some(scheme) = source.strip_suffix(':') {
        return ["http", "https", "ws", "wss"].contains(&scheme);
    }
    let rest = source.split_once("://").map_or(source.as_str(), |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap();
    let (name, own) = authority.split_once(':').unwrap_or((authority, "443"));
    let fits = own == "*" || own.parse() == Ok(port) || (own == "80" && port == 443);
    let named = match name.strip_prefix('*') {
        Some(below) => host.ends_with(below),
        None => host == name,
    };
    fits && named
}
