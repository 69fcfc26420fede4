//! What is recorded, read back: one subject's decisions, one decision's receipt.

use std::collections::{BTreeMap, BTreeSet};

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::interface::{RecordedDecision, RecordedSubject};
use consent_core::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use consent_core::ledger::commitment::Opening;
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::hash::leaf_hash;
use consent_core::ledger::origin::{LogYear, Origin};
use consent_core::ledger::proof::{BuildError, inclusion, verify_inclusion};
use consent_core::notice::{Notice, NoticeId, SiteId};
use consent_core::receipt::{Content, Receipt, ReceiptError};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::ended::Ended;
use crate::heads::Heads;
use crate::store::{LogId, Openings, Store, StoreError};
use crate::tiles::{KnownTiles, LogTiles};

/// One decision as it is recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct PastDecision {
    /// Which log of the site: its year.
    pub log: String,
    /// The index in it.
    pub index: u64,
    /// When the log took it, unix seconds.
    pub time: u64,
    /// What was shown.
    pub notice_id: NoticeId,
    /// What was decided, as it was committed to; absent if erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RecordedDecision>)]
    pub decision: Option<Box<RawValue>>,
    /// Who decided, as it was committed to; absent if erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<RecordedSubject>)]
    pub subject: Option<Box<RawValue>>,
}

impl PastDecision {
    /// A decision from its entry and what is left behind it.
    ///
    /// # Errors
    /// If what is behind it is not JSON.
    pub(crate) fn new(
        log: LogYear,
        index: u64,
        time: u64,
        notice_id: NoticeId,
        openings: Openings,
    ) -> Result<Self, StoreError> {
        let raw = |opening: Opening| {
            RawValue::from_string(opening.data().to_owned())
                .map_err(|_| StoreError::Damaged(format!("an opening of entry {index} of {log} is not JSON")))
        };
        let decision = openings.decision.map(raw).transpose()?;
        let subject = openings.subject.map(raw).transpose()?;
        Ok(Self { log: log.to_string(), index, time, notice_id, decision, subject })
    }
}

/// Everything that one subject decided, oldest first.
///
/// # Errors
/// If the store fails, or something that was written is missing.
pub fn of_subject(
    store: &dyn Store,
    site: &SiteId,
    subject: SubjectId,
) -> Result<Vec<PastDecision>, StoreError> {
    at(store, &store.find_subject(site, subject)?)
}

/// The decisions at these places.
///
/// # Errors
/// See [`of_subject`].
pub fn at(store: &dyn Store, places: &[(LogId, u64)]) -> Result<Vec<PastDecision>, StoreError> {
    places.iter().map(|(log, index)| past_decision(store, log, *index)).collect()
}

/// The decision at one place; `None` if there is no log, no entry, or one of another kind.
///
/// # Errors
/// If the store fails, or something that was written is missing.
pub fn decision_at(store: &dyn Store, log: &LogId, index: u64) -> Result<Option<PastDecision>, StoreError> {
    let head = store.head(log)?.filter(|head| index < head.size && !head.forgotten);
    if head.is_none() {
        return Ok(None);
    }
    decided(store, log, index)
}

/// An entry that names a notice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    /// When, unix seconds.
    pub time: u64,
    /// The log.
    pub log: LogId,
    /// Its index.
    pub index: u64,
    /// Whether the log before is gone, which may have named the notice earlier.
    pub follows_a_gap: bool,
}

/// The first entry that names each notice of a site, as far as the first `most` entries of each log tell: one that is named
/// behind them is left out. `progress` is told how many entries of a log were read, and how many it has.
///
/// # Errors
/// If the store fails, or an entry is none.
pub fn first_named(
    store: &dyn Store,
    site: &SiteId,
    most: u64,
    mut progress: impl FnMut(u64, u64),
) -> Result<BTreeMap<NoticeId, Named>, StoreError> {
    let mut first = BTreeMap::new();
    // Named in a log that was not read so far: a later one that names them again is not the first.
    let mut unread = BTreeSet::new();
    let mut follows_a_gap = false;
    for (log, head) in store.logs()?.into_iter().filter(|(log, _)| log.site == *site) {
        if head.forgotten {
            follows_a_gap = true;
            continue;
        }
        let mut wanted: BTreeSet<_> = store.logged_notices(&log)?.into_iter().collect();
        wanted.retain(|id| !first.contains_key(id) && !unread.contains(id));
        let until = head.size.min(most);
        let mut from = 0;
        // Most are named before the first visitor comes, so this ends early.
        while from < until && !wanted.is_empty() {
            let to = until.min(from + CHUNK);
            for (index, bytes) in (from..).zip(store.entries(&log, from..to)?) {
                let entry = Entry::parse(&bytes);
                let entry = entry
                    .map_err(|error| StoreError::Damaged(format!("log {log}: entry {index}: {error}")))?;
                if let Kind::Notice { notice } = entry.kind()
                    && wanted.remove(notice)
                {
                    let named = Named { time: entry.time(), log: log.clone(), index, follows_a_gap };
                    first.insert(*notice, named);
                }
            }
            from = to;
            progress(from, head.size);
        }
        unread.append(&mut wanted);
        follows_a_gap = false;
    }
    Ok(first)
}

/// Entries that are read at a time.
const CHUNK: u64 = 4096;

/// A notice that was published for a site; `None` if there is none, or it is not what it was.
///
/// # Errors
/// If the store fails.
pub(crate) fn notice(store: &dyn Store, site: &SiteId, id: NoticeId) -> Result<Option<Notice>, StoreError> {
    let bytes = store.notice(site, id)?;
    Ok(bytes.and_then(|bytes| Notice::from_bytes(&bytes).ok()).filter(|notice| notice.id() == id))
}

