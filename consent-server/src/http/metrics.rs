//! What the server does, as numbers that a monitoring system collects: `OpenMetrics` 1.0, with nothing of any visitor.
//!
//! Names and labels are listed in `tests/http/metrics.rs`, where a new one has to be entered. Labels are sites, logs, and
//! words of this program; never an id, an address, or anything else that came with a request.

use std::collections::BTreeMap;
use std::fmt;

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use consent_core::decision::{Action, UserAgentClass};
use consent_core::notice::SiteId;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::anchors::heads_site;
use crate::data::Role;
use crate::sequencer::Pulse;
use crate::store::StoreError;
#[cfg(feature = "otlp")]
use crate::telemetry::{self, Spans};
use crate::webhooks::counts::{Outcome, Told};

use super::{AppState, Problem, access};

const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Requests by what was asked for, and by status.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests(Family<RequestLabels, Counter>);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DecisionLabels {
    action: &'static str,
    agent: &'static str,
    site: SiteLabel,
}

/// A site as a label: a handle, as each decision asks for one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SiteLabel(SiteId);

impl EncodeLabelValue for SiteLabel {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> fmt::Result {
        self.0.as_str().encode(encoder)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LogLabels {
    log: String,
    site: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReceiverLabels {
    site: String,
    webhook: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    outcome: &'static str,
    site: String,
    webhook: String,
}

/// Configs that were loaded while the server ran, by what became of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reloads(Family<OutcomeLabels, Counter>);

impl Reloads {
    /// Counts one that is in force now.
    pub(crate) fn applied(&self) {
        self.of("applied").inc();
    }

    /// Counts one that is not, and changed nothing.
    pub(crate) fn refused(&self) {
        self.of("refused").inc();
    }

    fn of(&self, outcome: &'static str) -> Counter {
        self.0.get_or_create_owned(&OutcomeLabels { outcome })
    }
}

/// Everything that is counted while it happens.
#[derive(Debug, Default)]
pub struct Metrics {
    reloads: Reloads,
    requests: Requests,
    decisions: Family<DecisionLabels, Counter>,
}

impl Requests {
    /// Counts an answer to a request for something of this kind.
    pub(crate) fn count(&self, route: &'static str, status: StatusCode) {
        self.0.get_or_create(&RequestLabels { route, status: status.as_u16() }).inc();
    }

    /// Where answers of this kind are counted, for whoever gives many of them.
    pub(super) fn of(&self, route: &'static str, status: StatusCode) -> Counter {
        self.0.get_or_create_owned(&RequestLabels { route, status: status.as_u16() })
    }
}

/// The kind of thing that a decision is sent to.
pub(crate) const DECISIONS: &str = "decisions";

/// The kind of thing that stands at a path.
pub(crate) fn route_of(path: &str) -> &'static str {
    let Some(rest) = path.strip_prefix("/v1/sites/") else {
        return match path {
            "/metrics" => "metrics",
            "/healthz" | "/readyz" => "health",
            path if path.starts_with("/console") => "console",
            _ => "pages",
        };
    };
    let mut parts = rest.split('/').skip(1);
    match (parts.next(), parts.nth(1)) {
        (Some("account"), _) => "account",
        (Some("banner.js" | "settings.js"), _) => "banner",
        (Some("decisions"), None) => DECISIONS,
        (Some("decisions"), Some(_)) => "receipts",
        (Some("export"), _) => "export",
        (Some("handoffs"), _) => "handoffs",
        (Some("logs"), _) => "logs",
        (
            Some("declaration" | "declaration.html" | "declaration.js" | "notice" | "notices" | "scripts"),
            _,
        ) => "notices",
        (Some("shown"), _) => "shown",
        (Some("subjects"), _) => "subjects",
        (Some("webhooks"), _) => "webhooks",
        _ => "other",
    }
}

impl Metrics {
    /// Where reloads are counted.
    pub(crate) fn reloads(&self) -> Reloads {
        self.reloads.clone()
    }

    /// Where requests are counted.
    pub(crate) fn requests(&self) -> Requests {
        self.requests.clone()
    }

