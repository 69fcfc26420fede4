//! Finding a subject, reading all that it decided, and erasing it.

use axum::extract::State;
use axum::response::Response;
use consent_core::cookie::ConsentCookie;
use consent_core::decision::{DecisionId, SubjectId};
use consent_core::interface::RecordedSubject;
use consent_core::ledger::tlog_proof::TlogProof;
use consent_core::notice::SiteId;
use consent_core::receipt::Content;
use serde::Deserialize;

use crate::console::{FindPage, Item, Paging, Story, StoryPage, Subject};
use crate::history;
use crate::store::LogId;
use crate::trail::What;

use super::super::extract::{Path, Query};
use super::super::{AppState, ErasureReason, Live, Problem};
use super::SignedIn;
use super::answer::{Refusal, page, to};
use super::entry;
use super::form::Sent;
use super::notices::Turned;
use super::upload::Uploaded;

/// A receipt, with every character escaped.
const MOST: usize = 96 * 1024;

#[derive(Deserialize)]
pub(super) struct Erasing {
    form_token: String,
    confirmation: String,
    reason: ErasureReason,
}

/// What somebody looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clue {
    Decision(DecisionId),
    Subject(SubjectId),
}

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, Refusal> {
    let state = live.now();
    show_form(&state, &signed_in, &site, None)
}

fn show_form(
    state: &AppState,
    signed_in: &SignedIn,
    site: &str,
    problem: Option<&'static str>,
) -> Result<Response, Refusal> {
    let site = signed_in.site(state, site)?;
    let frame = signed_in.frame(state, Some(site), "Find", "find");
    let site = site.config.id.to_string();
    Ok(page(&FindPage { frame, site, problem }))
}

/// Looks it up, and leads to the page of an entry of that subject: what was looked for stands in no address, which browsers keep.
pub(super) async fn find(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    form: Uploaded<MOST>,
) -> Result<Response, Refusal> {
    signed_in.sent(form.text("form_token"))?;
    let state = live.now();
    let id = signed_in.site(&state, &site)?.config.id.clone();
    // Of both, what was typed.
    let wanted = [form.text("wanted"), form.text("receipt")].into_iter().find(|text| !text.trim().is_empty());
    let Some(clue) = wanted.and_then(clue) else {
        let problem = "This is neither an id, nor the value of a cookie, nor a receipt of this server.";
        return show_form(&state, &signed_in, &site, Some(problem));
    };
    match state.blocking(move |state| place_of(state, &id, clue)).await? {
        Some((log, index)) => Ok(to(&format!("/console/{site}/entries/{}/{index}", log.year))),
        None => {
            let problem =
                "This site has no such decision: it was made elsewhere, has not arrived, or was erased.";
            show_form(&state, &signed_in, &site, Some(problem))
        }
    }
}

/// Where a decision is, or the last one of a subject.
fn place_of(state: &AppState, site: &SiteId, clue: Clue) -> Result<Option<(LogId, u64)>, Problem> {
    match clue {
        Clue::Decision(decision) => {
            Ok(state.store.find_decision(site, decision)?.map(|placed| (placed.log, placed.index)))
        }
        Clue::Subject(subject) => Ok(state.store.find_subject(site, subject)?.pop()),
    }
}

/// Reads whatever a visitor may have at hand.
fn clue(text: &str) -> Option<Clue> {
    let text = text.trim();
    if let Ok(decision) = text.parse() {
        return Some(Clue::Decision(decision));
    }
    if let Ok(subject) = text.parse() {
        return Some(Clue::Subject(subject));
    }
    let value = text.strip_prefix("consent=").unwrap_or(text);
    if let Ok(cookie) = value.parse::<ConsentCookie>() {
        return Some(Clue::Subject(cookie.subject));
    }
    receipt_clue(text)
}

/// A receipt names its decision. Whether it holds is not asked here: what this server has recorded under that name is shown.
fn receipt_clue(text: &str) -> Option<Clue> {
    // Browsers send the lines of a form with a carriage return each.
    let text = format!("{}\n", text.replace("\r\n", "\n"));
    let proof = TlogProof::parse(text.as_bytes()).ok()?;
    let content: Content = serde_json::from_slice(proof.extra.as_deref()?).ok()?;
    let ids: RecordedSubject = serde_json::from_str(content.subject?.data()).ok()?;
    ids.decision_id.parse().ok().map(Clue::Decision)
}

/// All that a subject decided, by one of its entries; with `.json` behind the index, that entry and what proves it.
pub(super) async fn get_story(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path((site, log, index)): Path<(String, String, String)>,
    Query(turned): Query<Turned>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let (index, as_json) = index.strip_suffix(".json").map_or((index.as_str(), false), |index| (index, true));
    let place = place(&state, &signed_in, &site, &log, index)?;
    if as_json {
        return entry::document(&state, place).await;
    }
    show_story(&state, &signed_in, place, turned.page, None).await
}

