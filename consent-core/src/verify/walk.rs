//! The way through the entries of one log: root and tiles computed anew, every entry read, every known head compared.

use std::collections::BTreeSet;

use super::evidence::Pins;
use super::progress::{Progress, Step};
use super::report::{Code, Report};
use super::rules::Rules;
use super::source::{BundleSource, read_whole};
use super::tree::{Accumulator, Rows};
use crate::bundle::manifest::Contents;
use crate::bundle::path::BundlePath;
use crate::digest::Digest;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::{Entry, Kind};
use crate::ledger::hash::leaf_hash;
use crate::ledger::key::VerifierKey;
use crate::ledger::origin::LogYear;
use crate::ledger::tile::{EntriesId, MAX_ENTRY_BYTES, TileId, decode_entries};

/// The most bytes of an entry bundle.
pub(super) const MAX_ENTRIES_BYTES: usize = 256 * (2 + MAX_ENTRY_BYTES);

/// What the check of a log starts from.
pub(super) struct Input<'a> {
    pub(super) source: &'a dyn BundleSource,
    pub(super) paths: &'a BTreeSet<BundlePath>,
    pub(super) keys: &'a [VerifierKey],
    pub(super) contents: Option<&'a Contents>,
    pub(super) year: LogYear,
}

/// The way through the entries of a log.
pub(super) struct Walk<'a> {
    input: &'a Input<'a>,
    size: u64,
    /// How many entries were gone through so far.
    pub(super) walked: u64,
    pins: &'a Pins,
    /// `None` once entries were unreadable: then no root is known any more.
    accumulator: Option<Accumulator>,
    rows: Rows,
    pub(super) rules: Rules<'a>,
    /// How many tiles were computed anew.
    pub(super) tiles: u64,
    /// Size and root with the `close` entry as the last one.
    pub(super) closed: Option<(u64, Digest)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(input: &'a Input<'a>, head: &'a Checkpoint, pins: &'a Pins) -> Self {
        Self {
            input,
            size: head.size,
            walked: 0,
            pins,
            accumulator: Some(Accumulator::default()),
            rows: Rows::default(),
            rules: Rules::new(&head.origin, input.keys),
            tiles: 0,
            closed: None,
        }
    }

    /// Goes through all entries that are there.
    pub(super) fn entries(&mut self, report: &mut Report, progress: &mut dyn FnMut(Progress)) {
        let (year, total) = (self.input.year, self.size);
        self.compare_pins(0, report);
        for id in EntriesId::all(self.size) {
            let path = BundlePath::Entries { year, entries: id };
            let from = id.index * 256;
            progress(Progress { step: Step::Entries { year }, done: from, total });
            if !self.input.paths.contains(&path) {
                // What is missing was named before. Nothing after it can be placed in the tree.
                self.accumulator = None;
                break;
            }
            self.bundle(&path, id, from, report);
            self.walked = from + u64::from(id.width);
        }
        progress(Progress { step: Step::Entries { year }, done: total, total });
    }

    fn bundle(&mut self, path: &BundlePath, id: EntriesId, from: u64, report: &mut Report) {
        let bytes = match read_whole(self.input.source, &path.to_string(), MAX_ENTRIES_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                report.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
                self.accumulator = None;
                return;
            }
        };
        let entries = match decode_entries(&bytes, id.width) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!(
                    "The {} entries from number {from} on can not be taken apart: {error}.",
                    id.width
                );
                report.find_at(Code::EntriesUnreadable, path, Some(from), None, message);
                self.accumulator = None;
                return;
            }
        };
        let mut byte = 0;
        for (index, bytes) in (from..).zip(entries) {
            byte += 2;
            self.entry(path, index, byte, bytes, report);
            byte += u64::try_from(bytes.len()).unwrap_or(0);
        }
    }

    fn entry(&mut self, path: &BundlePath, index: u64, byte: u64, bytes: &[u8], report: &mut Report) {
        let leaf = leaf_hash(bytes);
        for (expected, file) in self.pins.leaves.get(&index).into_iter().flatten() {
            if *expected != leaf {
                let message = format!("The receipt is of another entry than number {index} of this log.");
                report.find_at(Code::EvidenceDiffers, file, Some(index), None, message);
            }
        }
        if let Some(accumulator) = &mut self.accumulator {
            accumulator.push(leaf);
            let size = accumulator.size();
            let (input, tiles) = (self.input, &mut self.tiles);
            self.rows.push(leaf, &mut |level, index, hashes| {
                *tiles += 1;
                compare_tile(input, level, index, hashes, report);
            });
            self.compare_pins(size, report);
        }
        match Entry::parse(bytes) {
            Err(error) => {
                let message = format!("Entry {index} is unreadable: {error}.");
                report.find_at(Code::EntryUnreadable, path, Some(index), Some(byte), message);
            }
            Ok(entry) => {
                self.rules.take(index, &entry, &mut |code, message| {
                    report.find_at(code, path, Some(index), Some(byte), message);
                });
                if matches!(entry.kind(), Kind::Close { .. }) {
                    self.closed = self.accumulator.as_ref().map(|tree| (tree.size(), tree.root()));
                }
            }
        }
    }

    /// Compares the root over the first `size` entries with every head that is known for it.
    fn compare_pins(&self, size: u64, report: &mut Report) {
        let (Some(pins), Some(accumulator)) = (self.pins.roots.get(&size), &self.accumulator) else { return };
        let root = accumulator.root();
        for pin in pins.iter().filter(|pin| pin.root != root) {
            let message =
                format!("The first {size} entries are not those that this checkpoint was signed for.");
            report.find(pin.code, &pin.file, message);
        }
    }

    /// Compares what was computed with the head and with every older one that is left.
    pub(super) fn finish(&mut self, head: &Checkpoint, report: &mut Report) {
        let path = BundlePath::Checkpoint { year: self.input.year };
        self.rules.finish();
        if let Some(accumulator) = &self.accumulator {
            let (input, tiles) = (self.input, &mut self.tiles);
            self.rows.finish(&mut |level, index, hashes| {
                *tiles += 1;
                compare_tile(input, level, index, hashes, report);
            });
            if accumulator.root() != head.root {
                report.find(
                    Code::RootDiffers,
                    path,
                    "The entries are not those that the checkpoint was signed for.",
                );
            }
        } else {
            report.find(
                Code::RootDiffers,
                path,
                "Entries are missing or unreadable: the root can not be computed.",
            );
        }
        let newer = |size: &u64| *size > self.size;
        for (size, pins) in self.pins.roots.iter().filter(|(size, _)| newer(size)) {
            for pin in pins {
                let code = if pin.code == Code::EvidenceDiffers { Code::EvidenceForeign } else { pin.code };
                let message =
                    format!("It is for {size} entries, and the log in the bundle ends at {}.", self.size);
                report.find(code, &pin.file, message);
            }
        }
    }
}

