//! What was done with this server: for those who may see all sites.

use axum::extract::State;
use axum::response::Response;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::entry::action::Action;
use consent_core::ledger::origin::LogYear;
use consent_core::notice::SiteId;
use serde::Deserialize;

use crate::console::{Doing, TrailPage};
use crate::export::{Format, Period};
use crate::store::LogId;
use crate::trail::{self, Place, trail_site};

use super::super::extract::Query;
use super::super::{AppState, Live, export};
use super::SignedIn;
use super::answer::{Refusal, page};

/// How many entries a page has.
const MOST: usize = 50;

#[derive(Deserialize)]
pub(super) struct Wanted {
    /// Of one site only; of all if empty.
    #[serde(default)]
    site: String,
    /// Before this entry, as `<log>-<index>`; from the newest on if left out.
    #[serde(default)]
    before: String,
}

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Refusal> {
    may_see(&signed_in)?;
    let state = live.now();
    let site: Option<SiteId> = match wanted.site.as_str() {
        "" => None,
        // Also one that is not in the config any more: what was done on it was done.
        id => Some(id.parse().map_err(|_| Refusal::not_found())?),
    };
    let before = match wanted.before.as_str() {
        "" => None,
        text => Some(place(text).ok_or_else(Refusal::not_found)?),
    };
    let (logs, of) = (logs(&state), site.clone());
    let origin = state.heads.of_site(&trail_site()).pop().map(|(_, head)| head.checkpoint().origin.clone());
    let part = state
        .blocking(move |state| Ok(trail::read(&*state.store, &logs, before, of.as_ref(), MOST)?))
        .await?;
    let line = |(log, index, time, action): (LogYear, u64, u64, Action)| Doing::of(log, index, time, &action);
    let frame = signed_in.frame(&state, None, "Trail", "trail");
    Ok(page(&TrailPage {
        frame,
        site: site.map(|site| site.to_string()),
        is_newest: before.is_none(),
        lines: part.lines.into_iter().map(line).collect(),
        older: part.older.map(|(log, index)| format!("{log}-{index}")),
        log: origin.map(|origin| (origin.to_string(), origin.year().to_string())),
    }))
}

/// The trail as a bundle, which `consent verify` checks as that of any site.
pub(super) async fn get_bundle(
    State(live): State<Live>,
    signed_in: SignedIn,
    _taken: export::TakenAway,
) -> Result<Response, Refusal> {
    may_see(&signed_in)?;
    let by = signed_in.by();
    Ok(export::send(&live.now(), trail_site(), Format::Bundle, Period::default(), &by).await?)
}

/// Whoever is good for one site does not even learn that there is more.
fn may_see(signed_in: &SignedIn) -> Result<(), Refusal> {
    if signed_in.sees_trail() { Ok(()) } else { Err(Refusal::not_found()) }
}

/// The logs of the trail, each with as much of it as is signed and there.
fn logs(state: &AppState) -> Vec<(LogId, u64)> {
    let sized = |(log, head): (LogId, SignedCheckpoint)| {
        let size = state.heads.ended(&log).map_or(head.checkpoint().size, |ended| ended.reached());
        (log, size)
    };
    state.heads.of_site(&trail_site()).into_iter().map(sized).collect()
}

fn place(text: &str) -> Option<Place> {
    let (log, index) = text.split_once('-')?;
    Some((log.parse().ok()?, index.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_log_and_an_index_and_nothing_else() {
        assert_eq!(place("2026-17"), Some((2026.into(), 17)));
        assert_eq!(place("2026.2-0"), Some((LogYear::new(2026, 2).unwrap(), 0)));
        for odd in ["", "-", "2026", "2026-", "-1", "2026--1", "2026-1-1", "26-1", "2026-x"] {
            assert_eq!(place(odd), None, "{odd}");
        }
    }
}
