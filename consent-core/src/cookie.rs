//! The cookie `consent`: the visitor's choice where every page and every server of the site can read it.
//!
//! `1.<choices>.<decided_at>.<notice>.<subject>.<decision>`: two hex digits of the granted bits, unix seconds in base
//! 36, the first 12 characters of the notice's id, and the subject and the decision as 22 characters of base64url.
//! There is one text for each value: whatever differs in a single character is another value or none.
//!
//! ```
//! use consent_core::cookie::{COOKIE_NAME, ConsentCookie, CookieError, NoticePrefix};
//! use consent_core::decision::Decision;
//! # use consent_core::notice::Notice;
//!
//! # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
//! # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
//! #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
//! #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
//! #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
//! #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
//! # }))?;
//! # let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
//! let decision = Decision::parse(&request, &notice, now)?;
//! let cookie = ConsentCookie::of(&decision);
//! assert_eq!((cookie.choices, cookie.decided_at), (decision.choices(), 1_795_426_200));
//! assert_eq!(cookie.notice, NoticePrefix::of(notice.id()));
//!
//! let header = format!("{COOKIE_NAME}={cookie}");
//! assert_eq!(header.strip_prefix("consent=").map(str::parse), Some(Ok(cookie)));
//! assert_eq!("2.05".parse::<ConsentCookie>(), Err(CookieError::Version));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod services;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::choices::Choices;
use crate::decision::{Decision, DecisionId, SubjectId};
use crate::digest::{decode_base64url_array, encode_base64url};
use crate::notice::NoticeId;

pub use self::services::{ACCOUNT_SERVICES_COOKIE_NAME, SERVICES_COOKIE_NAME, ServicesCookie};

/// The name of the cookie.
pub const COOKIE_NAME: &str = "consent";

/// Name of the cookie with the choice of who is signed in, on sites where that holds on all their devices; it has the same form.
///
/// ```
/// use consent_core::cookie::ACCOUNT_COOKIE_NAME;
///
/// // In the answer that signs somebody in or out: what another person chose is not theirs.
/// let set_cookie = format!("{ACCOUNT_COOKIE_NAME}=; Path=/; Max-Age=0");
/// assert_eq!(set_cookie, "consent-account=; Path=/; Max-Age=0");
/// ```
pub const ACCOUNT_COOKIE_NAME: &str = "consent-account";

/// The first 12 characters of a [`NoticeId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoticePrefix([u8; 9]);

impl NoticePrefix {
    /// That of a notice.
    #[must_use]
    pub fn of(id: NoticeId) -> Self {
        let mut prefix = [0; 9];
        prefix.iter_mut().zip(id.0.0).for_each(|(to, from)| *to = from);
        Self(prefix)
    }
}

impl fmt::Display for NoticePrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_base64url(&self.0))
    }
}

/// What the cookie says.
///
/// ```
/// use consent_core::{category::Category, cookie::ConsentCookie};
///
/// let value = "1.03.t9q2ko.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw";
/// let cookie: ConsentCookie = value.parse()?;
/// assert!(cookie.choices.allows(Category::Functional));
/// assert!(!cookie.choices.allows(Category::Analytics));
/// assert_eq!(cookie.to_string(), value);
/// # Ok::<(), consent_core::cookie::CookieError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ConsentCookie {
    /// What was chosen.
    pub choices: Choices,
    /// When, by the browser's clock: unix seconds.
    pub decided_at: u64,
    /// Under which notice.
    pub notice: NoticePrefix,
    /// By whom.
    pub subject: SubjectId,
    /// In which decision.
    pub decision: DecisionId,
}

/// Why a value is not a consent. Whatever the cause, nothing is allowed but what is necessary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CookieError {
    /// Another format than version 1.
    #[error("cookie: not version 1")]
    Version,
    /// Not the six fields.
    #[error("cookie: not six fields")]
    Fields,
    /// The choices are not two lower-case hex digits of the five bits with `necessary` set.
    #[error("cookie: choices")]
    Choices,
    /// The time is not lower-case base 36 without leading zeros, or reaches 2^53.
    #[error("cookie: decided_at")]
    DecidedAt,
    /// The notice is not 12 characters of base64url.
    #[error("cookie: notice")]
    Notice,
    /// The subject is not 22 characters of base64url for 16 bytes.
    #[error("cookie: subject")]
    Subject,
    /// The decision is not 22 characters of base64url for a UUID of version 7.
    #[error("cookie: decision")]
    Decision,
    /// The services are not ids in ascending order, or too many.
    #[error("cookie: services")]
    Service,
}

