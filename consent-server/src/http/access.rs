//! Who may do what: browser origins, and bearers of tokens.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, AUTHORIZATION, HOST, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use consent_core::ledger::entry::action::{Outcome, Via};
use consent_core::notice::SiteId;

use crate::config::is_at_or_below;
use crate::data::{Grant, Role};
use crate::site::Site;
use crate::trail::{By, What};

use super::{AppState, Problem};

/// Where a request of a browser comes from, if it may come from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    /// The origin of the page, if the browser names it.
    origin: Option<HeaderValue>,
    /// Whether it is the server's own host: its cookies are then the page's cookies.
    pub(super) is_own: bool,
}

/// Lets through the server's own origin and those that the site lists.
pub(super) fn caller(headers: &HeaderMap, site: &Site) -> Result<Caller, Problem> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(Caller { origin: None, is_own: true }) };
    let text = origin.to_str().unwrap_or_default();
    let is_own = names_own_host(text, headers);
    if is_own || site.config.origins.iter().any(|listed| listed == text) {
        Ok(Caller { origin: Some(copied(origin)), is_own })
    } else {
        let detail = "the site's config does not list this origin";
        Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", detail))
    }
}

/// Whether an origin is one of the host that a request was sent to.
fn names_own_host(origin: &str, headers: &HeaderMap) -> bool {
    let own_host = headers.get(HOST).and_then(|host| host.to_str().ok()).map(without_port);
    let host = origin.split_once("://").map(|(_, host)| without_port(host));
    host.is_some() && host == own_host
}

/// Whether a browser says that a request comes from a page of the very origin that it was sent to. All of today's say so in a word
/// (Fetch Metadata, section 2.2), whatever a proxy makes of `Host`; of others the origin is compared with that.
pub(super) fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    let host = text(ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    host.is_some() && host == text(HOST)
}

/// The same value, in memory of its own: one that came with a request is a piece of the connection's buffer, and keeps it.
fn copied(value: &HeaderValue) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes()).unwrap_or_else(|_| value.clone())
}

/// Whether the request was sent to a host at or below this domain: a browser keeps no cookie for another one.
pub(super) fn is_on(headers: &HeaderMap, domain: &str) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).map(without_port);
    host.is_some_and(|host| is_at_or_below(host, domain))
}

/// A host without its port; an IPv6 address keeps its brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

impl Caller {
    /// Adds what a browser wants to see before it shows the response to a page of another origin, which the server's own
    /// host on another port is too. A refusal needs it as much as a success: a page that can not read why it was refused
    /// would have to try again for ever.
    pub(super) fn allow(self, response: impl IntoResponse) -> Response {
        let mut response = response.into_response();
        let headers = response.headers_mut();
        headers.append(VARY, HeaderValue::from_static("Origin"));
        if let Some(origin) = self.origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
        }
        response
    }
}

/// Lets through whoever bears a token that is good for this on this site.
pub(super) fn require(
    state: &AppState,
    headers: &HeaderMap,
    site: &Site,
    roles: &[Role],
) -> Result<(), Problem> {
    require_for(state, headers, &site.config.id, roles)
}

/// Lets an operator do something on this site that stands in the trail. That somebody else who is known tried it stands there too;
/// what strangers try does not, or anybody could fill it.
pub(super) async fn require_operator(
    state: &AppState,
    headers: &HeaderMap,
    site: &Site,
    what: What,
) -> Result<By, Problem> {
    let grant = bearer(state, headers)?;
    let by = By::bearer(&grant, Via::Api);
    let refused = check(&grant, &site.config.id, &[Role::Operator]);
    if refused.is_err() {
        tell_refusal(state, &by, what, &site.config.id).await?;
    }
    refused.map(|()| by)
}

/// Writes down that somebody who is known was not allowed to do something; not more often than a person tries.
pub(super) async fn tell_refusal(
    state: &AppState,
    by: &By,
    what: What,
    site: &SiteId,
) -> Result<(), Problem> {
    if state.limits.tells_refusal(by.name()) {
        state.sequencer.act(by.did(what, Some(site.clone()), Outcome::Refused)).await?;
    }
    Ok(())
}

/// The same for what is no site but has an id, as the heads log.
pub(super) fn require_for(
    state: &AppState,
    headers: &HeaderMap,
    site: &SiteId,
    roles: &[Role],
) -> Result<(), Problem> {
    check(&bearer(state, headers)?, site, roles)
}

/// Whoever bears the token that a request has.
pub(super) fn bearer(state: &AppState, headers: &HeaderMap) -> Result<Grant, Problem> {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(|value| {
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" }
    });
    let Some(token) = token else {
        let detail = "send a token: `Authorization: Bearer …`";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "missing_token", detail));
    };
    let unknown =
        || Problem::new(StatusCode::UNAUTHORIZED, "invalid_token", "this server knows no such token");
    state.tokens.find(token).ok_or_else(unknown)
}

/// Whether a token is good for this.
pub(super) fn check(grant: &Grant, site: &SiteId, roles: &[Role]) -> Result<(), Problem> {
    if grant.covers(site) && roles.contains(&grant.role) {
        return Ok(());
    }
    let detail = "this token is not good for this on this site";
    Err(Problem::new(StatusCode::FORBIDDEN, "not_allowed", detail))
}
