//! A line of `openings.jsonl`: what is behind the commitments of one decision.
//!
//! ```
//! use consent_core::bundle::opening_line::{MAX_LINE_BYTES, OpeningLine, OpeningLineError};
//! use consent_core::ledger::commitment::{Opening, Part, Salt};
//!
//! let subject = Opening::new(Salt([0; 32]), "{}".to_owned())?;
//! let mut line = OpeningLine { year: 2026.into(), index: 5, decision: None, subject: Some(subject) };
//! assert!(line.part(Part::Subject).is_some() && line.part(Part::Decision).is_none());
//!
//! // Of a decision whose two halves are erased there is no line.
//! line.subject = None;
//! assert_eq!(line.to_bytes(), Err(OpeningLineError::Empty));
//! assert_eq!(OpeningLine::parse(&vec![b' '; MAX_LINE_BYTES + 1]), Err(OpeningLineError::TooLong));
//! # Ok::<(), consent_core::ledger::commitment::OpeningError>(())
//! ```

mod direct;

use serde::{Deserialize, Serialize};

use crate::canonical::{self, CanonicalError};
use crate::ledger::commitment::{Opening, Part};
use crate::ledger::hash::MAX_SIZE;
use crate::ledger::origin::LogYear;

/// The most bytes of a line: two parts of 32 KiB, of which every character may need six in JSON.
pub const MAX_LINE_BYTES: usize = 512 * 1024;

/// The openings of one decision. Lines are ordered by log and index, and none is there twice.
///
/// ```
/// use consent_core::{bundle::opening_line::OpeningLine, ledger::commitment::{Opening, Salt}};
///
/// let subject = Opening::new(Salt([0; 32]), r#"{"a":1}"#.to_owned())?;
/// let line = OpeningLine { year: 2026.into(), index: 5, decision: None, subject: Some(subject) };
/// let text = r#"{"index":5,"log":"2026","subject":["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","{\"a\":1}"]}"#;
/// assert_eq!(line.to_bytes()?, text.as_bytes());
/// assert_eq!(OpeningLine::parse(text.as_bytes())?, line);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningLine {
    /// Which log of the site.
    pub year: LogYear,
    /// The index of the entry.
    pub index: u64,
    /// What was decided, unless it was erased.
    pub decision: Option<Opening>,
    /// Who decided, unless it was erased.
    pub subject: Option<Opening>,
}

/// Why bytes are no line of openings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpeningLineError {
    /// Longer than [`MAX_LINE_BYTES`].
    #[error("opening: a line longer than 512 KiB")]
    TooLong,
    /// Not canonical JSON of a line's fields.
    #[error("opening: {0}")]
    Canonical(CanonicalError),
    /// The log is no year, or the index is beyond the limit.
    #[error("opening: no such place")]
    Place,
    /// Neither part is there: then there is no line.
    #[error("opening: a line with nothing in it")]
    Empty,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decision: Option<Opening>,
    index: u64,
    log: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Opening>,
}

impl OpeningLine {
    /// Reads a line, without its line feed.
    ///
    /// # Errors
    /// If the bytes are not what [`OpeningLine::to_bytes`] writes for some line.
    pub fn parse(bytes: &[u8]) -> Result<Self, OpeningLineError> {
        direct::parse(bytes).filter(|_| bytes.len() <= MAX_LINE_BYTES).map_or_else(|| parse_any(bytes), Ok)
    }

    /// The line, without a line feed.
    ///
    /// # Errors
    /// If the line breaks a rule of the format.
    pub fn to_bytes(&self) -> Result<Vec<u8>, OpeningLineError> {
        self.check()?;
        let fields = Fields {
            decision: self.decision.clone(),
            index: self.index,
            log: self.year.to_string(),
            subject: self.subject.clone(),
        };
        let bytes = canonical::to_vec(&fields).map_err(OpeningLineError::Canonical)?;
        if bytes.len() > MAX_LINE_BYTES { Err(OpeningLineError::TooLong) } else { Ok(bytes) }
    }

    /// One of the two parts.
    #[must_use]
    pub fn part(&self, part: Part) -> Option<&Opening> {
        match part {
            Part::Subject => self.subject.as_ref(),
            Part::Decision => self.decision.as_ref(),
        }
    }

    fn check(&self) -> Result<(), OpeningLineError> {
        if self.index >= MAX_SIZE || self.year.to_string().parse::<LogYear>().is_err() {
            return Err(OpeningLineError::Place);
        }
        if self.decision.is_none() && self.subject.is_none() { Err(OpeningLineError::Empty) } else { Ok(()) }
    }
}

/// Reads a line by its fields, and compares it with what they would be written as.
fn parse_any(bytes: &[u8]) -> Result<OpeningLine, OpeningLineError> {
    if bytes.len() > MAX_LINE_BYTES {
        return Err(OpeningLineError::TooLong);
    }
    let fields: Fields = canonical::from_slice(bytes).map_err(OpeningLineError::Canonical)?;
    let year = fields.log.parse().map_err(|_| OpeningLineError::Place)?;
    let line = OpeningLine { year, index: fields.index, decision: fields.decision, subject: fields.subject };
    line.check()?;
    Ok(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::commitment::Salt;

    #[test]
    fn refuses_with_the_cause() {
        let salt = "A".repeat(43);
        let not = OpeningLineError::Canonical;
        for (text, cause) in [
            (r#"{"index":5,"log":"2026"}"#.to_owned(), OpeningLineError::Empty),
            (format!(r#"{{"index":5,"log":"26","subject":["{salt}","d"]}}"#), OpeningLineError::Place),
            (
                format!(r#"{{"index":9007199254740991,"log":"2026","subject":["{salt}","d"]}}"#),
                OpeningLineError::Place,
            ),
            (format!(r#"{{"index":5,"log":"2026","subject":["{salt}"]}}"#), not(CanonicalError::Shape)),
            (
                format!(r#"{{"index":5,"log":"2026","subject":["{salt}","d","e"]}}"#),
                not(CanonicalError::Shape),
            ),
            (format!(r#"{{"index":5,"log":"2026","subject":["x{salt}","d"]}}"#), not(CanonicalError::Shape)),
            (
                format!(r#"{{"index":5,"log":"2026","subject":["{salt}","d"],"x":1}}"#),
                not(CanonicalError::Shape),
            ),
            (
                format!(r#"{{"index": 5,"log":"2026","subject":["{salt}","d"]}}"#),
                not(CanonicalError::NotCanonical),
            ),
        ] {
            assert_eq!(OpeningLine::parse(text.as_bytes()), Err(cause), "{text}");
        }
    }

    proptest! {
        #[test]
        fn lines_read_back_and_no_damaged_one_is_the_same(
            index in 0..MAX_SIZE, salt in any::<[u8; 32]>(), data in ".{0,40}", which in 1..4_u8,
        ) {
            let opening = Opening::new(Salt(salt), data).unwrap();
            let line = OpeningLine {
                year: 2026.into(),
                index,
                decision: (which & 1 != 0).then(|| opening.clone()),
                subject: (which & 2 != 0).then_some(opening),
            };
            let bytes = line.to_bytes().unwrap();
            prop_assert_eq!(&OpeningLine::parse(&bytes).unwrap(), &line);
            for end in 0..bytes.len() {
                prop_assert!(OpeningLine::parse(&bytes[..end]).is_err());
            }
            for at in 0..bytes.len() {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << (at % 8);
                prop_assert!(OpeningLine::parse(&flipped).as_ref() != Ok(&line));
            }
        }
    }
}
