//! Notices: what visitors are shown.

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use consent_core::notice::{NoticeBody, NoticeId, SiteId};

use super::banner::{Shown, is_current};
use super::description::CurrentNotice;
use super::extract::{Path, Query};
use super::{AppState, Problem, access, evidence};

/// The notice in force: its own fields, and `notice_id`. For interfaces of your own, and for servers; a server names the
/// `region` of its visitor, or it is answered as a visitor from where it stands itself.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/notice",
    params(("site" = SiteId, Path, description = "Id of the site"), Shown),
    responses(
        (status = 200, description = "The notice", body = CurrentNotice),
        (status = 304, description = "The notice that `If-None-Match` names is still the one"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_current_notice(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(shown): Query<Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let headers = request.headers();
    let caller = access::caller(headers, site)?;
    let found = state.regions.find(site, shown.region(), &state.limits, &request);
    let notice = &site.banner(shown.language(), found.region).ok_or_else(Problem::unknown_site)?.notice;
    let tag = format!("\"{}\"", notice.id());
    let mut response = if is_current(headers, tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let mut body = serde_json::from_slice::<serde_json::Value>(notice.bytes()).unwrap_or_default();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("notice_id".to_owned(), notice.id().to_string().into());
        }
        Json(body).into_response()
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    state.regions.say(found, response.headers_mut());
    Ok(caller.allow(response))
}

/// A notice by its address, byte for byte as the address covers it. It never changes. With `.html` after the address:
/// a page that shows it again as visitors saw it, and records nothing.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/notices/{notice_id}",
    params(
        ("site" = SiteId, Path, description = "Id of the site"),
        (
            "notice_id" = String,
            Path,
            description = "SHA-256 of the notice, base64url; with `.html` behind it for the page",
            pattern = r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048](\.html)?$",
        ),
    ),
    responses(
        (status = 200, description = "The notice, or the page", content((NoticeBody = "application/json"), (String = "text/html"))),
        (status = 404, description = "`unknown_site`, `not_found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_notice(
    State(state): State<AppState>,
    Path((site, notice)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let (id, as_page) = notice.strip_suffix(".html").map_or((notice.as_str(), false), |id| (id, true));
    let found = id.parse::<NoticeId>().ok().and_then(|id| site.notice(id));
    let notice = found.ok_or_else(|| Problem::not_found("notice"))?;
    if as_page {
        return Ok(evidence::notice_page(notice));
    }
    let headers =
        [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, notice.bytes().to_vec()).into_response())
}
