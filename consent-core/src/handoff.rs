//! The token by which a choice goes from one site of a group to another: made by the server for a link, kept for a minute,
//! good for one request.
//!
//! It travels in the fragment of an address. A page that is not meant to have it, because a site of the group leads on to it, learns
//! what was chosen and where it stands in a public log, but neither who chose nor the name of the decision, which opens its receipt.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::choices::Choices;
use crate::decision::DecisionId;
use crate::digest::{decode_base64url, encode_base64url};
use crate::ledger::origin::LogYear;
use crate::notice::SiteId;

/// For how long a token is good, in seconds.
pub const LIFETIME: u64 = 60;

/// By how much the clock of the server that made a token may be ahead of that of the one that reads it, in seconds. One that is
/// behind makes tokens that are good for less.
pub const MAX_AHEAD: u64 = 60;

/// The longest token, in characters.
pub const MAX_TOKEN: usize = 288;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 32;
const MAX_YEAR: usize = 16;

/// What tokens are authenticated with, and nothing else.
#[derive(Clone)]
pub struct HandoffKey([u8; 32]);

impl HandoffKey {
    /// The key with these bytes, which nobody can guess.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
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
/// let handoff = Handoff {
///     choices: Choices::GRANTED,
///     decision_id: "0193564c-9000-7000-8000-0123456789ab".parse()?,
///     expires_at: 1_800_000_060,
///     from: "news".parse()?,
///     log: 2027.into(),
///     index: 5,
///     to: "sport".parse()?,
/// };
/// let key = HandoffKey::new([7; 32]);
/// let token = handoff.seal(&key);
/// assert_eq!(Handoff::open(&token, &key, 1_800_000_001), Ok(handoff));
/// assert_eq!(Handoff::open(&token, &key, 1_800_000_061), Err(HandoffError::Expired));
/// assert_eq!(Handoff::open(&token, &HandoffKey::new([8; 32]), 1_800_000_001), Err(HandoffError::Forged));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handoff {
    /// What was chosen.
    pub choices: Choices,
    /// The name of the decision on the other site.
    pub decision_id: DecisionId,
    /// The last second in which it is good, unix seconds, by the clock of the server that made it.
    pub expires_at: u64,
    /// The site where it was chosen.
    pub from: SiteId,
    /// The log of that site in which the decision stands.
    pub log: LogYear,
    /// Its index there.
    pub index: u64,
    /// The site that it is for.
    pub to: SiteId,
}

/// Why a token hands nothing on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffError {
    /// Not base64url of what this version writes, or too long.
    #[error("handoff: not a token")]
    Malformed,
    /// Not made by this server, or changed since.
    #[error("handoff: not made by this server")]
    Forged,
    /// Its time is over, or has not come yet by more than clocks differ.
    #[error("handoff: its time is over")]
    Expired,
}

impl Handoff {
    /// The token.
    #[must_use]
    pub fn seal(&self, key: &HandoffKey) -> String {
        let mut bytes = self.to_bytes();
        let mac = mac(key, &bytes);
        bytes.extend_from_slice(&mac.finalize().into_bytes());
        encode_base64url(&bytes)
    }

    /// Reads a token at `now`, unix seconds.
    ///
    /// # Errors
    /// The first thing that is wrong with it; what it says is not looked at before it is known to be the server's own.
    pub fn open(token: &str, key: &HandoffKey, now: u64) -> Result<Self, HandoffError> {
        if token.len() > MAX_TOKEN {
            return Err(HandoffError::Malformed);
        }
        let bytes = decode_base64url(token).ok_or(HandoffError::Malformed)?;
        let at = bytes.len().checked_sub(MAC_BYTES).ok_or(HandoffError::Malformed)?;
        let (said, tag) = bytes.split_at_checked(at).ok_or(HandoffError::Malformed)?;
        mac(key, said).verify_slice(tag).map_err(|_| HandoffError::Forged)?;
        let handoff = Self::from_bytes(said).ok_or(HandoffError::Malformed)?;
        let latest = now.saturating_add(LIFETIME + MAX_AHEAD);
        if (now..=latest).contains(&handoff.expires_at) { Ok(handoff) } else { Err(HandoffError::Expired) }
    }

