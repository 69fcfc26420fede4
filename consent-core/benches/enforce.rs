//! What holding an answer costs: a page with cookies and a policy of its own, with the layer and without it. Run:
//! `cargo bench -p consent-core --features html,tower --bench enforce`.

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

/// Many short ones: what else the machine does then falls between them.
const ROUNDS: usize = 301;
const REQUESTS: u16 = 200;

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

/// What it costs to hold a page itself: one with text, pictures, and a script and a frame of denied hosts.
#[cfg(feature = "html")]
fn pages(notice: Notice) -> Result<(), Box<dyn Error>> {
    use consent_core::enforce::html::Html;

    let story = "<article class=\"story\"><h2><a href=\"/story/1\">A tram comes back</a></h2><p>It was built in 1908, and ran until \
                 the last line was closed. Now it takes visitors around the museum.</p><img src=\"/pictures/1.jpg\" alt=\"\"></article>\n";
    let page = format!(
        "<!doctype html><head><script src=https://host0.of2.example/a.js></script></head><body>{}\
         <iframe src=https://host1.of4.example/1></iframe></body>",
        story.repeat(400)
    );
    let enforcer = std::sync::Arc::new(Enforcer::new(InForce::from(notice)));
    let nobody = Consent::read(enforcer.in_force(), [], consent_core::signal::Signals::default(), now());
    let hold = |page: &[u8]| -> Result<usize, Box<dyn Error>> {
        let pass = Html::new().pass(Some(enforcer.clone()), nobody.clone(), None, None, |_| ());
        let mut pass = pass.ok_or("no ASCII")?;
        let mut length = 0;
        for piece in page.chunks(16 * 1024) {
            length += black_box(pass.write(piece)?).len();
        }
        Ok(length + black_box(pass.end()?).len())
    };
    let copy = |page: &[u8]| page.chunks(16 * 1024).map(|piece| black_box(piece.to_vec()).len()).sum();
    let time = |act: &dyn Fn() -> Result<usize, Box<dyn Error>>| -> Result<u128, Box<dyn Error>> {
        let start = Instant::now();
        black_box(act()?);
        Ok(start.elapsed().as_nanos())
    };
    let (mut with, mut without, mut start) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        without.push(time(&|| Ok(copy(page.as_bytes())))?);
        with.push(time(&|| hold(page.as_bytes()))?);
        start.push(time(&|| hold(b""))?);
    }
    let (with, without, start) = (median(with), median(without), median(start));
    let length = u128::try_from(page.len())?;
    println!(
        "a page of {} KiB, held itself: {} us, {} MB/s; copied: {} us, ratio {}; a page of nothing: {start} ns",
        length / 1024,
        with / 1000,
        length * 1000 / with.max(1),
        without / 1000,
        with / without.max(1)
    );
    Ok(())
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
    #[cfg(feature = "html")]
    let again = notice.clone();
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
    #[cfg(feature = "html")]
    pages(again)?;
    Ok(())
}
