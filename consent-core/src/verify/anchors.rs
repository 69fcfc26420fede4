//! What ties a log to the outside: its head stands in the heads log, and others vouch for a head of that one.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Evidence, Pins, RootPin};
use super::report::{Code, Report};
use super::source::{BundleSource, read_whole};
use super::vouched::{Anchor, Stamped, Vouched, Witnessed};
use crate::bundle::path::{AnchorPart, BundlePath};
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::hash::leaf_hash;
use crate::ledger::key::VerifierKey;
use crate::ledger::note::{self, MAX_NOTE_BYTES};
use crate::ledger::origin::{LogYear, Origin};
use crate::ledger::policy::{MAX_POLICY_BYTES, Policy};
use crate::ledger::tlog_proof::{MAX_PROOF_BYTES, TlogProof};
use crate::timestamp::MAX_RESPONSE_BYTES;
use crate::timestamp::certificate::{Certificates, MAX_PEM_BYTES};
use crate::timestamp::token;

/// What anchors are checked with.
struct Check<'a> {
    source: &'a dyn BundleSource,
    paths: &'a BTreeSet<BundlePath>,
    keys: &'a [VerifierKey],
    policy: Policy,
    certificates: Certificates,
    from_auditor: bool,
}

/// A head of a site's log, proven under a head of the heads log.
struct Proven {
    log: Origin,
    anchor: Anchor,
    root: crate::digest::Digest,
    /// The head of the heads log, with everything under it.
    checkpoint: String,
}

/// Checks all anchors, and pins what they say of the logs.
pub(super) fn check(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    keys: &[VerifierKey],
    evidence: &Evidence,
    pins: &mut BTreeMap<String, Pins>,
    report: &mut Report,
) -> BTreeMap<LogYear, Vouched> {
    let policy = evidence.policy.clone().or_else(|| bundled_policy(source, paths)).unwrap_or_default();
    let from_auditor = !evidence.tsa_certificates.is_empty();
    let certificates = certificates(source, paths, evidence, report);
    let check = Check { source, paths, keys, policy, certificates, from_auditor };
    let years: BTreeSet<LogYear> = paths.iter().filter_map(year_of).collect();
    let mut vouched = BTreeMap::new();
    for year in years {
        vouched.insert(year, check.log(year, pins, report));
    }
    vouched
}

/// The logs that are there, anchored or not: a quorum is asked of each.
fn year_of(path: &BundlePath) -> Option<LogYear> {
    match path {
        BundlePath::Entries { year, .. }
        | BundlePath::HeadsProof { year }
        | BundlePath::Anchor { year, .. } => Some(*year),
        _ => None,
    }
}

/// What is wrong with it was found when its keys were read.
fn bundled_policy(source: &dyn BundleSource, paths: &BTreeSet<BundlePath>) -> Option<Policy> {
    let there = paths.contains(&BundlePath::Policy);
    let bytes = there.then(|| read_whole(source, &BundlePath::Policy.to_string(), MAX_POLICY_BYTES));
    Policy::parse(&bytes?.ok()?).ok()
}

/// The auditor's own certificates if there are any, else those of the bundle.
fn certificates(
    source: &dyn BundleSource,
    paths: &BTreeSet<BundlePath>,
    evidence: &Evidence,
    report: &mut Report,
) -> Certificates {
    let mut pem = Vec::new();
    let mut names = Vec::new();
    for given in &evidence.tsa_certificates {
        pem.extend_from_slice(&given.bytes);
        pem.push(b'\n');
        names.push(given.name.clone());
    }
    if names.is_empty() && paths.contains(&BundlePath::Certificates) {
        let name = BundlePath::Certificates.to_string();
        match read_whole(source, &name, MAX_PEM_BYTES) {
            Ok(bytes) => pem = bytes,
            Err(error) => {
                report.find(Code::FileUnreadable, &name, format!("The file can not be read: {error}."));
                return Certificates::default();
            }
        }
        names.push(name);
    }
    if names.is_empty() {
        return Certificates::default();
    }
    Certificates::from_pem(&pem).unwrap_or_else(|error| {
        let message = format!("The certificates are unreadable: {error}.");
        report.find(Code::AnchorRefused, names.join(", "), message);
        Certificates::default()
    })
}