    /// What is authenticated: one form for each value. A page reads the first 18 bytes, choices and decision.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION, self.choices.bits()];
        bytes.extend_from_slice(self.decision_id.as_bytes());
        bytes.extend_from_slice(&self.expires_at.to_be_bytes());
        bytes.extend_from_slice(&self.index.to_be_bytes());
        for text in [&self.log.to_string(), self.from.as_str(), self.to.as_str()] {
            bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX)); // at most 63, as each of them is bounded
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    /// Reads what [`Handoff::to_bytes`] writes; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[version, choices], rest) = bytes.split_first_chunk()?;
        if version != VERSION {
            return None;
        }
        let (&decision_id, rest) = rest.split_first_chunk::<16>()?;
        let (&expires_at, rest) = rest.split_first_chunk::<8>()?;
        let (&index, rest) = rest.split_first_chunk::<8>()?;
        let (log, rest) = text(rest, MAX_YEAR)?;
        let (from, rest) = text(rest, usize::MAX)?;
        let (to, rest) = text(rest, usize::MAX)?;
        let year: LogYear = log.parse().ok()?;
        if !rest.is_empty() || year.to_string() != log {
            return None;
        }
        Some(Self {
            choices: Choices::from_bits(choices)?,
            decision_id: DecisionId::from_bytes(decision_id)?,
            expires_at: u64::from_be_bytes(expires_at),
            from: from.parse().ok()?,
            log: year,
            index: u64::from_be_bytes(index),
            to: to.parse().ok()?,
        })
    }
}

/// A text of at most `most` bytes behind its length.
fn text(bytes: &[u8], most: usize) -> Option<(&str, &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let (text, rest) = rest.split_at_checked(length.into())?;
    (text.len() <= most).then_some(())?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

/// RFC 2104 has a key that is shorter than a block filled up with zeros.
fn mac(key: &HandoffKey, bytes: &[u8]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block.iter_mut().zip(key.0).for_each(|(to, byte)| *to = byte);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    mac.update(bytes);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn key() -> HandoffKey {
        HandoffKey::new([7; 32])
    }

    fn handoff() -> Handoff {
        Handoff {
            choices: Choices::from_bits(0x0b).unwrap(),
            decision_id: "0193564c-9000-7000-8000-0123456789ab".parse().unwrap(),
            expires_at: NOW + LIFETIME,
            from: "a".repeat(63).parse().unwrap(),
            log: "2027.2".parse().unwrap(),
            index: u64::MAX,
            to: "sport".parse().unwrap(),
        }
    }

    #[test]
    fn a_token_reads_back_and_the_longest_fits() {
        let longest = Handoff { to: "b".repeat(63).parse().unwrap(), ..handoff() };
        for one in [handoff(), longest] {
            let token = one.seal(&key());
            assert!(token.len() <= MAX_TOKEN, "{}", token.len());
            assert_eq!(Handoff::open(&token, &key(), NOW), Ok(one));
        }
    }

    #[test]
    fn a_cut_changed_or_forged_token_is_none() {
        let token = handoff().seal(&key());
        for end in 0..token.len() {
            assert!(Handoff::open(&token[..end], &key(), NOW).is_err(), "{end}");
        }
        let bytes = decode_base64url(&token).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let flipped = encode_base64url(&flipped);
            assert_eq!(Handoff::open(&flipped, &key(), NOW), Err(HandoffError::Forged), "{bit}");
        }
        assert_eq!(Handoff::open(&token, &HandoffKey::new([0; 32]), NOW), Err(HandoffError::Forged));
        assert_eq!(Handoff::open(&"A".repeat(MAX_TOKEN + 1), &key(), NOW), Err(HandoffError::Malformed));
        assert_eq!(Handoff::open("ä", &key(), NOW), Err(HandoffError::Malformed));
    }

    #[test]
    fn it_is_good_for_a_minute_and_for_no_longer_by_a_clock_that_is_wrong() {
        let token = handoff().seal(&key());
        for (now, good) in [
            (NOW, true),
            (NOW + LIFETIME, true),
            (NOW + LIFETIME + 1, false),
            (NOW - MAX_AHEAD, true),
            (NOW - MAX_AHEAD - 1, false),
            (0, false),
            (u64::MAX, false),
        ] {
            assert_eq!(Handoff::open(&token, &key(), now).is_ok(), good, "{now}");
        }
    }

    #[test]
    fn what_is_authenticated_has_one_form_and_no_prefix_is_one() {
        let bytes = handoff().to_bytes();
        assert_eq!(Handoff::from_bytes(&bytes), Some(handoff()));
        for end in 0..bytes.len() {
            assert_eq!(Handoff::from_bytes(&bytes[..end]), None, "{end}");
        }
        assert_eq!(Handoff::from_bytes(&[&bytes[..], &[0]].concat()), None);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Some(other) = Handoff::from_bytes(&flipped) {
                assert_eq!(other.to_bytes(), flipped);
                assert_ne!(other, handoff());
            }
        }
    }
}
