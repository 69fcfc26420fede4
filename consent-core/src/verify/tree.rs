//! The tree computed a second time, from the definition in RFC 6962 and not with the code that writes it.

use crate::digest::Digest;
use crate::ledger::hash::{EMPTY_ROOT, node_hash};

/// The root over everything pushed so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Accumulator {
    size: u64,
    /// At place `h` the root of a complete subtree of 2^h leaves, if the size has that bit.
    subtrees: Vec<Option<Digest>>,
}

impl Accumulator {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn push(&mut self, leaf: Digest) {
        self.push_subtree(0, leaf);
    }

    /// Adds the root of a complete subtree of 2^`height` leaves. The size so far has to be a multiple of that.
    pub(super) fn push_subtree(&mut self, height: u32, root: Digest) {
        let leaves = 1_u64 << height;
        debug_assert!(self.size.is_multiple_of(leaves), "a subtree begins where one can");
        self.size += leaves;
        let height = usize::try_from(height).unwrap_or(0);
        if self.subtrees.len() < height {
            self.subtrees.resize(height, None);
        }
        let mut carry = root;
        for place in self.subtrees.iter_mut().skip(height) {
            match place.take() {
                Some(left) => carry = node_hash(left, carry),
                None => {
                    *place = Some(carry);
                    return;
                }
            }
        }
        self.subtrees.push(Some(carry));
    }

    pub(super) fn root(&self) -> Digest {
        let right_to_left = self.subtrees.iter().flatten().copied();
        right_to_left.reduce(|right, left| node_hash(left, right)).unwrap_or(EMPTY_ROOT)
    }
}

/// Merkle Tree Hash over subtrees of equal size: RFC 6962, section 2.1, word for word.
pub(super) fn tree_hash(hashes: &[Digest]) -> Digest {
    match hashes {
        [] => EMPTY_ROOT,
        [single] => *single,
        _ => {
            let split = hashes.len().next_power_of_two() / 2;
            let (left, right) = hashes.split_at(split);
            node_hash(tree_hash(left), tree_hash(right))
        }
    }
}

/// The rows of hashes that tiles above the lowest level are cut from.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// For each level from 1 on the index of the tile that is being filled, and its hashes so far.
    levels: Vec<(u64, Vec<Digest>)>,
}

impl Rows {
    /// Adds the root over a full tile of level 0 and hands out every tile that is full now: level, index, hashes.
    pub(super) fn push(&mut self, root: Digest, tile: &mut dyn FnMut(u8, u64, &[Digest])) {
        let mut hash = root;
        for (level, (index, hashes)) in (1_u8..).zip(&mut self.levels) {
            hashes.push(hash);
            if hashes.len() < 256 {
                return;
            }
            tile(level, *index, hashes);
            hash = tree_hash(hashes);
            *index += 1;
            hashes.clear();
        }
        self.levels.push((0, vec![hash]));
    }

    /// Hands out the tiles that stayed partial.
    pub(super) fn finish(&self, tile: &mut dyn FnMut(u8, u64, &[Digest])) {
        for (level, (index, hashes)) in (1_u8..).zip(&self.levels) {
            if !hashes.is_empty() {
                tile(level, *index, hashes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::leaf_hash;
    use crate::ledger::tests::{Log, bytes};

    #[test]
    fn roots_and_tiles_equal_those_of_the_writer() {
        for size in [0, 1, 2, 3, 255, 256, 257, 700, 65_537] {
            let log = Log::with_size(size);
            let (mut accumulator, mut rows) = (Accumulator::default(), Rows::default());
            let mut by_tiles = Accumulator::default();
            let mut tiles = std::collections::BTreeMap::new();
            let leaves: Vec<_> = (0..size).map(|i| leaf_hash(&bytes(i))).collect();
            leaves.iter().for_each(|leaf| accumulator.push(*leaf));
            for (index, part) in (0..).zip(leaves.chunks(256)) {
                tiles.insert((0, index), part.to_vec());
                if part.len() == 256 {
                    by_tiles.push_subtree(8, tree_hash(part));
                    rows.push(tree_hash(part), &mut |level, index, hashes| {
                        tiles.insert((level, index), hashes.to_vec());
                    });
                } else {
                    part.iter().for_each(|leaf| by_tiles.push(*leaf));
                }
            }
            rows.finish(&mut |level, index, hashes| {
                tiles.insert((level, index), hashes.to_vec());
            });
            assert_eq!(accumulator.root(), log.frontier.root(), "size {size}");
            assert_eq!((by_tiles.size(), by_tiles.root()), (size, log.frontier.root()), "size {size}");
            assert_eq!(tiles, log.tiles, "size {size}");
        }
    }
}
