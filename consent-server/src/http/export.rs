//! Exports.

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use consent_core::ledger::entry::action::{Action, Outcome, Via};
use consent_core::ledger::origin::TRAIL;
use consent_core::notice::SiteId;
use serde::Deserialize;
use tokio_util::io::ReaderStream;
use utoipa::IntoParams;

use crate::data::Role;
use crate::export::{self, Cut, ExportError, Format, InvalidPeriod, Mark, Period, Progress};
use crate::trail::{By, What, trail_site};

use super::description::Binary;
use super::extract::{Path, Query};
use super::{AppState, Problem, access};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The format.
    format: Format,
    /// The first day or moment, UTC.
    #[param(example = "2026-11-23")]
    from: Option<String>,
    /// The day or moment after the last, UTC.
    #[param(example = "2026-11-24T01:00:00+01:00")]
    to: Option<String>,
}

/// All decisions of a site, in a format for auditors, people or programs. A consistent cut, also during heavy writes.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/export",
    params(("site" = SiteId, Path, description = "Id of the site"), Wanted),
    security(("token" = [])),
    responses(
        (status = 200, description = "The export", content(
            (Binary = "application/zip"), (String = "text/csv"), (String = "application/jsonl"), (serde_json::Value = "application/ld+json")
        )),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`overtaken`: send it again after `Retry-After` seconds", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_date`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_export(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(wanted): Query<Wanted>,
    _taken: TakenAway,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // The trail is taken away like the logs of a site, by whoever may read what was done on all of them.
    let site = if site == TRAIL { trail_site() } else { state.site(&site)?.config.id.clone() };
    let grant = access::bearer(&state, &headers)?;
    access::check(&grant, &site, &[Role::Operator, Role::Auditor])?;
    let period = Period::parse(wanted.from.as_deref(), wanted.to.as_deref());
    let period = period.map_err(|error: InvalidPeriod| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_date", error.to_string())
    })?;
    send(&state, site, wanted.format, period, &By::bearer(&grant, Via::Api)).await
}

/// What asks for an export and not for its head alone: that would be made, and written down, and nobody would have it.
pub(super) struct TakenAway;

impl<S: Sync> FromRequestParts<S> for TakenAway {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        if parts.method == Method::HEAD {
            let detail = "an export is asked for with GET";
            return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail));
        }
        Ok(Self)
    }
}

/// Makes an export, and answers with it once the trail has it.
pub(super) async fn send(
    state: &AppState,
    site: SiteId,
    format: Format,
    period: Period,
    by: &By,
) -> Result<Response, Problem> {
    let taken = by.did(What::ExportTaken, Some(site.clone()), Outcome::Done);
    let make = move |state: &AppState| {
        make(state, &site, format, period, &mut |_, _| ()).map_err(|error| match error {
            ExportError::Overtaken => Problem::overtaken(),
            // The trail begins with what is done first.
            ExportError::NoLog(_) => Problem::not_found("log"),
            error => Problem::internal(&error),
        })
    };
    let Made { file, length, name, .. } = state.blocking(make).await?;
    state.sequencer.act(Action { of: format.word().parse().ok(), ..taken }).await?;
    let body = Body::from_stream(ReaderStream::with_capacity(tokio::fs::File::from_std(file), 64 * 1024));
    let headers = [
        (CONTENT_TYPE, format.media_type().to_owned()),
        (CONTENT_LENGTH, length.to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, body).into_response())
}

/// How often an export is made again because an erasure overtook it.
const ATTEMPTS: usize = 5;

/// An export that is ready to be sent.
pub(super) struct Made {
    pub(super) file: std::fs::File,
    /// In bytes.
    pub(super) length: u64,
    pub(super) name: String,
    /// Whether it may still be sent, if it is kept.
    pub(super) mark: Mark,
}

/// Writes the export into a file without a name, so that its length is known and memory is not.
pub(super) fn make(
    state: &AppState,
    site: &SiteId,
    format: Format,
    period: Period,
    progress: Progress<'_>,
) -> Result<Made, ExportError> {
    for _ in 0..ATTEMPTS {
        let made_at = state.clock.unix_seconds();
        let cut = Cut::new(&*state.store, site.clone(), state.heads.of_site(site), period, made_at)?;
        let mark = cut.mark()?;
        let file = export::write(format, &cut, &state.key, tempfile::tempfile()?, progress)?;
        if !mark.is_overtaken(&*state.store)? {
            let length = file.metadata()?.len();
            return Ok(Made { file, length, name: cut.file_name(format), mark });
        }
    }
    Err(ExportError::Overtaken)
}
