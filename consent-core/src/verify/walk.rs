//! The way through the entries of one log: root and tiles computed anew, every entry read, every known head compared.
//! What needs the entries one after the other is here; what each entry bundle can be asked by itself is in `piece`.

use super::evidence::Pins;
use super::input::Input;
use super::piece::{Piece, compare_tile};
use super::progress::{Progress, Step};
use super::report::{Code, Report};
use super::rules::Rules;
use super::tree::{Accumulator, Rows};
use super::workers::Workers;
use crate::bundle::path::BundlePath;
use crate::digest::Digest;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::entry::Kind;
use crate::ledger::tile::{EntriesId, TILE_WIDTH};

/// The way through the entries of a log.
pub(super) struct Walk<'a> {
    input: &'a Input<'a>,
    size: u64,
    pins: &'a Pins,
    /// `None` once entries were missing or unreadable: then no root is known any more.
    accumulator: Option<Accumulator>,
    rows: Rows,
    /// The entry bundle that comes next, if none is missing.
    next: u64,
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
            pins,
            accumulator: Some(Accumulator::default()),
            rows: Rows::default(),
            next: 0,
            rules: Rules::new(&head.origin, input.keys, &pins.times),
            tiles: 0,
            closed: None,
        }
    }

    /// Goes through all entries that are there.
    pub(super) fn entries<W: Workers>(
        &mut self,
        workers: &W,
        report: &mut Report,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) {
        let (year, total) = (self.input.year, self.size);
        self.compare_pins(0, report);
        let (input, pins) = (self.input, self.pins);
        let mut ids = input.entries(self.size);
        workers.run(&mut || ids.next(), &|id| Piece::check(input, pins, id), &mut |piece| {
            let done = piece.from() + u64::from(piece.id.width);
            self.add(piece, report);
            progress(Progress { step: Step::Entries { year }, done, total });
        });
        if EntriesId::in_tree(self.next, self.size).is_some() {
            self.accumulator = None;
        }
        progress(Progress { step: Step::Entries { year }, done: total, total });
    }

    fn add(&mut self, piece: Piece, report: &mut Report) {
        let from = piece.from();
        // What is missing was named before. Nothing after it can be placed in the tree.
        if piece.id.index != self.next || piece.leaves.is_empty() {
            self.accumulator = None;
        }
        self.next = piece.id.index + 1;
        self.tiles += u64::from(!piece.leaves.is_empty());
        report.absorb(piece.found);
        let to = from + u64::from(piece.id.width);
        let mut closes = piece.seen.iter().filter(|seen| matches!(seen.entry.kind(), Kind::Close { .. }));
        let closed_at = closes.next_back().map(|seen| seen.index + 1);
        let is_known = self.pins.roots.range(from..=to).next().is_some();
        if piece.root.is_none() || is_known || closed_at.is_some() {
            for leaf in &piece.leaves {
                let Some(accumulator) = &mut self.accumulator else { break };
                accumulator.push(*leaf);
                let size = accumulator.size();
                if closed_at == Some(size) {
                    self.closed = Some((size, accumulator.root()));
                }
                self.compare_pins(size, report);
            }
        } else if let (Some(accumulator), Some(root)) = (&mut self.accumulator, piece.root) {
            accumulator.push_subtree(TILE_WIDTH.ilog2(), root);
        }
        if let (Some(_), Some(root)) = (&self.accumulator, piece.root) {
            let (input, tiles) = (self.input, &mut self.tiles);
            self.rows.push(root, &mut |level, index, hashes| {
                *tiles += 1;
                compare_tile(input, level, index, hashes, report);
            });
        }
        let path = BundlePath::Entries { year: self.input.year, entries: piece.id };
        for seen in &piece.seen {
            self.rules.take(seen.index, &seen.entry, &mut |code, message| {
                report.find_at(code, &path, Some(seen.index), Some(seen.byte), message);
            });
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
