//! No file of certificates makes the reader panic; each that is read has a name.
#![no_main]

use consent_core::timestamp::certificate::Certificates;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificates) = Certificates::from_pem(bytes) {
        let _ = certificates.to_string();
    }
});
