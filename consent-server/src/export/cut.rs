//! A consistent cut through a site's logs: the signed heads at one moment, and what lies below them.
//!
//! A log only grows, so everything below a head that was signed stays what it is while the export is written.

use std::ops::Range;

use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::frontier::Frontier;
use consent_core::ledger::tile::TILE_WIDTH;
use consent_core::notice::{NoticeId, SiteId};

use crate::data::ServerKey;
use crate::store::{LogId, Openings, Store, StoreError};

use super::{ExportError, Period};

/// How many entries are read at a time.
const STEP: u64 = 16 * TILE_WIDTH as u64;

/// A site's logs up to the heads that were signed at one moment.
#[derive(Debug)]
pub struct Cut<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) site: SiteId,
    pub(super) heads: Vec<(LogId, SignedCheckpoint)>,
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
        if heads.is_empty() {
            Err(ExportError::NoLog(site.to_string()))
        } else {
            Ok(Self { store, site, heads, period, made_at })
        }
    }

    /// Whether something below this cut was erased after it was made. What was written from it then is neither the log
    /// before the erasure nor the log after it, and must not leave the server.
    ///
    /// # Errors
    /// If the store fails.
    pub fn is_overtaken(&self) -> Result<bool, ExportError> {
        for (log, head) in &self.heads {
            let stored = self.store.head(log)?.map_or(0, |head| head.size);
            let cut = head.checkpoint().size;
            for range in steps(stored.saturating_sub(cut)) {
                let first = cut + range.start;
                for (index, bytes) in (first..).zip(self.store.entries(log, first..cut + range.end)?) {
                    if matches!(parse(log, index, &bytes)?.kind(), Kind::Erasure { .. }) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// How many entries there are.
    pub(super) fn entries(&self) -> u64 {
        self.heads.iter().map(|(_, head)| head.checkpoint().size).sum()
    }

    /// All entries, log by log, in slices of a bounded size: first index, and entries.
    pub(super) fn slices(
        &self,
        mut each: impl FnMut(&LogId, u64, Vec<Vec<u8>>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        for (log, head) in &self.heads {
            for range in steps(head.checkpoint().size) {
                each(log, range.start, self.store.entries(log, range)?)?;
            }
        }
        Ok(())
    }

    /// All decisions within the period, in the order of logs and indices.
    pub(super) fn decisions(
        &self,
        progress: &mut dyn FnMut(u64),
        mut each: impl FnMut(Line<'_>) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut done = 0;
        self.slices(|log, first, entries| {
            let end = first + u64::try_from(entries.len()).unwrap_or(0);
            let mut openings = self.store.openings(log, first..end)?.into_iter().peekable();
            for (index, bytes) in (first..end).zip(entries) {
                let found = openings.next_if(|(at, _)| *at == index).map(|(_, openings)| openings);
                let entry = parse(log, index, &bytes)?;
                let &Kind::Decision { notice, .. } = entry.kind() else { continue };
                if self.period.contains(entry.time()) {
                    each(Line { log, index, entry, notice, openings: found.unwrap_or_default() })?;
                }
            }
            done += end - first;
            progress(done);
            Ok(())
        })
    }
}

fn steps(size: u64) -> impl Iterator<Item = Range<u64>> {
    (0..size.div_ceil(STEP)).map(move |step| step * STEP..((step + 1) * STEP).min(size))
}

fn parse(log: &LogId, index: u64, bytes: &[u8]) -> Result<Entry, ExportError> {
    Entry::parse(bytes)
        .map_err(|error| StoreError::Damaged(format!("entry {index} of log {log}: {error}")).into())
}

/// Signs the heads of a site's stored logs, for an export without a running server. The logs say themselves, in their
/// first entry, what they are called.
///
/// # Errors
/// If the store is damaged.
pub fn sign_stored(
    store: &dyn Store,
    key: &ServerKey,
    site: &SiteId,
) -> Result<Vec<(LogId, SignedCheckpoint)>, ExportError> {
    let mut heads = Vec::new();
    for (log, head) in store.logs()?.into_iter().filter(|(log, _)| log.site == *site) {
        let damaged = |what: &str| StoreError::Damaged(format!("log {log}: {what}"));
        let first = store.entries(&log, 0..1)?.pop().ok_or_else(|| damaged("it has no entry"))?;
        let first = parse(&log, 0, &first)?;
        let Kind::Open { log: origin, .. } = first.kind() else {
            return Err(damaged("its first entry does not open it").into());
        };
        let frontier = crate::tiles::frontier(store, &log, head.size)?;
        if frontier.root() != head.root {
            return Err(damaged("its tiles do not lead to its root").into());
        }
        let signed =
            sign(origin.clone(), frontier, head.time, key).ok_or_else(|| damaged("it can not be signed"))?;
        heads.push((log, signed));
    }
    Ok(heads)
}

fn sign(
    origin: consent_core::ledger::origin::Origin,
    frontier: Frontier,
    time: u64,
    key: &ServerKey,
) -> Option<SignedCheckpoint> {
    let key = key.of_log(&origin).ok()?;
    let stored = LogState::resume(origin, frontier, time).stage();
    let durable = Staged::persist(vec![stored], |_| Ok::<_, StoreError>(())).ok()?.pop()?;
    durable.sign(&key).ok().map(|(_, signed)| signed)
}
