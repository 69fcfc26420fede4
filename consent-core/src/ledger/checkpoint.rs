//! A tree head (C2SP tlog-checkpoint), and the same signed.
//!
//! ```
//! use consent_core::ledger::checkpoint::{CheckpointError, SignedCheckpoint};
//! use consent_core::ledger::key::SigningKey;
//!
//! # let text = "consent.example/newsroom/2026\n3\nlPvQ3YNvUDAWkubQ6t5yjuGexSv/8WBu2AfIV11aqhk=\n\n\u{2014} consent.example/newsroom/2026 azxfem+ZyIT4EzBDXWBGErfW+3Xo/xlCJ3c39LhWrgg85KXxaZvKn/Jw42VDTh4EDAmN2ucDgcyiBNriaLGhMn3eygI=\n";
//! # let key = SigningKey::from_seed("consent.example/newsroom/2026", &[7; 32])?.verifier().clone();
//! // What `GET /v1/sites/newsroom/logs/2026/checkpoint` answers, and the key that an auditor knows.
//! let head = SignedCheckpoint::open(text.as_bytes(), &[key.clone()])?;
//! assert_eq!((head.checkpoint().size, head.signers()), (3, [key].as_slice()));
//! assert_eq!(head.as_str(), text);
//! assert!(matches!(SignedCheckpoint::open(text.as_bytes(), &[]), Err(CheckpointError::Note(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::hash::MAX_SIZE;
use super::key::{SigningKey, VerifierKey};
use super::note::{Note, NoteError};
use super::origin::Origin;
use crate::digest::Digest;

/// The state of a log at one size. Its text form has three lines and no extension lines.
///
/// ```
/// use consent_core::ledger::{checkpoint::Checkpoint, hash::EMPTY_ROOT};
///
/// let text = "consent.example/newsroom/2026\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
/// let checkpoint: Checkpoint = text.parse()?;
/// assert_eq!((checkpoint.size, checkpoint.root), (0, EMPTY_ROOT));
/// assert_eq!(checkpoint.to_string(), text);
/// # Ok::<(), consent_core::ledger::checkpoint::CheckpointError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: Origin,
    /// How many entries, at most [`MAX_SIZE`].
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

/// Why something is no checkpoint, or not one to trust.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// Not three lines that each end in a line feed.
    #[error("checkpoint: not exactly three lines")]
    Lines,
    /// The first line is no origin.
    #[error("checkpoint: the first line is not an origin")]
    Origin,
    /// The second line is no decimal number without leading zeros up to 2^53 − 1.
    #[error("checkpoint: the second line is not a size")]
    Size,
    /// The third line is not base64 of 32 bytes.
    #[error("checkpoint: the third line is not a root")]
    Root,
    /// The note around it is not one to trust.
    #[error("checkpoint: {0}")]
    Note(NoteError),
    /// No key whose name is the origin signed.
    #[error("checkpoint: not signed by a key with the name of the log")]
    KeyName,
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(""), None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        Ok(Self {
            origin: origin.parse().map_err(|_| CheckpointError::Origin)?,
            size: parse_decimal(size).ok_or(CheckpointError::Size)?,
            root: parse_hash(root).ok_or(CheckpointError::Root)?,
        })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, encode_hash(self.root))
    }
}

/// A decimal number without leading zeros, at most [`MAX_SIZE`]: sizes and indices in the text formats of C2SP.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if !digits || leading_zero {
        return None;
    }
    text.parse().ok().filter(|&number| number <= MAX_SIZE)
}

/// A hash in standard base64 with padding, as the text formats of C2SP write it.
pub(super) fn parse_hash(text: &str) -> Option<Digest> {
    STANDARD.decode(text).ok()?.try_into().ok().map(Digest)
}

pub(super) fn encode_hash(hash: Digest) -> String {
    STANDARD.encode(hash.0)
}

/// A checkpoint that a key with the name of its log signed. There is no other way to get one than to sign it or to
/// check it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    note: Note,
    checkpoint: Checkpoint,
}

impl SignedCheckpoint {
    /// Signs a checkpoint. The caller answers for never signing two roots at one size, so it is not public: outside
    /// this crate the only way is [`Durable::sign`](super::append::Durable::sign), which comes after a store's `Ok`.
    ///
    /// # Errors
    /// [`CheckpointError::KeyName`] if the key has another name than the log.
    pub(crate) fn sign(checkpoint: Checkpoint, key: &SigningKey) -> Result<Self, CheckpointError> {
        let text = checkpoint.to_string();
        if key.verifier().name() != checkpoint.origin.as_str() {
            return Err(CheckpointError::KeyName);
        }
        let note = Note::sign(&text, &[key]).map_err(CheckpointError::Note)?;
        Ok(Self { note, checkpoint })
    }

    /// Reads a signed checkpoint and checks its signatures against `known` keys.
    ///
    /// # Errors
    /// If it is not exactly a checkpoint, a signature of a known key does not fit, or no known key with the log's name
    /// signed.
    pub fn open(bytes: &[u8], known: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let note = Note::open(bytes, known).map_err(CheckpointError::Note)?;
        let checkpoint: Checkpoint = note.text().parse()?;
        let origin = checkpoint.origin.as_str();
        if note.signers().iter().any(|key| key.name() == origin) {
            Ok(Self { note, checkpoint })
        } else {
            Err(CheckpointError::KeyName)
        }
    }

    /// What is signed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The known keys that signed.
    #[must_use]
    pub fn signers(&self) -> &[VerifierKey] {
        self.note.signers()
    }

    /// The text with its signatures, byte for byte as it was read or signed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.note.as_str()
    }
}
