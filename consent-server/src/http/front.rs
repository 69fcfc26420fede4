//! What needs no router: no route is looked for, and nothing of the request is copied. That is the script of a site, which is what most
//! requests want, answered from a head alone; and decisions, of which those for which there is no [room](super::admission) are too, as to
//! refuse one has to cost next to nothing.
//!
//! Whatever is less usual (a language, a region, a site with rules of several regions, a site that is not there) is left to
//! the router, and gets the same answer there as everything that is answered here.

use std::convert::Infallible;

use axum::body::{Bytes, HttpBody};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use consent_core::regime::Region;
use prometheus_client::metrics::counter::Counter;

use crate::sequencer::RecordError;

use super::{AppState, Live, Peer, Problem, Requests, access, banner, decision, route_of};

/// What a request comes to that needs no router.
pub(crate) enum Met {
    /// It is answered, as everybody's like it is: it has no name, and was counted.
    Answered(Response),
    /// It is a decision for a site that there is: [`decide`] answers it.
    Decision(AppState),
}

/// Site and the rest of the path of a request for something of a site.
fn addressed(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/v1/sites/")?.split_once('/')
}

/// Answers a decision that came from here, as the router would.
pub(crate) async fn decide(
    state: AppState,
    peer: Peer,
    request: Request<impl HttpBody<Data = Bytes>>,
) -> Result<Response, Infallible> {
    let (head, body) = request.into_parts();
    let site = addressed(head.uri.path()).and_then(|(site, _)| state.sites.get(site));
    // It lies in the connection's buffer.
    drop(head.uri);
    let answer = match site {
        Some(site) => decision::decide(&state, site, (Some(peer), head.headers), body).await,
        None => Err(Problem::unknown_site()),
    };
    Ok(answer.into_response())
}

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

    /// What a request with this head comes to, unless the router has to be asked.
    pub(crate) fn meet<B>(&self, request: &Request<B>) -> Option<Met> {
        let uri = request.uri();
        match (request.method(), addressed(uri.path())?) {
            (&Method::GET, (site, "banner.js")) if uri.query().is_none() => {
                self.script(site, request.headers()).map(Met::Answered)
            }
            (&Method::POST, (site, "decisions")) => self.decision(site, request.headers()),
            _ => None,
        }
    }

    fn decision(&self, site: &str, headers: &HeaderMap) -> Option<Met> {
        let state = self.live.now();
        let site = state.sites.get(site)?;
        if !state.admission.is_full(&site.config.id) {
            return Some(Met::Decision(state));
        }
        let caller = access::caller(headers, site).ok()?;
        self.refused.inc();
        Some(Met::Answered(caller.allow(Problem::from(RecordError::Busy))))
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