impl ConsentCookie {
    /// The cookie that a recorded decision leaves.
    #[must_use]
    pub fn of(decision: &Decision) -> Self {
        Self {
            choices: decision.choices(),
            decided_at: u64::try_from(decision.since().unix_timestamp()).unwrap_or(0),
            notice: NoticePrefix::of(decision.notice_id()),
            subject: decision.subject_id(),
            decision: decision.decision_id(),
        }
    }

    /// The newest of several values, as a request may bring two cookies of one name: one that a host kept for itself, and one
    /// for its domain, in no order that says which is newer. What can not be read counts for nothing. Of two that claim to be one
    /// decision only what both grant is granted.
    ///
    /// ```
    /// use consent_core::{choices::Choices, cookie::ConsentCookie};
    ///
    /// let granted = "1.1f.t9q2ko.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw";
    /// let denied = "1.01.t9q2kp.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGCA";
    /// for values in [[granted, denied], [denied, granted]] {
    ///     assert_eq!(ConsentCookie::newest(values).unwrap().choices, Choices::DENIED);
    /// }
    /// ```
    #[must_use]
    pub fn newest<'a>(values: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let read = values.into_iter().filter_map(|value| value.parse::<Self>().ok());
        read.reduce(Self::or_newer)
    }

    /// The newer of two, as [`newest`](Self::newest) tells it.
    ///
    /// ```
    /// use consent_core::cookie::ConsentCookie;
    ///
    /// let older: ConsentCookie = "1.1f.t9q2ko.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw".parse()?;
    /// let newer: ConsentCookie = "1.01.t9q2kp.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGCA".parse()?;
    /// assert_eq!(older.or_newer(newer), newer);
    /// assert_eq!(newer.or_newer(older), newer);
    /// # Ok::<(), consent_core::cookie::CookieError>(())
    /// ```
    #[must_use]
    pub fn or_newer(self, other: Self) -> Self {
        match self.decision.cmp(&other.decision) {
            Ordering::Less => other,
            Ordering::Greater => self,
            Ordering::Equal => {
                let both = Choices::from_bits(self.choices.bits() & other.choices.bits());
                Self { choices: both.unwrap_or(Choices::DENIED), ..self }
            }
        }
    }
}

impl FromStr for ConsentCookie {
    type Err = CookieError;

    fn from_str(value: &str) -> Result<Self, CookieError> {
        let mut fields = value.as_bytes().split(|byte| *byte == b'.');
        if fields.next() != Some(b"1") {
            return Err(CookieError::Version);
        }
        let (Some(choices), Some(decided_at), Some(notice), Some(subject), Some(decision), None) =
            (fields.next(), fields.next(), fields.next(), fields.next(), fields.next(), fields.next())
        else {
            return Err(CookieError::Fields);
        };
        Ok(Self {
            choices: parse_choices(choices).ok_or(CookieError::Choices)?,
            decided_at: parse_base36(decided_at).ok_or(CookieError::DecidedAt)?,
            notice: bytes(notice).map(NoticePrefix).ok_or(CookieError::Notice)?,
            subject: bytes(subject).map(SubjectId::from_bytes).ok_or(CookieError::Subject)?,
            decision: bytes(decision).and_then(DecisionId::from_bytes).ok_or(CookieError::Decision)?,
        })
    }
}

impl fmt::Display for ConsentCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "1.{:02x}.{}.{}.{}.{}",
            self.choices.bits(),
            base36(self.decided_at),
            self.notice,
            self.subject,
            encode_base64url(self.decision.as_bytes())
        )
    }
}

fn parse_choices(text: &[u8]) -> Option<Choices> {
    let [high, low] = text else { return None };
    Choices::from_bits(digit(*high, 16)? << 4 | digit(*low, 16)?)
}

fn parse_base36(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 1 && text.starts_with(b"0") {
        return None;
    }
    let number = text
        .iter()
        .try_fold(0_u64, |number, byte| number.checked_mul(36)?.checked_add(u64::from(digit(*byte, 36)?)));
    number.filter(|number| *number <= crate::canonical::MAX_INTEGER)
}

/// The value of a digit, of which there is one form.
const fn digit(byte: u8, radix: u8) -> Option<u8> {
    let value = match byte {
        b'0'..=b'9' => byte - b'0',
        b'a'..=b'z' => byte - b'a' + 10,
        _ => return None,
    };
    if value < radix { Some(value) } else { None }
}