impl Check<'_> {
    /// All anchors of one log.
    fn log(&self, year: LogYear, pins: &mut BTreeMap<String, Pins>, report: &mut Report) -> Vouched {
        let mut anchors = Vec::new();
        let path = BundlePath::HeadsProof { year };
        let newest = if self.paths.contains(&path) { self.proven(&path, year, report) } else { None };
        let mut cosigned = BTreeSet::new();
        if let Some(mut proven) = newest {
            self.witnesses(&mut proven, report);
            cosigned = proven.anchor.witnesses.iter().map(|witness| witness.name.clone()).collect();
            anchors.push(pin(proven, pins));
        }
        if let Some(quorum) = self.policy.quorum()
            && !self.policy.is_met_by(&cosigned.iter().map(String::as_str).collect())
        {
            let message = format!("The witnesses that \"{quorum}\" asks for have not cosigned it.");
            report.find(Code::QuorumUnmet, &path, message);
        }
        let sizes: BTreeSet<u64> = self
            .paths
            .iter()
            .filter_map(|path| match *path {
                BundlePath::Anchor { year: of, size, .. } if of == year => Some(size),
                _ => None,
            })
            .collect();
        for size in sizes {
            if let Some(proven) = self.stamped(year, size, report) {
                anchors.push(pin(proven, pins));
            }
        }
        anchors.sort_by_key(|anchor| (anchor.size, anchor.heads_size));
        let witnesses = u64::try_from(self.policy.witnesses().len()).unwrap_or(u64::MAX);
        Vouched { anchors, witnesses, certificates_from_auditor: self.from_auditor }
    }

    /// A head of this log that stands in the heads log.
    fn proven(&self, path: &BundlePath, year: LogYear, report: &mut Report) -> Option<Proven> {
        let bytes = self.read(path, MAX_PROOF_BYTES, report)?;
        match self.open_proof(&bytes, path, year) {
            Ok(proven) => Some(proven),
            Err(why) => {
                let message =
                    format!("The proof that this log stands in the heads log is not to be trusted: {why}.");
                report.find(Code::AnchorRefused, path, message);
                None
            }
        }
    }

    fn open_proof(&self, bytes: &[u8], path: &BundlePath, year: LogYear) -> Result<Proven, String> {
        let proof = TlogProof::parse(bytes).map_err(|error| error.to_string())?;
        let entry = proof.extra.as_deref().ok_or("it has no entry")?;
        let head = proof.verify(leaf_hash(entry), self.keys).map_err(|error| error.to_string())?;
        let head = head.checkpoint();
        let entry = Entry::parse(entry).map_err(|error| error.to_string())?;
        let Kind::Head { log, root, size } = entry.kind() else {
            return Err("its entry names no head".to_owned());
        };
        if !head.origin.is_heads() || log.is_heads() || log.host() != head.origin.host() || log.year() != year
        {
            return Err(format!("it is of the log {log} in {}", head.origin));
        }
        Ok(Proven {
            log: log.clone(),
            root: *root,
            anchor: Anchor {
                file: path.to_string(),
                size: *size,
                heads_log: head.origin.to_string(),
                heads_size: head.size,
                witnesses: Vec::new(),
                stamp: None,
            },
            checkpoint: proof.checkpoint,
        })
    }

    /// The cosignatures of the witnesses that the policy names.
    fn witnesses(&self, proven: &mut Proven, report: &mut Report) {
        let Ok(note) = note::split(proven.checkpoint.as_bytes()) else { return };
        for witness in self.policy.witnesses() {
            // A key that this program can not check counts as one that did not sign.
            match witness.key().map(|key| key.find(&note)) {
                Some(Ok(Some(found))) => {
                    proven.anchor.witnesses.push(Witnessed { name: witness.name.clone(), time: found.time });
                }
                Some(Err(error)) => {
                    let message = format!("A cosignature is forged or damaged: {error}.");
                    report.find(Code::AnchorRefused, &proven.anchor.file, message);
                }
                Some(Ok(None)) | None => {}
            }
        }
    }

    /// A time-stamp, what it stamps, and what that proves of this log.
    fn stamped(&self, year: LogYear, size: u64, report: &mut Report) -> Option<Proven> {
        let path = |part| BundlePath::Anchor { year, size, part };
        let mut there = true;
        for part in AnchorPart::ALL {
            if !self.paths.contains(&path(part)) {
                report.find(Code::FileMissing, path(part), "A time-stamp consists of three files.");
                there = false;
            }
        }
        if !there {
            return None;
        }
        let mut proven = self.proven(&path(AnchorPart::Proof), year, report)?;
        let stamped = self.read(&path(AnchorPart::Checkpoint), MAX_NOTE_BYTES, report)?;
        let response = self.read(&path(AnchorPart::Response), MAX_RESPONSE_BYTES, report)?;
        let same = SignedCheckpoint::open(&stamped, self.keys).is_ok_and(|head| {
            let head = head.checkpoint();
            let proven_head = SignedCheckpoint::open(proven.checkpoint.as_bytes(), self.keys);
            head.size == size && proven_head.is_ok_and(|proven| proven.checkpoint() == head)
        });
        if !same {
            let message = "It is not the signed head of the heads log that the proof beside it leads to.";
            report.find(Code::AnchorRefused, path(AnchorPart::Checkpoint), message);
            return None;
        }
        match token::verify(&response, &stamped, None, &self.certificates) {
            Ok(stamp) => {
                let (time, service, trusted) = (stamp.time, stamp.service, stamp.trusted);
                proven.anchor.file = path(AnchorPart::Response).to_string();
                proven.anchor.stamp = Some(Stamped { time, service, trusted });
                Some(proven)
            }
            Err(error) => {
                let message = format!("The time-stamp is not to be trusted: {error}.");
                report.find(Code::AnchorRefused, path(AnchorPart::Response), message);
                None
            }
        }
    }

    fn read(&self, path: &BundlePath, max: usize, report: &mut Report) -> Option<Vec<u8>> {
        match read_whole(self.source, &path.to_string(), max) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                report.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
                None
            }
        }
    }
}

/// Makes the check of the log compare its entries with what is proven of it.
fn pin(proven: Proven, pins: &mut BTreeMap<String, Pins>) -> Anchor {
    let Proven { log, root, anchor, .. } = proven;
    let pins = pins.entry(log.to_string()).or_default();
    let pin = RootPin { root, file: anchor.file.clone(), code: Code::AnchorDiffers };
    pins.roots.entry(anchor.size).or_default().push(pin);
    let seen = anchor.witnesses.iter().map(|witness| witness.time);
    for time in seen.chain(anchor.stamp.iter().map(|stamp| stamp.time)) {
        pins.times.add(anchor.size, time, &anchor.file);
    }
    anchor
}
