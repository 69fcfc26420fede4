//! The state of the logs, a check of them, and how others check them.

use axum::extract::State;
use axum::http::header::REFRESH;
use axum::response::Response;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::key::VerifierKey;
use consent_core::notice::SiteId;
use serde::Deserialize;

use crate::anchors::documents::Kept;
use crate::console::{ByHandPage, LogLine, ProvePage, moment};
use crate::store::LogId;

use super::super::extract::Path;
use super::super::{AppState, Live, log};
use super::SignedIn;
use super::answer::{AGAIN, Refusal, page, to};
use super::checks;
use super::form::Sent;

#[derive(Deserialize)]
pub(super) struct Checking {
    form_token: String,
}

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, Refusal> {
    show(&live.now(), &signed_in, &site, None).await
}

/// Begins a check.
pub(super) async fn check(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Sent(sent): Sent<Checking>,
) -> Result<Response, Refusal> {
    signed_in.sent(&sent.form_token)?;
    let state = live.now();
    let id = &signed_in.site(&state, &site)?.config.id;
    if checks::begin(&state, id, signed_in.by()) || state.checks.running(id).is_some() {
        return Ok(to(&format!("/console/{site}/prove")));
    }
    let problem = "A check of another site runs. Come back when it has ended.";
    show(&state, &signed_in, &site, Some(problem)).await
}

async fn show(
    state: &AppState,
    signed_in: &SignedIn,
    site: &str,
    problem: Option<&'static str>,
) -> Result<Response, Refusal> {
    let site = signed_in.site(state, site)?;
    let frame = signed_in.frame(state, Some(site), "Prove", "prove");
    let id = site.config.id.clone();
    // Asked for before the document: a check that ends in between is told twice rather than not at all.
    let (running, report) = (state.checks.running(&id), state.checks.report(&id));
    let (of, logs) = (id.clone(), lines(state, &id));
    let last = state.blocking(move |state| Ok(checks::last(&*state.store, &of)?)).await?;
    let last = last.map(|ended| {
        let (at, entries) = (moment(ended.at), ended.entries);
        match ended.holds {
            Some(true) => format!("{at}: everything holds, {entries} entries"),
            Some(false) => format!("{at}: NOT everything holds, {entries} entries"),
            None => format!("{at}: the check could NOT be made"),
        }
    });
    let mut response = page(&ProvePage { frame, site: id.to_string(), logs, running, last, report, problem });
    if running.is_some() {
        response.headers_mut().insert(REFRESH, AGAIN);
    }
    Ok(response)
}

fn lines(state: &AppState, site: &SiteId) -> Vec<LogLine> {
    let heads = state.heads.of_site(site);
    let newest = heads.last().map(|(log, _)| log.clone());
    let line = |(log, head): &(LogId, SignedCheckpoint)| LogLine {
        origin: head.checkpoint().origin.to_string(),
        entries: head.checkpoint().size,
        root: BASE64_STANDARD.encode(head.checkpoint().root.0),
        key: head.signers().first().map(ToString::to_string).unwrap_or_default(),
        state: match state.heads.ended(log) {
            Some(_) => "could not go on, and was ended",
            None if newest.as_ref() == Some(log) => "open",
            None => "closed",
        },
    };
    heads.iter().rev().map(line).collect()
}

/// Commands for programs that nobody here wrote.
pub(super) async fn get_by_hand(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let frame = signed_in.frame(&state, Some(site), "By hand", "prove");
    let id = site.config.id.clone();
    let heads = state.heads.of_site(&id);
    let (log, head) = heads.last().ok_or_else(Refusal::not_found)?;
    let key = head.signers().first().ok_or_else(Refusal::not_found)?;
    let policy = log::policy_of(&state, &id)?.to_string();
    let has_timestamps = state.blocking(|state| Ok(!Kept::all(&*state.store)?.is_empty())).await?;
    Ok(page(&ByHandPage {
        frame,
        site: id.to_string(),
        origin: head.checkpoint().origin.to_string(),
        year: log.year.to_string(),
        vkey: key.to_string(),
        pem: pem(key),
        policy,
        has_timestamps,
    }))
}

/// An Ed25519 key as openssl takes it (RFC 8410).
fn pem(key: &VerifierKey) -> String {
    const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der = [&PREFIX[..], &key.public()].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", BASE64_STANDARD.encode(der))
}
