//! The list of sessions, and their end.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::console::{SessionLine, SessionsPage, moment};

use super::super::Live;
use super::answer::{Refusal, page, to};
use super::{SignedIn, session, visitor};

#[derive(Deserialize)]
pub(super) struct Ended {
    form_token: String,
    /// The name of one, or `all`.
    session: String,
}

pub(super) async fn get_page(State(live): State<Live>, signed_in: SignedIn) -> Result<Response, Refusal> {
    let state = live.now();
    let (now, session) = (state.clock.unix_seconds(), signed_in.session.clone());
    let all = state.blocking(move |state| Ok(session::of_same(&*state.store, &session, now)?)).await?;
    let own = signed_in.name();
    let line = |(name, session): (String, session::Session)| SessionLine {
        is_this: name == own,
        name,
        began: at(session.began),
        used: at(session.used),
        agent: session.agent,
    };
    let frame = signed_in.frame(&state, None, "Sessions", "sessions");
    let sessions = all.into_iter().map(line).collect();
    Ok(signed_in.answer(page(&SessionsPage { frame, sessions })))
}

/// Ends one session of the same token, or all of them.
pub(super) async fn end(
    State(live): State<Live>,
    signed_in: SignedIn,
    Form(ended): Form<Ended>,
) -> Result<Response, Refusal> {
    signed_in.sent(&ended.form_token)?;
    let state = live.now();
    let (now, session) = (state.clock.unix_seconds(), signed_in.session.clone());
    let is_own = ended.session == "all" || ended.session == signed_in.name();
    state
        .blocking(move |state| {
            if ended.session == "all" {
                return Ok(session::end_same(&*state.store, &session)?);
            }
            let all = session::of_same(&*state.store, &session, now)?;
            match all.into_iter().find(|(name, _)| *name == ended.session) {
                Some((name, _)) => Ok(session::end(&*state.store, &name)?),
                None => Ok(()),
            }
        })
        .await?;
    if !is_own {
        return Ok(signed_in.answer(to("/console/sessions")));
    }
    let mut response = to("/console/sign-in");
    visitor::take(&mut response);
    Ok(response)
}

fn at(unix_seconds: u64) -> String {
    let at = i64::try_from(unix_seconds).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    at.map_or_else(String::new, moment)
}
