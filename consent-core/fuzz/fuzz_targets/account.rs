//! Whatever is signed reads or is refused, and no text is a token that was not signed with the secret.
#![no_main]

use consent_core::account::{Account, AccountError, AccountKey, AccountSecret};
use consent_core::digest::encode_base64url;
use hmac::{Hmac, KeyInit as _, Mac as _};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (Some(secret), Ok(site)) = (AccountSecret::new(&[7; 32]), "newsroom".parse()) else { return };
    let read = |token: &str| Account::verify(token, &secret, &site, 1_800_000_000);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(read(text).is_err());
    }
    // Header and claims, with a line's end between them, as somebody who has the secret would sign them.
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (header, claims) = bytes.split_at(at);
    let signed = format!("{}.{}", encode_base64url(header), encode_base64url(claims));
    let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&[7; 32]) else { return };
    mac.update(signed.as_bytes());
    let token = format!("{signed}.{}", encode_base64url(&mac.finalize().into_bytes()));
    match read(&token) {
        Ok(account) => {
            let key = AccountKey::new([7; 32]);
            assert!(key.is_account(&site, key.subject(&site, &account)));
        }
        Err(error) => assert_ne!(error, AccountError::Forged),
    }
});
