//! The proof of consent of one decision as a page to print: what was asked, what was answered, by both clocks, and where
//! it stands in the log.
//!
//! The page sums up a [`Receipt`], which is the proof and can be checked; a page can not. It is PDF/A-2a (ISO 19005-2) and
//! PDF/UA-1 (ISO 14289-1): it carries its fonts and the order in which it is read aloud.

#![expect(clippy::float_arithmetic, reason = "places on a page")]

mod fit;
mod page;
mod sheet;
mod table;
mod text;
mod words;

use consent_core::bundle::data::{DecisionData, SubjectData};
use consent_core::category::Category;
use consent_core::decision::DecisionId;
use consent_core::notice::{Notice, SiteId};
use consent_core::receipt::Receipt;

use crate::heads::Heads;
use crate::history::{self, ReceiptUnavailable};
use crate::store::{Store, StoreError};

use self::words::Outcome;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The decision can not be proven.
    #[error(transparent)]
    Receipt(#[from] ReceiptUnavailable),
    /// The store failed, or has lost something.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was decided was erased: that there was a decision can be proven, and nothing else.
    #[error("what was decided was erased: there is nothing left to show")]
    Erased,
    /// The page can not be drawn.
    #[error("the page can not be drawn: {0}")]
    Page(String),
}

/// Everything that stands on the page.
#[derive(Debug)]
pub struct Proof {
    receipt: Receipt,
    notice: Notice,
    decision: DecisionData,
    subject: Option<SubjectData>,
    decision_id: DecisionId,
    made_at: u64,
}

impl Proof {
    /// The proof of a decision under the latest signed head; `None` if the site has no such decision, or none any more.
    /// `made_at` is the time now, unix seconds.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn find(
        store: &dyn Store,
        heads: &Heads,
        site: &SiteId,
        decision_id: DecisionId,
        made_at: u64,
    ) -> Result<Option<Self>, ProofError> {
        let Some(receipt) = history::receipt(store, heads, site, decision_id)? else { return Ok(None) };
        Self::of(store, site, receipt, decision_id, made_at).map(Some)
    }

    /// The proof that sums up a receipt.
    fn of(
        store: &dyn Store,
        site: &SiteId,
        receipt: Receipt,
        decision_id: DecisionId,
        made_at: u64,
    ) -> Result<Self, ProofError> {
        let damaged =
            || StoreError::Damaged(format!("the decision at {} of a log of {site}", receipt.index()));
        let content = receipt.content();
        let opening = content.decision.as_ref().ok_or(ProofError::Erased)?;
        let decision = DecisionData::parse(opening.data()).ok_or_else(damaged)?;
        let subject = content.subject.as_ref();
        let subject =
            subject.map(|subject| SubjectData::parse(subject.data()).ok_or_else(damaged)).transpose()?;
        let id = receipt.notice();
        let missing = || StoreError::Damaged(format!("notice {id} is missing or damaged"));
        let bytes = store.notice(site, id)?.ok_or_else(missing)?;
        let notice = Notice::from_bytes(&bytes).map_err(|_| missing())?;
        Ok(Self { notice, decision, subject, decision_id, made_at, receipt })
    }

    /// The page as a PDF document.
    ///
    /// # Errors
    /// [`ProofError::Page`] if it can not be drawn, which no content is known to cause.
    pub fn to_pdf(&self) -> Result<Vec<u8>, ProofError> {
        page::draw(self).map_err(ProofError::Page)
    }

    /// A name for the file.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("consent-{}.pdf", self.decision_id)
    }

    fn outcome(&self) -> Outcome {
        let granted =
            Category::OPTIONAL.into_iter().filter(|category| self.decision.choices.allows(*category));
        match granted.count() {
            _ if self.decision.action == "withdraw" => Outcome::Withdrawn,
            0 => Outcome::Refused,
            4 => Outcome::Accepted,
            _ => Outcome::Mixed,
        }
    }
}

#[cfg(test)]
mod tests;
