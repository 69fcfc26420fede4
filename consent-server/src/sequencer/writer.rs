//! The thread behind the sequencer.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use consent_core::decision::{Decision, DecisionId, SubjectId};
use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::entry::{Previous, Reason};
use consent_core::ledger::origin::Origin;
use consent_core::notice::SiteId;
use time::OffsetDateTime;
use tokio::sync::mpsc;

use super::drift::{self, Drift};
use super::erased::ErasedIds;
use super::log::{Draft, Facts, OpenLog, damaged, previous, ranges};
use super::salts::Salts;
use super::watch;
use super::{Erasure, Job, MAX_BATCH, Parts, RecordError, Recorded, Reply};
use crate::store::{Head, LogId, Store, StoreError};

pub(super) struct Writer {
    store: Arc<dyn Store>,
    parts: Parts,
    drift: Drift,
    salts: Salts,
    erased: ErasedIds,
    /// The newest log of each site.
    logs: HashMap<SiteId, OpenLog>,
}

/// The drafts of one batch. Each stands beside its staged log, which is what the ledger's own types are made of.
#[derive(Default)]
struct Work {
    drafts: Vec<Draft>,
    staged: Vec<Staged>,
}

impl Writer {
    /// Reads all logs back.
    pub(super) fn open(store: Arc<dyn Store>, parts: Parts) -> Result<Self, StoreError> {
        let erased = ErasedIds::load(&*store, parts.clock.unix_seconds())?;
        let (drift, salts) = (Drift::default(), Salts::default());
        let mut writer = Self { store, parts, drift, salts, erased, logs: HashMap::new() };
        for (id, head) in writer.store.logs()? {
            let log = writer.resume(&id, &head)?;
            drift::check_start(&*writer.parts.clock, &id, head.time)?;
            if let Some(signed) = &log.signed {
                writer.parts.heads.publish(id.clone(), signed.clone());
            }
            // They come by year, so the newest of each site stays.
            writer.logs.insert(id.site, log);
        }
        writer.compare_with_signed()?;
        Ok(writer)
    }

    fn compare_with_signed(&self) -> Result<(), StoreError> {
        let signed = self.parts.last_signed.all().map_err(|error| StoreError::Engine(Box::new(error)))?;
        for (id, note) in signed {
            let key = self.parts.key.of_log(&self.origin(&id)?).map_err(|error| damaged(&error))?;
            let head = self.store.head(&id)?;
            watch::compare(&*self.store, &id, head.as_ref(), &note, key.verifier())?;
        }
        Ok(())
    }

