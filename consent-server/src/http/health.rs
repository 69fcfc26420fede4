//! Whether the server lives, whether it can take work, and what it did.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use utoipa::ToSchema;

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

/// What W3C GPC, section 5, has a site say.
#[derive(ToSchema)]
#[schema(example = json!({ "gpc": true, "lastUpdate": "2026-11-23" }))]
#[expect(dead_code, reason = "a description")]
pub(super) struct GpcSupport {
    /// Whether the origin abides by it.
    #[schema(example = true)]
    gpc: bool,
    /// Since when it says so.
    #[schema(rename = "lastUpdate", format = Date, example = "2026-11-23")]
    last_update: String,
}

/// Says that this origin honours Global Privacy Control (W3C GPC, section 5).
#[utoipa::path(
    get,
    path = "/.well-known/gpc.json",
    responses((status = 200, description = "It does", body = GpcSupport))
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

/// Method and route in words of this program: a stranger can send any other.
pub(super) fn named(request: &Request) -> (&'static str, String) {
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
