//! One entry bundle by itself: its sum, its entries, the tile above it. Pieces are checked in any order.

use super::evidence::Pins;
use super::files::read_and_compare;
use super::input::Input;
use super::report::{Code, Report};
use super::source::read_whole;
use super::tree::tree_hash;
use crate::bundle::path::BundlePath;
use crate::digest::Digest;
use crate::ledger::entry::Entry;
use crate::ledger::hash::leaf_hash;
use crate::ledger::tile::{EntriesId, MAX_ENTRY_BYTES, TILE_WIDTH, TileId, decode_entries};

/// The most bytes of an entry bundle.
pub(super) const MAX_ENTRIES_BYTES: usize = 256 * (2 + MAX_ENTRY_BYTES);

/// The most bytes of a tile.
const MAX_TILE_BYTES: usize = 256 * 32;

/// An entry that could be read, and where it stands.
pub(super) struct Seen {
    pub(super) index: u64,
    /// At which byte of the entry bundle.
    pub(super) byte: u64,
    pub(super) entry: Entry,
}

/// What one entry bundle says by itself.
pub(super) struct Piece {
    pub(super) id: EntriesId,
    pub(super) found: Report,
    /// Empty if the bundle can not be taken apart.
    pub(super) leaves: Vec<Digest>,
    /// The root over the leaves of a full bundle.
    pub(super) root: Option<Digest>,
    pub(super) seen: Vec<Seen>,
}

impl Piece {
    /// The index of its first entry.
    pub(super) fn from(&self) -> u64 {
        self.id.index * u64::from(TILE_WIDTH)
    }

    pub(super) fn check(input: &Input<'_>, pins: &Pins, id: EntriesId) -> Self {
        let mut piece =
            Self { id, found: Report::default(), leaves: Vec::new(), root: None, seen: Vec::new() };
        let path = BundlePath::Entries { year: input.year, entries: id };
        let bytes =
            read_and_compare(input.source, input.contents, &path, MAX_ENTRIES_BYTES, &mut piece.found);
        if let Some(bytes) = bytes {
            piece.entries(&bytes, pins, &path);
        }
        piece.compare_lowest_tile(input);
        piece
    }

    fn entries(&mut self, bytes: &[u8], pins: &Pins, path: &BundlePath) {
        let from = self.from();
        let entries = match decode_entries(bytes, self.id.width) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!(
                    "The {} entries from number {from} on can not be taken apart: {error}.",
                    self.id.width
                );
                self.found.find_at(Code::EntriesUnreadable, path, Some(from), None, message);
                return;
            }
        };
        self.leaves.reserve_exact(entries.len());
        self.seen.reserve_exact(entries.len());
        let mut byte = 0;
        for (index, bytes) in (from..).zip(entries) {
            byte += 2;
            let leaf = leaf_hash(bytes);
            for (expected, file) in pins.leaves.get(&index).into_iter().flatten() {
                if *expected != leaf {
                    let message = format!("The receipt is of another entry than number {index} of this log.");
                    self.found.find_at(Code::EvidenceDiffers, file, Some(index), None, message);
                }
            }
            self.leaves.push(leaf);
            match Entry::parse(bytes) {
                Ok(entry) => self.seen.push(Seen { index, byte, entry }),
                Err(error) => {
                    let message = format!("Entry {index} is unreadable: {error}.");
                    self.found.find_at(Code::EntryUnreadable, path, Some(index), Some(byte), message);
                }
            }
            byte += u64::try_from(bytes.len()).unwrap_or(0);
        }
        self.root = (self.id.width == TILE_WIDTH).then(|| tree_hash(&self.leaves));
    }

    /// The tile of leaf hashes belongs to this bundle alone: it is read here once, for its sum and its hashes.
    fn compare_lowest_tile(&mut self, input: &Input<'_>) {
        let tile = TileId { level: 0, index: self.id.index, width: self.id.width };
        let path = BundlePath::Tile { year: input.year, tile };
        if !input.paths.contains(&path) {
            return;
        }
        let bytes = read_and_compare(input.source, input.contents, &path, MAX_TILE_BYTES, &mut self.found);
        if let Some(bytes) = bytes.filter(|_| !self.leaves.is_empty()) {
            compare_hashes(&path, tile, &bytes, &self.leaves, &mut self.found);
        }
    }
}

/// Compares a tile above the lowest level with the hashes that the entries lead to.
pub(super) fn compare_tile(input: &Input<'_>, level: u8, index: u64, hashes: &[Digest], report: &mut Report) {
    let Ok(width) = u16::try_from(hashes.len()) else { return };
    let tile = TileId { level, index, width };
    let path = BundlePath::Tile { year: input.year, tile };
    if !input.paths.contains(&path) {
        return;
    }
    match read_whole(input.source, &path.to_string(), MAX_TILE_BYTES) {
        Ok(bytes) => compare_hashes(&path, tile, &bytes, hashes, report),
        Err(error) => {
            report.find(Code::FileUnreadable, path, format!("The file can not be read: {error}."));
        }
    }
}

fn compare_hashes(path: &BundlePath, tile: TileId, bytes: &[u8], hashes: &[Digest], report: &mut Report) {
    if bytes.len() != hashes.len() * 32 {
        let message = format!("The tile has {} bytes and should have {}.", bytes.len(), hashes.len() * 32);
        let byte = u64::try_from(bytes.len().min(hashes.len() * 32)).ok();
        report.find_at(Code::TileDiffers, path, None, byte, message);
    }
    for ((at, there), expected) in (0_u64..).zip(bytes.chunks(32)).zip(hashes) {
        if there == expected.0 || there.len() < 32 {
            continue;
        }
        let within = there.iter().zip(expected.0).take_while(|(a, b)| **a == *b).count();
        let entry = (tile.level == 0).then_some(tile.index * 256 + at);
        let message = match entry {
            Some(entry) => format!("The tile has another hash for entry {entry} than the entry itself."),
            None => format!("Hash {at} of the tile is not the one that the entries lead to."),
        };
        let byte = at * 32 + u64::try_from(within).unwrap_or(0);
        report.find_at(Code::TileDiffers, path, entry, Some(byte), message);
    }
}
