//! What reads as the name of a file in a bundle is written the same.
#![no_main]

use consent_core::bundle::path::BundlePath;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(path) = text.parse::<BundlePath>() {
        assert_eq!(path.to_string(), text);
    }
});
