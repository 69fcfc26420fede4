//! What must be kept of a tree so that it can grow: for each level the hashes of its last, partial tile.
//!
//! ```
//! use consent_core::ledger::frontier::{Frontier, FrontierError};
//! use consent_core::ledger::hash::leaf_hash;
//!
//! let mut frontier = Frontier::new();
//! let mut full = Vec::new();
//! for entry in 0..300_u32 {
//!     frontier.append(leaf_hash(&entry.to_be_bytes()), &mut |tile, _| full.push(tile.to_string()));
//! }
//! assert_eq!((frontier.size(), full), (300, vec!["tile/0/000".to_owned()]));
//!
//! // What a store keeps of it, and what a server reads back.
//! let kept = frontier.to_tiles();
//! assert_eq!(kept.iter().map(Vec::len).collect::<Vec<_>>(), [44, 1]);
//! assert_eq!(frontier.partial_tile(0), kept[0]);
//! let names = frontier.partial_tiles().map(|(tile, _)| tile.to_string());
//! assert_eq!(names.collect::<Vec<_>>(), ["tile/0/001.p/44", "tile/1/000.p/1"]);
//! assert_eq!(Frontier::from_tiles(300, kept.clone())?.root(), frontier.root());
//! assert_eq!(Frontier::from_tiles(301, kept), Err(FrontierError::Width { level: 0 }));
//! # Ok::<(), FrontierError>(())
//! ```

use super::hash::{EMPTY_ROOT, MAX_SIZE, node_hash};
use super::tile::{TILE_WIDTH, TileId};
use crate::digest::Digest;

/// The right edge of a growing tree.
///
/// Appending costs about one hash more than the leaf's own, and the root of any size at most eight hashes per level:
/// both are needed for every batch of decisions.
///
/// ```
/// use consent_core::ledger::{frontier::Frontier, hash::{leaf_hash, node_hash}};
///
/// let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
/// let mut frontier = Frontier::new();
/// frontier.append(a, &mut |_, _| ());
/// frontier.append(b, &mut |_, _| ());
/// assert_eq!(frontier.root(), node_hash(a, b));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    levels: Vec<Level>,
}

/// The partial tile of one level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Level {
    hashes: Vec<Digest>,
    /// Roots of the complete subtrees of `hashes`, largest first: one for each bit set in `hashes.len()`.
    peaks: Vec<Digest>,
}

impl Level {
    /// Adds a hash; `Some(root)` when that made the tile full.
    fn push(&mut self, hash: Digest) -> Option<Digest> {
        let mut merges = self.hashes.len().trailing_ones();
        let mut peak = hash;
        while merges > 0 {
            // There is one peak for each one bit, so this never runs out.
            let Some(left) = self.peaks.pop() else { break };
            peak = node_hash(left, peak);
            merges -= 1;
        }
        self.hashes.push(hash);
        self.peaks.push(peak);
        (self.hashes.len() == usize::from(TILE_WIDTH)).then_some(peak)
    }
}

/// Why tiles are not the right edge of a tree of the size that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrontierError {
    /// The size is larger than [`MAX_SIZE`].
    #[error("frontier: the size is 2^53 or more")]
    Size,
    /// A tree of this size has more or fewer levels.
    #[error("frontier: wrong number of levels")]
    Levels,
    /// The partial tile of a level has more or fewer hashes.
    #[error("frontier: wrong width of the tile of level {level}")]
    Width {
        /// The level, from 0.
        level: u8,
    },
}

impl Frontier {
    /// The frontier of the empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The frontier of a tree of `size` entries from the partial tile of each level, level 0 first.
    ///
    /// The list has an item for every level up to the highest that has a hash; a level whose last tile is full has an
    /// empty one. Only the shape is checked: whoever stores the tiles compares [`Frontier::root`] with the signed one.
    ///
    /// # Errors
    /// If the lists do not have the lengths that `size` implies.
    pub fn from_tiles(size: u64, tiles: Vec<Vec<Digest>>) -> Result<Self, FrontierError> {
        if size > MAX_SIZE {
            return Err(FrontierError::Size);
        }
        if tiles.len() != level_count(size) {
            return Err(FrontierError::Levels);
        }
        let mut levels = Vec::with_capacity(tiles.len());
        let mut rest = size;
        for (level, hashes) in (0_u8..).zip(tiles) {
            if Ok(hashes.len()) != usize::try_from(rest % u64::from(TILE_WIDTH)) {
                return Err(FrontierError::Width { level });
            }
            rest /= u64::from(TILE_WIDTH);
            let mut tile = Level::default();
            for hash in hashes {
                tile.push(hash);
            }
            levels.push(tile);
        }
        Ok(Self { size, levels })
    }

    /// How many entries the tree has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree (RFC 6962, section 2.1).
    #[must_use]
    pub fn root(&self) -> Digest {
        // From the smallest complete subtree at the right to the largest at the left.
        let peaks = self.levels.iter().flat_map(|level| level.peaks.iter().rev().copied());
        peaks.reduce(|right, left| node_hash(left, right)).unwrap_or(EMPTY_ROOT)
    }

