//! SHA-256 values and the one text form they have everywhere: base64url without padding, 43 characters.
//!
//! ```
//! use consent_core::digest::{Digest, InvalidDigest, decode_base64url, encode_base64url};
//!
//! let text = Digest::of(b"abc").to_string();
//! assert_eq!(text.len(), 43);
//! assert_eq!(decode_base64url(&text), Some(Digest::of(b"abc").0.to_vec()));
//! assert_eq!("abc".parse::<Digest>(), Err(InvalidDigest));
//!
//! // There is one text for each row of bytes: padding, or bits that are left over, make none.
//! assert_eq!(encode_base64url(&[0xfb]), "-w");
//! assert_eq!((decode_base64url("-w=="), decode_base64url("-x")), (None, None));
//! ```

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// A SHA-256 value.
///
/// ```
/// use consent_core::digest::Digest;
///
/// let digest = Digest::of(b"");
/// assert_eq!(digest.to_string(), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
/// assert_eq!(digest.to_string().parse(), Ok(digest));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The SHA-256 of `bytes` (FIPS 180-4).
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its text, in the memory that is given.
    pub(crate) fn text_in<'a>(&self, memory: &'a mut [u8; 43]) -> &'a str {
        // 32 bytes are 43 characters, and all of them ASCII.
        let _ = URL_SAFE_NO_PAD.encode_slice(self.0, memory);
        str::from_utf8(memory).unwrap_or_default()
    }
}

/// The text is not 43 characters of base64url that stand for 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 in base64url without padding (43 characters)")]
pub struct InvalidDigest;

impl FromStr for Digest {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        decode_base64url_array(text).map(Self).ok_or(InvalidDigest)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text_in(&mut [0; 43]))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Base64url without padding (RFC 4648, section 5).
#[must_use]
pub fn encode_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of base64url without padding; `None` for any other text, including one with stray trailing bits, so that
/// every byte string has exactly one text form.
#[must_use]
pub fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The same for so many bytes, at most 32, and no other number. No memory is asked for: a verifier reads millions of these, and
/// each request has three.
#[must_use]
pub(crate) fn decode_base64url_array<const N: usize>(text: impl AsRef<[u8]>) -> Option<[u8; N]> {
    // The decoder wants room for whole groups of three.
    let mut bytes = [0; 33];
    let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    bytes.get(..length)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_every_prefix_and_every_changed_character() {
        let text = Digest::of(b"x").to_string();
        for end in 0..text.len() {
            assert_eq!(text[..end].parse::<Digest>(), Err(InvalidDigest));
        }
        for at in 0..text.len() {
            for byte in 0..=127_u8 {
                let mut changed = text.clone().into_bytes();
                changed[at] = byte;
                let changed = String::from_utf8(changed).unwrap();
                assert!(changed == text || changed.parse() != Ok(Digest::of(b"x")));
            }
        }
    }
}
