//! A receipt alone: what it shows without a bundle.
//!
//! ```
//! use consent_core::ledger::key::SigningKey;
//! use consent_core::verify::receipt::{ReceiptReport, verify_receipt};
//!
//! # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/receipt/decision"));
//! # let key = SigningKey::from_seed("consent.example/newsroom/2026", &[7; 32])?.verifier().clone();
//! let report: ReceiptReport = verify_receipt(text, &[key], &[])?;
//! assert_eq!((report.log.as_str(), report.index), ("consent.example/newsroom/2026", 257));
//! assert!(report.to_string().starts_with("The receipt HOLDS."));
//! assert!(report.witnesses.is_empty(), "no witness was asked for");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use serde::Serialize;

use super::visible::visible;
use super::vouched::Witnessed;
use crate::bundle::csv::rfc3339;
use crate::ledger::checkpoint::CheckpointError;
use crate::ledger::commitment::Part;
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::key::VerifierKey;
use crate::ledger::note;
use crate::ledger::policy::PolicyWitness;
use crate::receipt::{Receipt, ReceiptError};

/// What a receipt shows, once everything in it was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiptReport {
    /// The log.
    pub log: String,
    /// The index of the decision in it.
    pub index: u64,
    /// The size of the log for which it is proven.
    pub size: u64,
    /// When the log took the decision, unix seconds.
    pub time: u64,
    /// What was shown.
    pub notice_id: String,
    /// What was decided, as JSON text; `None` if it was erased before the receipt was made.
    pub decision: Option<String>,
    /// Who decided, as JSON text; `None` if it was erased before the receipt was made.
    pub subject: Option<String>,
    /// The keys that signed, as vkeys.
    pub signed_by: Vec<String>,
    /// The witnesses that cosigned this head of the log. A site's heads are as a rule witnessed through the heads log,
    /// which a receipt does not show.
    pub witnesses: Vec<Witnessed>,
}

/// Checks a receipt against the `known` keys: signature, place in the tree, what is behind the commitments, and the
/// cosignatures of `witnesses`, if there are any.
///
/// # Errors
/// The first thing in it that does not hold.
pub fn verify_receipt(
    text: &str,
    known: &[VerifierKey],
    witnesses: &[PolicyWitness],
) -> Result<ReceiptReport, ReceiptError> {
    let receipt = Receipt::open(text, known)?;
    let content = receipt.content();
    let entry = Entry::parse(content.entry.as_bytes()).map_err(|_| ReceiptError::Entry)?;
    let &Kind::Decision { notice, .. } = entry.kind() else { return Err(ReceiptError::Entry) };
    let head = receipt.head();
    let note = note::split(head.as_str().as_bytes()).map_err(CheckpointError::Note);
    let note = note.map_err(ReceiptError::Checkpoint)?;
    let mut witnessed = Vec::new();
    for witness in witnesses {
        let found = witness.key().map(|key| key.find(&note)).transpose();
        if let Some(found) = found.map_err(ReceiptError::Cosignature)?.flatten() {
            witnessed.push(Witnessed { name: witness.name.clone(), time: found.time });
        }
    }
    Ok(ReceiptReport {
        log: head.checkpoint().origin.to_string(),
        index: receipt.index(),
        size: head.checkpoint().size,
        time: entry.time(),
        notice_id: notice.to_string(),
        decision: content.decision.as_ref().map(|opening| opening.data().to_owned()),
        subject: content.subject.as_ref().map(|opening| opening.data().to_owned()),
        signed_by: head.signers().iter().map(ToString::to_string).collect(),
        witnesses: witnessed,
    })
}

/// In plain words.
impl fmt::Display for ReceiptReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The receipt HOLDS.")?;
        writeln!(f)?;
        writeln!(f, "Recorded:  {}, by the server's clock", rfc3339(self.time))?;
        writeln!(
            f,
            "Where:     entry {} of the log {}, proven for its first {} entries",
            self.index,
            visible(&self.log),
            self.size
        )?;
        writeln!(f, "Shown:     the notice {}", self.notice_id)?;
        for (part, data) in [(Part::Decision, &self.decision), (Part::Subject, &self.subject)] {
            let data = data.as_deref().unwrap_or("(erased before the receipt was made)");
            writeln!(f, "{:<11}{}", format!("{part}:"), visible(data))?;
        }
        for key in &self.signed_by {
            writeln!(f, "Signed by: {}", visible(key))?;
        }
        for witness in &self.witnesses {
            writeln!(f, "Witness:   {} at {}", visible(&witness.name), rfc3339(witness.time))?;
        }
        Ok(())
    }
}
