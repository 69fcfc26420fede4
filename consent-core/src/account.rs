//! The token by which a site's own backend says who is signed in, so that a choice can hold on all devices of one person.
//!
//! It is a JSON Web Token (RFC 7519) with HMAC-SHA-256, as every language has a library for it, and of that only one form: the
//! algorithm is not read from the token, and a claim that is not needed is refused, so that nobody sends an address or a name along.
//! The account is a name that the backend makes up. It is kept nowhere: what is kept is a subject that is made of it with the
//! server's key ([`AccountKey`]).
//!
//! ```
//! use consent_core::account::{Account, AccountError, AccountSecret, MAX_SECRET, MAX_TOKEN, MIN_SECRET};
//!
//! assert!(AccountSecret::new(&[7; MIN_SECRET - 1]).is_none(), "too short to be a secret");
//! assert!(AccountSecret::new(&[7; MAX_SECRET + 1]).is_none());
//! let secret = AccountSecret::new(&[7; MIN_SECRET]).ok_or("not a secret")?;
//!
//! let site = "news".parse()?;
//! let verify = |token: &str| Account::verify(token, &secret, &site, 1_800_000_000);
//! assert_eq!(verify(&"a".repeat(MAX_TOKEN + 1)), Err(AccountError::Malformed));
//! assert_eq!(verify("e30.e30.AAAA"), Err(AccountError::Forged), "the signature comes first");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Deserialize;
use sha2::Sha256;

use crate::decision::SubjectId;
use crate::digest::decode_base64url;
use crate::handoff::{first, keyed};
use crate::notice::SiteId;

/// The longest token, in characters.
pub const MAX_TOKEN: usize = 1024;

/// For how long a token may be good, in seconds: a day.
///
/// ```
/// use consent_core::account::{Account, AccountError, AccountSecret, MAX_AHEAD, MAX_LIFETIME};
///
/// // Signed to be good until 1 800 003 600, whenever that was.
/// let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiIsImF1ZCI6Im5ld3MiLCJleHAiOjE4MDAwMDM2MDB9.vuObal460WeWqWVUWnAppMYRJNnQmaNGX2OBeNbFLNQ";
/// # let secret = AccountSecret::new(b"an example, which everybody knows").ok_or("not a secret")?;
/// # let site = "news".parse()?;
/// let earliest = 1_800_003_600 - MAX_LIFETIME - MAX_AHEAD;
/// assert!(Account::verify(token, &secret, &site, earliest).is_ok());
/// assert_eq!(Account::verify(token, &secret, &site, earliest - 1), Err(AccountError::TooLong));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_LIFETIME: u64 = 86_400;

/// By how much the clock of the backend may be ahead of the server's, in seconds.
pub const MAX_AHEAD: u64 = 60;

/// The shortest secret, in bytes (RFC 7518, section 3.2).
pub const MIN_SECRET: usize = 32;

/// The longest secret, in bytes.
pub const MAX_SECRET: usize = 512;

/// The longest name of an account, in bytes.
pub const MAX_ACCOUNT: usize = 128;

/// Of a subject that is an account's, so many bytes are of the account, and the rest tells that it is one.
const NAMED: usize = 10;

/// What a site's backend and the server both know.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountSecret(Vec<u8>);

impl AccountSecret {
    /// The secret with these bytes; `None` if there are fewer than [`MIN_SECRET`] or more than [`MAX_SECRET`].
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        (MIN_SECRET..=MAX_SECRET).contains(&bytes.len()).then(|| Self(bytes.to_vec()))
    }
}

impl fmt::Debug for AccountSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountSecret(…)")
    }
}

/// Who is signed in, by the name that the site's backend gives them. It is no personal data to be shown: `Debug` hides it.
///
/// ```
/// use consent_core::account::{Account, AccountError, AccountSecret, MAX_ACCOUNT};
///
/// let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiIsImF1ZCI6Im5ld3MiLCJleHAiOjE4MDAwMDM2MDB9.vuObal460WeWqWVUWnAppMYRJNnQmaNGX2OBeNbFLNQ";
/// # let secret = AccountSecret::new(b"an example, which everybody knows").ok_or("not a secret")?;
/// let site = "news".parse()?;
/// // A choice that was made in time and arrives an hour late, from a telephone that had no network.
/// let account = Account::verify_made(token, &secret, &site, (1_800_000_000, 1_800_007_200))?;
/// assert_eq!(format!("{account:?}"), "Account(…)", "a name of at most {MAX_ACCOUNT} bytes, which no log has");
/// let late = Account::verify_made(token, &secret, &site, (1_800_003_600, 1_800_007_200));
/// assert_eq!(late, Err(AccountError::Expired));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Account(String);

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Account(…)")
    }
}

