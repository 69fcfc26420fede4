//! One log between two batches, and with a batch in the making.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Display;

use consent_core::decision::Decision;
use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use consent_core::ledger::commitment::{Opening, Part, Salt};
use consent_core::ledger::entry::action::{Action, Said};
use consent_core::ledger::entry::{Entry, IndexRange, Kind, Previous, Reason, TreeHead};
use consent_core::ledger::key::SigningKey;
use consent_core::ledger::origin::Origin;
use consent_core::notice::NoticeId;

use super::{Erasure, Recorded};
use crate::counts::{Fresh, What};
use crate::store::{Batch, DecisionRow, Erased, Head, LogId, Openings, Placed, Row, Store, StoreError, Tile};
use crate::stored::read_back;
use crate::tallies::Hour;

/// What is known of a log beside its tree.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) id: LogId,
    pub(super) key: SigningKey,
    /// Notices that an entry names.
    pub(super) notices: HashSet<NoticeId>,
    /// Whether a `close` entry has ended it.
    pub(super) closed: bool,
}

/// A log as it is stored and signed.
#[derive(Clone, Debug)]
pub(super) struct OpenLog {
    pub(super) facts: Facts,
    pub(super) state: LogState,
    /// The head of `state`; `None` before the first entry.
    pub(super) signed: Option<SignedCheckpoint>,
}

/// A log with a batch in the making.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) facts: Facts,
    /// Beside each staged entry.
    rows: Vec<Row>,
    /// The last signed head, if a new hour begins with this batch: auditors get at least one head an hour.
    history: Option<(u64, String)>,
    time: u64,
    /// What each staged entry counts as.
    counted: Vec<What>,
    /// Which job of the batch gets which answer.
    pub(super) recorded: Vec<(usize, Recorded)>,
}

impl OpenLog {
    /// Reads back what is needed to go on, and compares it with what was signed.
    pub(super) fn resume(
        store: &dyn Store,
        id: LogId,
        key: SigningKey,
        head: &Head,
        origin: Origin,
    ) -> Result<Self, StoreError> {
        let (state, signed) =
            read_back(store, &id, head, Some(origin), |_| Ok::<_, StoreError>(key.clone()))?;
        let notices = store.logged_notices(&id)?.into_iter().collect();
        Ok(Self { facts: Facts { id, key, notices, closed: head.closed }, state, signed: Some(signed) })
    }

    /// Begins a batch at `time`, or at the time of the last entry if that is later.
    pub(super) fn draft(self, time: u64) -> (Draft, Staged) {
        let new_hour = time / 3600 != self.state.time() / 3600;
        let history =
            self.signed.filter(|_| new_hour).map(|head| (head.checkpoint().size, head.as_str().to_owned()));
        let time = time.max(self.state.time());
        let (rows, counted, recorded) = (Vec::new(), Vec::new(), Vec::new());
        let draft = Draft { facts: self.facts, rows, history, time, counted, recorded };
        (draft, self.state.stage())
    }
}

impl Draft {
    fn push(&mut self, staged: &mut Staged, kind: Kind, row: Row) -> Result<(), StoreError> {
        let what = What::written(&kind, None);
        self.push_counted(staged, kind, row, what)
    }

    fn push_counted(
        &mut self,
        staged: &mut Staged,
        kind: Kind,
        row: Row,
        what: What,
    ) -> Result<(), StoreError> {
        let entry = Entry::new(self.time, kind).map_err(|error| damaged(&error))?;
        staged.push(&entry).map_err(|error| damaged(&error))?;
        self.rows.push(row);
        self.counted.push(what);
        Ok(())
    }

    pub(super) fn open(
        &mut self,
        staged: &mut Staged,
        previous: Option<Previous>,
        retention_days: u32,
    ) -> Result<(), StoreError> {
        let log = staged.state().origin().clone();
        self.push(staged, Kind::Open { log, previous, retention_days }, Row::Plain)
    }

