//! How the sites do.

use axum::extract::State;
use axum::response::Response;
use consent_core::notice::SiteId;
use serde::Deserialize;

use crate::console::{Alert, Counted, Overview, OverviewPage, SitesPage};
use crate::counts::{self, Place};
use crate::store::{Head, LogId};

use super::super::extract::{Path, Query};
use super::super::{AppState, Live, Problem};
use super::SignedIn;
use super::answer::{Refusal, page, to};
use super::stale::stale;
use super::visitor::link;

/// The period that is shown if none is asked for, in days.
const USUAL: u16 = 30;

/// Of so many sites there are figures in the list of all; the others are named.
const WITH_FIGURES: usize = 40;

#[derive(Deserialize)]
pub(super) struct Period {
    days: Option<u16>,
}

pub(super) async fn get_sites(State(live): State<Live>, signed_in: SignedIn) -> Result<Response, Refusal> {
    let state = live.now();
    let sites: Vec<_> =
        signed_in.sites(&state).into_iter().map(|site| (site.config.id.clone(), link(site))).collect();
    if let [(id, _)] = sites.as_slice() {
        return Ok(to(&format!("/console/{id}/")));
    }
    let frame = signed_in.frame(&state, None, "Sites", "");
    let sites = state
        .blocking(move |state| {
            let logs = state.store.logs()?;
            let with_figures = sites.into_iter().enumerate().map(|(at, (id, link))| {
                let overview = if at < WITH_FIGURES { Some(look(state, &id, USUAL, &logs)?) } else { None };
                Ok((link, overview))
            });
            with_figures.collect::<Result<Vec<_>, Problem>>()
        })
        .await?;
    Ok(page(&SitesPage { frame, sites }))
}

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Query(period): Query<Period>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let frame = signed_in.frame(&state, Some(site), "Overview", "");
    let days = period.days.filter(|days| Overview::PERIODS.contains(days)).unwrap_or(USUAL);
    let id = site.config.id.clone();
    let overview = state.blocking(move |state| look(state, &id, days, &state.store.logs()?)).await?;
    Ok(page(&OverviewPage { frame, overview }))
}

fn look(state: &AppState, id: &SiteId, length: u16, logs: &[(LogId, Head)]) -> Result<Overview, Problem> {
    let site = state.site(id.as_str())?;
    let today = counts::date_of(state.clock.unix_seconds());
    let (from, to) = Overview::reach(today, length);
    let days = counts::days(&*state.store, id, from, to)?;
    let named = counts::named(&*state.store, id)?;
    let uncounted = counts::uncounted(&*state.store, id, logs)?;
    let own: Vec<_> = logs.iter().filter(|(log, head)| log.site == *id && !head.forgotten).collect();
    let places = site
        .notices()
        .map(|notice| (notice.id(), Place { language: &notice.language, region: &notice.regime.region }));
    let known = Counted { days: &days, named: &named, places: &places.collect(), uncounted };
    let mut overview = Overview::of(known, today, length);
    overview.alerts.extend(stale(state, &own)?);
    overview.alerts.extend(unwitnessed(state));
    Ok(overview)
}

/// Of several servers one asks the witnesses, and only that one knows.
fn unwitnessed(state: &AppState) -> Option<Alert> {
    if state.published.witnesses.witnesses().is_empty() {
        return None;
    }
    let waiting_since = (!state.store.is_shared()).then_some(state.since);
    Alert::unwitnessed(state.published.cosigned_at().or(waiting_since)?, state.clock.unix_seconds())
}

#[cfg(test)]
mod tests;
