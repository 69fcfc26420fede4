//! The cookie is read by the script and by the library: both by the same vectors.

use std::path::Path;

use consent_core::choices::Choices;
use consent_core::cookie::{ConsentCookie, CookieError};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    good: Vec<Good>,
    bad: Vec<Bad>,
}

#[derive(Deserialize)]
struct Good {
    value: String,
    choices: Choices,
    decided_at: u64,
    notice: String,
    subject_id: String,
    decision_id: String,
}

#[derive(Deserialize)]
struct Bad {
    value: String,
    cause: String,
}

fn vectors() -> Vectors {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../consent-js/vectors/cookie.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn every_good_value_is_read_and_written_as_the_script_does() {
    let vectors = vectors();
    assert!(vectors.good.len() >= 20);
    for good in vectors.good {
        let cookie: ConsentCookie = good.value.parse().unwrap();
        assert_eq!(cookie.to_string(), good.value);
        assert_eq!((cookie.choices, cookie.decided_at), (good.choices, good.decided_at), "{}", good.value);
        assert_eq!(cookie.notice.to_string(), good.notice);
        assert_eq!(cookie.subject.to_string(), good.subject_id);
        assert_eq!(cookie.decision.to_string(), good.decision_id);
    }
}

#[test]
fn every_bad_value_is_refused_with_the_cause_that_the_script_finds() {
    let vectors = vectors();
    assert!(vectors.bad.len() >= 40);
    for bad in vectors.bad {
        let cause = match bad.value.parse::<ConsentCookie>() {
            Ok(_) => "none",
            Err(CookieError::Version) => "version",
            Err(CookieError::Fields) => "fields",
            Err(CookieError::Choices) => "choices",
            Err(CookieError::DecidedAt) => "decided_at",
            Err(CookieError::Notice) => "notice",
            Err(CookieError::Subject) => "subject",
            Err(CookieError::Decision) => "decision",
            Err(_) => "another",
        };
        assert_eq!(cause, bad.cause, "{}", bad.value);
    }
}
