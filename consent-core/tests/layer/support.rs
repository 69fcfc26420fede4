//! An application, its notice, and what a browser sends.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, Response};
use axum::routing::get;
use consent_core::consent::InForce;
use consent_core::enforce::{Act, Enforcer};
use consent_core::notice::Notice;
use consent_core::web::{EnforceLayer, Fresh, Interventions};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tower::ServiceExt;

const NOW: i64 = 1_795_500_000;

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(NOW).unwrap()
}

/// The notice of the fuzzer's seed, with cookies and hosts.
pub(crate) fn notice() -> Notice {
    let mut body: Value = serde_json::from_slice(include_bytes!("../../fuzz/seeds/notice/small")).unwrap();
    let cookie = |name: &str| json!({"duration": "1 an", "kind": "cookie", "lifetime": "P1Y", "name": name, "owner": "b", "purpose": "c"});
    body["categories"][0]["cookies"] = json!([cookie("__Host-sid")]);
    body["categories"][2]["cookies"] = json!([cookie("visit*"), cookie("__Host-visit")]);
    body["categories"][2]["hosts"] = json!([{"name": "stats.example"}]);
    body["categories"][0]["hosts"] = json!([{"name": "cdn.example"}]);
    Notice::new(serde_json::from_value(body).unwrap()).unwrap()
}

pub(crate) fn cookie(bits: u8) -> String {
    format!(
        "consent=1.{bits:02x}.toy7q0.{}.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw",
        notice().id().prefix()
    )
}

pub(crate) fn layer() -> EnforceLayer {
    EnforceLayer::new(Fresh::fixed(Enforcer::new(InForce::from(notice()))).into()).clock(now)
}

/// Answers every request with these headers and this body.
pub(crate) fn answering(headers: &'static [(&'static str, &'static str)], body: &'static str) -> Router {
    Router::new().route(
        "/",
        get(move || async move {
            let mut response = Response::new(Body::from(body));
            for (name, value) in headers {
                response.headers_mut().append(*name, value.parse().unwrap());
            }
            response
        }),
    )
}

pub(crate) async fn ask(app: Router, headers: &[(&str, &str)]) -> Response<Body> {
    let mut request = Request::get("/").header("host", "www.paper.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

pub(crate) fn all(headers: &HeaderMap, name: impl axum::http::header::AsHeaderName) -> Vec<&str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

pub(crate) fn acts(response: &Response<Body>) -> Vec<Act> {
    let told = response.extensions().get::<Interventions>().cloned().unwrap_or_default();
    told.0.iter().map(|told| told.act).collect()
}

pub(crate) const COOKIES: &[(&str, &str)] = &[
    ("set-cookie", "__Host-sid=1; Secure; HttpOnly; Path=/"),
    ("set-cookie", "visitor=2; HttpOnly"),
    ("set-cookie", "__Host-visit=3; Secure; Path=/"),
    ("set-cookie", "visits=; Max-Age=0"),
    ("set-cookie", "other=4"),
];
