//! Signing in with a token, and out.

use axum::Form;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use crate::console::SignIn;

use super::super::{Live, access, agent};
use super::answer::{Refusal, page, to};
use super::{SignedIn, session, visitor};

#[derive(Deserialize)]
pub(super) struct Credentials {
    token: String,
}

/// What every form sends.
#[derive(Deserialize)]
pub(super) struct Sent {
    pub(super) form_token: String,
}

pub(super) async fn to_beginning() -> Response {
    to("/console/")
}

/// The form.
pub(super) async fn get_page() -> Response {
    page(&SignIn { problem: None })
}

/// Begins a session. Whatever session the browser had before has ended then: nobody can plant one.
pub(super) async fn sign_in(State(live): State<Live>, request: Request) -> Result<Response, Refusal> {
    let state = live.now();
    let (head, body) = request.into_parts();
    if !access::is_same_origin(&head.headers) {
        return Err(Refusal::foreign_form());
    }
    state.limits.sign_in(state.limits.sender(&head))?;
    let before = visitor::read(&head.headers);
    let agent = agent_of(&head.headers);
    let form = Form::<Credentials>::from_request(Request::from_parts(head, body), &()).await;
    let Ok(Form(Credentials { token })) = form else { return Ok(refused()) };
    let now = state.clock.unix_seconds();
    let begun = state
        .blocking(move |state| {
            if let Some(before) = before {
                session::end(&*state.store, &before.name())?;
            }
            Ok(session::begin(&*state.store, &state.tokens, token.trim(), &agent, now)?)
        })
        .await?;
    let Some(secret) = begun else {
        tracing::warn!(
            "somebody tried to sign in to the console with a token that this server does not know"
        );
        return Ok(refused());
    };
    let mut response = to("/console/");
    visitor::give(&mut response, &secret);
    Ok(response)
}

fn refused() -> Response {
    let problem = Some("This server knows no such token.");
    let mut response = page(&SignIn { problem });
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    response
}

/// Ends the session, whether or not it is one.
pub(super) async fn sign_out(
    State(live): State<Live>,
    signed_in: SignedIn,
    Form(sent): Form<Sent>,
) -> Result<Response, Refusal> {
    signed_in.sent(&sent.form_token)?;
    let name = signed_in.secret.name();
    live.now().blocking(move |state| Ok(session::end(&*state.store, &name)?)).await?;
    let mut response = to("/console/sign-in");
    visitor::take(&mut response);
    Ok(response)
}

/// What a browser calls itself, in two words: enough to know one's own sessions by.
fn agent_of(headers: &HeaderMap) -> String {
    let text = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = [("Firefox/", "Firefox"), ("Edg/", "Edge"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let browser =
        known.into_iter().find(|(word, _)| text.contains(word)).map_or("A browser", |(_, name)| name);
    let on = match agent::class_of(headers) {
        consent_core::decision::UserAgentClass::Desktop => " on a computer",
        consent_core::decision::UserAgentClass::Mobile => " on a telephone or tablet",
        _ => "",
    };
    format!("{browser}{on}")
}
