//! What reads as a cookie is written the same.
#![no_main]

use consent_core::cookie::{ConsentCookie, ServicesCookie};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(cookie) = text.parse::<ConsentCookie>() {
        assert_eq!(cookie.to_string(), text);
    }
    if let Ok(cookie) = text.parse::<ServicesCookie>() {
        assert_eq!(cookie.to_string(), text);
    }
});
