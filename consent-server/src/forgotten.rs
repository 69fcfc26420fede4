//! What is left of logs that were deleted after their retention: two documents of the site for each, the last signed head,
//! and what shows that it was a log and that its time was over. A third one has the key, if the server's was changed since.

use consent_core::bundle::forgotten::Forgotten;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, Kind, TreeHead};
use consent_core::ledger::key::{KeyError, VerifierKey};
use consent_core::ledger::proof::{consistency, inclusion};
use consent_core::notice::SiteId;

use crate::data::ServerKey;
use crate::store::{Head, LogId, Store, StoreError};
use crate::tiles::{LogTiles, frontier};

/// What the names of these documents begin with.
const PREFIX: &str = "forgotten/";

/// How many entries are read at once.
const STEP: u64 = 4096;

/// What is left of one log.
#[derive(Clone, Debug)]
pub struct Left {
    /// The log.
    pub log: LogId,
    /// What shows that it was one.
    pub forgotten: Forgotten,
    /// Its last signed head, as a note.
    pub checkpoint: String,
    /// The key that signed it, if it is not the one that the server has now.
    pub key: Option<VerifierKey>,
}

impl Left {
    /// The key that signed its last head: the one that was kept, or else the one that `own` makes.
    ///
    /// # Errors
    /// If the log can not be the name of a key.
    pub fn signed_with(&self, own: &ServerKey) -> Result<VerifierKey, KeyError> {
        match &self.key {
            Some(key) => Ok(key.clone()),
            None => Ok(own.of_log(&self.forgotten.log)?.verifier().clone()),
        }
    }
}

/// Keeps what is to be left of a log, before it is deleted. Doing it twice does the same as doing it once.
///
/// # Errors
/// [`StoreError::Damaged`] if the log is not closed or not whole, or the store fails.
pub fn keep(
    store: &dyn Store,
    log: &LogId,
    head: &Head,
    signed: &SignedCheckpoint,
) -> Result<(), StoreError> {
    let damaged = |what: &dyn std::fmt::Display| StoreError::Damaged(format!("log {log}: {what}"));
    let open = store.entries(log, 0..1)?.pop().and_then(|entry| String::from_utf8(entry).ok());
    let tiles = LogTiles::new(store, log);
    let closed = closed_at(store, log, head.size)?.ok_or_else(|| damaged(&"it is not closed"))?;
    let closed = if closed < head.size {
        Some(TreeHead { root: frontier(store, log, closed)?.root(), size: closed })
    } else {
        None
    };
    let proof = closed.map(|old| consistency(&tiles, old.size, head.size)).transpose();
    let forgotten = Forgotten {
        closed,
        consistency: proof.map_err(|error| damaged(&error))?.unwrap_or_default(),
        inclusion: inclusion(&tiles, 0, head.size).map_err(|error| damaged(&error))?,
        log: signed.checkpoint().origin.clone(),
        open: open.ok_or_else(|| damaged(&"its first entry is no text"))?,
        root: head.root,
        size: head.size,
    };
    // Nothing is deleted that could not be shown to have been there.
    forgotten.verify().map_err(|error| damaged(&error))?;
    let bytes = forgotten.to_bytes().map_err(|error| damaged(&error))?;
    store.keep(&log.site, &checkpoint_name(log), signed.as_str().as_bytes())?;
    store.keep(&log.site, &name(log), &bytes)
}

/// How many entries the log had when it was closed; erasures may have followed.
fn closed_at(store: &dyn Store, log: &LogId, size: u64) -> Result<Option<u64>, StoreError> {
    let mut end = size;
    while end > 0 {
        let from = end.saturating_sub(STEP);
        let entries = store.entries(log, from..end)?;
        let is_close = |bytes: &Vec<u8>| {
            Entry::parse(bytes).is_ok_and(|entry| matches!(entry.kind(), Kind::Close { .. }))
        };
        if let Some((index, _)) = (from..).zip(&entries).filter(|(_, bytes)| is_close(bytes)).last() {
            return Ok(Some(index + 1));
        }
        end = from;
    }
    Ok(None)
}

/// What is left of a log that the store says is forgotten.
///
/// # Errors
/// [`StoreError::Damaged`] if it is not there, or not what was kept.
pub fn left(store: &dyn Store, log: &LogId) -> Result<Left, StoreError> {
    let missing =
        || StoreError::Damaged(format!("log {log} was deleted, and what should be left of it is not there"));
    let bytes = store.kept(&log.site, &name(log))?.ok_or_else(missing)?;
    let note = store.kept(&log.site, &checkpoint_name(log))?.ok_or_else(missing)?;
    let forgotten = Forgotten::parse(&bytes)
        .map_err(|error| StoreError::Damaged(format!("what is left of log {log}: {error}")))?;
    let key = store
        .kept(&log.site, &key_name(log))?
        .map(|key| std::str::from_utf8(&key).ok().and_then(|key| key.parse().ok()).ok_or_else(missing));
    let checkpoint = String::from_utf8(note).map_err(|_| missing())?;
    Ok(Left { log: log.clone(), forgotten, checkpoint, key: key.transpose()? })
}

/// Keeps the key that signed the last head of a deleted log, before the server's own changes.
///
/// # Errors
/// If the store fails.
pub fn keep_key(store: &dyn Store, log: &LogId, key: &VerifierKey) -> Result<(), StoreError> {
    store.keep(&log.site, &key_name(log), key.to_string().as_bytes())
}

/// What is left of all logs of a site that were deleted, oldest first.
///
/// # Errors
/// As [`left`].
pub fn of_site(store: &dyn Store, site: &SiteId) -> Result<Vec<Left>, StoreError> {
    let gone = |(log, head): &(LogId, Head)| log.site == *site && head.forgotten;
    store.logs()?.iter().filter(|log| gone(log)).map(|(log, _)| left(store, log)).collect()
}

fn name(log: &LogId) -> String {
    format!("{PREFIX}{}", log.year)
}

fn checkpoint_name(log: &LogId) -> String {
    format!("{PREFIX}{}/checkpoint", log.year)
}

fn key_name(log: &LogId) -> String {
    format!("{PREFIX}{}/key", log.year)
}
