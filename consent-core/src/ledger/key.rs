//! Names and keys of those who sign notes (C2SP signed-note): Ed25519, type 01.
//!
//! ```
//! use consent_core::ledger::key::{KeyError, KeyId, MAX_NAME_BYTES, SigningKey, VerifierKey, is_key_name};
//!
//! # let seed = [7; 32];
//! let secret = SigningKey::from_seed("consent.example/newsroom/2026", &seed)?;
//! let public: VerifierKey = secret.verifier().to_string().parse()?;
//! let signature = secret.sign(b"text\n");
//! assert!(public.verifies(b"text\n", &signature) && !public.verifies(b"other\n", &signature));
//!
//! // A name is part of a key: under another one the hint is another one too.
//! let renamed = VerifierKey::new("consent.example/newsroom/2027", &public.public())?;
//! let (one, other): (KeyId, KeyId) = (public.id(), renamed.id());
//! assert_ne!(one, other);
//! assert!(is_key_name(public.name()) && !is_key_name("a b"));
//! let too_long = "a".repeat(MAX_NAME_BYTES + 1);
//! assert_eq!(VerifierKey::new(&too_long, &public.public()), Err(KeyError::Name));
//! # Ok::<(), KeyError>(())
//! ```

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The most bytes of a key name.
pub const MAX_NAME_BYTES: usize = 320;

/// The type byte of an Ed25519 signature over the text of a note.
const ED25519: u8 = 1;

/// The type byte of an Ed25519 cosignature with a time (C2SP tlog-cosignature).
pub(super) const COSIGNATURE: u8 = 4;

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the parts `name+hash+key`.
    #[error("key: not of the form name+hash+key")]
    Form,
    /// The name is empty, too long, or has a space, a `+` or a control character.
    #[error("key: bad name")]
    Name,
    /// The hash is not eight lower-case hex digits, or belongs to another name or key.
    #[error("key: the hash does not belong to name and key")]
    Id,
    /// Not base64 of a type byte and a key.
    #[error("key: not base64 of a key")]
    Encoding,
    /// Another type than the one that is wanted: 01 for logs, 04 for witnesses.
    #[error("key: another type of signature than the one wanted here (01 for logs, 04 for witnesses)")]
    Type,
    /// The bytes are no point of the curve, or one with which anything verifies.
    #[error("key: not a valid Ed25519 public key")]
    Point,
}

/// The first four bytes of `SHA-256(name ‖ LF ‖ type ‖ public key)`: a hint which key signed, not a proof.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    pub(super) fn of(name: &str, kind: u8, public: &[u8; 32]) -> Self {
        let hash: [u8; 32] = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', kind])
            .chain_update(public)
            .finalize()
            .into();
        let [a, b, c, d, ..] = hash;
        Self([a, b, c, d])
    }
}

/// Eight lower-case hex digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// Whether signed-note allows this as a name of a key.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    let fits = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.chars().all(fits)
}

/// A public key with its name; its text form is the `vkey` of signed-note.
///
/// ```
/// use consent_core::ledger::key::VerifierKey;
///
/// let text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
/// let key: VerifierKey = text.parse()?;
/// assert_eq!((key.name(), key.id().to_string().as_str()), ("example.com/foo", "530d903a"));
/// assert_eq!(key.to_string(), text);
/// # Ok::<(), consent_core::ledger::key::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VerifierKey {
    name: String,
    id: KeyId,
    public: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// A key from its name and the 32 bytes of RFC 8032, section 5.1.5.
    ///
    /// # Errors
    /// If the name or the bytes are not acceptable.
    pub fn new(name: &str, public: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_key_name(name) {
            return Err(KeyError::Name);
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(public).map_err(|_| KeyError::Point)?;
        // With a key of small order one signature fits many texts; one point has one encoding, so keys compare by text.
        if key.is_weak() || key.to_edwards().compress().to_bytes() != *public {
            return Err(KeyError::Point);
        }
        Ok(Self { name: name.to_owned(), id: KeyId::of(name, ED25519, public), public: key })
    }

    /// The name, for a log its origin.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hint that stands in signatures.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The 32 bytes of the public key.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.public.to_bytes()
    }

    /// Whether `signature` (64 bytes) is this key's over `text`.
    #[must_use]
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.public.verify_strict(text, &signature).is_ok())
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, id, key) = split_key(text, ED25519)?;
        let verifier = Self::new(name, &key)?;
        if verifier.id.to_string() == id { Ok(verifier) } else { Err(KeyError::Id) }
    }
}

