//! No cookies grant more than those among them that read as a choice, and what they bring is expired in well-formed lines.
#![no_main]

use std::sync::LazyLock;

use consent_core::consent::{Consent, InForce, pairs};
use consent_core::cookie::ConsentCookie;
use consent_core::enforce::Enforcer;
use consent_core::notice::Notice;
use consent_core::signal::Signals;
use time::OffsetDateTime;

static ENFORCER: LazyLock<Enforcer> = LazyLock::new(|| {
    let notice = Notice::from_bytes(include_bytes!("../seeds/notice/small")).expect("the seed is a notice");
    Enforcer::new(InForce::from(notice))
});

libfuzzer_sys::fuzz_target!(|header: &[u8]| {
    let now = OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(1_795_500_000);
    let consent = Consent::read(ENFORCER.in_force(), [header], Signals::default(), now);
    let readable = pairs(header).filter(|(name, _)| *name == b"consent");
    let readable =
        readable.filter_map(|(_, value)| std::str::from_utf8(value).ok()?.parse::<ConsentCookie>().ok());
    let granted = readable.fold(1, |bits, cookie| bits | cookie.choices.bits());
    assert_eq!(consent.choices().bits() & !granted, 0);
    let host = std::str::from_utf8(header).ok();
    for (_, lines) in ENFORCER.expire(&consent, [header], host) {
        for line in lines {
            assert!(line.starts_with("a=; Path=/; Max-Age=0") && line.is_ascii(), "{line}");
        }
    }
    let _ = ENFORCER.judge_set_cookie(&consent, header, now);
});
