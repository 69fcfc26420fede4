//! The proof of one decision, for the visitor to keep: a C2SP tlog-proof whose extra line opens the commitments.
//!
//! A receipt can be made in two ways only: from a signed checkpoint and a proof that leads to it, or from a text that
//! passes the same checks. So none exists for what was not stored and signed.
//!
//! ```
//! use consent_core::ledger::key::SigningKey;
//! use consent_core::receipt::{Content, Receipt, ReceiptError};
//!
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/receipt/decision"));
//! # let key = SigningKey::from_seed("consent.example/newsroom/2026", &[7; 32])?.verifier().clone();
//! // What a visitor kept, and the key of the log, as its operator publishes it.
//! let receipt = Receipt::open(text, &[key])?;
//! assert_eq!((receipt.index(), receipt.head().checkpoint().size), (257, 300));
//! let content: &Content = receipt.content();
//! assert_eq!(content.decision.as_ref().map(|opening| opening.data()), Some("d"));
//! assert!(content.entry.contains(&receipt.notice().to_string()));
//! assert_eq!(receipt.to_text(), text);
//! // It proves nothing to whoever does not know the key.
//! assert!(matches!(Receipt::open(text, &[]), Err(ReceiptError::Checkpoint(_))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::canonical;
use crate::digest::Digest;
use crate::ledger::checkpoint::{CheckpointError, SignedCheckpoint};
use crate::ledger::commitment::{Opening, Part};
use crate::ledger::cosignature::BadCosignature;
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::key::VerifierKey;
use crate::ledger::proof::{ProofError, verify_inclusion};
use crate::ledger::tlog_proof::{TlogProof, TlogProofError};
use crate::notice::NoticeId;

/// One decision, its place in a log, and what proves both.
///
/// ```
/// use consent_core::ledger::commitment::Salt;
/// use consent_core::ledger::{commitment::Opening, key::SigningKey};
/// use consent_core::receipt::{Receipt, ReceiptError};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/receipt/decision"));
/// # let key = SigningKey::from_seed("consent.example/newsroom/2026", &[7; 32])?.verifier().clone();
/// let receipt = Receipt::open(text, &[key])?;
/// // A server makes one of the head, the path in the tree and what is behind the commitments.
/// let (head, path) = (receipt.head().clone(), receipt.path().to_vec());
/// let again = Receipt::new(head.clone(), receipt.index(), path.clone(), receipt.content().clone())?;
/// assert_eq!(again, receipt);
///
/// // None comes of another text than the one that was committed to.
/// let mut content = receipt.content().clone();
/// content.subject = Some(Opening::new(Salt([0; 32]), "somebody else".to_owned())?);
/// let refused = Receipt::new(head, receipt.index(), path, content);
/// assert!(matches!(refused, Err(ReceiptError::Opening(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    proof: TlogProof,
    head: SignedCheckpoint,
    content: Content,
    notice: NoticeId,
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
    /// A cosignature that names a known witness is not its own.
    #[error("receipt: {0}")]
    Cosignature(BadCosignature),
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
        let &Kind::Decision { decision, notice, subject } = entry.kind() else {
            return Err(ReceiptError::Entry);
        };
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
        Ok(Self { proof, head, content, notice })
    }

    /// The index of the entry.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.proof.index
    }

    /// The hashes from the entry to the root, its sibling first.
    #[must_use]
    pub fn path(&self) -> &[Digest] {
        &self.proof.hashes
    }

    /// The notice that the decision was made under.
    #[must_use]
    pub fn notice(&self) -> NoticeId {
        self.notice
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::commitment::Salt;
    use crate::ledger::proof::inclusion;
    use crate::ledger::tests::{Log, key};

    const INDEX: u64 = 257;

    fn openings() -> [Opening; 2] {
        [("d", 1), ("s", 2)].map(|(data, salt)| Opening::new(Salt([salt; 32]), data.to_owned()).unwrap())
    }

    fn content() -> Content {
        let [decision, subject] = openings();
        let kind = Kind::Decision {
            decision: decision.commitment(Part::Decision),
            notice: NoticeId(Digest::of(b"")),
            subject: subject.commitment(Part::Subject),
        };
        let entry = String::from_utf8(Entry::new(9, kind).unwrap().bytes().to_vec()).unwrap();
        Content { decision: Some(decision), entry, subject: Some(subject) }
    }

    /// A log of 300 in which the decision is number [`INDEX`].
    fn log() -> Log {
        let mut log = Log::with_size(INDEX);
        log.extend([Entry::parse(content().entry.as_bytes()).unwrap().leaf_hash()]);
        log.extend((INDEX + 1..300).map(|i| Digest::of(&i.to_be_bytes())));
        log
    }

    fn hashes() -> Vec<Digest> {
        inclusion(&log(), INDEX, 300).unwrap()
    }

    #[test]
    fn reads_back_and_no_damaged_one_opens() {
        let receipt = Receipt::new(log().sign(), INDEX, hashes(), content()).unwrap();
        let (text, known) = (receipt.to_text(), [key().verifier().clone()]);
        assert_eq!(Receipt::open(&text, &known).as_ref(), Ok(&receipt));
        assert!(Receipt::open(&text, &[]).is_err());
        for end in (0..text.len()).filter(|&end| text.is_char_boundary(end)) {
            assert!(Receipt::open(&text[..end], &known).is_err(), "cut at {end}");
        }
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone().into_bytes();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let Ok(flipped) = String::from_utf8(flipped) else { continue };
            assert!(Receipt::open(&flipped, &known).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn there_is_none_for_what_is_not_under_the_head() {
        let older = Log::with_size(INDEX).sign();
        let refused = |head, index, content| Receipt::new(head, index, hashes(), content).unwrap_err();
        assert_eq!(refused(older, INDEX, content()), ReceiptError::Inclusion(ProofError::Range));
        assert_eq!(refused(log().sign(), 256, content()), ReceiptError::Inclusion(ProofError::Root));
        let Content { decision, entry, subject } = content();
        let swapped = Content { decision: subject, entry, subject: decision };
        assert_eq!(refused(log().sign(), INDEX, swapped), ReceiptError::Opening(Part::Decision));
        let notice = Entry::new(9, Kind::Notice { notice: NoticeId(Digest::of(b"")) }).unwrap();
        let entry = String::from_utf8(notice.bytes().to_vec()).unwrap();
        assert_eq!(refused(log().sign(), INDEX, Content { entry, ..content() }), ReceiptError::Entry);
    }

    #[test]
    fn an_erased_part_is_left_out() {
        let content = Content { subject: None, ..content() };
        let receipt = Receipt::new(log().sign(), INDEX, hashes(), content.clone()).unwrap();
        let read = Receipt::open(&receipt.to_text(), &[key().verifier().clone()]).unwrap();
        assert_eq!(read.content(), &content);
    }
}
