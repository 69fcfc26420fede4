//! No answer of a time-stamping service makes the check panic, and what holds holds for these bytes only.
#![no_main]

use consent_core::timestamp::certificate::Certificates;
use consent_core::timestamp::token::verify;

const MESSAGE: &[u8] = include_bytes!("../../src/timestamp/fixtures/message");
const ROOT: &[u8] = include_bytes!("../../src/timestamp/fixtures/root.pem");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(root) = Certificates::from_pem(ROOT) else { return };
    if verify(bytes, MESSAGE, None, &root).is_ok() {
        assert!(verify(bytes, b"", None, &root).is_err());
        assert!(verify(bytes, MESSAGE, None, &Certificates::default()).is_err());
    }
});
