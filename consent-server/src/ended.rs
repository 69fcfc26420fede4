//! Logs that can not go on: what is left of them, and where it is said. A document of the site for each, `ended/<year>`.
//!
//! The document alone ends nothing. It is kept before the entry is written that says the same, and counts only if that
//! entry is there: so a stop between the two leaves a log that did not end, and both can be done again.

use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::{Entry, Kind, TreeHead};
use consent_core::ledger::key::VerifierKey;
use consent_core::ledger::origin::Origin;
use consent_core::notice::SiteId;
use serde::{Deserialize, Serialize};

use crate::store::{LogId, Store, StoreError};

/// What the names of these documents begin with.
const PREFIX: &str = "ended/";

/// A log that nothing is added to any more, and whose head is never signed again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// The log.
    pub log: LogId,
    /// The head that was signed last.
    pub signed: SignedCheckpoint,
    /// What is left of it. The store may have more, which is no part of the log.
    pub kept: TreeHead,
    /// The log of the site in which an entry says so, and the index of that entry.
    pub stated: (LogId, u64),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    checkpoint: String,
    key: VerifierKey,
    kept: TreeHead,
    stated_at: u64,
    stated_in: Origin,
}

impl Ended {
    /// Its name.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.signed.checkpoint().origin
    }

    /// The key that signed its heads; the server may have another one by now.
    #[must_use]
    pub fn keys(&self) -> &[VerifierKey] {
        self.signed.signers()
    }

    /// How many of its entries are there and below the head that was signed last.
    #[must_use]
    pub fn reached(&self) -> u64 {
        self.kept.size.min(self.signed.checkpoint().size)
    }

    /// The head that was signed last, without its signature.
    #[must_use]
    pub fn signed_head(&self) -> TreeHead {
        self.signed.checkpoint().into()
    }
}

/// Keeps what is to be known of a log that is about to be ended.
///
/// # Errors
/// If the store fails.
pub fn keep(store: &dyn Store, ended: &Ended) -> Result<(), StoreError> {
    let failed = |what: &dyn std::fmt::Display| StoreError::Damaged(format!("log {}: {what}", ended.log));
    let (stated_in, stated_at) = &ended.stated;
    let key = ended.keys().first().ok_or_else(|| failed(&"no key signed its head"))?;
    let stated_in = Origin::new(ended.origin().host(), stated_in.site.clone(), stated_in.year);
    let document = Document {
        checkpoint: ended.signed.as_str().to_owned(),
        key: key.clone(),
        kept: ended.kept,
        stated_at: *stated_at,
        stated_in: stated_in.map_err(|error| failed(&error))?,
    };
    let bytes = serde_json::to_vec(&document).map_err(|error| failed(&error))?;
    store.keep(&ended.log.site, &format!("{PREFIX}{}", ended.log.year), &bytes)
}

/// The logs of a site that have ended, oldest first.
///
/// # Errors
/// [`StoreError::Damaged`] if a document is not what was kept, or the store fails.
pub fn of_site(store: &dyn Store, site: &SiteId) -> Result<Vec<Ended>, StoreError> {
    let mut all = Vec::new();
    for name in store.kept_names(site, PREFIX)? {
        let damaged = || StoreError::Damaged(format!("document {name} of {site}"));
        let year = name.strip_prefix(PREFIX).and_then(|year| year.parse().ok()).ok_or_else(damaged)?;
        let Some(bytes) = store.kept(site, &name)? else { continue };
        let document: Document = serde_json::from_slice(&bytes).map_err(|_| damaged())?;
        let signed = SignedCheckpoint::open(document.checkpoint.as_bytes(), &[document.key]);
        let stated = LogId { site: site.clone(), year: document.stated_in.year() };
        let ended = Ended {
            log: LogId { site: site.clone(), year },
            signed: signed.map_err(|_| damaged())?,
            kept: document.kept,
            stated: (stated, document.stated_at),
        };
        if is_stated(store, &ended)? {
            all.push(ended);
        }
    }
    all.sort_unstable_by(|a, b| a.log.cmp(&b.log));
    Ok(all)
}

/// Whether the entry is there that says the same.
fn is_stated(store: &dyn Store, ended: &Ended) -> Result<bool, StoreError> {
    let (log, index) = &ended.stated;
    if store.head(log)?.is_none_or(|head| head.forgotten || head.size <= *index) {
        return Ok(false);
    }
    let entry = store.entries(log, *index..*index + 1)?.pop().and_then(|bytes| Entry::parse(&bytes).ok());
    let said = Kind::Ended { kept: ended.kept, log: ended.origin().clone(), signed: ended.signed_head() };
    Ok(entry.is_some_and(|entry| *entry.kind() == said))
}
