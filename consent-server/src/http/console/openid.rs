//! Signing in with OpenID Connect: the way to the provider, and the way back.
//!
//! The provider is another site, so nothing that a browser keeps for the console (`SameSite=Strict`) comes back with it. A cookie of its
//! own, which lasts for the attempt only, does; and the page that ends the way back leads on by itself, so that the browser comes
//! from the console to the console.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::header::{REFERRER_POLICY, REFRESH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use consent_core::digest::Digest;
use consent_core::ledger::entry::action::Outcome;
use cookie::{Cookie, SameSite};

use crate::console::{OpenedPage, Said};
use crate::openid::{Attempt, OpenId, OpenIdError, Returned};
use crate::trail::What;

use super::super::extract::Query;
use super::super::{AppState, Live, Problem, access};
use super::answer::{Refusal, page, to};
use super::session::{self, Who};
use super::sign_in::{agent_of, end_before, show};
use super::visitor;

/// Holds the attempt for as long as it takes to sign in at the provider.
const NAME: &str = "__Host-consent-openid";

/// How long that may take.
const LASTS: time::Duration = time::Duration::minutes(10);

/// Where a session begins,
const BEGUN: &str = "/console/?begun";

/// and how the way back leads there by itself.
const LEADS_ON: &str = "0; url=/console/?begun";

/// What is behind the address if the provider is to ask for the password again.
const AGAIN: &str = "again";

/// Leads a browser to the provider. A session that it has ends here: on the way back, which comes from another site, it is not seen.
pub(super) async fn begin(
    State(live): State<Live>,
    RawQuery(query): RawQuery,
    head: Parts,
) -> Result<Response, Refusal> {
    let state = live.now();
    let openid = of(&state, &head.headers)?;
    let attempt = Attempt::fresh(&openid.config).ok_or_else(|| failed(&OpenIdError::NoRandomness))?;
    // Nobody signs others out by a link to here.
    let before = visitor::read(&head.headers).filter(|_| access::is_same_origin(&head.headers));
    let (began, now, asks) = (attempt.clone(), state.clock.unix_seconds(), query.as_deref() == Some(AGAIN));
    let address = state.blocking(move |state| {
        let address = openid.address(&began, asks, now);
        if address.is_ok() {
            end_before(state, before, now)?;
        }
        Ok(address)
    });
    let mut response = to(&address.await?.map_err(|error| failed(&error))?);
    let mut cookie = Cookie::new(NAME, attempt.to_text());
    cookie.set_max_age(LASTS);
    visitor::set(&mut response, cookie, SameSite::Lax);
    Ok(response)
}

/// Begins a session for whoever comes back from the provider.
pub(super) async fn finish(
    State(live): State<Live>,
    Query(returned): Query<Returned>,
    head: Parts,
) -> Result<Response, Refusal> {
    let state = live.now();
    let openid = of(&state, &head.headers)?;
    let mut response = match attempt(&head.headers, &openid, &returned) {
        // What the browser has is left to it: it may belong to another window, which is on its way.
        Err(problem) => show(&state, Said::Wrong(problem), StatusCode::BAD_REQUEST),
        Ok(attempt) => {
            // Each asks the provider something.
            state.limits.returns(state.limits.sender(&head))?;
            let ended = end(&state, openid, attempt, returned, agent_of(&head.headers)).await;
            let mut response = ended.unwrap_or_else(IntoResponse::into_response);
            // There is no second way back.
            visitor::set(&mut response, visitor::gone(NAME), SameSite::Lax);
            response
        }
    };
    // The address of this page has the code in it, which is nobody's business.
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// The end of an attempt.
async fn end(
    state: &AppState,
    openid: Arc<OpenId>,
    attempt: Attempt,
    returned: Returned,
    agent: String,
) -> Result<Response, Refusal> {
    let now = state.clock.unix_seconds();
    let person = match state.blocking(move |_| Ok(openid.person(&attempt, &returned, now))).await? {
        Ok(person) => person,
        Err(OpenIdError::Refused(word)) => {
            tracing::warn!(word, "the provider signed nobody in");
            let problem = "The provider signed nobody in. Try again, or sign in with a token.";
            return Ok(show(state, Said::Wrong(problem), StatusCode::UNAUTHORIZED));
        }
        Err(error) => return Err(failed(&error)),
    };
    let begin = move |state: &AppState| {
        let Some(who) = Who::person(&*state.store, &person)? else { return Ok(None) };
        Ok(session::begin(&*state.store, &who, agent, now)?.map(|key| (key, who.by())))
    };
    let begun = state.blocking(begin).await?;
    let (key, by) = begun.ok_or_else(|| failed(&OpenIdError::NoRandomness))?;
    // Whoever could not be written down has no key to the session that began.
    state.sequencer.act(by.did(What::SignedIn, None, Outcome::Done)).await.map_err(Problem::from)?;
    let mut response = page(&OpenedPage { to: BEGUN });
    response.headers_mut().insert(REFRESH, HeaderValue::from_static(LEADS_ON));
    visitor::give(&mut response, &key);
    Ok(response)
}

/// The provider, for a browser that goes somewhere: no script has any business here.
fn of(state: &AppState, headers: &HeaderMap) -> Result<Arc<OpenId>, Refusal> {
    if visitor::is_by_script(headers) {
        return Err(Refusal::foreign_form());
    }
    state.openid.clone().ok_or_else(Refusal::not_found)
}

/// The attempt that a browser comes back from, or what to say if it is none that began in it. Digests are compared, so that how long it
/// takes says nothing.
fn attempt(headers: &HeaderMap, openid: &OpenId, returned: &Returned) -> Result<Attempt, &'static str> {
    let kept = visitor::the_only(headers, NAME).ok_or(
        "Your browser kept nothing of how this began: the console needs https, or localhost, and cookies, and signing in may take \
         ten minutes. Try again.",
    )?;
    let state = Digest::of(returned.state.as_deref().unwrap_or_default().as_bytes());
    Attempt::read(kept, &openid.config)
        .filter(|attempt| Digest::of(attempt.state().as_bytes()) == state)
        .ok_or("That was begun in another window. Try again.")
}

fn failed(error: &OpenIdError) -> Refusal {
    tracing::warn!(%error, "somebody could not sign in with OpenID Connect");
    let (status, title, detail) = match error {
        OpenIdError::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Busy",
            "Many sign in at this moment. Try again in some seconds.".to_owned(),
        ),
        OpenIdError::NoGrant { .. } => (
            StatusCode::FORBIDDEN,
            "No role",
            "The provider knows you, and nobody has given you a role here. Whoever runs this server adds a table \
             [[server.openid.grant]] that fits you to its config, or gives you a token."
                .to_owned(),
        ),
        _ => (
            StatusCode::BAD_GATEWAY,
            "The provider could not be asked",
            "What was wrong stands in the log of this server. Try again later, or sign in with a token.".to_owned(),
        ),
    };
    Refusal::Said(status, title, detail)
}
