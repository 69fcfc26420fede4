//! Accounts: the choice of somebody who is signed in.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use consent_core::account::{Account, AccountError};
use consent_core::category::Category;
use consent_core::choices::{Choice, Choices};
use consent_core::decision::{DecisionError, DecisionId, DecisionRequest, SubjectId};
use consent_core::notice::{NoticeId, ServiceId, SiteId};
use consent_core::signal::{Signals, gpc};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use crate::account::{self, AccountChoice, AccountRefused};
use crate::site::Site;
use crate::store::Placed;

use super::extract::Path;
use super::{AppState, Problem, access, body};

/// For so many seconds after its token has expired a choice is taken that was made before: a week.
const MAX_LATE: u64 = 7 * 86_400;

/// Who asks, and under what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0MiIsImF1ZCI6Im5ld3Nyb29tIiwiZXhwIjoxODAwMDAzNjAwfQ.b6Q-gFqPm1Wm2kV1cN3u0m2c3kFv7i9oJH1u8o1r0zM",
    "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
    "signals": { "gpc": false },
}))]
pub(super) struct AccountRequest {
    /// A JSON Web Token with HS256, by the site's backend: `sub` is a name of its own for the account, `aud` the site, `exp` at most a
    /// day from now.
    #[schema(max_length = 1024)]
    token: String,
    /// The notice that the device would show.
    #[schema(value_type = NoticeId)]
    notice_id: String,
    /// A decision of the account that the device holds: the answer says whether it is recorded.
    #[serde(default)]
    #[schema(value_type = Option<DecisionId>)]
    decision_id: Option<String>,
    /// What this browser says for the visitor: it denies here what it objects to, whatever was chosen elsewhere.
    signals: Signals,
}

/// Who the account is here, and what it has chosen.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "subject_id": "AAECAwQFBgcICQoLDA0ODw",
    "choice": {
        "decision_id": "0193564c-9000-7000-8000-0123456789ab",
        "decided_at": "2026-11-23T09:30:00.123Z",
        "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        "choices": { "necessary": "grant", "functional": "deny", "analytics": "deny", "performance": "deny", "advertisement": "deny" },
        "asked": [],
    },
}))]
pub(super) struct AccountState {
    /// The subject that the account is: what it decides stands under it, and is erased under it.
    #[schema(value_type = SubjectId)]
    subject_id: String,
    /// Whether the decision that was asked about is recorded; absent if none was. What was refused or erased is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<bool>,
    /// What it chose last, on any device; absent if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    choice: Option<FoundChoice>,
}

/// A choice that holds while its account is signed in.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundChoice {
    /// The decision: it opens its receipt.
    #[schema(value_type = DecisionId)]
    decision_id: String,
    /// When it was made, by the clock of that device, RFC 3339.
    #[schema(format = DateTime)]
    decided_at: String,
    /// The notice that it was made under.
    notice_id: NoticeId,
    /// What holds on this device.
    choices: Choices,
    /// What holds of single services; absent where nothing was said of one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    services: BTreeMap<ServiceId, Choice>,
    /// The categories in which more is asked for now than was then: they are denied, and the site asks.
    asked: Vec<Category>,
    /// Whether it has expired: then only what it denies holds, and the site asks.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    expired: bool,
}

impl From<AccountChoice> for FoundChoice {
    fn from(found: AccountChoice) -> Self {
        Self {
            decision_id: found.decision_id.to_string(),
            decided_at: found.decided_at,
            notice_id: found.notice_id,
            choices: found.choices,
            services: found.services,
            asked: found.asked,
            expired: found.expired,
        }
    }
}

