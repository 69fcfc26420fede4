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
        self.size += 1;
        let mut carry = leaf;
        for place in &mut self.subtrees {
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

/// The rows of hashes that tiles are cut from.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// For each level the index of the tile that is being filled, and its hashes so far.
    levels: Vec<(u64, Vec<Digest>)>,
}

impl Rows {
    /// Adds a leaf hash and hands out every tile that is full now: level, index, hashes.
    pub(super) fn push(&mut self, leaf: Digest, tile: &mut dyn FnMut(u8, u64, &[Digest])) {
        let mut hash = leaf;
        for (level, (index, hashes)) in (0_u8..).zip(&mut self.levels) {
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
        for (level, (index, hashes)) in (0_u8..).zip(&self.levels) {
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
            let mut tiles = std::collections::BTreeMap::new();
            let mut keep = |level, index, hashes: &[Digest]| {
                tiles.insert((level, index), hashes.to_vec());
            };
            for i in 0..size {
                accumulator.push(leaf_hash(&bytes(i)));
                rows.push(leaf_hash(&bytes(i)), &mut keep);
            }
            rows.finish(&mut keep);
            assert_eq!(accumulator.root(), log.frontier.root(), "size {size}");
            assert_eq!(tiles, log.tiles, "size {size}");
        }
    }
}
