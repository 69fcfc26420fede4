//! The entries of all logs once more, in step with the openings.

use std::collections::BTreeSet;

use super::facts::LogFacts;
use super::piece::MAX_ENTRIES_BYTES;
use super::source::{BundleSource, read_whole};
use crate::bundle::path::BundlePath;
use crate::ledger::entry::Entry;
use crate::ledger::origin::LogYear;
use crate::ledger::tile::{EntriesId, TILE_WIDTH, decode_entries};

/// A place: the year of a log and the index in it.
pub(super) type Place = (LogYear, u64);

/// Before the first place of all.
pub(super) fn start() -> Place {
    (LogYear::from(0), 0)
}

/// After the last place of all.
pub(super) fn end() -> Place {
    (LogYear::from(u16::MAX), u64::MAX)
}

/// An entry bundle that is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bundle {
    year: LogYear,
    id: EntriesId,
    /// How many entries stand before it, those of earlier logs included.
    before: u64,
}

impl Bundle {
    /// The place of its first entry.
    pub(super) fn from(&self) -> Place {
        (self.year, self.id.index * u64::from(TILE_WIDTH))
    }

    /// The place after its last entry.
    pub(super) fn to(&self) -> Place {
        let (year, index) = self.from();
        (year, index + u64::from(self.id.width))
    }
}

/// The entry bundles that are there, in the order of the logs.
#[derive(Debug)]
pub(super) struct Bundles<'a> {
    logs: &'a [LogFacts],
    all: Vec<Bundle>,
}

impl<'a> Bundles<'a> {
    pub(super) fn new(logs: &'a [LogFacts], paths: &BTreeSet<BundlePath>) -> Self {
        let (mut all, mut before) = (Vec::new(), 0);
        for path in paths {
            let &BundlePath::Entries { year, entries: id } = path else { continue };
            let belongs =
                |log: &LogFacts| log.year == year && EntriesId::in_tree(id.index, log.size) == Some(id);
            if logs.iter().any(belongs) {
                all.push(Bundle { year, id, before });
                before += u64::from(id.width);
            }
        }
        Self { logs, all }
    }

    /// The log of a year.
    pub(super) fn log(&self, year: LogYear) -> Option<&'a LogFacts> {
        self.logs.iter().find(|log| log.year == year)
    }

    /// Whether a log has an entry at this place, be it there or not.
    pub(super) fn has(&self, (year, index): Place) -> bool {
        self.log(year).is_some_and(|log| index < log.size)
    }

    /// The bundles in which places from `from` up to, but without, `to` are.
    pub(super) fn between(&self, from: Place, to: Place) -> &[Bundle] {
        let first = self.all.partition_point(|bundle| bundle.to() <= from);
        let rest = self.all.get(first..).unwrap_or_default();
        rest.get(..rest.partition_point(|bundle| bundle.from() < to)).unwrap_or_default()
    }

    /// How many entries stand before a place.
    pub(super) fn entries_before(&self, place: Place) -> u64 {
        let next = self.all.partition_point(|bundle| bundle.to() <= place);
        match self.all.get(next) {
            Some(bundle) if bundle.from() < place => bundle.before + (place.1 - bundle.from().1),
            Some(bundle) => bundle.before,
            None => self.all.last().map_or(0, |last| last.before + u64::from(last.id.width)),
        }
    }
}

/// Reads entries by their place and keeps the entry bundle that it read last.
pub(super) struct Cursor<'a> {
    source: &'a dyn BundleSource,
    bundles: &'a Bundles<'a>,
    from: Option<Place>,
    bytes: Vec<u8>,
    /// Where each entry of the bundle lies in `bytes`.
    entries: Vec<std::ops::Range<usize>>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(source: &'a dyn BundleSource, bundles: &'a Bundles<'a>) -> Self {
        Self { source, bundles, from: None, bytes: Vec::new(), entries: Vec::new() }
    }

    /// The entry at a place; `None` if it is not there or can not be read, which was found before.
    pub(super) fn entry(&mut self, (year, index): Place) -> Option<Entry> {
        let from = (year, index - index % u64::from(TILE_WIDTH));
        if self.from != Some(from) {
            self.from = Some(from);
            self.entries.clear();
            let bundle = self.bundles.between((year, index), (year, index.checked_add(1)?)).first().copied();
            self.load(bundle?);
        }
        let range = self.entries.get(usize::try_from(index - from.1).ok()?)?;
        Entry::parse(self.bytes.get(range.clone())?).ok()
    }

    fn load(&mut self, bundle: Bundle) {
        let path = BundlePath::Entries { year: bundle.year, entries: bundle.id };
        self.bytes = read_whole(self.source, &path.to_string(), MAX_ENTRIES_BYTES).unwrap_or_default();
        let mut end = 0;
        for entry in decode_entries(&self.bytes, bundle.id.width).unwrap_or_default() {
            // Two bytes of length stand before each.
            let begin = end + 2;
            end = begin + entry.len();
            self.entries.push(begin..end);
        }
    }
}
