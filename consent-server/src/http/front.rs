//! What is answered from a head alone: no route is looked for, nothing is copied. That is the script of a site, which is what most
//! requests want; and a decision for which there is no [room](super::admission), as to refuse it has to cost next to nothing.
//!
//! Whatever is less usual (a language, a region, a site with rules of several regions, a site that is not there) is left to
//! the router, and gets the same answer there as everything that is answered here.

use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::Response;
use consent_core::regime::Region;
use prometheus_client::metrics::counter::Counter;

use crate::sequencer::RecordError;

use super::{Live, Problem, Requests, access, banner, route_of};

/// Answers what needs no router.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    live: Live,
    whole: Counter,
    unchanged: Counter,
    refused: Counter,
}

impl Front {
    /// Answers by the config in force, and counts what it answers; `None` if every request is to be logged by the router.
    pub(crate) fn new(live: Live, requests: &Requests) -> Option<Self> {
        #[cfg(feature = "otlp")]
        if crate::telemetry::is_on() {
            return None;
        }
        let counter = |path, status| requests.of(route_of(path), status);
        let script = |status| counter("/v1/sites/x/banner.js", status);
        let (whole, unchanged) = (script(StatusCode::OK), script(StatusCode::NOT_MODIFIED));
        let refused = counter("/v1/sites/x/decisions", StatusCode::SERVICE_UNAVAILABLE);
        (!tracing::enabled!(tracing::Level::DEBUG)).then_some(Self { live, whole, unchanged, refused })
    }

    /// The answer to a request with this head, unless the router has to be asked.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        let uri = request.uri();
        let (site, what) = uri.path().strip_prefix("/v1/sites/")?.split_once('/')?;
        match (request.method(), what) {
            (&Method::GET, "banner.js") if uri.query().is_none() => self.script(site, request.headers()),
            (&Method::POST, "decisions") => self.refusal(site, request.headers()),
            _ => None,
        }
    }

    fn refusal(&self, site: &str, headers: &HeaderMap) -> Option<Response> {
        let state = self.live.peek();
        let site = state.sites.get(site).filter(|site| state.admission.is_full(&site.config.id))?;
        let caller = access::caller(headers, site).ok()?;
        self.refused.inc();
        Some(caller.allow(Problem::from(RecordError::Busy)))
    }

    fn script(&self, site: &str, headers: &HeaderMap) -> Option<Response> {
        let state = self.live.peek();
        let site = state.sites.get(site).filter(|site| !site.config.regimes.differ())?;
        let response = banner::script(&site.banner(None, Region::UNKNOWN)?.script, banner::CACHE, headers);
        let counter = if response.status() == StatusCode::OK { &self.whole } else { &self.unchanged };
        counter.inc();
        Some(response)
    }
}
