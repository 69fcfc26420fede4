//! What reads as a notice is written the same, from its fields.
#![no_main]

use std::ops::Deref;

use consent_core::notice::Notice;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(notice) = Notice::from_bytes(bytes) {
        assert_eq!(notice.bytes(), bytes);
        assert_eq!(Notice::new(notice.deref().clone()), Ok(notice));
    }
});
