//! The hashes of a stored log, tile by tile.

use consent_core::digest::Digest;
use consent_core::ledger::hash::leaf_hash;
use consent_core::ledger::proof::TileSource;
use consent_core::ledger::tile::{TILE_WIDTH, TileId};

use crate::store::{LogId, Store, StoreError};

/// Reads the tiles of one log.
#[derive(Clone, Copy, Debug)]
pub struct LogTiles<'a> {
    store: &'a dyn Store,
    log: &'a LogId,
}

impl<'a> LogTiles<'a> {
    /// The tiles of `log`.
    #[must_use]
    pub fn new(store: &'a dyn Store, log: &'a LogId) -> Self {
        Self { store, log }
    }
}

impl TileSource for LogTiles<'_> {
    type Error = StoreError;

    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, StoreError> {
        let width = usize::from(tile.width);
        let stored = self.store.tile(self.log, tile.level, tile.index)?.unwrap_or_default();
        let (stored, _) = stored.as_chunks();
        // The bytes of a tile are append-only, so a narrower one is the beginning of a wider one.
        if let Some(hashes) = stored.get(..width) {
            return Ok(hashes.iter().map(|hash| Digest(*hash)).collect());
        }
        if tile.level > 0 {
            let (level, index) = (tile.level, tile.index);
            return Err(StoreError::Damaged(format!("log {} has no tile {level}/{index}", self.log)));
        }
        // The growing tile of level 0 is not stored: its hashes are those of the entries.
        let first = tile.index * u64::from(TILE_WIDTH);
        let entries = self.store.entries(self.log, first..first + u64::from(tile.width))?;
        Ok(entries.iter().map(|entry| leaf_hash(entry)).collect())
    }
}
