//! What reads as a hand-off is written the same, and no text is a token that was not sealed with the key.
#![no_main]

use consent_core::handoff::{Handoff, HandoffKey};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let key = HandoffKey::new([7; 32]);
    if let Some(handoff) = Handoff::from_bytes(bytes) {
        assert_eq!(handoff.to_bytes(), bytes);
        let token = handoff.seal(&key);
        assert_eq!(Handoff::open(&token, &key).as_ref(), Ok(&handoff));
        assert!(Handoff::open(&token, &HandoffKey::new([8; 32])).is_err());
        assert_eq!(handoff.handed_on(&key).decision_id.unix_millis(), handoff.decided_at);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(Handoff::open(text, &key).is_err());
    }
});
