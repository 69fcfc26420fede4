//! Why a time-stamp proves nothing.
//!
//! ```
//! use consent_core::timestamp::certificate::Certificates;
//! use consent_core::timestamp::error::TimestampError;
//! use consent_core::timestamp::token::verify;
//!
//! # let (answer, message) = (include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/timestamp/fixtures/p256.tsr")), include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/timestamp/fixtures/message")));
//! # let pem = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/timestamp/fixtures/root.pem"));
//! // An answer of a service that nobody trusts, or of something else, is good for nothing.
//! let root = Certificates::from_pem(pem)?;
//! assert_eq!(verify(answer, message, None, &Certificates::default()), Err(TimestampError::Untrusted));
//! assert_eq!(verify(answer, b"something else", None, &root), Err(TimestampError::Imprint));
//! assert_eq!(verify(b"", message, None, &root), Err(TimestampError::Form));
//! # Ok::<(), consent_core::timestamp::certificate::InvalidCertificates>(())
//! ```

#[cfg(doc)]
use super::MAX_RESPONSE_BYTES;

/// Why an answer proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// Longer than [`MAX_RESPONSE_BYTES`].
    #[error("time-stamp: longer than 64 KiB")]
    TooLong,
    /// Not the structure of an answer with a token.
    #[error("time-stamp: not a response of RFC 3161")]
    Form,
    /// The service did not grant it.
    #[error("time-stamp: refused with status {status}: {text}")]
    Refused {
        /// RFC 4210, `PKIStatus`.
        status: u32,
        /// What the service says.
        text: String,
    },
    /// It is of other bytes.
    #[error("time-stamp: of something else")]
    Imprint,
    /// It answers another question.
    #[error("time-stamp: the nonce is not that of the request")]
    Nonce,
    /// Not signed by exactly one service whose certificate is there.
    #[error("time-stamp: not signed by one service whose certificate is known")]
    Signer,
    /// What is signed is not this token.
    #[error("time-stamp: the signed attributes are not those of this token")]
    Attributes,
    /// The signature is not the service's.
    #[error("time-stamp: wrong signature")]
    Signature,
    /// An algorithm, curve or key length that is not checked.
    #[error("time-stamp: signed in a way that this program can not check")]
    Unsupported,
    /// The certificate is not one for time-stamping alone.
    #[error("time-stamp: the certificate is not one for time-stamping alone")]
    Purpose,
    /// A certificate was not valid at the time of the stamp.
    #[error("time-stamp: the certificate of {subject} was not valid at that time")]
    Expired {
        /// Whose.
        subject: String,
    },
    /// A certificate, or the token, has a critical extension that is not understood.
    #[error("time-stamp: the certificate of {subject} has a critical extension that is not understood")]
    Extension {
        /// Whose.
        subject: String,
    },
    /// The certificate does not descend from a trusted one.
    #[error("time-stamp: the certificate does not descend from a trusted one")]
    Untrusted,
}
