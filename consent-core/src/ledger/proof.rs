//! Inclusion and consistency: proofs are built from tiles, and checked without them (RFC 6962, section 2.1; the checks
//! are the loops of RFC 9162, sections 2.1.3.2 and 2.1.4.2).
//!
//! ```
//! use consent_core::digest::Digest;
//! use consent_core::ledger::hash::{leaf_hash, root_of};
//! use consent_core::ledger::proof::{
//!     BuildError, MAX_PROOF_HASHES, TileSource, consistency, inclusion, verify_consistency, verify_inclusion,
//! };
//! use consent_core::ledger::tile::TileId;
//!
//! /// The hashes of a small log, which has one tile.
//! struct Small(Vec<Digest>);
//!
//! impl TileSource for Small {
//!     type Error = std::convert::Infallible;
//!
//!     fn tile(&self, _: TileId) -> Result<Vec<Digest>, Self::Error> {
//!         Ok(self.0.clone())
//!     }
//! }
//!
//! let log = Small(["a", "b", "c"].map(|entry| leaf_hash(entry.as_bytes())).to_vec());
//! let root = root_of(&log.0);
//! let proof = inclusion(&log, 1, 3)?;
//! assert!(proof.len() <= MAX_PROOF_HASHES);
//! assert_eq!(verify_inclusion(leaf_hash(b"b"), 1, 3, &proof, root), Ok(()));
//!
//! // That the log of three begins with the log of two.
//! let proof = consistency(&log, 2, 3)?;
//! assert_eq!(verify_consistency(2, root_of(&log.0[..2]), 3, root, &proof), Ok(()));
//! assert_eq!(inclusion(&log, 3, 3), Err(BuildError::Range));
//!
//! // This source knows no node inside a tile, so each is computed.
//! assert_eq!(log.node(TileId { level: 0, index: 0, width: 3 }, 1, 0), Ok(None));
//! # Ok::<(), BuildError<std::convert::Infallible>>(())
//! ```

use std::collections::BTreeMap;

use super::hash::{EMPTY_ROOT, MAX_SIZE, node_hash, root_of};
use super::tile::{TILE_WIDTH, TileId};
use crate::digest::Digest;

/// The most hashes in a proof: a path has one for each bit of the size, a consistency proof one more.
pub const MAX_PROOF_HASHES: usize = 64;

/// Where the tiles of one log are read from.
pub trait TileSource {
    /// Why a tile could not be read.
    type Error;

    /// The hashes of a tile, from the left.
    ///
    /// `tile` has the width that it has in the tree the proof is for. A longer answer is welcome (the tile may have
    /// grown since), a shorter one makes the proof fail. Nothing else is checked here: a wrong hash gives a proof that
    /// does not verify.
    ///
    /// # Errors
    /// If the tile can not be read.
    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, Self::Error>;

    /// A node inside a tile, if it is at hand: the root over `1 << height` neighbouring hashes of it, `height` from 0 to 7, and of all such
    /// nodes the one with this number from the left.
    ///
    /// With `None`, which is what a source says that does not have this method, it is computed from the tile. Nodes never change, so who
    /// builds many proofs may keep them.
    ///
    /// # Errors
    /// If the tile can not be read.
    fn node(&self, tile: TileId, height: u8, number: u8) -> Result<Option<Digest>, Self::Error> {
        let _ = (tile, height, number);
        Ok(None)
    }
}

/// Why a proof can not be built.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError<E> {
    /// The index is not below the size, the older size is above the newer, or a size is above [`MAX_SIZE`].
    #[error("proof: outside the tree")]
    Range,
    /// A tile has fewer hashes than it has in a tree of this size.
    #[error("proof: {0} is shorter than the tree")]
    ShortTile(TileId),
    /// The source failed.
    #[error("proof: a tile can not be read")]
    Source(#[source] E),
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The index is not below the size, the older size is above the newer, or a size is above [`MAX_SIZE`].
    #[error("proof: outside the tree")]
    Range,
    /// The proof has more or fewer hashes than the sizes ask for.
    #[error("proof: wrong number of hashes")]
    Length,
    /// The proof leads to another root.
    #[error("proof: leads to another root")]
    Root,
    /// The proof leads to another root of the older tree.
    #[error("proof: leads to another root of the older tree")]
    OldRoot,
}

/// The inclusion proof of the entry at `index` in the tree of `size` entries: its sibling first, the root's child last.
///
/// # Errors
/// If `index` is outside the tree or a tile is missing.
pub fn inclusion<S: TileSource>(
    source: &S,
    index: u64,
    size: u64,
) -> Result<Vec<Digest>, BuildError<S::Error>> {
    if index >= size || size > MAX_SIZE {
        return Err(BuildError::Range);
    }
    let mut reader = Reader { source, size, tiles: BTreeMap::new() };
    let mut path = Vec::new();
    let (mut from, mut to) = (index, index + 1);
    // The ranges of RFC 6962's recursion that hold `index`, from the whole tree down to the leaf.
    let mut ranges = vec![(0, size)];
    while let Some(&(low, high)) = ranges.last() {
        if high - low == 1 {
            break;
        }
        let middle = low + split(high - low);
        ranges.push(if index < middle { (low, middle) } else { (middle, high) });
    }
    ranges.pop();
    while let Some((low, high)) = ranges.pop() {
        let sibling = if from == low { (to, high) } else { (low, from) };
        path.push(reader.subtree(sibling.0, sibling.1)?);
        (from, to) = (low, high);
    }
    Ok(path)
}

