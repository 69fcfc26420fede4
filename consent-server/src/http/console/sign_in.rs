//! Signing in with a token, and out.

use axum::extract::{FromRequest as _, RawQuery, Request, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use consent_core::decision::UserAgentClass;
use consent_core::ledger::entry::action::{Outcome, Via};
use serde::Deserialize;

use crate::console::SignIn;
use crate::trail::{By, What};

use super::super::{AppState, Live, Problem, access, agent};
use super::answer::{NOT_KEPT, Refusal, page, to};
use super::form::Sent;
use super::{SignedIn, session, visitor};

#[derive(Deserialize)]
pub(super) struct Credentials {
    token: String,
}

/// What every form sends.
#[derive(Deserialize)]
pub(super) struct Plain {
    pub(super) form_token: String,
}

/// What a browser has of pages goes when somebody signs out (Clear Site Data, section 3.1).
const CLEAR: HeaderName = HeaderName::from_static("clear-site-data");

pub(super) async fn to_beginning() -> Response {
    to("/console/")
}

/// The form.
pub(super) async fn get_page(RawQuery(query): RawQuery) -> Response {
    let was_not_kept = query.as_deref() == Some(NOT_KEPT);
    let problem = was_not_kept.then_some(
        "Your browser did not keep you signed in: the console needs https, or localhost, and cookies.",
    );
    page(&SignIn { problem })
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
        |late: Option<Problem>| late.map_or_else(|| Ok(refused()), |problem| Err(problem.into()));
    let before = visitor::read(&head.headers);
    let agent = agent_of(&head.headers);
    let form = Sent::<Credentials>::from_request(Request::from_parts(head, body), &live).await;
    let Ok(Sent(Credentials { token })) = form else { return turned_away(late) };
    let now = state.clock.unix_seconds();
    let begun = state
        .blocking(move |state| {
            let (store, tokens) = (&*state.store, &*state.tokens);
            let Some(grant) = tokens.find(token.trim()) else { return Ok(None) };
            let begun = session::begin(store, tokens, token.trim(), agent, now)?;
            if let (Some(_), Some(before)) = (&begun, before)
                && let Some((held, _)) = session::find(store, tokens, &before, now)?
            {
                session::end(store, &held.id, &held.session)?;
            }
            Ok(begun.map(|key| (key, By::bearer(&grant, Via::Console))))
        })
        .await?;
    let Some((key, by)) = begun else { return turned_away(late) };
    // Whoever could not be written down has no key to the session that began.
    state.sequencer.act(by.did(What::SignedIn, None, Outcome::Done)).await.map_err(Problem::from)?;
    let mut response = to(&format!("/console/?{}", visitor::BEGUN));
    visitor::give(&mut response, &key);
    Ok(response)
}

fn refused() -> Response {
    let problem = Some("This server knows no such token.");
    let mut response = page(&SignIn { problem });
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

/// Ends the session.
pub(super) async fn sign_out(
    State(live): State<Live>,
    signed_in: SignedIn,
    Sent(sent): Sent<Plain>,
) -> Result<Response, Refusal> {
    signed_in.sent(&sent.form_token)?;
    let (by, held, state) = (signed_in.by(), signed_in.0, live.now());
    let end = move |state: &AppState| Ok(session::end(&*state.store, &held.id, &held.session)?);
    let ended = by.did(What::SignedOut, None, Outcome::Done);
    state.noting(end, |_| Some(ended)).await?;
    Ok(signed_out())
}

/// Where one is led who is not signed in any more.
pub(super) fn signed_out() -> Response {
    let mut response = to("/console/sign-in");
    visitor::take(&mut response);
    response.headers_mut().insert(CLEAR, HeaderValue::from_static("\"cache\""));
    response
}

/// What a browser calls itself, in a few words: enough to know one's own sessions by.
fn agent_of(headers: &HeaderMap) -> String {
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
