//! What shows a receiver that a delivery is ours and new.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::config::WebhookSecret;

/// The value of `webhook-signature`: one signature by each secret.
#[must_use]
pub fn sign(secrets: &[WebhookSecret], id: &str, timestamp: u64, body: &[u8]) -> String {
    let signatures: Vec<_> = secrets.iter().map(|secret| one(secret, id, timestamp, body)).collect();
    signatures.join(" ")
}

fn one(secret: &WebhookSecret, id: &str, timestamp: u64, body: &[u8]) -> String {
    // A key as long as a block is that key as it is (RFC 2104), and a secret is at most as long.
    let mut block = [0; 64];
    block.iter_mut().zip(secret.bytes()).for_each(|(to, byte)| *to = *byte);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of the specification test themselves with.
    #[test]
    fn a_signature_is_that_of_the_specification() {
        let secret: WebhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let (id, timestamp, body) =
            ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        let expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(sign(std::slice::from_ref(&secret), id, timestamp, body), expected);
        let other: WebhookSecret = format!("whsec_{}", STANDARD.encode([1; 64])).parse().unwrap();
        let both = sign(&[secret, other], id, timestamp, body);
        assert!(both.starts_with(&format!("{expected} v1,")) && both.split(' ').count() == 2, "{both}");
    }
}
