//! What visitors chose, counted: for whoever has plots of their own.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use consent_core::category::Category;
use consent_core::interface::{Statistics, StatisticsBy, StatisticsGroup};
use consent_core::notice::SiteId;
use serde::Deserialize;
use time::macros::format_description;
use time::{Date, Duration};
use utoipa::IntoParams;

use crate::counts::{self, Day, Outcome};
use crate::data::Role;

use super::extract::{Path, Query};
use super::{AppState, Problem, access};

/// The days that are counted if none are named.
const USUAL: Duration = Duration::days(30);

/// The most: each is a document of its own.
const MOST: Duration = Duration::days(740);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// The first day, UTC: thirty days before `to` if it is left out.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// The day after the last: tomorrow if it is left out. At most 740 days later.
    #[param(example = "2026-12-01")]
    to: Option<String>,
    /// What is counted by.
    #[serde(default)]
    by: StatisticsBy,
}

/// What visitors chose in a period, counted by action, category, day, language, region or notice. Sums without anything of anybody: they
/// are read from a small document for each day, and not from the log.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/statistics",
    params(("site" = SiteId, Path, description = "Id of the site"), Wanted),
    security(("token" = [])),
    responses(
        (status = 200, description = "The counts", body = Statistics),
        (status = 400, description = "`invalid_query`", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_site`", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_date`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_statistics(
    State(state): State<AppState>,
    Path(site): Path<String>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let site = state.site(&site)?;
    access::require(&state, &headers, site, &[Role::Operator, Role::Auditor])?;
    let tomorrow = counts::date_of(state.clock.unix_seconds()).saturating_add(Duration::DAY);
    let to = wanted.to.as_deref().map_or(Ok(tomorrow), date)?;
    let from = wanted.from.as_deref().map_or(Ok(to.saturating_sub(USUAL)), date)?;
    if from >= to || to - from > MOST {
        return Err(invalid("`from` has to be 1 to 740 days before `to`"));
    }
    let (by, id) = (wanted.by, site.config.id.clone());
    let look = move |state: &AppState| {
        let store = &*state.store;
        // A display counts for its own hour, and may have come in on the next day.
        let days = counts::days(store, &id, from, to.saturating_add(Duration::DAY))?;
        let uncounted = counts::uncounted(store, &id, &store.logs()?)?;
        Ok((uncounted, groups(&days, by, from, to)))
    };
    let (uncounted, groups) = state.blocking(look).await?;
    let statistics = Statistics { from: text(from), to: text(to), by, uncounted, groups };
    Ok(([(CACHE_CONTROL, "no-store")], Json(statistics)).into_response())
}

/// Counts by their words, by value.
#[derive(Default)]
struct Counted(BTreeMap<String, BTreeMap<String, u64>>);

impl Counted {
    fn add(&mut self, value: String, word: &str, times: u64) {
        let of_value = self.0.entry(value).or_default();
        *of_value.entry(word.to_owned()).or_default() += times;
    }
}

fn groups(days: &[(Date, Day)], by: StatisticsBy, from: Date, to: Date) -> Vec<StatisticsGroup> {
    let mut counted = Counted::default();
    for (date, day) in days {
        for ((hour, notice), times) in &day.shown {
            let shown_on = counts::date_of(*hour);
            if (from..to).contains(&shown_on) {
                match by {
                    StatisticsBy::Day => counted.add(text(shown_on), "shown", *times),
                    StatisticsBy::Notice => counted.add(notice.to_string(), "shown", *times),
                    _ => {}
                }
            }
        }
        if *date >= to {
            continue;
        }
        for (key, times) in day.decisions.iter().filter(|(key, _)| !key.is_of_bots()) {
            let word = key.outcome.as_str();
            match by {
                StatisticsBy::Action => counted.add(word.to_owned(), "decisions", *times),
                StatisticsBy::Category if key.outcome.is_answer() => {
                    for category in Category::OPTIONAL {
                        let is_granted = key.granted & category.bit() != 0;
                        let word = if is_granted { "granted" } else { "denied" };
                        counted.add(category.as_str().to_owned(), word, *times);
                    }
                }
                StatisticsBy::Day => counted.add(text(*date), word, *times),
                // Of what was erased nothing else is known.
                StatisticsBy::Language if key.outcome != Outcome::Erased => {
                    counted.add(key.language.clone(), word, *times);
                }
                StatisticsBy::Region if key.outcome != Outcome::Erased => {
                    counted.add(key.region.clone(), word, *times);
                }
                StatisticsBy::Notice => counted.add(key.notice.to_string(), word, *times),
                _ => {}
            }
        }
    }
    counted.0.into_iter().map(|(value, counts)| StatisticsGroup { value, counts }).collect()
}

fn date(text: &str) -> Result<Date, Problem> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| invalid("a day is written as in `2026-11-23`"))
}

fn text(date: Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), u8::from(date.month()), date.day())
}

fn invalid(detail: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_date", detail)
}
