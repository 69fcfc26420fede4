//! Everything in memory: for tests, and for trying the server out. Nothing survives the process.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::ledger::entry::IndexRange;
use consent_core::notice::{NoticeId, SiteId};

use super::rows::{Batch, Erased, Head, LogId, Notices, Openings, Placed, Row};
use super::{Store, StoreError, documents};

/// A store that forgets.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
    shared: bool,
}

#[derive(Debug, Default)]
struct State {
    logs: BTreeMap<LogId, Log>,
    decisions: HashMap<(SiteId, DecisionId), Placed>,
    subjects: HashMap<(SiteId, SubjectId), BTreeSet<(LogId, u64)>>,
    notices: BTreeMap<(SiteId, NoticeId), Vec<u8>>,
    documents: BTreeMap<(SiteId, String), Vec<u8>>,
}

#[derive(Debug, Default)]
struct Log {
    head: Option<Head>,
    entries: Vec<Vec<u8>>,
    openings: BTreeMap<u64, Openings>,
    /// The keys that lead to a decision, by its index.
    keys: BTreeMap<u64, (DecisionId, SubjectId)>,
    tiles: HashMap<(u8, u64), Vec<u8>>,
    notices: BTreeSet<NoticeId>,
    history: BTreeMap<u64, String>,
}

impl MemoryStore {
    /// One that several sequencers of this process may write to at the same time.
    #[must_use]
    pub fn shared() -> Self {
        Self { shared: true, ..Self::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while the lock was held can only have been in a test's assertion: the state is whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read<T: Default>(&self, log: &LogId, read: impl FnOnce(&Log) -> T) -> T {
        self.state().logs.get(log).map(read).unwrap_or_default()
    }
}

impl State {
    fn is_forgotten(&self, log: &LogId) -> bool {
        self.logs.get(log).and_then(|log| log.head).is_some_and(|head| head.forgotten)
    }

    fn erase(&mut self, erased: &Erased) {
        let Some(log) = self.logs.get_mut(&erased.log) else { return };
        for range in &erased.ranges {
            log.openings.retain(|index, _| !(range.from..range.to).contains(index));
            for (index, (decision, subject)) in log.keys.extract_if(range.from..range.to, |_, _| true) {
                let site = &erased.log.site;
                self.decisions.remove(&(site.clone(), decision));
                if let Some(places) = self.subjects.get_mut(&(site.clone(), subject)) {
                    places.remove(&(erased.log.clone(), index));
                }
            }
        }
    }
}

impl Store for MemoryStore {
    fn is_shared(&self) -> bool {
        self.shared
    }

    fn commit(&self, batches: &[Batch]) -> Result<(), StoreError> {
        let mut state = self.state();
        for batch in batches {
            if state.is_forgotten(batch.log) {
                return Err(StoreError::Forgotten(batch.log.clone()));
            }
            let head = state.logs.get(batch.log).and_then(|log| log.head);
            let found = head.map_or(0, |head| head.size);
            if found != batch.from || batch.opens_again(head.is_some_and(|head| head.closed)) {
                return Err(StoreError::Conflict { log: batch.log.clone(), expected: batch.from, found });
            }
        }
        for batch in batches {
            let State { logs, decisions, subjects, .. } = &mut *state;
            let log = logs.entry(batch.log.clone()).or_default();
            log.entries.extend_from_slice(batch.entries);
            for (index, row) in (batch.from..).zip(batch.rows) {
                match row {
                    Row::Plain | Row::Erasure(_) => {}
                    Row::Notice(notice) => drop(log.notices.insert(*notice)),
                    Row::Decision(row) => {
                        let site = &batch.log.site;
                        log.openings.insert(index, row.openings.clone());
                        log.keys.insert(index, (row.decision_id, row.subject_id));
                        decisions.insert((site.clone(), row.decision_id), row.placed.clone());
                        let places = subjects.entry((site.clone(), row.subject_id)).or_default();
                        places.insert((batch.log.clone(), index));
                    }
                }
            }
            for tile in &batch.tiles {
                log.tiles.insert((tile.level, tile.index), tile.hashes.clone());
            }
            log.history.extend(batch.history.cloned());
            log.head = Some(batch.head);
            for row in batch.rows {
                if let Row::Erasure(erased) = row {
                    state.erase(erased);
                }
            }
        }
        Ok(())
    }

