//! Every error of the interface: RFC 9457 problem details with a stable `code`. The one place where a cause becomes a
//! status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use consent_core::decision::DecisionError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::history::ReceiptUnavailable;
use crate::sequencer::RecordError;
use crate::store::StoreError;

use super::request_id::RequestId;

/// What is wrong with a request, or with the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:consent:problem:` and the code.
    #[serde(rename = "type")]
    #[schema(example = "urn:consent:problem:unknown_site")]
    kind: String,
    /// The status of the response.
    #[schema(example = 404)]
    status: u16,
    /// What went wrong, for programs; never changes.
    #[schema(example = "unknown_site")]
    code: &'static str,
    /// What went wrong and what to do, for people; may change.
    detail: String,
    #[serde(skip)]
    retry_after: Option<u32>,
}

impl Problem {
    /// A problem with a status, a stable code and words for people.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let kind = format!("urn:consent:problem:{code}");
        Self { kind, status: status.as_u16(), code, detail: detail.into(), retry_after: None }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    pub(super) fn unknown_site() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_site", "this server has no site with this id")
    }

    pub(super) fn unknown_notice() -> Self {
        let detail = "this site has published no notice with this id; load banner.js again";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_notice", detail)
    }

    pub(super) fn too_many(wait: std::time::Duration) -> Self {
        let detail = "more came from this visitor than one person sends; send it again later";
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
        }
    }

    pub(super) fn overtaken() -> Self {
        let detail = "erasures kept overtaking the export; ask again";
        Self { retry_after: Some(30), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "overtaken", detail) }
    }

    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    pub(super) fn method_not_allowed() -> Self {
        let detail = "this address does not take this method; the header Allow says which ones it takes";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        // The chain goes to the log, once and here; the client is told nothing of the server's inside.
        let mut chain = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            chain = format!("{chain}: {cause}");
            source = cause.source();
        }
        let id = RequestId::current();
        tracing::error!(request_id = id.as_ref().map(RequestId::as_str), error = chain, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed; its log says why")
    }
}

impl From<DecisionError> for Problem {
    fn from(error: DecisionError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error.to_string())
    }
}

impl From<RecordError> for Problem {
    fn from(error: RecordError) -> Self {
        let busy = |code, detail: &str, seconds| Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
        };
        match error {
            RecordError::Busy => busy("busy", "more comes than the server gets to; send it again later", 2),
            RecordError::Conflict => Self::new(
                StatusCode::CONFLICT,
                "decision_conflict",
                "another decision was recorded under this decision_id",
            ),
            RecordError::Erased => {
                Self::new(StatusCode::GONE, "erased", "this decision was erased and is not recorded again")
            }
            RecordError::Unknown => {
                busy("outcome_unknown", "the server is stopping; send the same request again", 5)
            }
        }
    }
}

impl From<ReceiptUnavailable> for Problem {
    fn from(error: ReceiptUnavailable) -> Self {
        match error {
            ReceiptUnavailable::Lost(_) => Self::new(StatusCode::GONE, "proof_lost", error.to_string()),
            error => Self::internal(&error),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
