//! What reads as a note is its text, an empty line and its signature lines; only a known key's signature opens it.
#![no_main]

use consent_core::ledger::key::SigningKey;
use consent_core::ledger::note::{Note, split};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let key = SigningKey::from_seed("consent.example/newsroom/2026", &[7; 32]).unwrap();
    if let Ok(note) = split(bytes) {
        let mut written = format!("{}\n", note.text);
        for signature in &note.signatures {
            written.push_str(&signature.to_line());
            written.push('\n');
        }
        assert_eq!(written.as_bytes(), bytes);
    }
    if let Ok(note) = Note::open(bytes, &[key.verifier().clone()]) {
        let signed = Note::sign(note.text(), &[&key]).unwrap();
        let line = signed.as_str().lines().last().unwrap();
        assert!(note.as_str().lines().any(|other| other == line));
    }
});