    fn publish(&self, site: &SiteId, notice: NoticeId, bytes: &[u8]) -> Result<(), StoreError> {
        self.state().notices.insert((site.clone(), notice), bytes.to_vec());
        Ok(())
    }

    fn forget_log(&self, log: &LogId) -> Result<(), StoreError> {
        let mut state = self.state();
        let Some(head) = state.logs.get(log).and_then(|log| log.head) else { return Ok(()) };
        let whole = IndexRange { from: 0, to: u64::MAX };
        state.erase(&Erased { log: log.clone(), ranges: vec![whole] });
        let forgotten = Log { head: Some(Head { forgotten: true, ..head }), ..Log::default() };
        state.logs.insert(log.clone(), forgotten);
        Ok(())
    }

    fn keep(&self, site: &SiteId, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        documents::check(name, bytes)?;
        self.state().documents.insert((site.clone(), name.to_owned()), bytes.to_vec());
        Ok(())
    }

    fn kept(&self, site: &SiteId, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().documents.get(&(site.clone(), name.to_owned())).cloned())
    }

    fn kept_names(&self, site: &SiteId, prefix: &str) -> Result<Vec<String>, StoreError> {
        let state = self.state();
        let own = state.documents.keys().filter(|(of, name)| of == site && name.starts_with(prefix));
        Ok(own.map(|(_, name)| name.clone()).collect())
    }

    fn discard(&self, site: &SiteId, name: &str) -> Result<(), StoreError> {
        self.state().documents.remove(&(site.clone(), name.to_owned()));
        Ok(())
    }

    fn logs(&self) -> Result<Vec<(LogId, Head)>, StoreError> {
        Ok(self.state().logs.iter().filter_map(|(id, log)| Some((id.clone(), log.head?))).collect())
    }

    fn head(&self, log: &LogId) -> Result<Option<Head>, StoreError> {
        Ok(self.read(log, |log| log.head))
    }

    fn entries(&self, log: &LogId, range: Range<u64>) -> Result<Vec<Vec<u8>>, StoreError> {
        if range.is_empty() {
            return Ok(Vec::new());
        }
        let missing =
            || StoreError::Damaged(format!("log {log} has no entries {}..{}", range.start, range.end));
        let (Ok(start), Ok(end)) = (usize::try_from(range.start), usize::try_from(range.end)) else {
            return Err(missing());
        };
        self.read(log, |log| log.entries.get(start..end).map(<[_]>::to_vec)).ok_or_else(missing)
    }

    fn tile(&self, log: &LogId, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(log, |log| log.tiles.get(&(level, index)).cloned()))
    }

    fn openings(&self, log: &LogId, range: Range<u64>) -> Result<Vec<(u64, Openings)>, StoreError> {
        Ok(self
            .read(log, |log| log.openings.range(range).map(|(index, row)| (*index, row.clone())).collect()))
    }

    fn find_decision(&self, site: &SiteId, decision: DecisionId) -> Result<Option<Placed>, StoreError> {
        Ok(self.state().decisions.get(&(site.clone(), decision)).cloned())
    }

    fn find_subject(&self, site: &SiteId, subject: SubjectId) -> Result<Vec<(LogId, u64)>, StoreError> {
        let state = self.state();
        let places = state.subjects.get(&(site.clone(), subject));
        Ok(places.map(|places| places.iter().cloned().collect()).unwrap_or_default())
    }

    fn notice(&self, site: &SiteId, notice: NoticeId) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().notices.get(&(site.clone(), notice)).cloned())
    }

    fn notices(&self, site: &SiteId) -> Result<Notices, StoreError> {
        let state = self.state();
        let own = state.notices.iter().filter(|((of, _), _)| of == site);
        Ok(own.map(|((_, id), bytes)| (*id, bytes.clone())).collect())
    }

    fn logged_notices(&self, log: &LogId) -> Result<Vec<NoticeId>, StoreError> {
        Ok(self.read(log, |log| log.notices.iter().copied().collect()))
    }

    fn history(&self, log: &LogId) -> Result<Vec<(u64, String)>, StoreError> {
        Ok(self.read(log, |log| log.history.clone().into_iter().collect()))
    }
}
