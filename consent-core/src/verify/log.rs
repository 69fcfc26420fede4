//! One log: its signed head, the root and every tile computed anew from the entries, every entry, every older head.

use std::collections::{BTreeMap, BTreeSet};

use super::evidence::{Pins, RootPin};
use super::report::{Code, LogReport, Report};
use super::rules::{Erased, Rules};
use super::source::{BundleSource, read_whole};
use super::tree::{Accumulator, Rows};
use super::{Progress, Step};
use crate::bundle::manifest::Contents;
use crate::bundle::path::BundlePath;
use crate::digest::Digest;
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::entry::{Entry, Previous};
use crate::ledger::hash::leaf_hash;
use crate::ledger::key::VerifierKey;
use crate::ledger::note::{self, MAX_NOTE_BYTES};
use crate::ledger::origin::Origin;
use crate::ledger::tile::{EntriesId, MAX_ENTRY_BYTES, TileId, decode_entries};
use crate::notice::NoticeId;

/// The most bytes of an entry bundle.
pub(super) const MAX_ENTRIES_BYTES: usize = 256 * (2 + MAX_ENTRY_BYTES);

/// What the check of a log starts from.
pub(super) struct Input<'a> {
    pub(super) source: &'a dyn BundleSource,
    pub(super) paths: &'a BTreeSet<BundlePath>,
    pub(super) keys: &'a [VerifierKey],
    pub(super) contents: Option<&'a Contents>,
    pub(super) year: u16,
}

/// What later checks need to know of a log.
#[derive(Clone, Debug)]
pub(super) struct LogFacts {
    pub(super) year: u16,
    pub(super) origin: Origin,
    pub(super) size: u64,
    /// How many entries could be gone through: as many as `size`, unless files are missing.
    pub(super) walked: u64,
    pub(super) root: Digest,
    pub(super) decisions: u64,
    pub(super) previous: Option<Previous>,
    pub(super) next: Option<Origin>,
    pub(super) notices: BTreeSet<NoticeId>,
    pub(super) erased_subject: Erased,
    pub(super) erased_decision: Erased,
}

/// Checks the log of one year. `None` if not even its head can be read.
pub(super) fn check(
    input: &Input<'_>,
    pins: &mut BTreeMap<String, Pins>,
    report: &mut Report,
    progress: &mut dyn FnMut(Progress),
) -> Option<LogFacts> {
    let (head, signed_by) = read_head(input, report)?;
    let mut pins = pins.remove(&head.origin.to_string()).unwrap_or_default();
    let evidence = pins.roots.values().map(Vec::len).sum::<usize>();
    let history = pin_history(input, &head, &mut pins, report);
    compare_names(input, head.size, report);
    let mut walk = Walk {
        input,
        size: head.size,
        walked: 0,
        pins: &pins,
        accumulator: Some(Accumulator::default()),
        rows: Rows::default(),
        rules: Rules::new(&head.origin, input.keys),
        tiles: 0,
    };
    walk.entries(report, progress);
    walk.finish(&head, report);
    let rules = walk.rules;
    report.logs.push(LogReport {
        log: head.origin.to_string(),
        size: head.size,
        root: head.root.to_string(),
        signed_by,
        decisions: rules.decisions,
        first_time: rules.first_time,
        last_time: rules.last_time,
        tiles: walk.tiles,
        history: u64::try_from(history).unwrap_or(u64::MAX),
        evidence: u64::try_from(evidence).unwrap_or(u64::MAX),
        continues: None,
    });
    Some(LogFacts {
        year: input.year,
        size: head.size,
        walked: walk.walked,
        root: head.root,
        decisions: rules.decisions,
        previous: rules.previous,
        next: rules.next,
        notices: rules.notices,
        erased_subject: rules.erased_subject,
        erased_decision: rules.erased_decision,
        origin: head.origin,
    })
}

