//! A log that was deleted after its retention: what is left of it, and shows that it was one and that its time was over.
//!
//! ```
//! use consent_core::bundle::forgotten::{Forgotten, ForgottenError, MAX_FORGOTTEN_BYTES, Opened};
//! use consent_core::ledger::entry::{Entry, Kind};
//! use consent_core::ledger::hash::{leaf_hash, root_of};
//! use consent_core::ledger::origin::Origin;
//!
//! // A log of two entries, of which the first is kept, and a proof that it was the first.
//! let log: Origin = "consent.example/newsroom/2020".parse()?;
//! let open = Entry::new(1_600_000_000, Kind::Open { log: log.clone(), previous: None, retention_days: 30 })?;
//! let leaves = [open.leaf_hash(), leaf_hash(b"close")];
//! let mut left = Forgotten {
//!     closed: None,
//!     consistency: Vec::new(),
//!     inclusion: vec![leaves[1]],
//!     log,
//!     open: String::from_utf8(open.bytes().to_vec())?,
//!     root: root_of(&leaves),
//!     size: 2,
//! };
//! assert_eq!(left.verify(), Ok(Opened { retention_days: 30, previous: None }));
//! assert_eq!(left.end().size, 2);
//! assert_eq!(Forgotten::parse(&left.to_bytes()?)?, left);
//!
//! left.open = left.open.replace("30", "1");
//! assert!(matches!(left.verify(), Err(ForgottenError::Proof(_))), "nobody shortens a retention afterwards");
//! assert_eq!(Forgotten::parse(&[b' '; MAX_FORGOTTEN_BYTES + 1]), Err(ForgottenError::TooLong));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::canonical::{self, CanonicalError};
use crate::digest::Digest;
use crate::ledger::entry::{Entry, EntryError, Kind, Previous, TreeHead};
use crate::ledger::hash::leaf_hash;
use crate::ledger::origin::Origin;
use crate::ledger::proof::{ProofError, verify_consistency, verify_inclusion};

/// The most bytes of a forgotten log: an entry as text, and two proofs.
pub const MAX_FORGOTTEN_BYTES: usize = 64 * 1024;

/// What is left of a deleted log beside its signed checkpoint. The proofs need nothing but this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    /// The head that `close` left, if erasures followed it; the log behind names that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<TreeHead>,
    /// That the last head continues `closed`; empty if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consistency: Vec<Digest>,
    /// That `open` is the first entry.
    pub inclusion: Vec<Digest>,
    /// Its name.
    pub log: Origin,
    /// Its first entry, which says for how long openings were kept and which log came before.
    pub open: String,
    /// Its last root.
    pub root: Digest,
    /// Its last size.
    pub size: u64,
}

/// Why bytes say nothing about a deleted log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForgottenError {
    /// Longer than [`MAX_FORGOTTEN_BYTES`].
    #[error("forgotten log: longer than 64 KiB")]
    TooLong,
    /// Not canonical JSON of its fields.
    #[error("forgotten log: {0}")]
    Canonical(CanonicalError),
    /// The first entry can not be read.
    #[error("forgotten log: {0}")]
    Entry(EntryError),
    /// The first entry does not open this log.
    #[error("forgotten log: its first entry does not open it")]
    NotOpen,
    /// A proof does not hold.
    #[error("forgotten log: {0}")]
    Proof(ProofError),
}

/// What the first entry of a deleted log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// For how many days openings were kept.
    pub retention_days: u32,
    /// How the log before it ended.
    pub previous: Option<Previous>,
}