/// Compares a tile with the hashes that the entries lead to.
fn compare_tile(input: &Input<'_>, level: u8, index: u64, hashes: &[Digest], report: &mut Report) {
    let Ok(width) = u16::try_from(hashes.len()) else { return };
    let path = BundlePath::Tile { year: input.year, tile: TileId { level, index, width } };
    if !input.paths.contains(&path) {
        return;
    }
    let bytes = match read_whole(input.source, &path.to_string(), 256 * 32) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
            return;
        }
    };
    if bytes.len() != hashes.len() * 32 {
        let message = format!("The tile has {} bytes and should have {}.", bytes.len(), hashes.len() * 32);
        report.find_at(
            Code::TileDiffers,
            &path,
            None,
            u64::try_from(bytes.len().min(hashes.len() * 32)).ok(),
            message,
        );
    }
    for ((at, there), expected) in (0_u64..).zip(bytes.chunks(32)).zip(hashes) {
        if there == expected.0 || there.len() < 32 {
            continue;
        }
        let within = there.iter().zip(expected.0).take_while(|(a, b)| **a == *b).count();
        let entry = (level == 0).then_some(index * 256 + at);
        let message = match entry {
            Some(entry) => format!("The tile has another hash for entry {entry} than the entry itself."),
            None => format!("Hash {at} of the tile is not the one that the entries lead to."),
        };
        let byte = at * 32 + u64::try_from(within).unwrap_or(0);
        report.find_at(Code::TileDiffers, &path, entry, Some(byte), message);
    }
}
