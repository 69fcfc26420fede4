//! Certificates, and the way from one to another that is trusted (RFC 5280, section 6, without revocation and policies).
//!
//! ```
//! use consent_core::timestamp::certificate::{Certificates, InvalidCertificates, MAX_CERTIFICATES, MAX_PEM_BYTES};
//!
//! # let pem = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/timestamp/fixtures/root.pem"));
//! let root = Certificates::from_pem(pem)?; // as a service publishes it
//! assert_eq!(root.to_string(), "CN=root,O=Example");
//! assert_eq!(Certificates::from_pem(b"no certificate"), Err(InvalidCertificates));
//! assert_eq!(Certificates::from_pem(&pem.repeat(MAX_CERTIFICATES + 1)), Err(InvalidCertificates));
//! assert_eq!(Certificates::from_pem(&[b'\n'; MAX_PEM_BYTES + 1]), Err(InvalidCertificates));
//! # Ok::<(), InvalidCertificates>(())
//! ```

use std::fmt;

use der::{DecodePem as _, Encode as _};
use x509_cert::Certificate;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage};

use super::asn1::ID_KP_TIME_STAMPING;
use super::error::TimestampError;
use super::signature::{self, Refused};

/// The most bytes of a file of certificates.
pub const MAX_PEM_BYTES: usize = 64 * 1024;

/// The most certificates in a file or token.
pub const MAX_CERTIFICATES: usize = 16;

/// The most steps from the certificate of a service to a trusted one.
const MAX_DEPTH: u8 = 8;

const END: &str = "-----END CERTIFICATE-----";

/// Critical extensions that are looked at, or that only narrow what a name may be called: basicConstraints, keyUsage,
/// extendedKeyUsage, certificatePolicies.
const UNDERSTOOD: [&str; 4] = ["2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.32"];

/// Certificates that are trusted: the root of a time-stamping service, or its own certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificates(Vec<Certificate>);

/// The text is no list of certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one to 16 certificates in PEM form, 64 KiB at most")]
pub struct InvalidCertificates;

impl Certificates {
    /// Reads certificates in PEM form (RFC 7468), one after the other. Text between them is passed over.
    ///
    /// # Errors
    /// If there is none, one is unreadable, or there are too many.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, InvalidCertificates> {
        let text = std::str::from_utf8(bytes).map_err(|_| InvalidCertificates)?;
        let mut certificates = Vec::new();
        let mut pieces: Vec<_> = text.split(END).collect();
        let rest = pieces.pop().unwrap_or_default();
        if bytes.len() > MAX_PEM_BYTES || pieces.len() > MAX_CERTIFICATES || rest.contains("-----BEGIN") {
            return Err(InvalidCertificates);
        }
        for piece in pieces {
            let begin = piece.find("-----BEGIN CERTIFICATE-----").ok_or(InvalidCertificates)?;
            let pem = format!("{}{END}\n", piece.get(begin..).ok_or(InvalidCertificates)?);
            certificates.push(Certificate::from_pem(pem).map_err(|_| InvalidCertificates)?);
        }
        if certificates.is_empty() { Err(InvalidCertificates) } else { Ok(Self(certificates)) }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Certificate> {
        self.0.iter()
    }
}

/// The subjects, as people read them.
impl fmt::Display for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(subject).collect();
        f.write_str(&names.join("; "))
    }
}

/// The name of a certificate.
pub(super) fn subject(certificate: &Certificate) -> String {
    certificate.tbs_certificate().subject().to_string()
}

/// Checks that this is a certificate for time-stamping and for nothing else (RFC 3161, section 2.3).
pub(super) fn check_purpose(leaf: &Certificate) -> Result<(), TimestampError> {
    let usage: Option<(bool, ExtendedKeyUsage)> =
        leaf.tbs_certificate().get_extension().map_err(|_| TimestampError::Purpose)?;
    match usage {
        Some((true, usage)) if usage.0 == [ID_KP_TIME_STAMPING] => Ok(()),
        _ => Err(TimestampError::Purpose),
    }
}

/// Checks the way from `leaf` through certificates of the `pool` to a `trusted` one, all valid at the time `at`, unix
/// seconds. Returns the trusted one.
pub(super) fn check_chain<'a>(
    leaf: &'a Certificate,
    pool: &'a [Certificate],
    trusted: &'a Certificates,
    at: u64,
) -> Result<&'a Certificate, TimestampError> {
    let mut current = leaf;
    for authorities in 0..=MAX_DEPTH {
        check_certificate(current, at)?;
        if trusted.iter().any(|known| known == current) {
            return Ok(current);
        }
        let issuer = trusted.iter().chain(pool).find(|issuer| issued(issuer, current, authorities));
        let issuer = issuer.ok_or(TimestampError::Untrusted)?;
        // One that issued itself and is not trusted leads nowhere.
        if issuer == current {
            return Err(TimestampError::Untrusted);
        }
        current = issuer;
    }
    Err(TimestampError::Untrusted)
}

/// Whether `issuer` is an authority that signed `certificate`, with that many authorities between it and the leaf.
fn issued(issuer: &Certificate, certificate: &Certificate, authorities: u8) -> bool {
    let (above, below) = (issuer.tbs_certificate(), certificate.tbs_certificate());
    if above.subject() != below.issuer() || below.signature() != certificate.signature_algorithm() {
        return false;
    }
    let may_issue = match above.get_extension::<BasicConstraints>() {
        Ok(Some((_, limits))) => {
            limits.ca && limits.path_len_constraint.is_none_or(|longest| authorities <= longest)
        }
        _ => false,
    };
    let may_sign = match above.get_extension::<KeyUsage>() {
        Ok(usage) => usage.is_none_or(|(_, usage)| usage.key_cert_sign()),
        Err(_) => false,
    };
    let (Ok(signed), Some(signature)) = (below.to_der(), certificate.signature().as_bytes()) else {
        return false;
    };
    may_issue
        && may_sign
        && signature::check(
            above.subject_public_key_info(),
            certificate.signature_algorithm(),
            None,
            &signed,
            signature,
        ) == Ok::<(), Refused>(())
}

fn check_certificate(certificate: &Certificate, at: u64) -> Result<(), TimestampError> {
    let tbs = certificate.tbs_certificate();
    let validity = tbs.validity();
    let within =
        validity.not_before.to_unix_duration().as_secs()..=validity.not_after.to_unix_duration().as_secs();
    if !within.contains(&at) {
        return Err(TimestampError::Expired { subject: subject(certificate) });
    }
    let unknown =
        tbs.extensions().into_iter().flatten().any(|extension| {
            extension.critical && !UNDERSTOOD.contains(&extension.extn_id.to_string().as_str())
        });
    if unknown { Err(TimestampError::Extension { subject: subject(certificate) }) } else { Ok(()) }
}
