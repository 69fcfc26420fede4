//! A decision that another site of the group hands on.

use super::{DecisionError, DecisionId, DecisionRequest};
use crate::category::Category;
use crate::choices::{Choice, Choices};
use crate::notice::{Notice, SiteId};
use crate::signal::Signals;

/// What another site of the group hands on, as the server itself has verified it: nothing in it is the browser's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOn {
    /// What was chosen there.
    pub choices: Choices,
    /// The name that the decision has here. It is as old as the one there ([`DecisionId::handed_on`]), and no two requests can
    /// have it, so nothing is handed on twice.
    pub decision_id: DecisionId,
    /// The site where it was chosen.
    pub site: SiteId,
    /// The decision there.
    pub origin: DecisionId,
}

impl HandedOn {
    /// What holds here: where the browser objects (Global Privacy Control) advertising is denied, whatever was chosen elsewhere.
    #[must_use]
    pub fn choices(&self, signals: Signals) -> Choices {
        if signals.gpc { self.choices.with(Category::Advertisement, Choice::Deny) } else { self.choices }
    }

    /// Whether the request is the one for which it was handed on, under a notice that tells of the other site.
    pub(super) fn fits(
        &self,
        request: &DecisionRequest,
        id: DecisionId,
        decided_at: i128,
        notice: &Notice,
    ) -> Result<(), DecisionError> {
        let told = notice.group.as_ref().is_some_and(|group| group.has(&self.site));
        if !told || self.site == notice.site {
            return Err(DecisionError::ActionNotOffered(super::Action::Handoff));
        }
        // Services are the site's own: nothing was said of them elsewhere.
        if id != self.decision_id
            || decided_at != i128::from(id.unix_millis())
            || !request.services.is_empty()
        {
            return Err(DecisionError::HandoffMismatch);
        }
        Ok(())
    }
}