fn base36(mut value: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(value % 36).unwrap_or(0);
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        value /= 36;
        if value == 0 {
            break digits.into_iter().rev().collect();
        }
    }
}

fn bytes<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    decode_base64url_array(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "1.03.t9q2ko.uLr0n4HBq1Zt.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw";

    #[test]
    fn reads_back_every_choice() {
        for bits in 0..=255_u8 {
            let value = GOOD.replacen(".03.", &format!(".{bits:02x}."), 1);
            match (value.parse::<ConsentCookie>(), Choices::from_bits(bits)) {
                (Ok(cookie), Some(choices)) => {
                    assert_eq!(cookie.choices, choices);
                    assert_eq!(cookie.to_string(), value);
                }
                (parsed, choices) => assert_eq!((parsed, choices), (Err(CookieError::Choices), None)),
            }
        }
    }

    #[test]
    fn refuses_every_prefix() {
        for end in 0..GOOD.len() {
            assert!(GOOD[..end].parse::<ConsentCookie>().is_err(), "{}", &GOOD[..end]);
        }
    }

    #[test]
    fn every_flipped_bit_is_refused_or_another_value() {
        let good: ConsentCookie = GOOD.parse().unwrap();
        for bit in 0..GOOD.len() * 8 {
            let mut flipped = GOOD.as_bytes().to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let Ok(flipped) = String::from_utf8(flipped) else { continue };
            if let Ok(cookie) = flipped.parse::<ConsentCookie>() {
                assert_ne!(cookie, good);
                assert_eq!(cookie.to_string(), flipped, "two texts for one value");
            }
        }
    }

    #[test]
    fn refuses_other_spellings_with_the_cause() {
        use CookieError as E;
        for (from, to, cause) in [
            ("1.03", "2.03", E::Version),
            ("1.03", "03", E::Version),
            (".03.", ".3.", E::Choices),
            (".03.", ".0B.", E::Choices),
            (".03.", ".+3.", E::Choices),
            (".03.", ".02.", E::Choices),
            ("t9q2ko", "0t9q2ko", E::DecidedAt),
            ("t9q2ko", "T9Q2KO", E::DecidedAt),
            ("t9q2ko", "", E::DecidedAt),
            ("t9q2ko", "+1", E::DecidedAt),
            ("t9q2ko", "zzzzzzzzzzzz", E::DecidedAt),
            ("uLr0n4HBq1Zt", "uLr0n4HBq1Z", E::Notice),
            ("AAECAwQFBgcICQoLDA0ODw", "AAECAwQFBgcICQoLDA0ODx", E::Subject),
            ("AZMk9mAAcAC", "AZMk9mAAQAC", E::Decision),
            ("BgcICQoLDA0ODw.", "BgcICQoLDA0ODw..", E::Fields),
        ] {
            assert_eq!(GOOD.replacen(from, to, 1).parse::<ConsentCookie>(), Err(cause), "{from} → {to}");
        }
    }

    #[test]
    fn of_two_values_the_newer_counts_and_what_contradicts_itself_is_denied() {
        let older = GOOD.replacen(".03.", ".1f.", 1);
        let newer = GOOD.replacen(
            "BgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw",
            "BgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGCA",
            1,
        );
        let newer_cookie: ConsentCookie = newer.parse().unwrap();
        assert_eq!(ConsentCookie::newest([older.as_str(), &newer]), Some(newer_cookie));
        assert_eq!(ConsentCookie::newest([newer.as_str(), "junk", &older]), Some(newer_cookie));
        assert_eq!(ConsentCookie::newest(["junk"]), None);
        let both = ConsentCookie::newest([older.as_str(), &GOOD.replacen(".03.", ".05.", 1)]).unwrap();
        assert_eq!(both.choices.bits(), 0x05);
        let apart = GOOD.replacen(".03.", ".09.", 1);
        assert_eq!(ConsentCookie::newest([GOOD, apart.as_str()]).unwrap().choices, Choices::DENIED);
    }

    #[test]
    fn base_36_has_no_leading_zeros() {
        for value in [0, 1, 35, 36, 1_795_426_200, crate::canonical::MAX_INTEGER] {
            assert_eq!(parse_base36(base36(value).as_bytes()), Some(value));
        }
        assert_eq!(parse_base36(b"00"), None);
    }
}
