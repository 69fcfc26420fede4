//! Hand-offs: a choice for another site of the group.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL,
    USER_AGENT,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use consent_core::decision::{Decision, DecisionId, DecisionRequest};
use consent_core::handoff::Handoff;
use consent_core::notice::{Notice, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::handoff::{self, Asking, HandoffRefused};
use crate::site::Site;

use super::extract::Path;
use super::limits::Sender;
use super::{AppState, Problem, access, body};

/// What is to be handed on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "decision_id": "0193564c-9000-7000-8000-0123456789ab", "to": "sport" }))]
pub(super) struct HandoffRequest {
    /// The visitor's decision on this site. Whoever knows its id may have it handed on.
    #[schema(value_type = DecisionId)]
    decision_id: String,
    /// Id of the other site.
    #[schema(value_type = SiteId)]
    to: String,
}

/// What takes a choice to another site.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "token": "AQEBoge9qjsIbmV3c3Jvb20AAAAAawQKLBsWsd9Ti6Etw_l-27hcqnA-I-gWADlZSjOJT2Vk4bE0AAAAAAAAAAUEMjAyNgVzcG9ydGLGanpd1wwxRmGAY8NE5THm1LWeN5gIRDzpYrOr1jxa",
    "expires_at": 1_795_426_860,
}))]
pub(super) struct HandoffToken {
    /// For the fragment of a link: `#consent-handoff=` and this.
    #[schema(pattern = "^[A-Za-z0-9_-]+$", max_length = 320)]
    token: String,
    /// The last second in which it is good, unix seconds by the server's clock.
    expires_at: u64,
}

/// Makes a token by which another site of the group can take a choice that was made on this one, once, within a minute. Nothing is
/// recorded before it does.
#[utoipa::path(
    post,
    path = "/v1/sites/{site}/handoffs",
    params(("site" = SiteId, Path, description = "Id of the site")),
    request_body(content = HandoffRequest, description = "A HandoffRequest of at most 16 KiB"),
    responses(
        (status = 201, description = "The token", body = HandoffToken),
        (status = 400, description = "`invalid_json`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`, `handoff_missing`: there is no such decision, or it was erased", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_too_slow`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`handoff_not_in_group`, `handoff_not_chosen`, `handoff_of_account`, `handoff_outdated`, `handoff_superseded`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`, `invalid_decision_id`, `invalid_site_id`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_requests`: send it again after `Retry-After` seconds", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_handoff(
    State(state): State<AppState>,
    Path(site): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let (head, body) = request.into_parts();
    let caller = access::caller(&head.headers, site)?;
    Ok(caller.allow(give(&state, site, &head, body).await))
}

async fn give(state: &AppState, site: &Site, head: &Parts, body: Body) -> Result<Response, Problem> {
    let sender = state.limits.sender(head);
    state.limits.decision(sender)?;
    let body = body::decision(&head.headers, body).await?;
    let request: HandoffRequest = body::parse(&body)?;
    let decision: DecisionId =
        request.decision_id.parse().map_err(|_| consent_core::decision::DecisionError::DecisionId)?;
    let to: SiteId = request.to.parse().map_err(|error: consent_core::notice::InvalidSiteId| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_site_id", error.to_string())
    })?;
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).map_err(|error| Problem::internal(&error))?;
    let seen = seen(sender, &head.headers);
    let id = site.config.id.clone();
    let now = state.clock.now().unix_timestamp();
    let give = move |state: &AppState| {
        let site = state.site(id.as_str())?;
        let key = state.key.of_handoffs();
        let accounts = state.key.of_accounts();
        let asking = Asking { accounts, nonce, seen: &seen, now };
        let handoff = handoff::give(&*state.store, &key, site, decision, &to, asking)?;
        Ok(HandoffToken { token: handoff.seal(&key), expires_at: handoff.expires_at })
    };
    let token = state.blocking(give).await?;
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(token)).into_response())
}

/// What the server sees of a browser: the network that it is in, and its name. Two sites see the same, without a cookie of either; it is
/// in no token but as a code, and kept nowhere.
pub(super) fn seen(sender: Sender, headers: &HeaderMap) -> Vec<u8> {
    let network = sender.network().map_or([0; 9], |network| {
        let mut bytes = [1; 9];
        bytes.iter_mut().skip(1).zip(network.to_be_bytes()).for_each(|(to, byte)| *to = byte);
        bytes
    });
    let agent = headers.get(USER_AGENT).map_or(&b""[..], |agent| agent.as_bytes());
    [&network[..], agent].concat()
}

/// The decision that the token of a request brings to the site.
pub(super) async fn take(
    state: &AppState,
    site: &Site,
    notice: &Arc<Notice>,
    (token, request): (&str, &DecisionRequest),
    seen: Vec<u8>,
) -> Result<Decision, Problem> {
    let key = state.key.of_handoffs();
    let handoff = Handoff::open(token, &key).map_err(HandoffRefused::from)?;
    let now = state.clock.now();
    let decision = Decision::parse_handed_on(request, notice, now, &handoff.handed_on(&key))?;
    let (id, notice) = (site.config.id.clone(), Arc::clone(notice));
    let take = move |state: &AppState| {
        let site = state.site(id.as_str())?;
        let when = (&*seen, now.unix_timestamp());
        handoff::take(&*state.store, &key, site, &notice, (&handoff, &decision), when)?;
        Ok(decision)
    };
    state.blocking(take).await
}

impl From<HandoffRefused> for Problem {
    fn from(refused: HandoffRefused) -> Self {
        let (status, code) = match refused {
            HandoffRefused::NotInGroup => (StatusCode::CONFLICT, "handoff_not_in_group"),
            HandoffRefused::Missing => (StatusCode::NOT_FOUND, "handoff_missing"),
            HandoffRefused::NotChosen => (StatusCode::CONFLICT, "handoff_not_chosen"),
            HandoffRefused::OfAccount => (StatusCode::CONFLICT, "handoff_of_account"),
            HandoffRefused::Outdated => (StatusCode::CONFLICT, "handoff_outdated"),
            HandoffRefused::Superseded => (StatusCode::CONFLICT, "handoff_superseded"),
            HandoffRefused::AsksMore => (StatusCode::CONFLICT, "handoff_asks_more"),
            HandoffRefused::OtherBrowser => (StatusCode::CONFLICT, "handoff_other_browser"),
            HandoffRefused::Expired => (StatusCode::CONFLICT, "handoff_expired"),
            HandoffRefused::Token(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_handoff"),
            HandoffRefused::Store(error) => return Self::from(error),
        };
        Self::new(status, code, refused.to_string())
    }
}

/// Answers a browser that asks whether a page of another origin may ask for a token.
#[utoipa::path(
    options,
    path = "/v1/sites/{site}/handoffs",
    params(("site" = SiteId, Path, description = "Id of the site")),
    responses(
        (status = 204, description = "It may"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn preflight_handoff(
    State(state): State<AppState>,
    Path(site): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let caller = access::caller(&headers, state.site(&site)?)?;
    let allowed = [
        (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    Ok(caller.allow((StatusCode::NO_CONTENT, allowed)))
}
