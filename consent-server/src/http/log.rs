//! Logs as C2SP tlog-tiles asks: checkpoint, tiles, entry bundles.

use axum::extract::State;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::key::VerifierKey;
use consent_core::ledger::origin::{HEADS, LogYear, Origin, TRAIL};
use consent_core::ledger::policy::Policy;
use consent_core::ledger::proof::TileSource as _;
use consent_core::ledger::tile::{EntriesId, TILE_WIDTH, TileId, TilePath, encode_entries};

use crate::anchors::{heads_site, policy};
use crate::data::Role;
use crate::store::LogId;
use crate::tiles::LogTiles;
use crate::trail::trail_site;
use consent_core::notice::SiteId;

use super::description::Binary;
use super::extract::Path;
use super::{AppState, Problem, access};

/// A part of a site's log of one year: `checkpoint`, `tile/<level>/<n>`, `tile/entries/<n>`.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/logs/{year}/{path}",
    params(
        ("site" = SiteId, Path, description = "Id of the site"),
        ("year" = String, Path, description = "Which log: its year, UTC", pattern = r"^[0-9]{4}(\.[1-9][0-9]*)?$", example = "2026"),
        ("path" = String, Path, description = "As in C2SP tlog-tiles; its slashes are part of the path", example = "checkpoint"),
    ),
    responses(
        (status = 200, description = "The bytes", content((String = "text/plain"), (Binary = "application/octet-stream"))),
        (status = 401, description = "`missing_token`, `invalid_token`: the site keeps its log to itself", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`: the same", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`, `not_found`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_log(
    State(state): State<AppState>,
    Path((site, year, path)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let is_heads = site == HEADS;
    let (id, public) = match site.as_str() {
        // It names the logs of all sites and how fast they grow; but its signed head says nothing of them.
        HEADS => {
            let all = state.sites.iter().all(|site| site.config.public_log);
            (heads_site(), all || path == "checkpoint")
        }
        // It says who worked, which is nobody's business but that of who may read it; its signed head says when something was done.
        TRAIL => (trail_site(), path == "checkpoint"),
        site => {
            let site = state.site(site)?;
            (site.config.id.clone(), site.config.public_log)
        }
    };
    if !public {
        access::require_for(&state, &headers, &id, &[Role::Operator, Role::Auditor])?;
    }
    let missing = || Problem::not_found("part of the log");
    let year = year.parse().map_err(|_| missing())?;
    let log = LogId { site: id, year };
    let head = state.heads.get(&log).ok_or_else(missing)?;
    // Of a log that could not go on there may be less than was signed.
    let size = state.heads.ended(&log).map_or(head.checkpoint().size, |ended| ended.reached());
    if path == "checkpoint" {
        let now = state.clock.unix_seconds();
        let text = if is_heads { state.published.show(&log, &head, now) } else { head.as_str().to_owned() };
        return Ok(respond(public, "text/plain; charset=utf-8", "public, max-age=2", text.into_bytes()));
    }
    let path: TilePath = path.parse().map_err(|_| missing())?;
    let bytes = state.blocking(move |state| read(state, &log, path, size)).await?.ok_or_else(missing)?;
    Ok(respond(public, "application/octet-stream", "public, max-age=31536000, immutable", bytes))
}

/// The public keys of a site's logs and of the heads log, and the witnesses, as a C2SP tlog-policy: what receipts and bundles are checked with. Keep it, so that
/// you need not take it from whom you check. Keys are public also where the log is not.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/logs/policy",
    params(("site" = SiteId, Path, description = "Id of the site")),
    responses(
        (status = 200, description = "The keys", body = String, content_type = "text/plain"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_policy(
    State(state): State<AppState>,
    Path(site): Path<String>,
) -> Result<Response, Problem> {
    let site = match site.as_str() {
        HEADS => heads_site(),
        TRAIL => trail_site(),
        site => state.site(site)?.config.id.clone(),
    };
    let policy = policy_of(&state, &site)?.to_string();
    Ok(respond(true, "text/plain; charset=utf-8", "public, max-age=300", policy.into_bytes()))
}

/// The keys of the logs of a site, or of the heads logs alone, and the witnesses.
pub(super) fn policy_of(state: &AppState, site: &SiteId) -> Result<Policy, Problem> {
    let mut keys: Vec<VerifierKey> = Vec::new();
    // Whoever signed a head, be it with another key than this server has by now.
    let mut add = |head: &SignedCheckpoint| keys.extend(head.signers().first().cloned());
    let is_heads = *site == heads_site();
    let own = if is_heads { Vec::new() } else { state.heads.of_site(site) };
    own.iter().for_each(|(_, head)| add(head));
    let heads = state.heads.of_site(&heads_site());
    heads.iter().for_each(|(_, head)| add(head));
    let last = |logs: &[(_, SignedCheckpoint)]| logs.last().map(|(_, head)| head.checkpoint().origin.clone());
    // Whoever runs a witness has to know the key of the next year's log before it begins; and whoever keeps a site's keys in the
    // first second of a server that of the log that will name its head.
    let next = match (last(&heads), last(&own)) {
        (Some(heads), _) if is_heads => Some((heads, 1)),
        (None, Some(own)) => Some((own, 0)),
        _ => None,
    };
    let next = next.and_then(|(log, years)| {
        let year = LogYear::new(log.year().calendar() + years, 1).ok()?;
        Origin::new(log.host(), heads_site(), year).ok()
    });
    if let Some(next) = next {
        let key = state.key.of_log(&next).map_err(|error| Problem::internal(&error))?;
        keys.push(key.verifier().clone());
    }
    policy::of_keys(keys, &state.published.witnesses).map_err(|error| Problem::internal(&error))
}

/// What a token was needed for is kept by no cache and shown to no page.
fn respond(public: bool, kind: &'static str, cache: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(if public { cache } else { "private, no-store" }));
    if public {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    response
}

/// The bytes at this path of a log that has `size` entries below its signed head; `None` beyond them.
fn read(state: &AppState, log: &LogId, path: TilePath, size: u64) -> Result<Option<Vec<u8>>, Problem> {
    if state.store.head(log)?.is_some_and(|head| head.forgotten) {
        // Pruned, as tlog-tiles has it: only the checkpoint is left.
        return Ok(None);
    }
    match path {
        TilePath::Tile(tile) => {
            let there = TileId::in_tree(tile.level, tile.index, size);
            if there.is_none_or(|there| there.width < tile.width) {
                return Ok(None);
            }
            let hashes = LogTiles::new(&*state.store, log).tile(tile)?;
            Ok(Some(hashes.iter().flat_map(|hash| hash.0).collect()))
        }
        TilePath::Entries(bundle) => {
            let there = EntriesId::in_tree(bundle.index, size);
            if there.is_none_or(|there| there.width < bundle.width) {
                return Ok(None);
            }
            let first = bundle.index * u64::from(TILE_WIDTH);
            let entries = state.store.entries(log, first..first + u64::from(bundle.width))?;
            let bytes = encode_entries(entries.iter().map(Vec::as_slice));
            bytes.map(Some).map_err(|error| Problem::internal(&error))
        }
    }
}
