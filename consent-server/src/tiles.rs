//! The hashes of a stored log, tile by tile.

use consent_core::digest::Digest;
use consent_core::ledger::frontier::Frontier;
use consent_core::ledger::hash::leaf_hash;
use consent_core::ledger::proof::TileSource;
use consent_core::ledger::tile::{TILE_WIDTH, TileId};

use crate::nodes::Nodes;
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

impl LogTiles<'_> {
    /// The hashes of a tile from one of them on.
    fn hashes(&self, tile: TileId, from: u16) -> Result<Vec<Digest>, StoreError> {
        let stored = self.store.tile(self.log, tile.level, tile.index)?.unwrap_or_default();
        let (stored, _) = stored.as_chunks();
        // The bytes of a tile are append-only, so a narrower one is the beginning of a wider one.
        if let Some(hashes) = stored.get(usize::from(from)..usize::from(tile.width)) {
            return Ok(hashes.iter().map(|hash| Digest(*hash)).collect());
        }
        if tile.level > 0 {
            let (level, index) = (tile.level, tile.index);
            return Err(StoreError::Damaged(format!("log {} has no tile {level}/{index}", self.log)));
        }
        // The growing tile of level 0 is not stored: its hashes are those of the entries.
        let first = tile.index * u64::from(TILE_WIDTH);
        let entries = self.store.entries(self.log, first + u64::from(from)..first + u64::from(tile.width))?;
        Ok(entries.iter().map(|entry| leaf_hash(entry)).collect())
    }
}

impl TileSource for LogTiles<'_> {
    type Error = StoreError;

    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, StoreError> {
        self.hashes(tile, 0)
    }
}

/// The same, with the nodes that are known already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KnownTiles<'a> {
    pub(crate) tiles: LogTiles<'a>,
    pub(crate) nodes: &'a Nodes,
}

impl TileSource for KnownTiles<'_> {
    type Error = StoreError;

    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, StoreError> {
        self.tiles.tile(tile)
    }

    fn node(&self, tile: TileId, height: u8, number: u8) -> Result<Option<Digest>, StoreError> {
        self.nodes.node(self.tiles.log, tile, (height, number), |known| self.tiles.hashes(tile, known))
    }
}

/// What is needed to let a stored log grow that has, or once had, this size. Whether it leads to the log's root is for the
/// caller to see.
///
/// # Errors
/// If a tile or an entry is missing.
pub fn frontier(store: &dyn Store, log: &LogId, size: u64) -> Result<Frontier, StoreError> {
    let source = LogTiles::new(store, log);
    let mut levels = Vec::new();
    let mut rest = size;
    for level in 0_u8.. {
        if rest == 0 {
            break;
        }
        let (full, partial) = (rest / u64::from(TILE_WIDTH), rest % u64::from(TILE_WIDTH));
        let width = u16::try_from(partial).unwrap_or(0);
        levels.push(if width == 0 {
            Vec::new()
        } else {
            source.tile(TileId { level, index: full, width })?
        });
        rest = full;
    }
    Frontier::from_tiles(size, levels).map_err(|error| StoreError::Damaged(format!("log {log}: {error}")))
}
