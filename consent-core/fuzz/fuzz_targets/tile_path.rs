//! What reads as the path of a tile or entry bundle is written the same.
#![no_main]

use consent_core::ledger::tile::TilePath;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(path) = text.parse::<TilePath>() {
        assert_eq!(path.to_string(), text);
    }
});
