//! A service of its own that holds its answers to what its visitors allow. See README.md.

use std::error::Error;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, Html, IntoResponse};
use axum::routing::get;
use consent_core::category::Category;
use consent_core::consent::Consent;
use consent_core::enforce::Enforcer;
use consent_core::enforce::html::Html as Held;
use consent_core::web::{EnforceLayer, Fresh};
use time::{Duration, OffsetDateTime};

/// The consent server.
static SERVER: LazyLock<String> = LazyLock::new(|| argument(1, "localhost:8080"));

fn argument(at: usize, usual: &str) -> String {
    std::env::args().nth(at).unwrap_or_else(|| usual.to_owned())
}

/// The page does not ask what is allowed: the layer takes back what is not. Where something depends on it, a handler asks.
async fn page(consent: Consent) -> impl IntoResponse {
    let counted = if consent.allows(Category::Analytics) { "counted" } else { "not counted" };
    let why = consent.ground(Category::Analytics);
    let cookies = AppendHeaders([
        (SET_COOKIE, "session=31d4d96e407aad42; Path=/; HttpOnly; SameSite=Lax"),
        (SET_COOKIE, "visitor=8f14e45fceea167a; Path=/; HttpOnly; Max-Age=34128000"),
    ]);
    let server = &*SERVER;
    let page = format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Tramway</title>
<script src="http://{server}/v1/sites/axum-site/banner.js?lang=en"></script>
<script src="https://counter.example/count.js"></script>
<noscript><img src="https://counter.example/pixel" alt=""></noscript>
</head>
<body>
<h1>Tramway</h1>
<p>This visit is {counted}: {why}.</p>
<p><a href="#consent-settings">Cookies</a></p>
</body>
</html>
"##
    );
    (cookies, Html(page))
}

/// The notice in force, as the consent server answers it. HTTP/1.0 by hand is enough here; take the client that you have.
fn fetch() -> Result<Vec<u8>, Box<dyn Error>> {
    let mut stream = TcpStream::connect(&*SERVER)?;
    let wait = Some(std::time::Duration::from_secs(5));
    stream.set_read_timeout(wait)?;
    stream.set_write_timeout(wait)?;
    let server = &*SERVER;
    write!(stream, "GET /v1/sites/axum-site/notice?lang=en&region=FR HTTP/1.0\r\nHost: {server}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(1 << 20).read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no answer")?;
    Ok(answer.split_off(end + 4))
}

/// Asks for it again and again. While that fails, the last one stays in force, and after an hour everything is denied.
#[expect(clippy::disallowed_methods, reason = "a service reads the clock")]
fn keep_fresh(fresh: &Fresh) {
    loop {
        let taken = fetch().and_then(|answer| Ok(fresh.take(&answer, OffsetDateTime::now_utc())?));
        match taken {
            Ok(true) => println!("another notice is in force"),
            Ok(false) => {}
            Err(error) => eprintln!("the notice could not be had: {error}"),
        }
        std::thread::sleep(std::time::Duration::from_secs(60));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = SERVER.parse()?;
    let lay_out = move |in_force| Enforcer::new(in_force).with_server(Clone::clone(&server));
    let fresh = Arc::new(Fresh::new(Duration::hours(1), lay_out));
    let kept = Arc::clone(&fresh);
    std::thread::spawn(move || keep_fresh(&kept));

    let layer = EnforceLayer::new(fresh).rewriting(Held::new()).on_intervention(|told| println!("{told}"));
    let app = Router::new().route("/", get(page)).layer(layer);
    let listener = tokio::net::TcpListener::bind(argument(2, "localhost:3000")).await?;
    println!("open http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
