//! The way on where a log has none: it is ended for good, and the next one opened, which says so.
//!
//! What is kept of it is what the store has and what contradicts no head that is known to have been signed (`left.rs`).
//! Nothing of it is changed; what the store has beyond proves nothing and is erased. Documents come first, then one batch
//! with the next log's first entries. A stop before that batch leaves everything as it was.
//!
//! Where a store is shared, the same batch closes the ended log: who still has it open is told of a conflict, and follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, IndexRange, Kind, Previous, TreeHead};
use consent_core::ledger::key::VerifierKey;
use consent_core::ledger::origin::LogYear;
use consent_core::notice::SiteId;
use time::{Date, Month};

use super::left::{self, Left};
use super::log::damaged;
use super::writer::{Work, Writer, year_of};
use super::{Parts, SiteRules};
use crate::ended::{self, Ended};
use crate::forgotten;
use crate::signed::Noted;
use crate::store::{Erased, Head, LogId, Store, StoreError};

/// By how much the clock may be behind the year of a log, in seconds.
const TOLERANCE: u64 = 24 * 60 * 60;

/// A log that can not go on.
#[derive(Debug)]
pub struct Broken {
    /// The log.
    pub log: LogId,
    /// Why not.
    pub cause: StoreError,
    /// The head that was signed last, as far as this data folder knows.
    pub signed: SignedCheckpoint,
    /// What is left of it.
    pub kept: TreeHead,
    /// How many decisions the store has beyond that, which will be erased.
    pub beyond: u64,
    /// What the store says of it.
    head: Option<Head>,
    closed: Option<TreeHead>,
    retention_days: Option<u32>,
}

/// What is to be done.
#[derive(Debug)]
pub struct Plan {
    /// The logs that are to be ended, by site and year.
    pub broken: Vec<Broken>,
    /// The keys of logs that were deleted after their retention, if the server's has changed.
    forgotten: Vec<(LogId, VerifierKey)>,
}

/// Why a log can not be ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// Every log can go on.
    #[error("nothing to recover: every log can go on")]
    Nothing,
    /// It is not known which head was signed last.
    #[error(
        "log {log}: {cause}; and this data folder knows no head that was signed for it. Run this in the data folder of the \
         server that had it last, with its `heads`"
    )]
    NoHead {
        /// The log.
        log: LogId,
        /// Why it can not go on.
        cause: Box<StoreError>,
    },
    /// It is not known which key signed that head.
    #[error(
        "log {log}: the head that was signed last was signed with a key that is not known here. Put the line of that log \
         from the `policy` of an exported bundle, without the word `log`, into the file {file}"
    )]
    NoKey {
        /// The log.
        log: LogId,
        /// Where a key is looked for.
        file: String,
    },
    /// What the store has beyond the rest can not be erased.
    #[error(
        "log {log}: openings behind entry {from} can be neither read nor erased. Move the folder of the store away, and \
         keep it: then run this again, and what it held counts as lost"
    )]
    Unreadable {
        /// The log.
        log: LogId,
        /// The first entry that is not kept.
        from: u64,
    },
    /// The store failed, or this is not the way on.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Finds the logs that can not go on, and what is left of them. Changes nothing. `other_key` says that the store was told of
/// another key, so that no log in it can go on.
///
/// # Errors
/// See [`RecoverError`].
pub fn plan(store: &Arc<dyn Store>, parts: &Parts, other_key: bool) -> Result<Plan, RecoverError> {
    // With every log left out nothing is refused.
    let stored: BTreeMap<LogId, Head> = store.logs()?.into_iter().collect();
    let noted = parts.last_signed.all().map_err(|error| StoreError::Engine(Box::new(error)))?;
    let all = stored.keys().chain(noted.iter().map(|noted| &noted.log)).cloned().collect();
    let writer = Writer::open_without(Arc::clone(store), parts.clone(), &all)?;
    let noted: BTreeMap<LogId, Noted> = noted.into_iter().map(|noted| (noted.log.clone(), noted)).collect();
    let mut plan = Plan { broken: Vec::new(), forgotten: Vec::new() };
    for log in all.iter().filter(|log| !writer.ended.contains_key(log)) {
        let (head, noted) = (stored.get(log), noted.get(log));
        let Err(cause) = check(&writer, log, head, noted, other_key) else { continue };
        if matches!(cause, StoreError::Renamed { .. } | StoreError::Engine(_)) {
            return Err(cause.into());
        }
        let Some(noted) = noted else {
            return Err(RecoverError::NoHead { log: log.clone(), cause: Box::new(cause) });
        };
        let (signed, known) = signed_last(&writer, log, noted)?;
        if head.is_some_and(|head| head.forgotten) {
            plan.forgotten.extend(signed.signers().first().map(|key| (log.clone(), key.clone())));
            continue;
        }
        plan.broken.push(broken(&writer, log, head, (signed, known), cause)?);
    }
    if plan.broken.is_empty() && plan.forgotten.is_empty() { Err(RecoverError::Nothing) } else { Ok(plan) }
}

