//! Webhooks: how their receivers do, and what they are told again.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use consent_core::interface::{WebhookReplay, WebhookStatus, Webhooks};
use consent_core::ledger::entry::action::{Action, Outcome};
use consent_core::notice::SiteId;
use serde_json::{Value, json};

use crate::data::Role;
use crate::trail::What;
use crate::webhooks::replay::{MAX_REPLAYS, Replay, Wanted};
use crate::webhooks::status::status;

use super::extract::Path;
use super::{AppState, Problem, access, body};

/// More is no request for a replay.
const MAX_BODY_BYTES: usize = 4096;

/// How far the receivers of a site's webhooks were told.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/webhooks",
    params(("site" = SiteId, Path, description = "Id of the site")),
    security(("token" = [])),
    responses(
        (status = 200, description = "How they do", body = Webhooks),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_webhooks(
    State(state): State<AppState>,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    access::require(&state, &headers, site, &[Role::Operator, Role::Auditor])?;
    let (id, named) = (site.config.id.clone(), site.config.webhooks.clone());
    let look = move |state: &AppState| {
        let webhooks = named.iter().map(|webhook| status(&*state.store, &id, &webhook.id));
        Ok(Webhooks { webhooks: webhooks.collect::<Result<_, _>>()? })
    };
    Ok(([(CACHE_CONTROL, "no-store")], Json(state.blocking(look).await?)).into_response())
}

/// Has a receiver told again what stands in a part of the logs, with the same ids: beside what is new, which goes first. Without
/// limits it is all that is there.
#[utoipa::path(
    post,
    path = "/v1/sites/{site}/webhooks/{webhook}/replays",
    params(
        ("site" = SiteId, Path, description = "Id of the site"),
        ("webhook" = String, Path, description = "Id of the webhook", example = "warehouse"),
    ),
    request_body(content = WebhookReplay, description = "A WebhookReplay of at most 4 KiB"),
    security(("token" = [])),
    responses(
        (status = 202, description = "It will be, as long as something is left to tell", body = WebhookStatus),
        (status = 400, description = "`invalid_json`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`, `unknown_webhook`", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_too_slow`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`too_many_replays`: wait for those that were asked for before", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`, `invalid_replay`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_replay(
    State(state): State<AppState>,
    Path((site, webhook)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let by = access::require_operator(&state, &headers, site, What::ReplayAsked).await?;
    if !site.config.webhooks.iter().any(|named| named.id == webhook) {
        let detail = "the site's config has no such webhook";
        return Err(Problem::new(StatusCode::NOT_FOUND, "unknown_webhook", detail));
    }
    let body = body::read(body, MAX_BODY_BYTES, "a replay has at most 4 KiB").await?;
    let request: WebhookReplay = body::parse(&body)?;
    let wanted = Wanted::read(&request).map_err(|error| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_replay", error.to_string())
    })?;
    let asked = by.did(What::ReplayAsked, Some(site.config.id.clone()), Outcome::Done);
    let asked = Action { of: webhook.parse().ok(), ..asked };
    let (site, now) = (site.config.id.clone(), state.clock.now());
    let ask = move |state: &AppState| {
        if Replay::all(&*state.store, &site, &webhook)?.len() >= MAX_REPLAYS {
            let detail = "as many replays as can wait do: wait for them";
            return Err(Problem::new(StatusCode::CONFLICT, "too_many_replays", detail));
        }
        let replay = Replay::of(&*state.store, &site, &wanted)?;
        replay.ask(&*state.store, &site, &webhook, now)?;
        Ok(status(&*state.store, &site, &webhook)?)
    };
    let status = state.noting(ask, |_| Some(asked)).await?;
    Ok((StatusCode::ACCEPTED, [(CACHE_CONTROL, "no-store")], Json(status)).into_response())
}

/// What receivers are sent, for the description of the interface: `utoipa` knows no requests that go out.
pub(super) fn described() -> Value {
    let header = |name: &str, description: &str| json!({ "name": name, "in": "header", "required": true, "schema": { "type": "string" }, "description": description });
    let sent = |name: &str, description: &str, schema: &str| {
        json!({ "post": {
            "operationId": name,
            "summary": description,
            "description": "Standard Webhooks: https://www.standardwebhooks.com",
            "parameters": [
                header("webhook-id", "The same whenever it is sent again"),
                header("webhook-timestamp", "When it was sent, unix seconds"),
                header("webhook-signature", "`v1,` and base64 of HMAC-SHA-256 of id, timestamp and body, joined by full stops; two of them, apart by a space, while a secret is replaced"),
            ],
            "requestBody": { "required": true, "content": {
                "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } },
            } },
            "responses": {
                "2XX": { "description": "It was taken, and is not sent again unless somebody asks for it" },
                "default": { "description": "It is sent again, after `Retry-After` if that is there" },
            },
        } })
    };
    json!({
        "decision.recorded": sent("decision_recorded", "A decision is in the log", "DecisionRecorded"),
        "decisions.erased": sent("decisions_erased", "Decisions were erased", "DecisionsErased"),
    })
}
