//! The thread behind the sequencer.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use consent_core::decision::SubjectId;
use consent_core::ledger::append::{Durable, LogState, Staged};
use consent_core::ledger::entry::action::Outcome;
use consent_core::ledger::entry::{IndexRange, Previous, Reason};
use consent_core::ledger::key::{SigningKey, VerifierKey};
use consent_core::ledger::origin::Origin;
use consent_core::notice::SiteId;
use time::OffsetDateTime;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::drift::{self, Drift};
use super::ended;
use super::erased::ErasedIds;
use super::known::{Answer, put};
use super::log::{Draft, Facts, OpenLog, damaged, previous, ranges};
use super::pulse::Pulse;
use super::salts::Salts;
use super::watch;
use super::{Erasure, Job, MAX_BATCH, Parts, RecordError, Recorded, Reply};
use crate::counts::Fresh;
use crate::ended::Ended;
use crate::forgotten::{self, Left};
use crate::signed::Noted;
use crate::store::{Batch, Head, LogId, Store, StoreError};
use crate::trail::{self, By, What, trail_site};

pub(super) struct Writer {
    pub(super) store: Arc<dyn Store>,
    pub(super) parts: Parts,
    pub(super) pulse: Pulse,
    pub(super) fresh: Arc<Fresh>,
    drift: Drift,
    salts: Salts,
    pub(super) erased: ErasedIds,
    /// The newest log of each site.
    pub(super) logs: HashMap<SiteId, OpenLog>,
    /// Logs that could not go on.
    pub(super) ended: BTreeMap<LogId, Ended>,
    /// Those that take part in the batch in the making, as they were before it. Only where a store is shared: elsewhere
    /// nobody comes in between.
    before: HashMap<SiteId, OpenLog>,
    /// Where those who wait for answers run.
    runtime: Option<Handle>,
}

/// The drafts of one batch. Each stands beside its staged log, which is what the ledger's own types are made of.
#[derive(Default)]
pub(super) struct Work {
    drafts: Vec<Draft>,
    staged: Vec<Staged>,
    /// Logs that end with this batch, as the store has them: nobody else may append to them from then on.
    pub(super) fenced: Vec<(LogId, Head)>,
}

impl Writer {
    /// Reads all logs back.
    pub(super) fn open(store: Arc<dyn Store>, parts: Parts) -> Result<Self, StoreError> {
        Self::open_without(store, parts, &BTreeSet::new())
    }

    /// Reads all logs back but these, which are about to be ended.
    pub(super) fn open_without(
        store: Arc<dyn Store>,
        parts: Parts,
        left_out: &BTreeSet<LogId>,
    ) -> Result<Self, StoreError> {
        let erased = ErasedIds::load(&*store, parts.clock.unix_seconds())?;
        let (drift, salts) = (Drift::default(), Salts::default());
        let (logs, ended, before) = (HashMap::new(), BTreeMap::new(), HashMap::new());
        let (pulse, fresh) = (Pulse::default(), Arc::default());
        let runtime = Handle::try_current().ok();
        let mut writer =
            Self { store, parts, pulse, fresh, drift, salts, erased, logs, ended, before, runtime };
        let stored = writer.store.logs()?;
        // Before anything of them is read: what is signed is still there then, whichever database answers.
        writer.store.confirm()?;
        writer.learn_ended(&stored)?;
        for (id, head) in stored {
            if left_out.contains(&id) || writer.ended.contains_key(&id) {
                continue;
            }
            if head.forgotten {
                // Its last head is all that is left, and is shown for ever.
                let left = forgotten::left(&*writer.store, &id)?;
                let signed = watch::open(&id, &left.checkpoint, &writer.key_of_forgotten(&left)?)?;
                writer.parts.heads.publish(id, signed);
                continue;
            }
            if id.site == trail_site() && !writer.store.logged_notices(&id)?.is_empty() {
                return Err(StoreError::Damaged(format!(
                    "the log {id} is that of a site, and `trail` is what the server keeps of itself: start with the version before, \
                     `consent export` that site, and give it another id and a data folder of its own"
                )));
            }
            let log = writer.resume(&id, &head)?;
            drift::check_start(&*writer.parts.clock, &id, head.time)?;
            if let Some(signed) = &log.signed {
                writer.parts.heads.publish(id.clone(), signed.clone());
            }
            // They come by year, so the newest of each site stays.
            writer.logs.insert(id.site, log);
        }
        writer.compare_with_signed(left_out)?;
        Ok(writer)
    }

