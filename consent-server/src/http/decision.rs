//! Decisions: recorded, looked up, proven.

use std::fmt::Display;
use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL,
    CONTENT_DISPOSITION, CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use consent_core::cookie::{COOKIE_NAME, ConsentCookie, SERVICES_COOKIE_NAME, ServicesCookie};
use consent_core::decision::{
    Decision, DecisionId, DecisionRequest, InvalidSubjectId, Network, SubjectId, rfc3339_millis,
};
use consent_core::notice::{NoticeId, SiteId};
use consent_core::signal::gpc;
use cookie::{Cookie, SameSite};
use serde::{Deserialize, Serialize, Serializer};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::account::AccountRefused;
use crate::again::{self, Retold};
use crate::config::SiteConfig;
use crate::data::Role;
use crate::handoff::HandoffRefused;
use crate::history;
use crate::sequencer::{RecordError, Recorded};
use crate::site::Site;

use super::access::{self, Caller};
use super::admission::Place;
use super::extract::{Path, Query};
use super::limits::Peer;
use super::{AppState, Problem, account, agent, body, handoff};

/// How long a body may take after its head and keep the place that it was given.
const SOON: Duration = Duration::from_millis(50);

/// Room for most acknowledgements.
const ACKNOWLEDGEMENT_BYTES: usize = 256;

/// And for its headers.
const ACKNOWLEDGEMENT_HEADERS: usize = 8;

/// What is promised when a decision is recorded.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "decision_id": "0193564c-9000-7000-8000-0123456789ab",
    "log": "consent.example/newsroom/2026",
    "index": 5,
    "size": 6,
    "recorded_at": "2026-11-23T09:30:00.123Z",
}))]
pub(super) struct Acknowledgement<'a> {
    /// The decision.
    #[serde(serialize_with = "as_text")]
    decision_id: DecisionId,
    /// The log that it is in.
    #[schema(example = "consent.example/newsroom/2026")]
    log: &'a str,
    /// Its index in the log.
    #[schema(example = 5)]
    index: u64,
    /// The size of the signed head that covers it.
    #[schema(example = 6)]
    size: u64,
    /// The server's clock when it arrived, RFC 3339.
    #[schema(format = DateTime, example = "2026-11-23T09:30:00.123Z")]
    recorded_at: String,
}

/// Writes what it says of itself, without asking for memory in between.
fn as_text<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

impl<'a> From<&'a Recorded> for Acknowledgement<'a> {
    fn from(recorded: &'a Recorded) -> Self {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(recorded.recorded_at) * 1_000_000);
        Self {
            decision_id: recorded.decision_id,
            log: recorded.log.as_str(),
            index: recorded.index,
            size: recorded.size,
            recorded_at: rfc3339_millis(at.unwrap_or(OffsetDateTime::UNIX_EPOCH)),
        }
    }
}

