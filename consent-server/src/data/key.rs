//! The secret from which each log's signing key is derived.

use std::fmt;
use std::path::Path;

use consent_core::account::AccountKey;
use consent_core::decision::DecisionId;
use consent_core::digest::{Digest, decode_base64url, encode_base64url};
use consent_core::handoff::HandoffKey;
use consent_core::ledger::key::{KeyError, SigningKey};
use consent_core::ledger::origin::Origin;
use consent_core::notice::SiteId;

use super::{DataError, files};

/// One secret for the server. Each log has a key of its own, derived from it.
pub struct ServerKey {
    seed: [u8; 32],
    accounts: AccountKey,
}

impl ServerKey {
    pub(super) fn load_or_make(path: &Path) -> Result<Self, DataError> {
        if let Some(text) = files::read(path, 4096)? {
            let seed = decode_base64url(text.trim_end()).and_then(|bytes| bytes.try_into().ok());
            let what = "not a signing key (43 characters of base64url)";
            return seed.map(Self::from_seed).ok_or(DataError::Content { path: path.to_owned(), what });
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        files::write_private(path, &format!("{}\n", encode_base64url(&seed)))?;
        Ok(Self::from_seed(seed))
    }

    /// The key with this secret.
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let Digest(accounts) = Digest::of(&[&b"consent-account-key/v1\0"[..], &seed].concat());
        Self { seed, accounts: AccountKey::new(accounts) }
    }

    /// The key of a log.
    ///
    /// # Errors
    /// If the origin can not be the name of a key.
    pub fn of_log(&self, log: &Origin) -> Result<SigningKey, KeyError> {
        SigningKey::derive(&self.seed, &log.to_string())
    }

    /// The key of hand-offs, derived for them and for nothing else.
    #[must_use]
    pub fn of_handoffs(&self) -> HandoffKey {
        let Digest(key) = Digest::of(&[&b"consent-handoff-key/v1\0"[..], &self.seed].concat());
        HandoffKey::new(key)
    }

    /// The key of which subjects of accounts are made, derived for them and for nothing else. At hand, as each decision asks whether its
    /// subject is one.
    #[must_use]
    pub fn of_accounts(&self) -> &AccountKey {
        &self.accounts
    }

    /// What is kept of a decision that was erased: the beginning of a hash that nobody computes without the secret.
    #[must_use]
    pub fn mark_of_erased(&self, site: &SiteId, decision: DecisionId) -> [u8; 16] {
        let site = site.to_string();
        let parts: [&[u8]; 4] = [b"consent-erased/v1\0", &self.seed, decision.as_bytes(), site.as_bytes()];
        let Digest(hash) = Digest::of(&parts.concat());
        let mut mark = [0; 16];
        mark.iter_mut().zip(hash).for_each(|(to, byte)| *to = byte);
        mark
    }

    /// What tells this key from others and gives nothing of it away: the digest of a public key that signs nothing.
    ///
    /// # Errors
    /// Never: the name is one that a key can have.
    pub fn fingerprint(&self) -> Result<Digest, KeyError> {
        let key = SigningKey::derive(&self.seed, "consent-key-fingerprint/v1")?;
        Ok(Digest::of(key.verifier().to_string().as_bytes()))
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(…)")
    }
}
