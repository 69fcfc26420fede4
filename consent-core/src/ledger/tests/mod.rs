//! Tests that cross the modules of the ledger, and what they share.

mod damage;
mod entries;
mod notes;
mod oracle;

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::checkpoint::{Checkpoint, SignedCheckpoint};
use super::frontier::Frontier;
use super::hash::leaf_hash;
use super::key::SigningKey;
use super::proof::TileSource;
use super::tile::TileId;
use crate::digest::Digest;

pub(crate) const ORIGIN: &str = "consent.example/newsroom/2026";

/// The key of [`ORIGIN`].
pub(crate) fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[7; 32]).unwrap()
}

/// The bytes of entry `i` in a log made for a test.
pub(crate) fn bytes(i: u64) -> Vec<u8> {
    format!("entry {i}").into_bytes()
}

/// A whole log in memory: its frontier and every tile.
#[derive(Clone, Default)]
pub(crate) struct Log {
    pub(crate) frontier: Frontier,
    pub(crate) tiles: BTreeMap<(u8, u64), Vec<Digest>>,
}

impl Log {
    pub(crate) fn with_size(size: u64) -> Self {
        let mut log = Self::default();
        log.extend((0..size).map(|i| leaf_hash(&bytes(i))));
        log
    }

    pub(crate) fn extend(&mut self, leaves: impl IntoIterator<Item = Digest>) {
        for leaf in leaves {
            let tiles = &mut self.tiles;
            self.frontier.append(leaf, &mut |tile, hashes| {
                tiles.insert((tile.level, tile.index), hashes.to_vec());
            });
        }
        for (tile, hashes) in self.frontier.partial_tiles() {
            self.tiles.insert((tile.level, tile.index), hashes.to_vec());
        }
    }

    pub(crate) fn sign(&self) -> SignedCheckpoint {
        let (size, root) = (self.frontier.size(), self.frontier.root());
        SignedCheckpoint::sign(Checkpoint { origin: ORIGIN.parse().unwrap(), size, root }, &key()).unwrap()
    }
}

impl TileSource for Log {
    type Error = Infallible;

    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, Infallible> {
        Ok(self.tiles.get(&(tile.level, tile.index)).cloned().unwrap_or_default())
    }
}
