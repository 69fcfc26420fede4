//! What reads as an entry is written the same, from its fields.
#![no_main]

use consent_core::ledger::entry::Entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(entry) = Entry::parse(bytes) {
        assert_eq!(entry.bytes(), bytes);
        assert_eq!(Entry::new(entry.time(), entry.kind().clone()), Ok(entry));
    }
});
