//! Whether the server lives, whether it can take work, and what it did.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::telemetry::SPANS;

use super::request_id::RequestId;
use super::{AppState, Problem};

/// The process runs.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "It runs", body = String)))]
pub(super) async fn get_health() -> &'static str {
    "ok\n"
}

/// The server can record decisions.
#[utoipa::path(
    get,
    path = "/readyz",
    responses(
        (status = 200, description = "It can", body = String),
        (status = 503, description = "`not_ready`", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get_readiness(State(state): State<AppState>) -> Result<&'static str, Problem> {
    if state.sequencer.is_running() {
        Ok("ready\n")
    } else {
        let detail = "the sequencer has ended; the process should be started again";
        Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail))
    }
}

/// Says that this origin honours Global Privacy Control (W3C GPC, section 5).
#[utoipa::path(
    get,
    path = "/.well-known/gpc.json",
    responses((status = 200, description = "It does", body = serde_json::Value))
)]
pub(super) async fn get_gpc() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], r#"{"gpc":true,"lastUpdate":"2026-11-23"}"#)
}

/// One line for each request, without anything personal: the pattern of the path and not the path, no address, no
/// query, no header.
pub(super) async fn log_request(request: Request, next: Next) -> Response {
    let (method, route) = named(&request);
    let begun = std::time::Instant::now();
    let response = next.run(request).await;
    let duration_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let id = RequestId::current();
    let request_id = id.as_ref().map(RequestId::as_str);
    tracing::debug!(request_id, method, route, status = response.status().as_u16(), duration_us, "request");
    response
}

/// One span for each request, with the same in it.
pub(super) async fn trace_request(request: Request, next: Next) -> Response {
    let (method, route) = named(&request);
    let id = RequestId::current();
    // The keys are those of OpenTelemetry's semantic conventions for HTTP (1.27) where there is one.
    let span = tracing::trace_span!(
        target: SPANS,
        "request",
        otel.kind = "server",
        otel.name = format!("{method} {route}"),
        otel.status_code = Empty,
        http.request.method = method,
        http.response.status_code = Empty,
        http.route = route,
        request.id = id.as_ref().map(RequestId::as_str),
    );
    let response = next.run(request).instrument(span.clone()).await;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// Method and route in words of this program: a stranger can send any other.
fn named(request: &Request) -> (&'static str, String) {
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "_OTHER",
    };
    let route = request.extensions().get::<MatchedPath>();
    (method, route.map_or("pages", MatchedPath::as_str).to_owned())
}
