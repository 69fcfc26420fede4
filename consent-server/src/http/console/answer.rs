//! What pages of the console are sent with, and what is answered when something is wrong.

use askama::Template;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::console::{ProblemPage, STYLE};

use super::Problem;

const POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Nobody else's window may hold on to one of the console (HTML, section 7.1.3).
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Seconds after which a page about something that goes on is loaded again.
pub(super) const AGAIN: HeaderValue = HeaderValue::from_static("2");

/// What is behind the address for signing in if the browser keeps no cookie.
pub(super) const NOT_KEPT: &str = "not-kept";

/// Why there is no page.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Nobody is signed in: they are led to where they can.
    SignedOut,
    /// The same, and they have just signed in.
    NotKept,
    /// The page says what.
    Said(StatusCode, &'static str, String),
}

impl Refusal {
    pub(super) fn not_found() -> Self {
        Self::Said(
            StatusCode::NOT_FOUND,
            "Not found",
            "There is nothing here, or you may not see it.".to_owned(),
        )
    }

    pub(super) fn not_allowed() -> Self {
        Self::Said(
            StatusCode::FORBIDDEN,
            "Not allowed",
            "An auditor can read everything and change nothing: sign in as an operator.".to_owned(),
        )
    }

    pub(super) fn foreign_form() -> Self {
        Self::Said(
            StatusCode::FORBIDDEN,
            "Not sent",
            "This was not sent from a page of the console that is open now. Go back, load the page again, and send it once more. If that \
             does not help, a proxy before this server does not pass on the header Host."
                .to_owned(),
        )
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let status = problem.status();
        let title = if status.is_server_error() { "The server could not do it" } else { "That did not work" };
        Self::Said(status, title, problem.detail().to_owned())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignedOut => to("/console/sign-in"),
            Self::NotKept => to(&format!("/console/sign-in?{NOT_KEPT}")),
            Self::Said(status, title, detail) => {
                let mut response = page(&ProblemPage { title, detail });
                *response.status_mut() = status;
                response
            }
        }
    }
}

/// A page.
pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => html(text, POLICY),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

/// A page under a policy of its own.
pub(super) fn html(text: String, policy: &'static str) -> Response {
    let mut response = text.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, policy),
        (REFERRER_POLICY, "same-origin"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (OPENER_POLICY, "same-origin"),
        (RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Leads a browser to another page, with GET.
pub(super) fn to(address: &str) -> Response {
    let address = HeaderValue::try_from(address).unwrap_or(HeaderValue::from_static("/console/"));
    (StatusCode::SEE_OTHER, [(LOCATION, address), (CACHE_CONTROL, HeaderValue::from_static("no-store"))])
        .into_response()
}

/// The one style sheet.
pub(super) async fn get_style() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, STYLE).into_response()
}
