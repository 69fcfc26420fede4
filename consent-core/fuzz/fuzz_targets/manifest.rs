//! What reads as a manifest is written the same, and holds under no key.
#![no_main]

use consent_core::bundle::manifest::Manifest;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        assert_eq!(manifest.to_bytes().as_deref(), Ok(bytes));
        assert!(manifest.verify(&[]).is_err());
    }
});
