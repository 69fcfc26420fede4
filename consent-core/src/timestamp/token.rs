//! What a time-stamping service answered, and whether it proves that a text was there at a time.
//!
//! ```
//! use consent_core::timestamp::certificate::Certificates;
//! use consent_core::timestamp::token::{Stamp, verify};
//!
//! # let (answer, message) = (include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/timestamp/fixtures/p256.tsr")), include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/timestamp/fixtures/message")));
//! # let pem = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/timestamp/fixtures/root.pem"));
//! let root = Certificates::from_pem(pem)?; // as the service publishes it
//! let stamp: Stamp = verify(answer, message, None, &root)?;
//! assert_eq!((stamp.service.as_str(), stamp.trusted.as_str()), ("CN=tsa,O=Example", "CN=root,O=Example"));
//! assert!(stamp.time > 1_790_000_000, "the message was there by then");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use cms::cert::CertificateChoices;
use cms::signed_data::{SignedAttributes, SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _, Tag, Tagged as _};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use super::asn1::{
    ID_CONTENT_TYPE, ID_MESSAGE_DIGEST, ID_SHA_1, ID_SHA_256, ID_SIGNED_DATA, ID_SIGNING_CERTIFICATE,
    ID_SIGNING_CERTIFICATE_V2, ID_TST_INFO, SigningCertificate, SigningCertificateV2, TimeStampResp, TstInfo,
    unix_seconds,
};
use super::certificate::{Certificates, MAX_CERTIFICATES, check_chain, check_purpose, subject};
use super::error::TimestampError;
use super::signature::{self, Hash, Refused};
use super::{MAX_RESPONSE_BYTES, NONCE_BYTES, nonce_integer};
use crate::digest::Digest;

/// A time-stamp that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When, by the clock of the service, unix seconds, rounded down.
    pub time: u64,
    /// The name in the certificate of the service.
    pub service: String,
    /// The name in the certificate that is trusted, from which that one descends or which it is.
    pub trusted: String,
}

/// Checks the answer of a service (DER of `TimeStampResp`): that it is of `message`, answers the request with this
/// `nonce` if one is given, is signed, and that the certificate behind the signature is for time-stamping and descends
/// from one that is `trusted`.
///
/// # Errors
/// The first of these that does not hold.
pub fn verify(
    response: &[u8],
    message: &[u8],
    nonce: Option<[u8; NONCE_BYTES]>,
    trusted: &Certificates,
) -> Result<Stamp, TimestampError> {
    let signed = signed_data(response)?;
    let content = signed.encap_content_info.econtent.as_ref().ok_or(TimestampError::Form)?;
    let content = content.decode_as::<OctetString>().map_err(|_| TimestampError::Form)?;
    let info = TstInfo::from_der(content.as_bytes()).map_err(|_| TimestampError::Form)?;
    let time = check_info(&info, message, nonce)?;
    let pool = certificates(&signed)?;
    let [signer] = signed.signer_infos.0.as_slice() else { return Err(TimestampError::Signer) };
    let known = pool.iter().chain(trusted.iter());
    let leaf = known.into_iter().find(|certificate| is_named(&signer.sid, certificate));
    let leaf = leaf.ok_or(TimestampError::Signer)?;
    check_attributes(signer, content.as_bytes(), leaf)?;
    check_signature(signer, leaf)?;
    check_purpose(leaf)?;
    let root = check_chain(leaf, &pool, trusted, time)?;
    Ok(Stamp { time, service: subject(leaf), trusted: subject(root) })
}

fn signed_data(response: &[u8]) -> Result<SignedData, TimestampError> {
    if response.len() > MAX_RESPONSE_BYTES {
        return Err(TimestampError::TooLong);
    }
    let form = |_| TimestampError::Form;
    let response = TimeStampResp::from_der(response).map_err(form)?;
    // 0 granted, 1 granted with modifications.
    if response.status.status > 1 {
        let text = response.status.status_string.unwrap_or_default().join(" ");
        let text = text.chars().filter(|character| !character.is_control()).take(200).collect();
        return Err(TimestampError::Refused { status: response.status.status, text });
    }
    let token = response.token.ok_or(TimestampError::Form)?;
    if token.content_type != ID_SIGNED_DATA {
        return Err(TimestampError::Form);
    }
    let signed: SignedData = token.content.decode_as().map_err(form)?;
    if signed.encap_content_info.econtent_type == ID_TST_INFO {
        Ok(signed)
    } else {
        Err(TimestampError::Form)
    }
}