/// The proof that the tree of `new` entries continues the tree of `old` ones. Empty if `old` is 0 or equals `new`.
///
/// # Errors
/// If `old` is above `new` or a tile is missing.
pub fn consistency<S: TileSource>(
    source: &S,
    old: u64,
    new: u64,
) -> Result<Vec<Digest>, BuildError<S::Error>> {
    if old > new || new > MAX_SIZE {
        return Err(BuildError::Range);
    }
    let mut reader = Reader { source, size: new, tiles: BTreeMap::new() };
    let mut path = Vec::new();
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut low, mut high) = (0, new);
    // Down to the subtree that ends where the old tree ended: what stands beside the way belongs to the proof.
    while high != old {
        let middle = low + split(high - low);
        if old <= middle {
            path.push((middle, high));
            high = middle;
        } else {
            path.push((low, middle));
            low = middle;
        }
    }
    // The verifier has the old root itself, so it needs this subtree only if it is not the whole old tree.
    if low > 0 {
        path.push((low, high));
    }
    path.into_iter().rev().map(|(low, high)| reader.subtree(low, high)).collect()
}

/// The largest power of two below `n`, which is at least 2.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

struct Reader<'a, S> {
    source: &'a S,
    size: u64,
    tiles: BTreeMap<(u8, u64), Vec<Digest>>,
}

impl<S: TileSource> Reader<'_, S> {
    /// The root over the entries `low..high`, a range of RFC 6962's recursion.
    fn subtree(&mut self, low: u64, high: u64) -> Result<Digest, BuildError<S::Error>> {
        let mut right_to_left = Vec::new();
        let (mut low, high) = (low, high);
        // Complete subtrees from the largest at the left to the smallest at the right.
        while low < high {
            let size = 1 << (high - low).ilog2();
            right_to_left.push(self.complete(low, size)?);
            low += size;
        }
        Ok(right_to_left.into_iter().rev().reduce(|right, left| node_hash(left, right)).unwrap_or(EMPTY_ROOT))
    }

    /// The root over `size` entries from `low`, where `size` is a power of two and divides `low`.
    fn complete(&mut self, low: u64, size: u64) -> Result<Digest, BuildError<S::Error>> {
        let height = size.ilog2();
        let level = u8::try_from(height / 8).map_err(|_| BuildError::Range)?;
        let first = low >> (8 * u32::from(level));
        let (index, offset) = (first / u64::from(TILE_WIDTH), first % u64::from(TILE_WIDTH));
        let tile = TileId::in_tree(level, index, self.size).ok_or(BuildError::Range)?;
        let inside = u8::try_from(height % 8).map_err(|_| BuildError::Range)?;
        let number = u8::try_from(offset >> inside).map_err(|_| BuildError::Range)?;
        if let Some(node) = self.source.node(tile, inside, number).map_err(BuildError::Source)? {
            return Ok(node);
        }
        if !self.tiles.contains_key(&(level, index)) {
            let hashes = self.source.tile(tile).map_err(BuildError::Source)?;
            self.tiles.insert((level, index), hashes);
        }
        let hashes = self.tiles.get(&(level, index)).map_or(&[][..], Vec::as_slice);
        let from = usize::try_from(offset).map_err(|_| BuildError::Range)?;
        let count = 1_usize << inside;
        hashes.get(from..from + count).map(root_of).ok_or(BuildError::ShortTile(tile))
    }
}

/// Checks that `leaf` is at `index` in the tree with `size` entries and this `root`.
///
/// ```
/// use consent_core::ledger::{hash::{leaf_hash, node_hash}, proof::{ProofError, verify_inclusion}};
///
/// let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
/// assert_eq!(verify_inclusion(b, 1, 2, &[a], node_hash(a, b)), Ok(()));
/// assert_eq!(verify_inclusion(b, 0, 2, &[a], node_hash(a, b)), Err(ProofError::Root));
/// ```
///
/// # Errors
/// If it is not, or the proof does not have exactly the hashes that it needs.
pub fn verify_inclusion(
    leaf: Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: Digest,
) -> Result<(), ProofError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofError::Range);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = leaf;
    for &sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, hash);
            // A node without a right sibling is carried up until it is a right child itself.
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, hash == root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}

/// Checks that the tree with `new` entries and `new_root` begins with the tree of `old` entries and `old_root`.
///
/// # Errors
/// If it does not, or the proof does not have exactly the hashes that it needs.
pub fn verify_consistency(
    old: u64,
    old_root: Digest,
    new: u64,
    new_root: Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    if old > new || new > MAX_SIZE {
        return Err(ProofError::Range);
    }
    if old == 0 || old == new {
        let expected = if old == 0 { EMPTY_ROOT } else { new_root };
        return match (proof.is_empty(), old_root == expected) {
            (true, true) => Ok(()),
            (true, false) => Err(ProofError::OldRoot),
            (false, _) => Err(ProofError::Length),
        };
    }
    let mut hashes = proof.iter().copied();
    let first = if old.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let first = first.ok_or(ProofError::Length)?;
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in hashes {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, old_hash);
            new_hash = node_hash(sibling, new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, old_hash == old_root, new_hash == new_root) {
        (0, true, true) => Ok(()),
        (0, false, _) => Err(ProofError::OldRoot),
        (0, true, false) => Err(ProofError::Root),
        _ => Err(ProofError::Length),
    }
}
