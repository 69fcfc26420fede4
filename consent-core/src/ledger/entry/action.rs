//! What somebody did with a server: an entry of its trail. No secret stands here and no address, and nobody whom a decision is about.
//!
//! ```
//! use consent_core::ledger::entry::action::{Action, Doer, InvalidWord, MAX_WORD_BYTES, Outcome, Role, Said, Via, Word};
//!
//! let by = Doer { name: "FPXnMSYwZksP".parse()?, role: Role::Operator };
//! let erased = vec![Said { indices: (4, 6).into(), log: "consent.example/news/2026".parse()? }];
//! let done = Outcome::Done;
//! let action =
//!     Action { by, erased, of: None, outcome: done, site: Some("news".parse()?), via: Via::Api, what: "subject_erased".parse()? };
//! let text = serde_json::to_string(&action)?;
//! assert_eq!(
//!     text,
//!     r#"{"by":{"name":"FPXnMSYwZksP","role":"operator"},"erased":[{"indices":[4,6],"log":"consent.example/news/2026"}],"#.to_owned()
//!         + r#""outcome":"done","site":"news","via":"api","what":"subject_erased"}"#
//! );
//! assert_eq!(serde_json::from_str::<Action>(&text)?, action);
//! assert_eq!("a".repeat(MAX_WORD_BYTES + 1).parse::<Word>(), Err(InvalidWord));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use super::IndexRange;
use crate::ledger::origin::Origin;
use crate::notice::SiteId;

/// The most bytes of a [`Word`].
pub const MAX_WORD_BYTES: usize = 128;

/// Something that somebody did, or was kept from doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// Who.
    pub by: Doer,
    /// Of an erasure: where the sites' logs say what was erased. Nothing else is known of it any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<Said>,
    /// Of what: the format of an export, the id of a webhook, the id of a notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Word>,
    /// What came of it.
    pub outcome: Outcome,
    /// On which site, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// With what.
    pub via: Via,
    /// What was done. A word and no closed list: a server that can do more needs no other verifier.
    pub what: Word,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Doer {
    /// A name that the server can tell somebody by, and that says nothing to anybody else.
    pub name: Word,
    /// What they may do.
    pub role: Role,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Read everything and erase.
    Operator,
    /// Read everything.
    Auditor,
}

/// With what something was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Via {
    /// The pages for people.
    Console,
    /// The HTTP interface.
    Api,
    /// A command on the server's own data folder.
    Command,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done,
    /// They may not do it, and it was not done.
    Refused,
    /// They may, and it could not be done.
    Failed,
}

/// Entries of a site's log that say what was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Which entries.
    pub indices: IndexRange,
    /// Of which log.
    pub log: Origin,
}

/// 1 to 128 of `a-z A-Z 0-9 _ . -`.
///
/// ```
/// use consent_core::ledger::entry::action::Word;
///
/// assert_eq!("signed_in".parse::<Word>()?.as_str(), "signed_in");
/// assert!("signed in".parse::<Word>().is_err());
/// # Ok::<(), consent_core::ledger::entry::action::InvalidWord>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Word(String);

/// The text is no [`Word`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a word of a trail: expected 1 to 128 of a-z A-Z 0-9 _ . -")]
pub struct InvalidWord;

impl Word {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Word {
    type Error = InvalidWord;

    fn try_from(text: String) -> Result<Self, InvalidWord> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        let is_word = (1..=MAX_WORD_BYTES).contains(&text.len()) && text.bytes().all(fits);
        if is_word { Ok(Self(text)) } else { Err(InvalidWord) }
    }
}

impl std::str::FromStr for Word {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        text.to_owned().try_into()
    }
}

impl From<Word> for String {
    fn from(word: Word) -> Self {
        word.0
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
