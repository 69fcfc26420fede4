use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::cookie::{CookieError, NoticePrefix};
use crate::decision::{DecisionId, SubjectId};
use crate::notice::{Notice, NoticeBody, NoticeId};

/// The script is held to the same file, by `consent-js/test/consent.test.mjs`.
const VECTORS: &str = include_str!("../../../consent-js/vectors/consent.json");

#[derive(Deserialize)]
struct Vectors {
    notices: BTreeMap<String, Known>,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Known {
    id: NoticeId,
    also: BTreeMap<String, Vec<String>>,
    notice: NoticeBody,
}

#[derive(Deserialize)]
struct Vector {
    notice: String,
    cookies: String,
    gpc: bool,
    now: i64,
    state: State,
    granted: String,
    services: Option<String>,
}

fn vectors() -> (BTreeMap<String, InForce>, Vectors) {
    let vectors: Vectors = serde_json::from_str(VECTORS).unwrap();
    let notices: BTreeMap<_, _> = vectors
        .notices
        .iter()
        .map(|(name, known)| (name.clone(), Notice::new(known.notice.clone()).unwrap()))
        .collect();
    let in_force = vectors.notices.iter().map(|(name, known)| {
        assert_eq!(notices[name].id(), known.id);
        // All are told, and those hold that the lists have. A notice with services asks for something else.
        let alike = |other: &&Notice| other.services.is_empty() && known.notice.services.is_empty();
        let in_force =
            notices.values().filter(alike).fold(InForce::from(notices[name].clone()), InForce::knowing);
        (name.clone(), in_force)
    });
    (in_force.collect(), vectors)
}

#[test]
fn every_vector_has_the_answer_that_the_script_gives() {
    let (in_force, vectors) = vectors();
    assert!(vectors.vectors.len() >= 300);
    for vector in vectors.vectors {
        let now = OffsetDateTime::from_unix_timestamp(vector.now).unwrap();
        let signals = Signals { gpc: vector.gpc };
        let consent = Consent::read(&in_force[&vector.notice], [vector.cookies.as_bytes()], signals, now);
        let granted: Vec<_> = Category::ALL.iter().filter(|category| consent.allows(**category)).collect();
        let granted: Vec<_> = granted.iter().map(|category| category.as_str()).collect();
        assert_eq!(granted.join(" "), vector.granted, "{}: {}", vector.notice, vector.cookies);
        assert_eq!(consent.state(), vector.state, "{}: {}", vector.notice, vector.cookies);
        if let Some(services) = vector.services {
            let granted: Vec<_> = consent.services.iter().map(crate::notice::ServiceId::as_str).collect();
            assert_eq!(granted.join(" "), services, "{}", vector.cookies);
        }
    }
}

#[test]
fn older_notices_hold_where_the_lists_say() {
    let (in_force, vectors) = vectors();
    for (name, known) in &vectors.notices {
        for (other, older) in vectors.notices.iter().filter(|(other, _)| *other != name) {
            let listed = known.also.iter().find(|(_, names)| names.contains(other));
            let listed = listed.map(|(bits, _)| bits.parse::<u8>().unwrap());
            assert_eq!(in_force[name].held_under(NoticePrefix::of(older.id)), listed, "{other} under {name}");
        }
    }
}

fn opt_out() -> InForce {
    vectors().0.remove("opt_out").unwrap()
}

fn at(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).unwrap()
}

/// A cookie of the notice in force, decided at `seconds`.
fn cookie(in_force: &InForce, bits: u8, seconds: u64) -> String {
    let milliseconds = u128::from(seconds) * 1000;
    let decision = (milliseconds << 80 | 7 << 76 | 2 << 62).to_be_bytes();
    ConsentCookie {
        choices: Choices::from_bits(bits).unwrap(),
        decided_at: seconds,
        notice: NoticePrefix::of(in_force.notice().id()),
        subject: SubjectId::from_bytes([7; 16]),
        decision: DecisionId::from_bytes(decision).unwrap(),
    }
    .to_string()
}

const NOW: i64 = 1_795_500_000;

#[test]
fn each_answer_says_what_it_rests_on() {
    let in_force = opt_out();
    let read = |header: &str, gpc: bool, seconds: i64| {
        Consent::read(&in_force, [header.as_bytes()], Signals { gpc }, at(seconds))
    };
    let held = format!("consent={}", cookie(&in_force, 0b0_0101, 1_795_500_000));
    let grounds = |consent: &Consent| Category::ALL.map(|category| consent.ground(category));
    use Ground as G;
    let chosen = read(&held, true, NOW);
    assert_eq!(chosen.why(), Why::Chosen);
    assert_eq!(grounds(&chosen), [G::Necessary, G::Choice, G::Choice, G::Choice, G::Choice]);
    let old = read(&held, true, NOW + 180 * 86_400);
    assert_eq!((old.why(), old.state()), (Why::TooOld, State::Expired));
    assert_eq!(grounds(&old), [G::Necessary, G::EarlierDenial, G::Rule, G::EarlierDenial, G::EarlierDenial]);
    assert_eq!(grounds(&read("", true, NOW))[4], G::Objection);
    assert_eq!(grounds(&read("", false, NOW))[4], G::Rule);
    assert_eq!(read("", false, NOW).why(), Why::NoCookie);
    assert_eq!(read("consent=; consent=2", false, NOW).why(), Why::Unreadable(CookieError::Version));
    assert_eq!(read(&held, false, NOW - 86_401).why(), Why::FromTheFuture);
    assert_eq!(grounds(&Consent::denied(Why::NoNotice))[1..], [G::Closed; 4]);
}

