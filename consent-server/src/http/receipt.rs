//! The page on which a visitor checks a receipt in the browser. It is served with a policy under which it can ask this
//! server for keys and nobody for anything else.

use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};

use super::{AppState, Problem};

const PAGE: &str = include_str!("../../consent-js/receipt.html");
const SCRIPT: &str = include_str!("../../consent-js/receipt.js");
const STYLE: &str = include_str!("../../consent-js/receipt.css");

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The page.
#[utoipa::path(
    get,
    path = "/receipt",
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
pub(super) async fn get_page() -> Response {
    respond("text/html; charset=utf-8", PAGE)
}

pub(super) async fn get_page_script() -> Response {
    respond("text/javascript; charset=utf-8", SCRIPT)
}

pub(super) async fn get_page_style() -> Response {
    respond("text/css; charset=utf-8", STYLE)
}

/// The public keys of all logs of this server, one vkey (C2SP signed-note) a line.
#[utoipa::path(
    get,
    path = "/receipt/keys",
    responses((status = 200, description = "The keys", body = String, content_type = "text/plain"))
)]
pub(super) async fn get_keys(State(state): State<AppState>) -> Result<Response, Problem> {
    let mut lines: Vec<String> = Vec::new();
    for site in state.sites.iter() {
        for (_, head) in state.heads.of_site(&site.config.id) {
            // Also those that this server has no secret to any more.
            lines.extend(head.signers().first().map(|key| format!("{key}\n")));
        }
    }
    lines.sort_unstable();
    let headers = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    Ok((headers, lines.concat()).into_response())
}

fn respond(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, text).into_response()
}