impl Forgotten {
    /// Reads one.
    ///
    /// # Errors
    /// If the bytes are not what [`Forgotten::to_bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ForgottenError> {
        if bytes.len() > MAX_FORGOTTEN_BYTES {
            return Err(ForgottenError::TooLong);
        }
        canonical::from_slice(bytes).map_err(ForgottenError::Canonical)
    }

    /// Canonical JSON.
    ///
    /// # Errors
    /// If it gets longer than [`MAX_FORGOTTEN_BYTES`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, ForgottenError> {
        let bytes = canonical::to_vec(self).map_err(ForgottenError::Canonical)?;
        if bytes.len() > MAX_FORGOTTEN_BYTES { Err(ForgottenError::TooLong) } else { Ok(bytes) }
    }

    /// Checks the proofs, and returns what the first entry says. That `root` and `size` are signed is for the caller to see.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(&self) -> Result<Opened, ForgottenError> {
        let entry = Entry::parse(self.open.as_bytes()).map_err(ForgottenError::Entry)?;
        let Kind::Open { log, previous, retention_days } = entry.kind() else {
            return Err(ForgottenError::NotOpen);
        };
        if *log != self.log {
            return Err(ForgottenError::NotOpen);
        }
        let leaf = leaf_hash(self.open.as_bytes());
        verify_inclusion(leaf, 0, self.size, &self.inclusion, self.root).map_err(ForgottenError::Proof)?;
        let (old, proof) = (self.end(), &self.consistency);
        verify_consistency(old.size, old.root, self.size, self.root, proof).map_err(ForgottenError::Proof)?;
        Ok(Opened { retention_days: *retention_days, previous: previous.clone() })
    }

    /// The head that the log behind this one names as its predecessor's.
    #[must_use]
    pub fn end(&self) -> TreeHead {
        self.closed.unwrap_or(TreeHead { root: self.root, size: self.size })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::hash::root_of;

    /// A log of three entries: `open`, `close`, and an erasure behind it.
    fn forgotten() -> Forgotten {
        let log: Origin = "a/newsroom/2020".parse().unwrap();
        let open = Kind::Open { log: log.clone(), previous: None, retention_days: 30 };
        let open = Entry::new(1_600_000_000, open).unwrap();
        let leaves = [open.leaf_hash(), leaf_hash(b"close"), leaf_hash(b"erasure")];
        Forgotten {
            closed: Some(TreeHead { root: root_of(&leaves[..2]), size: 2 }),
            consistency: vec![leaves[2]],
            inclusion: vec![leaves[1], leaves[2]],
            log,
            open: String::from_utf8(open.bytes().to_vec()).unwrap(),
            root: root_of(&leaves),
            size: 3,
        }
    }

    #[test]
    fn shows_what_its_first_entry_said_and_where_it_was_closed() {
        let left = forgotten();
        assert_eq!(left.verify(), Ok(Opened { retention_days: 30, previous: None }));
        assert_eq!(left.end().size, 2);
        assert_eq!(Forgotten::parse(&left.to_bytes().unwrap()), Ok(left));
    }

    #[test]
    fn refuses_every_other_tree_and_every_prefix() {
        let other = leaf_hash(b"other");
        let changes: [fn(&mut Forgotten, Digest); 8] = [
            |left, other| left.root = other,
            |left, _| left.size = 5,
            |left, other| left.inclusion[0] = other,
            |left, _| _ = left.inclusion.pop(),
            |left, other| left.consistency[0] = other,
            |left, other| left.closed.as_mut().unwrap().root = other,
            |left, _| left.closed = None,
            |left, _| left.open = left.open.replace("30", "31"),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut left = forgotten();
            change(&mut left, other);
            assert!(left.verify().is_err(), "change {number}");
        }
        let mut renamed = forgotten();
        renamed.log = "a/newsroom/2021".parse().unwrap();
        assert_eq!(renamed.verify(), Err(ForgottenError::NotOpen));
        let bytes = forgotten().to_bytes().unwrap();
        for end in 0..bytes.len() {
            assert!(Forgotten::parse(&bytes[..end]).is_err());
        }
        assert_eq!(Forgotten::parse(&vec![b' '; MAX_FORGOTTEN_BYTES + 1]), Err(ForgottenError::TooLong));
    }
}
