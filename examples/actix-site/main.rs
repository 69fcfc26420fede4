//! A service on actix-web that holds its answers to what its visitors allow. See README.md.

use std::error::Error;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, COOKIE, HOST, HeaderMap, HeaderName, HeaderValue, SET_COOKIE,
    VARY,
};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::{Data, Html, ReqData, get};
use actix_web::{App, HttpMessage as _, HttpResponse, HttpServer, Responder as _};
use consent_core::category::Category;
use consent_core::consent::{Consent, InForce};
use consent_core::enforce::{Enforcer, Judgement, caching};
use consent_core::notice::Notice;
use consent_core::signal::{Signals, gpc};
use time::OffsetDateTime;

/// What the service would say if nobody asked what is allowed. The visitor's consent is an argument like any other.
async fn page(consent: ReqData<Consent>, request: actix_web::HttpRequest) -> HttpResponse {
    let counted = if consent.allows(Category::Analytics) { "counted" } else { "not counted" };
    let page = Html::new(format!("<!doctype html><title>Tramway</title><p>This visit is {counted}.\n"));
    let mut response = page.respond_to(&request).map_into_boxed_body();
    for cookie in [
        "session=31d4d96e407aad42; Path=/; HttpOnly; SameSite=Lax",
        "visitor=8f14e45fceea167a; Path=/; HttpOnly; Max-Age=34128000",
    ] {
        response.headers_mut().append(SET_COOKIE, HeaderValue::from_static(cookie));
    }
    response
}

/// What the visitor allows. The headers are of a type of actix's own, so they are handed over as texts.
fn consent(enforcer: &Enforcer, request: &HeaderMap, now: OffsetDateTime) -> Consent {
    let objections = request.get_all(HeaderName::from_static("sec-gpc"));
    let signals = Signals { gpc: gpc::is_on(objections.filter_map(|value| value.to_str().ok())) };
    Consent::read(enforcer.in_force(), request.get_all(COOKIE).map(HeaderValue::as_bytes), signals, now)
}

/// Holds an answer to what the visitor allows.
fn hold(
    enforcer: &Enforcer,
    consent: &Consent,
    expire: Vec<String>,
    answer: &mut HeaderMap,
    now: OffsetDateTime,
) {
    // Cookies that may not be set are left out; one that is declared nowhere, too.
    let own: Vec<_> = answer.remove(SET_COOKIE).collect();
    for line in own {
        if enforcer.judge_set_cookie(consent, line.as_bytes(), now) == Judgement::Passes {
            answer.append(SET_COOKIE, line);
        }
    }
    // What the browser still sends after a withdrawal expires, and denied hosts can not load, beside what the service's own policy says.
    let own = answer.get_all(CONTENT_SECURITY_POLICY).map(HeaderValue::as_bytes);
    let policy = enforcer.policy(consent, own).map(|policy| (CONTENT_SECURITY_POLICY, policy));
    for (name, line) in expire.into_iter().map(|line| (SET_COOKIE, line)).chain(policy) {
        if let Ok(line) = HeaderValue::from_str(&line) {
            answer.append(name, line);
        }
    }
    // No cache gives it to another visitor.
    let said = |name| answer.get_all(name).filter_map(|value| value.to_str().ok());
    let (vary, private) = (caching::vary(said(VARY)), caching::private(said(CACHE_CONTROL)));
    let value = |text: Option<String>| text.and_then(|text| HeaderValue::from_str(&text).ok());
    if let Some(vary) = value(vary) {
        answer.append(VARY, vary);
    }
    if let Some(private) = value(private) {
        answer.insert(CACHE_CONTROL, private);
    }
}

/// The middleware: before a handler it says what is allowed, after it it holds the answer to that.
#[expect(clippy::disallowed_methods, reason = "a service reads the clock")]
async fn enforce(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let enforcer = request.app_data::<Data<Enforcer>>().cloned();
    let enforcer = enforcer.ok_or_else(|| actix_web::error::ErrorInternalServerError("no notice"))?;
    let now = OffsetDateTime::now_utc();
    let headers = request.headers();
    let consent = consent(&enforcer, headers, now);
    let sent = headers.get_all(COOKIE).map(HeaderValue::as_bytes);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let expire = enforcer.expire(&consent, sent, host).into_iter().flat_map(|(_, lines)| lines).collect();
    request.extensions_mut().insert(consent.clone());
    let mut response = next.call(request).await?;
    hold(&enforcer, &consent, expire, response.headers_mut(), now);
    Ok(response)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: actix-site NOTICE [ADDRESS], where NOTICE is a file with the answer of /v1/sites/axum-site/notice";
    let notice = std::env::args().nth(1).ok_or(usage)?;
    let notice = Notice::from_answer(&std::fs::read(notice)?)?;
    let enforcer = Data::new(Enforcer::new(InForce::from(notice)).with_server("localhost".parse()?));
    let address = std::env::args().nth(2).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let site =
        move || App::new().app_data(enforcer.clone()).wrap(from_fn(enforce)).route("/", get().to(page));
    let server = HttpServer::new(site).workers(1).bind(address)?;
    for address in server.addrs() {
        println!("open http://{address}");
    }
    Ok(server.run().await?)
}
