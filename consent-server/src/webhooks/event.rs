//! What a receiver is told of: found in a log, and put into words when it is sent, so that what was erased meanwhile is
//! erased in them too.

use std::ops::Range;

use consent_core::bundle::csv::rfc3339;
use consent_core::ledger::commitment::Part;
use consent_core::ledger::entry::{Entry, IndexRange, Kind, Reason};
use consent_core::notice::SiteId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::config::WebhookEvents;
use crate::history::{self, PastDecision};
use crate::store::{LogId, Store, StoreError};

/// A decision is in the log: granted, changed, denied or withdrawn.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "decision.recorded",
    "timestamp": "2026-11-23T09:30:00Z",
    "data": {
        "site": "newsroom",
        "log": "2026",
        "index": 5,
        "time": 1_795_426_200,
        "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
    },
}))]
pub struct DecisionRecorded {
    /// Always `decision.recorded`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When the log took it, RFC 3339.
    pub timestamp: String,
    /// What was recorded.
    pub data: DecisionRecordedData,
}

/// A decision with the site that it was made on.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionRecordedData {
    /// The site.
    pub site: SiteId,
    /// The decision, as the history of its subject shows it; without what was erased since.
    #[serde(flatten)]
    pub decision: PastDecision,
}

/// Decisions were erased: because a subject asked, a law demands it, or their time is over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "decisions.erased",
    "timestamp": "2026-11-23T09:30:00Z",
    "data": {
        "site": "newsroom",
        "log": "2026",
        "index": 9,
        "time": 1_795_426_200,
        "erased": { "log": "2026", "indices": [[5, 6]], "parts": ["subject", "decision"] },
        "reason": "request",
    },
}))]
pub struct DecisionsErased {
    /// Always `decisions.erased`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When they were, RFC 3339.
    pub timestamp: String,
    /// What was erased.
    pub data: DecisionsErasedData,
}

/// An erasure and the entry that says so.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionsErasedData {
    /// The site.
    pub site: SiteId,
    /// Which log of the site has the entry: its year.
    pub log: String,
    /// The index of the entry.
    pub index: u64,
    /// When the log took it, unix seconds.
    pub time: u64,
    /// The decisions.
    pub erased: ErasedDecisions,
    /// Why: `request`, `retention` or `legal`.
    #[schema(value_type = String)]
    pub reason: Reason,
}

/// Decisions by their places. What lies there and is none, or was erased before, is not meant.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErasedDecisions {
    /// Which log of the site they are in: its year.
    pub log: String,
    /// Their indices: pairs of the first one and the one after the last.
    #[schema(value_type = Vec<Vec<u64>>)]
    pub indices: Vec<IndexRange>,
    /// What of them: `subject`, `decision`, or both.
    #[schema(value_type = Vec<String>)]
    pub parts: Vec<Part>,
}

/// An entry that a receiver is told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its index.
    pub index: u64,
    /// When the log took it, unix seconds.
    pub time: u64,
}

/// The entries in a range that a receiver is told of.
///
/// # Errors
/// If the store fails, or an entry is none.
pub fn due(
    store: &dyn Store,
    log: &LogId,
    range: Range<u64>,
    events: &[WebhookEvents],
) -> Result<Vec<Due>, StoreError> {
    let mut due = Vec::new();
    for (index, bytes) in (range.start..).zip(store.entries(log, range)?) {
        let entry = parse(log, index, &bytes)?;
        let event = match entry.kind() {
            Kind::Decision { .. } => WebhookEvents::Decision,
            Kind::Erasure { .. } => WebhookEvents::Erasure,
            _ => continue,
        };
        if events.contains(&event) {
            due.push(Due { index, time: entry.time() });
        }
    }
    Ok(due)
}

/// The name of what is told of an entry: the same whenever and however often it is told. It has no full stop, at which
/// receivers take apart what is signed.
#[must_use]
pub fn id(log: &LogId, index: u64) -> String {
    format!("{}_{}_{index}", log.site, log.year.to_string().replace('.', "-"))
}

/// What is told of an entry at this moment; `None` if its log is gone.
///
/// # Errors
/// If the store fails, or something that was written is missing.
pub fn body(store: &dyn Store, log: &LogId, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    if store.head(log)?.is_none_or(|head| head.forgotten || index >= head.size) {
        return Ok(None);
    }
    let bytes = store.entries(log, index..index + 1)?.pop().unwrap_or_default();
    let entry = parse(log, index, &bytes)?;
    let (time, timestamp) = (entry.time(), rfc3339(entry.time()));
    let site = log.site.clone();
    let body = match entry.kind() {
        Kind::Decision { .. } => history::decision_at(store, log, index)?.map(|decision| {
            let data = DecisionRecordedData { site, decision };
            serde_json::to_vec(&DecisionRecorded { kind: "decision.recorded", timestamp, data })
        }),
        Kind::Erasure { indices, log: of, parts, reason } => {
            let of = of.as_ref().map_or(log.year, consent_core::ledger::origin::Origin::year);
            let erased =
                ErasedDecisions { log: of.to_string(), indices: indices.clone(), parts: parts.clone() };
            let data =
                DecisionsErasedData { site, log: log.year.to_string(), index, time, erased, reason: *reason };
            Some(serde_json::to_vec(&DecisionsErased { kind: "decisions.erased", timestamp, data }))
        }
        _ => None,
    };
    // Texts and numbers always have a JSON form.
    body.transpose().map_err(|error| StoreError::Engine(Box::new(error)))
}

fn parse(log: &LogId, index: u64, bytes: &[u8]) -> Result<Entry, StoreError> {
    Entry::parse(bytes).map_err(|error| StoreError::Damaged(format!("log {log}: entry {index}: {error}")))
}

/// The index of the first entry of `time` (unix seconds) or later among the first `size`. Times in a log never go back.
///
/// # Errors
/// If the store fails, or an entry is none.
pub fn first_since(store: &dyn Store, log: &LogId, size: u64, time: u64) -> Result<u64, StoreError> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        let bytes = store.entries(log, middle..middle + 1)?.pop().unwrap_or_default();
        if parse(log, middle, &bytes)?.time() < time {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_no_full_stop_and_names_one_entry() {
        let log = |site: &str, year: &str| LogId { site: site.parse().unwrap(), year: year.parse().unwrap() };
        assert_eq!(id(&log("news", "2026"), 17), "news_2026_17");
        assert_eq!(id(&log("news", "2026.2"), 17), "news_2026-2_17");
    }
}
