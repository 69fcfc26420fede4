use consent_core::notice::{CookieDeclaration, HostDeclaration, NoticeBody};

use super::*;

const NOW: i64 = 1_795_500_000;

fn notice() -> Notice {
    let bytes = include_bytes!("../../../../../consent-core/fuzz/seeds/notice/small");
    let mut body: NoticeBody = (*Notice::from_bytes(bytes).unwrap()).clone();
    let cookie = |name: &str, kind| CookieDeclaration {
        duration: "1 year".into(),
        kind,
        lifetime: "P1Y".into(),
        name: name.into(),
        owner: "Example Ltd".into(),
        purpose: "Counts.".into(),
        service: None,
    };
    for category in &mut body.categories {
        match category.category {
            Category::Analytics => {
                category.cookies.push(cookie("visits*", StorageKind::Cookie));
                category.cookies.push(cookie("kept", StorageKind::LocalStorage));
                let name = "stats.paper.example".parse().unwrap();
                category.hosts.push(HostDeclaration { name, service: None });
            }
            Category::Necessary => {
                category.cookies.push(cookie("sid", StorageKind::Cookie));
            }
            Category::Functional | Category::Performance | Category::Advertisement => {}
        }
    }
    Notice::new(body).unwrap()
}

fn rules() -> Rules {
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    Rules::new(&notice(), "consent.example", vec!["www.paper.example".into()], now)
}

fn seen(what: What, name: &str, left: bool) -> Seen {
    let at = if what == What::Request { format!("https://{name}/x") } else { "www.paper.example".into() };
    Seen {
        what,
        name: name.into(),
        at,
        left,
        initiator: None,
        page: "https://www.paper.example/".into(),
        after_ms: 1,
        lasts: None,
    }
}

#[test]
fn what_is_granted_follows_from_the_state() {
    let rules = rules();
    for (state, bits) in [
        (State::Unasked, 1),
        (State::Gpc, 1),
        (State::Refused, 1),
        (State::Accepted, 31),
        (State::Withdrawn, 1),
    ] {
        assert_eq!(rules.choices(state).bits(), bits, "{state:?}");
    }
}

#[test]
fn each_thing_is_judged_by_what_the_notice_declares() {
    use Verdict::{Fine, Leak, Undeclared};
    let rules = rules();
    for (what, name, unasked, accepted, category) in [
        (What::Cookie, "visits2", Leak, Fine, Some(Category::Analytics)),
        (What::Cookie, "sid", Fine, Fine, Some(Category::Necessary)),
        (What::Cookie, "consent", Fine, Fine, Some(Category::Necessary)),
        (What::Cookie, "other", Undeclared, Undeclared, None),
        // Not declared, and everybody knows what it is.
        (What::Cookie, "_fbp", Leak, Undeclared, Some(Category::Advertisement)),
        (What::LocalStorage, "kept", Leak, Fine, Some(Category::Analytics)),
        (What::SessionStorage, "kept", Undeclared, Undeclared, None),
        (What::Request, "eu.stats.paper.example", Leak, Fine, Some(Category::Analytics)),
        (What::Request, "cdn.example", Undeclared, Undeclared, None),
        (What::Request, "www.google-analytics.com", Leak, Undeclared, Some(Category::Analytics)),
    ] {
        for (state, verdict) in [(State::Unasked, unasked), (State::Accepted, accepted)] {
            let judged = rules.judge(state, vec![seen(what, name, false)]);
            assert_eq!((judged[0].verdict, judged[0].category), (verdict, category), "{name} {state:?}");
        }
    }
    for own in ["www.paper.example", "img.paper.example", "consent.example"] {
        let judged = rules.judge(State::Unasked, vec![seen(What::Request, own, false)]);
        assert!(judged.is_empty(), "{own}");
    }
}

#[test]
fn a_finding_names_each_state_once_and_a_leak_is_not_undeclared_too() {
    let rules = rules();
    let judged: Vec<_> = [
        (State::Unasked, seen(What::Cookie, "_fbp", false)),
        (State::Accepted, seen(What::Cookie, "_fbp", false)),
        (State::Withdrawn, seen(What::Cookie, "_fbp", true)),
        (State::Withdrawn, seen(What::Request, "cdn.example", false)),
        (State::Withdrawn, seen(What::Request, "cdn.example", false)),
    ]
    .into_iter()
    .flat_map(|(state, seen)| rules.judge(state, vec![seen]))
    .collect();
    let found = findings(&judged);
    let messages: Vec<_> = found.iter().map(|finding| (finding.code, finding.message())).collect();
    let leak = "cookie `_fbp` (advertisement): before consent, still there after consent was withdrawn";
    assert_eq!(
        messages,
        [
            ("leak-cookie", leak.to_owned()),
            ("undeclared-request", "request to `cdn.example` is not declared".to_owned()),
        ]
    );
    assert_eq!(found[1].seen.len(), 1);
    assert!(!found[0].declared);
}
