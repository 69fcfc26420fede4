//! The script that a page loads first, and the second layer, which it loads when somebody asks for it.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use consent_core::notice::{NoticeId, SiteId};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::compressed::{Compressed, Encoding};
use crate::evidence;
use crate::script::second_of;

use super::extract::{Path, Query};
use super::{AppState, Problem};

/// How long a browser may use the script without asking: as long as an owner is willing to wait for a new text.
pub(super) const CACHE: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// A notice never changes, nor does the script that it names.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

const JAVASCRIPT: HeaderValue = HeaderValue::from_static("text/javascript; charset=utf-8");

/// How many headers a script is sent with.
const HEADERS: usize = 8;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Shown {
    /// The language, BCP 47; the site's own if it is missing or not offered.
    #[param(example = "fr")]
    lang: Option<String>,
    /// The visitor's region: a code of ISO 3166 such as `FR` or `US-CA`, or `EU`. The strictest rules hold for anything
    /// else. If it is missing, and the site tells regions apart, it is what a trusted proxy or the visitor's address says.
    #[param(example = "FR")]
    region: Option<String>,
}

impl Shown {
    pub(super) fn language(&self) -> Option<&str> {
        self.lang.as_deref()
    }

    pub(super) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }
}

/// Script, style, texts and rules of a site, in one response: all that a banner needs to show.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/banner.js",
    params(("site" = SiteId, Path, description = "Id of the site"), Shown),
    responses(
        (status = 200, description = "The script", body = String, content_type = "text/javascript"),
        (status = 304, description = "The script that `If-None-Match` names is still the one"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_banner(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(shown): Query<Shown>,
    // Not as an extractor of the headers, which would copy them.
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let found = state.regions.find(site, shown.region(), &state.limits, &request);
    let banner = site.banner(shown.language(), found.region).ok_or_else(Problem::unknown_site)?;
    let mut response = script(&banner.script, CACHE, request.headers());
    state.regions.say(found, response.headers_mut());
    Ok(response)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct OfNotice {
    /// SHA-256 of the notice, base64url: the one that the page's banner was made from.
    notice: NoticeId,
}

/// The second layer of a notice: its script, style and texts. The banner script asks for it when somebody comes near the
/// button that opens it, and checks that these are the bytes that were published with it.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/settings.js",
    params(("site" = SiteId, Path, description = "Id of the site"), OfNotice),
    responses(
        (status = 200, description = "The script", body = String, content_type = "text/javascript"),
        (status = 304, description = "The script that `If-None-Match` names is still the one"),
        (status = 400, description = "`invalid_query`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`, `not_found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_settings(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(OfNotice { notice }): Query<OfNotice>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    if let Some(banner) = site.banners().find(|banner| banner.notice.id() == notice) {
        return Ok(script(&banner.second, FOR_EVER, &headers));
    }
    // A page that was opened before the notice changed, or whose banner came from a process that has a newer config. It is rare, so its script is made when it is asked for.
    let older = state.find_notice(site, notice).await?.ok_or_else(|| Problem::not_found("notice"))?;
    let site = site.config.id.clone();
    let made = state
        .blocking(move |state| {
            let whole = evidence::script(&*state.store, &site, older.script)?;
            let second = whole.and_then(|whole| second_of(&whole, &older));
            second.map(Compressed::new).ok_or_else(|| Problem::not_found("script"))
        })
        .await?;
    // Not worth the encoder's time for one page.
    let accepted = HeaderMap::new();
    Ok(script(&made, FOR_EVER, &accepted))
}

/// A script in the best encoding that the browser takes, or the word that it has it already.
pub(super) fn script(body: &Compressed, cache: HeaderValue, headers: &HeaderMap) -> Response {
    let mut response = encoded(JAVASCRIPT, body, cache, headers);
    let to = response.headers_mut();
    // Pages that isolate themselves (COEP) may still load it.
    to.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    // For `integrity` on the script tag, which needs a response that the page may read. It holds nothing of anybody.
    to.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// Something of this media type in the best encoding that the caller takes, or the word that they have it already.
pub(super) fn encoded(
    kind: HeaderValue,
    body: &Compressed,
    cache: HeaderValue,
    headers: &HeaderMap,
) -> Response {
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let encoding = Encoding::best(accepted);
    let tag = body.entity_tag(encoding);
    let mut response = Response::default();
    if is_current(headers, tag.as_bytes()) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        *response.body_mut() = Body::from(body.bytes(encoding));
    }
    let to = response.headers_mut();
    to.reserve(HEADERS);
    to.insert(CONTENT_TYPE, kind);
    to.insert(CACHE_CONTROL, cache);
    to.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    to.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(name) = encoding.name() {
        to.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    to.insert(ETAG, tag.clone());
    response
}

/// Whether `If-None-Match` names this entity tag (RFC 9110, section 13.1.2).
pub(super) fn is_current(headers: &HeaderMap, tag: &[u8]) -> bool {
    let sent = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(',')).any(|item| {
        let item = item.trim();
        item == "*" || item.strip_prefix("W/").unwrap_or(item).as_bytes() == tag
    })
}
