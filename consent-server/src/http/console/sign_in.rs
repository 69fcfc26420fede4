//! Signing in with a token, and out.

use axum::extract::{FromRequest as _, RawQuery, Request, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use consent_core::decision::UserAgentClass;
use consent_core::ledger::entry::action::Outcome;
use serde::Deserialize;

use crate::console::{Said, SignIn};
use crate::store::StoreError;
use crate::trail::What;

use super::super::{AppState, Live, Problem, access, agent};
use super::answer::{NOT_KEPT, Refusal, page, to};
use super::form::Sent;
use super::session::{self, Key, Who};
use super::{SignedIn, visitor};

#[derive(Deserialize)]
pub(super) struct Credentials {
    token: String,
}

/// What every form sends.
#[derive(Deserialize)]
pub(super) struct Plain {
    pub(super) form_token: String,
}

/// What is behind the address for signing in after somebody signed out whom a provider had signed in.
const SIGNED_OUT: &str = "signed-out";

/// What a browser has of pages goes when somebody signs out (Clear Site Data, section 3.1).
const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");

pub(super) async fn to_beginning() -> Response {
    to("/console/")
}

/// The form.
pub(super) async fn get_page(State(live): State<Live>, RawQuery(query): RawQuery) -> Response {
    let said = match query.as_deref() {
        Some(NOT_KEPT) => Said::Wrong(
            "Your browser did not keep you signed in: the console needs https, or localhost, and cookies.",
        ),
        Some(SIGNED_OUT) => Said::SignedOut,
        _ => Said::Nothing,
    };
    show(&live.now(), said, StatusCode::OK)
}

/// The form, below what is said of the last try.
pub(super) fn show(state: &AppState, said: Said, status: StatusCode) -> Response {
    let openid = state.openid.as_ref().map(|openid| openid.config.name.as_str());
    let mut response = page(&SignIn { openid, said });
    *response.status_mut() = status;
    response
}

/// Begins a session. The one that the browser had before has ended then: nobody can plant one.
pub(super) async fn sign_in(State(live): State<Live>, request: Request) -> Result<Response, Refusal> {
    let state = live.now();
    let (head, body) = request.into_parts();
    if !access::is_same_origin(&head.headers) {
        return Err(Refusal::foreign_form());
    }
    // Only what is no token waits. A right one was not guessed, and others may be behind the address from which somebody does.
    let late = state.limits.sign_in(state.limits.sender(&head)).err();
    let turned_away =
        |late: Option<Problem>| late.map_or_else(|| Ok(refused(&state)), |problem| Err(problem.into()));
    let before = visitor::read(&head.headers);
    let agent = agent_of(&head.headers);
    let form = Sent::<Credentials>::from_request(Request::from_parts(head, body), &live).await;
    let Ok(Sent(Credentials { token })) = form else { return turned_away(late) };
    let now = state.clock.unix_seconds();
    let begun = state
        .blocking(move |state| {
            let store = &*state.store;
            let Some(grant) = state.tokens.find(token.trim()) else { return Ok(None) };
            let who = Who::bearer(token.trim(), grant);
            let begun = session::begin(store, &who, agent, now)?;
            if begun.is_some() {
                end_before(state, before, now)?;
            }
            Ok(begun.map(|key| (key, who.by())))
        })
        .await?;
    let Some((key, by)) = begun else { return turned_away(late) };
    // Whoever could not be written down has no key to the session that began.
    state.sequencer.act(by.did(What::SignedIn, None, Outcome::Done)).await.map_err(Problem::from)?;
    let mut response = to(&format!("/console/?{}", visitor::BEGUN));
    visitor::give(&mut response, &key);
    Ok(response)
}

/// Ends the session that a browser had until now.
pub(super) fn end_before(state: &AppState, before: Option<Key>, now: u64) -> Result<(), StoreError> {
    let store = &*state.store;
    if let Some(before) = before
        && let Some((held, _)) = session::find(store, &state.standing(), &before, now)?
    {
        session::end(store, &held.id, &held.session)?;
    }
    Ok(())
}

fn refused(state: &AppState) -> Response {
    show(state, Said::NoToken("This server knows no such token."), StatusCode::UNAUTHORIZED)
}

/// Ends the session.
pub(super) async fn sign_out(
    State(live): State<Live>,
    signed_in: SignedIn,
    Sent(sent): Sent<Plain>,
) -> Result<Response, Refusal> {
    signed_in.sent(&sent.form_token)?;
    let (by, held, state) = (signed_in.by(), signed_in.0, live.now());
    let is_person = held.session.is_person();
    let end = move |state: &AppState| Ok(session::end(&*state.store, &held.id, &held.session)?);
    let ended = by.did(What::SignedOut, None, Outcome::Done);
    state.noting(end, |_| Some(ended)).await?;
    Ok(signed_out(is_person))
}

/// Where one is led who is not signed in any more. Whom a provider has signed in may be signed in there still, and is told so.
pub(super) fn signed_out(is_person: bool) -> Response {
    let mut response =
        to(&if is_person { format!("/console/sign-in?{SIGNED_OUT}") } else { "/console/sign-in".to_owned() });
    visitor::take(&mut response);
    response.headers_mut().insert(CLEAR, HeaderValue::from_static("\"cache\""));
    response
}

/// What a browser calls itself, in a few words: enough to know one's own sessions by.
pub(super) fn agent_of(headers: &HeaderMap) -> String {
    let text = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = [("Firefox/", "Firefox"), ("Edg/", "Edge"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let browser =
        known.into_iter().find(|(word, _)| text.contains(word)).map_or("A browser", |(_, name)| name);
    let on = match agent::class_of(headers) {
        UserAgentClass::Desktop => " on a computer",
        UserAgentClass::Mobile => " on a telephone or tablet",
        _ => "",
    };
    format!("{browser}{on}")
}