/// Why a text is no token of a site's backend that is good now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// Not three parts of base64url, or too long.
    #[error("account: not a JSON Web Token")]
    Malformed,
    /// Not signed with the secret of the site, or changed since.
    #[error("account: not signed with the secret of this site")]
    Forged,
    /// Another algorithm, or a header that asks for more.
    #[error("account: the header is not that of HS256 alone")]
    Header,
    /// A claim is missing, is not what it has to be, or is not needed.
    #[error("account: the claims are `sub`, `aud`, `exp` and perhaps `iat`, and no others")]
    Claims,
    /// For another site.
    #[error("account: the token is for another site")]
    OtherSite,
    /// Its time is over.
    #[error("account: the token has expired")]
    Expired,
    /// It would be good for longer than a day.
    #[error("account: the token is good for more than a day")]
    TooLong,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    exp: u64,
    #[serde(default)]
    #[expect(dead_code, reason = "libraries add it; it decides nothing")]
    iat: Option<u64>,
    sub: String,
}

impl Account {
    /// Reads a token that a site's backend made, at `now`, unix seconds. Nothing of it is looked at before its signature holds.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn verify(
        token: &str,
        secret: &AccountSecret,
        site: &SiteId,
        now: u64,
    ) -> Result<Self, AccountError> {
        Self::verify_made(token, secret, site, (now, now))
    }

    /// Reads one that came with something that was done at `made` and arrives at `now`, unix seconds: its time must not have been over by
    /// then.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn verify_made(
        token: &str,
        secret: &AccountSecret,
        site: &SiteId,
        (made, now): (u64, u64),
    ) -> Result<Self, AccountError> {
        if token.len() > MAX_TOKEN {
            return Err(AccountError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(AccountError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(AccountError::Malformed)?;
        let decoded = |text| decode_base64url(text).ok_or(AccountError::Malformed);
        let (header, claims, signature) = (decoded(header)?, decoded(claims)?, decoded(signature)?);
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).map_err(|_| AccountError::Forged)?;
        mac.update(signed.as_bytes());
        // In constant time, and of the whole signature.
        mac.verify_slice(&signature).map_err(|_| AccountError::Forged)?;
        let header: Header = serde_json::from_slice(&header).map_err(|_| AccountError::Header)?;
        if header.alg != "HS256" || header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(AccountError::Header);
        }
        let claims: Claims = serde_json::from_slice(&claims).map_err(|_| AccountError::Claims)?;
        if claims.aud != site.as_str() {
            return Err(AccountError::OtherSite);
        }
        if claims.exp <= made {
            return Err(AccountError::Expired);
        }
        if claims.exp > now.saturating_add(MAX_LIFETIME + MAX_AHEAD) {
            return Err(AccountError::TooLong);
        }
        is_name(&claims.sub).then_some(Self(claims.sub)).ok_or(AccountError::Claims)
    }
}

/// Whether a text can be the name of an account: a number, a UUID, hexadecimal, base64, `oidc|123`. No address of mail is one.
fn is_name(text: &str) -> bool {
    (1..=MAX_ACCOUNT).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:|+/=".contains(&byte))
}

/// What subjects of accounts are made with, and nothing else.
///
/// ```
/// use consent_core::account::{Account, AccountError, AccountKey, AccountSecret};
///
/// let secret = AccountSecret::new(b"an example, which everybody knows").unwrap();
/// let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiIsImF1ZCI6Im5ld3MiLCJleHAiOjE4MDAwMDM2MDB9.vuObal460WeWqWVUWnAppMYRJNnQmaNGX2OBeNbFLNQ";
/// let site = "news".parse()?;
/// let account = Account::verify(token, &secret, &site, 1_800_000_000)?;
/// assert_eq!(Account::verify(token, &secret, &site, 1_800_003_600), Err(AccountError::Expired));
/// let key = AccountKey::new([7; 32]);
/// assert!(key.is_account(&site, key.subject(&site, &account)));
/// assert!(!key.is_account(&site, "AAECAwQFBgcICQoLDA0ODw".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AccountKey(Hmac<Sha256>);

impl AccountKey {
    /// The key with these bytes, which nobody can guess.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(keyed(&bytes))
    }

    /// The subject that an account is on a site. Who has it and not the key finds neither the account nor its subject on another site.
    #[must_use]
    pub fn subject(&self, site: &SiteId, account: &Account) -> SubjectId {
        let mut bytes = self.mac("account", site, account.0.as_bytes());
        self.mark(site, &mut bytes);
        SubjectId::from_bytes(bytes)
    }

    /// Whether a subject of a site is an account's. Of those that browsers make one in 2^48 looks like one, and is taken for another.
    #[must_use]
    pub fn is_account(&self, site: &SiteId, subject: SubjectId) -> bool {
        let mut bytes = *subject.as_bytes();
        self.mark(site, &mut bytes);
        bytes == *subject.as_bytes()
    }

    fn mark(&self, site: &SiteId, bytes: &mut [u8; 16]) {
        let (named, mark) = bytes.split_at_mut(NAMED);
        let code: [u8; 16] = self.mac("mark", site, named);
        mark.iter_mut().zip(code).for_each(|(to, byte)| *to = byte);
    }

    fn mac<const N: usize>(&self, what: &str, site: &SiteId, bytes: &[u8]) -> [u8; N] {
        let mut mac = self.0.clone();
        [what.as_bytes(), b"\0", site.as_str().as_bytes(), b"\0", bytes]
            .iter()
            .for_each(|part| mac.update(part));
        first(&mac)
    }
}

impl fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountKey(…)")
    }
}

#[cfg(test)]
mod tests;