fn past_decision(store: &dyn Store, log: &LogId, index: u64) -> Result<PastDecision, StoreError> {
    let damaged = || StoreError::Damaged(format!("entry {index} of log {log} is not a decision"));
    decided(store, log, index)?.ok_or_else(damaged)
}

/// The decision in an entry that is there; `None` if it is one of another kind.
fn decided(store: &dyn Store, log: &LogId, index: u64) -> Result<Option<PastDecision>, StoreError> {
    let (bytes, openings) = entry(store, log, index)?;
    let entry = Entry::parse(&bytes)
        .map_err(|error| StoreError::Damaged(format!("log {log}: entry {index}: {error}")))?;
    let &Kind::Decision { notice, .. } = entry.kind() else { return Ok(None) };
    PastDecision::new(log.year, index, entry.time(), notice, openings).map(Some)
}

fn entry(store: &dyn Store, log: &LogId, index: u64) -> Result<(Vec<u8>, Openings), StoreError> {
    let missing = || StoreError::Damaged(format!("entry {index} of log {log} is missing"));
    let entry = store.entries(log, index..index + 1)?.pop().ok_or_else(missing)?;
    let openings = store.openings(log, index..index + 1)?.pop().map(|(_, openings)| openings);
    Ok((entry, openings.unwrap_or_default()))
}

/// Why there is no receipt for a decision that is recorded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptUnavailable {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The proof can not be built.
    #[error("the proof can not be built")]
    Proof(#[from] BuildError<StoreError>),
    /// The log could not go on, and what leads from the decision to a signed head is lost.
    #[error(
        "the log {0} could not go on, and entries that lead from this decision to a signed head are lost: no receipt can be \
         made any more. One that was taken before still holds"
    )]
    Lost(Origin),
    /// What is stored does not prove it.
    #[error("what is stored proves nothing")]
    Receipt(#[from] ReceiptError),
}

/// The receipt of a decision under the latest signed head; `None` if the site has no such decision.
///
/// # Errors
/// If what is stored can not be read, or does not prove the decision.
pub fn receipt(
    store: &dyn Store,
    heads: &Heads,
    site: &SiteId,
    decision: DecisionId,
) -> Result<Option<Receipt>, ReceiptUnavailable> {
    let Some(placed) = store.find_decision(site, decision)? else { return Ok(None) };
    receipt_at(store, heads, &placed.log, placed.index)
}

/// The receipt of the decision in an entry, of which parts may be erased; `None` if no head that is signed has it yet.
///
/// # Errors
/// See [`receipt`]; also if the entry is one of another kind.
pub fn receipt_at(
    store: &dyn Store,
    heads: &Heads,
    log: &LogId,
    index: u64,
) -> Result<Option<Receipt>, ReceiptUnavailable> {
    // Stored, and not signed yet: nothing was promised so far.
    let Some(head) = head_over(store, heads, log, index)? else { return Ok(None) };
    let &Checkpoint { size, root, .. } = head.checkpoint();
    let (entry, openings) = entry(store, log, index)?;
    let tiles = LogTiles::new(store, log);
    let mut hashes = inclusion(&KnownTiles { tiles, nodes: heads.nodes() }, index, size)?;
    if verify_inclusion(leaf_hash(&entry), index, size, &hashes, root).is_err() {
        // What was known may be of a branch that was lost, or was read while the disk was at fault.
        heads.nodes().forget(log);
        hashes = inclusion(&tiles, index, size)?;
    }
    let entry =
        String::from_utf8(entry).map_err(|_| StoreError::Damaged(format!("entry {index} of log {log}")))?;
    let content = Content { decision: openings.decision, entry, subject: openings.subject };
    Ok(Some(Receipt::new(head, index, hashes, content)?))
}

/// The signed head under which an entry is proven; `None` if there is none yet.
///
/// # Errors
/// If the store fails, or there will never be one.
pub fn head_over(
    store: &dyn Store,
    heads: &Heads,
    log: &LogId,
    index: u64,
) -> Result<Option<SignedCheckpoint>, ReceiptUnavailable> {
    let head = match heads.ended(log) {
        Some(ended) => {
            let lost = || ReceiptUnavailable::Lost(ended.origin().clone());
            Some(reached_head(store, &ended, index)?.ok_or_else(lost)?)
        }
        None => heads.get(log),
    };
    Ok(head.filter(|head| index < head.checkpoint().size))
}

/// The hash of an entry as a leaf of its log's tree.
///
/// # Errors
/// If the store fails, or the entry is missing.
pub fn leaf(store: &dyn Store, log: &LogId, index: u64) -> Result<Digest, StoreError> {
    Ok(leaf_hash(&entry(store, log, index)?.0))
}

/// The head of a log that has ended under which an entry can be proven: the last one, or the newest of those before whose
/// entries are all there.
fn reached_head(
    store: &dyn Store,
    ended: &Ended,
    index: u64,
) -> Result<Option<SignedCheckpoint>, StoreError> {
    let reached = ended.reached();
    let last = ended.signed.checkpoint().size;
    if reached == last {
        return Ok(Some(ended.signed.clone()).filter(|_| index < last));
    }
    let older = store.history(&ended.log)?.into_iter().rev();
    let reach = older.filter(|(size, _)| (index + 1..=reached).contains(size));
    let mut signed = reach.filter_map(|(_, note)| SignedCheckpoint::open(note.as_bytes(), ended.keys()).ok());
    Ok(signed.find(|signed| signed.checkpoint().origin == *ended.origin()))
}