/// An entry of a site that the visitor may see, whether or not it is there.
fn place(
    state: &AppState,
    signed_in: &SignedIn,
    site: &str,
    log: &str,
    index: &str,
) -> Result<(LogId, u64), Refusal> {
    let site = signed_in.site(state, site)?.config.id.clone();
    let year = log.parse().map_err(|_| Refusal::not_found())?;
    let index = index.parse().map_err(|_| Refusal::not_found())?;
    Ok((LogId { site, year }, index))
}

async fn show_story(
    state: &AppState,
    signed_in: &SignedIn,
    (log, index): (LogId, u64),
    wanted: Option<usize>,
    problem: Option<&'static str>,
) -> Result<Response, Refusal> {
    let site = signed_in.site(state, log.site.as_str())?;
    let frame = signed_in.frame(state, Some(site), "Subject", "find");
    let year = log.year.to_string();
    let found = state
        .blocking(move |state| {
            let Some(past) = history::decision_at(&*state.store, &log, index)? else { return Ok(None) };
            let Some(subject) = ids(&past) else {
                let item = Item::of(&past, entry::line(state, &log, index)?);
                return Ok(Some((None, vec![item], Paging::new(1, 1))));
            };
            // Oldest first, but shown the other way around: on the page with this entry, if no other one is asked for.
            let mut places = state.store.find_subject(&log.site, subject)?;
            places.reverse();
            let own = || places.iter().position(|place| *place == (log.clone(), index)).unwrap_or(0);
            let paging = wanted
                .map_or_else(|| Paging::at(places.len(), own()), |wanted| Paging::new(places.len(), wanted));
            let shown = places.get(paging.range()).unwrap_or_default();
            let items = shown.iter().zip(history::at(&*state.store, shown)?).map(|((log, index), past)| {
                let proof = entry::line(state, log, *index)?;
                Ok(Item::of(&past, proof))
            });
            Ok(Some((Some(subject), items.collect::<Result<Vec<_>, Problem>>()?, paging)))
        })
        .await?;
    let (subject, items, paging) = found.ok_or_else(Refusal::not_found)?;
    let subject = subject.map(|id| Subject { confirmation: confirmation(id), id: id.to_string() });
    let story = Story { subject, items, paging, problem, log: year, index };
    let site = site.config.id.to_string();
    Ok(page(&StoryPage { frame, site, story }))
}

/// The subject of a decision, unless it was erased.
fn ids(past: &history::PastDecision) -> Option<SubjectId> {
    let ids: RecordedSubject = serde_json::from_str(past.subject.as_ref()?.get()).ok()?;
    ids.subject_id.parse().ok()
}

/// What has to be typed: it can not be typed without having looked.
fn confirmation(subject: SubjectId) -> String {
    subject.to_string().chars().take(6).collect()
}

/// Erases all that the subject of a decision decided, and leads to what is left of it.
pub(super) async fn erase(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path((site, log, index)): Path<(String, String, String)>,
    Sent(erasing): Sent<Erasing>,
) -> Result<Response, Refusal> {
    signed_in.sent(&erasing.form_token)?;
    let state = live.now();
    signed_in.require_operator(&state, &site, What::SubjectErased).await?;
    let (log, index) = place(&state, &signed_in, &site, &log, &index)?;
    let of = log.clone();
    let past = state.blocking(move |state| Ok(history::decision_at(&*state.store, &of, index)?)).await?;
    let left = to(&format!("/console/{site}/entries/{}/{index}", log.year));
    let Some(subject) = ids(&past.ok_or_else(Refusal::not_found)?) else {
        return Ok(left); // somebody was faster
    };
    if erasing.confirmation.trim() != confirmation(subject) {
        let problem = "What you typed is not what is asked for. Nothing was erased.";
        return show_story(&state, &signed_in, (log, index), None, Some(problem)).await;
    }
    let (reason, by) = (erasing.reason.into(), signed_in.by());
    state.sequencer.erase(log.site, subject, reason, by).await.map_err(Problem::from)?;
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_visitor_has_leads_somewhere() {
        let decision = "01930000-0000-7000-8000-000000000001";
        assert_eq!(clue(&format!(" {decision}\n")), Some(Clue::Decision(decision.parse().unwrap())));
        let subject = "AAECAwQFBgcICQoLDA0ODw";
        assert_eq!(clue(subject), Some(Clue::Subject(subject.parse().unwrap())));
        for odd in ["", "a", "consent=", "consent=1.2.3", "<script>", &"é".repeat(60_000)] {
            assert_eq!(clue(odd), None, "{odd}");
        }
    }
}
