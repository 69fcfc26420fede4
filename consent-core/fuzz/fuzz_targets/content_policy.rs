//! Whatever policy a page has: the one that is added is one directive, and names nothing that is denied.
#![no_main]

use std::sync::LazyLock;

use consent_core::consent::{Consent, InForce, Why};
use consent_core::enforce::Enforcer;
use consent_core::notice::{HostDeclaration, Notice};

static ENFORCER: LazyLock<Enforcer> = LazyLock::new(|| {
    let notice = Notice::from_bytes(include_bytes!("../seeds/notice/small")).expect("the seed is a notice");
    let mut body = (*notice).clone();
    let host = HostDeclaration { name: "stats.example".parse().expect("a host"), service: None };
    body.categories[2].hosts.push(host);
    Enforcer::new(InForce::from(Notice::new(body).expect("a notice")))
});

libfuzzer_sys::fuzz_target!(|header: &[u8]| {
    let denied = Consent::denied(Why::NoNotice);
    let policy = ENFORCER.policy(&denied, [header]).expect("a host is denied");
    assert!(policy.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()), "{policy}");
    assert!(!policy.contains([';', ',']), "{policy}");
    for source in policy.split(' ').map(str::to_ascii_lowercase) {
        let rest = source.split_once("://").map_or(&*source, |(_, rest)| rest);
        let host = rest.split(['/', ':']).next().unwrap_or_default();
        let covers = ["*", "*.example", "stats.example", "*.stats.example"].contains(&host);
        assert!(!covers && !host.ends_with(".stats.example"), "{source}");
        assert!(!["http:", "https:", "ws:", "wss:", "'strict-dynamic'"].contains(&&*source), "{source}");
    }
});
