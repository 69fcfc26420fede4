//! The only way to make a log grow: [`LogState`] → [`Staged`] → [`Durable`] → [`SignedCheckpoint`].
//!
//! Each step consumes the one before, so the order *compute, store, sign, answer* is a matter of types: a head can be
//! signed only for entries that a store has confirmed, and after a failed write there is no state left to go on with.
//! It has to be read back from the store, as at any start.
//!
//! ```
//! use consent_core::ledger::append::{Durable, LogState, Staged, TimeGoesBack};
//! # use consent_core::ledger::entry::{Entry, Kind};
//! # use consent_core::ledger::{hash::EMPTY_ROOT, origin::Origin};
//! # let origin: Origin = "consent.example/newsroom/2026".parse()?;
//! # let key = consent_core::ledger::key::SigningKey::from_seed(&origin.to_string(), &[7; 32])?;
//! # let opens = |time| Entry::new(time, Kind::Open { log: "consent.example/newsroom/2026".parse().unwrap(), previous: None, retention_days: 1095 });
//!
//! let state = LogState::new(origin.clone());
//! assert_eq!((state.size(), state.root(), state.time()), (0, EMPTY_ROOT, 0));
//! let mut staged: Staged = state.stage();
//! assert_eq!(staged.push(&opens(1_795_426_200)?), Ok(0));
//! let early = staged.push(&opens(1_795_426_199)?);
//! assert_eq!(early, Err(TimeGoesBack { last: 1_795_426_200, next: 1_795_426_199 }));
//!
//! // The store takes entries and tiles at the size that it must have, or nothing at all.
//! # let mut stored: Vec<Vec<u8>> = Vec::new();
//! let durable: Vec<Durable> = Staged::persist(vec![staged], |batch| {
//!     for log in batch {
//!         assert_eq!((log.from(), log.state().size(), log.tiles().count()), (0, 1, 0));
//!         stored.extend_from_slice(log.entries());
//!     }
//!     Ok::<(), std::io::Error>(())
//! })?;
//! assert_eq!(durable[0].origin(), &origin);
//! let heads = durable.into_iter().map(|log| log.sign(&key)).collect::<Result<Vec<_>, _>>()?;
//! assert_eq!(heads[0].1.checkpoint().size, 1);
//!
//! // A store that fails leaves nothing to sign.
//! let staged = heads[0].0.clone().stage();
//! assert!(Staged::persist(vec![staged], |_| Err("disk full")).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use super::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use super::entry::Entry;
use super::frontier::Frontier;
use super::key::SigningKey;
use super::origin::Origin;
use super::tile::TileId;
use crate::digest::Digest;

/// A log as it is stored: where it ends, and what is needed to go on.
#[derive(Clone, Debug)]
pub struct LogState {
    origin: Origin,
    frontier: Frontier,
    time: u64,
}

impl LogState {
    /// A log without entries.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self { origin, frontier: Frontier::new(), time: 0 }
    }

    /// A log read back from a store. `time` is that of its last entry.
    ///
    /// ```
    /// use consent_core::ledger::append::LogState;
    /// use consent_core::ledger::{frontier::Frontier, hash::leaf_hash};
    ///
    /// // As a store says it when a server starts: the partial tiles, and the time of the last entry.
    /// let frontier = Frontier::from_tiles(1, vec![vec![leaf_hash(b"a")]])?;
    /// let state = LogState::resume("consent.example/newsroom/2026".parse()?, frontier, 1_795_426_200);
    /// assert_eq!((state.origin().year(), state.size()), (2026.into(), 1));
    /// assert_eq!(state.root(), leaf_hash(b"a"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn resume(origin: Origin, frontier: Frontier, time: u64) -> Self {
        Self { origin, frontier, time }
    }

    /// Which log.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many entries it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over them.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.frontier.root()
    }

    /// The time of the last entry, unix seconds; 0 if there is none.
    #[must_use]
    pub fn time(&self) -> u64 {
        self.time
    }

    /// Begins a batch.
    #[must_use]
    pub fn stage(self) -> Staged {
        Staged { from: self.size(), state: self, entries: Vec::new(), full: Vec::new() }
    }
}

/// A log with entries that are computed and not yet stored.
#[derive(Debug)]
pub struct Staged {
    state: LogState,
    from: u64,
    entries: Vec<Vec<u8>>,
    full: Vec<(TileId, Vec<Digest>)>,
}

/// The entry's time lies before that of the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("append: time goes back from {last} to {next}")]
pub struct TimeGoesBack {
    /// The time of the last entry.
    pub last: u64,
    /// The time of the refused one.
    pub next: u64,
}

impl Staged {
    /// Adds an entry and returns its index.
    ///
    /// # Errors
    /// If its time lies before that of the last one.
    pub fn push(&mut self, entry: &Entry) -> Result<u64, TimeGoesBack> {
        let (last, next) = (self.state.time, entry.time());
        if next < last {
            return Err(TimeGoesBack { last, next });
        }
        let index = self.state.size();
        let full = &mut self.full;
        self.state.frontier.append(entry.leaf_hash(), &mut |tile, hashes| full.push((tile, hashes.to_vec())));
        self.state.time = next;
        self.entries.push(entry.bytes().to_vec());
        Ok(index)
    }

    /// The log with the new entries in it.
    #[must_use]
    pub fn state(&self) -> &LogState {
        &self.state
    }

    /// The index of the first new entry: the size that the store must have.
    #[must_use]
    pub fn from(&self) -> u64 {
        self.from
    }

    /// The new entries, as they are hashed.
    #[must_use]
    pub fn entries(&self) -> &[Vec<u8>] {
        &self.entries
    }

    /// The tiles to store beside the entries: every one that became full, and the growing ones above level 0. The
    /// growing one at level 0 is left out: it can be computed from at most 255 entries.
    pub fn tiles(&self) -> impl Iterator<Item = (TileId, &[Digest])> {
        let full = self.full.iter().map(|(tile, hashes)| (*tile, hashes.as_slice()));
        full.chain(self.state.frontier.partial_tiles().filter(|(tile, _)| tile.level > 0))
    }

    /// Stores several logs' batches as one step.
    ///
    /// # Errors
    /// What `write` returns; then nothing is left to go on with, and the logs must be read back.
    pub fn persist<E>(
        staged: Vec<Self>,
        write: impl FnOnce(&[Self]) -> Result<(), E>,
    ) -> Result<Vec<Durable>, E> {
        write(&staged)?;
        Ok(staged.into_iter().map(|staged| Durable(staged.state)).collect())
    }
}

/// A log whose entries are all stored, so that its head may be signed.
#[derive(Debug)]
pub struct Durable(LogState);

impl Durable {
    /// Which log.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        self.0.origin()
    }

    /// Signs the head, and gives the log back for the next batch.
    ///
    /// # Errors
    /// [`CheckpointError::KeyName`] if the key has another name than the log.
    pub fn sign(self, key: &SigningKey) -> Result<(LogState, SignedCheckpoint), CheckpointError> {
        let Self(state) = self;
        let checkpoint = Checkpoint { origin: state.origin.clone(), size: state.size(), root: state.root() };
        Ok((state, SignedCheckpoint::sign(checkpoint, key)?))
    }
}
