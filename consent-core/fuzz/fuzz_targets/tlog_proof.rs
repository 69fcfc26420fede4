//! What reads as a proof file is written the same.
#![no_main]

use consent_core::digest::Digest;
use consent_core::ledger::tlog_proof::TlogProof;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(proof) = TlogProof::parse(bytes) {
        assert_eq!(proof.to_string().as_bytes(), bytes);
        assert!(proof.verify(Digest::of(b""), &[]).is_err());
    }
});