    /// Ends the log, and returns what its successor says of it.
    pub(super) fn close(&mut self, staged: &mut Staged, next: Origin) -> Result<Previous, StoreError> {
        self.push(staged, Kind::Close { next }, Row::Plain)?;
        self.facts.closed = true;
        Ok(previous(staged.state()))
    }

    /// Names a notice, unless the log does already.
    pub(super) fn notice(&mut self, staged: &mut Staged, notice: NoticeId) -> Result<(), StoreError> {
        if self.facts.notices.insert(notice) {
            self.push(staged, Kind::Notice { notice }, Row::Notice(notice))?;
        }
        Ok(())
    }

    /// Names the head of another log.
    pub(super) fn head(&mut self, staged: &mut Staged, head: Checkpoint) -> Result<(), StoreError> {
        let Checkpoint { origin: log, size, root } = head;
        self.push(staged, Kind::Head { log, root, size }, Row::Plain)
    }

    /// Says how often a notice was shown in an hour.
    pub(super) fn tally(&mut self, staged: &mut Staged, hour: &Hour, shown: u64) -> Result<(), StoreError> {
        self.notice(staged, hour.notice)?;
        // Time in a log never goes back, though the clock that counted may have.
        let of = hour.hour.min(self.time / 3600 * 3600);
        self.push(staged, Kind::Tally { hour: of, notice: hour.notice, shown }, Row::Plain)
    }

