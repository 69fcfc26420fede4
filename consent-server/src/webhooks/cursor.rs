//! How far a receiver was told: of each log of its site, how many entries are behind it.

use std::collections::BTreeMap;

use consent_core::ledger::origin::LogYear;
use consent_core::notice::SiteId;
use serde::{Deserialize, Serialize};

use super::{LEASE_SECONDS, lease_name};
use crate::config::Config;
use crate::store::{LogId, Store, StoreError};

/// How far a receiver was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Since when it does not take what it is told, unix seconds; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    /// Entries of each log that are behind it, by the log's year. Of one that is not here, none.
    until: BTreeMap<String, u64>,
}

impl Cursor {
    /// How many entries of a log are behind it.
    #[must_use]
    pub fn until(&self, log: LogYear) -> u64 {
        self.until.get(&log.to_string()).copied().unwrap_or(0)
    }

    /// Notes that the first `until` entries of a log are behind it.
    pub fn advance(&mut self, log: LogYear, until: u64) {
        self.until.insert(log.to_string(), until);
    }

    /// Leaves out logs that are not there any more.
    pub fn keep_only(&mut self, logs: &[LogId]) {
        self.until.retain(|year, _| logs.iter().any(|log| log.year.to_string() == *year));
    }

    /// What is kept of a receiver; `None` if nothing is.
    ///
    /// # Errors
    /// If the store fails, or what is kept can not be read: to begin anew would be to leave something out.
    pub fn kept(store: &dyn Store, site: &SiteId, id: &str) -> Result<Option<Self>, StoreError> {
        let kept = store.kept(site, &document(id))?;
        let read = |bytes: Vec<u8>| {
            let damaged = |_| StoreError::Damaged(format!("how far the webhook {id} of {site} was told"));
            serde_json::from_slice(&bytes).map_err(damaged)
        };
        kept.map(read).transpose()
    }

    /// Keeps it.
    ///
    /// # Errors
    /// If the store fails.
    pub fn keep(&self, store: &dyn Store, site: &SiteId, id: &str) -> Result<(), StoreError> {
        // Texts and numbers always have a JSON form.
        store.keep(site, &document(id), &serde_json::to_vec(self).unwrap_or_default())
    }

    /// What is kept of a receiver. One of which nothing is kept begins behind all that there is now.
    ///
    /// # Errors
    /// See [`Cursor::kept`].
    pub fn begin(store: &dyn Store, site: &SiteId, id: &str) -> Result<Self, StoreError> {
        if let Some(cursor) = Self::kept(store, site, id)? {
            return Ok(cursor);
        }
        let mut cursor = Self::default();
        for (log, head) in store.logs()?.into_iter().filter(|(log, _)| log.site == *site) {
            cursor.advance(log.year, head.size);
        }
        cursor.keep(store, site, id)?;
        Ok(cursor)
    }
}

/// Begins with every receiver that a config names for the first time, so that it is told of all that is recorded from now
/// on. Where processes share a store, another one may be at it.
///
/// # Errors
/// See [`Cursor::kept`].
pub fn begin_all(store: &dyn Store, config: &Config) -> Result<(), StoreError> {
    for site in &config.sites {
        for webhook in &site.webhooks {
            let is_there = store.kept(&site.id, &document(&webhook.id))?.is_some();
            if !is_there && store.lease(&lease_name(&site.id, &webhook.id), LEASE_SECONDS)? {
                Cursor::begin(store, &site.id, &webhook.id)?;
            }
        }
    }
    Ok(())
}

fn document(id: &str) -> String {
    format!("webhooks/{id}/cursor")
}
