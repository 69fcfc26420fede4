//! A text with signatures (C2SP signed-note).
//!
//! ```
//! use consent_core::ledger::key::SigningKey;
//! use consent_core::ledger::note::{MAX_NOTE_BYTES, MAX_SIGNATURES, Note, NoteError, UnverifiedNote, split};
//!
//! # let (ours, theirs) = (SigningKey::from_seed("example.com/ours", &[7; 32])?, SigningKey::from_seed("example.com/theirs", &[8; 32])?);
//! let note = Note::sign("hello\n", &[&ours, &theirs])?;
//! // Who knows one of the two keys has a note that this one signed.
//! let known = [ours.verifier().clone()];
//! assert_eq!(Note::open(note.as_str().as_bytes(), &known)?.signers(), known);
//! let changed = note.as_str().replace("hello", "hullo");
//! let name = ours.verifier().name().to_owned();
//! assert_eq!(Note::open(changed.as_bytes(), &known), Err(NoteError::BadSignature { name }));
//!
//! // Without keys it can be read and not believed.
//! let read: UnverifiedNote = split(changed.as_bytes())?;
//! assert_eq!((read.text, read.signatures.len()), ("hullo\n", 2));
//! assert_eq!(split(&[b'a'; MAX_NOTE_BYTES + 1]), Err(NoteError::TooLong));
//! assert_eq!(Note::sign("a\n", &[&ours; MAX_SIGNATURES + 1]), Err(NoteError::TooManySignatures));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{KeyId, SigningKey, VerifierKey, is_key_name};

/// The most bytes of a note, signatures included.
pub const MAX_NOTE_BYTES: usize = 128 * 1024;

/// The most signatures of a note. The specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 64;

/// Why bytes are no note, or not one to trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Longer than [`MAX_NOTE_BYTES`].
    #[error("note: longer than 128 KiB")]
    TooLong,
    /// Not UTF-8, or with a control character other than the line feed.
    #[error("note: not plain text")]
    NotText,
    /// No text, an empty line and signature lines, each ending in a line feed.
    #[error("note: no text, empty line and signatures")]
    Form,
    /// A line after the empty line is no signature.
    #[error("note: line {line} of the signatures is not one")]
    SignatureLine {
        /// Which one, from 1.
        line: usize,
    },
    /// More than [`MAX_SIGNATURES`].
    #[error("note: more than 64 signatures")]
    TooManySignatures,
    /// A signature names a known key but is not its signature over this text.
    #[error("note: the signature of {name} is not over this text")]
    BadSignature {
        /// The name of the key.
        name: String,
    },
    /// None of the known keys signed.
    #[error("note: not signed by a known key")]
    NotSigned,
}

/// One signature line.
///
/// ```
/// use consent_core::ledger::{key::SigningKey, note::Signature};
///
/// # let key = SigningKey::from_seed("example.com/foo", &[7; 32])?;
/// let signature = Signature::new("hello\n", &key);
/// let line = signature.to_line();
/// assert!(line.starts_with("\u{2014} example.com/foo "));
/// assert_eq!(Signature::from_line(&line), Some(signature.clone()));
///
/// let public = key.verifier();
/// assert!(signature.names(public) && signature.verifies("hello\n", public));
/// assert_eq!((signature.name(), signature.id()), (public.name(), public.id()));
/// assert_eq!(signature.bytes(), key.sign(b"hello\n"));
/// # Ok::<(), consent_core::ledger::key::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: KeyId,
    bytes: Vec<u8>,
}

impl Signature {
    /// Signs `text`.
    #[must_use]
    pub fn new(text: &str, key: &SigningKey) -> Self {
        let verifier = key.verifier();
        Self {
            name: verifier.name().to_owned(),
            id: verifier.id(),
            bytes: key.sign(text.as_bytes()).to_vec(),
        }
    }

    /// Reads a line without its line feed: an em dash, a space, the name, a space, base64 of id and signature.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let (name, base64) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = STANDARD.decode(base64).ok()?;
        let (&id, bytes) = bytes.split_first_chunk::<4>()?;
        let fits = is_key_name(name) && !bytes.is_empty();
        fits.then(|| Self { name: name.to_owned(), id: KeyId(id), bytes: bytes.to_vec() })
    }

    /// The line, without a line feed.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut bytes = self.id.0.to_vec();
        bytes.extend_from_slice(&self.bytes);
        format!("\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }

    /// The name that the signer gives.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hint which key of that name.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// What follows the hint: the signature itself, in the form of its type.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether name and hint are those of `key`.
    #[must_use]
    pub fn names(&self, key: &VerifierKey) -> bool {
        self.name == key.name() && self.id == key.id()
    }

    /// Whether this is `key`'s signature over `text`.
    #[must_use]
    pub fn verifies(&self, text: &str, key: &VerifierKey) -> bool {
        self.names(key) && key.verifies(text.as_bytes(), &self.bytes)
    }
}