/// The head to check against. If its signature does not hold, what it says is used all the same, so that the report can
/// go on; the finding is there.
fn read_head(input: &Input<'_>, report: &mut Report) -> Option<(Checkpoint, Vec<String>)> {
    let path = BundlePath::Checkpoint { year: input.year };
    let listed = input.contents.and_then(|contents| {
        let shard = contents.shards.iter().find(|shard| shard.log.year() == input.year)?;
        Some(Checkpoint { origin: shard.log.clone(), size: shard.size, root: shard.root })
    });
    let bytes = if input.paths.contains(&path) {
        match read_whole(input.source, &path.to_string(), MAX_NOTE_BYTES) {
            Ok(bytes) => bytes,
            Err(error) => {
                report.find(Code::FileUnreadable, &path, format!("The file can not be read: {error}."));
                return listed.map(|head| (head, Vec::new()));
            }
        }
    } else {
        report.find(Code::FileMissing, &path, "The log has no checkpoint.");
        return listed.map(|head| (head, Vec::new()));
    };
    let (head, signed_by) = match SignedCheckpoint::open(&bytes, input.keys) {
        Ok(signed) => {
            let signed_by = signed.signers().iter().map(ToString::to_string).collect();
            (signed.checkpoint().clone(), signed_by)
        }
        Err(error) => {
            report.find(
                Code::CheckpointRefused,
                &path,
                format!("The checkpoint is not to be trusted: {error}."),
            );
            let unsigned = note::split(&bytes).ok().and_then(|note| note.text.parse().ok());
            (unsigned.or_else(|| listed.clone())?, Vec::new())
        }
    };
    if head.origin.year() != input.year {
        report.find(Code::CheckpointDiffers, &path, format!("The checkpoint is of the log {}.", head.origin));
    }
    if input.contents.is_some() && listed.as_ref() != Some(&head) {
        report.find(
            Code::CheckpointDiffers,
            &path,
            "The checkpoint is not the one that the manifest states.",
        );
    }
    Some((head, signed_by))
}

/// Opens the older heads in the bundle: what the entries have to agree with on the way. Returns how many.
fn pin_history(input: &Input<'_>, head: &Checkpoint, pins: &mut Pins, report: &mut Report) -> usize {
    let mut count = 0;
    for path in input.paths {
        let &BundlePath::History { year, size } = path else { continue };
        if year != input.year {
            continue;
        }
        let opened = read_whole(input.source, &path.to_string(), MAX_NOTE_BYTES)
            .map_err(|error| error.to_string())
            .and_then(|bytes| SignedCheckpoint::open(&bytes, input.keys).map_err(|error| error.to_string()));
        match opened {
            Err(error) => {
                report.find(
                    Code::CheckpointRefused,
                    path,
                    format!("The older checkpoint is not to be trusted: {error}."),
                );
            }
            Ok(signed) if signed.checkpoint().size != size || signed.checkpoint().origin != head.origin => {
                report.find(
                    Code::CheckpointDiffers,
                    path,
                    "The older checkpoint is not the one that its name says.",
                );
            }
            Ok(signed) => {
                count += 1;
                let pin = RootPin {
                    root: signed.checkpoint().root,
                    file: path.to_string(),
                    code: Code::HistoryDiffers,
                };
                pins.roots.entry(size).or_default().push(pin);
            }
        }
    }
    count
}

/// Exactly the tiles and entry bundles of a tree of `size` entries have to be there.
fn compare_names(input: &Input<'_>, size: u64, report: &mut Report) {
    let year = input.year;
    for path in input.paths {
        let belongs = match *path {
            BundlePath::Tile { year: of, tile } if of == year => {
                TileId::in_tree(tile.level, tile.index, size) == Some(tile)
            }
            BundlePath::Entries { year: of, entries } if of == year => {
                EntriesId::in_tree(entries.index, size) == Some(entries)
            }
            _ => continue,
        };
        if !belongs {
            report.find(
                Code::FileUnexpected,
                path,
                format!("A log of {size} entries does not have this file."),
            );
        }
    }
    let tiles = TileId::all(size).map(|tile| BundlePath::Tile { year, tile });
    let entries = EntriesId::all(size).map(|entries| BundlePath::Entries { year, entries });
    for path in entries.chain(tiles) {
        // A forged size would make this endless.
        if report.is_full() {
            break;
        }
        if !input.paths.contains(&path) {
            report.find(Code::FileMissing, path, format!("A log of {size} entries has this file."));
        }
    }
}

/// The way through the entries of a log.
struct Walk<'a> {
    input: &'a Input<'a>,
    size: u64,
    walked: u64,
    pins: &'a Pins,
    /// `None` once entries were unreadable: then no root is known any more.
    accumulator: Option<Accumulator>,
    rows: Rows,
    rules: Rules<'a>,
    tiles: u64,
}

impl Walk<'_> {
    fn entries(&mut self, report: &mut Report, progress: &mut dyn FnMut(Progress)) {
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
            Ok(entry) => self.rules.take(index, &entry, &mut |code, message| {
                report.find_at(code, path, Some(index), Some(byte), message);
            }),
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

    fn finish(&mut self, head: &Checkpoint, report: &mut Report) {
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
