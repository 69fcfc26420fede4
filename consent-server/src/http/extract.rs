//! axum's extractors of path and query, with refusals that are problems like all others.

use axum::extract::{FromRequestParts, rejection::QueryRejection};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::Problem;

/// The parts of the path that a route names.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(path)| Self(path)).map_err(|_| {
            Problem::new(StatusCode::BAD_REQUEST, "invalid_path", "the path is not percent-encoded UTF-8")
        })
    }
}

/// The query string.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(query)| Self(query)).map_err(|refused: QueryRejection| {
            // It names the field that is missing or given twice, and repeats no value.
            Problem::new(StatusCode::BAD_REQUEST, "invalid_query", refused.body_text())
        })
    }
}
