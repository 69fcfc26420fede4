//! The token by which a choice goes from one site of a group to another: made by the server for a link, kept for a minute,
//! good for one request.
//!
//! It travels in the fragment of an address, and says in clear what was chosen, so that a page can hold to what it denies at once. A
//! page that is not meant to have it, because a site of the group leads on to it, learns what was chosen and where it stands in a
//! public log, but neither who chose nor the name of either decision, which opens its receipt.
//!
//! ```
//! use consent_core::handoff::{Handoff, HandoffError, HandoffKey, LIFETIME, MAX_AHEAD, MAX_TOKEN};
//! # use consent_core::choices::Choices;
//!
//! let key = HandoffKey::new([7; 32]);
//! let now = 1_800_000_000;
//! # let (from, to) = ("news".parse()?, "sport".parse()?);
//! # let (choices, nonce, log, index) = (Choices::DENIED, [1; 16], 2027.into(), 5);
//! # let (decided_at, browser) = (now * 1000, key.browser(&nonce, b"192.0.2.7 Firefox"));
//! let handoff = Handoff { expires_at: now + LIFETIME, choices, decided_at, from, nonce, browser, log, index, to };
//! assert!(handoff.is_good_at(now) && !handoff.is_good_at(now + LIFETIME + 1));
//! assert!(!handoff.is_good_at(now - MAX_AHEAD - 1), "made in the future");
//!
//! // What the other site takes has a name of its own there, made of the token: it is taken once.
//! let taken = handoff.handed_on(&key);
//! assert_eq!((taken.choices, taken.from.index), (Choices::DENIED, 5));
//! assert_eq!(taken.decision_id, handoff.handed_on(&key).decision_id);
//! assert_eq!(Handoff::from_bytes(&handoff.to_bytes()), Some(handoff));
//! assert_eq!(Handoff::open(&"A".repeat(MAX_TOKEN + 1), &key), Err(HandoffError::Malformed));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::choices::Choices;
use crate::decision::{DecisionId, HandedOn, Place};
use crate::digest::{decode_base64url, encode_base64url};
use crate::ledger::origin::LogYear;
use crate::notice::SiteId;

/// For how long a token is good, in seconds.
pub const LIFETIME: u64 = 60;

/// By how much the clock of the server that made a token may be ahead of that of the one that reads it, in seconds. One that is
/// behind makes tokens that are good for less.
pub const MAX_AHEAD: u64 = 60;

/// The longest token, in characters.
pub const MAX_TOKEN: usize = 320;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 32;
const MAX_YEAR: usize = 16;

/// What tokens are authenticated with, and nothing else.
#[derive(Clone)]
pub struct HandoffKey(Hmac<Sha256>);

impl HandoffKey {
    /// The key with these bytes, which nobody can guess.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(keyed(&bytes))
    }

    /// What a token holds of the browser that asked for it: `seen` is what the server saw of it, and can not be read from this.
    #[must_use]
    pub fn browser(&self, nonce: &[u8; 16], seen: &[u8]) -> [u8; 16] {
        first(&self.mac("browser", &[nonce, seen].concat()))
    }

    /// `what` keeps the uses apart.
    fn mac(&self, what: &str, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.0.clone();
        mac.update(what.as_bytes());
        mac.update(&[0]);
        mac.update(bytes);
        mac
    }
}

/// What codes under a key begin with. RFC 2104 has a key that is shorter than a block filled up with zeros.
pub(crate) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block.iter_mut().zip(key).for_each(|(to, byte)| *to = *byte);
    Hmac::new(&block.into())
}

/// The first bytes of a code.
pub(crate) fn first<const N: usize>(mac: &Hmac<Sha256>) -> [u8; N] {
    let mut bytes = [0; N];
    bytes.iter_mut().zip(mac.clone().finalize().into_bytes()).for_each(|(to, byte)| *to = byte);
    bytes
}

impl fmt::Debug for HandoffKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandoffKey(…)")
    }
}

/// What a token says.
///
/// ```
/// use consent_core::{choices::Choices, handoff::{Handoff, HandoffError, HandoffKey}};
///
/// let key = HandoffKey::new([7; 32]);
/// let handoff = Handoff {
///     choices: Choices::GRANTED,
///     decided_at: 1_800_000_000_000,
///     from: "news".parse()?,
///     expires_at: 1_800_000_060,
///     nonce: [1; 16],
///     browser: key.browser(&[1; 16], b"192.0.2.7 Firefox"),
///     log: 2027.into(),
///     index: 5,
///     to: "sport".parse()?,
/// };
/// let token = handoff.seal(&key);
/// assert_eq!(Handoff::open(&token, &key), Ok(handoff.clone()));
/// assert_eq!(Handoff::open(&token, &HandoffKey::new([8; 32])), Err(HandoffError::Forged));
/// assert!(handoff.is_good_at(1_800_000_060) && !handoff.is_good_at(1_800_000_061));
/// assert!(handoff.is_of(&key, b"192.0.2.7 Firefox") && !handoff.is_of(&key, b"192.0.2.8 Firefox"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handoff {
    /// What was chosen.
    pub choices: Choices,
    /// When, by the clock of the browser: unix milliseconds, below 2^48.
    pub decided_at: u64,
    /// The site where it was chosen.
    pub from: SiteId,
    /// The last second in which it is good, unix seconds, by the clock of the server that made it.
    pub expires_at: u64,
    /// Random: no two tokens are alike.
    pub nonce: [u8; 16],
    /// What there is of the browser that asked for it ([`HandoffKey::browser`]).
    pub browser: [u8; 16],
    /// The log of that site in which the decision stands.
    pub log: LogYear,
    /// Its index there.
    pub index: u64,
    /// The site that it is for.
    pub to: SiteId,
}

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffError {
    /// Not base64url of what this version writes, or too long.
    #[error("handoff: not a token")]
    Malformed,
    /// Not made by this server, or changed since.
    #[error("handoff: not made by this server")]
    Forged,
}

