//! One line of a log: canonical JSON in ASCII, at most 4 KiB, no personal data in clear.
//!
//! ```
//! use consent_core::ledger::entry::{Entry, EntryError, IndexRange, Kind, Reason};
//! use consent_core::ledger::{commitment::Part, hash::leaf_hash};
//!
//! let (indices, parts) = (vec![IndexRange { from: 3, to: 5 }], vec![Part::Subject]);
//! let erasure = Kind::Erasure { indices, log: None, parts, reason: Reason::Request };
//! let entry = Entry::new(1_795_426_200, erasure.clone())?;
//! assert_eq!((entry.time(), entry.kind()), (1_795_426_200, &erasure));
//! assert_eq!(entry.leaf_hash(), leaf_hash(entry.bytes()));
//! assert!(entry.bytes().starts_with(br#"{"indices":[[3,5]],"kind":"erasure","#));
//!
//! let never = Kind::Open { log: "consent.example/newsroom/2026".parse()?, previous: None, retention_days: 0 };
//! assert_eq!(Entry::new(1_795_426_200, never), Err(EntryError::Number), "openings are erased some day");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod action;
mod decision;

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::action::Action;
use super::checkpoint::Checkpoint;
use super::commitment::Part;
use super::hash::{MAX_SIZE, leaf_hash};
use super::key::VerifierKey;
use super::origin::Origin;
use super::tile::MAX_ENTRY_BYTES;
use crate::canonical::{self, CanonicalError, MAX_INTEGER};
use crate::digest::Digest;
use crate::notice::NoticeId;

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Kind {
    /// The log begins. Index 0, and only there.
    Open {
        /// The log's own name.
        log: Origin,
        /// How the log before this one ended, if there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        previous: Option<Previous>,
        /// After how many days openings are erased, at least 1.
        retention_days: u32,
    },
    /// A notice is in use from now on. Comes before every entry that names it.
    Notice {
        /// Its address.
        notice: NoticeId,
    },
    /// A visitor decided. Grant, change, denial and withdrawal look alike.
    Decision {
        /// Commitment to what was decided.
        decision: Digest,
        /// What was shown.
        notice: NoticeId,
        /// Commitment to who decided.
        subject: Digest,
    },
    /// How often a notice was shown in one hour, so that decisions can be compared with it.
    Tally {
        /// Start of the hour, unix seconds, a multiple of 3600.
        hour: u64,
        /// Which notice.
        notice: NoticeId,
        /// How often.
        shown: u64,
    },
    /// Openings were erased.
    Erasure {
        /// Of which entries, of this log all before this one: ascending, apart from each other.
        indices: Vec<IndexRange>,
        /// The log that they are in, if it is not this one: an earlier one of the site that has [`Kind::Ended`] and takes
        /// no entry any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        log: Option<Origin>,
        /// Which parts, in the order of [`Part::ALL`].
        parts: Vec<Part>,
        /// Why.
        reason: Reason,
    },
    /// An earlier log of the site can not go on: part of it was lost, or its key. Nothing is ever added to it again.
    Ended {
        /// What is left of it. As large as `signed` if nothing was lost.
        kept: TreeHead,
        /// Its name.
        log: Origin,
        /// The head that was signed last under its name.
        signed: TreeHead,
    },
    /// Another key signs from now on.
    Key {
        /// The new key.
        new: VerifierKey,
    },
    /// Another log of this server has this head. Only in the log of heads.
    Head {
        /// The other log.
        log: Origin,
        /// Its root.
        root: Digest,
        /// Its size, at least 1.
        size: u64,
    },
    /// Somebody did something with the server. Only in its trail.
    Action(Action),
    /// The log ends: no decision follows. Erasures of what it holds may.
    Close {
        /// Where it goes on.
        next: Origin,
    },
}

/// A root, and how many entries it is over.
///
/// ```
/// use consent_core::ledger::checkpoint::Checkpoint;
/// use consent_core::ledger::entry::{Entry, Kind, Previous, TreeHead};
///
/// let text = "consent.example/newsroom/2026\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
/// let last: Checkpoint = text.parse()?;
/// let TreeHead { root, size } = TreeHead::from(&last);
/// // The log of the next year begins with how that one ended.
/// let previous = Some(Previous { log: last.origin, root, size });
/// let open = Kind::Open { log: "consent.example/newsroom/2027".parse()?, previous, retention_days: 1095 };
/// assert!(Entry::new(1_798_761_600, open).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeHead {
    /// The root.
    pub root: Digest,
    /// How many entries.
    pub size: u64,
}

