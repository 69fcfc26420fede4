//! What belongs into the bundle of a site: the entries of the heads log that name its heads, proven under heads for which
//! others vouch.

use std::collections::BTreeMap;

use consent_core::bundle::path::{AnchorPart, BundlePath};
use consent_core::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::key::VerifierKey;
use consent_core::ledger::note;
use consent_core::ledger::origin::Origin;
use consent_core::ledger::policy::Policy;
use consent_core::ledger::proof::inclusion;
use consent_core::ledger::tlog_proof::TlogProof;

use super::documents::{self, Kept};
use super::{heads_site, policy};
use crate::data::ServerKey;
use crate::ended::{self, Ended};
use crate::store::{LogId, Store, StoreError};
use crate::stored::read_back;
use crate::tiles::LogTiles;

/// How many entries are read at a time on the way back through the heads log.
const STEP: u64 = 1024;

/// Seconds of a day: of each day, one time-stamp goes into a bundle.
const DAY: u64 = 86_400;

/// What a bundle is given beside the logs.
#[derive(Debug, Default)]
pub struct Vouching {
    /// The files.
    pub files: Vec<(BundlePath, Vec<u8>)>,
    /// The keys of the heads logs that they are proven under.
    pub heads_keys: BTreeMap<Origin, VerifierKey>,
    /// Witnesses and quorum.
    pub witnesses: Policy,
}

/// A head of the heads log under which something can be proven.
struct Under {
    log: LogId,
    key: VerifierKey,
    origin: Origin,
    size: u64,
    /// The note, with whatever is under it.
    note: String,
}

/// Collects what others said of these logs of a site. `heads` are the heads that the bundle is made for.
///
/// # Errors
/// If the store fails or is damaged.
pub fn collect(
    store: &dyn Store,
    key: &ServerKey,
    heads: &[(LogId, SignedCheckpoint)],
) -> Result<Vouching, StoreError> {
    let mut vouching = Vouching { witnesses: policy::kept(store)?, ..Vouching::default() };
    let ended = ended::of_site(store, &heads_site())?;
    let newest = newest(store, key, &ended, !vouching.witnesses.witnesses().is_empty())?;
    let kept = chosen(Kept::all(store)?);
    let mut certificates: Vec<Vec<u8>> = Vec::new();
    for (log, head) in heads {
        let head = head.checkpoint();
        for under in &newest {
            let Some((index, entry)) = find(store, under, under.size, head)? else { continue };
            vouching.add(
                BundlePath::HeadsProof { year: log.year },
                under,
                prove(store, under, index, entry)?,
            );
            break;
        }
        // From the newest back, so that no part of the heads log is gone through twice.
        let mut found: Option<(LogId, u64, Vec<u8>)> = None;
        for kept in kept.iter().rev() {
            let [note, pem, response] = kept.read(store)?;
            let Some(under) = Under::new(LogId { site: heads_site(), year: kept.year }, note, key, &ended)?
            else {
                continue;
            };
            let same = found.take().filter(|(log, index, _)| *log == under.log && *index < under.size);
            let same = match same {
                Some((_, index, entry)) => Some((index, entry)),
                None => find(store, &under, under.size, head)?,
            };
            let Some((index, entry)) = same else { continue };
            let path = |part| BundlePath::Anchor { year: log.year, size: under.size, part };
            if vouching.files.iter().any(|(other, _)| *other == path(AnchorPart::Proof)) {
                continue;
            }
            vouching.add(path(AnchorPart::Proof), &under, prove(store, &under, index, entry.clone())?);
            vouching.files.push((path(AnchorPart::Checkpoint), under.note.clone().into_bytes()));
            vouching.files.push((path(AnchorPart::Response), response));
            if !certificates.contains(&pem) {
                certificates.push(pem);
            }
            found = Some((under.log, index, entry));
        }
    }
    if !certificates.is_empty() {
        vouching.files.push((BundlePath::Certificates, certificates.join(&b'\n')));
    }
    Ok(vouching)
}

