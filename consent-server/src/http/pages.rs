//! The folder that the config names: examples and small sites, served as they are.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, Request, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

use super::{AppState, Problem};

/// A folder that is served, if any.
#[derive(Clone, Debug)]
pub struct Pages {
    folder: Option<PathBuf>,
    policy: Option<HeaderValue>,
}

/// Whatever stands at no other address. For `?lang=en` it prefers `index.en.html` to `index.html`, and so for every page.
pub(super) async fn get_page(State(state): State<AppState>, request: Request<Body>) -> Response {
    state.pages.serve(request).await
}

impl Pages {
    /// The folder that a config names, and the policy that its pages are sent with.
    #[must_use]
    pub fn new(folder: Option<PathBuf>, policy: &str) -> Self {
        Self { folder, policy: HeaderValue::try_from(policy).ok() }
    }

    async fn serve(&self, mut request: Request<Body>) -> Response {
        let Some(folder) = &self.folder else { return Problem::not_found("page").into_response() };
        if is_hidden(request.uri().path()) {
            return Problem::not_found("page").into_response();
        }
        if let Some(uri) = in_language(folder, request.uri()) {
            *request.uri_mut() = uri;
        }
        let Ok(response) = ServeDir::new(folder).oneshot(request).await;
        match response.status() {
            StatusCode::NOT_FOUND => return Problem::not_found("page").into_response(),
            StatusCode::METHOD_NOT_ALLOWED => {
                return ([(ALLOW, "GET, HEAD")], Problem::method_not_allowed()).into_response();
            }
            _ => {}
        }
        let mut response = response.map(Body::new);
        let headers = response.headers_mut();
        if let Some(policy) = &self.policy {
            headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// Whether a part of the path begins with a dot: `.env`, `.git`, `..`. Only `.well-known` is meant to be seen (RFC 8615).
fn is_hidden(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/");
    path.split('/').any(|part| part.starts_with('.') && part != ".well-known")
}

/// The address of the same page in the language that the query asks for, if there is such a file.
fn in_language(folder: &Path, uri: &Uri) -> Option<Uri> {
    let language = uri.query()?.split('&').find_map(|pair| pair.strip_prefix("lang="))?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(2..=35).contains(&language.len()) || !language.bytes().all(fits) {
        return None;
    }
    let path = uri.path();
    let page = if path.ends_with('/') { format!("{path}index.html") } else { path.to_owned() };
    let page = format!("{}.{language}.html", page.strip_suffix(".html")?);
    // Only names that can not lead out of the folder are looked up; the file is served by `ServeDir`, which checks too.
    let plain = |part: &str| !part.starts_with('.') && !part.contains(['%', '\\']);
    let there = page.split('/').skip(1).all(plain) && folder.join(page.trim_start_matches('/')).is_file();
    if there { page.parse().ok() } else { None }
}
