//! Nodes of the logs' trees that were computed for one proof, kept for the next.
//!
//! A proof needs a dozen nodes, and each of them takes up to 128 hashes of a tile to compute; in the growing tile, which is not stored, a
//! hash of each entry besides. But a node never changes, and the proofs that are asked for are mostly of what was decided just now.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use consent_core::digest::Digest;
use consent_core::ledger::hash::node_hash;
use consent_core::ledger::tile::TileId;

use crate::store::LogId;

/// How many tiles there are in a generation, of 16 KiB each at most; two are kept. What is not asked for while a new one fills is let go.
const GENERATION: usize = 128;

/// Nodes by tile.
#[derive(Debug, Default)]
pub(crate) struct Nodes(Mutex<Generations>);

#[derive(Debug, Default)]
struct Generations {
    new: HashMap<Place, Arc<Mutex<Rows>>>,
    old: HashMap<Place, Arc<Mutex<Rows>>>,
}

/// Log, level and index of a tile.
type Place = (LogId, u8, u64);

/// A tile and what is above its hashes: each row has a hash for two of the row before.
#[derive(Debug, Default)]
struct Rows([Vec<Digest>; 8]);

impl Nodes {
    /// The node over `1 << height` hashes of a tile, the one with this number from the left; `None` if the tile has no such node. `more`
    /// is asked for the hashes of the tile from one of them on, if they are not known.
    pub(crate) fn node<E>(
        &self,
        log: &LogId,
        tile: TileId,
        (height, number): (u8, u8),
        more: impl FnOnce(u16) -> Result<Vec<Digest>, E>,
    ) -> Result<Option<Digest>, E> {
        let rows = self.rows(log, tile);
        let known = lock(&rows).width();
        // Nobody waits for another's reading: a store that does not answer would have them fail one after the other.
        let read = if known < tile.width { more(known)? } else { Vec::new() };
        let mut rows = lock(&rows);
        let wanted = usize::from(tile.width.saturating_sub(known));
        let read_by_others = usize::from(rows.width().saturating_sub(known));
        for hash in read.into_iter().take(wanted).skip(read_by_others) {
            rows.push(hash);
        }
        Ok(rows.0.get(usize::from(height)).and_then(|row| row.get(usize::from(number))).copied())
    }

    /// Lets go of what is known of a log.
    pub(crate) fn forget(&self, log: &LogId) {
        let mut tiles = lock(&self.0);
        let Generations { new, old } = &mut *tiles;
        new.retain(|(of, ..), _| of != log);
        old.retain(|(of, ..), _| of != log);
    }