impl Handoff {
    /// The token.
    #[must_use]
    pub fn seal(&self, key: &HandoffKey) -> String {
        let mut bytes = self.to_bytes();
        let mac = key.mac("token", &bytes);
        bytes.extend_from_slice(&mac.finalize().into_bytes());
        encode_base64url(&bytes)
    }

    /// Reads a token, of whatever time and browser: one that was used already is told from another one first.
    ///
    /// # Errors
    /// The first thing that is wrong with it; what it says is not looked at before it is known to be the server's own.
    pub fn open(token: &str, key: &HandoffKey) -> Result<Self, HandoffError> {
        if token.len() > MAX_TOKEN {
            return Err(HandoffError::Malformed);
        }
        let bytes = decode_base64url(token).ok_or(HandoffError::Malformed)?;
        let at = bytes.len().checked_sub(MAC_BYTES).ok_or(HandoffError::Malformed)?;
        let (said, tag) = bytes.split_at_checked(at).ok_or(HandoffError::Malformed)?;
        key.mac("token", said).verify_slice(tag).map_err(|_| HandoffError::Forged)?;
        Self::from_bytes(said).ok_or(HandoffError::Malformed)
    }

    /// Whether its time is neither over at `now`, unix seconds, nor yet to come by more than clocks differ.
    #[must_use]
    pub fn is_good_at(&self, now: u64) -> bool {
        (now..=now.saturating_add(LIFETIME + MAX_AHEAD)).contains(&self.expires_at)
    }

    /// Whether the browser that asked for it is, as far as the server saw, the one of which it sees this now.
    #[must_use]
    pub fn is_of(&self, key: &HandoffKey, seen: &[u8]) -> bool {
        let mac = key.mac("browser", &[&self.nonce, seen].concat());
        mac.verify_truncated_left(&self.browser).is_ok()
    }

    /// What the other site takes. The name that its decision has there is made of the token by whoever has the key.
    #[must_use]
    pub fn handed_on(&self, key: &HandoffKey) -> HandedOn {
        let random = first(&key.mac("decision", &self.to_bytes()));
        HandedOn {
            choices: self.choices,
            decision_id: DecisionId::made_at(self.decided_at, random),
            from: Place { index: self.index, log: self.log.to_string(), site: self.from.clone() },
        }
    }

    /// What is authenticated: one form for each value. A page reads choices, time and where it comes from, which stand first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, self.choices.bits()];
        bytes.extend(self.decided_at.to_be_bytes().into_iter().skip(2));
        push_text(self.from.as_str(), &mut bytes);
        bytes.extend_from_slice(&self.expires_at.to_be_bytes());
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.browser);
        bytes.extend_from_slice(&self.index.to_be_bytes());
        push_text(&self.log.to_string(), &mut bytes);
        push_text(self.to.as_str(), &mut bytes);
        bytes
    }

    /// Reads what [`Handoff::to_bytes`] writes; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[version, choices], rest) = bytes.split_first_chunk()?;
        if version != VERSION {
            return None;
        }
        let (decided_at, rest) = rest.split_first_chunk::<6>()?;
        let decided_at = decided_at.iter().fold(0, |millis, byte| millis << 8 | u64::from(*byte));
        let (from, rest) = text(rest, usize::MAX)?;
        let (&expires_at, rest) = rest.split_first_chunk::<8>()?;
        let (&nonce, rest) = rest.split_first_chunk::<16>()?;
        let (&browser, rest) = rest.split_first_chunk::<16>()?;
        let (&index, rest) = rest.split_first_chunk::<8>()?;
        let (log, rest) = text(rest, MAX_YEAR)?;
        let (to, rest) = text(rest, usize::MAX)?;
        let year: LogYear = log.parse().ok()?;
        if !rest.is_empty() || year.to_string() != log {
            return None;
        }
        Some(Self {
            choices: Choices::from_bits(choices)?,
            decided_at,
            from: from.parse().ok()?,
            expires_at: u64::from_be_bytes(expires_at),
            nonce,
            browser,
            log: year,
            index: u64::from_be_bytes(index),
            to: to.parse().ok()?,
        })
    }
}

/// A text behind its length: at most 63, as each of them is bounded.
fn push_text(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(text.as_bytes());
}

/// A text of at most `most` bytes behind its length.
fn text(bytes: &[u8], most: usize) -> Option<(&str, &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(length.into())?;
    (text.len() <= most).then_some(())?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

#[cfg(test)]
mod tests;
