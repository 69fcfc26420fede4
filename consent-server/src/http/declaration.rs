//! What a site declares, in every language: for programs, as a page, and for a page of the site's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use consent_core::digest::Digest;
use consent_core::notice::{NoticeId, SiteId};
use consent_core::regime::Region;
use tokio::sync::Semaphore;

use crate::declaration::{Declaration, Declared, page};
use crate::history::{self, Named};
use crate::site::Site;

use super::banner::{CACHE, Shown, encoded, is_current, script};
use super::extract::{Path, Query};
use super::{AppState, Problem, access};

/// How many entries of a log are read at most for the dates of notices, once for each site: some ten milliseconds.
const MOST_ENTRIES: u64 = 65_536;

/// Declarations are made one at a time: each takes some hundred milliseconds, and a crowd that asks for the first one must not
/// take the threads that all reads of the store need.
static MAKING: Semaphore = Semaphore::const_new(1);

/// What the notice in force declares: for each category its rule, its cookies and storage keys, services, hosts and third
/// parties, in the language and for the region that the banner would be shown in.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/declaration",
    params(("site" = SiteId, Path, description = "Id of the site"), Shown),
    responses(
        (status = 200, description = "The declaration", body = Declaration, example = json!({
            "categories": [{
                "category": "analytics",
                "cookies": [{
                    "duration": "13 months",
                    "duration_seconds": 34_128_000,
                    "kind": "cookie",
                    "lifetime": "P13M",
                    "name": "_mesure_*",
                    "owner": "Mesure SAS",
                    "purpose": "Tells visitors apart by a random number."
                }],
                "description": "These count visits and the pages that are read, so that the site can be improved.",
                "hosts": [{ "name": "stats.mesure.example" }],
                "rule": "opt_in",
                "services": [],
                "title": "Analytics",
                "vendors": [{ "name": "Mesure SAS", "privacy_url": "https://mesure.example/confidentialite" }]
            }],
            "controller": { "name": "Société éditrice du Parallèle", "privacy_url": "/confidentialite.html" },
            "direction": "ltr",
            "language": "en",
            "languages": ["fr", "en"],
            "name": "Le Parallèle",
            "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            "published_at": "2026-11-23T09:30:00Z",
            "region": "EU",
            "site": "newsroom"
        })),
        (status = 304, description = "The declaration that `If-None-Match` names is still the one"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_declaration(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(shown): Query<Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let caller = access::caller(request.headers(), site)?;
    let found = state.regions.find(site, shown.region(), &state.limits, &request);
    let declared = declared(&state, site, shown.language(), found.region).await?;
    let kind = HeaderValue::from_static("application/json");
    let mut response = encoded(kind, &declared.json, CACHE, request.headers());
    state.regions.say(found, response.headers_mut());
    Ok(caller.allow(response))
}

/// The same as a page, which needs no script. Its links lead to the other languages of the site.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/declaration.html",
    params(("site" = SiteId, Path, description = "Id of the site"), Shown),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 304, description = "The page that `If-None-Match` names is still the one"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_declaration_page(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(shown): Query<Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let found = state.regions.find(site, shown.region(), &state.limits, &request);
    let declared = declared(&state, site, shown.language(), found.region).await?;
    let notice = &site.banner(shown.language(), found.region).ok_or_else(Problem::unknown_site)?.notice;
    // What a stranger wrote goes no further than this.
    let asked = shown.region().map(Region::read);
    let (page, policy) = page(&site.config, notice, &declared.declaration, asked);
    let tag = format!("\"{}\"", Digest::of(page.as_bytes()));
    let mut response = if is_current(request.headers(), tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
    };
    let to = response.headers_mut();
    to.insert(CACHE_CONTROL, CACHE);
    to.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    to.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    for (name, value) in [(CONTENT_SECURITY_POLICY, policy), (ETAG, tag)] {
        // Both are ASCII: words of ours and base64.
        to.extend(HeaderValue::try_from(value).ok().map(|value| (name, value)));
    }
    state.regions.say(found, response.headers_mut());
    Ok(response)
}

/// The same as a script: it fills `<div data-consent-declaration></div>` in a page of the site's own with headings and tables,
/// and asks for nothing else.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/declaration.js",
    params(("site" = SiteId, Path, description = "Id of the site"), Shown),
    responses(
        (status = 200, description = "The script", body = String, content_type = "text/javascript"),
        (status = 304, description = "The script that `If-None-Match` names is still the one"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_declaration_script(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(shown): Query<Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let found = state.regions.find(site, shown.region(), &state.limits, &request);
    let declared = declared(&state, site, shown.language(), found.region).await?;
    let mut response = script(&declared.script, CACHE, request.headers());
    state.regions.say(found, response.headers_mut());
    Ok(response)
}

/// The declaration that goes with what is shown there, made the first time.
pub(super) async fn declared(
    state: &AppState,
    site: &Site,
    language: Option<&str>,
    region: Region,
) -> Result<Arc<Declared>, Problem> {
    let banner = site.banner(language, region).ok_or_else(Problem::unknown_site)?;
    if let Some(made) = banner.declared.get() {
        return Ok(Arc::clone(made));
    }
    let (site, language) = (site.config.id.clone(), language.map(str::to_owned));
    // Held by the work and not by who waits for it, who may go away.
    let permit = MAKING.acquire().await.ok();
    let make = move |state: &AppState| {
        let _permit = permit;
        let site = state.site(site.as_str())?;
        let banner = site.banner(language.as_deref(), region).ok_or_else(Problem::unknown_site)?;
        if let Some(made) = banner.declared.get() {
            return Ok(Arc::clone(made));
        }
        let published_at = published_at(state, site, banner.notice.id())?;
        let made = Declared::new(&site.config, &banner.notice, published_at);
        made.json.prepare();
        made.script.prepare();
        Ok(Arc::clone(banner.declared.get_or_init(|| Arc::new(made))))
    };
    state.blocking(make).await
}

/// When the site's log first named a notice. Nobody is told who may not read that log.
fn published_at(state: &AppState, site: &Site, notice: NoticeId) -> Result<Option<u64>, Problem> {
    if !site.config.public_log {
        return Ok(None);
    }
    let named = named(state, site)?;
    Ok(named.get(&notice).filter(|named| !named.follows_a_gap).map(|named| named.time))
}

/// The entries that first name the notices of a site, looked for once as long as its config stays. Blocks.
pub(super) fn named<'a>(state: &AppState, site: &'a Site) -> Result<&'a BTreeMap<NoticeId, Named>, Problem> {
    if let Some(named) = site.named.get() {
        return Ok(named);
    }
    let read = history::first_named(&*state.store, &site.config.id, MOST_ENTRIES, |_, _| {})?;
    Ok(site.named.get_or_init(|| read))
}