/// What somebody who is signed in chose last, on any device. Nothing is recorded: it is the same decision here.
#[utoipa::path(
    post,
    path = "/v1/sites/{site}/account",
    params(("site" = SiteId, Path, description = "Id of the site")),
    request_body(content = AccountRequest, description = "An AccountRequest of at most 16 KiB"),
    responses(
        (status = 200, description = "The account, and its choice if there is one", body = AccountState),
        (status = 400, description = "`invalid_json`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`, `account_not_offered`: choices of this site stay on their device", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`body_too_slow`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "`account_expired`: ask the backend for another token; `account_not_told`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_request`, `invalid_account`, `invalid_decision_id`, `invalid_notice_id`, `unknown_notice`", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_requests`: send it again after `Retry-After` seconds", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn find_choice(
    State(state): State<AppState>,
    Path(site): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    let (head, body) = request.into_parts();
    let caller = access::caller(&head.headers, site)?;
    Ok(caller.allow(find(&state, site, &head, body).await))
}

async fn find(state: &AppState, site: &Site, head: &Parts, body: Body) -> Result<Response, Problem> {
    state.limits.decision(state.limits.sender(head))?;
    let body = body::decision(&head.headers, body).await?;
    let AccountRequest { token, notice_id, decision_id, mut signals } = body::parse(&body)?;
    signals.gpc |= gpc::is_on(head.headers.get_all("sec-gpc").iter().filter_map(|value| value.to_str().ok()));
    let now = state.clock.unix_seconds();
    let subject = signed_in(state, site, &token, (now, now))?;
    let asked = decision_id.map(|id| id.parse::<DecisionId>()).transpose();
    let asked = asked.map_err(|_| DecisionError::DecisionId)?;
    let notice: NoticeId = notice_id.parse().map_err(|_| DecisionError::NoticeId)?;
    let notice = state.notice(site, notice).await?;
    if !notice.account {
        return Err(AccountRefused::NotTold.into());
    }
    let id = site.config.id.clone();
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let newest = move |state: &AppState| {
        let site = state.site(id.as_str())?;
        let found = asked.map(|id| state.store.find_decision(&site.config.id, id)).transpose()?;
        // A device that is told that its decision is held does not send it again, so it has to be under a signed head.
        let is_signed = |placed: Placed| {
            state.heads.get(&placed.log).is_some_and(|head| placed.index < head.checkpoint().size)
        };
        let newest = account::newest(&*state.store, site, &notice, subject, (signals, now))?;
        Ok((found.map(|place| place.is_some_and(is_signed)), newest))
    };
    let (held, choice) = state.blocking(newest).await?;
    let choice = choice.map(FoundChoice::from);
    let found = AccountState { subject_id: subject.to_string(), held, choice };
    Ok(([(CACHE_CONTROL, "no-store")], Json(found)).into_response())
}

/// The subject of the account that a token of the site's backend names; `made` is when it had to be good, unix seconds, beside now.
fn signed_in(
    state: &AppState,
    site: &Site,
    token: &str,
    made: (u64, u64),
) -> Result<SubjectId, AccountRefused> {
    let secret = site.config.account.as_ref().ok_or(AccountRefused::NotOffered)?;
    let account = Account::verify_made(token, secret, &site.config.id, made)?;
    Ok(state.key.of_accounts().subject(&site.config.id, &account))
}

/// Whether a request is one of somebody who is signed in. Then it is for their account's subject, whatever the device takes them for:
/// it may not have been told yet. For an account only they decide, whoever else knows its subject: it would count on every device.
pub(super) fn is_signed_in(
    state: &AppState,
    site: &Site,
    request: &mut DecisionRequest,
) -> Result<bool, Problem> {
    if let Some(token) = &request.account {
        let made = (made_at(state, request), state.clock.unix_seconds());
        request.subject_id = signed_in(state, site, token, made)?.to_string();
        return Ok(true);
    }
    let subject: SubjectId = request.subject_id.parse().map_err(|_| DecisionError::SubjectId)?;
    if state.key.of_accounts().is_account(&site.config.id, subject) {
        return Err(AccountRefused::TokenMissing.into());
    }
    Ok(false)
}

/// When the choice was made, by the device's clock, unix seconds: by then its token had to be good. A device that has no connection
/// sends it later, and a withdrawal must not be lost for that; but not much later, as nobody knows what a clock said.
fn made_at(state: &AppState, request: &DecisionRequest) -> u64 {
    let now = state.clock.unix_seconds();
    let said = OffsetDateTime::parse(&request.decided_at, &Rfc3339).ok();
    let said = said.and_then(|said| u64::try_from(said.unix_timestamp()).ok());
    said.map_or(now, |said| said.clamp(now.saturating_sub(MAX_LATE), now))
}

impl From<AccountRefused> for Problem {
    fn from(refused: AccountRefused) -> Self {
        let (status, code) = match refused {
            AccountRefused::NotOffered => (StatusCode::NOT_FOUND, "account_not_offered"),
            AccountRefused::NotTold => (StatusCode::CONFLICT, "account_not_told"),
            AccountRefused::TokenMissing => (StatusCode::FORBIDDEN, "account_token_missing"),
            AccountRefused::Token(AccountError::Expired) => (StatusCode::CONFLICT, "account_expired"),
            AccountRefused::Token(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_account"),
        };
        Self::new(status, code, refused.to_string())
    }
}

/// Answers a browser that asks whether a page of another origin may say who is signed in.
#[utoipa::path(
    options,
    path = "/v1/sites/{site}/account",
    params(("site" = SiteId, Path, description = "Id of the site")),
    responses(
        (status = 204, description = "It may"),
        (status = 403, description = "`foreign_origin`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn preflight_account(
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
