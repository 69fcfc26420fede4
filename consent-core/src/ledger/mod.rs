//! The log that nobody can rewrite unnoticed. Formats: C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof and
//! tlog-policy; hashes: RFC 6962.
//!
//! Imports go one way, down this list and never up:
//!
//! | module | what it knows |
//! |---|---|
//! | [`hash`] | leaf and node hashes, the root of a row of hashes |
//! | [`tile`] | names of tiles and entry bundles, the codec of an entry bundle |
//! | [`frontier`] | what must be kept of a tree so that it can grow |
//! | [`proof`] | inclusion and consistency: building from tiles, and checking |
//! | [`key`] | names and keys of those who sign |
//! | [`note`] | a text with signatures |
//! | [`origin`] | the name of a log |
//! | [`checkpoint`] | a signed tree head |
//! | [`cosignature`] | what a witness adds to a checkpoint |
//! | [`tlog_proof`] | a proof file that a visitor keeps |
//! | [`policy`] | which keys an auditor trusts |
//! | [`commitment`] | what stands in an entry for data that can be erased |
//! | [`entry`] | one line of a log |
//!
//! ```
//! use consent_core::ledger::append::{LogState, Staged};
//! use consent_core::ledger::entry::{Entry, Kind};
//! use consent_core::ledger::key::SigningKey;
//! use consent_core::ledger::origin::Origin;
//!
//! let origin: Origin = "consent.example/newsroom/2026".parse()?;
//! # let seed = [7; 32];
//! let key = SigningKey::from_seed(&origin.to_string(), &seed)?;
//! let mut staged = LogState::new(origin.clone()).stage();
//! staged.push(&Entry::new(1_795_426_200, Kind::Open { log: origin, previous: None, retention_days: 1095 })?)?;
//! // Only what a store has taken can be signed.
//! # let store = |_: &[Staged]| Ok::<(), std::io::Error>(());
//! let durable = Staged::persist(vec![staged], store)?.pop().ok_or("no log")?;
//! let (log, head) = durable.sign(&key)?;
//! assert_eq!((head.checkpoint().size, head.checkpoint().root), (1, log.root()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod append;
pub mod checkpoint;
pub mod commitment;
pub mod cosignature;
pub mod entry;
pub mod frontier;
pub mod hash;
pub mod key;
pub mod note;
pub mod origin;
pub mod policy;
pub mod proof;
pub mod tile;
pub mod tlog_proof;

#[cfg(test)]
pub(crate) mod tests;
