//! The HTTP interface, one file a noun. Handlers extract, parse, call and map; what they decide is decided elsewhere.

mod access;
mod account;
mod admission;
mod agent;
mod banner;
mod body;
mod console;
mod decision;
mod declaration;
mod description;
mod evidence;
mod export;
mod extract;
mod front;
mod handoff;
mod health;
mod limits;
mod log;
mod metrics;
mod notice;
mod pages;
mod problem;
mod proof;
mod receipt;
mod region;
mod request_id;
mod shown;
mod state;
mod statistics;
mod subject;
#[cfg(feature = "otlp")]
mod trace;
mod unread;
mod webhook;

use axum::Router;
use axum::response::Json;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use self::admission::Admission;
pub use self::console::{Checks, Shelf};
pub(crate) use self::evidence::Published;
pub(crate) use self::front::{Front, Met, decide};
pub use self::limits::Limits;
pub(crate) use self::limits::Peer;
pub use self::metrics::Metrics;
pub(crate) use self::metrics::{DECISIONS, Reloads, Requests, route_of};
pub use self::pages::Pages;
pub use self::problem::Problem;
pub use self::region::Regions;
pub(crate) use self::request_id::{RequestIds, X_REQUEST_ID};
pub use self::state::{AppState, InForce, Live, Reach};
pub use self::subject::ErasureReason;
pub(crate) use self::unread::{Connection, Unread};

/// All routes, the console unless the config has none, and the config's folder of pages for what stands at none of them. Each request is answered by the config
/// that is in force when it comes.
pub fn router(live: Live) -> Router {
    assemble(live, true)
}

/// All routes, for a server that has pages of its own.
pub fn routes(live: Live) -> Router {
    assemble(live, false)
}

fn assemble(live: Live, with_pages: bool) -> Router {
    let (api, document) = OpenApiRouter::with_openapi(description::Document::openapi())
        .routes(routes!(banner::get_banner))
        .routes(routes!(banner::get_settings))
        .routes(routes!(decision::create_decision, decision::list_decisions, decision::preflight_decision))
        .routes(routes!(decision::get_receipt))
        .routes(routes!(declaration::get_declaration))
        .routes(routes!(declaration::get_declaration_page))
        .routes(routes!(declaration::get_declaration_script))
        .routes(routes!(proof::get_proof))
        .routes(routes!(evidence::list_notices))
        .routes(routes!(evidence::get_script))
        .routes(routes!(evidence::put_picture))
        .routes(routes!(export::get_export))
        .routes(routes!(account::find_choice, account::preflight_account))
        .routes(routes!(handoff::create_handoff, handoff::preflight_handoff))
        .routes(routes!(health::get_gpc))
        .routes(routes!(health::get_health))
        .routes(routes!(health::get_readiness))
        .routes(routes!(log::get_policy))
        .routes(routes!(metrics::get_metrics))
        .routes(routes!(notice::get_current_notice))
        .routes(routes!(notice::get_notice))
        .routes(routes!(receipt::get_page))
        .routes(routes!(receipt::get_keys))
        .routes(routes!(shown::count_shown))
        .routes(routes!(statistics::get_statistics))
        .routes(routes!(subject::erase_subject))
        .routes(routes!(webhook::list_webhooks))
        .routes(routes!(webhook::create_replay))
        .split_for_parts();
    let document = description::complete(&document);
    // OpenAPI has no word for the rest of a path, so this route is described in `Document` and added here.
    let api = api
        .route("/v1/sites/{site}/logs/{year}/{*path}", get(log::get_log))
        .route("/receipt/page.js", get(receipt::get_page_script))
        .route("/receipt/page.css", get(receipt::get_page_style))
        .route("/openapi.json", get(async move || Json(document)))
        .method_not_allowed_fallback(async || Problem::method_not_allowed());
    let api = if with_pages && live.peek().console { api.merge(console::routes()) } else { api };
    let api = if with_pages { api.fallback(pages::get_page) } else { api };
    let api = api.with_state(live);
    // A layer costs every request a copy of the route behind it, so there is none unless somebody listens by now.
    let api = if tracing::enabled!(tracing::Level::DEBUG) {
        api.layer(axum::middleware::from_fn(health::log_request))
    } else {
        api
    };
    #[cfg(feature = "otlp")]
    let api = if crate::telemetry::is_on() {
        api.layer(axum::middleware::from_fn(trace::trace_request))
    } else {
        api
    };
    api
}