    /// Adds a leaf hash. Every tile that it makes full, from level 0 upwards, is handed to `full` once.
    pub fn append(&mut self, leaf: Digest, full: &mut impl FnMut(TileId, &[Digest])) {
        self.size += 1;
        let mut hash = leaf;
        let mut entries_per_tile = 1_u64;
        for level in 0_u8.. {
            let at = usize::from(level);
            if self.levels.len() == at {
                self.levels.push(Level::default());
            }
            let Some(tile) = self.levels.get_mut(at) else { return };
            let Some(root) = tile.push(hash) else { return };
            entries_per_tile *= u64::from(TILE_WIDTH);
            full(TileId { level, index: self.size / entries_per_tile - 1, width: TILE_WIDTH }, &tile.hashes);
            tile.hashes.clear();
            tile.peaks.clear();
            hash = root;
        }
    }

    /// The partial tile of each level that has one, level 0 first, with its name. A level whose last tile is full has
    /// none, so this is what a store keeps beside the full tiles.
    pub fn partial_tiles(&self) -> impl Iterator<Item = (TileId, &[Digest])> {
        (0_u8..).zip(&self.levels).filter_map(|(level, tile)| {
            let full_tiles = self.size.checked_shr(8 * (u32::from(level) + 1)).unwrap_or(0);
            let width = u16::try_from(tile.hashes.len()).ok()?;
            (width > 0).then_some((TileId { level, index: full_tiles, width }, tile.hashes.as_slice()))
        })
    }

    /// The hashes of the partial tile of `level`; empty if its last tile is full or the tree is not so high.
    #[must_use]
    pub fn partial_tile(&self, level: u8) -> &[Digest] {
        self.levels.get(usize::from(level)).map_or(&[], |tile| &tile.hashes)
    }

    /// The partial tiles in the form that [`Frontier::from_tiles`] takes.
    #[must_use]
    pub fn to_tiles(&self) -> Vec<Vec<Digest>> {
        self.levels.iter().map(|tile| tile.hashes.clone()).collect()
    }
}

/// How many levels of a tree of `size` entries have at least one hash.
fn level_count(mut size: u64) -> usize {
    let mut count = 0;
    while size > 0 {
        size /= u64::from(TILE_WIDTH);
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::hash::{leaf_hash, root_of};

    #[test]
    fn every_size_around_a_tile_has_the_root_of_all_its_leaves_and_reloads() {
        let mut frontier = Frontier::new();
        let mut leaves = Vec::new();
        assert_eq!(frontier.root(), EMPTY_ROOT);
        for i in 0..1030_u32 {
            leaves.push(leaf_hash(&i.to_be_bytes()));
            frontier.append(leaves[leaves.len() - 1], &mut |_, _| ());
            assert_eq!(frontier.root(), root_of(&leaves), "size {}", leaves.len());
            assert_eq!(Frontier::from_tiles(frontier.size(), frontier.to_tiles()), Ok(frontier.clone()));
        }
    }

    #[test]
    fn hands_out_every_full_tile_once_and_keeps_the_partial_ones() {
        let mut frontier = Frontier::new();
        let mut tiles = Vec::new();
        for i in 0..65_537_u32 {
            frontier.append(leaf_hash(&i.to_be_bytes()), &mut |tile, hashes| {
                assert_eq!(hashes.len(), 256);
                tiles.push(tile);
            });
        }
        tiles.extend(frontier.partial_tiles().map(|(tile, _)| tile));
        tiles.sort_unstable();
        assert_eq!(tiles, TileId::all(65_537).collect::<Vec<_>>());
        assert!(frontier.partial_tile(1).is_empty());
        assert_eq!(frontier.partial_tile(2).len(), 1);
    }

    #[test]
    fn refuses_tiles_of_another_size() {
        let hash = leaf_hash(b"");
        assert_eq!(Frontier::from_tiles(0, vec![vec![]]), Err(FrontierError::Levels));
        assert_eq!(Frontier::from_tiles(1, vec![]), Err(FrontierError::Levels));
        assert_eq!(Frontier::from_tiles(1, vec![vec![]]), Err(FrontierError::Width { level: 0 }));
        assert_eq!(
            Frontier::from_tiles(256, vec![vec![], vec![hash; 2]]),
            Err(FrontierError::Width { level: 1 })
        );
        assert_eq!(Frontier::from_tiles(MAX_SIZE + 1, vec![]), Err(FrontierError::Size));
        assert_eq!(Frontier::from_tiles(0, vec![]), Ok(Frontier::new()));
    }

    proptest! {
        #[test]
        fn a_reloaded_frontier_grows_like_the_original(before in 0..700_u32, after in 1..700_u32) {
            let mut original = Frontier::new();
            for i in 0..before {
                original.append(leaf_hash(&i.to_be_bytes()), &mut |_, _| ());
            }
            let mut reloaded = Frontier::from_tiles(original.size(), original.to_tiles()).unwrap();
            for i in 0..after {
                original.append(leaf_hash(&i.to_be_bytes()), &mut |_, _| ());
                reloaded.append(leaf_hash(&i.to_be_bytes()), &mut |_, _| ());
            }
            prop_assert_eq!(original, reloaded);
        }
    }
}
