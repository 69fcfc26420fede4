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
use crate::anchors::{heads_site, vouched};
use crate::console::{ByHandPage, LogLine, ProvePage, Vouched, WitnessLine, Witnessed, moment};
use crate::store::LogId;

use super::super::extract::{Path, Query};
use super::super::{AppState, Live, Problem, log};
use super::SignedIn;
use super::answer::{AGAIN, Refusal, page, to};
use super::checks;
use super::form::Sent;

#[derive(Deserialize)]
pub(super) struct Checking {
    form_token: String,
}

/// Which log is checked by hand.
#[derive(Deserialize)]
pub(super) struct Chosen {
    /// Its year; the newest if it is empty.
    #[serde(default)]
    log: String,
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
    let of = id.clone();
    let look = move |state: &AppState| {
        Ok((checks::last(&*state.store, &of)?, lines(state, &of)?, witnessed(state)?))
    };
    let (last, logs, witnessed) = state.blocking(look).await?;
    let last = last.map(|ended| {
        let (at, entries) = (moment(ended.at), ended.entries);
        match ended.holds {
            Some(true) => format!("{at}: everything holds, {entries} entries"),
            Some(false) => format!("{at}: NOT everything holds, {entries} entries"),
            None => format!("{at}: the check could NOT be made"),
        }
    });
    let mut response =
        page(&ProvePage { frame, site: id.to_string(), logs, witnessed, running, last, report, problem });
    if running.is_some() {
        response.headers_mut().insert(REFRESH, AGAIN);
    }
    Ok(response)
}

fn lines(state: &AppState, site: &SiteId) -> Result<Vec<LogLine>, Problem> {
    let heads = state.heads.of_site(site);
    let newest = heads.last().map(|(log, _)| log.clone());
    let line = |(log, head): &(LogId, SignedCheckpoint)| {
        let has_ended = state.heads.ended(log).is_some();
        // A signature says no time. Each batch is signed as it is written, so the last entry's is that of the head.
        let stored = state.store.head(log)?.filter(|stored| stored.size > 0 && !has_ended);
        Ok(LogLine {
            origin: head.checkpoint().origin.to_string(),
            entries: head.checkpoint().size,
            signed: stored.map(|stored| moment(stored.time)),
            root: BASE64_STANDARD.encode(head.checkpoint().root.0),
            key: head.signers().first().map(ToString::to_string).unwrap_or_default(),
            state: match newest.as_ref() {
                _ if has_ended => "could not go on, and was ended",
                Some(newest) if newest == log => "open",
                _ => "closed",
            },
        })
    };
    heads.iter().rev().map(line).collect()
}

/// What others have said of the heads log, in which the heads of all logs are named.
fn witnessed(state: &AppState) -> Result<Witnessed, Problem> {
    let policy = &state.published.witnesses;
    let heads = state.heads.of_site(&heads_site());
    let newest = vouched::newest(&*state.store, policy)?;
    let signed = |at: usize| newest.as_ref()?.signed.get(at).copied().flatten().map(moment);
    let names = policy.witnesses().iter().enumerate();
    let witnesses =
        names.map(|(at, witness)| WitnessLine { name: witness.name.clone(), signed: signed(at) }).collect();
    let stamp = Kept::all(&*state.store)?.into_iter().max_by_key(|kept| kept.time);
    Ok(Witnessed {
        witnesses,
        needed: vouched::needed(policy),
        stamp: stamp.map(|kept| (moment(kept.time), kept.size)),
        newest: newest.map(|newest| {
            let now = heads.last().filter(|(log, _)| log.year == newest.year);
            Vouched {
                log: format!("{}/{}", heads_site(), newest.year),
                entries: newest.size,
                now: now.map(|(_, head)| head.checkpoint().size),
                is_enough: newest.is_enough(policy),
            }
        }),
    })
}

/// Commands for programs that nobody here wrote.
pub(super) async fn get_by_hand(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let frame = signed_in.frame(&state, Some(site), "By hand", "prove");
    let id = site.config.id.clone();
    let of = id.clone();
    let (heads, has_timestamps) =
        state.blocking(move |state| Ok((there(state, &of)?, !Kept::all(&*state.store)?.is_empty()))).await?;
    let wanted = match chosen.log.as_str() {
        "" => heads.last(),
        year => heads.iter().find(|(log, _)| log.year.to_string() == year),
    };
    let (log, head) = wanted.ok_or_else(Refusal::not_found)?;
    let key = head.signers().first().ok_or_else(Refusal::not_found)?;
    let policy = log::policy_of(&state, &id)?.to_string();
    Ok(page(&ByHandPage {
        frame,
        site: id.to_string(),
        years: heads.iter().rev().map(|(log, _)| log.year.to_string()).collect(),
        origin: head.checkpoint().origin.to_string(),
        year: log.year.to_string(),
        vkey: key.to_string(),
        pem: pem(key),
        policy,
        has_timestamps,
    }))
}

/// The logs that are whole: of others a bundle has too little for these commands.
fn there(state: &AppState, site: &SiteId) -> Result<Vec<(LogId, SignedCheckpoint)>, Problem> {
    let mut there = Vec::new();
    for (log, head) in state.heads.of_site(site) {
        let is_whole = state.store.head(&log)?.is_some_and(|stored| !stored.forgotten);
        if is_whole && state.heads.ended(&log).is_none() {
            there.push((log, head));
        }
    }
    Ok(there)
}

/// An Ed25519 key as openssl takes it (RFC 8410).
fn pem(key: &VerifierKey) -> String {
    const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let der = [&PREFIX[..], &key.public()].concat();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", BASE64_STANDARD.encode(der))
}
