//! A description of an exhibit is written as it was read.
#![no_main]

use consent_core::bundle::exhibit::Exhibit;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(exhibit) = Exhibit::parse(bytes) {
        assert_eq!(exhibit.to_bytes().as_deref(), Ok(bytes));
    }
});
