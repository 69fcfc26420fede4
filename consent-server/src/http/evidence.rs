//! What shows again what visitors saw: the list of notices, their scripts, pictures of them.

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use consent_core::bundle::page;
use consent_core::bundle::picture::MAX_PICTURE_BYTES;
use consent_core::digest::Digest;
use consent_core::ledger::entry::action::{Action, Outcome};
use consent_core::notice::{Notice, NoticeId, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::data::Role;
use crate::evidence::{self, EvidenceError, VIEWS};
use crate::trail::What;

use super::description::Binary;
use super::extract::Path;
use super::{AppState, Problem, access};

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// A notice that was published.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
    "script": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
    "pictures": ["360", "1280-dark"],
}))]
pub(crate) struct Published {
    /// Its address.
    pub(crate) notice_id: NoticeId,
    /// SHA-256 of its banner script, base64url.
    pub(crate) script: Digest,
    /// The views of which there is a picture.
    pub(crate) pictures: Vec<String>,
}

/// All notices that were ever published for a site.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/notices",
    params(("site" = SiteId, Path, description = "Id of the site")),
    security(("token" = [])),
    responses(
        (status = 200, description = "The notices, by address", body = Vec<Published>),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_notices(
    State(state): State<AppState>,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    access::require(&state, &headers, site, &[Role::Operator, Role::Auditor])?;
    let mut notices: Vec<_> = site.notices().map(|notice| (notice.id(), notice.script)).collect();
    notices.sort_unstable();
    let site = site.config.id.clone();
    let list = state
        .blocking(move |state| {
            let list = notices.into_iter().map(|(notice_id, script)| {
                let pictures = evidence::pictured(&*state.store, &site, notice_id)?;
                let pictures = pictures.into_iter().map(str::to_owned).collect();
                Ok(Published { notice_id, script, pictures })
            });
            list.collect::<Result<Vec<_>, Problem>>()
        })
        .await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(list)).into_response())
}

/// A banner script byte for byte as notices name it: before a notice is put into it. It never changes.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/scripts/{script}",
    params(
        ("site" = SiteId, Path, description = "Id of the site"),
        ("script" = String, Path, description = "SHA-256 of the script, base64url, and `.js`", pattern = r"^[A-Za-z0-9_-]{43}\.js$"),
    ),
    responses(
        (status = 200, description = "The script", body = String, content_type = "text/javascript"),
        (status = 404, description = "`unknown_site`, `not_found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_script(
    State(state): State<AppState>,
    Path((site, script)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let site = state.site(&site)?.config.id.clone();
    let missing = || Problem::not_found("script");
    let digest: Digest =
        script.strip_suffix(".js").and_then(|digest| digest.parse().ok()).ok_or_else(missing)?;
    let script = state.blocking(move |state| Ok(evidence::script(&*state.store, &site, digest)?)).await?;
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, IMMUTABLE),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    ];
    Ok((headers, script.ok_or_else(missing)?).into_response())
}

/// The page that shows a notice again, as it is in a bundle, but for what only the log can tell.
pub(super) fn notice_page(notice: &Notice) -> Response {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "public, max-age=300"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The page brings its own policy; only this can not be said within a page.
        (axum::http::header::CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
    ];
    (headers, page::page(notice, None)).into_response()
}

/// Keeps a picture of a notice, in place of an older one: what `consent snapshot` makes.
#[utoipa::path(
    put,
    path = "/v1/sites/{site}/notices/{notice_id}/pictures/{view}",
    params(
        ("site" = SiteId, Path, description = "Id of the site"),
        ("notice_id" = NoticeId, Path, description = "Which notice"),
        ("view" = String, Path, description = "`360`, `1280`, `settings-360`, `settings-1280`, each also with `-dark`", pattern = "^(settings-)?(360|1280)(-dark)?$", example = "360"),
    ),
    request_body(content = Binary, description = "A PNG of at most 4 MiB, as wide as its view", content_type = "image/png"),
    security(("token" = [])),
    responses(
        (status = 204, description = "Kept"),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`, `not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`not_a_picture`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn put_picture(
    State(state): State<AppState>,
    Path((site, notice, view)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    let site = state.site(&site)?;
    let by = access::require_operator(&state, &headers, site, What::PicturePut).await?;
    let notice = notice.parse().ok().filter(|id| site.notice(*id).is_some());
    let notice = notice.ok_or_else(|| Problem::not_found("notice"))?;
    let view = VIEWS.iter().find(|known| known.name == view).ok_or_else(|| Problem::not_found("view"))?;
    let png = to_bytes(body, MAX_PICTURE_BYTES).await.map_err(|_| {
        let detail = "a picture has at most 4 MiB, and must arrive whole";
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
    })?;
    let site = site.config.id.clone();
    let put = by.did(What::PicturePut, Some(site.clone()), Outcome::Done);
    let keep = move |state: &AppState| {
        evidence::keep_picture(&*state.store, &site, notice, view, &png).map_err(|error| match error {
            EvidenceError::Store(error) => error.into(),
            error => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "not_a_picture", error.to_string()),
        })
    };
    let put = Action { of: notice.to_string().parse().ok(), ..put };
    state.noting(keep, |()| Some(put)).await?;
    Ok(StatusCode::NO_CONTENT)
}
