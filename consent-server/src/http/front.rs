//! What needs no router: no route is looked for. The script of a site, which is what most requests want, is answered from a head alone. So is
//! a decision for which there is no [room](super::admission), as to refuse one has to cost next to nothing; any other is answered by
//! [`decide`].
//!
//! Whatever is less usual (an origin that is not listed, a language, a region, a site with rules of several regions, a site that is not there) is left to
//! the router, and gets the same answer there as everything that is answered here.

use axum::body::{Bytes, HttpBody};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use consent_core::regime::Region;
use prometheus_client::metrics::counter::Counter;

use crate::sequencer::RecordError;

use super::access::{self, Caller};
use super::{AppState, Live, Peer, Problem, Requests, banner, decision, route_of};

/// What a request comes to that needs no router.
pub(crate) enum Met {
    /// It is answered from its head alone: it has no name, and was counted.
    Answered(Response),
    /// It is a decision that is taken: [`decide`] answers it.
    Decision(Taken),
}

/// What is known by its head of a decision for which there is room: the config that it came under, and who sent it.
pub(crate) struct Taken(AppState, Caller);

/// Site and the rest of the path of a request for something of a site.
fn addressed(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("/v1/sites/")?.split_once('/')
}

/// Answers a decision that came from here, as the router would.
pub(crate) async fn decide(
    Taken(state, caller): Taken,
    peer: Peer,
    request: Request<impl HttpBody<Data = Bytes>>,
) -> Response {
    let (Parts { headers, uri, .. }, body) = request.into_parts();
    let site = addressed(uri.path()).map(|(site, _)| state.site(site)).ok_or_else(Problem::unknown_site);
    // It lies in the connection's buffer.
    drop(uri);
    match site.flatten() {
        Ok(site) => decision::decide(&state, site, caller, (Some(peer), headers), body).await,
        Err(unknown) => unknown.into_response(),
    }
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

    /// What a request with this head comes to, which found so many connections unread, unless the router has to be asked.
    pub(crate) fn meet<B>(&self, request: &Request<B>, ahead: usize) -> Option<Met> {
        let uri = request.uri();
        match (request.method(), addressed(uri.path())?) {
            (&Method::GET, (site, "banner.js")) if uri.query().is_none() => {
                self.script(site, request.headers()).map(Met::Answered)
            }
            (&Method::POST, (site, "decisions")) => self.decision(site, request.headers(), ahead),
            _ => None,
        }
    }

    fn decision(&self, site: &str, headers: &HeaderMap, ahead: usize) -> Option<Met> {
        let state = self.live.peek();
        let site = state.sites.get(site)?;
        let caller = access::caller(headers, site).ok()?;
        if !state.admission.is_full(&site.config.id, ahead) {
            return Some(Met::Decision(Taken(AppState::kept(state), caller)));
        }
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

#[cfg(test)]
mod tests {
    use crate::app::App;

    use super::*;

    #[tokio::test]
    async fn scripts_and_decisions_of_sites_that_there_are_need_no_router_and_all_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let app =
            App::open(crate::testing::config(folder.path()), &folder.path().join("data")).await.unwrap();
        let front = app.reception().front.expect("nobody listens to every request");
        for (method, path, needs_none) in [
            ("POST", "/v1/sites/news/decisions", Some("decision")),
            ("POST", "/v1/sites/news/decisions?a=b", Some("decision")),
            ("GET", "/v1/sites/news/banner.js", Some("answered")),
            ("GET", "/v1/sites/news/banner.js?lang=en", None),
            ("GET", "/v1/sites/news/decisions", None),
            ("HEAD", "/v1/sites/news/decisions", None),
            ("OPTIONS", "/v1/sites/news/decisions", None),
            ("POST", "/v1/sites/news/decisions/", None),
            ("POST", "/v1/sites/new%73/decisions", None),
            ("POST", "/v1/sites/none/decisions", None),
            ("POST", "/v1/sites//decisions", None),
            ("POST", "/v1/sites/news/banner.js", None),
            ("POST", "/", None),
        ] {
            let request = Request::builder().method(method).uri(path).body(()).unwrap();
            let met = front.meet(&request, 0).map(|met| match met {
                Met::Answered(_) => "answered",
                Met::Decision(_) => "decision",
            });
            assert_eq!(met, needs_none, "{method} {path}");
        }
        let foreign = Request::builder().method("POST").uri("/v1/sites/news/decisions");
        let foreign = foreign.header("origin", "https://elsewhere.example").body(()).unwrap();
        assert!(front.meet(&foreign, 0).is_none(), "it has no share in what is refused");
    }
}
