//! What is known of the provider: learnt from itself, kept for an hour, and for a day while it does not answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonwebtoken::jwk::JwkSet;
use serde::Deserialize;

use crate::config::is_on_this_machine;

use super::OpenIdError;
use super::ask::{Asker, Until};

/// What was learnt is asked for again after so many seconds,
const STALE: u64 = 3600;

/// counts no more after so many, if nothing else comes,
const USELESS: u64 = 24 * 3600;

/// and is asked for no sooner than this after it was, if a token is signed with a key that is not among the provider's.
const NEW_KEYS: u64 = 60;

/// So long a provider that did not answer is let alone: it has trouble enough, and so would whoever waits for it.
const REST: u64 = 10;

/// What was learnt of it.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) metadata: Metadata,
    pub(super) keys: JwkSet,
    /// When, unix seconds.
    since: u64,
}

/// OpenID Connect Discovery 1.0, section 3, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// RFC 9207, section 3.
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Whether this server may say so who it is. Where a provider says nothing it takes the header (section 3).
    pub(super) fn takes(&self, method: &str) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| methods.iter().any(|known| known == method))
    }

    /// Whether it is the issuer's own (section 4.3), and nothing that it names is to be reached without encryption.
    fn check(&self, issuer: &str) -> Result<(), OpenIdError> {
        if self.issuer != *issuer {
            return Err(OpenIdError::NotAsSpecified("its configuration has another issuer"));
        }
        let is_good = |url: &str| {
            let is_private =
                url.starts_with("https://") || is_on_this_machine(url) && is_on_this_machine(issuer);
            is_private && !url.contains('#') && url.parse::<http::Uri>().is_ok()
        };
        let endpoints = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        if endpoints.iter().all(|url| is_good(url)) {
            Ok(())
        } else {
            Err(OpenIdError::NotAsSpecified("an endpoint is no address, or not encrypted"))
        }
    }
}

/// What is known, for all who sign in.
#[derive(Debug, Default)]
pub(super) struct Knowledge(Mutex<Kept>);

#[derive(Clone, Debug, Default)]
struct Kept {
    known: Option<Arc<Known>>,
    /// When the provider did not say what it should, the last time that it was asked.
    failed: Option<u64>,
}

impl Knowledge {
    /// What is known now, unix seconds; the provider is asked if that is nothing, or old.
    pub(super) fn get(
        &self,
        now: u64,
        learn: impl FnOnce() -> Result<Known, OpenIdError>,
    ) -> Result<Arc<Known>, OpenIdError> {
        // Nobody waits for the lock while the provider thinks.
        let Kept { known, failed } = self.kept().clone();
        let rests = failed.is_some_and(|at| now.saturating_sub(at) < REST);
        let is_younger = |known: &Arc<Known>, than| now.saturating_sub(known.since) < than;
        match known {
            Some(known) if is_younger(&known, STALE) => Ok(known),
            Some(known) if rests && is_younger(&known, USELESS) => Ok(known),
            _ if rests => Err(OpenIdError::Rests),
            known => self
                .learn(now, learn)
                .or_else(|error| known.filter(|known| is_younger(known, USELESS)).ok_or(error)),
        }
    }

    /// The same, asked for again, if that was not done just now.
    pub(super) fn renewed(
        &self,
        known: &Arc<Known>,
        now: u64,
        learn: impl FnOnce() -> Result<Known, OpenIdError>,
    ) -> Result<Arc<Known>, OpenIdError> {
        let newest = self.kept().known.clone();
        match newest {
            // Somebody else has done it meanwhile.
            Some(newest) if !Arc::ptr_eq(&newest, known) => Ok(newest),
            _ if now.saturating_sub(known.since) < NEW_KEYS => Ok(Arc::clone(known)),
            _ => self.learn(now, learn),
        }
    }

    fn learn(
        &self,
        now: u64,
        learn: impl FnOnce() -> Result<Known, OpenIdError>,
    ) -> Result<Arc<Known>, OpenIdError> {
        let learnt = learn();
        let mut kept = self.kept();
        match learnt {
            Ok(known) => {
                let known = Arc::new(known);
                *kept = Kept { known: Some(Arc::clone(&known)), failed: None };
                Ok(known)
            }
            // It was not asked at all.
            Err(OpenIdError::Busy) => Err(OpenIdError::Busy),
            Err(error) => {
                kept.failed = Some(now);
                Err(error)
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks the provider for all of it.
pub(super) fn learn(asker: &Asker, issuer: &str, now: u64, until: Until) -> Result<Known, OpenIdError> {
    let at = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let metadata: Metadata = asker.get(&at, until)?.json("its configuration")?;
    metadata.check(issuer)?;
    let keys = asker.get(&metadata.jwks_uri, until)?.json("its keys")?;
    Ok(Known { metadata, keys, since: now })
}
