//! A site with pages, sessions and visit counting that serves its own banner and keeps its own log. See README.md.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, Html, IntoResponse, Response};
use axum::routing::{get, post};
use consent_core::category::Category;
use consent_core::consent::{Consent, InForce};
use consent_core::enforce::Enforcer;
use consent_core::web::{EnforceLayer, Fresh};
use consent_server::app::App;
use consent_server::config;
use cookie::Cookie;

/// What grows here.
const PLANTS: [&str; 3] = ["Ginkgo", "Magnolia", "Sequoia"];

/// Counts in the browser, as such scripts do. Nobody asked it to look whether it may.
const COUNT: &str = r#"
document.cookie = "read=" + encodeURIComponent(location.pathname) + "; max-age=2592000; path=/";
localStorage.setItem("reading", "0.3");
navigator.sendBeacon("/count", location.pathname);
"#;

/// How many lists are kept: a real site would let go of the oldest.
const MOST: usize = 10_000;

/// Lists by session, and how many visits were counted.
#[derive(Default)]
struct Garden {
    lists: Mutex<HashMap<String, BTreeSet<usize>>>,
    counted: Mutex<u64>,
}

/// The session of a request.
fn session(headers: &HeaderMap) -> Option<String> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = sent.flat_map(Cookie::split_parse).filter_map(Result::ok);
    cookies.find(|cookie| cookie.name() == "session").map(|cookie| cookie.value().to_owned())
}

/// The page sets its session and its counter, whoever asks: the layer around it takes back what the visitor did not allow.
async fn page(
    State(garden): State<Arc<Garden>>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, StatusCode> {
    let id = session(&headers).map_or_else(fresh, Ok)?;
    let lists = garden.lists.lock().unwrap_or_else(PoisonError::into_inner);
    let list = lists.get(&id).cloned().unwrap_or_default();
    let plants: String = PLANTS
        .iter()
        .enumerate()
        .map(|(at, plant)| {
            let has = if list.contains(&at) { " ✓" } else { "" };
            format!(r#"<li>{plant}{has} <button formaction="/list/{at}">Add</button></li>"#)
        })
        .collect();
    let page = format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Botanical Garden</title>
<script src="/consent/v1/sites/nested-site/banner.js"></script>
<script type="text/plain" data-consent="analytics" data-src="/count.js"></script>
</head>
<body>
<h1>Botanical Garden</h1>
<form method="post"><ul>{plants}</ul></form>
<p id="list">On your list: {}</p>
<p><a href="#consent-settings">Cookies</a></p>
</body>
</html>
"##,
        list.len()
    );
    let cookies = [
        (SET_COOKIE, format!("session={id}; Path=/; HttpOnly; SameSite=Lax")),
        (SET_COOKIE, format!("visitor={}; Path=/; HttpOnly; Max-Age=34128000", fresh()?)),
    ];
    Ok((AppendHeaders(cookies), Html(page)))
}

async fn add(State(garden): State<Arc<Garden>>, Path(plant): Path<usize>, headers: HeaderMap) -> Response {
    let Some(id) = session(&headers) else { return StatusCode::BAD_REQUEST.into_response() };
    if plant < PLANTS.len() {
        let mut lists = garden.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() < MOST || lists.contains_key(&id) {
            lists.entry(id).or_default().insert(plant);
        }
    }
    (StatusCode::SEE_OTHER, [(LOCATION, "/")]).into_response()
}

/// Where something depends on the choice, the handler asks.
async fn count(State(garden): State<Arc<Garden>>, consent: Consent) {
    let mut counted = garden.counted.lock().unwrap_or_else(PoisonError::into_inner);
    *counted += u64::from(consent.allows(Category::Analytics));
}

async fn counted(State(garden): State<Arc<Garden>>) -> String {
    garden.counted.lock().unwrap_or_else(PoisonError::into_inner).to_string()
}

async fn privacy() -> Html<&'static str> {
    Html(
        "<!doctype html><title>Privacy</title><p>What is kept stands under <a href=\"/#consent-settings\">Cookies</a>.",
    )
}

/// A number that nobody can guess. Without randomness there is no session, and no page.
fn fresh() -> Result<String, StatusCode> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let listen = arguments.next().unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let data = arguments.next().unwrap_or_else(|| "consent-data".to_owned());
    let config =
        std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/nested-site/consent.toml"));
    let loaded = config::load(config).map_err(|findings| {
        eprint!("{findings}");
        "the config has errors"
    })?;
    let app = App::open(loaded.config, data.as_ref()).await?;

    let notice = app.notice("nested-site", Some("en"), None).ok_or("the config has no such site")?;
    let held_to = Fresh::fixed(Enforcer::new(InForce::new(notice)));
    let layer = EnforceLayer::new(held_to.into()).on_intervention(|told| println!("{told}"));
    let site = Router::new()
        .route("/", get(page))
        .route("/privacy", get(privacy))
        .route("/list/{plant}", post(add))
        .route("/count", post(count).get(counted))
        .route("/count.js", get(|| async { ([(CONTENT_TYPE, "text/javascript")], COUNT) }))
        .with_state(Arc::default())
        .layer(layer)
        .nest("/consent", app.routes());

    let listener = tokio::net::TcpListener::bind(&listen).await?;
    println!("open http://{}", listener.local_addr()?);
    // Both end when somebody ends the process, and the site also when the store fails: what is not recorded must not be promised.
    let stop = async || drop(tokio::signal::ctrl_c().await);
    let mut beside = tokio::spawn(async move { app.run(stop()).await });
    let serve = axum::serve(listener, site.into_make_service_with_connect_info::<SocketAddr>());
    tokio::select! {
        served = async { serve.with_graceful_shutdown(async move { stop().await }).await } => served?,
        ended = &mut beside => return Ok(ended??),
    }
    Ok(beside.await??)
}
