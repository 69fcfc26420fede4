//! The hashes of RFC 6962, section 2.1: leaves and inner nodes begin with different bytes, so that neither can be
//! presented as the other.
//!
//! ```
//! use consent_core::ledger::hash::{EMPTY_ROOT, MAX_SIZE, leaf_hash, node_hash, root_of};
//!
//! let [a, b] = [b"a", b"b"].map(|entry| leaf_hash(entry));
//! assert_eq!(root_of(&[a, b]), node_hash(a, b));
//! assert_ne!(node_hash(a, b), node_hash(b, a), "the order of the entries is part of it");
//! // Two hashes one after the other, taken for an entry, are no node.
//! assert_ne!(leaf_hash(&[a.0, b.0].concat()), node_hash(a, b));
//! assert_eq!((root_of(&[]), MAX_SIZE), (EMPTY_ROOT, (1 << 53) - 1));
//! ```

use sha2::{Digest as _, Sha256};

use crate::canonical::MAX_INTEGER;
use crate::digest::Digest;

/// The most entries that a log can have: 2^53 − 1, so that every index stays exact in JSON.
pub const MAX_SIZE: u64 = MAX_INTEGER;

/// The root of a tree without entries: SHA-256 of nothing.
pub const EMPTY_ROOT: Digest = Digest([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27,
    0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// The hash of an entry's bytes: `SHA-256(0x00 ‖ entry)`.
///
/// ```
/// use consent_core::ledger::hash::leaf_hash;
///
/// assert_eq!(leaf_hash(b"").to_string(), "bjQLnP-zepicpUTmu3gKLHiQHT-zNzh2hRGjBhevoB0");
/// ```
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// The hash over two subtrees: `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node_hash(left: Digest, right: Digest) -> Digest {
    Digest(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root over `hashes`, in which each stands for a complete subtree of one common size.
///
/// Pairing neighbours and carrying a last single one up is the same tree as the RFC's split at the largest power of
/// two, without its recursion.
///
/// ```
/// use consent_core::ledger::hash::{EMPTY_ROOT, leaf_hash, node_hash, root_of};
///
/// let [a, b, c] = [b"a", b"b", b"c"].map(|entry| leaf_hash(entry));
/// assert_eq!(root_of(&[a, b, c]), node_hash(node_hash(a, b), c));
/// assert_eq!(root_of(&[]), EMPTY_ROOT);
/// ```
#[must_use]
pub fn root_of(hashes: &[Digest]) -> Digest {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .filter_map(|pair| match *pair {
                [left, right] => Some(node_hash(left, right)),
                [single] => Some(single),
                _ => None,
            })
            .collect();
    }
    row.first().copied().unwrap_or(EMPTY_ROOT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_root_is_the_hash_of_nothing() {
        assert_eq!(EMPTY_ROOT, Digest::of(b""));
    }

    #[test]
    fn leaf_and_node_of_the_same_bytes_differ() {
        let (a, b) = (leaf_hash(b"a"), leaf_hash(b"b"));
        let mut joined = a.0.to_vec();
        joined.extend(b.0);
        assert_ne!(leaf_hash(&joined), node_hash(a, b));
    }
}
