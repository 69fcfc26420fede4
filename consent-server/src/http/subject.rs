//! Subjects: erased.

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use consent_core::decision::{InvalidSubjectId, SubjectId};
use consent_core::interface::{ErasureEntry, ErasureReport};
use consent_core::ledger::entry::Reason;
use consent_core::ledger::origin::Origin;
use consent_core::notice::SiteId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::sequencer::Erasure;
use crate::trail::What;

use super::extract::{Path, Query};
use super::{AppState, Problem, access};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Why {
    /// Why: `request` (the subject asked, GDPR art. 17) or `legal` (a law or court did).
    #[serde(default)]
    reason: ErasureReason,
}

/// Why something is erased at somebody's demand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum ErasureReason {
    /// The subject asked
    #[default]
    Request,
    /// A law or a court demands it
    Legal,
}

impl From<ErasureReason> for Reason {
    fn from(reason: ErasureReason) -> Self {
        match reason {
            ErasureReason::Request => Self::Request,
            ErasureReason::Legal => Self::Legal,
        }
    }
}

fn report(erasure: Erasure) -> ErasureReport {
    let entry = |(log, index): (Origin, u64)| ErasureEntry { log: log.to_string(), index };
    ErasureReport { decisions: erasure.decisions, entries: erasure.entries.into_iter().map(entry).collect() }
}

/// Erases everything that a subject decided, in all years: openings and every key that leads to them, in one step with
/// the log entry that says so. The log itself holds nothing of the subject, and still verifies.
#[utoipa::path(
    delete,
    path = "/v1/sites/{site}/subjects/{subject_id}",
    params(
        ("site" = SiteId, Path, description = "Id of the site"),
        ("subject_id" = SubjectId, Path, description = "The subject"),
        Why,
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "Nothing of the subject is left", body = ErasureReport),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_subject_id`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`outcome_unknown`: send it again", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn erase_subject(
    State(state): State<AppState>,
    Path((site, subject)): Path<(String, String)>,
    Query(why): Query<Why>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let by = access::require_operator(&state, &headers, site, What::SubjectErased).await?;
    let subject: SubjectId = subject.parse().map_err(|error: InvalidSubjectId| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_subject_id", error.to_string())
    })?;
    let erasure = state.sequencer.erase(site.config.id.clone(), subject, why.reason.into(), by).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(report(erasure))).into_response())
}
