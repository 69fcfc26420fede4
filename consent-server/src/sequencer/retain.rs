//! Nothing is kept for longer than the site says: openings are erased by the range, and a log of which nothing is left to
//! erase is deleted but for its last head.
//!
//! What a stop means after each step: after the erasure it is not noted how far it went, and the next night finds nothing
//! left there; after what is to be left of a log was kept, the next night keeps the same again, and deletes it.

use consent_core::ledger::entry::{Entry, IndexRange, Kind, Reason};
use consent_core::notice::SiteId;
use time::{Date, Month};

use super::Retained;
use super::log::damaged;
use super::writer::{Work, Writer};
use crate::forgotten;
use crate::store::{Head, LogId, StoreError};

const DAY: u64 = 24 * 60 * 60;

/// The most entries that one erasure spans: what visitors wait for at a time. The embedded store takes longer for each
/// decision when there are more than 20,000.
const PIECE: u64 = 16_384;

/// How many entries are looked at at once.
const STEP: u64 = 4096;

impl Writer {
    /// Erases what is past the site's retention, and deletes logs that are past it as a whole. Of each log a piece at a
    /// time: [`Retained::more`] says that there is another one.
    pub(super) fn retain(&mut self, site: &SiteId, now: u64) -> Result<Retained, StoreError> {
        let rules = self.parts.sites.iter().find(|rules| rules.site == *site);
        // A site that is not in the config any more keeps what its logs promised.
        let days = rules.map(|rules| rules.retention_days);
        let logs: Vec<_> = self.store.logs()?.into_iter().filter(|(log, _)| log.site == *site).collect();
        let mut retained = Retained::default();
        let (mut work, mut reached) = (Work::default(), Vec::new());
        for (log, head) in logs.iter().filter(|(_, head)| !head.forgotten) {
            let size = self.ended.get(log).map_or(head.size, |ended| ended.kept.size);
            if size == 0 {
                continue;
            }
            // What the log promised in its first entry holds; an owner who wants less may have less.
            let promised = self.promised_days(log)?;
            let kept = days.map_or(promised, |days| days.min(promised));
            let before = now.saturating_sub(u64::from(kept) * DAY);
            let (done, end) = (self.erased_up_to(log)?, self.first_since(log, size, before)?);
            if done >= end {
                continue;
            }
            let to = match self.first_opening(log, done, end)? {
                None => end,
                Some(from) => {
                    let to = end.min(from + PIECE);
                    let range = IndexRange { from, to };
                    self.stage_erasure(&mut work, log, &[range], Reason::Retention, now)?;
                    retained.erasures += 1;
                    to
                }
            };
            retained.more |= to < end;
            reached.push((log.clone(), to));
        }
        self.commit(work)?;
        for (log, to) in reached {
            self.store.keep(site, &name(&log), to.to_string().as_bytes())?;
        }
        if !retained.more {
            retained.forgotten = self.forget(&logs, days, now)?;
        }
        Ok(retained)
    }

    /// Deletes logs from the oldest on, as long as their time is over.
    fn forget(
        &mut self,
        logs: &[(LogId, Head)],
        days: Option<u32>,
        now: u64,
    ) -> Result<Vec<LogId>, StoreError> {
        let mut forgotten = Vec::new();
        // The newest one goes on.
        let older = logs.split_last().map(|(_, older)| older).unwrap_or_default();
        // What follows a log that ended says so: it stays as long as that one is there.
        let site = logs.first().map(|(log, _)| &log.site);
        let first_ended = self.ended.keys().find(|ended| Some(&ended.site) == site);
        for (log, _) in older.iter().filter(|(log, _)| first_ended.is_none_or(|ended| log < ended)) {
            let head = self.store.head(log)?.ok_or_else(|| damaged(&format!("log {log} has no head")))?;
            if head.forgotten {
                continue;
            }
            // Whoever reads the log was told when it goes; an owner who wants it longer may keep its entries.
            let promised = self.promised_days(log)?;
            let kept = days.map_or(promised, |days| days.max(promised));
            if !head.closed || now < end_of_year(log.year.calendar()).saturating_add(u64::from(kept) * DAY) {
                break;
            }
            let signed = self.parts.heads.get(log).filter(|signed| signed.checkpoint().size == head.size);
            let signed = signed.ok_or_else(|| damaged(&format!("the head of log {log} is not signed")))?;
            forgotten::keep(&*self.store, log, &head, &signed)?;
            self.store.forget_log(log)?;
            self.store.discard(&log.site, &name(log))?;
            forgotten.push(log.clone());
        }
        Ok(forgotten)
    }

    /// For how many days the log says that openings are kept.
    pub(super) fn promised_days(&self, log: &LogId) -> Result<u32, StoreError> {
        match self.entry(log, 0)?.kind() {
            Kind::Open { retention_days, .. } => Ok(*retention_days),
            _ => Err(damaged(&format!("log {log} does not begin with `open`"))),
        }
    }

    /// Up to which entry everything was erased on an earlier night.
    fn erased_up_to(&self, log: &LogId) -> Result<u64, StoreError> {
        let noted = self.store.kept(&log.site, &name(log))?;
        Ok(noted.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse().ok()).unwrap_or(0))
    }

    /// The index of the first entry of `time` or later. Times never go back, so half of the rest is left out at each look.
    fn first_since(&self, log: &LogId, size: u64, time: u64) -> Result<u64, StoreError> {
        let (mut low, mut high) = (0, size);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(log, middle)?.time() < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The first entry in a range behind which something is left.
    fn first_opening(&self, log: &LogId, from: u64, to: u64) -> Result<Option<u64>, StoreError> {
        let mut at = from;
        while at < to {
            let end = to.min(at + STEP);
            if let Some((index, _)) = self.store.openings(log, at..end)?.first() {
                return Ok(Some(*index));
            }
            at = end;
        }
        Ok(None)
    }

    fn entry(&self, log: &LogId, index: u64) -> Result<Entry, StoreError> {
        let bytes = self.store.entries(log, index..index + 1)?.pop().unwrap_or_default();
        Entry::parse(&bytes).map_err(|error| damaged(&format!("entry {index} of log {log}: {error}")))
    }
}

/// The document that says how far the erasures of earlier nights went.
fn name(log: &LogId) -> String {
    format!("retention/{}", log.year)
}

/// The first second after a calendar year, UTC, unix seconds.
fn end_of_year(year: u16) -> u64 {
    let next = Date::from_calendar_date(i32::from(year) + 1, Month::January, 1);
    // The year after the last one that a date can have is as good as never.
    next.map_or(u64::MAX, |date| u64::try_from(date.midnight().assume_utc().unix_timestamp()).unwrap_or(0))
}
