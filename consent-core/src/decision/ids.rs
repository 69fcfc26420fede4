//! The two random names in a decision. Both are personal data, so neither shows itself in `Debug`.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::digest::decode_base64url_array;

/// The visitor, as a random 128-bit number that the browser made for this site: 22 characters of base64url.
///
/// Personal data (GDPR, recital 30): it is never printed by `Debug`, so that it can not reach a log by accident.
///
/// ```
/// use consent_core::decision::{InvalidSubjectId, SubjectId};
///
/// let subject: SubjectId = "AAECAwQFBgcICQoLDA0ODw".parse()?;
/// assert_eq!(SubjectId::from_bytes(*subject.as_bytes()), subject);
/// assert_eq!(subject.to_string(), "AAECAwQFBgcICQoLDA0ODw");
/// assert!(!format!("{subject:?}").contains("AAEC"), "it can not slip into a log");
/// assert_eq!("AAEC".parse::<SubjectId>(), Err(InvalidSubjectId));
/// # Ok::<(), InvalidSubjectId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubjectId([u8; 16]);

impl SubjectId {
    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The text is no [`SubjectId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a subject id: 22 characters of base64url without padding")]
pub struct InvalidSubjectId;

impl FromStr for SubjectId {
    type Err = InvalidSubjectId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decode_base64url_array(text).map(Self).ok_or(InvalidSubjectId)
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 22];
        URL_SAFE_NO_PAD.encode_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubjectId(…)")
    }
}

/// The name of one decision: a UUID version 7 (RFC 9562, section 5.7) that the browser made.
///
/// It is the capability for the decision's receipt, so `Debug` does not print it either.
///
/// ```
/// use consent_core::decision::{DecisionId, InvalidDecisionId};
///
/// let id: DecisionId = "0193564c-9000-7000-8000-0123456789ab".parse()?;
/// assert_eq!(DecisionId::from_bytes(*id.as_bytes()), Some(id));
/// assert_eq!(DecisionId::from_bytes([0; 16]), None, "of another version");
/// assert_eq!("0193564C-9000-7000-8000-0123456789AB".parse::<DecisionId>(), Err(InvalidDecisionId));
/// # Ok::<(), InvalidDecisionId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DecisionId([u8; 16]);

impl DecisionId {
    /// The id with these bytes; `None` unless they are a UUID of version 7.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        let uuid = uuid::Uuid::from_bytes(bytes);
        let fits = uuid.get_version_num() == 7 && uuid.get_variant() == uuid::Variant::RFC4122;
        fits.then_some(Self(bytes))
    }

    /// The name of a decision that was made at a time, in unix milliseconds of which 48 bits count, and is otherwise `random`.
    ///
    /// ```
    /// use consent_core::decision::DecisionId;
    ///
    /// let id = DecisionId::made_at(1_795_426_200_123, [0xff; 10]);
    /// assert_eq!(id.unix_millis(), 1_795_426_200_123);
    /// ```
    #[must_use]
    pub fn made_at(unix_millis: u64, random: [u8; 10]) -> Self {
        let time = unix_millis.to_be_bytes().into_iter().skip(2);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(time.chain(random)).for_each(|(to, from)| *to = from);
        Self(
            uuid::Builder::from_bytes(bytes)
                .with_version(uuid::Version::SortRand)
                .with_variant(uuid::Variant::RFC4122)
                .into_uuid()
                .into_bytes(),
        )
    }

    /// When it was made, by the clock of who made it: unix milliseconds, below 2^48.
    #[must_use]
    pub fn unix_millis(&self) -> u64 {
        self.0.iter().take(6).fold(0, |millis, byte| millis << 8 | u64::from(*byte))
    }

    /// Its 16 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// The text is no [`DecisionId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a decision id: a UUID of version 7 in lower-case text form")]
pub struct InvalidDecisionId;

impl FromStr for DecisionId {
    type Err = InvalidDecisionId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uuid = uuid::Uuid::try_parse(text).map_err(|_| InvalidDecisionId)?;
        // One text form only: the crate also reads upper case, braces and text without hyphens.
        let mut form = uuid::Uuid::encode_buffer();
        if *uuid.as_hyphenated().encode_lower(&mut form) != *text {
            return Err(InvalidDecisionId);
        }
        Self::from_bytes(uuid.into_bytes()).ok_or(InvalidDecisionId)
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DecisionId(…)")
    }
}