    fn compare_with_signed(&self, left_out: &BTreeSet<LogId>) -> Result<(), StoreError> {
        for noted in self.noted()? {
            let Noted { log, notes, key } = &noted;
            if let Some(ended) = self.ended.get(log) {
                ended::compare(ended, notes, key.as_ref());
            } else if !left_out.contains(log) {
                self.compare(&noted)?;
            }
        }
        Ok(())
    }

    /// The heads that were signed last.
    pub(super) fn noted(&self) -> Result<Vec<Noted>, StoreError> {
        self.parts.last_signed.all().map_err(|error| StoreError::Engine(Box::new(error)))
    }

    /// Refuses a log that is not what it was when it was signed.
    pub(super) fn compare(&self, noted: &Noted) -> Result<(), StoreError> {
        let Noted { log, notes, .. } = noted;
        let head = self.store.head(log)?;
        let key = match head {
            Some(head) if head.forgotten => self.key_of_forgotten(&forgotten::left(&*self.store, log)?)?,
            _ => self.own_key(&self.origin(log)?)?.verifier().clone(),
        };
        let note = notes.first().map_or("", String::as_str);
        watch::compare(&*self.store, log, head.as_ref(), note, &key)
    }

    fn key_of_forgotten(&self, left: &Left) -> Result<VerifierKey, StoreError> {
        left.signed_with(&self.parts.key).map_err(|error| damaged(&error))
    }

    /// The key with which this server signs a log.
    pub(super) fn own_key(&self, log: &Origin) -> Result<SigningKey, StoreError> {
        self.parts.key.of_log(log).map_err(|error| damaged(&error))
    }

    /// Works until every handle is dropped and everything accepted is done.
    pub(super) fn run(mut self, jobs: &mut mpsc::Receiver<Job>) -> Result<(), StoreError> {
        let mut waiting = Vec::with_capacity(MAX_BATCH);
        while jobs.blocking_recv_many(&mut waiting, MAX_BATCH) > 0 {
            self.work(&mut waiting)?;
        }
        Ok(())
    }

    /// Unix seconds.
    pub(super) fn now(&mut self) -> Result<u64, StoreError> {
        self.drift.read(&*self.parts.clock)
    }

    /// Records one batch and answers.
    fn work(&mut self, jobs: &mut Vec<Job>) -> Result<(), StoreError> {
        let now = self.now()?;
        for job in jobs.iter_mut() {
            if let Job::Rules { sites, .. } = job {
                self.parts.sites = std::mem::take(sites);
            }
        }
        if jobs.iter().any(|job| matches!(job, Job::Follow { .. })) {
            self.follow()?;
        }
        let mut answers = self.until_no_conflict(|writer| writer.record(jobs, now))?.into_iter();
        let mut recorded = Vec::with_capacity(jobs.len());
        let mut rest = Vec::new();
        for job in jobs.drain(..) {
            let answer = answers.next().flatten();
            match job {
                Job::Record { reply, .. } => {
                    recorded.push((reply, answer.unwrap_or(Err(RecordError::Unknown))));
                }
                other => rest.push(other),
            }
        }
        self.send(recorded);
        for job in rest {
            match job {
                // Answered above.
                Job::Record { .. } => {}
                // Nobody waits only if the server is stopping.
                Job::Publish { reply, .. }
                | Job::NameHeads { reply, .. }
                | Job::Tally { reply, .. }
                | Job::Act { reply, .. }
                | Job::Follow { reply }
                | Job::Rules { reply, .. } => drop(reply.send(())),
                // After the rest of the batch, which may hold decisions of the same subject.
                Job::Erase { site, subject, reason, by, reply } => {
                    let erasure =
                        self.until_no_conflict(|writer| writer.erase(&site, subject, reason, &by, now))?;
                    // If nobody waits any more, it is erased all the same.
                    drop(reply.send(erasure));
                }
                Job::Retain { site, reply } => {
                    let retained = self.until_no_conflict(|writer| writer.retain(&site, now))?;
                    drop(reply.send(retained));
                }
            }
        }
        Ok(())
    }

