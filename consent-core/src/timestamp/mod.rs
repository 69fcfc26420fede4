//! Time that somebody else vouches for: RFC 3161 time-stamps, asked for and checked without a network.
//!
//! | module | what it knows |
//! |---|---|
//! | `asn1` | the structures of RFC 3161, section 2.4 |
//! | `signature` | which signatures of RSA and ECDSA are checked, and how |
//! | [`certificate`] | from the certificate of a service to one that is trusted |
//! | [`token`] | what a service answered |
//! | [`error`] | why that proves nothing |
//!
//! Signatures are RSA with PKCS #1 v1.5 or ECDSA over P-256 or P-384, with SHA-256, SHA-384 or SHA-512. No private key is
//! ever held here, so what is known about the timing of the `rsa` crate (RUSTSEC-2023-0071) has nothing to reveal.
//! Whether a certificate was revoked is not asked: that would need a network.
//!
//! ```
//! use consent_core::digest::Digest;
//! use consent_core::timestamp::{MAX_RESPONSE_BYTES, NONCE_BYTES, request, token::verify};
//! # use consent_core::timestamp::certificate::Certificates;
//!
//! // What is sent to a service: the hash of the message, and nothing else of it.
//! let message = b"consent.example/heads/2026\n";
//! let nonce = [7; NONCE_BYTES]; // random
//! let asked = request(message, nonce)?;
//! assert!(asked.windows(32).any(|bytes| bytes == Digest::of(message).0));
//! assert!(!asked.windows(message.len()).any(|bytes| bytes == message));
//!
//! // What comes back is checked against certificates that are trusted.
//! let answer = vec![0x30; MAX_RESPONSE_BYTES + 1];
//! assert!(verify(&answer, message, Some(nonce), &Certificates::default()).is_err(), "too long to be one");
//! # Ok::<(), consent_core::timestamp::error::TimestampError>(())
//! ```

mod asn1;
pub mod certificate;
pub mod error;
mod signature;
#[cfg(test)]
pub(crate) mod tests;
pub mod token;

use der::Encode as _;
use der::asn1::{Int, OctetString};

use self::asn1::{ID_SHA_256, MessageImprint, TimeStampReq, algorithm};
use self::error::TimestampError;
use crate::digest::Digest;

/// The bytes of the number that ties an answer to its question.
pub const NONCE_BYTES: usize = 8;

/// The most bytes of an answer.
pub const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// The request for a time-stamp of `message`: DER, to be sent as `application/timestamp-query`. The certificate of the
/// service is asked for too, so that the answer can be checked by itself later. `nonce` is random; its top bit is not used.
///
/// # Errors
/// None in practice: the structure has no part that could not be written.
pub fn request(message: &[u8], nonce: [u8; NONCE_BYTES]) -> Result<Vec<u8>, TimestampError> {
    let write = |_| TimestampError::Form;
    let imprint = MessageImprint {
        hash_algorithm: algorithm(ID_SHA_256),
        hashed_message: OctetString::new(Digest::of(message).0).map_err(write)?,
    };
    let request = TimeStampReq {
        version: 1,
        message_imprint: imprint,
        req_policy: None,
        nonce: Some(nonce_integer(nonce)?),
        cert_req: true,
    };
    request.to_der().map_err(write)
}

/// A nonce as the positive integer that it is sent as.
fn nonce_integer([first, rest @ ..]: [u8; NONCE_BYTES]) -> Result<Int, TimestampError> {
    // Without a leading zero byte and never empty, whatever the random bytes are.
    let mut bytes = vec![(first & 0x7f) | 0x40];
    bytes.extend(rest);
    Int::new(&bytes).map_err(|_| TimestampError::Form)
}
