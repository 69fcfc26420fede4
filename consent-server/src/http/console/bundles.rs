//! Bundles to take away, made beside the visitors: the page, its form, and the work.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::REFRESH;
use axum::response::Response;
use consent_core::notice::SiteId;
use serde::Deserialize;
use time::{Date, Month, Time};

use crate::console::{BundleLine, BundleState, BundlesPage, KeptBundle, moment};
use crate::export::{ExportError, Format, Period};
use crate::store::StoreError;
use crate::trail::By;

use super::super::extract::Path;
use super::super::{AppState, Live, Problem, export};
use super::SignedIn;
use super::answer::{AGAIN, Refusal, page, to};
use super::form::Sent;
use super::kept::{KEPT, Kept};
use super::shelf::{Begun, Lies, Of, WATCHED, watch};

#[derive(Deserialize)]
pub(super) struct Asked {
    form_token: String,
    /// All years if it is empty.
    #[serde(default)]
    year: String,
}

/// The page with the form, and with what came of it.
pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, Refusal> {
    show(&live.now(), &signed_in, &site, None).await
}

async fn show(
    state: &AppState,
    signed_in: &SignedIn,
    site: &str,
    problem: Option<&'static str>,
) -> Result<Response, Refusal> {
    let site = signed_in.site(state, site)?;
    let frame = signed_in.frame(state, Some(site), "Take away", "prove");
    let id = &site.config.id;
    let bundles = lines(state, id, &signed_in.by()).await?;
    let goes_on = bundles.iter().any(BundleLine::is_unfinished);
    let years = years(state, id);
    let mut response = page(&BundlesPage { frame, site: id.to_string(), years, bundles, problem });
    if goes_on {
        // Of an address with a fragment browsers would load nothing again.
        response.headers_mut().insert(REFRESH, AGAIN);
    }
    Ok(response)
}

/// Begins to make a bundle.
pub(super) async fn make(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Sent(asked): Sent<Asked>,
) -> Result<Response, Refusal> {
    signed_in.sent(&asked.form_token)?;
    let state = live.now();
    let id = signed_in.site(&state, &site)?.config.id.clone();
    let year = match asked.year.as_str() {
        "" => None,
        text => Some(text.parse().map_err(|_| Refusal::not_found())?),
    };
    if year.is_some_and(|year| !years(&state, &id).contains(&year)) {
        return Err(Refusal::not_found());
    }
    let of = Of { owner: signed_in.by().name().to_owned(), site: id, year };
    match state.shelf.begin(of.clone(), state.clock.unix_seconds()) {
        Begun::Now(number) => begin(state, number, of),
        Begun::Before => {}
        Begun::Full => {
            let problem = "As many bundles are being made as this server keeps at a time. Come back when one of them is done.";
            return show(&state, &signed_in, &site, Some(problem)).await;
        }
    }
    Ok(to(&format!("/console/{site}/prove/bundles")))
}

/// Makes a bundle where it keeps nobody waiting, one after the other.
fn begin(state: AppState, number: u64, of: Of) {
    tokio::spawn(async move {
        let _turn = state.shelf.turn.lock().await;
        let making = state.clone();
        let made = tokio::task::spawn_blocking(move || {
            let tell = |done, total| making.shelf.lay(number, Lies::Making(done, total));
            tell(0, 0);
            let period = of.year.map_or(Some(Period::default()), of_year).unwrap_or_default();
            let made = export::make(&making, &of.site, Format::Bundle, period, &mut { tell })?;
            Ok(Kept::new(made, making.clock.unix_seconds())?)
        });
        // Whatever came of it is said, also if it was a panic: it would be made for ever, and nobody else's at its place.
        let made = made.await.unwrap_or_else(|error| Err(StoreError::Engine(Box::new(error)).into()));
        match made {
            Ok(kept) => {
                state.shelf.lay(number, Lies::Kept(Arc::new(kept)));
                watch(number, WATCHED, (&state.shelf, &state.store), Arc::clone(&state.clock));
            }
            Err(error) => {
                tracing::error!(%error, "a bundle could not be made");
                let why = match error {
                    ExportError::Overtaken => "Erasures kept overtaking it. Make it again.",
                    _ => "It could not be made; the server's log says why.",
                };
                state.shelf.lay(number, Lies::Failed(why, state.clock.unix_seconds() + KEPT));
            }
        }
    });
}

/// The years of which there is a log, newest first.
fn years(state: &AppState, site: &SiteId) -> Vec<u16> {
    let mut years: Vec<_> = state.heads.of_site(site).iter().map(|(log, _)| log.year.calendar()).collect();
    years.dedup();
    years.reverse();
    years
}

/// From New Year to New Year, UTC.
fn of_year(year: u16) -> Option<Period> {
    let begins = |year: i32| {
        let day = Date::from_calendar_date(year, Month::January, 1).ok()?;
        u64::try_from(day.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp()).ok()
    };
    let year = i32::from(year);
    Some(Period { from: Some(begins(year)?), to: Some(begins(year + 1)?) })
}

/// Somebody's bundles, as the page shows them.
async fn lines(state: &AppState, site: &SiteId, by: &By) -> Result<Vec<BundleLine>, Problem> {
    let (of, owner) = (site.clone(), by.name().to_owned());
    let all = state.blocking(move |state| {
        let all = state.shelf.all_of((&owner, &of), &*state.store, state.clock.unix_seconds());
        all.map_err(|error| Problem::internal(&error))
    });
    let line = |(year, lies): (Option<u16>, Lies)| BundleLine {
        year,
        state: match lies {
            Lies::Waits => BundleState::Waits,
            Lies::Making(done, total) => BundleState::Making { done, total },
            Lies::Kept(kept) => BundleState::Kept(KeptBundle {
                address: format!("/console/{site}/prove/bundles/{}", kept.digest),
                name: kept.name.clone(),
                length: kept.length,
                digest: kept.digest,
                until: moment(kept.until()),
            }),
            Lies::Overtaken(..) => BundleState::Gone(OVERTAKEN),
            Lies::Failed(why, _) => BundleState::Gone(why),
        },
    };
    Ok(all.await?.into_iter().map(line).collect())
}

pub(super) const OVERTAKEN: &str = "Something that was in it has been erased since, or another year has begun, so it was dropped. Make it again.";
