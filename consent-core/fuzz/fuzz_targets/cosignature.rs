//! What reads as the key of a witness is written alike, and no line that it did not sign is its cosignature.
#![no_main]

use consent_core::ledger::cosignature::WitnessKey;
use consent_core::ledger::note;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (key, rest) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(key) = key.parse::<WitnessKey>() else { return };
    assert_eq!(key.to_string().parse().as_ref(), Ok(&key));
    if let Ok(note) = note::split(rest.as_bytes()) {
        let _ = key.find(&note);
    }
});
