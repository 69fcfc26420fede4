//! The keys of logs and witnesses, for auditors.

use consent_core::ledger::key::VerifierKey;
use consent_core::ledger::policy::{MAX_POLICY_BYTES, Policy, PolicyError, PolicyLog, PolicyWitness};

use super::documents::WITNESSES;
use super::heads_site;
use crate::config::AnchorsConfig;
use crate::store::{Store, StoreError};

/// Witnesses and quorum of a config.
///
/// # Errors
/// If they can not stand in a policy, which a config that was checked does not have.
pub fn of_config(config: &AnchorsConfig) -> Result<Policy, PolicyError> {
    let witnesses = config.witnesses.iter().map(|witness| PolicyWitness {
        name: witness.name.clone(),
        vkey: witness.key.to_string(),
        url: Some(witness.url.clone()),
    });
    Policy::default().with_witnesses(witnesses, config.quorum)
}

/// Keeps the witnesses in the store, so that an export without the config names them too.
///
/// # Errors
/// If the store fails.
pub fn keep(store: &dyn Store, witnesses: &Policy) -> Result<(), StoreError> {
    let (site, text) = (heads_site(), witnesses.to_string());
    if store.kept(&site, WITNESSES)?.as_deref() == Some(text.as_bytes()) {
        return Ok(());
    }
    store.keep(&site, WITNESSES, text.as_bytes())
}

/// The witnesses of the last start.
///
/// # Errors
/// If the store fails, or what was kept is no policy.
pub fn kept(store: &dyn Store) -> Result<Policy, StoreError> {
    let Some(bytes) = store.kept(&heads_site(), WITNESSES)? else { return Ok(Policy::default()) };
    Policy::parse(&bytes).map_err(|error| StoreError::Damaged(format!("document {WITNESSES}: {error}")))
}

/// The policy with these keys of logs, and the witnesses.
///
/// # Errors
/// If a key is there twice, or there are too many.
pub fn of_keys(
    keys: impl IntoIterator<Item = VerifierKey>,
    witnesses: &Policy,
) -> Result<Policy, PolicyError> {
    let logs = Policy::of_logs(keys.into_iter().map(|key| PolicyLog { key, url: None }))?.to_string();
    let logs = logs.strip_suffix("quorum none\n").unwrap_or(&logs);
    let text = format!("{logs}{witnesses}");
    if text.len() > MAX_POLICY_BYTES { Err(PolicyError::TooLong) } else { Policy::parse(text.as_bytes()) }
}
