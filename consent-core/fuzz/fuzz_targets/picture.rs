//! A picture has a size, and one that is cut off or goes on is none.
#![no_main]

use consent_core::bundle::picture::Picture;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(picture) = Picture::parse(bytes) {
        assert!(picture.width > 0 && picture.height > 0);
        let shorter = &bytes[..bytes.len() - 1];
        assert!(Picture::parse(shorter).is_err());
        assert!(Picture::parse(&[bytes, b"x"].concat()).is_err());
    }
});
