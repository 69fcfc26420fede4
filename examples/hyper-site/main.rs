//! A service on hyper that holds its answers to what its visitors allow, without axum and tower. See README.md.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use axum::body::Body; // any body will do
use consent_core::category::Category;
use consent_core::consent::{Consent, InForce};
use consent_core::enforce::{Enforcer, Judgement, caching};
use consent_core::notice::Notice;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HOST, HeaderMap, HeaderValue, SET_COOKIE,
    VARY,
};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use time::OffsetDateTime;
use tokio::net::TcpListener;

/// What the service would say if nobody asked what is allowed.
fn page(consent: &Consent) -> Response<Body> {
    let counted = if consent.allows(Category::Analytics) { "counted" } else { "not counted" };
    let mut response = Response::new(Body::from(format!(
        "<!doctype html><title>Tramway</title><p>This visit is {counted}.\n"
    )));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.append(
        SET_COOKIE,
        HeaderValue::from_static("session=31d4d96e407aad42; Path=/; HttpOnly; SameSite=Lax"),
    );
    headers.append(
        SET_COOKIE,
        HeaderValue::from_static("visitor=8f14e45fceea167a; Path=/; HttpOnly; Max-Age=34128000"),
    );
    response
}

/// Holds an answer to what the visitor allows. All that it needs are texts: the same works in any framework.
fn hold(
    enforcer: &Enforcer,
    consent: &Consent,
    request: &HeaderMap,
    answer: &mut HeaderMap,
    now: OffsetDateTime,
) {
    // Cookies that may not be set are left out; one that is declared nowhere, too.
    let own: Vec<_> = answer.get_all(SET_COOKIE).iter().cloned().collect();
    answer.remove(SET_COOKIE);
    for line in own {
        if enforcer.judge_set_cookie(consent, line.as_bytes(), now) == Judgement::Passes {
            answer.append(SET_COOKIE, line);
        }
    }
    // What the browser still sends after a withdrawal expires.
    let sent = request.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
    let host = request.get(HOST).and_then(|host| host.to_str().ok());
    for line in enforcer.expire(consent, sent, host).into_iter().flat_map(|(_, lines)| lines) {
        answer.extend(HeaderValue::from_str(&line).map(|line| (SET_COOKIE, line)));
    }
    // Denied hosts can not load, beside what the service's own policy says.
    let own = answer.get_all(CONTENT_SECURITY_POLICY).iter().map(HeaderValue::as_bytes);
    if let Some(policy) = enforcer.policy(consent, own) {
        answer.extend(HeaderValue::from_str(&policy).map(|policy| (CONTENT_SECURITY_POLICY, policy)));
    }
    // No cache gives it to another visitor.
    let said = |name| answer.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let (vary, private) = (caching::vary(said(VARY)), caching::private(said(CACHE_CONTROL)));
    let value = |text: Option<String>| text.and_then(|text| HeaderValue::from_str(&text).ok());
    if let Some(vary) = value(vary) {
        answer.append(VARY, vary);
    }
    if let Some(private) = value(private) {
        answer.insert(CACHE_CONTROL, private);
    }
}

#[expect(clippy::disallowed_methods, reason = "a service reads the clock")]
fn answer<B>(enforcer: &Enforcer, request: &Request<B>) -> Response<Body> {
    let now = OffsetDateTime::now_utc();
    let consent = Consent::from_headers(enforcer.in_force(), request.headers(), now);
    let mut response = page(&consent);
    hold(enforcer, &consent, request.headers(), response.headers_mut(), now);
    response
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: hyper-site NOTICE [ADDRESS], where NOTICE is a file with the answer of /v1/sites/axum-site/notice";
    let notice = std::env::args().nth(1).ok_or(usage)?;
    let notice = Notice::from_answer(&std::fs::read(notice)?)?;
    let enforcer = Arc::new(Enforcer::new(InForce::from(notice)).with_server("localhost".parse()?));
    let address = std::env::args().nth(2).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(address).await?;
    println!("open http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let enforcer = Arc::clone(&enforcer);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let answer = answer(&enforcer, &request);
                async { Ok::<_, Infallible>(answer) }
            });
            let served =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = served.await {
                eprintln!("a connection ended: {error}");
            }
        });
    }
}
