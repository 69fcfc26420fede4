//! What the auditor brings along: older checkpoints and receipts, which a rewritten log can not agree with.
//!
//! ```
//! use consent_core::ledger::policy::Policy;
//! use consent_core::verify::evidence::{Evidence, Given};
//! use consent_core::verify::{report::Code, source::MemoryBundle, verify};
//!
//! # let policy = b"log example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\nquorum none\n";
//! let evidence = Evidence {
//!     receipts: vec![Given { name: "mine.tlog-proof".to_owned(), bytes: b"not a receipt".to_vec() }],
//!     policy: Some(Policy::parse(policy)?), // the keys that the auditor trusts
//!     ..Evidence::default()
//! };
//! let report = verify(&MemoryBundle::default(), &evidence, &mut |_| ());
//! assert!(report.keys_from_auditor);
//! let refused = report.findings.iter().find(|finding| finding.code == Code::EvidenceRefused);
//! assert_eq!(refused.map(|finding| finding.file.as_str()), Some("mine.tlog-proof"));
//! # Ok::<(), consent_core::ledger::policy::PolicyError>(())
//! ```

use std::collections::BTreeMap;

use super::report::{Code, Report};
use super::times::Times;
use crate::digest::Digest;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::hash::leaf_hash;
use crate::ledger::key::VerifierKey;
use crate::ledger::policy::Policy;
use crate::receipt::Receipt;

/// A file that does not come from the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// How it is named in findings.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What the auditor brings along.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Checkpoints that were seen before.
    pub checkpoints: Vec<Given>,
    /// Receipts that visitors kept.
    pub receipts: Vec<Given>,
    /// The keys to trust. Without it those of the bundle are used, which only shows that the bundle agrees with itself.
    pub policy: Option<Policy>,
    /// Certificates of time-stamping services, or of those that they descend from, in PEM form. Without any those of the
    /// bundle are used.
    pub tsa_certificates: Vec<Given>,
}

/// What a log has to agree with.
#[derive(Clone, Debug, Default)]
pub(super) struct Pins {
    /// The root at a size, and who says so.
    pub(super) roots: BTreeMap<u64, Vec<RootPin>>,
    /// The leaf at an index, and which receipt says so.
    pub(super) leaves: BTreeMap<u64, Vec<(Digest, String)>>,
    /// When others saw how long it was.
    pub(super) times: Times,
}

#[derive(Clone, Debug)]
pub(super) struct RootPin {
    pub(super) root: Digest,
    pub(super) file: String,
    /// [`Code::EvidenceDiffers`], [`Code::HistoryDiffers`] or [`Code::AnchorDiffers`].
    pub(super) code: Code,
}

/// Opens the evidence: what each log, by name, has to agree with.
pub(super) fn open(evidence: &Evidence, keys: &[VerifierKey], report: &mut Report) -> BTreeMap<String, Pins> {
    let mut pins: BTreeMap<String, Pins> = BTreeMap::new();
    for given in &evidence.checkpoints {
        match SignedCheckpoint::open(&given.bytes, keys) {
            Err(error) => {
                report.find(
                    Code::EvidenceRefused,
                    &given.name,
                    format!("The checkpoint is not to be trusted: {error}."),
                );
            }
            Ok(signed) => pin_root(&mut pins, &signed, given),
        }
    }
    for given in &evidence.receipts {
        let receipt = std::str::from_utf8(&given.bytes).ok().map(|text| Receipt::open(text, keys));
        match receipt {
            None => report.find(Code::EvidenceRefused, &given.name, "The receipt is not text."),
            Some(Err(error)) => {
                report.find(
                    Code::EvidenceRefused,
                    &given.name,
                    format!("The receipt is not to be trusted: {error}."),
                );
            }
            Some(Ok(receipt)) => {
                pin_root(&mut pins, receipt.head(), given);
                let leaf = leaf_hash(receipt.content().entry.as_bytes());
                let log = pins.entry(receipt.head().checkpoint().origin.to_string()).or_default();
                log.leaves.entry(receipt.index()).or_default().push((leaf, given.name.clone()));
            }
        }
    }
    pins
}

fn pin_root(pins: &mut BTreeMap<String, Pins>, signed: &SignedCheckpoint, given: &Given) {
    let head = signed.checkpoint();
    let log = pins.entry(head.origin.to_string()).or_default();
    let pin = RootPin { root: head.root, file: given.name.clone(), code: Code::EvidenceDiffers };
    log.roots.entry(head.size).or_default().push(pin);
}