/// What a start would say of this log.
fn check(
    writer: &Writer,
    log: &LogId,
    head: Option<&Head>,
    noted: Option<&Noted>,
    other_key: bool,
) -> Result<(), StoreError> {
    if let Some(noted) = noted {
        writer.compare(noted)?;
    } else if other_key {
        return Err(StoreError::OtherKey);
    }
    match head {
        Some(head) if !head.forgotten => writer.resume(log, head).map(drop),
        _ => Ok(()),
    }
}

fn broken(
    writer: &Writer,
    log: &LogId,
    head: Option<&Head>,
    (signed, known): (SignedCheckpoint, Vec<SignedCheckpoint>),
    cause: StoreError,
) -> Result<Broken, RecoverError> {
    let store = &*writer.store;
    let origin = &signed.checkpoint().origin;
    let left = match head {
        Some(head) => left::of_log(store, log, head, origin, &known)?,
        None => Left { kept: left::nothing(), closed: None },
    };
    let stored = head.map_or(0, |head| head.size);
    let mut beyond = 0;
    let mut at = left.kept.size;
    while at < stored {
        let to = stored.min(at + 4096);
        match store.openings(log, at..to) {
            Ok(openings) => beyond += u64::try_from(openings.len()).unwrap_or(0),
            Err(StoreError::Damaged(_)) => {
                return Err(RecoverError::Unreadable { log: log.clone(), from: left.kept.size });
            }
            Err(error) => return Err(error.into()),
        }
        at = to;
    }
    let open = if left.kept.size > 0 { store.entries(log, 0..1)?.pop() } else { None };
    let retention_days = open.and_then(|bytes| match Entry::parse(&bytes).ok()?.kind() {
        Kind::Open { retention_days, .. } => Some(*retention_days),
        _ => None,
    });
    let Left { kept, closed } = left;
    Ok(Broken { log: log.clone(), cause, signed, kept, beyond, head: head.copied(), closed, retention_days })
}

/// The head that was signed last, and all that are known.
fn signed_last(
    writer: &Writer,
    log: &LogId,
    noted: &Noted,
) -> Result<(SignedCheckpoint, Vec<SignedCheckpoint>), RecoverError> {
    let origin = writer.origin(log)?;
    let own = writer.own_key(&origin)?.verifier().clone();
    let mut keys = vec![own.clone()];
    keys.extend(noted.key.clone().filter(|key| *key != own));
    let open = |note: &String| SignedCheckpoint::open(note.as_bytes(), &keys).ok();
    let Some(last) = noted.notes.first().and_then(open) else {
        let file = format!("heads/{}-{}.vkey", log.site, log.year);
        return Err(RecoverError::NoKey { log: log.clone(), file });
    };
    if last.checkpoint().origin != origin {
        let found = last.checkpoint().origin.clone();
        return Err(StoreError::Renamed { found, expected: origin }.into());
    }
    let older = writer.store.history(log).unwrap_or_default().into_iter().map(|(_, note)| note);
    let of_log = |signed: &SignedCheckpoint| signed.checkpoint().origin == origin;
    let known = noted.notes.iter().cloned().chain(older).filter_map(|note| open(&note)).filter(of_log);
    let known = known.collect();
    Ok((last, known))
}

