//! What is handed to a store and what comes back.

use std::fmt;

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::ledger::commitment::Opening;
use consent_core::ledger::entry::IndexRange;
use consent_core::ledger::origin::LogYear;
use consent_core::notice::{NoticeId, SiteId};

/// One log: one site, one year, and its number within the year if it is not the first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId {
    /// The site.
    pub site: SiteId,
    /// Which log of the site.
    pub year: LogYear,
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.site, self.year)
    }
}

/// Where a log ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// How many entries it has.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
    /// The time of its last entry, unix seconds.
    pub time: u64,
    /// Whether a `close` entry has ended it: then only erasures may follow. Or it can not go on, and a later log says so: then
    /// nothing does.
    pub closed: bool,
    /// Whether [`Store::forget_log`](super::Store::forget_log) has taken everything else away: then nothing follows.
    pub forgotten: bool,
}

/// The part of a batch that goes to one log.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// The log.
    pub log: &'a LogId,
    /// The size that the log must have: the index of the first entry.
    pub from: u64,
    /// The new entries, as they are hashed.
    pub entries: &'a [Vec<u8>],
    /// What belongs to each of them beside the log.
    pub rows: &'a [Row],
    /// Tiles as they stand after the batch: full ones, and the growing ones above level 0.
    pub tiles: Vec<Tile>,
    /// The head after the batch.
    pub head: Head,
    /// A head that was signed earlier and is to be kept for auditors: size and note.
    pub history: Option<&'a (u64, String)>,
}

impl Batch<'_> {
    /// Whether it was made by somebody who does not know that the log is closed.
    pub(super) fn opens_again(&self, is_closed: bool) -> bool {
        is_closed && !self.head.closed
    }
}

/// What belongs to an entry beside the log.
#[derive(Clone, Debug)]
pub enum Row {
    /// Nothing.
    Plain,
    /// It names this notice.
    Notice(NoticeId),
    /// It records this decision.
    Decision(Box<DecisionRow>),
    /// It says that these decisions are erased, which happens with the same write.
    Erasure(Erased),
}

/// Decisions of which nothing is to be left but their entries: both openings, and every key that leads to them, go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The log that they are in: as a rule the one of the erasure itself.
    pub log: LogId,
    /// Their indices, ascending, apart from each other. One range may span millions; what lies in it and is no decision,
    /// or was erased before, is passed over.
    pub ranges: Vec<IndexRange>,
}

/// The erasable side of a decision.
#[derive(Clone, Debug)]
pub struct DecisionRow {
    /// Its name: the key under which a retry finds it.
    pub decision_id: DecisionId,
    /// Who decided: the key under which it is found for access and erasure.
    pub subject_id: SubjectId,
    /// Where it is put: the index of its own row.
    pub placed: Placed,
    /// The openings of both commitments.
    pub openings: Openings,
}

/// What is left behind the commitments of one entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Openings {
    /// Behind `subject`, unless erased.
    pub subject: Option<Opening>,
    /// Behind `decision`, unless erased.
    pub decision: Option<Opening>,
}

/// The hashes of a tile as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// 0 to 5.
    pub level: u8,
    /// Its number in the level.
    pub index: u64,
    /// 32 bytes for each hash.
    pub hashes: Vec<u8>,
}

/// Where a decision is, and how it was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// In which log.
    pub log: LogId,
    /// At which index.
    pub index: u64,
    /// The size of the log in the acknowledgement, so that a retry gets the same answer.
    pub size: u64,
    /// The time in the acknowledgement, unix milliseconds.
    pub recorded_at: u64,
    /// What the browser sent, to tell a retry from another decision under the same name.
    pub request_digest: Digest,
}

/// A site's notices by id, as they were published.
pub type Notices = Vec<(NoticeId, Vec<u8>)>;
