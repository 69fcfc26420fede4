//! Finding a subject, reading all that it decided, and erasing it.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use consent_core::cookie::ConsentCookie;
use consent_core::decision::{DecisionId, SubjectId};
use consent_core::ledger::tlog_proof::TlogProof;
use consent_core::notice::SiteId;
use consent_core::receipt::Content;
use serde::Deserialize;

use crate::console::{Erased, ErasedPage, FindPage, Item, Story, StoryPage};
use crate::history;

use super::super::extract::Path;
use super::super::{AppState, ErasureReason, Live, Problem};
use super::SignedIn;
use super::answer::{Refusal, page, to};

#[derive(Deserialize)]
pub(super) struct Wanted {
    form_token: String,
    wanted: String,
}

#[derive(Deserialize)]
pub(super) struct Erasing {
    form_token: String,
    confirmation: String,
    reason: ErasureReason,
}

/// What is behind the commitment to a subject.
#[derive(Deserialize)]
struct Ids {
    decision_id: String,
    subject_id: String,
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
    show_form(&state, signed_in, &site, None)
}

fn show_form(
    state: &AppState,
    signed_in: SignedIn,
    site: &str,
    problem: Option<&'static str>,
) -> Result<Response, Refusal> {
    let site = signed_in.site(state, site)?;
    let frame = signed_in.frame(state, Some(site), "Find", "find");
    let site = site.config.id.to_string();
    Ok(signed_in.answer(page(&FindPage { frame, site, problem })))
}

/// Looks it up, and leads to the page of a decision of that subject. What was looked for stands in no address, which browsers keep.
pub(super) async fn find(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Refusal> {
    signed_in.sent(&wanted.form_token)?;
    let state = live.now();
    let id = signed_in.site(&state, &site)?.config.id.clone();
    let Some(clue) = clue(&wanted.wanted) else {
        let problem = "This is neither an id, nor the value of a cookie, nor a receipt of this server.";
        return show_form(&state, signed_in, &site, Some(problem));
    };
    let decision = state.blocking(move |state| decision_of(state, &id, clue)).await?;
    match decision {
        Some(decision) => Ok(signed_in.answer(to(&format!("/console/{site}/decisions/{decision}")))),
        None => {
            let problem =
                "This site has no such decision: it was made elsewhere, has not arrived, or was erased.";
            show_form(&state, signed_in, &site, Some(problem))
        }
    }
}

/// A decision by which a subject is found.
fn decision_of(state: &AppState, site: &SiteId, clue: Clue) -> Result<Option<DecisionId>, Problem> {
    match clue {
        Clue::Decision(decision) => Ok(state.store.find_decision(site, decision)?.map(|_| decision)),
        Clue::Subject(subject) => {
            let all = history::of_subject(&*state.store, site, subject)?;
            Ok(all.iter().rev().find_map(|past| ids(past).map(|(decision, _)| decision)))
        }
    }
}

/// The ids behind a decision, unless they were erased.
fn ids(past: &history::PastDecision) -> Option<(DecisionId, SubjectId)> {
    let ids: Ids = serde_json::from_str(past.subject.as_ref()?.get()).ok()?;
    Some((ids.decision_id.parse().ok()?, ids.subject_id.parse().ok()?))
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
    let ids: Ids = serde_json::from_str(content.subject?.data()).ok()?;
    ids.decision_id.parse().ok().map(Clue::Decision)
}

pub(super) async fn get_story(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path((site, decision)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let state = live.now();
    show_story(&state, signed_in, &site, &decision, None).await
}

async fn show_story(
    state: &AppState,
    signed_in: SignedIn,
    site: &str,
    decision: &str,
    problem: Option<&'static str>,
) -> Result<Response, Refusal> {
    let site = signed_in.site(state, site)?;
    let frame = signed_in.frame(state, Some(site), "Subject", "find");
    let (subject, all) = read(state, &site.config.id, decision).await?;
    let story = Story {
        confirmation: confirmation(subject),
        items: all.iter().rev().map(Item::of).collect(),
        of: decision.to_owned(),
        problem,
        subject: subject.to_string(),
    };
    let site = site.config.id.to_string();
    Ok(signed_in.answer(page(&StoryPage { frame, site, story })))
}

async fn read(
    state: &AppState,
    site: &SiteId,
    decision: &str,
) -> Result<(SubjectId, Vec<history::PastDecision>), Refusal> {
    let decision: DecisionId = decision.parse().map_err(|_| Refusal::not_found())?;
    let site = site.clone();
    let found = state
        .blocking(move |state| {
            let Some(past) = history::decision(&*state.store, &site, decision)? else { return Ok(None) };
            let Some((_, subject)) = ids(&past) else { return Ok(None) };
            Ok(Some((subject, history::of_subject(&*state.store, &site, subject)?)))
        })
        .await?;
    found.ok_or_else(Refusal::not_found)
}

/// What has to be typed: it can not be typed without having looked.
fn confirmation(subject: SubjectId) -> String {
    subject.to_string().chars().take(6).collect()
}

/// Erases all that the subject of a decision decided.
pub(super) async fn erase(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path((site, decision)): Path<(String, String)>,
    Form(erasing): Form<Erasing>,
) -> Result<Response, Refusal> {
    signed_in.sent(&erasing.form_token)?;
    if !signed_in.is_operator() {
        return Err(Refusal::not_allowed());
    }
    let state = live.now();
    let of = signed_in.site(&state, &site)?;
    let (subject, _) = read(&state, &of.config.id, &decision).await?;
    if erasing.confirmation.trim() != confirmation(subject) {
        let problem = "What you typed is not what is asked for. Nothing was erased.";
        return show_story(&state, signed_in, &site, &decision, Some(problem)).await;
    }
    let erasure = state.sequencer.erase(of.config.id.clone(), subject, erasing.reason.into()).await;
    let erasure = erasure.map_err(Problem::from)?;
    let entries = erasure.entries.into_iter().map(|(log, index)| (log.to_string(), index)).collect();
    let erased = Erased { decisions: erasure.decisions, entries };
    let frame = signed_in.frame(&state, Some(of), "Erased", "find");
    Ok(signed_in.answer(page(&ErasedPage { frame, site, erased })))
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
