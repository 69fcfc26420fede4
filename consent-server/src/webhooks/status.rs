//! How each receiver of a site does, as far as the store tells: the same whichever process is asked, and where none runs.

use consent_core::interface::{WebhookLog, WebhookStatus};
use consent_core::notice::SiteId;

use super::cursor::Cursor;
use super::replay::Replay;
use crate::store::{Store, StoreError};

/// How a receiver does. One that is known by nothing yet was told nothing.
///
/// # Errors
/// If the store fails.
pub fn status(store: &dyn Store, site: &SiteId, id: &str) -> Result<WebhookStatus, StoreError> {
    let cursor = Cursor::kept(store, site, id)?.unwrap_or_default();
    let logs = store.logs()?.into_iter().filter(|(log, head)| log.site == *site && !head.forgotten);
    let logs = logs.map(|(log, head)| WebhookLog {
        log: log.year.to_string(),
        told: cursor.until(log.year).min(head.size),
        size: head.size,
    });
    let replays = Replay::all(store, site, id)?;
    Ok(WebhookStatus {
        id: id.to_owned(),
        logs: logs.collect(),
        failing_since: cursor.failing_since,
        again: replays.iter().map(|(_, replay)| replay.left()).sum(),
    })
}

/// The same of every receiver of a site of which something is kept, by id.
///
/// # Errors
/// If the store fails.
pub fn all(store: &dyn Store, site: &SiteId) -> Result<Vec<WebhookStatus>, StoreError> {
    let names = store.kept_names(site, "webhooks/")?;
    let ids = names.iter().filter_map(|name| name.strip_prefix("webhooks/")?.strip_suffix("/cursor"));
    ids.map(|id| status(store, site, id)).collect()
}
