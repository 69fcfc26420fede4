//! Why a server did not give what it was asked for.

use crate::interface::ProblemDetails;

/// Why there is nothing.
///
/// ```
/// use consent_core::client::ClientError;
/// use consent_core::interface::ProblemDetails;
///
/// let (code, detail) = ("too_many_requests".to_owned(), "send it again later".to_owned());
/// let problem = ProblemDetails { status: 429, code, detail };
/// let busy = ClientError::Refused { problem, retry_after: Some(5) };
/// assert!(busy.is_worth_another_try());
/// assert_eq!((busy.code(), busy.retry_after()), (Some("too_many_requests"), Some(5)));
/// assert!(!ClientError::Status(404).is_worth_another_try(), "that is another program");
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The text is no address of a server.
    #[error("not the address of a server: https://… or http://…, without a query")]
    Address,
    /// It can not be reached, takes too long, or breaks off. What was asked may have been done.
    #[error("no answer")]
    NoAnswer(#[from] ureq::Error),
    /// It refused, and said why.
    #[error("refused with {} ({}): {}", problem.status, problem.code, problem.detail)]
    Refused {
        /// Why.
        problem: ProblemDetails,
        /// After how many seconds to ask again, if it is worth it.
        retry_after: Option<u32>,
    },
    /// Whoever answered speaks of something else: a proxy, or another program.
    #[error("answered {0}, which says nothing of this interface")]
    Status(u16),
    /// What came is not what was asked for.
    #[error("the answer can not be read")]
    Answer,
    /// More came than anything of the kind can have.
    #[error("the answer has more bytes than it may have")]
    TooLarge,
}

impl ClientError {
    /// The stable code of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { problem, .. } => Some(&problem.code),
            _ => None,
        }
    }

    /// Whether the same request can succeed later: after [`retry_after`](Self::retry_after), or after a while.
    #[must_use]
    pub fn is_worth_another_try(&self) -> bool {
        match self {
            Self::NoAnswer(_) => true,
            Self::Refused { problem: ProblemDetails { status, .. }, .. } | Self::Status(status) => {
                matches!(status, 408 | 429 | 500..=599)
            }
            Self::Address | Self::Answer | Self::TooLarge => false,
        }
    }

    /// After how many seconds to ask again, if the server said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
