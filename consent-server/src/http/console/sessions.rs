//! The list of sessions, and their end.

use axum::extract::State;
use axum::response::Response;
use consent_core::ledger::entry::action::Outcome;
use serde::Deserialize;

use crate::console::{SessionLine, SessionsPage, moment};
use crate::trail::What;

use super::super::Live;
use super::SignedIn;
use super::answer::{Refusal, page, to};
use super::form::Sent;
use super::session::{self, Held};
use super::sign_in::signed_out;

#[derive(Deserialize)]
pub(super) struct Ended {
    form_token: String,
    /// The id of one, or `all`.
    session: String,
}

pub(super) async fn get_page(State(live): State<Live>, signed_in: SignedIn) -> Result<Response, Refusal> {
    let state = live.now();
    let (now, session) = (state.clock.unix_seconds(), signed_in.0.session.clone());
    let all = state.blocking(move |state| Ok(session::of_same(&*state.store, &session, now)?)).await?;
    let line = |Held { id, session }: Held| SessionLine {
        is_this: id == signed_in.0.id,
        id,
        began: moment(session.began),
        used: moment(session.used),
        agent: session.agent,
    };
    let frame = signed_in.frame(&state, None, "Sessions", "sessions");
    let sessions = all.into_iter().map(line).collect();
    let (name, is_person) = (signed_in.by().name().to_owned(), signed_in.0.session.is_person());
    Ok(page(&SessionsPage { frame, is_person, name, sessions }))
}

/// Ends one session of the same token or person, or all of them.
pub(super) async fn end(
    State(live): State<Live>,
    signed_in: SignedIn,
    Sent(ended): Sent<Ended>,
) -> Result<Response, Refusal> {
    signed_in.sent(&ended.form_token)?;
    let (by, state) = (signed_in.by(), live.now());
    let Held { id, session } = signed_in.0;
    let is_person = session.is_person();
    let is_own = ended.session == "all" || ended.session == id;
    let end = move |state: &super::super::AppState| {
        if ended.session == "all" {
            session::end_same(&*state.store, &session)?;
            return Ok(true);
        }
        Ok(session::end(&*state.store, &ended.session, &session)?)
    };
    let ended = by.did(What::SessionsEnded, None, Outcome::Done);
    if !state.noting(end, |was_there| was_there.then_some(ended)).await? {
        return Err(Refusal::not_found());
    }
    Ok(if is_own { signed_out(is_person) } else { to("/console/sessions") })
}
