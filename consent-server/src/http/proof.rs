//! Proofs of consent, as pages.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use consent_core::decision::DecisionId;
use consent_core::notice::SiteId;

use crate::proof::{Proof, ProofError};

use super::description::Binary;
use super::extract::Path;
use super::{AppState, Problem, access};

/// The proof of one decision as a page to print: what was asked and answered, by both clocks, with its place in the log.
/// PDF/A-2a and PDF/UA-1, in French or English. Whoever knows the id of the decision may have it.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/decisions/{decision_id}/proof.pdf",
    params(
        ("site" = SiteId, Path, description = "Id of the site"),
        ("decision_id" = DecisionId, Path, description = "UUID of the decision"),
    ),
    responses(
        (status = 200, description = "The page", body = Binary, content_type = "application/pdf"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`, `not_found`: also for a decision that was erased, whose id is gone with it", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`erased`: what was decided is gone, and its id is not; `proof_lost`: the log could not go on, and what leads to a signed head is lost", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_proof(
    State(state): State<AppState>,
    Path((site, decision)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let caller = access::caller(&headers, site)?;
    let page = draw(&state, site.config.id.clone(), &decision).await;
    Ok(caller.allow(page))
}

async fn draw(state: &AppState, site: SiteId, decision: &str) -> Result<Response, Problem> {
    let decision: DecisionId = decision.parse().map_err(|_| missing())?;
    let (name, pdf) = state
        .blocking(move |state| {
            let made_at = state.clock.unix_seconds();
            let proof =
                Proof::find(&*state.store, &state.heads, &site, decision, made_at).map_err(problem)?;
            let proof = proof.ok_or_else(missing)?;
            Ok((proof.file_name(), proof.to_pdf().map_err(problem)?))
        })
        .await?;
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, pdf).into_response())
}

fn missing() -> Problem {
    let detail = "there is no such decision; if it was erased, nothing is left to prove";
    Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
}

fn problem(error: ProofError) -> Problem {
    match error {
        ProofError::Erased => Problem::new(StatusCode::GONE, "erased", error.to_string()),
        ProofError::Receipt(error) => error.into(),
        error => Problem::internal(&error),
    }
}
