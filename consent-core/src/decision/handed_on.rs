//! A decision that another site of the group hands on.

use serde::{Deserialize, Serialize};

use super::{DecisionError, DecisionId, DecisionRequest};
use crate::category::Category;
use crate::choices::{Choice, Choices};
use crate::notice::{Notice, SiteId};
use crate::signal::Signals;

/// Where a decision stands. Whoever reads it learns nothing else: unlike the name of a decision it opens no receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = RecordedPlace))]
#[cfg_attr(feature = "openapi", schema(example = json!({ "index": 5, "log": "2026", "site": "newsroom" })))]
pub struct Place {
    /// The index in the log.
    pub index: u64,
    /// The log of the site, by its year.
    pub log: String,
    /// The site.
    pub site: SiteId,
}

impl Place {
    pub(super) fn digest_into(&self, bytes: &mut Vec<u8>) {
        // No page, and no service, contains such a byte, and what was taken over elsewhere begins with another one.
        bytes.push(2);
        bytes.extend_from_slice(&self.index.to_be_bytes());
        bytes.extend_from_slice(self.log.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(self.site.as_str().as_bytes());
    }
}

/// What another site of the group hands on, as the server itself has verified it: nothing in it is the browser's word.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::decision::{DecisionId, HandedOn, Place};
/// use consent_core::{choices::Choices, signal::Signals};
///
/// let handed_on = HandedOn {
///     choices: Choices::GRANTED,
///     decision_id: DecisionId::made_at(1_795_426_200_123, [7; 10]),
///     from: Place { index: 5, log: "2026".to_owned(), site: "sport".parse()? },
/// };
/// assert_eq!(handed_on.choices(Signals::default()), Choices::GRANTED);
/// // The objection of the browser is the newer word.
/// assert!(!handed_on.choices(Signals { gpc: true }).allows(Category::Advertisement));
/// # Ok::<(), consent_core::notice::InvalidSiteId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOn {
    /// What was chosen there.
    pub choices: Choices,
    /// The name that the decision has here. It is as old as the one there ([`DecisionId::made_at`]), and no two requests can
    /// have it, so nothing is handed on twice.
    pub decision_id: DecisionId,
    /// The decision there.
    pub from: Place,
}

impl HandedOn {
    /// What holds here: where the browser objects (Global Privacy Control) advertising is denied, whatever was chosen elsewhere.
    #[must_use]
    pub fn choices(&self, signals: Signals) -> Choices {
        if signals.gpc { self.choices.with(Category::Advertisement, Choice::Deny) } else { self.choices }
    }

    /// Whether the request is one for what was handed on, under a notice that tells of the other site.
    pub(super) fn fits(
        &self,
        request: &DecisionRequest,
        decided_at: i128,
        notice: &Notice,
    ) -> Result<(), DecisionError> {
        let told = notice.group.as_ref().is_some_and(|group| group.has(&self.from.site));
        if !told || self.from.site == notice.site {
            return Err(DecisionError::ActionNotOffered(super::Action::Handoff));
        }
        // Services are the site's own: nothing was said of them elsewhere.
        if decided_at != i128::from(self.decision_id.unix_millis()) || !request.services.is_empty() {
            return Err(DecisionError::HandoffMismatch);
        }
        Ok(())
    }
}
