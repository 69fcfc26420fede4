//! What a site and a notice are called.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The name of a site: 1 to 63 of `a-z`, `0-9` and `-`. A clone shares the text: every decision is passed on with several.
///
/// ```
/// use consent_core::notice::{InvalidSiteId, SiteId};
///
/// let site: SiteId = "newsroom".parse()?;
/// assert_eq!(site.as_str(), "newsroom");
/// assert_eq!("News Room".parse::<SiteId>(), Err(InvalidSiteId));
/// # Ok::<(), InvalidSiteId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteId(Arc<str>);

/// The text is no [`SiteId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a site id: 1 to 63 of a-z, 0-9 and -")]
pub struct InvalidSiteId;

impl SiteId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SiteId {
    type Error = InvalidSiteId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for SiteId {
    type Err = InvalidSiteId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=63).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(Self(text.into())) } else { Err(InvalidSiteId) }
    }
}

/// So that a map by site is asked with text, which may be none.
impl Borrow<str> for SiteId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl From<SiteId> for String {
    fn from(site: SiteId) -> Self {
        site.0.as_ref().to_owned()
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a notice: the SHA-256 of its canonical JSON, 43 characters of base64url.
///
/// ```
/// use consent_core::{digest::Digest, notice::NoticeId};
///
/// let id = NoticeId(Digest::of(b""));
/// assert_eq!(id.to_string(), "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
/// assert_eq!(id.prefix(), "47DEQpj8HBSa");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub Digest);

impl NoticeId {
    /// The first 12 characters: what the cookie keeps of it (72 bits; enough to tell a site's own notices apart).
    #[must_use]
    pub fn prefix(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for NoticeId {
    type Err = crate::digest::InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.parse()?))
    }
}
