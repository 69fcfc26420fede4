//! What a visitor can do.

use serde::{Deserialize, Serialize};

/// What the visitor did.
///
/// ```
/// use consent_core::decision::Action;
///
/// let word = Action::RejectAll.as_str();
/// assert_eq!(word, "reject_all");
/// assert_eq!(Action::ALL.into_iter().find(|action| action.as_str() == word), Some(Action::RejectAll));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Action {
    /// Granted everything.
    AcceptAll,
    /// Denied everything that can be denied, when asked.
    RejectAll,
    /// Chose per category.
    Save,
    /// Took back what was granted.
    Withdraw,
    /// Closed the banner: the defaults hold, which grants nothing that waits for a yes.
    Close,
    /// The browser spoke for the visitor (Global Privacy Control).
    Signal,
    /// Carried over from another platform.
    Import,
    /// Carried over from another site of the group.
    Handoff,
}

impl Action {
    /// All actions, in the order of the type.
    pub const ALL: [Self; 8] = [
        Self::AcceptAll,
        Self::RejectAll,
        Self::Save,
        Self::Withdraw,
        Self::Close,
        Self::Signal,
        Self::Import,
        Self::Handoff,
    ];

    /// The word for it in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AcceptAll => "accept_all",
            Self::RejectAll => "reject_all",
            Self::Save => "save",
            Self::Withdraw => "withdraw",
            Self::Close => "close",
            Self::Signal => "signal",
            Self::Import => "import",
            Self::Handoff => "handoff",
        }
    }
}
