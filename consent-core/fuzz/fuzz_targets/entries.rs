//! What reads as an entry bundle is written the same. The first byte is the width less one.
#![no_main]

use consent_core::ledger::tile::{decode_entries, encode_entries};

libfuzzer_sys::fuzz_target!(|input: (u8, &[u8])| {
    let (width, bytes) = input;
    if let Ok(entries) = decode_entries(bytes, u16::from(width) + 1) {
        assert_eq!(encode_entries(entries).as_deref(), Ok(bytes));
    }
});
