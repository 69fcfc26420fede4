//! Why a request is refused.

use crate::category::Category;

use super::Action;

/// Why a request is no decision. Each has a stable [`code`](DecisionError::code).
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::decision::DecisionError;
///
/// let error = DecisionError::MissingCategory(Category::Performance);
/// assert_eq!(error.code(), "missing_category"); // for programs: never changes
/// assert_eq!(error.to_string(), "choices has nothing for performance"); // for people
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// `decision_id` is no UUID of version 7.
    #[error("decision_id is not a UUID of version 7 in lower-case text form")]
    DecisionId,
    /// `subject_id` is not 22 characters of base64url.
    #[error("subject_id is not 22 characters of base64url without padding")]
    SubjectId,
    /// `notice_id` is not 43 characters of base64url.
    #[error("notice_id is not 43 characters of base64url without padding")]
    NoticeId,
    /// `notice_id` names another notice than the one it is read against.
    #[error("notice_id names another notice")]
    NoticeMismatch,
    /// `language` is not the language of the notice.
    #[error("language is not the language of the notice")]
    LanguageMismatch,
    /// `action` is none of the words.
    #[error("action is not one of accept_all, reject_all, save, withdraw, close, signal, import, handoff")]
    UnknownAction,
    /// The notice does not offer this action.
    #[error("this notice does not offer {}", .0.as_str())]
    ActionNotOffered(Action),
    /// `choices` names something that is none of the five categories.
    #[error("choices names an unknown category")]
    UnknownCategory,
    /// A choice is neither `grant` nor `deny`.
    #[error("the choice for {0} is neither grant nor deny")]
    UnknownChoice(Category),
    /// `choices` names a category twice.
    #[error("choices names {0} twice")]
    RepeatedCategory(Category),
    /// `choices` leaves a category out.
    #[error("choices has nothing for {0}")]
    MissingCategory(Category),
    /// `necessary` is denied.
    #[error("necessary can not be denied")]
    NecessaryDenied,
    /// The action says one thing, the choice for this category another.
    #[error("{} does not agree with the choice for {category}", .action.as_str())]
    ActionMismatch {
        /// What the visitor is said to have done.
        action: Action,
        /// The first category that contradicts it.
        category: Category,
    },
    /// `services` names something that the notice does not declare.
    #[error("services names a service that the notice does not declare")]
    UnknownService,
    /// What is said of a service is neither `grant` nor `deny`.
    #[error("the choice for a service is neither grant nor deny")]
    UnknownServiceChoice,
    /// `services` names a service twice.
    #[error("services names a service twice")]
    RepeatedService,
    /// A service is denied in a category that is granted, or granted by an action that denies.
    #[error("the choice for a service does not agree with the action and the choice for its category")]
    ServiceMismatch,
    /// A hand-off that is not the one for which its token was made: another decision or time, or services.
    #[error("decision_id, decided_at or services are not those that were handed on")]
    HandoffMismatch,
    /// `signal` without any signal.
    #[error("action is signal, but no signal is set")]
    NoSignal,
    /// `decided_at` is no RFC 3339 date and time from 1970 to 9999, UTC.
    #[error("decided_at is not an RFC 3339 date and time from 1970 to 9999")]
    DecidedAt,
    /// `import` without the place that the choice comes from, another action with one, or one that can not be: a platform that
    /// is not known, an id that is too long, a time that is none or at which the choice would hold no more.
    #[error("provenance is missing, or not where a choice that still holds can come from")]
    Provenance,
    /// `page` is not a path of at most 1 KiB.
    #[error("page is not a path that begins with / and has at most 1024 bytes and no control character")]
    Page,
}

impl DecisionError {
    /// The problem code that a client can rely on.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DecisionId => "invalid_decision_id",
            Self::SubjectId => "invalid_subject_id",
            Self::NoticeId => "invalid_notice_id",
            Self::NoticeMismatch => "notice_mismatch",
            Self::LanguageMismatch => "language_mismatch",
            Self::UnknownAction => "unknown_action",
            Self::ActionNotOffered(_) => "action_not_offered",
            Self::UnknownCategory => "unknown_category",
            Self::UnknownChoice(_) => "unknown_choice",
            Self::RepeatedCategory(_) => "repeated_category",
            Self::MissingCategory(_) => "missing_category",
            Self::NecessaryDenied => "necessary_denied",
            Self::ActionMismatch { .. } => "action_mismatch",
            Self::UnknownService => "unknown_service",
            Self::UnknownServiceChoice => "unknown_service_choice",
            Self::RepeatedService => "repeated_service",
            Self::ServiceMismatch => "service_mismatch",
            Self::HandoffMismatch => "handoff_mismatch",
            Self::NoSignal => "no_signal",
            Self::DecidedAt => "invalid_decided_at",
            Self::Provenance => "invalid_provenance",
            Self::Page => "invalid_page",
        }
    }
}