impl Vouching {
    fn add(&mut self, path: BundlePath, under: &Under, proof: Vec<u8>) {
        self.heads_keys.insert(under.origin.clone(), under.key.clone());
        self.files.push((path, proof));
    }
}

impl Under {
    /// `None` if it is one of a heads log that could not go on, and its entries are not all there.
    fn new(log: LogId, note: Vec<u8>, key: &ServerKey, ended: &[Ended]) -> Result<Option<Self>, StoreError> {
        let damaged =
            |what: &dyn std::fmt::Display| StoreError::Damaged(format!("a kept head of {log}: {what}"));
        let text = String::from_utf8(note).map_err(|error| damaged(&error))?;
        let split = note::split(text.as_bytes()).map_err(|error| damaged(&error))?;
        let checkpoint: Checkpoint = split.text.parse().map_err(|error| damaged(&error))?;
        let (origin, size) = (checkpoint.origin, checkpoint.size);
        let ended = ended.iter().find(|ended| ended.log == log);
        if ended.is_some_and(|ended| ended.reached() < size) {
            return Ok(None);
        }
        let key = match ended.and_then(|ended| ended.keys().first()) {
            Some(key) => key.clone(),
            None => key.of_log(&origin).map_err(|error| damaged(&error))?.verifier().clone(),
        };
        Ok(Some(Self { origin, size, note: text, key, log }))
    }
}

/// For each heads log, from the newest, the head with the cosignatures; without witnesses its last one.
fn newest(
    store: &dyn Store,
    key: &ServerKey,
    ended: &[Ended],
    witnessed: bool,
) -> Result<Vec<Under>, StoreError> {
    let site = heads_site();
    let (mut newest, stored) = (Vec::new(), store.logs()?);
    store.confirm()?;
    for (log, head) in stored.into_iter().filter(|(log, _)| log.site == site) {
        let cosigned = store.kept(&site, &documents::cosigned(log.year))?.filter(|_| witnessed);
        let note = match (cosigned, ended.iter().find(|ended| ended.log == log)) {
            (Some(note), _) => note,
            (None, Some(ended)) => ended.signed.as_str().into(),
            (None, None) => {
                let (_, signed) = read_back(store, &log, &head, None, |origin| key.of_log(origin))?;
                signed.as_str().into()
            }
        };
        newest.extend(Under::new(log, note, key, ended)?);
    }
    newest.reverse();
    Ok(newest)
}

/// The last of each day, and the newest of all. One a day bounds the time of entries well enough, and a bundle stays small.
fn chosen(kept: Vec<Kept>) -> Vec<Kept> {
    let last_of_day = |(kept, next): &(Kept, Option<Kept>)| {
        next.as_ref().is_none_or(|next| next.time / DAY != kept.time / DAY)
    };
    let next: Vec<_> = kept.iter().skip(1).cloned().map(Some).chain([None]).collect();
    kept.into_iter().zip(next).filter(last_of_day).map(|(kept, _)| kept).collect()
}

/// The last entry below `size` that names a head of this log not beyond the one given.
fn find(
    store: &dyn Store,
    under: &Under,
    size: u64,
    head: &Checkpoint,
) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let mut to = size;
    while to > 0 {
        let from = to.saturating_sub(STEP);
        let entries = store.entries(&under.log, from..to)?;
        for (index, bytes) in (from..).zip(entries).collect::<Vec<_>>().into_iter().rev() {
            let entry = Entry::parse(&bytes).map_err(|error| {
                StoreError::Damaged(format!("entry {index} of log {}: {error}", under.log))
            })?;
            match entry.kind() {
                Kind::Head { log, size, .. } if *log == head.origin && *size <= head.size => {
                    return Ok(Some((index, bytes)));
                }
                _ => {}
            }
        }
        to = from;
    }
    Ok(None)
}

fn prove(store: &dyn Store, under: &Under, index: u64, entry: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let hashes = inclusion(&LogTiles::new(store, &under.log), index, under.size)
        .map_err(|error| StoreError::Damaged(format!("log {}: {error}", under.log)))?;
    let proof = TlogProof { extra: Some(entry), index, hashes, checkpoint: under.note.clone() };
    Ok(proof.to_string().into_bytes())
}
