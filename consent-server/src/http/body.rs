//! Bodies that come from strangers.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use consent_core::decision::{DecisionRequest, MAX_REQUEST_BYTES};

use super::Problem;

/// A request as JSON, of at most 16 KiB, with nothing in it that is not known.
pub(super) struct DecisionBody(pub(super) DecisionRequest);

impl<S: Sync> FromRequest<S> for DecisionBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/json") {
            let detail = "send the decision as application/json";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        let body = read(request.into_body()).await?;
        let request = serde_json::from_slice(&body).map_err(|error| {
            let code = if error.is_data() { "invalid_request" } else { "invalid_json" };
            let status =
                if error.is_data() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
            // serde names the field and the place; it repeats no value but the name of an unknown field.
            Problem::new(status, code, error.to_string())
        })?;
        Ok(Self(request))
    }
}

async fn read(body: Body) -> Result<axum::body::Bytes, Problem> {
    to_bytes(body, MAX_REQUEST_BYTES).await.map_err(|_| {
        let detail = "a decision has at most 16 KiB, and its body must arrive whole";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    })
}
