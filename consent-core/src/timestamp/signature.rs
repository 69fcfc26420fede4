//! Signatures of certificates and tokens.

use der::asn1::ObjectIdentifier;
use der::{Decode as _, Encode as _};
use rsa::PublicKey as RsaKey;
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::spki::{AlgorithmIdentifierOwned, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef};

use super::asn1::{ID_SHA_1, ID_SHA_256, ID_SHA_384, ID_SHA_512};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ECDSA_SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Shorter RSA keys prove nothing (NIST SP 800-131A); longer ones only cost time.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// Why a signature was not found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It is not the key's over these bytes.
    Wrong,
    /// An algorithm, curve or length that this program does not check.
    Unsupported,
}

/// The digests that signatures are made over. SHA-1 is not one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(super) fn named(oid: ObjectIdentifier) -> Option<Self> {
        Some(match oid {
            ID_SHA_256 => Self::Sha256,
            ID_SHA_384 => Self::Sha384,
            ID_SHA_512 => Self::Sha512,
            _ => return None,
        })
    }

    pub(super) fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// The digest of `bytes` by an algorithm that may name a certificate, where SHA-1 is still common: a certificate whose
/// signature is checked anyway can not be exchanged by it.
pub(super) fn name_digest(oid: ObjectIdentifier, bytes: &[u8]) -> Option<Vec<u8>> {
    if oid == ID_SHA_1 { Some(sha1::Sha1::digest(bytes).to_vec()) } else { Some(Hash::named(oid)?.of(bytes)) }
}

/// Checks `signature` over `message`. `digest` is what the signer says beside it, for algorithms that do not say it.
pub(super) fn check(
    key: &SubjectPublicKeyInfoOwned,
    algorithm: &AlgorithmIdentifierOwned,
    digest: Option<ObjectIdentifier>,
    message: &[u8],
    signature: &[u8],
) -> Result<(), Refused> {
    let named = match algorithm.oid {
        RSA_SHA_256 | ECDSA_SHA_256 => Some(Hash::Sha256),
        RSA_SHA_384 | ECDSA_SHA_384 => Some(Hash::Sha384),
        RSA_SHA_512 | ECDSA_SHA_512 => Some(Hash::Sha512),
        RSA => digest.and_then(Hash::named),
        _ => None,
    };
    let hash = named.ok_or(Refused::Unsupported)?;
    // Two algorithms beside each other have to say the same.
    if digest.is_some_and(|digest| Hash::named(digest) != Some(hash)) {
        return Err(Refused::Unsupported);
    }
    let is_rsa = matches!(algorithm.oid, RSA | RSA_SHA_256 | RSA_SHA_384 | RSA_SHA_512);
    let digest = hash.of(message);
    match key.algorithm.oid {
        RSA if is_rsa => rsa(key, hash, &digest, signature),
        EC if !is_rsa => ecdsa(key, &digest, signature),
        _ => Err(Refused::Wrong),
    }
}

fn rsa(key: &SubjectPublicKeyInfoOwned, hash: Hash, digest: &[u8], signature: &[u8]) -> Result<(), Refused> {
    use rsa::traits::PublicKeyParts as _;
    let der = key.to_der().map_err(|_| Refused::Unsupported)?;
    let spki = SubjectPublicKeyInfoRef::from_der(&der).map_err(|_| Refused::Unsupported)?;
    let key = RsaKey::try_from(spki).map_err(|_| Refused::Unsupported)?;
    if !RSA_BITS.contains(&key.n().bit_width()) {
        return Err(Refused::Unsupported);
    }
    match hash {
        Hash::Sha256 => key.pkcs1v15_verify_prehash::<Sha256>(digest, signature),
        Hash::Sha384 => key.pkcs1v15_verify_prehash::<Sha384>(digest, signature),
        Hash::Sha512 => key.pkcs1v15_verify_prehash::<Sha512>(digest, signature),
    }
    .map_err(|_| Refused::Wrong)
}

fn ecdsa(key: &SubjectPublicKeyInfoOwned, digest: &[u8], signature: &[u8]) -> Result<(), Refused> {
    use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
    let curve =
        key.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
    let point = key.subject_public_key.as_bytes().ok_or(Refused::Unsupported)?;
    match curve {
        Some(P256) => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| Refused::Unsupported)?;
            let signature = p256::ecdsa::DerSignature::from_bytes(signature).map_err(|_| Refused::Wrong)?;
            key.verify_prehash(digest, &signature).map_err(|_| Refused::Wrong)
        }
        Some(P384) => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| Refused::Unsupported)?;
            let signature = p384::ecdsa::DerSignature::from_bytes(signature).map_err(|_| Refused::Wrong)?;
            key.verify_prehash(digest, &signature).map_err(|_| Refused::Wrong)
        }
        _ => Err(Refused::Unsupported),
    }
}