/// Records a decision. It answers when the decision is durable and under a signed head.
///
/// Sending the same request again gets the same answer, with status 200.
#[utoipa::path(
    post,
    path = "/v1/sites/{site}/decisions",
    params(("site" = SiteId, Path, description = "Id of the site")),
    request_body(content = DecisionRequest, description = "A DecisionRequest of at most 16 KiB", examples(
        ("chosen" = (summary = "What a visitor chose", value = json!({
            "decision_id": "0193564c-9000-7000-8000-0123456789ab",
            "subject_id": "AAECAwQFBgcICQoLDA0ODw",
            "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            "action": "save",
            "choices": { "functional": "grant", "analytics": "deny", "performance": "deny", "advertisement": "deny" },
            "decided_at": "2026-11-23T09:30:00.123Z",
            "signals": { "gpc": false },
            "language": "fr",
            "page": "/actualites",
        }))),
        ("handed_on" = (summary = "What another site of the group handed on", value = json!({
            "subject_id": "AAECAwQFBgcICQoLDA0ODw",
            "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
            "action": "handoff",
            "handoff": "AQEBoge9qjsIbmV3c3Jvb20AAAAAawQKLBsWsd9Ti6Etw_l-27hcqnA-I-gWADlZSjOJT2Vk4bE0AAAAAAAAAAUEMjAyNgVzcG9ydGLGanpd1wwxRmGAY8NE5THm1LWeN5gIRDzpYrOr1jxa",
            "choices": { "functional": "deny", "analytics": "deny", "performance": "deny", "advertisement": "deny" },
            "decided_at": "2026-11-23T09:30:00.123Z",
            "signals": { "gpc": false },
            "language": "fr",
            "page": "/resultats",
        }))),
    )),
    responses(
        (status = 201, description = "Recorded", body = Acknowledgement),
        (status = 200, description = "Had been recorded by the same request", body = Acknowledgement),
        (status = 400, description = "`invalid_json`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`foreign_origin`, `account_token_missing`: only who is signed in decides for an account", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`; of a hand-off `handoff_missing`: its decision was erased; `account_not_offered`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`decision_conflict`: also of a token that was used; of a hand-off `handoff_not_in_group`, `handoff_not_chosen`, `handoff_outdated`, `handoff_superseded`, `handoff_asks_more`, `handoff_other_browser`, `handoff_of_account`, `handoff_expired`; of an account `account_not_told`, `account_expired`", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_too_slow`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`erased`: it had been recorded, and its subject was erased since", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`unknown_notice`, `unknown_category`, `action_mismatch`, `action_not_offered`, `invalid_handoff`, `handoff_mismatch`, `invalid_account`, and the other codes of a request that is no decision", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_requests`: send it again after `Retry-After` seconds", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `outcome_unknown`: send it again after `Retry-After` seconds", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create_decision(
    State(state): State<AppState>,
    Path(site): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    // Not as extractors, which would copy the headers.
    let (Parts { headers, uri, extensions, .. }, body) = request.into_parts();
    let peer = Peer::of(&extensions);
    // They lie in the connection's buffer.
    drop((uri, extensions));
    let caller = access::caller(&headers, site)?;
    // How many it found is not known here; as many as there are is what it would find now.
    if state.admission.is_full(&site.config.id, state.admission.unread().count()) {
        return Ok(caller.allow(Problem::from(RecordError::Busy)));
    }
    Ok(decide(&state, site, caller, (peer, headers), body).await)
}

/// The same of a request for which there is room, whichever way its site was found. `head` is where it came from, if that is
/// known, and its headers.
pub(super) async fn decide(
    state: &AppState,
    site: &Site,
    caller: Caller,
    head: (Option<Peer>, HeaderMap),
    body: impl HttpBody<Data = Bytes>,
) -> Response {
    let answer = record(state, site, head, body, caller.is_own).await;
    caller.allow(answer)
}

/// A decision that was understood, and what its answer needs of the request.
struct Understood<'a> {
    decision: Decision,
    /// Those that the browser is given again.
    cookies: Vec<HeaderValue>,
    place: Place<'a>,
}

async fn record(
    state: &AppState,
    site: &Site,
    head: (Option<Peer>, HeaderMap),
    body: impl HttpBody<Data = Bytes>,
    is_own: bool,
) -> Result<Response, Problem> {
    let Understood { decision, cookies, place } = understand(state, site, head, body).await?;
    let (action, class) = (decision.action(), decision.user_agent_class());
    let recorded = state.sequencer.record(site.config.id.clone(), decision).await?;
    drop(place);
    if !recorded.replayed {
        state.metrics.decided(&site.config.id, action, class);
    }
    let status = if recorded.replayed { StatusCode::OK } else { StatusCode::CREATED };
    let mut text = Vec::with_capacity(ACKNOWLEDGEMENT_BYTES);
    serde_json::to_writer(&mut text, &Acknowledgement::from(&recorded))
        .map_err(|error| Problem::internal(&error))?;
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    *response.headers_mut() = HeaderMap::with_capacity(ACKNOWLEDGEMENT_HEADERS);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if is_own {
        for cookie in cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
    Ok(response)
}

/// Reads a request. Nothing of head and body is kept: they lie in the connection's buffer, and while somebody holds a piece of
/// that, the connection takes a new one for each request.
async fn understand<'a>(
    state: &'a AppState,
    site: &Site,
    (peer, headers): (Option<Peer>, HeaderMap),
    body: impl HttpBody<Data = Bytes>,
) -> Result<Understood<'a>, Problem> {
    let (sender, headers) = (state.limits.sender_at(peer, &headers), &headers);
    state.limits.decision(sender)?;
    let (place, body) = admit(state, site, headers, body).await?;
    let mut request: DecisionRequest = body::parse(&body)?;
    // The header speaks for the visitor where a script can not ask the browser.
    request.signals.gpc |=
        gpc::is_on(headers.get_all("sec-gpc").iter().filter_map(|value| value.to_str().ok()));
    let of_account = account::is_signed_in(state, site, &mut request)?;
    let notice: NoticeId =
        request.notice_id.parse().map_err(|_| consent_core::decision::DecisionError::NoticeId)?;
    let notice = state.notice(site, notice).await?;
    if of_account && !notice.account {
        return Err(AccountRefused::NotTold.into());
    }
    let decision = match request.handoff.take() {
        Some(_) if of_account => return Err(HandoffRefused::OfAccount.into()),
        Some(token) => {
            let seen = handoff::seen(sender, headers);
            // In memory of its own, as few need it: what waits for an answer is moved once, and most of it would be room for this.
            Box::pin(handoff::take(state, site, &notice, (&token, &request), seen)).await?
        }
        None => Decision::parse(&request, &notice, state.clock.now())?,
    };
    let notice = &*notice;
    let decision = decision.from_class(agent::class_of(headers));
    // Taken with the notice's word and the config's: one may have changed its mind after the other.
    let address = if site.config.record_network { state.limits.address_of(peer, headers) } else { None };
    // One of no public network is most likely that of a proxy that the config does not name, and no visitor's.
    let address = address.filter(|address| Peer(*address).is_public());
    let decision = match address {
        Some(address) => decision.from_network(Network::of(address), notice),
        None => decision,
    };
    state.limits.subject(&site.config.id, decision.subject_id())?;
    let cookies = renewed_cookies(headers, &decision, notice.ask_again_after, &site.config);
    state.limits.count(decision.user_agent_class());
    Ok(Understood { decision, cookies, place })
}

/// A place among those that wait, and the body.
///
/// The place is taken with the head: what has arrived and is not read yet waits too, and where there is none a refusal costs
/// next to nothing. A body that does not come soon gives its place back meanwhile, so that nobody keeps others out by being
/// slow.
async fn admit<'a>(
    state: &'a AppState,
    site: &Site,
    headers: &HeaderMap,
    body: impl HttpBody<Data = Bytes>,
) -> Result<(Place<'a>, Bytes), Problem> {
    let place = state.admission.admit(&site.config.id)?;
    let mut reading = pin!(body::decision(headers, body));
    if let Ok(body) = body::within(SOON, reading.as_mut()).await {
        return Ok((place, body?));
    }
    drop(place);
    let body = reading.await?;
    Ok((state.admission.admit(&site.config.id)?, body))
}

/// The cookies once more, from the server: Safari keeps one that a script wrote for seven days only.
///
/// Only if the browser holds this very decision: a request that waited in its queue must not undo a later choice.
fn renewed_cookies(
    headers: &HeaderMap,
    decision: &Decision,
    days: u32,
    config: &SiteConfig,
) -> Vec<HeaderValue> {
    let own = ConsentCookie::of(decision);
    if held(headers) != Some(own) {
        return Vec::new();
    }
    let secure = headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let services = ServicesCookie::of(decision).map(|services| (SERVICES_COOKIE_NAME, services.to_string()));
    let values = [(COOKIE_NAME, own.to_string())].into_iter().chain(services);
    let domain = config.cookie_domain.as_deref().filter(|domain| access::is_on(headers, domain));
    let renewed = values.map(|named| {
        let mut cookie = Cookie::build(named)
            .path("/")
            .same_site(SameSite::Lax)
            .secure(secure)
            .max_age(time::Duration::days(i64::from(days)));
        if let Some(domain) = domain {
            cookie = cookie.domain(domain);
        }
        HeaderValue::try_from(cookie.build().to_string())
    });
    renewed.filter_map(Result::ok).collect()
}

/// The choice that the browser holds: the newest, if it holds one for the host and one for its domain.
fn held(headers: &HeaderMap) -> Option<ConsentCookie> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let sent: Vec<_> = sent.flat_map(Cookie::split_parse).filter_map(Result::ok).collect();
    ConsentCookie::newest(sent.iter().filter(|cookie| cookie.name() == COOKIE_NAME).map(Cookie::value))
}

/// Answers a browser that asks whether a page of another origin may send a decision.
#[utoipa::path(
    options,
    path = "/v1/sites/{site}/decisions",
    params(("site" = SiteId, Path, description = "Id of the site")),
    responses(
        (status = 204, description = "It may"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn preflight_decision(
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

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// The subject.
    #[param(value_type = SubjectId)]
    subject_id: String,
}

/// Everything that one subject decided, oldest first, each with why the site asked again, if it did.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/decisions",
    params(("site" = SiteId, Path, description = "Id of the site"), Whose),
    security(("token" = [])),
    responses(
        (status = 200, description = "The decisions; none if there are none", body = Vec<Retold>),
        (status = 400, description = "`invalid_query`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_subject_id`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list_decisions(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(whose): Query<Whose>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    access::require(&state, &headers, site, &[Role::Operator, Role::Auditor])?;
    let subject: SubjectId = whose.subject_id.parse().map_err(|error: InvalidSubjectId| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_subject_id", error.to_string())
    })?;
    let site = site.config.id.clone();
    let past = move |state: &AppState| {
        let decisions = history::of_subject(&*state.store, &site, subject)?;
        Ok(again::retold(&*state.store, &site, decisions)?)
    };
    let past = state.blocking(past).await?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(past)).into_response())
}

