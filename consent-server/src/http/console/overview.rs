//! How the sites do.

use axum::extract::State;
use axum::response::Response;
use consent_core::notice::SiteId;
use serde::Deserialize;
use time::{Date, Duration, OffsetDateTime};

use crate::console::{Overview, OverviewPage, Seen, SitesPage};
use crate::counts;

use super::super::extract::{Path, Query};
use super::super::{AppState, Live, Problem};
use super::SignedIn;
use super::answer::{Refusal, page, to};
use super::visitor::link;

/// The period that is shown if none is asked for, in days.
const USUAL: u16 = 30;

#[derive(Deserialize)]
pub(super) struct Period {
    days: Option<u16>,
}

pub(super) async fn get_sites(State(live): State<Live>, signed_in: SignedIn) -> Result<Response, Refusal> {
    let state = live.now();
    let sites: Vec<_> =
        signed_in.sites(&state).into_iter().map(|site| (site.config.id.clone(), link(site))).collect();
    if let [(id, _)] = sites.as_slice() {
        return Ok(signed_in.answer(to(&format!("/console/{id}/"))));
    }
    let frame = signed_in.frame(&state, None, "Sites", "");
    let sites = state
        .blocking(move |state| {
            let all = sites.into_iter().map(|(id, link)| Ok((link, look(state, &id, USUAL)?)));
            all.collect::<Result<Vec<_>, Problem>>()
        })
        .await?;
    Ok(signed_in.answer(page(&SitesPage { frame, sites })))
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
    let overview = state.blocking(move |state| look(state, &id, days)).await?;
    Ok(signed_in.answer(page(&OverviewPage { frame, overview })))
}

fn look(state: &AppState, site: &SiteId, length: u16) -> Result<Overview, Problem> {
    let now = state.clock.unix_seconds();
    let today = date_of(now);
    // The period before too; and the next day, whose first hour may tell of the last one of this.
    let from = today.saturating_sub(Duration::days(i64::from(length) * 2 + 8));
    let to = today.saturating_add(Duration::days(2));
    let days = counts::days(&*state.store, site, from, to)?;
    let mut seen = Seen { witness_age: age(now, state.published.cosigned_at()), ..Seen::default() };
    let counted = counts::counted(&*state.store, site)?;
    let mut newest = None;
    for (log, head) in
        state.store.logs()?.into_iter().filter(|(log, head)| log.site == *site && !head.forgotten)
    {
        seen.uncounted += head.size.saturating_sub(counted.get(&log.to_string()).copied().unwrap_or(0));
        newest = newest.max(Some(head.time));
    }
    seen.head_age = age(now, newest);
    Ok(Overview::of(&days, today, length, seen))
}

fn age(now: u64, then: Option<u64>) -> Option<u64> {
    then.map(|then| now.saturating_sub(then))
}

fn date_of(unix_seconds: u64) -> Date {
    let at = i64::try_from(unix_seconds).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    at.unwrap_or(OffsetDateTime::UNIX_EPOCH).date()
}
