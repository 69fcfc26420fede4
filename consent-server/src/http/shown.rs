//! Displays of notices: counted, and nothing else about them kept.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use consent_core::notice::NoticeId;

use crate::site::Site;

use super::extract::Path;
use super::{AppState, Problem, access};

/// The most bytes of a body: the address of a notice, and a line feed.
const MAX_BODY: usize = 44;

/// Counts that a notice was shown to somebody who has not chosen yet. The body is the notice's address as plain text, so
/// that a browser sends it without asking first, and has nothing of the visitor.
#[utoipa::path(
    post,
    path = "/v1/sites/{site}/shown",
    params(("site" = String, Path, description = "Id of the site")),
    request_body(content = String, description = "Address of the notice", content_type = "text/plain"),
    responses(
        (status = 204, description = "Counted, unless the site does not count"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`unknown_notice`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn count_shown(
    State(state): State<AppState>,
    Path(site): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let caller = access::caller(&headers, site)?;
    let counted = count(&state, site, body).await;
    Ok(caller.allow(counted))
}

async fn count(state: &AppState, site: &Site, body: Body) -> Result<StatusCode, Problem> {
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| {
        let detail = "send the address of the notice and nothing else";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    })?;
    let notice = std::str::from_utf8(&body).ok().and_then(|text| text.trim_end().parse::<NoticeId>().ok());
    let notice = notice.filter(|id| site.notice(*id).is_some()).ok_or_else(Problem::unknown_notice)?;
    if site.config.count_shown {
        state.tallies.add(&site.config.id, notice, state.clock.unix_seconds());
    }
    Ok(StatusCode::NO_CONTENT)
}