    /// Adds a decision with fresh salts for its two commitments.
    pub(super) fn decision(
        &mut self,
        staged: &mut Staged,
        decision: &Decision,
        salts: [Salt; 2],
        job: usize,
    ) -> Result<(), StoreError> {
        self.notice(staged, decision.notice_id())?;
        let [for_subject, for_decision] = salts;
        let open = |salt, data| Opening::new(salt, data).map_err(|error| damaged(&error));
        let subject = open(for_subject, decision.subject_data())?;
        let opening = open(for_decision, decision.decision_data())?;
        let kind = Kind::Decision {
            decision: opening.commitment(Part::Decision),
            notice: decision.notice_id(),
            subject: subject.commitment(Part::Subject),
        };
        let index = staged.state().size();
        let recorded_at =
            u64::try_from(decision.recorded_at().unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        let row = DecisionRow {
            decision_id: decision.decision_id(),
            subject_id: decision.subject_id(),
            openings: Openings { subject: Some(subject), decision: Some(opening) },
            placed: Placed {
                log: self.facts.id.clone(),
                index,
                size: 0,
                recorded_at,
                request_digest: decision.request_digest(),
            },
        };
        let what = What::written(&kind, Some(decision));
        self.push_counted(staged, kind, Row::Decision(Box::new(row)), what)?;
        let log = staged.state().origin().clone();
        let decision_id = decision.decision_id();
        let recorded = Recorded { decision_id, log, index, size: 0, recorded_at, replayed: false };
        self.recorded.push((job, recorded));
        Ok(())
    }

    /// Erases decisions of this log, or of one that has ended, and says so in as many entries as it takes.
    pub(super) fn erase(
        &mut self,
        staged: &mut Staged,
        ranges: &[IndexRange],
        reason: Reason,
        ended: Option<&(LogId, Origin)>,
    ) -> Result<Vec<u64>, StoreError> {
        let mut entries = Vec::new();
        let (of, log) = match ended {
            Some((of, log)) => (of.clone(), Some(log.clone())),
            None => (self.facts.id.clone(), None),
        };
        for ranges in ranges.chunks(RANGES_PER_ENTRY) {
            let indices = ranges.to_vec();
            entries.push(staged.state().size());
            let erased = Erased { log: of.clone(), ranges: indices.clone() };
            let kind = Kind::Erasure { indices, log: log.clone(), parts: Part::ALL.to_vec(), reason };
            self.push(staged, kind, Row::Erasure(erased))?;
        }
        Ok(entries)
    }

    /// Says what somebody did.
    pub(super) fn act(&mut self, staged: &mut Staged, action: Action) -> Result<(), StoreError> {
        self.push(staged, Kind::Action(action), Row::Plain)
    }

    /// The same of an erasure, with the entries that say what was erased: in one entry, unless it is in very many logs.
    pub(super) fn act_erasure(
        &mut self,
        staged: &mut Staged,
        action: &Action,
        erasure: &Erasure,
    ) -> Result<(), StoreError> {
        let mut by_log: BTreeMap<&Origin, BTreeSet<u64>> = BTreeMap::new();
        for (log, index) in &erasure.entries {
            by_log.entry(log).or_default().insert(*index);
        }
        let said = |(log, indices): (&Origin, BTreeSet<u64>)| {
            let ranges = ranges(indices.into_iter()).into_iter();
            ranges.map(|indices| Said { indices, log: log.clone() }).collect::<Vec<_>>()
        };
        let said: Vec<_> = by_log.into_iter().flat_map(said).collect();
        let pieces = if said.is_empty() { vec![&said[..]] } else { said.chunks(SAID_PER_ENTRY).collect() };
        for piece in pieces {
            self.act(staged, Action { erased: piece.to_vec(), ..action.clone() })?;
        }
        Ok(())
    }

    /// Says that an earlier log has ended. What the store has beyond `kept` is erased with the same write. Returns the index
    /// of the entry.
    pub(super) fn ended(
        &mut self,
        staged: &mut Staged,
        ended: &SignedCheckpoint,
        kept: TreeHead,
        beyond: Option<Erased>,
    ) -> Result<u64, StoreError> {
        let head = ended.checkpoint();
        let index = staged.state().size();
        let row = beyond.map_or(Row::Plain, Row::Erasure);
        self.push(staged, Kind::Ended { kept, log: head.origin.clone(), signed: head.into() }, row)?;
        Ok(index)
    }

    /// Writes the size of the finished batch, which nobody knew before, wherever it is promised.
    pub(super) fn finish(&mut self, staged: &Staged) {
        let size = staged.state().size();
        for row in &mut self.rows {
            if let Row::Decision(row) = row {
                row.placed.size = size;
            }
        }
        for (_, recorded) in &mut self.recorded {
            recorded.size = size;
        }
    }

    /// Tells what the entries from `from` on count as, now that they are durable.
    pub(super) fn tell(&mut self, fresh: &Fresh, from: u64) {
        fresh.add(&self.facts.id, from, self.time, std::mem::take(&mut self.counted));
    }

    /// What the store is given.
    pub(super) fn batch<'a>(&'a self, staged: &'a Staged) -> Batch<'a> {
        let state = staged.state();
        let tiles = staged.tiles().map(|(tile, hashes)| Tile {
            level: tile.level,
            index: tile.index,
            hashes: hashes.iter().flat_map(|hash| hash.0).collect(),
        });
        Batch {
            log: &self.facts.id,
            from: staged.from(),
            entries: staged.entries(),
            rows: &self.rows,
            tiles: tiles.collect(),
            head: Head {
                size: state.size(),
                root: state.root(),
                time: state.time(),
                closed: self.facts.closed,
                forgotten: false,
            },
            history: self.history.as_ref(),
        }
    }
}

/// What can only be if the store, or this program, is not as it was left: the process ends, nothing is answered.
pub(super) fn damaged(what: &dyn Display) -> StoreError {
    StoreError::Damaged(what.to_string())
}

/// How many ranges one erasure entry names at most: `[9007199254740991,9007199254740992],` times this fits in 4 KiB.
const RANGES_PER_ENTRY: usize = 100;

/// How many places an action names at most: each has the name of a log, of up to 300 bytes.
const SAID_PER_ENTRY: usize = 8;

/// Ascending indices as ranges.
pub(super) fn ranges(indices: impl Iterator<Item = u64>) -> Vec<IndexRange> {
    let mut ranges: Vec<IndexRange> = Vec::new();
    for index in indices {
        match ranges.last_mut() {
            Some(last) if last.to == index => last.to += 1,
            _ => ranges.push(IndexRange { from: index, to: index + 1 }),
        }
    }
    ranges
}

/// What the next log says of one that ended in this state.
pub(super) fn previous(state: &LogState) -> Previous {
    Previous { log: state.origin().clone(), root: state.root(), size: state.size() }
}