impl TryFrom<String> for VerifierKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<VerifierKey> for String {
    fn from(key: VerifierKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, self.id, encode_key(ED25519, &self.public.to_bytes()))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// A secret key with its name. `Debug` shows the public half only; the memory is wiped when it is dropped.
///
/// ```
/// use consent_core::ledger::key::SigningKey;
///
/// # let master = [7; 32];
/// // A server keeps one secret, and each log has a key of its own.
/// let of = |name: &str| SigningKey::derive(&master, name);
/// let (one, next) = (of("consent.example/newsroom/2026")?, of("consent.example/newsroom/2027")?);
/// assert_ne!(one.verifier().public(), next.verifier().public());
///
/// let text = one.to_secret_text(); // for other programs of signed-note
/// assert!(text.starts_with("PRIVATE+KEY+consent.example/newsroom/2026+"));
/// assert_eq!(SigningKey::from_secret_text(&text)?.sign(b"text"), one.sign(b"text"));
/// assert!(!format!("{one:?}").contains("PRIVATE"));
/// # Ok::<(), consent_core::ledger::key::KeyError>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    verifier: VerifierKey,
    secret: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key that a 32-byte random seed stands for (RFC 8032, section 5.1.5), under a name.
    ///
    /// # Errors
    /// [`KeyError::Name`] if the name is not acceptable.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let secret = ed25519_dalek::SigningKey::from_bytes(seed);
        Ok(Self { verifier: VerifierKey::new(name, secret.verifying_key().as_bytes())?, secret })
    }

    /// The key of one log of a server that keeps a single secret.
    ///
    /// Each log has a public key of its own, because tlog-policy refuses one that it lists twice, whatever the names:
    /// an auditor could not be given the keys of two years. The seed is `SHA-256("consent-log-key/v1" ‖ 0x00 ‖ master ‖
    /// name)`; who learns one seed learns neither the master nor another seed.
    ///
    /// # Errors
    /// [`KeyError::Name`] if the name is not acceptable.
    pub fn derive(master: &[u8; 32], name: &str) -> Result<Self, KeyError> {
        let hash =
            Sha256::new().chain_update(b"consent-log-key/v1\0").chain_update(master).chain_update(name);
        Self::from_seed(name, &hash.finalize().into())
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The text form that Go's `golang.org/x/mod/sumdb/note` reads: `PRIVATE+KEY+name+hash+key`. A secret.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        format!(
            "PRIVATE+KEY+{}+{}+{}",
            self.verifier.name,
            self.verifier.id,
            encode_key(ED25519, self.secret.as_bytes())
        )
    }

    /// Reads what [`SigningKey::to_secret_text`] writes.
    ///
    /// # Errors
    /// If the text is anything else.
    pub fn from_secret_text(text: &str) -> Result<Self, KeyError> {
        let (name, id, seed) = split_key(text.strip_prefix("PRIVATE+KEY+").ok_or(KeyError::Form)?, ED25519)?;
        let key = Self::from_seed(name, &seed)?;
        if key.verifier.id.to_string() == id { Ok(key) } else { Err(KeyError::Id) }
    }

    /// The 64 bytes of the signature over `text`. Equal texts have equal signatures.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> [u8; 64] {
        self.secret.sign(text).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}+…)", self.verifier.name)
    }
}

pub(super) fn encode_key(kind: u8, key: &[u8; 32]) -> String {
    let mut bytes = vec![kind];
    bytes.extend_from_slice(key);
    STANDARD.encode(bytes)
}

/// Name, hint and key of a text with a key of type `wanted`.
pub(super) fn split_key(text: &str, wanted: u8) -> Result<(&str, &str, [u8; 32]), KeyError> {
    let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
    // The base64 of the key may have a `+` of its own.
    let (id, key) = rest.split_once('+').ok_or(KeyError::Form)?;
    let bytes = STANDARD.decode(key).map_err(|_| KeyError::Encoding)?;
    let (&kind, key) = bytes.split_first().ok_or(KeyError::Encoding)?;
    if kind != wanted {
        return Err(KeyError::Type);
    }
    Ok((name, id, key.try_into().map_err(|_| KeyError::Encoding)?))
}