#[test]
fn what_either_choice_denies_is_denied_unless_it_is_known_whose_counts() {
    let in_force = vectors().0.remove("opt_out").unwrap();
    let header = |device: Option<u8>, account: Option<u8>| {
        let held = |name: &str, bits: Option<u8>| {
            bits.map(|bits| format!("{name}={}", cookie(&in_force, bits, 1_795_500_000)))
        };
        [held("consent", device), held("consent-account", account)]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    };
    let read = |who, device, account| {
        let header = header(device, account);
        Consent::read_as(who, &in_force, [header.as_bytes()], Signals::default(), at(NOW))
    };
    let all = 0b1_1111;
    for (device, account) in [(0b0_0101, 0b1_0011), (all, 1), (1, all), (all, all), (1, 1)] {
        let bits = |who| read(who, Some(device), Some(account)).choices().bits();
        assert_eq!(bits(Who::Device), device);
        assert_eq!(bits(Who::Account), account);
        assert_eq!(bits(Who::Unknown), device & account);
        let both = read(Who::Unknown, Some(device), Some(account));
        for category in Category::OPTIONAL {
            assert_eq!(both.ground(category), Ground::Choice);
        }
    }
    // Who is signed in has chosen nothing: the device's choice. Nobody has chosen on this device: what holds before a choice.
    let silent = read(Who::Device, None, None).choices();
    let unknown = read(Who::Account, Some(all), None);
    assert_eq!((unknown.choices(), unknown.why()), (Choices::DENIED, Why::UnknownAccount));
    assert_eq!(unknown.ground(Category::Analytics), Ground::Closed);
    assert_eq!(read(Who::Device, None, Some(1)).choices(), silent);
    assert_eq!(read(Who::Unknown, None, Some(1)).choices(), Choices::DENIED);
    // The browser knows that they have chosen nothing: the device's holds, whoever it is.
    for (who, bits) in [(Who::Account, 1), (Who::Account, 5), (Who::Unknown, 5), (Who::Device, 5)] {
        let none = format!("{}; consent-account=0", header(Some(bits), None));
        let none = Consent::read_as(who, &in_force, [none.as_bytes()], Signals::default(), at(NOW));
        assert_eq!(none.choices().bits(), bits);
    }
}

#[test]
fn headers_that_are_too_long_deny_even_where_silence_counts() {
    let in_force = opt_out();
    let read = |length: usize, headers: usize| {
        let header = "x".repeat(length);
        Consent::read(&in_force, vec![header.as_bytes(); headers], Signals::default(), at(NOW))
    };
    assert_eq!(read(MAX_COOKIE_BYTES, 1).choices(), Choices::GRANTED);
    for consent in [read(MAX_COOKIE_BYTES + 1, 1), read(MAX_COOKIE_BYTES / 2 + 1, 2)] {
        assert_eq!((consent.choices(), consent.why()), (Choices::DENIED, Why::TooLong));
        assert_eq!(consent.ground(Category::Analytics), Ground::Closed);
    }
}

#[test]
fn what_is_written_as_json_has_the_words_of_the_domain() {
    let in_force = opt_out();
    let consent = Consent::read(&in_force, [b"consent=1.01".as_slice()], Signals { gpc: true }, at(NOW));
    assert_eq!(
        serde_json::to_string(&consent).unwrap(),
        r#"{"choices":{"necessary":"grant","functional":"grant","analytics":"grant","performance":"grant","advertisement":"deny"},"services":[],"state":"unasked","why":{"unreadable":"fields"}}"#
    );
}

fn piece() -> impl Strategy<Value = Vec<u8>> {
    let in_force = opt_out();
    let good = [1_u8, 5, 31].map(|bits| cookie(&in_force, bits, 1_795_500_000));
    let words =
        ["consent=", "consent", "=", "; ", ";", " ", "\"", "1.1f.", "consent-services=", "\u{e9}", "."];
    let words = words.iter().map(|word| (*word).to_owned()).chain(good).map(String::into_bytes);
    prop_oneof![
        4 => prop::sample::select(words.collect::<Vec<_>>()),
        1 => prop::collection::vec(any::<u8>(), 0..9),
    ]
}

proptest! {
    #[test]
    fn no_header_grants_more_than_the_cookies_in_it_that_can_be_read(
        headers in prop::collection::vec(prop::collection::vec(piece(), 0..9).prop_map(|pieces| pieces.concat()), 0..3),
        gpc in any::<bool>(),
        seconds in prop_oneof![Just(NOW), any::<i32>().prop_map(i64::from), Just(NOW + 180 * 86_400)],
    ) {
        static ALL: std::sync::LazyLock<BTreeMap<String, InForce>> = std::sync::LazyLock::new(|| vectors().0);
        for in_force in ALL.values() {
            let consent = Consent::read(in_force, headers.iter().map(Vec::as_slice), Signals { gpc }, at(seconds));
            let readable = headers.iter().flat_map(|header| pairs(header)).filter(|(name, _)| *name == b"consent");
            let readable = readable.filter_map(|(_, value)| std::str::from_utf8(value).ok()?.parse::<ConsentCookie>().ok());
            let granted = readable.fold(0, |bits, cookie| bits | cookie.choices.bits());
            let before = in_force.notice().regime.before_choice().bits();
            prop_assert_eq!(consent.choices().bits() & !(granted | before), 0);
        }
    }
}