impl From<&Checkpoint> for TreeHead {
    /// Without the name of the log.
    fn from(checkpoint: &Checkpoint) -> Self {
        Self { root: checkpoint.root, size: checkpoint.size }
    }
}

/// How the log before this one ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Previous {
    /// Its name.
    pub log: Origin,
    /// Its last root.
    pub root: Digest,
    /// Its last size.
    pub size: u64,
}

/// The entries from `from` up to, but without, `to`. In JSON: `[from,to]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(u64, u64)", into = "(u64, u64)")]
pub struct IndexRange {
    /// The first.
    pub from: u64,
    /// The one after the last.
    pub to: u64,
}

impl From<(u64, u64)> for IndexRange {
    fn from((from, to): (u64, u64)) -> Self {
        Self { from, to }
    }
}

impl From<IndexRange> for (u64, u64) {
    fn from(range: IndexRange) -> Self {
        (range.from, range.to)
    }
}

/// Why openings were erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The subject asked for it (GDPR, article 17).
    Request,
    /// The retention period was over (GDPR, article 5(1)(e)).
    Retention,
    /// A law or a court ordered it.
    Legal,
}

/// A line of a log. Cannot be changed: what is hashed is what was written.
///
/// ```
/// use consent_core::{digest::Digest, ledger::entry::{Entry, Kind}, notice::NoticeId};
///
/// let entry = Entry::new(1_800_000_000, Kind::Notice { notice: NoticeId(Digest::of(b"")) })?;
/// let text = r#"{"kind":"notice","notice":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU","time":1800000000,"v":1}"#;
/// assert_eq!(entry.bytes(), text.as_bytes());
/// assert_eq!(Entry::parse(text.as_bytes())?, entry);
/// # Ok::<(), consent_core::ledger::entry::EntryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    time: u64,
    kind: Kind,
    bytes: Vec<u8>,
}

/// Why something is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryError {
    /// Longer than [`MAX_ENTRY_BYTES`].
    #[error("entry: longer than 4 KiB")]
    TooLong,
    /// Not canonical JSON, or not the fields of a kind.
    #[error("entry: {0}")]
    Canonical(CanonicalError),
    /// A character outside ASCII.
    #[error("entry: not ASCII")]
    NotAscii,
    /// A version that this program does not know.
    #[error("entry: unknown version")]
    Version,
    /// No time, or one beyond 2^53 − 1.
    #[error("entry: no time")]
    Time,
    /// A number outside its range: retention of 0 days, an hour that is none, a size beyond the limit.
    #[error("entry: a number is outside its range")]
    Number,
    /// The indices of an erasure are none, not ascending, or touch each other.
    #[error("entry: indices are not ascending ranges apart from each other")]
    Indices,
    /// The parts of an erasure are none, repeated or not in their order.
    #[error("entry: parts are not one or both of subject and decision, in this order")]
    Parts,
}

