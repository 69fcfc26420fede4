//! Who may read and change what. Only digests of tokens are kept.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use consent_core::digest::{Digest, encode_base64url};
use consent_core::notice::SiteId;
use serde::{Deserialize, Serialize};

use super::{DataError, files};

/// The largest list of tokens, in bytes.
const LIMIT: u64 = 1024 * 1024;

/// What the bearer of a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Read everything and erase.
    Operator,
    /// Read everything.
    Auditor,
}

/// A role on one site, or on all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// What the bearer may do.
    pub role: Role,
    /// Where; `None` is everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// The SHA-256 of the token. A token has 256 random bits, so its digest needs no salt and no slow hash.
    token: Digest,
}

impl Grant {
    /// Whether it reaches this site.
    #[must_use]
    pub fn covers(&self, site: &SiteId) -> bool {
        self.site.as_ref().is_none_or(|own| own == site)
    }

    /// What the trail calls the bearer: the beginning of its digest.
    #[must_use]
    pub fn name(&self) -> String {
        name_of(self.token)
    }
}

/// What the trail calls the bearer of a token: the first twelve characters of the digest that the list of tokens has of it. So the
/// owner of the list finds the line, and nobody finds the token.
pub(crate) fn name_of(token: Digest) -> String {
    token.to_string().chars().take(12).collect()
}

/// A token that nobody has seen.
pub(super) fn fresh() -> Result<String, DataError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)?;
    Ok(format!("consent_{}", encode_base64url(&secret)))
}

/// The list of tokens. It is read again when its file changes, so that `consent token create` needs no restart.
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seen: Option<SystemTime>,
    grants: Vec<Grant>,
}

impl Tokens {
    /// Reads the list at `path`; none is an empty one.
    ///
    /// # Errors
    /// If the file is there and is no list of tokens.
    pub fn open(path: PathBuf) -> Result<Self, DataError> {
        let tokens = Self { path, state: Mutex::default() };
        tokens.refresh()?;
        Ok(tokens)
    }

    /// Whether there is no token.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.state().grants.is_empty()
    }

    /// Makes a token, adds it to the list and returns it: this is the only time that it is seen.
    ///
    /// # Errors
    /// If the list can not be written.
    pub fn make(&self, role: Role, site: Option<SiteId>) -> Result<String, DataError> {
        let token = fresh()?;
        // Between reading the list and writing it nobody else may do the same.
        let _alone = files::lock(self.path.parent().unwrap_or(Path::new(".")))?;
        self.add(&token, role, site)?;
        Ok(token)
    }

    pub(super) fn add(&self, token: &str, role: Role, site: Option<SiteId>) -> Result<(), DataError> {
        self.refresh()?;
        let mut state = self.state();
        state.grants.push(Grant { role, site, token: Digest::of(token.as_bytes()) });
        let list = serde_json::to_string_pretty(&state.grants).unwrap_or_default();
        files::write_private(&self.path, &format!("{list}\n"))
    }

    /// What the bearer of `token` may do; `None` for a token that is not on the list.
    #[must_use]
    pub fn find(&self, token: &str) -> Option<Grant> {
        self.granted(Digest::of(token.as_bytes()))
    }

    /// The same for a token of which only the SHA-256 is known.
    pub(crate) fn granted(&self, token: Digest) -> Option<Grant> {
        if let Err(error) = self.refresh() {
            // The list that was read last still holds: a half-edited file must not lock everybody out.
            tracing::error!(%error, "the list of tokens can not be read again");
        }
        self.state().grants.iter().find(|grant| grant.token == token).cloned()
    }

    fn refresh(&self) -> Result<(), DataError> {
        let changed = std::fs::metadata(&self.path).and_then(|file| file.modified()).ok();
        if self.state().seen == changed {
            return Ok(());
        }
        let Some(text) = files::read(&self.path, LIMIT)? else {
            // Without a list there are no tokens: whoever moves it away wants nobody in.
            *self.state() = State::default();
            return Ok(());
        };
        let grants = serde_json::from_str(&text)
            .map_err(|_| DataError::Content { path: self.path.clone(), what: "not a list of tokens" })?;
        *self.state() = State { seen: changed, grants };
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::timing::{examine, long_secret};

    #[test]
    fn how_long_a_guess_takes_says_nothing_of_any_token() {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(folder.path().join("tokens.json")).unwrap();
        let secret = long_secret();
        tokens.make(Role::Operator, None).unwrap();
        tokens.add(&secret, Role::Auditor, None).unwrap();
        let examined = examine(&secret, |token| tokens.find(token).is_some());
        assert!(examined.is_ok(), "{examined:?}");
    }
}
