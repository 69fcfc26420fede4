//! The erasable side of a decision as bytes. All zeros is one that was erased; no decision, no bytes.

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::ledger::commitment::{Opening, Salt};

use super::super::rows::{DecisionRow, LogId, Openings, Placed};
use super::codec::Reader;

/// Bit of the flags: there is an opening of `subject`.
const SUBJECT: u8 = 1;
/// Bit of the flags: there is an opening of `decision`.
const DECISION: u8 = 2;

/// What is kept of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) decision_id: DecisionId,
    pub(super) subject_id: SubjectId,
    pub(super) size: u64,
    pub(super) recorded_at: u64,
    pub(super) request_digest: Digest,
    pub(super) openings: Openings,
}

/// What stands in the place of a decision's openings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    /// They were erased, or the entry has none.
    Empty,
    /// They are there.
    Kept(Box<Kept>),
}

/// Appends a decision: a checksum, and what it covers.
pub(super) fn put(to: &mut Vec<u8>, row: &DecisionRow) {
    let begin = to.len();
    to.extend_from_slice(&[0; 4]);
    let Openings { subject, decision } = &row.openings;
    // Never zero, so that what was not erased is not all zeros.
    let flags =
        0x80 | if subject.is_some() { SUBJECT } else { 0 } | if decision.is_some() { DECISION } else { 0 };
    to.push(flags);
    to.extend_from_slice(row.decision_id.as_bytes());
    to.extend_from_slice(row.subject_id.as_bytes());
    to.extend_from_slice(&row.placed.size.to_be_bytes());
    to.extend_from_slice(&row.placed.recorded_at.to_be_bytes());
    to.extend_from_slice(&row.placed.request_digest.0);
    for opening in [subject, decision].into_iter().flatten() {
        // At most `MAX_DATA_BYTES`, 32 KiB.
        let data = opening.data().as_bytes();
        to.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes());
        to.extend_from_slice(&opening.salt().0);
        to.extend_from_slice(data);
    }
    let check = crc32fast::hash(to.get(begin + 4..).unwrap_or_default());
    if let Some(place) = to.get_mut(begin..begin + 4) {
        place.copy_from_slice(&check.to_be_bytes());
    }
}

/// Reads a decision; `None` if the bytes are damaged.
pub(super) fn read(bytes: &[u8]) -> Option<Slot> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Some(Slot::Empty);
    }
    let (check, rest) = bytes.split_first_chunk()?;
    if crc32fast::hash(rest) != u32::from_be_bytes(*check) {
        return None;
    }
    let mut from = Reader(rest);
    let flags = from.u8()?;
    let kept = Kept {
        decision_id: DecisionId::from_bytes(from.array()?)?,
        subject_id: SubjectId::from_bytes(from.array()?),
        size: from.u64()?,
        recorded_at: from.u64()?,
        request_digest: Digest(from.array()?),
        openings: Openings {
            subject: if flags & SUBJECT == 0 { None } else { Some(opening(&mut from)?) },
            decision: if flags & DECISION == 0 { None } else { Some(opening(&mut from)?) },
        },
    };
    from.0.is_empty().then(|| Slot::Kept(Box::new(kept)))
}

fn opening(from: &mut Reader<'_>) -> Option<Opening> {
    let length = usize::from(from.u16()?);
    let salt = Salt(from.array()?);
    let data = std::str::from_utf8(from.bytes(length)?).ok()?;
    Opening::new(salt, data.to_owned()).ok()
}

impl Kept {
    /// Where it is, given the place at which it was found.
    pub(super) fn placed(&self, log: LogId, index: u64) -> Placed {
        let Self { size, recorded_at, request_digest, .. } = *self;
        Placed { log, index, size, recorded_at, request_digest }
    }
}