/// Ends the logs of a plan, and opens the next one where the newest of a site is among them. Returns what was done.
///
/// # Errors
/// [`StoreError::Conflict`] if another process appended since the plan was made; if the store fails.
pub fn carry_out(store: &Arc<dyn Store>, parts: Parts, plan: &Plan) -> Result<Vec<Ended>, StoreError> {
    for (log, key) in &plan.forgotten {
        forgotten::keep_key(&**store, log, key)?;
    }
    let ids: BTreeSet<LogId> = plan.broken.iter().map(|broken| broken.log.clone()).collect();
    let mut by_site: BTreeMap<SiteId, Vec<&Broken>> = BTreeMap::new();
    for broken in &plan.broken {
        by_site.entry(broken.log.site.clone()).or_default().push(broken);
    }
    let mut writer = Writer::open_without(Arc::clone(store), with_rules(parts, plan), &ids)?;
    let now = writer.now()?;
    let mut work = Work::default();
    let mut done = Vec::new();
    for (site, broken) in by_site {
        let at = writer.log_behind(&mut work, &site, &broken, now)?;
        let (draft, staged) = work.at(at)?;
        for broken in broken {
            let beyond = broken.head.map(|head| IndexRange { from: broken.kept.size, to: head.size });
            let beyond = beyond.filter(|range| range.from < range.to);
            let beyond = beyond.map(|range| Erased { log: broken.log.clone(), ranges: vec![range] });
            let index = draft.ended(staged, &broken.signed, broken.kept, beyond)?;
            let stated = (draft.facts.id.clone(), index);
            let (log, signed) = (broken.log.clone(), broken.signed.clone());
            done.push(Ended { log, signed, kept: broken.kept, stated });
        }
    }
    if store.is_shared() {
        let stored = plan.broken.iter().filter_map(|broken| Some((broken.log.clone(), broken.head?)));
        work.fenced = stored.collect();
    }
    for ended in &done {
        ended::keep(&**store, ended)?;
    }
    writer.commit(work)?;
    Ok(done)
}

/// A site that is not in the config any more has what its log promised, or a day: nobody will decide there.
fn with_rules(mut parts: Parts, plan: &Plan) -> Parts {
    for broken in &plan.broken {
        if !parts.sites.iter().any(|rules| rules.site == broken.log.site) {
            let retention_days = broken.retention_days.unwrap_or(1);
            parts.sites.push(SiteRules { site: broken.log.site.clone(), retention_days });
        }
    }
    parts
}

impl Writer {
    /// The log that says that these have ended: the newest of the site if it goes on, else one that is opened behind them.
    fn log_behind(
        &mut self,
        work: &mut Work,
        site: &SiteId,
        broken: &[&Broken],
        now: u64,
    ) -> Result<usize, StoreError> {
        let last = broken.last().ok_or_else(|| damaged(&"no log to end"))?;
        if self.logs.get(site).is_some_and(|newest| newest.facts.id.year > last.log.year) {
            return self.draft_at(work, site, now);
        }
        let newest = self.ended.keys().filter(|log| log.site == *site).map(|log| log.year).max();
        let before = newest.map_or(last.log.year, |newest| newest.max(last.log.year));
        let (year, time) = next(before, &last.log, now)?;
        let signed = last.signed.checkpoint();
        let head = last.closed.unwrap_or_else(|| signed.into());
        let previous = Previous { log: signed.origin.clone(), root: head.root, size: head.size };
        let (draft, staged) = self.open_log(LogId { site: site.clone(), year }, Some(previous), time)?;
        Ok(work.add(draft, staged))
    }
}

/// Which log follows, and at what time its entries begin: the next of the same year, or the first of the new one.
fn next(before: LogYear, log: &LogId, now: u64) -> Result<(LogYear, u64), StoreError> {
    let calendar = year_of(now)?;
    if calendar > before.calendar() {
        return Ok((calendar.into(), now));
    }
    let start = Date::from_calendar_date(i32::from(before.calendar()), Month::January, 1);
    let start =
        start.map_or(u64::MAX, |date| date.midnight().assume_utc().unix_timestamp().try_into().unwrap_or(0));
    if start > now.saturating_add(TOLERANCE) {
        return Err(StoreError::ClockBehind { log: log.clone(), last: start, now });
    }
    Ok((before.next_of_year().map_err(|error| damaged(&error))?, now.max(start)))
}
