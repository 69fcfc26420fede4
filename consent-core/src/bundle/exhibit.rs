//! What another platform wrote down before this one: a file as it came, kept beside the log and never in it.
//!
//! Nobody can tell any more whether what stands in it is true, so nothing reads it: a bundle has its bytes, under their own
//! SHA-256, and says when they were taken in.
//!
//! ```
//! use consent_core::bundle::exhibit::{
//!     Exhibit, ExhibitError, MAX_COLUMN_BYTES, MAX_COLUMNS, MAX_EXHIBIT_BYTES, MAX_NAME_BYTES,
//! };
//!
//! # let json = br#"{"added_at":1795426200,"bytes":24,"columns":["Controller ID","Timestamp"],"name":"old.csv","platform":"usercentrics","rows":0}"#;
//! let exhibit = Exhibit::parse(json)?;
//! // Whatever stands in it, no more of it is told than this.
//! let many = Exhibit { columns: vec!["a".to_owned(); MAX_COLUMNS + 1], ..exhibit.clone() };
//! let wide = Exhibit { columns: vec!["a".repeat(MAX_COLUMN_BYTES + 1)], ..exhibit.clone() };
//! let long = Exhibit { name: "a".repeat(MAX_NAME_BYTES + 1), ..exhibit };
//! assert!([many, wide, long].iter().all(|exhibit| matches!(exhibit.to_bytes(), Err(ExhibitError::Range(_)))));
//! assert_eq!(Exhibit::parse(&[b' '; MAX_EXHIBIT_BYTES + 1]), Err(ExhibitError::TooLong));
//! # Ok::<(), ExhibitError>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::canonical::{self, CanonicalError, MAX_INTEGER};

/// The most bytes of the description of an exhibit.
pub const MAX_EXHIBIT_BYTES: usize = 16 * 1024;

/// The most bytes of the name that the file had.
pub const MAX_NAME_BYTES: usize = 255;

/// The most columns that are told.
pub const MAX_COLUMNS: usize = 64;

/// The most bytes of the name of a column.
pub const MAX_COLUMN_BYTES: usize = 128;

/// The description of an exhibit, `exhibits/<sha256>.json` in a bundle.
///
/// ```
/// use consent_core::bundle::exhibit::Exhibit;
///
/// let json = br#"{"added_at":1795426200,"bytes":24,"columns":["Controller ID","Timestamp"],"name":"old.csv","platform":"usercentrics","rows":0}"#;
/// let exhibit = Exhibit::parse(json)?;
/// assert_eq!(exhibit.name, "old.csv");
/// assert_eq!(exhibit.to_bytes()?, json);
/// # Ok::<(), consent_core::bundle::exhibit::ExhibitError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exhibit {
    /// When it was taken in, by the operator's clock, unix seconds.
    pub added_at: u64,
    /// How many bytes it has.
    pub bytes: u64,
    /// What its first row names, at most [`MAX_COLUMNS`].
    pub columns: Vec<String>,
    /// The name that the file had, 1 to [`MAX_NAME_BYTES`] bytes.
    pub name: String,
    /// Who wrote it, as the operator says: 1 to 32 of `a-z0-9-`.
    pub platform: String,
    /// How many rows follow the first.
    pub rows: u64,
}

/// Why bytes describe no exhibit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExhibitError {
    /// Longer than [`MAX_EXHIBIT_BYTES`].
    #[error("exhibit: its description is longer than 16 KiB")]
    TooLong,
    /// Not canonical JSON of its fields.
    #[error("exhibit: {0}")]
    Canonical(CanonicalError),
    /// A field is outside its range.
    #[error("exhibit: {0} is outside its range")]
    Range(&'static str),
}

impl Exhibit {
    /// Reads one.
    ///
    /// # Errors
    /// If the bytes are not what [`Exhibit::to_bytes`] writes.
    pub fn parse(bytes: &[u8]) -> Result<Self, ExhibitError> {
        if bytes.len() > MAX_EXHIBIT_BYTES {
            return Err(ExhibitError::TooLong);
        }
        let exhibit: Self = canonical::from_slice(bytes).map_err(ExhibitError::Canonical)?;
        exhibit.check()?;
        Ok(exhibit)
    }

    /// Canonical JSON.
    ///
    /// # Errors
    /// If a field is outside its range.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ExhibitError> {
        self.check()?;
        let bytes = canonical::to_vec(self).map_err(ExhibitError::Canonical)?;
        if bytes.len() > MAX_EXHIBIT_BYTES { Err(ExhibitError::TooLong) } else { Ok(bytes) }
    }

    fn check(&self) -> Result<(), ExhibitError> {
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let columns = self.columns.len() <= MAX_COLUMNS
            && self.columns.iter().all(|column| column.len() <= MAX_COLUMN_BYTES);
        let ranges = [
            ("added_at", self.added_at <= MAX_INTEGER),
            ("bytes", self.bytes <= MAX_INTEGER),
            ("columns", columns),
            ("name", (1..=MAX_NAME_BYTES).contains(&self.name.len())),
            ("platform", (1..=32).contains(&self.platform.len()) && self.platform.bytes().all(word)),
            ("rows", self.rows <= MAX_INTEGER),
        ];
        ranges.into_iter().find(|(_, fits)| !fits).map_or(Ok(()), |(name, _)| Err(ExhibitError::Range(name)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A description of so many bytes.
    pub(crate) fn exhibit(bytes: u64) -> Exhibit {
        Exhibit {
            added_at: 1_795_426_200,
            bytes,
            columns: vec!["Controller ID".to_owned(), "Timestamp".to_owned()],
            name: "old.csv".to_owned(),
            platform: "usercentrics".to_owned(),
            rows: 2,
        }
    }

    #[test]
    fn reads_back_and_refuses_what_is_cut_off_unknown_or_outside_its_range() {
        let bytes = exhibit(9).to_bytes().unwrap();
        assert_eq!(Exhibit::parse(&bytes), Ok(exhibit(9)));
        for end in 0..bytes.len() {
            assert!(Exhibit::parse(&bytes[..end]).is_err(), "cut at {end}");
        }
        let more = String::from_utf8(bytes).unwrap().replace("\"rows\":2", "\"rows\":2,\"x\":1");
        assert!(matches!(Exhibit::parse(more.as_bytes()), Err(ExhibitError::Canonical(_))));
        let long = Exhibit { columns: vec!["\u{1}".repeat(MAX_COLUMN_BYTES); MAX_COLUMNS], ..exhibit(9) };
        assert_eq!(long.to_bytes(), Err(ExhibitError::TooLong));
        assert_eq!(Exhibit::parse(&vec![b' '; MAX_EXHIBIT_BYTES + 1]), Err(ExhibitError::TooLong));
        let wrong = [
            ("name", Exhibit { name: String::new(), ..exhibit(9) }),
            ("name", Exhibit { name: "n".repeat(MAX_NAME_BYTES + 1), ..exhibit(9) }),
            ("platform", Exhibit { platform: "One Trust".to_owned(), ..exhibit(9) }),
            ("columns", Exhibit { columns: vec![String::new(); MAX_COLUMNS + 1], ..exhibit(9) }),
            ("columns", Exhibit { columns: vec!["c".repeat(MAX_COLUMN_BYTES + 1)], ..exhibit(9) }),
            ("bytes", Exhibit { bytes: MAX_INTEGER + 1, ..exhibit(9) }),
        ];
        for (field, exhibit) in wrong {
            assert_eq!(exhibit.to_bytes(), Err(ExhibitError::Range(field)));
        }
    }
}
