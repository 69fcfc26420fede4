//! No text makes a receipt under a key that did not sign it; what opens is written the same.
#![no_main]

use consent_core::ledger::key::SigningKey;
use consent_core::receipt::Receipt;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let key = SigningKey::from_seed("consent.example/newsroom/2026", &[7; 32]).unwrap();
    if let Ok(receipt) = Receipt::open(text, &[key.verifier().clone()]) {
        assert_eq!(receipt.to_text(), text);
    }
});
