//! What holding an answer costs: a page with cookies and a policy of its own, with the layer and without it. Run:
//! `cargo bench -p consent-core --features tower --bench enforce`.

use std::convert::Infallible;
use std::error::Error;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use consent_core::consent::{Consent, InForce};
use consent_core::enforce::Enforcer;
use consent_core::notice::{HostDeclaration, Notice};
use consent_core::web::{EnforceLayer, Fresh};
use criterion::Criterion;
use http::{Request, Response};
use time::OffsetDateTime;
use tower::{Layer, Service};

/// What one request may cost more, in nanoseconds.
const LIMIT: u128 = 2000;

const ROUNDS: usize = 31;
const REQUESTS: u16 = 2000;

async fn page(_request: Request<()>) -> Result<Response<&'static str>, Infallible> {
    let mut response = Response::new("<!doctype html><title>News</title>");
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        (
            "content-security-policy",
            "default-src 'self'; script-src 'nonce-4AEemGb0xJptoIGFP3Nd' https://assets.example",
        ),
        ("set-cookie", "a=2; Path=/; HttpOnly"),
        ("set-cookie", "sid=31d4d96e407aad42; Path=/; HttpOnly; Secure"),
        ("cache-control", "max-age=60"),
    ] {
        headers.append(http::HeaderName::from_static(name), http::HeaderValue::from_static(value));
    }
    Ok(response)
}

fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(1_795_500_000)
}

/// The notice of the fuzzer's seed, with a dozen hosts.
fn notice() -> Result<Notice, Box<dyn Error>> {
    let mut body = (*Notice::from_bytes(include_bytes!("../fuzz/seeds/notice/small"))?).clone();
    for (at, shown) in body.categories.iter_mut().enumerate() {
        for number in 0..at {
            shown.hosts.push(HostDeclaration {
                name: format!("host{number}.of{at}.example").parse()?,
                service: None,
            });
        }
    }
    Ok(Notice::new(body)?)
}

/// Nothing here waits for anything, so an answer is there when it is asked for.
fn answer<S: Service<Request<()>>>(service: &mut S, request: Request<()>) -> Option<S::Response> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(service.call(request)).poll(&mut context) {
        Poll::Ready(answer) => answer.ok(),
        Poll::Pending => None,
    }
}

fn nanoseconds<S: Service<Request<()>>>(service: &mut S, header: &http::HeaderValue) -> u128 {
    let requests: Vec<_> = (0..REQUESTS).map(|_| request(header)).collect();
    let start = Instant::now();
    for request in requests {
        black_box(answer(service, request));
    }
    start.elapsed().as_nanos() / u128::from(REQUESTS)
}

fn request(header: &http::HeaderValue) -> Request<()> {
    let mut request = Request::new(());
    let headers = request.headers_mut();
    headers.insert("cookie", header.clone());
    headers.insert("host", http::HeaderValue::from_static("www.paper.example"));
    headers
        .insert("accept", http::HeaderValue::from_static("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"));
    request
}

fn median(mut times: Vec<u128>) -> u128 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn main() -> Result<(), Box<dyn Error>> {
    let notice = notice()?;
    let prefix = notice.id().prefix();
    let sent = |bits: &str| -> Result<http::HeaderValue, Box<dyn Error>> {
        let value = format!("1.{bits}.toy7q0.{prefix}.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw");
        Ok(format!("theme=dark; _session=0123456789abcdef; lang=fr; consent={value}").parse()?)
    };
    let fresh = Fresh::fixed(Enforcer::new(InForce::from(notice.clone())));
    let mut held = EnforceLayer::new(fresh.into()).clock(now).layer(tower::service_fn(page));
    let mut bare = tower::service_fn(page);

    let mut criterion = Criterion::default().configure_from_args();
    let in_force = InForce::from(notice);
    let denied = sent("01")?;
    criterion.bench_function("enforce/what a visitor allows", |b| {
        b.iter(|| Consent::from_headers(&in_force, black_box(request(&denied).headers()), now()));
    });
    criterion.bench_function("enforce/a page, bare", |b| {
        b.iter(|| answer(&mut bare, request(black_box(&denied))));
    });
    criterion.bench_function("enforce/a page, held", |b| {
        b.iter(|| answer(&mut held, request(black_box(&denied))));
    });
    criterion.final_summary();

    for (who, header) in [
        ("who denied", sent("01")?),
        ("who granted all", sent("1f")?),
        ("who was not asked", "theme=dark".parse()?),
    ] {
        let turns = (0..ROUNDS).map(|_| (nanoseconds(&mut bare, &header), nanoseconds(&mut held, &header)));
        let (without, with): (Vec<_>, Vec<_>) = turns.unzip();
        let (without, with) = (median(without), median(with));
        let more = with.saturating_sub(without);
        let verdict = if more < LIMIT { "within" } else { "ABOVE" };
        let hundredths = with * 100 / without.max(1);
        println!(
            "a page for {who}: {without} ns bare, {with} ns held: {more} ns more, {verdict} the limit of {LIMIT}; ratio {}.{:02}",
            hundredths / 100,
            hundredths % 100
        );
    }
    Ok(())
}
