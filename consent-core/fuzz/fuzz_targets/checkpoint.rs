//! What reads as a checkpoint is written the same.
#![no_main]

use consent_core::ledger::checkpoint::Checkpoint;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(checkpoint) = text.parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), text);
    }
});
