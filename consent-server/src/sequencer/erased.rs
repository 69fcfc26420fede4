//! What is kept of erased decisions, so that nobody brings one back by accident.
//!
//! A browser sends a decision until it has heard that it was recorded. One that did not hear it, and comes back after the
//! erasure, would have the same decision recorded anew. So 16 bytes are kept for each: a keyed hash of site and decision
//! id ([`ServerKey::mark_of_erased`]), from which nothing leads to a person, a choice or an entry. Only who brings the id
//! is recognised, and the id is nowhere any more but in that browser. After [`KEPT_DAYS`] the hash goes too.

use std::collections::{BTreeSet, HashSet};

use consent_core::bundle::data::SubjectData;
use consent_core::decision::DecisionId;
use consent_core::notice::SiteId;

use super::log::damaged;
use crate::data::ServerKey;
use crate::store::{LogId, Store, StoreError};

/// For how many days an erased decision is refused: longer than any browser keeps a request that it could not send, as
/// a choice is asked again before.
pub(super) const KEPT_DAYS: u64 = 400;

const DAY: u64 = 86_400;

/// The documents: `erased/<day of the erasure, from 1970>-<first hash>`, and in them one hash after the other.
const PREFIX: &str = "erased/";

/// How many hashes are in a document at most.
const MOST: usize = 100_000;

const MARK_BYTES: usize = 16;

/// The hashes of all sites.
#[derive(Debug, Default)]
pub(super) struct ErasedIds(HashSet<[u8; MARK_BYTES]>);

impl ErasedIds {
    /// Reads back what is kept, and discards what is older than it is kept. `now` is in unix seconds.
    pub(super) fn load(store: &dyn Store, now: u64) -> Result<Self, StoreError> {
        let sites: BTreeSet<SiteId> = store.logs()?.into_iter().map(|(log, _)| log.site).collect();
        let mut marks = HashSet::new();
        for site in &sites {
            for name in store.kept_names(site, PREFIX)? {
                let day = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
                let day: Option<u64> = day.and_then(|(day, _)| day.parse().ok());
                let day = day.ok_or_else(|| damaged(&format!("document {name} has no day in its name")))?;
                if day + KEPT_DAYS < now / DAY {
                    store.discard(site, &name)?;
                    continue;
                }
                let bytes = store.kept(site, &name)?.unwrap_or_default();
                let (whole, rest) = bytes.as_chunks();
                if !rest.is_empty() {
                    return Err(damaged(&format!("document {name} ends within a hash")));
                }
                marks.extend(whole);
            }
        }
        Ok(Self(marks))
    }

    /// Whether this decision was erased.
    pub(super) fn has(&self, key: &ServerKey, site: &SiteId, decision: DecisionId) -> bool {
        !self.0.is_empty() && self.0.contains(&key.mark_of_erased(site, decision))
    }

    /// Keeps the hashes of decisions that are about to be erased. If the machine stops before they are, it has done no
    /// harm: what is found is never looked up here.
    pub(super) fn keep(
        &mut self,
        store: &dyn Store,
        key: &ServerKey,
        site: &SiteId,
        places: &[(LogId, u64)],
        now: u64,
    ) -> Result<(), StoreError> {
        for places in places.chunks(MOST) {
            let mut marks = Vec::with_capacity(places.len());
            for (log, index) in places {
                for (_, openings) in store.openings(log, *index..*index + 1)? {
                    let data =
                        openings.subject.as_ref().and_then(|subject| SubjectData::parse(subject.data()));
                    let id = data.and_then(|data| data.decision_id.parse::<DecisionId>().ok());
                    marks.extend(id.map(|id| key.mark_of_erased(site, id)));
                }
            }
            // In an order that says nothing of the log's.
            marks.sort_unstable();
            let Some(first) = marks.first() else { continue };
            let name = format!("{PREFIX}{}-{:032x}", now / DAY, u128::from_be_bytes(*first));
            store.keep(site, &name, marks.as_flattened())?;
            self.0.extend(marks);
        }
        Ok(())
    }
}
