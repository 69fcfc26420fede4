//! The entries of all logs once more, one entry bundle at a time, in step with the openings.

use super::log::LogFacts;
use super::source::{BundleSource, read_whole};
use super::walk::MAX_ENTRIES_BYTES;
use crate::bundle::path::BundlePath;
use crate::ledger::entry::Entry;
use crate::ledger::origin::LogYear;
use crate::ledger::tile::{EntriesId, decode_entries};

/// A place: the year of a log and the index in it.
pub(super) type Place = (LogYear, u64);

/// Reads entries by their place and keeps the entry bundle that it read last.
pub(super) struct Cursor<'a> {
    source: &'a dyn BundleSource,
    logs: &'a [LogFacts],
    cached: Option<(LogYear, u64)>,
    entries: Vec<Option<Entry>>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a dyn BundleSource, logs: &'a [LogFacts]) -> Self {
        Self { source, logs, cached: None, entries: Vec::new() }
    }

    /// The log of a year.
    pub(super) fn log(&self, year: LogYear) -> Option<&'a LogFacts> {
        self.logs.iter().find(|log| log.year == year)
    }

    /// The entry at a place; `None` if there is none or it can not be read, which was found before.
    pub(super) fn entry(&mut self, (year, index): Place) -> Option<&Entry> {
        let log = self.log(year)?;
        let id = EntriesId::in_tree(index / 256, log.size)?;
        if self.cached != Some((year, id.index)) {
            self.cached = Some((year, id.index));
            let path = BundlePath::Entries { year, entries: id };
            let bytes = read_whole(self.source, &path.to_string(), MAX_ENTRIES_BYTES).unwrap_or_default();
            let entries = decode_entries(&bytes, id.width).unwrap_or_default();
            self.entries = entries.into_iter().map(|bytes| Entry::parse(bytes).ok()).collect();
        }
        self.entries.get(usize::try_from(index % 256).ok()?)?.as_ref()
    }

    /// The place after this one, in the order of the logs.
    pub(super) fn after(&self, (year, index): Place) -> Option<Place> {
        let at = self.logs.iter().position(|log| log.year == year)?;
        if self.logs.get(at).is_some_and(|log| index + 1 < log.walked) {
            return Some((year, index + 1));
        }
        self.logs.iter().skip(at + 1).find(|log| log.walked > 0).map(|log| (log.year, 0))
    }

    /// The first place of all.
    pub(super) fn first(&self) -> Option<Place> {
        self.logs.iter().find(|log| log.walked > 0).map(|log| (log.year, 0))
    }
}
