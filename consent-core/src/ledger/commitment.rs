//! What stands in an entry for data that can be erased: a hash over the data and a random salt.
//!
//! While salt and data are kept, anybody can check them against the entry. Once they are gone, the hash says nothing:
//! with 32 random bytes in it, no guess of the data can be confirmed.
//!
//! ```
//! use consent_core::ledger::commitment::{MAX_DATA_BYTES, Opening, OpeningError, Part, Salt, commit};
//!
//! // The entry has a hash of each half of a decision. What it stands for is kept beside the log.
//! let opening = Opening::new(Salt([7; 32]), r#"{"action":"save"}"#.to_owned())?;
//! let in_the_entry = opening.commitment(Part::Decision);
//! assert_eq!(commit(Part::Decision, opening.salt(), opening.data().as_bytes()), in_the_entry);
//! // With another salt the same words are another hash: nobody can guess them from it.
//! assert_ne!(commit(Part::Decision, &Salt([8; 32]), opening.data().as_bytes()), in_the_entry);
//!
//! assert_eq!(Part::ALL.map(Part::as_str), ["subject", "decision"]);
//! assert_eq!(Opening::new(Salt([7; 32]), "a".repeat(MAX_DATA_BYTES + 1)), Err(OpeningError::TooLong));
//! # Ok::<(), OpeningError>(())
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::digest::{Digest, decode_base64url, encode_base64url};

/// The most bytes of data behind a commitment.
pub const MAX_DATA_BYTES: usize = 32 * 1024;

/// The two halves of a decision's data. They can be erased apart from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Who decided.
    Subject,
    /// What was decided.
    Decision,
}

impl Part {
    /// Both, in their order.
    pub const ALL: [Self; 2] = [Self::Subject, Self::Decision];

    /// The word for it in JSON and in the hash.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Decision => "decision",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// 32 random bytes, fresh for every part of every decision and never derived from a secret that is kept: what makes
/// erasure final.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

/// Does not show the bytes: they are worth as much as the data.
impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// `SHA-256("consent-log/v1/" ‖ part ‖ 0x00 ‖ salt ‖ data)`.
#[must_use]
pub fn commit(part: Part, salt: &Salt, data: &[u8]) -> Digest {
    let hash = Sha256::new()
        .chain_update("consent-log/v1/")
        .chain_update(part.as_str())
        .chain_update([0])
        .chain_update(salt.0)
        .chain_update(data);
    Digest(hash.finalize().into())
}

/// Salt and data behind a commitment. In JSON: `["<salt in base64url>","<data>"]`.
///
/// ```
/// use consent_core::ledger::commitment::{Opening, Part, Salt, commit};
///
/// let opening = Opening::new(Salt([7; 32]), "{}".to_owned())?;
/// assert_eq!(opening.commitment(Part::Subject), commit(Part::Subject, &Salt([7; 32]), b"{}"));
/// assert_ne!(opening.commitment(Part::Subject), opening.commitment(Part::Decision));
/// # Ok::<(), consent_core::ledger::commitment::OpeningError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(String, String)", into = "(String, String)")]
pub struct Opening {
    salt: Salt,
    data: String,
}

/// Why something is no opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningError {
    /// The salt is not 32 bytes in base64url without padding.
    #[error("opening: the salt is not 32 bytes in base64url")]
    Salt,
    /// The data is longer than [`MAX_DATA_BYTES`].
    #[error("opening: data longer than 32 KiB")]
    TooLong,
}

impl Opening {
    /// Keeps salt and data together; the data is kept byte for byte.
    ///
    /// # Errors
    /// [`OpeningError::TooLong`].
    pub fn new(salt: Salt, data: String) -> Result<Self, OpeningError> {
        if data.len() > MAX_DATA_BYTES { Err(OpeningError::TooLong) } else { Ok(Self { salt, data }) }
    }

    /// The salt.
    #[must_use]
    pub fn salt(&self) -> &Salt {
        &self.salt
    }

    /// The data.
    #[must_use]
    pub fn data(&self) -> &str {
        &self.data
    }

    /// What stands for it in the entry.
    #[must_use]
    pub fn commitment(&self, part: Part) -> Digest {
        commit(part, &self.salt, self.data.as_bytes())
    }
}

/// Shows neither salt nor data, which is personal.
impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening({} bytes)", self.data.len())
    }
}

impl TryFrom<(String, String)> for Opening {
    type Error = OpeningError;

    fn try_from((salt, data): (String, String)) -> Result<Self, Self::Error> {
        let salt =
            decode_base64url(&salt).and_then(|bytes| bytes.try_into().ok()).ok_or(OpeningError::Salt)?;
        Self::new(Salt(salt), data)
    }
}

impl From<Opening> for (String, String) {
    fn from(opening: Opening) -> Self {
        (encode_base64url(&opening.salt.0), opening.data)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hashes_exactly_the_bytes_of_the_format() {
        let mut bytes = b"consent-log/v1/decision\0".to_vec();
        bytes.extend([9; 32]);
        bytes.extend(b"{\"a\":1}");
        assert_eq!(commit(Part::Decision, &Salt([9; 32]), b"{\"a\":1}"), Digest::of(&bytes));
    }

    #[test]
    fn refuses_other_salts_and_endless_data_and_shows_neither() {
        for salt in ["", "AAAA", &"A".repeat(44), &format!("{}=", "A".repeat(43)), &"B".repeat(43)] {
            assert_eq!(
                Opening::try_from((salt.to_owned(), String::new())),
                Err(OpeningError::Salt),
                "{salt}"
            );
        }
        assert_eq!(Opening::new(Salt([0; 32]), "x".repeat(MAX_DATA_BYTES + 1)), Err(OpeningError::TooLong));
        let opening = Opening::new(Salt([1; 32]), "secret".to_owned()).unwrap();
        assert_eq!(format!("{opening:?} {:?}", opening.salt()), "Opening(6 bytes) Salt(…)");
    }

    proptest! {
        #[test]
        fn reads_back_from_json(salt in any::<[u8; 32]>(), data in ".{0,80}") {
            let opening = Opening::new(Salt(salt), data).unwrap();
            let json = serde_json::to_string(&opening).unwrap();
            prop_assert_eq!(serde_json::from_str::<Opening>(&json).unwrap(), opening);
        }
    }
}
