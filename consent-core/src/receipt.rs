//! The proof of one decision, for the visitor to keep: a C2SP tlog-proof whose extra line opens the commitments.
//!
//! A receipt can be made in two ways only: from a signed checkpoint and a proof that leads to it, or from a text that
//! passes the same checks. So none exists for what was not stored and signed.

use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::digest::Digest;
use crate::ledger::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::ledger::commitment::{Opening, Part};
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::key::VerifierKey;
use crate::ledger::proof::{ProofError, verify_inclusion};
use crate::ledger::tlog_proof::{TlogProof, TlogProofError};

/// One decision, its place in a log, and what proves both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    proof: TlogProof,
    head: SignedCheckpoint,
    content: Content,
}

/// What the extra line of a receipt carries, as canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Behind the `decision` commitment; absent if erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Opening>,
    /// The entry, byte for byte as it was hashed.
    pub entry: String,
    /// Behind the `subject` commitment; absent if erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Opening>,
}

/// Why something is no receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// Not a tlog-proof.
    #[error("receipt: {0}")]
    Format(TlogProofError),
    /// The extra line is missing, or is not canonical JSON with the entry.
    #[error("receipt: the extra line does not carry an entry")]
    Content,
    /// The entry is not that of a decision.
    #[error("receipt: the entry is not a decision")]
    Entry,
    /// An opening does not lead to the commitment in the entry.
    #[error("receipt: the opening of {} does not fit its commitment", .0.as_str())]
    Opening(Part),
    /// The checkpoint is not one to trust.
    #[error("receipt: {0}")]
    Checkpoint(CheckpointError),
    /// The hashes do not lead from the entry to the checkpoint's root.
    #[error("receipt: {0}")]
    Inclusion(ProofError),
}

impl Receipt {
    /// Makes the receipt of the entry at `index` under a signed head.
    ///
    /// # Errors
    /// If the hashes do not prove it, or the openings do not fit.
    pub fn new(
        head: SignedCheckpoint,
        index: u64,
        hashes: Vec<Digest>,
        content: Content,
    ) -> Result<Self, ReceiptError> {
        let extra = canonical::to_vec(&content).map_err(|_| ReceiptError::Content)?;
        let proof = TlogProof { extra: Some(extra), index, hashes, checkpoint: head.as_str().to_owned() };
        Self::check(proof, head, content)
    }

    /// Reads a receipt and checks everything that can be checked without the log: signature, inclusion, openings.
    ///
    /// # Errors
    /// The first check that fails.
    pub fn open(text: &str, known: &[VerifierKey]) -> Result<Self, ReceiptError> {
        let proof = TlogProof::parse(text.as_bytes()).map_err(ReceiptError::Format)?;
        let extra = proof.extra.as_deref().ok_or(ReceiptError::Content)?;
        let content: Content = canonical::from_slice(extra).map_err(|_| ReceiptError::Content)?;
        let head =
            SignedCheckpoint::open(proof.checkpoint.as_bytes(), known).map_err(ReceiptError::Checkpoint)?;
        Self::check(proof, head, content)
    }

    fn check(proof: TlogProof, head: SignedCheckpoint, content: Content) -> Result<Self, ReceiptError> {
        let entry = Entry::parse(content.entry.as_bytes()).map_err(|_| ReceiptError::Entry)?;
        let &Kind::Decision { decision, subject, .. } = entry.kind() else { return Err(ReceiptError::Entry) };
        let openings =
            [(Part::Decision, &content.decision, decision), (Part::Subject, &content.subject, subject)];
        for (part, opening, commitment) in openings {
            if opening.as_ref().is_some_and(|opening| opening.commitment(part) != commitment) {
                return Err(ReceiptError::Opening(part));
            }
        }
        let checkpoint = head.checkpoint();
        verify_inclusion(entry.leaf_hash(), proof.index, checkpoint.size, &proof.hashes, checkpoint.root)
            .map_err(ReceiptError::Inclusion)?;
        Ok(Self { proof, head, content })
    }

    /// The index of the entry.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.proof.index
    }

    /// The head under which the entry stands.
    #[must_use]
    pub fn head(&self) -> &SignedCheckpoint {
        &self.head
    }

    /// The entry and what is behind its commitments.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The text of the `.tlog-proof` file.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.proof.to_string()
    }
}