    fn rows(&self, log: &LogId, tile: TileId) -> Arc<Mutex<Rows>> {
        let mut tiles = lock(&self.0);
        let Generations { new, old } = &mut *tiles;
        let place = (log.clone(), tile.level, tile.index);
        if let Some(rows) = new.get(&place) {
            return Arc::clone(rows);
        }
        let rows = old.get(&place).map(Arc::clone).unwrap_or_default();
        if new.len() >= GENERATION {
            *old = std::mem::take(new);
        }
        new.insert(place, Arc::clone(&rows));
        rows
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Rows {
    fn width(&self) -> u16 {
        u16::try_from(self.0[0].len()).unwrap_or(u16::MAX)
    }

    fn push(&mut self, hash: Digest) {
        let mut node = hash;
        for row in &mut self.0 {
            row.push(node);
            match row.as_slice() {
                [.., left, right] if row.len().is_multiple_of(2) => node = node_hash(*left, *right),
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::convert::Infallible;

    use consent_core::ledger::hash::{leaf_hash, root_of};
    use consent_core::ledger::proof::{TileSource, consistency, inclusion};
    use consent_core::ledger::tile::TILE_WIDTH;

    use super::*;

    /// The hashes of a log, level by level, and what was read of them.
    struct Log {
        levels: [Vec<Digest>; 3],
        read: RefCell<Vec<(TileId, u16)>>,
    }

    impl TileSource for Log {
        type Error = Infallible;

        fn tile(&self, tile: TileId) -> Result<Vec<Digest>, Infallible> {
            let first = usize::try_from(tile.index).unwrap() * usize::from(TILE_WIDTH);
            let hashes = self.levels[usize::from(tile.level)].iter().skip(first);
            Ok(hashes.take(usize::from(tile.width)).copied().collect())
        }
    }

    struct Kept<'a>(&'a Log, &'a Nodes, LogId);

    impl TileSource for Kept<'_> {
        type Error = Infallible;

        fn tile(&self, tile: TileId) -> Result<Vec<Digest>, Infallible> {
            unreachable!("{tile} is asked for as a whole")
        }

        fn node(&self, tile: TileId, height: u8, number: u8) -> Result<Option<Digest>, Infallible> {
            self.1.node(&self.2, tile, (height, number), |known| {
                self.0.read.borrow_mut().push((tile, known));
                Ok(self.0.tile(tile)?.split_off(usize::from(known)))
            })
        }
    }

    fn log(size: u32) -> Log {
        log_of(size, "newsroom")
    }

    fn log_of(size: u32, site: &str) -> Log {
        let above =
            |hashes: &[Digest]| hashes.chunks_exact(TILE_WIDTH.into()).map(root_of).collect::<Vec<_>>();
        let leaves: Vec<_> =
            (0..size).map(|entry| leaf_hash(format!("{entry} of {site}").as_bytes())).collect();
        let tiles = above(&leaves);
        let more = above(&tiles);
        Log { levels: [leaves, tiles, more], read: RefCell::default() }
    }

    fn id(site: &str) -> LogId {
        LogId { site: site.parse().unwrap(), year: "2026".parse().unwrap() }
    }

    #[test]
    fn proofs_are_those_that_are_computed_anew_while_the_log_grows() {
        let (log, nodes) = (log(70_000), Nodes::default());
        let kept = Kept(&log, &nodes, id("newsroom"));
        for size in [1, 2, 3, 255, 256, 257, 511, 513, 1000, 65_536, 65_537, 69_999, 70_000] {
            for index in [0, 1, size / 3, size / 2, size - 1] {
                let index = index.min(size - 1);
                assert_eq!(inclusion(&kept, index, size), inclusion(&log, index, size), "{index} of {size}");
                assert_eq!(
                    consistency(&kept, index, size),
                    consistency(&log, index, size),
                    "{index} to {size}"
                );
            }
        }
    }

    #[test]
    fn of_a_tile_that_has_grown_only_what_is_new_is_read_and_of_one_that_has_not_nothing() {
        let (log, nodes) = (log(300), Nodes::default());
        let kept = Kept(&log, &nodes, id("newsroom"));
        for size in [290, 290, 295] {
            inclusion(&kept, 288, size).unwrap();
        }
        let growing: Vec<_> =
            log.read.take().into_iter().filter(|(tile, _)| (tile.level, tile.index) == (0, 1)).collect();
        let tile = |width| TileId { level: 0, index: 1, width };
        assert_eq!(growing, [(tile(34), 0), (tile(39), 34)]);
        inclusion(&kept, 280, 290).unwrap();
        assert_eq!(log.read.take(), []);
    }

    #[test]
    fn logs_are_kept_apart_and_what_is_asked_for_stays_while_there_are_never_more_than_so_many_tiles() {
        let nodes = Nodes::default();
        let often = log(300);
        for site in 0..3 * GENERATION {
            inclusion(&Kept(&often, &nodes, id("often")), 299, 300).unwrap();
            let name = format!("site-{site}");
            let (log, site) = (log_of(2 + u32::try_from(site % 7).unwrap(), &name), id(&name));
            let size = u64::try_from(log.levels[0].len()).unwrap();
            assert_eq!(inclusion(&Kept(&log, &nodes, site), 1, size), inclusion(&log, 1, size));
            let tiles = nodes.0.lock().unwrap();
            assert!(tiles.new.len() <= GENERATION && tiles.old.len() <= GENERATION);
        }
        assert_eq!(often.read.borrow().len(), 2, "each of its tiles once");
    }

    #[test]
    fn what_is_forgotten_is_read_again_and_what_could_not_be_read_too() {
        let (log, nodes) = (log(300), Nodes::default());
        let tile = TileId { level: 0, index: 0, width: 3 };
        let node =
            |site: &str, hashes: Result<Vec<Digest>, ()>| nodes.node(&id(site), tile, (1, 0), |_| hashes);
        let hashes = || Ok(log.levels[0][..3].to_vec());
        let root = Ok(Some(root_of(&log.levels[0][..2])));
        assert_eq!(node("a", Err(())), Err(()));
        assert_eq!(node("a", hashes()), root);
        assert_eq!(node("a", Err(())), root, "it is known");
        assert_eq!(node("b", hashes()), root);
        nodes.forget(&id("a"));
        assert_eq!(node("a", Err(())), Err(()));
        assert_eq!(node("b", Err(())), root);
    }

    #[test]
    fn threads_that_read_the_same_hashes_at_once_keep_them_once() {
        let (log, nodes) = (log(300), Nodes::default());
        let tile = |width| TileId { level: 0, index: 0, width };
        let read = |known: u16, width: u16| log.levels[0][usize::from(known)..usize::from(width)].to_vec();
        // Another one reads more, and sooner, while this one reads.
        let node = nodes.node(&id("a"), tile(5), (0, 4), |known| {
            nodes.node(&id("a"), tile(9), (0, 8), |known| Ok::<_, ()>(read(known, 9)))?;
            Ok::<_, ()>(read(known, 5))
        });
        assert_eq!(node, Ok(Some(log.levels[0][4])));
        let node = nodes.node(&id("a"), tile(12), (2, 2), |known| Ok::<_, ()>(read(known, 12)));
        assert_eq!(node, Ok(Some(root_of(&log.levels[0][8..12]))));
    }
}
