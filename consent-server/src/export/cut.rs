//! A consistent cut through a site's logs: the signed heads at one moment, and what lies below them.
//!
//! A log only grows, so everything below a head that was signed stays what it is while the export is written.

use std::ops::Range;
use std::sync::Mutex;

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::tile::TILE_WIDTH;
use consent_core::notice::{NoticeId, SiteId};

use crate::data::ServerKey;
use crate::ended::{self, Ended};
use crate::exhibits;
use crate::forgotten::{self, Left};
use crate::store::{LogId, Openings, Store, StoreError};
use crate::stored::read_back;

use super::mark::Mark;
use super::{ExportError, Period};

/// How many entries are read at a time.
pub(super) const STEP: u64 = 16 * TILE_WIDTH as u64;

/// A site's logs up to the heads that were signed at one moment.
#[derive(Debug)]
pub struct Cut<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) site: SiteId,
    pub(super) heads: Vec<(LogId, SignedCheckpoint)>,
    /// Logs that were deleted after their retention.
    pub(super) forgotten: Vec<Left>,
    /// Those of the heads' logs that could not go on.
    pub(super) ended: Vec<Ended>,
    pub(super) period: Period,
    /// Unix seconds.
    pub(super) made_at: u64,
}

/// An entry that records a decision, with what is left behind it.
pub(super) struct Line<'a> {
    pub(super) log: &'a LogId,
    pub(super) index: u64,
    pub(super) entry: Entry,
    pub(super) notice: NoticeId,
    pub(super) openings: Openings,
}

impl<'a> Cut<'a> {
    /// The cut at these heads. Openings are those of entries within `period`.
    ///
    /// # Errors
    /// [`ExportError::NoLog`] if there is no head.
    pub fn new(
        store: &'a dyn Store,
        site: SiteId,
        heads: Vec<(LogId, SignedCheckpoint)>,
        period: Period,
        made_at: u64,
    ) -> Result<Self, ExportError> {
        let forgotten = forgotten::of_site(store, &site)?;
        let is_left = |log: &LogId| !forgotten.iter().any(|gone| gone.log == *log);
        let heads: Vec<_> = heads.into_iter().filter(|(log, _)| is_left(log)).collect();
        let ended = ended::of_site(store, &site)?;
        let ended =
            ended.into_iter().filter(|ended| heads.iter().any(|(log, _)| *log == ended.log)).collect();
        if heads.is_empty() {
            Err(ExportError::NoLog(site.to_string()))
        } else {
            Ok(Self { store, site, heads, forgotten, ended, period, made_at })
        }
    }

    /// How many entries of a log are there: as many as its head covers, unless it has ended otherwise.
    pub(super) fn size(&self, log: &LogId, head: &SignedCheckpoint) -> u64 {
        let ended = self.ended.iter().find(|ended| ended.log == *log);
        ended.map_or(head.checkpoint().size, |ended| ended.kept.size)
    }

    /// What has to be known of this cut later. Take it before anything is written: what was removed meanwhile is in it then.
    ///
    /// # Errors
    /// If the store fails.
    pub fn mark(&self) -> Result<Mark, ExportError> {
        // What is erased of a log that has ended is said in a log behind it.
        let goes_on = |log: &LogId| !self.ended.iter().any(|ended| ended.log == *log);
        let heads = self.heads.iter().filter(|(log, _)| goes_on(log));
        Ok(Mark {
            site: self.site.clone(),
            newest: self.heads.iter().map(|(log, _)| log.year).max(),
            read: Mutex::new(heads.map(|(log, head)| (log.clone(), head.checkpoint().size)).collect()),
            exhibits: exhibits::all(self.store, &self.site)?,
        })
    }

    /// How many entries there are.
    pub(super) fn entries(&self) -> u64 {
        self.heads.iter().map(|(log, head)| self.size(log, head)).sum()
    }

    /// All decisions within the period, in the order of logs and indices.
    pub(super) fn decisions(
        &self,
        progress: &mut dyn FnMut(u64),
        mut each: impl FnMut(Line<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut done = 0;
        for (log, head) in &self.heads {
            for range in steps(self.size(log, head)) {
                let mut openings = self.store.openings(log, range.clone())?.into_iter().peekable();
                for (index, bytes) in range.clone().zip(self.store.entries(log, range.clone())?) {
                    let found = openings.next_if(|(at, _)| *at == index).map(|(_, openings)| openings);
                    let entry = parse(log, index, &bytes)?;
                    let &Kind::Decision { notice, .. } = entry.kind() else { continue };
                    if self.period.contains(entry.time()) {
                        each(Line { log, index, entry, notice, openings: found.unwrap_or_default() })?;
                    }
                }
                done += range.end - range.start;
                progress(done);
            }
        }
        Ok(())
    }
}

pub(super) fn steps(size: u64) -> impl Iterator<Item = Range<u64>> {
    (0..size.div_ceil(STEP)).map(move |step| step * STEP..((step + 1) * STEP).min(size))
}

pub(super) fn parse(log: &LogId, index: u64, bytes: &[u8]) -> Result<Entry, ExportError> {
    Entry::parse(bytes)
        .map_err(|error| StoreError::Damaged(format!("entry {index} of log {log}: {error}")).into())
}

/// Signs the heads of a site's stored logs, for an export without a running server. The logs say themselves, in their
/// first entry, what they are called. Of logs that have ended, the head that was signed last.
///
/// # Errors
/// If the store is damaged.
pub fn sign_stored(
    store: &dyn Store,
    key: &ServerKey,
    site: &SiteId,
) -> Result<Vec<(LogId, SignedCheckpoint)>, ExportError> {
    let ended = ended::of_site(store, site)?;
    let goes_on = |log: &LogId| log.site == *site && !ended.iter().any(|ended| ended.log == *log);
    let mut signed = Vec::new();
    for (log, head) in store.logs()?.into_iter().filter(|(log, head)| goes_on(log) && !head.forgotten) {
        let (_, head) = read_back(store, &log, &head, None, |origin| key.of_log(origin))?;
        signed.push((log, head));
    }
    signed.extend(ended.into_iter().map(|ended| (ended.log, ended.signed)));
    signed.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    Ok(signed)
}