impl Entry {
    /// Writes an entry at `time`, unix seconds. That time does not go back is for the log to see to.
    ///
    /// # Errors
    /// If a rule of the kind is broken or the entry gets longer than [`MAX_ENTRY_BYTES`].
    pub fn new(time: u64, kind: Kind) -> Result<Self, EntryError> {
        check(time, &kind)?;
        let bytes = write(time, &kind)?;
        Ok(Self { time, kind, bytes })
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// If the bytes are not exactly those that [`Entry::new`] writes for some entry.
    pub fn parse(bytes: &[u8]) -> Result<Self, EntryError> {
        match decision::parse(bytes) {
            Some((time, kind)) => Ok(Self { time, kind, bytes: bytes.to_vec() }),
            None => parse_any(bytes),
        }
    }

    /// When the log took it, unix seconds.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }

    /// What it says.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// The canonical JSON that is hashed.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its hash in the tree.
    #[must_use]
    pub fn leaf_hash(&self) -> Digest {
        leaf_hash(&self.bytes)
    }
}

/// As much as the entry of a decision takes with a time of ten digits.
const DECISION_BYTES: usize = 211;

/// Almost every entry is a decision, and three hashes and a time have one form: written down without the detour over a
/// JSON value it takes a tenth of the time.
fn write_decision(time: u64, decision: &Digest, notice: &NoticeId, subject: &Digest) -> Vec<u8> {
    let mut text = String::with_capacity(DECISION_BYTES);
    let mut memory = [0; 43];
    for (before, digest) in [
        (r#"{"decision":""#, decision),
        (r#"","kind":"decision","notice":""#, &notice.0),
        (r#"","subject":""#, subject),
    ] {
        text.push_str(before);
        text.push_str(digest.text_in(&mut memory));
    }
    // Writing into a string does not fail.
    let _ = write!(text, r#"","time":{time},"v":1}}"#);
    text.into_bytes()
}

/// Reads an entry of any kind: its fields first, then what they would be written as.
fn parse_any(bytes: &[u8]) -> Result<Entry, EntryError> {
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(EntryError::TooLong);
    }
    if !bytes.is_ascii() {
        return Err(EntryError::NotAscii);
    }
    let shape = EntryError::Canonical(CanonicalError::Shape);
    let Value::Object(mut fields) = canonical::parse(bytes).map_err(EntryError::Canonical)? else {
        return Err(shape);
    };
    if fields.remove("v").and_then(|v| v.as_u64()) != Some(1) {
        return Err(EntryError::Version);
    }
    let time = fields.remove("time").and_then(|time| time.as_u64()).ok_or(EntryError::Time)?;
    let Some(Value::String(kind)) = fields.remove("kind") else { return Err(shape) };
    let tagged = Value::Object(Map::from_iter([(kind, Value::Object(fields))]));
    let kind = serde_json::from_value(tagged).map_err(|_| shape)?;
    let entry = Entry::new(time, kind)?;
    // Whatever two texts could mean the same entry, only one of them is it.
    if entry.bytes == bytes { Ok(entry) } else { Err(EntryError::Canonical(CanonicalError::NotCanonical)) }
}

fn write(time: u64, kind: &Kind) -> Result<Vec<u8>, EntryError> {
    if let Kind::Decision { decision, notice, subject } = kind {
        return Ok(write_decision(time, decision, notice, subject));
    }
    let shape = EntryError::Canonical(CanonicalError::Shape);
    let Ok(Value::Object(tagged)) = serde_json::to_value(kind) else { return Err(shape) };
    let Some((name, Value::Object(mut fields))) = tagged.into_iter().next() else { return Err(shape) };
    fields.insert("kind".into(), name.into());
    fields.insert("time".into(), time.into());
    fields.insert("v".into(), 1.into());
    let bytes = canonical::to_vec(&fields).map_err(EntryError::Canonical)?;
    if bytes.len() > MAX_ENTRY_BYTES {
        return Err(EntryError::TooLong);
    }
    if bytes.is_ascii() { Ok(bytes) } else { Err(EntryError::NotAscii) }
}

fn check(time: u64, kind: &Kind) -> Result<(), EntryError> {
    let number = |fits| if fits { Ok(()) } else { Err(EntryError::Number) };
    if time > MAX_INTEGER {
        return Err(EntryError::Time);
    }
    match kind {
        Kind::Open { previous, retention_days, .. } => {
            number(*retention_days > 0 && previous.as_ref().is_none_or(|previous| previous.size <= MAX_SIZE))
        }
        Kind::Head { size, .. } => number((1..=MAX_SIZE).contains(size)),
        Kind::Tally { hour, shown, .. } => number(hour % 3600 == 0 && *hour <= time && *shown <= MAX_INTEGER),
        Kind::Erasure { indices, parts, .. } => {
            let apart = indices.iter().zip(indices.iter().skip(1)).all(|(left, right)| left.to < right.from);
            if indices.is_empty()
                || !apart
                || indices.iter().any(|range| range.from >= range.to || range.to > MAX_SIZE)
            {
                return Err(EntryError::Indices);
            }
            let ordered = parts.iter().zip(parts.iter().skip(1)).all(|(left, right)| left < right);
            if parts.is_empty() || !ordered { Err(EntryError::Parts) } else { Ok(()) }
        }
        Kind::Action(action) => {
            let fits = |range: IndexRange| range.from < range.to && range.to <= MAX_SIZE;
            if action.erased.iter().all(|said| fits(said.indices)) {
                Ok(())
            } else {
                Err(EntryError::Indices)
            }
        }
        Kind::Ended { kept, signed, .. } => number(kept.size <= MAX_SIZE && signed.size <= MAX_SIZE),
        Kind::Notice { .. } | Kind::Decision { .. } | Kind::Key { .. } | Kind::Close { .. } => Ok(()),
    }
}