/// Returns the time.
fn check_info(
    info: &TstInfo,
    message: &[u8],
    nonce: Option<[u8; NONCE_BYTES]>,
) -> Result<u64, TimestampError> {
    if info.version != 1 || info.gen_time.tag() != Tag::GeneralizedTime {
        return Err(TimestampError::Form);
    }
    let imprint = &info.message_imprint;
    if imprint.hash_algorithm.oid != ID_SHA_256
        || imprint.hashed_message.as_bytes() != Digest::of(message).0.as_slice()
    {
        return Err(TimestampError::Imprint);
    }
    if let Some(nonce) = nonce
        && info.nonce.as_ref() != Some(&nonce_integer(nonce)?)
    {
        return Err(TimestampError::Nonce);
    }
    if info.extensions.iter().flatten().any(|extension| extension.critical) {
        return Err(TimestampError::Extension { subject: "the token itself".to_owned() });
    }
    unix_seconds(info.gen_time.value()).ok_or(TimestampError::Form)
}

fn certificates(signed: &SignedData) -> Result<Vec<Certificate>, TimestampError> {
    let mut pool = Vec::new();
    for choice in signed.certificates.iter().flat_map(|set| set.0.iter()) {
        if let CertificateChoices::Certificate(certificate) = choice {
            pool.push(certificate.clone());
        }
    }
    if pool.len() > MAX_CERTIFICATES { Err(TimestampError::TooLong) } else { Ok(pool) }
}

/// Whether the signer names this certificate.
fn is_named(signer: &SignerIdentifier, certificate: &Certificate) -> bool {
    let tbs = certificate.tbs_certificate();
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(name) => {
            name.issuer == *tbs.issuer() && name.serial_number == *tbs.serial_number()
        }
        SignerIdentifier::SubjectKeyIdentifier(wanted) => {
            let own = tbs.get_extension::<SubjectKeyIdentifier>();
            own.is_ok_and(|own| own.is_some_and(|(_, own)| own == *wanted))
        }
    }
}

/// The signed attributes have to name the content, its digest and the certificate (RFC 3161, section 2.4.2).
fn check_attributes(signer: &SignerInfo, content: &[u8], leaf: &Certificate) -> Result<(), TimestampError> {
    let wrong = || TimestampError::Attributes;
    let attributes = signer.signed_attrs.as_ref().ok_or_else(wrong)?;
    let kind = single(attributes, ID_CONTENT_TYPE).and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    if kind != Some(ID_TST_INFO) {
        return Err(wrong());
    }
    let hash = Hash::named(signer.digest_alg.oid).ok_or(TimestampError::Unsupported)?;
    let digest = single(attributes, ID_MESSAGE_DIGEST).and_then(|any| any.decode_as::<OctetString>().ok());
    if digest.is_none_or(|digest| digest.as_bytes() != hash.of(content)) {
        return Err(wrong());
    }
    let leaf = leaf.to_der().map_err(|_| wrong())?;
    let named =
        match (single(attributes, ID_SIGNING_CERTIFICATE_V2), single(attributes, ID_SIGNING_CERTIFICATE)) {
            (Some(second), _) => {
                let ids: SigningCertificateV2 = second.decode_as().map_err(|_| wrong())?;
                ids.certs
                    .into_iter()
                    .next()
                    .map(|id| (id.hash_algorithm.map_or(ID_SHA_256, |algorithm| algorithm.oid), id.hash))
            }
            (None, Some(first)) => {
                let ids: SigningCertificate = first.decode_as().map_err(|_| wrong())?;
                ids.certs.into_iter().next().map(|id| (ID_SHA_1, id.hash))
            }
            (None, None) => None,
        };
    let (algorithm, hash) = named.ok_or_else(wrong)?;
    if signature::name_digest(algorithm, &leaf).is_some_and(|own| own == hash.as_bytes()) {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// The one value of an attribute that is there once.
fn single(attributes: &SignedAttributes, oid: ObjectIdentifier) -> Option<&der::Any> {
    let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
    let (attribute, None) = (found.next()?, found.next()) else { return None };
    match attribute.values.as_slice() {
        [value] => Some(value),
        _ => None,
    }
}

fn check_signature(signer: &SignerInfo, leaf: &Certificate) -> Result<(), TimestampError> {
    // What is signed is the set itself, under its own tag and not the one it has in the token (RFC 5652, section 5.4).
    let attributes = signer.signed_attrs.as_ref().ok_or(TimestampError::Attributes)?;
    let signed = attributes.to_der().map_err(|_| TimestampError::Form)?;
    let key = leaf.tbs_certificate().subject_public_key_info();
    let digest = Some(signer.digest_alg.oid);
    let checked =
        signature::check(key, &signer.signature_algorithm, digest, &signed, signer.signature.as_bytes());
    checked.map_err(|refused| match refused {
        Refused::Wrong => TimestampError::Signature,
        Refused::Unsupported => TimestampError::Unsupported,
    })
}