    /// Answers those whose decisions are recorded. If a browser has gone away, it will ask again and get the same answer.
    ///
    /// Each answer wakes a task. From this thread that takes a lock and often a system call, and such tasks wait behind those that
    /// their own threads woke; so one of those does it, and the next batch begins meanwhile.
    ///
    /// So an answer may come after that to an erasure behind it, which changes nothing: both are durable.
    fn send(&self, recorded: Vec<(Reply, Answer)>) {
        if recorded.is_empty() {
            return;
        }
        let send = move || {
            for (reply, answer) in recorded {
                drop(reply.send(answer));
            }
        };
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async { send() })),
            None => send(),
        }
    }

    /// Does it again behind what other processes appended, as often as they were faster. Each time somebody got on, and
    /// after the first time the store lets this process go first.
    fn until_no_conflict<T>(
        &mut self,
        mut work: impl FnMut(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        loop {
            self.before.clear();
            match work(self) {
                Err(StoreError::Conflict { .. }) if self.store.is_shared() => {
                    self.logs.extend(self.before.drain());
                    self.follow()?;
                }
                ended => return ended,
            }
        }
    }

    /// Stages and commits what does not erase, and returns the answer to each decision by its place among the jobs.
    fn record(&mut self, jobs: &[Job], now: u64) -> Result<Vec<Option<Answer>>, StoreError> {
        let mut answers = self.known_among(jobs)?;
        let mut work = Work::default();
        let mut names = HashSet::with_capacity(jobs.len());
        let (mut again, mut gone) = (Vec::new(), Vec::new());
        for (at, (job, answer)) in jobs.iter().zip(&answers).enumerate() {
            match job {
                Job::Publish { site, notice, .. } => {
                    let (draft, staged) = self.draft(&mut work, site, now)?;
                    draft.notice(staged, *notice)?;
                }
                Job::NameHeads { site, heads, .. } => {
                    let (draft, staged) = self.draft(&mut work, site, now)?;
                    for head in heads {
                        draft.head(staged, head.clone())?;
                    }
                }
                Job::Tally { hour, shown, .. } => {
                    let (draft, staged) = self.draft(&mut work, &hour.site, now)?;
                    draft.tally(staged, hour, *shown)?;
                }
                Job::Act { action, .. } => {
                    let (draft, staged) = self.draft(&mut work, &trail_site(), now)?;
                    draft.act(staged, (**action).clone())?;
                }
                Job::Record { site, decision, .. } => {
                    if answer.is_none() && self.erased.has(&self.parts.key, site, decision.decision_id()) {
                        gone.push(at);
                    } else if !names.insert((site, decision.decision_id())) {
                        // A retry that caught up with its own first try: it is answered when that one is stored.
                        again.push((at, site, decision));
                    } else if answer.is_none() {
                        let salts = self.salts.next()?;
                        let (draft, staged) = self.draft(&mut work, site, now)?;
                        draft.decision(staged, decision, salts, at)?;
                    }
                }
                Job::Erase { .. } | Job::Follow { .. } | Job::Retain { .. } | Job::Rules { .. } => {}
            }
        }
        for at in gone {
            put(&mut answers, at, Err(RecordError::Erased));
        }
        for (at, recorded) in self.commit(work)? {
            put(&mut answers, at, Ok(recorded));
        }
        for (at, site, decision) in again {
            let placed = self.store.find_decision(site, decision.decision_id())?;
            let answer = placed.map(|placed| self.answer(decision, &placed)).transpose()?;
            put(&mut answers, at, answer.unwrap_or(Err(RecordError::Unknown)));
        }
        Ok(answers)
    }

    /// Erases all that a subject decided, whatever the year, as one batch of its own.
    fn erase(
        &mut self,
        site: &SiteId,
        subject: SubjectId,
        reason: Reason,
        by: &By,
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
            let ranges = ranges(erased.iter().copied());
            let (origin, entries) = self.stage_erasure(&mut work, &log, &ranges, reason, now)?;
            erasure.entries.extend(entries.into_iter().map(|index| (origin.clone(), index)));
        }
        // In the same batch: nothing is erased without it, and it never says what was not.
        let (draft, staged) = self.draft(&mut work, &trail_site(), now)?;
        draft.act_erasure(
            staged,
            &by.did(What::SubjectErased, Some(site.clone()), Outcome::Done),
            &erasure,
        )?;
        self.commit(work)?;
        Ok(erasure)
    }

    /// Stages the erasure of decisions of a log: in the log itself, or in the newest of the site if it has ended. Returns
    /// in which entries of which log.
    pub(super) fn stage_erasure(
        &mut self,
        work: &mut Work,
        log: &LogId,
        ranges: &[IndexRange],
        reason: Reason,
        now: u64,
    ) -> Result<(Origin, Vec<u64>), StoreError> {
        let ended = self.ended.get(log).map(|ended| (log.clone(), ended.origin().clone()));
        let (draft, staged) = match &ended {
            Some(_) => self.draft(work, &log.site, now)?,
            None => self.draft_of(work, log, now)?,
        };
        let entries = draft.erase(staged, ranges, reason, ended.as_ref())?;
        Ok((staged.state().origin().clone(), entries))
    }

    /// A stored log with its draft in this batch.
    fn draft_of<'w>(
        &mut self,
        work: &'w mut Work,
        log: &LogId,
        now: u64,
    ) -> Result<(&'w mut Draft, &'w mut Staged), StoreError> {
        let begun = work.drafts.iter().position(|draft| draft.facts.id == *log);
        let at = match begun {
            Some(at) => at,
            None => {
                let (draft, staged) = self.take(log)?.draft(now);
                work.add(draft, staged)
            }
        };
        work.at(at)
    }

    /// A log that is stored: the newest of its site is at hand, an older one is read back.
    fn take(&mut self, id: &LogId) -> Result<OpenLog, StoreError> {
        match self.logs.remove(&id.site) {
            Some(log) if log.facts.id == *id => {
                self.remember(&log);
                return Ok(log);
            }
            Some(newest) => drop(self.logs.insert(id.site.clone(), newest)),
            None => {}
        }
        let head = self.store.head(id)?.ok_or_else(|| damaged(&format!("log {id} has no head")))?;
        self.resume(id, &head)
    }

    pub(super) fn resume(&self, id: &LogId, head: &Head) -> Result<OpenLog, StoreError> {
        let origin = self.origin(id)?;
        let key = self.own_key(&origin)?;
        OpenLog::resume(&*self.store, id.clone(), key, head, origin)
    }

    /// The site's log of this time with its draft in this batch; the year's log is opened if there is none.
    fn draft<'w>(
        &mut self,
        work: &'w mut Work,
        site: &SiteId,
        now: u64,
    ) -> Result<(&'w mut Draft, &'w mut Staged), StoreError> {
        let at = self.draft_at(work, site, now)?;
        work.at(at)
    }

    /// Where that draft is.
    pub(super) fn draft_at(&mut self, work: &mut Work, site: &SiteId, now: u64) -> Result<usize, StoreError> {
        let begun = work.drafts.iter().position(|draft| draft.facts.id.site == *site && !draft.facts.closed);
        match begun {
            Some(at) => Ok(at),
            None => self.begin(work, site, now),
        }
    }

    /// Begins a draft for the site: goes on with the year's log, or ends the old one and opens the next.
    fn begin(&mut self, work: &mut Work, site: &SiteId, now: u64) -> Result<usize, StoreError> {
        let newest = self.logs.remove(site);
        if let Some(log) = &newest {
            self.remember(log);
        }
        // Time never goes back in a log, so neither does the year.
        let time = newest.as_ref().map_or(now, |log| now.max(log.state.time()));
        let calendar = year_of(time)?;
        let id = LogId { site: site.clone(), year: calendar.into() };
        let previous = match newest {
            // Whichever number it has within the year.
            Some(log) if !log.facts.closed && log.facts.id.year.calendar() == calendar => {
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

    pub(super) fn open_log(
        &self,
        id: LogId,
        previous: Option<Previous>,
        time: u64,
    ) -> Result<(Draft, Staged), StoreError> {
        let state = LogState::new(self.origin(&id)?);
        let rules = self.parts.sites.iter().find(|rules| rules.site == id.site);
        let retention_days = match (rules, &previous) {
            _ if id.site == trail_site() => trail::RETENTION_DAYS,
            (Some(rules), _) => rules.retention_days,
            // A site that is not in the config any more, of which displays of the year before are still to be counted.
            (None, Some(before)) => self.promise_before(&id, before)?,
            (None, None) => 0,
        };
        let key = self.own_key(state.origin())?;
        let facts = Facts { id, key, notices: HashSet::new(), closed: false };
        let (mut draft, mut staged) = OpenLog { facts, state, signed: None }.draft(time);
        draft.open(&mut staged, previous, retention_days)?;
        Ok((draft, staged))
    }

    /// What the log before this one promised, as far as it is there.
    fn promise_before(&self, id: &LogId, before: &Previous) -> Result<u32, StoreError> {
        let log = LogId { site: id.site.clone(), year: before.log.year() };
        match self.promised_days(&log) {
            // One that could not go on, most likely, of which that is lost too.
            Err(StoreError::Damaged(_)) => Ok(0),
            promised => promised,
        }
    }

    /// Keeps a log as it is before a batch, if the batch may have to begin anew.
    fn remember(&mut self, log: &OpenLog) {
        if self.store.is_shared() {
            self.before.insert(log.facts.id.site.clone(), log.clone());
        }
    }

    /// Stores, signs, publishes: in this order. Returns what may be answered.
    pub(super) fn commit(&mut self, mut work: Work) -> Result<Vec<(usize, Recorded)>, StoreError> {
        if work.drafts.is_empty() {
            if self.store.is_shared() {
                // Whoever waits behind a conflict of ours may go on.
                self.store.commit(&[])?;
            }
            return Ok(Vec::new());
        }
        let begun = Instant::now();
        for (draft, staged) in work.drafts.iter_mut().zip(&work.staged) {
            draft.finish(staged);
        }
        let Work { drafts, staged, fenced } = work;
        let begins: Vec<_> = staged.iter().map(Staged::from).collect();
        let durable = Staged::persist(staged, |staged| {
            let batches = drafts.iter().zip(staged).map(|(draft, staged)| draft.batch(staged));
            let batches: Vec<_> = batches.chain(fenced.iter().map(fence)).collect();
            self.store.commit(&batches)
        })?;
        let mut recorded = Vec::new();
        for ((durable, mut draft), from) in durable.into_iter().zip(drafts).zip(begins) {
            draft.tell(&self.fresh, from);
            self.publish(durable, draft.facts)?;
            recorded.extend(draft.recorded);
        }
        self.pulse.beat(begun.elapsed(), recorded.len());
        Ok(recorded)
    }

    /// Signs what is stored, notes that, and shows it.
    pub(super) fn publish(&mut self, durable: Durable, facts: Facts) -> Result<(), StoreError> {
        let (state, signed) = durable.sign(&facts.key).map_err(|error| damaged(&error))?;
        self.show(OpenLog { facts, state, signed: Some(signed) })
    }

    /// Notes that a head was signed, and shows it.
    pub(super) fn show(&mut self, log: OpenLog) -> Result<(), StoreError> {
        let id = log.facts.id.clone();
        if let Some(signed) = &log.signed {
            let noted = self.parts.last_signed.record(&id, signed);
            noted.map_err(|error| StoreError::Engine(Box::new(error)))?;
            self.parts.heads.publish(id.clone(), signed.clone());
        }
        // An older log takes part when it is closed, before its successor, or when something in it is erased.
        if self.logs.get(&id.site).is_none_or(|newest| newest.facts.id.year <= id.year) {
            self.logs.insert(id.site, log);
        }
        Ok(())
    }

    pub(super) fn origin(&self, id: &LogId) -> Result<Origin, StoreError> {
        Origin::new(&self.parts.host, id.site.clone(), id.year).map_err(|error| damaged(&error))
    }
}

impl Work {
    pub(super) fn add(&mut self, draft: Draft, staged: Staged) -> usize {
        self.drafts.push(draft);
        self.staged.push(staged);
        self.drafts.len() - 1
    }

    pub(super) fn at(&mut self, at: usize) -> Result<(&mut Draft, &mut Staged), StoreError> {
        match (self.drafts.get_mut(at), self.staged.get_mut(at)) {
            (Some(draft), Some(staged)) => Ok((draft, staged)),
            _ => Err(damaged(&"no draft")),
        }
    }
}

/// Closes a log where it is.
fn fence((log, head): &(LogId, Head)) -> Batch<'_> {
    let head = Head { closed: true, ..*head };
    Batch { log, from: head.size, entries: &[], rows: &[], tiles: Vec::new(), head, history: None }
}

pub(super) fn year_of(time: u64) -> Result<u16, StoreError> {
    let year = i64::try_from(time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    year.and_then(|at| u16::try_from(at.year()).ok()).ok_or_else(|| damaged(&"a time outside the calendar"))
}
