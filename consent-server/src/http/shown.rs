//! Displays of notices: counted, and nothing else about them kept.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use consent_core::decision::UserAgentClass;
use consent_core::notice::{NoticeId, SiteId};

use crate::site::Site;

use super::extract::Path;
use super::{AppState, Problem, access, agent, body};

/// The most bytes of a body: the address of a notice, and a line feed.
const MAX_BODY: usize = 44;

/// Counts that a notice was shown to somebody who has not chosen yet. The body is the notice's address as plain text, so
/// that a browser sends it without asking first, and has nothing of the visitor.
#[utoipa::path(
    post,
    path = "/v1/sites/{site}/shown",
    params(("site" = SiteId, Path, description = "Id of the site")),
    request_body(content = NoticeId, description = "Address of the notice", content_type = "text/plain"),
    responses(
        (status = 204, description = "Counted, unless the site does not count"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_too_slow`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`unknown_notice`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_requests`: send it again after `Retry-After` seconds", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn count_shown(
    State(state): State<AppState>,
    Path(site): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let (head, body) = request.into_parts();
    let caller = access::caller(&head.headers, site)?;
    let counted = count(&state, site, &head, body).await;
    Ok(caller.allow(counted))
}

async fn count(state: &AppState, site: &Site, head: &Parts, body: Body) -> Result<StatusCode, Problem> {
    state.limits.display(state.limits.sender(head))?;
    let body = body::read(body, MAX_BODY, "send the address of the notice and nothing else").await?;
    let notice = std::str::from_utf8(&body).ok().and_then(|text| text.trim_end().parse::<NoticeId>().ok());
    let notice = state.notice(site, notice.ok_or_else(Problem::unknown_notice)?).await?.id();
    let class = agent::class_of(&head.headers);
    state.limits.count(class);
    // What a program is shown was shown to nobody.
    if site.config.count_shown && class != UserAgentClass::Bot {
        state.tallies.add(&site.config.id, notice, state.clock.unix_seconds());
    }
    Ok(StatusCode::NO_CONTENT)
}