/// A note that at least one known key signed. There is no other way to get one than to sign it or to check it.
///
/// ```
/// use consent_core::ledger::{key::SigningKey, note::Note};
///
/// let key = SigningKey::from_seed("example.com/foo", &[7; 32])?;
/// let note = Note::sign("hello\n", &[&key])?;
/// assert_eq!(Note::open(note.as_str().as_bytes(), &[key.verifier().clone()])?.text(), "hello\n");
/// assert!(Note::open(note.as_str().as_bytes(), &[]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    verbatim: String,
    text_len: usize,
    signers: Vec<VerifierKey>,
}

impl Note {
    /// Signs `text`, which ends in a line feed, with each of `keys` in turn.
    ///
    /// # Errors
    /// If the text is no text of a note, or `keys` is empty.
    pub fn sign(text: &str, keys: &[&SigningKey]) -> Result<Self, NoteError> {
        let mut verbatim = format!("{text}\n");
        for key in keys {
            verbatim.push_str(&Signature::new(text, key).to_line());
            verbatim.push('\n');
        }
        // Reading it back finds a text that is none; the signatures themselves need no second look.
        let read = split(verbatim.as_bytes())?;
        if read.text != text || read.signatures.len() != keys.len() {
            return Err(NoteError::Form);
        }
        let mut signers: Vec<VerifierKey> = Vec::with_capacity(keys.len());
        for key in keys {
            if !signers.contains(key.verifier()) {
                signers.push(key.verifier().clone());
            }
        }
        Ok(Self { text_len: text.len(), verbatim, signers })
    }

    /// Reads a note and checks every signature that names a key in `known`; others are ignored.
    ///
    /// # Errors
    /// If the bytes are no note, a known key's signature does not fit, or no known key signed.
    pub fn open(bytes: &[u8], known: &[VerifierKey]) -> Result<Self, NoteError> {
        let unverified = split(bytes)?;
        let mut signers: Vec<VerifierKey> = Vec::new();
        for signature in &unverified.signatures {
            for key in known.iter().filter(|key| signature.names(key)) {
                if signature.verifies(unverified.text, key) {
                    if !signers.contains(key) {
                        signers.push(key.clone());
                    }
                } else if known.iter().all(|other| !signature.verifies(unverified.text, other)) {
                    // Two known keys may share name and hint by accident of 32 bits: one of them has to fit.
                    return Err(NoteError::BadSignature { name: signature.name.clone() });
                }
            }
        }
        if signers.is_empty() {
            return Err(NoteError::NotSigned);
        }
        Ok(Self { verbatim: unverified.verbatim.to_owned(), text_len: unverified.text.len(), signers })
    }

    /// The text that is signed, its last line feed included.
    #[must_use]
    pub fn text(&self) -> &str {
        self.verbatim.get(..self.text_len).unwrap_or_default()
    }

    /// The known keys that signed.
    #[must_use]
    pub fn signers(&self) -> &[VerifierKey] {
        &self.signers
    }

    /// The whole note as it was read or written, signatures of unknown keys included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.verbatim
    }
}

/// A note of which nothing was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedNote<'a> {
    /// The whole note.
    pub verbatim: &'a str,
    /// The text, its last line feed included.
    pub text: &'a str,
    /// The signatures, at least one.
    pub signatures: Vec<Signature>,
}

/// Reads a note without checking its signatures: to show whose they are, or to find the keys to check them with.
///
/// # Errors
/// If the bytes are no note.
pub fn split(bytes: &[u8]) -> Result<UnverifiedNote<'_>, NoteError> {
    if bytes.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong);
    }
    let verbatim = std::str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
    if verbatim.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::NotText);
    }
    let (body, lines) = verbatim.rsplit_once("\n\n").ok_or(NoteError::Form)?;
    let text = verbatim.get(..=body.len()).ok_or(NoteError::Form)?;
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Form)?;
    let mut signatures = Vec::new();
    for (line, text) in (1..).zip(lines.split('\n')) {
        if line > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        signatures.push(Signature::from_line(text).ok_or(NoteError::SignatureLine { line })?);
    }
    Ok(UnverifiedNote { verbatim, text, signatures })
}