    /// Works until every handle is dropped and everything accepted is done.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) -> Result<(), StoreError> {
        let mut waiting = Vec::with_capacity(MAX_BATCH);
        while jobs.blocking_recv_many(&mut waiting, MAX_BATCH) > 0 {
            self.work(waiting.drain(..))?;
        }
        Ok(())
    }

    /// Records one batch and answers.
    fn work(&mut self, jobs: impl Iterator<Item = Job>) -> Result<(), StoreError> {
        let now = self.drift.read(&*self.parts.clock)?;
        let mut work = Work::default();
        let mut names = HashSet::new();
        let (mut published, mut again, mut erasures) = (Vec::new(), Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Publish { site, notice, reply } => {
                    let (draft, staged) = self.draft(&mut work, &site, now)?;
                    draft.notice(staged, notice)?;
                    published.push(reply);
                }
                Job::NameHeads { site, heads, reply } => {
                    let (draft, staged) = self.draft(&mut work, &site, now)?;
                    for head in heads {
                        draft.head(staged, head)?;
                    }
                    published.push(reply);
                }
                Job::Tally { hour, shown, reply } => {
                    let (draft, staged) = self.draft(&mut work, &hour.site, now)?;
                    draft.tally(staged, &hour, shown)?;
                    published.push(reply);
                }
                // After the rest of the batch, which may hold decisions of the same subject.
                Job::Erase { site, subject, reason, reply } => erasures.push((site, subject, reason, reply)),
                Job::Record { site, decision, reply } => {
                    if !names.insert((site.clone(), decision.decision_id())) {
                        // A retry that caught up with its own first try: it is answered when that one is stored.
                        again.push((site, decision, reply));
                    } else if let Some(answer) = self.known(&site, &decision)? {
                        answer_to(reply, answer);
                    } else if self.erased.has(&self.parts.key, &site, decision.decision_id()) {
                        answer_to(reply, Err(RecordError::Erased));
                    } else {
                        let salts = self.salts.next()?;
                        let (draft, staged) = self.draft(&mut work, &site, now)?;
                        draft.decision(staged, &decision, salts, reply)?;
                    }
                }
            }
        }
        self.commit(work)?;
        for (site, decision, reply) in again {
            answer_to(reply, self.known(&site, &decision)?.unwrap_or(Err(RecordError::Unknown)));
        }
        for (site, subject, reason, reply) in erasures {
            // If nobody waits any more, it is erased all the same.
            let _ = reply.send(self.erase(&site, subject, reason, now)?);
        }
        for reply in published {
            // Nobody waits only if the server is stopping.
            let _ = reply.send(());
        }
        Ok(())
    }

    /// The answer to a decision that is recorded already; `None` if it is new.
    fn known(
        &self,
        site: &SiteId,
        decision: &Decision,
    ) -> Result<Option<Result<Recorded, RecordError>>, StoreError> {
        let decision_id: DecisionId = decision.decision_id();
        let Some(placed) = self.store.find_decision(site, decision_id)? else { return Ok(None) };
        if placed.request_digest != decision.request_digest() {
            return Ok(Some(Err(RecordError::Conflict)));
        }
        Ok(Some(Ok(Recorded {
            decision_id,
            log: self.origin(&placed.log)?,
            index: placed.index,
            size: placed.size,
            recorded_at: placed.recorded_at,
            replayed: true,
        })))
    }

    /// Erases all that a subject decided, whatever the year, as one batch of its own.
    fn erase(
        &mut self,
        site: &SiteId,
        subject: SubjectId,
        reason: Reason,
        now: u64,
    ) -> Result<Erasure, StoreError> {
        let mut by_log: BTreeMap<LogId, BTreeSet<u64>> = BTreeMap::new();
        let places = self.store.find_subject(site, subject)?;
        self.erased.keep(&*self.store, &self.parts.key, site, &places, now)?;
        for (log, index) in places {
            by_log.entry(log).or_default().insert(index);
        }
        let mut work = Work::default();
        let mut erasure = Erasure { decisions: 0, entries: Vec::new() };
        for (log, erased) in by_log {
            erasure.decisions += u64::try_from(erased.len()).unwrap_or(0);
            let (mut draft, mut staged) = self.take(&log)?.draft(now);
            let entries = draft.erase(&mut staged, &ranges(erased.iter().copied()), reason)?;
            let origin = staged.state().origin().clone();
            erasure.entries.extend(entries.into_iter().map(|index| (origin.clone(), index)));
            work.add(draft, staged);
        }
        self.commit(work)?;
        Ok(erasure)
    }

    /// A log that is stored: the newest of its site is at hand, an older one is read back.
    fn take(&mut self, id: &LogId) -> Result<OpenLog, StoreError> {
        match self.logs.remove(&id.site) {
            Some(log) if log.facts.id == *id => return Ok(log),
            Some(newest) => drop(self.logs.insert(id.site.clone(), newest)),
            None => {}
        }
        let head = self.store.head(id)?.ok_or_else(|| damaged(&format!("log {id} has no head")))?;
        self.resume(id, &head)
    }

    fn resume(&self, id: &LogId, head: &Head) -> Result<OpenLog, StoreError> {
        let origin = self.origin(id)?;
        let key = self.parts.key.of_log(&origin).map_err(|error| damaged(&error))?;
        OpenLog::resume(&*self.store, id.clone(), key, head, origin)
    }

    /// The site's log of this time with its draft in this batch; the year's log is opened if there is none.
    fn draft<'w>(
        &mut self,
        work: &'w mut Work,
        site: &SiteId,
        now: u64,
    ) -> Result<(&'w mut Draft, &'w mut Staged), StoreError> {
        let begun = work.drafts.iter().position(|draft| draft.facts.id.site == *site && !draft.facts.closed);
        let at = match begun {
            Some(at) => at,
            None => self.begin(work, site, now)?,
        };
        match (work.drafts.get_mut(at), work.staged.get_mut(at)) {
            (Some(draft), Some(staged)) => Ok((draft, staged)),
            _ => Err(damaged(&"no draft")),
        }
    }

    /// Begins a draft for the site: goes on with the year's log, or ends the old one and opens the next.
    fn begin(&mut self, work: &mut Work, site: &SiteId, now: u64) -> Result<usize, StoreError> {
        let newest = self.logs.remove(site);
        // Time never goes back in a log, so neither does the year.
        let time = newest.as_ref().map_or(now, |log| now.max(log.state.time()));
        let id = LogId { site: site.clone(), year: year_of(time)?.into() };
        let previous = match newest {
            Some(log) if !log.facts.closed && log.facts.id == id => {
                let (draft, staged) = log.draft(time);
                return Ok(work.add(draft, staged));
            }
            Some(log) if !log.facts.closed => {
                let (mut draft, mut staged) = log.draft(time);
                let next = self.origin(&id)?;
                let previous = draft.close(&mut staged, next)?;
                work.add(draft, staged);
                Some(previous)
            }
            Some(log) => Some(previous(&log.state)),
            None => None,
        };
        let (draft, staged) = self.open_log(id, previous, time)?;
        Ok(work.add(draft, staged))
    }

    fn open_log(
        &self,
        id: LogId,
        previous: Option<Previous>,
        time: u64,
    ) -> Result<(Draft, Staged), StoreError> {
        let state = LogState::new(self.origin(&id)?);
        let rules = self.parts.sites.iter().find(|rules| rules.site == id.site);
        let retention_days = rules.map_or(0, |rules| rules.retention_days);
        let key = self.parts.key.of_log(state.origin()).map_err(|error| damaged(&error))?;
        let facts = Facts { id, key, notices: HashSet::new(), closed: false };
        let (mut draft, mut staged) = OpenLog { facts, state, signed: None }.draft(time);
        draft.open(&mut staged, previous, retention_days)?;
        Ok((draft, staged))
    }

    /// Stores, signs, publishes, answers: in this order.
    fn commit(&mut self, mut work: Work) -> Result<(), StoreError> {
        if work.drafts.is_empty() {
            return Ok(());
        }
        for (draft, staged) in work.drafts.iter_mut().zip(&work.staged) {
            draft.finish(staged);
        }
        let Work { drafts, staged } = work;
        let durable = Staged::persist(staged, |staged| {
            let batches: Vec<_> =
                drafts.iter().zip(staged).map(|(draft, staged)| draft.batch(staged)).collect();
            self.store.commit(&batches)
        })?;
        for (durable, draft) in durable.into_iter().zip(drafts) {
            let (state, signed) = durable.sign(&draft.facts.key).map_err(|error| damaged(&error))?;
            let id = draft.facts.id.clone();
            let noted = self.parts.last_signed.record(&id, &signed);
            noted.map_err(|error| StoreError::Engine(Box::new(error)))?;
            self.parts.heads.publish(id.clone(), signed.clone());
            // An older log takes part when it is closed, before its successor, or when something in it is erased.
            if self.logs.get(&id.site).is_none_or(|newest| newest.facts.id.year <= id.year) {
                self.logs.insert(id.site, OpenLog { facts: draft.facts, state, signed: Some(signed) });
            }
            for (reply, recorded) in draft.replies {
                answer_to(reply, Ok(recorded));
            }
        }
        Ok(())
    }

    fn origin(&self, id: &LogId) -> Result<Origin, StoreError> {
        Origin::new(&self.parts.host, id.site.clone(), id.year).map_err(|error| damaged(&error))
    }
}

impl Work {
    fn add(&mut self, draft: Draft, staged: Staged) -> usize {
        self.drafts.push(draft);
        self.staged.push(staged);
        self.drafts.len() - 1
    }
}

fn answer_to(reply: Reply, answer: Result<Recorded, RecordError>) {
    // If the browser has gone away, it will ask again and get the same answer.
    let _ = reply.send(answer);
}

fn year_of(time: u64) -> Result<u16, StoreError> {
    let year = i64::try_from(time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    year.and_then(|at| u16::try_from(at.year()).ok()).ok_or_else(|| damaged(&"a time outside the calendar"))
}
