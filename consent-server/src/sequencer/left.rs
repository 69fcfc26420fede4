//! How much of a log that can not go on is still what was signed.

use std::collections::BTreeMap;

use consent_core::digest::Digest;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, Kind, TreeHead};
use consent_core::ledger::frontier::Frontier;
use consent_core::ledger::origin::Origin;
use consent_core::ledger::tile::TileId;

use crate::store::{Head, LogId, Store, StoreError};
use crate::tiles;

/// How many entries are read at once.
const STEP: u64 = 4096;

/// What the entries of a log are, as far as they can be read.
pub(super) struct Left {
    /// What is left.
    pub(super) kept: TreeHead,
    /// The head that its `close` entry left, if that is among it.
    pub(super) closed: Option<TreeHead>,
}

/// Goes through a log from its first entry, and keeps what can be read, is whole, and contradicts none of the heads that are
/// known to have been signed.
///
/// # Errors
/// If the store fails. That it is damaged is none.
pub(super) fn of_log(
    store: &dyn Store,
    log: &LogId,
    head: &Head,
    origin: &Origin,
    known: &[SignedCheckpoint],
) -> Result<Left, StoreError> {
    let mut heads: BTreeMap<u64, Vec<Digest>> = BTreeMap::new();
    for signed in known {
        heads.entry(signed.checkpoint().size).or_default().push(signed.checkpoint().root);
    }
    // What the store itself says is a head as well: entries that do not lead to it are not what was written.
    heads.entry(head.size).or_default().push(head.root);
    let mut walk = Walk { store, log, tree: Frontier::new(), agreed: None, closed: None, whole: true };
    'log: while walk.tree.size() < head.size {
        let from = walk.tree.size();
        let entries = match store.entries(log, from..head.size.min(from + STEP)) {
            Ok(entries) => entries,
            Err(StoreError::Damaged(_)) => walk.one_by_one(from, head.size.min(from + STEP))?,
            Err(error) => return Err(error),
        };
        if entries.is_empty() {
            break;
        }
        for bytes in entries {
            let Some(entry) = Entry::parse(&bytes).ok().filter(|entry| walk.fits(entry, origin)) else {
                break 'log;
            };
            walk.push(&entry)?;
            if !walk.whole {
                break 'log;
            }
            // The root only where it is asked for: it costs more than an entry.
            let Some(signed) = heads.get(&walk.tree.size()) else { continue };
            let here = TreeHead { root: walk.tree.root(), size: walk.tree.size() };
            if signed.iter().any(|signed| *signed != here.root) {
                // From the last head that agreed on, entries may be others than those that were signed.
                return Ok(walk.at_last_agreed());
            }
            walk.agreed = Some(here);
        }
    }
    walk.end()
}

struct Walk<'a> {
    store: &'a dyn Store,
    log: &'a LogId,
    tree: Frontier,
    /// The last known head that the entries led to.
    agreed: Option<TreeHead>,
    closed: Option<TreeHead>,
    /// Whether the stored tiles were what the entries make them so far.
    whole: bool,
}

impl Walk<'_> {
    fn fits(&self, entry: &Entry, origin: &Origin) -> bool {
        match entry.kind() {
            Kind::Open { log, .. } => self.tree.size() == 0 && log == origin,
            _ => self.tree.size() > 0,
        }
    }

    fn push(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let mut full = Vec::new();
        let before = self.tree.clone();
        self.tree
            .append(entry.leaf_hash(), &mut |tile, hashes: &[Digest]| full.push((tile, hashes.to_vec())));
        for (tile, hashes) in full {
            if !self.has_tile(tile, &hashes)? {
                // What can not be proven from tiles is not shown. Before this entry none of them was full.
                (self.tree, self.whole) = (before, false);
                return Ok(());
            }
        }
        if matches!(entry.kind(), Kind::Close { .. }) {
            self.closed = Some(TreeHead { root: self.tree.root(), size: self.tree.size() });
        }
        Ok(())
    }

    fn has_tile(&self, tile: TileId, hashes: &[Digest]) -> Result<bool, StoreError> {
        match self.store.tile(self.log, tile.level, tile.index) {
            Ok(stored) => {
                let hashes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
                Ok(stored.is_some_and(|stored| stored == hashes))
            }
            Err(StoreError::Damaged(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The entries before the first one that can not be read.
    fn one_by_one(&self, from: u64, to: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut entries = Vec::new();
        for index in from..to {
            match self.store.entries(self.log, index..index + 1) {
                Ok(mut one) => entries.append(&mut one),
                Err(StoreError::Damaged(_)) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(entries)
    }

    fn at_last_agreed(self) -> Left {
        let kept = self.agreed.unwrap_or_else(nothing);
        Left { kept, closed: self.closed.filter(|closed| closed.size <= kept.size) }
    }

    /// All of it, if the tiles that were still growing there lead to the same root.
    fn end(self) -> Result<Left, StoreError> {
        let kept = TreeHead { root: self.tree.root(), size: self.tree.size() };
        match tiles::frontier(self.store, self.log, kept.size) {
            Ok(stored) if stored.root() == kept.root => Ok(Left { kept, closed: self.closed }),
            Ok(_) | Err(StoreError::Damaged(_)) => Ok(self.at_last_agreed()),
            Err(error) => Err(error),
        }
    }
}

/// Of a log of which nothing is left.
pub(super) fn nothing() -> TreeHead {
    TreeHead { root: Frontier::new().root(), size: 0 }
}
