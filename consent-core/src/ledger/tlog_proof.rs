//! A proof that one entry is in a log, as a text to keep (C2SP tlog-proof, version 1).
//!
//! ```
//! use consent_core::ledger::hash::leaf_hash;
//! use consent_core::ledger::key::SigningKey;
//! use consent_core::ledger::tlog_proof::{MAX_PROOF_BYTES, TlogProof, TlogProofError};
//!
//! # let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/tlog_proof/with_extra"));
//! # let key = SigningKey::from_seed("consent.example/newsroom/2026", &[7; 32])?.verifier().clone();
//! let proof = TlogProof::parse(bytes)?; // nothing of it is believed yet
//! assert_eq!((proof.index, proof.extra.as_deref()), (1, Some(b"extra".as_slice())));
//! let head = proof.verify(leaf_hash(b"entry 1"), &[key.clone()])?;
//! assert_eq!(head.checkpoint().size, 3);
//! assert!(matches!(proof.verify(leaf_hash(b"entry 2"), &[key]), Err(TlogProofError::Proof(_))));
//! assert_eq!(TlogProof::parse(&[b'a'; MAX_PROOF_BYTES + 1]), Err(TlogProofError::TooLong));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::{CheckpointError, SignedCheckpoint, encode_hash, parse_decimal, parse_hash};
use super::key::VerifierKey;
use super::note::{self, NoteError};
use super::proof::{MAX_PROOF_HASHES, ProofError, verify_inclusion};
use crate::digest::Digest;

/// The most bytes of a proof file.
pub const MAX_PROOF_BYTES: usize = 256 * 1024;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// A proof file as it was read: nothing in it is to be trusted before [`TlogProof::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Whatever the application put beside the proof. No signature covers it.
    pub extra: Option<Vec<u8>>,
    /// Which entry, from 0.
    pub index: u64,
    /// The inclusion proof, the leaf's sibling first.
    pub hashes: Vec<Digest>,
    /// The signed checkpoint, byte for byte.
    pub checkpoint: String,
}

/// Why a text is no proof file, or its proof does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlogProofError {
    /// Longer than [`MAX_PROOF_BYTES`].
    #[error("proof file: longer than 256 KiB")]
    TooLong,
    /// Not UTF-8.
    #[error("proof file: not text")]
    NotText,
    /// The first line is not that of version 1.
    #[error("proof file: the first line is not c2sp.org/tlog-proof@v1")]
    Version,
    /// The line that begins with `extra` is not base64.
    #[error("proof file: the extra line is not base64")]
    Extra,
    /// There is no line with an index.
    #[error("proof file: no index")]
    Index,
    /// A line of the proof is no hash.
    #[error("proof file: hash {line} is not base64 of 32 bytes")]
    Hash {
        /// Which one, from 1.
        line: usize,
    },
    /// More than [`MAX_PROOF_HASHES`].
    #[error("proof file: too many hashes")]
    TooManyHashes,
    /// There is no note after the empty line.
    #[error("proof file: {0}")]
    Note(NoteError),
    /// The checkpoint is not one to trust.
    #[error("proof file: {0}")]
    Checkpoint(CheckpointError),
    /// The entry is not where the proof says.
    #[error("proof file: {0}")]
    Proof(ProofError),
}

impl TlogProof {
    /// Reads a proof file.
    ///
    /// # Errors
    /// If the bytes are not exactly what [`TlogProof::to_string`](ToString) writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > MAX_PROOF_BYTES {
            return Err(TlogProofError::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TlogProofError::NotText)?;
        let rest = text.strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(TlogProofError::Version)?;
        let (extra, rest) = match rest.strip_prefix("extra ") {
            None => (None, rest),
            Some(rest) => {
                let (extra, rest) = rest.split_once('\n').ok_or(TlogProofError::Extra)?;
                (Some(STANDARD.decode(extra).map_err(|_| TlogProofError::Extra)?), rest)
            }
        };
        let (index, mut rest) = rest
            .strip_prefix("index ")
            .and_then(|rest| rest.split_once('\n'))
            .ok_or(TlogProofError::Index)?;
        let index = parse_decimal(index).ok_or(TlogProofError::Index)?;
        let mut hashes = Vec::new();
        loop {
            let at = hashes.len() + 1;
            let (line, after) = rest.split_once('\n').ok_or(TlogProofError::Hash { line: at })?;
            rest = after;
            if line.is_empty() {
                break;
            }
            if hashes.len() == MAX_PROOF_HASHES {
                return Err(TlogProofError::TooManyHashes);
            }
            hashes.push(parse_hash(line).ok_or(TlogProofError::Hash { line: at })?);
        }
        note::split(rest.as_bytes()).map_err(TlogProofError::Note)?;
        Ok(Self { extra, index, hashes, checkpoint: rest.to_owned() })
    }

    /// Checks that the entry whose leaf hash is `leaf` is in the log that one of the `known` keys signed.
    ///
    /// # Errors
    /// If the checkpoint is not signed by a known key with the log's name, or the proof leads to another root.
    pub fn verify(&self, leaf: Digest, known: &[VerifierKey]) -> Result<SignedCheckpoint, TlogProofError> {
        let signed =
            SignedCheckpoint::open(self.checkpoint.as_bytes(), known).map_err(TlogProofError::Checkpoint)?;
        let head = signed.checkpoint();
        verify_inclusion(leaf, self.index, head.size, &self.hashes, head.root)
            .map_err(TlogProofError::Proof)?;
        Ok(signed)
    }
}

/// The proof file.
impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", encode_hash(*hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
