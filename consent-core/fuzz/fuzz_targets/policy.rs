//! What reads as a policy reads the same after it was written.
#![no_main]

use consent_core::ledger::policy::Policy;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(policy) = Policy::parse(bytes) {
        let written = policy.to_string();
        assert_eq!(Policy::parse(written.as_bytes()), Ok(policy));
    }
});