/// The receipt of a decision: a C2SP tlog-proof that anybody can check without this server. Whoever knows the id of the
/// decision may have it.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/decisions/{decision_id}/receipt",
    params(
        ("site" = SiteId, Path, description = "Id of the site"),
        ("decision_id" = DecisionId, Path, description = "UUID of the decision"),
    ),
    responses(
        (status = 200, description = "The receipt", body = String, content_type = "text/plain"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`, `not_found`", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "`proof_lost`: the log could not go on, and what leads to a signed head is lost", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_receipt(
    State(state): State<AppState>,
    Path((site, decision)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let caller = access::caller(&headers, site)?;
    let receipt = find_receipt(&state, site.config.id.clone(), &decision).await;
    Ok(caller.allow(receipt))
}

async fn find_receipt(state: &AppState, site: SiteId, decision: &str) -> Result<Response, Problem> {
    let missing = || Problem::not_found("decision");
    let decision: DecisionId = decision.parse().map_err(|_| missing())?;
    let find = move |state: &AppState| {
        history::receipt(&*state.store, &state.heads, &site, decision).map_err(Problem::from)
    };
    let mut receipt = state.blocking(find.clone()).await?;
    if receipt.is_none() && state.store.is_shared() {
        // Another process may have recorded it just now.
        state.sequencer.follow().await?;
        receipt = state.blocking(find).await?;
    }
    let receipt = receipt.ok_or_else(missing)?;
    let name = format!("attachment; filename=\"consent-{decision}.tlog-proof\"");
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, name),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, receipt.to_text()).into_response())
}