    /// Counts a decision that was recorded.
    pub(super) fn decided(&self, site: &SiteId, action: Action, class: UserAgentClass) {
        let agent = if class == UserAgentClass::Bot { "bot" } else { "person" };
        let labels = DecisionLabels { action: action.as_str(), agent, site: SiteLabel(site.clone()) };
        self.decisions.get_or_create(&labels).inc();
    }
}

/// Numbers for a monitoring system, as `OpenMetrics` 1.0.
///
/// Needs a token for all sites; Prometheus sends one with `authorization.credentials_file`.
#[utoipa::path(
    get,
    path = "/metrics",
    security(("token" = [])),
    responses(
        (status = 200, description = "The numbers", body = String, content_type = "application/openmetrics-text"),
        (status = 401, description = "`missing_token`, `invalid_token`", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`not_allowed`: the token is for one site", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_metrics(
    State(state): State<AppState>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // The heads log covers all sites, and so has this token to.
    access::require_for(&state, &headers, &heads_site(), &[Role::Operator, Role::Auditor])?;
    let text = state.blocking(|state| Ok(write(state)?)).await?;
    Ok(([(CONTENT_TYPE, MEDIA_TYPE), (CACHE_CONTROL, "no-store")], text).into_response())
}

/// What was counted, and what is read at this moment.
fn write(state: &AppState) -> Result<String, StoreError> {
    let now = state.clock.unix_seconds();
    let Metrics { reloads, requests, decisions } = &state.metrics;
    let Pulse { commits, batches } = state.sequencer.pulse();
    let mut all = Registry::with_prefix("consent");
    all.register("requests", "Answers by what was asked for and status", requests.0.clone());
    all.register("decisions", "Decisions recorded since the start", decisions.clone());
    let help = "From handing a batch to the store until it is durable, signed and shown";
    all.register_with_unit("commit", help, Unit::Seconds, commits.clone());
    all.register("batch_decisions", "Decisions of a batch", batches.clone());
    let waiting = gauge(state.sequencer.waiting());
    all.register("waiting_decisions", "Decisions that wait for the next batch", waiting);
    let unread = gauge(state.admission.unread().count());
    all.register("unread_connections", "Connections with something to read that wait for a thread", unread);
    let (sizes, ages) = (Family::<LogLabels, Gauge>::default(), Family::<LogLabels, Gauge>::default());
    for (id, head) in state.store.logs()? {
        let labels = LogLabels { log: id.year.to_string(), site: id.site.to_string() };
        sizes.get_or_create(&labels).set(whole(head.size));
        if !head.closed && !head.forgotten {
            ages.get_or_create(&labels).set(whole(now.saturating_sub(head.time)));
        }
    }
    all.register("log_entries", "Entries under the head of a log", sizes);
    let help = "Since the last entry of a log that is open";
    all.register_with_unit("head_age", help, Unit::Seconds, ages);
    if let Some(time) = state.published.cosigned_at() {
        let help = "Since enough witnesses cosigned a head of the heads log";
        let age = gauge(now.saturating_sub(time));
        all.register_with_unit("witness_age", help, Unit::Seconds, age);
    }
    let help = "Since the config in force was loaded";
    let age = gauge(now.saturating_sub(state.since));
    all.register_with_unit("config_age", help, Unit::Seconds, age);
    // Both are there from the start, so that a first refusal is seen as a rise.
    let _both = ["applied", "refused"].map(|outcome| reloads.of(outcome));
    let help = "Configs loaded while the server ran, by what became of them";
    all.register("reloads", help, reloads.0.clone());
    if let Some(bytes) = state.store.bytes()? {
        all.register_with_unit("store", "What the store takes on the disk", Unit::Bytes, gauge(bytes));
    }
    let told = state.told.all();
    if !told.is_empty() {
        write_told(&mut all, &told, now);
    }
    #[cfg(feature = "otlp")]
    if let Some(Spans { exported, lost }) = telemetry::spans() {
        let spans = Family::<OutcomeLabels, Counter>::default();
        spans.get_or_create(&OutcomeLabels { outcome: "exported" }).inc_by(exported);
        spans.get_or_create(&OutcomeLabels { outcome: "lost" }).inc_by(lost);
        all.register("spans", "Spans of requests by what became of them", spans);
    }
    let mut text = String::new();
    encode(&mut text, &all).map_err(|error| StoreError::Engine(Box::new(error)))?;
    Ok(text)
}

/// How receivers of webhooks do. A process tells of those that it tells something itself.
fn write_told(all: &mut Registry, told: &BTreeMap<(SiteId, String), Told>, now: u64) {
    let (attempts, ages) =
        (Family::<AttemptLabels, Counter>::default(), Family::<ReceiverLabels, Gauge>::default());
    for ((site, webhook), told) in told {
        let (site, webhook) = (site.to_string(), webhook.clone());
        for outcome in Outcome::ALL {
            let labels =
                AttemptLabels { outcome: outcome.as_str(), site: site.clone(), webhook: webhook.clone() };
            attempts.get_or_create(&labels).inc_by(told.attempts(outcome));
        }
        let age = told.oldest.map_or(0, |oldest| now.saturating_sub(oldest));
        ages.get_or_create(&ReceiverLabels { site, webhook }).set(whole(age));
    }
    all.register("webhook_attempts", "Attempts to tell a receiver, by what became of them", attempts);
    let help = "Since the log took the first thing that a receiver was not told yet; 0 if it was told all";
    all.register_with_unit("webhook_age", help, Unit::Seconds, ages);
}

fn gauge(value: impl TryInto<i64>) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(value.try_into().unwrap_or(i64::MAX));
    gauge
}

fn whole(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::route_of;

    #[test]
    fn a_path_is_counted_as_what_stands_there_and_names_nothing_of_its_own() {
        for (path, route) in [
            ("/v1/sites/newsroom/banner.js", "banner"),
            ("/v1/sites/newsroom/decisions", "decisions"),
            ("/v1/sites/newsroom/decisions/0193/receipt", "receipts"),
            ("/v1/sites/newsroom/declaration.html", "notices"),
            ("/v1/sites/newsroom/account", "account"),
            ("/v1/sites/newsroom/handoffs", "handoffs"),
            ("/v1/sites/newsroom/logs/2026/checkpoint", "logs"),
            ("/v1/sites/newsroom/subjects/AAEC", "subjects"),
            ("/v1/sites/newsroom/webhooks", "webhooks"),
            ("/v1/sites/newsroom/webhooks/warehouse/replays", "webhooks"),
            ("/v1/sites/newsroom/anything", "other"),
            ("/v1/sites/", "other"),
            ("/metrics", "metrics"),
            ("/about", "pages"),
            ("", "pages"),
        ] {
            assert_eq!(route_of(path), route, "{path}");
        }
    }
}
