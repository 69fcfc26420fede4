//! The script of a site, which is what most requests want, answered from a head alone: no route is looked for, nothing is copied.
//!
//! Whatever is less usual (a language, a region, a site with rules of several regions, a site that is not there) is left to
//! the router, and gets the same answer there as everything that is answered here.

use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use consent_core::regime::Region;
use prometheus_client::metrics::counter::Counter;

use super::{Live, Requests, banner, route_of};

/// Answers what needs no router.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    live: Live,
    whole: Counter,
    unchanged: Counter,
}

impl Front {
    /// Answers by the config in force, and counts what it answers; `None` if every request is to be logged by the router.
    pub(crate) fn new(live: Live, requests: &Requests) -> Option<Self> {
        #[cfg(feature = "otlp")]
        if crate::telemetry::is_on() {
            return None;
        }
        let counter = |status| requests.of(route_of("/v1/sites/x/banner.js"), status);
        let (whole, unchanged) = (counter(StatusCode::OK), counter(StatusCode::NOT_MODIFIED));
        (!tracing::enabled!(tracing::Level::DEBUG)).then_some(Self { live, whole, unchanged })
    }

    /// The answer to a request with this head, unless the router has to be asked.
    pub(crate) fn answer<B>(&self, request: &Request<B>) -> Option<Response> {
        let (uri, headers) = (request.uri(), request.headers());
        let site = uri.path().strip_prefix("/v1/sites/")?.strip_suffix("/banner.js")?;
        if request.method() != Method::GET || uri.query().is_some() {
            return None;
        }
        let state = self.live.peek();
        let site = state.sites.get(site).filter(|site| !site.config.regimes.differ())?;
        let response = banner::script(&site.banner(None, Region::UNKNOWN)?.script, banner::CACHE, headers);
        let counter = if response.status() == StatusCode::OK { &self.whole } else { &self.unchanged };
        counter.inc();
        Some(response)
    }
}
