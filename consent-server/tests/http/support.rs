//! A server for one test, and its answers.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use consent_core::digest::decode_base64url;
use consent_core::ledger::key::VerifierKey;
use consent_server::app::App;
use consent_server::clock::Clock;
use consent_server::config;
use consent_server::data::{DataFolder, Role, ServerKey};
use consent_server::store::{EmbeddedStore, Head, LogId, MemoryStore, Store, StoreError};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tower::ServiceExt as _;

/// 2026-11-23 09:30:00 UTC.
pub(crate) const NOW: i64 = 1_795_426_200;

const CONFIG: &str = r#"
[server]
host = "consent.example"
pages = "pages"

# One subject decides all that these tests send.
[limits]
per_subject = 0

[[site]]
id = "newsroom"
languages = ["fr", "en"]
origins = ["https://www.newsroom.example", "http://partner.example:3000"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = { fr = "Compte les visites.", en = "Counts visits." }

[[site]]
id = "news"
public_log = false
controller = { name = "Exemple SA", privacy_url = "/privacy" }
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = "Counts visits."
"#;

#[derive(Debug)]
struct TestClock(Arc<AtomicI64>);

impl Clock for TestClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Tokens by what they are good for.
pub(crate) struct TestTokens {
    pub(crate) operator: String,
    pub(crate) auditor: String,
    pub(crate) news_operator: String,
}

pub(crate) struct Server {
    pub(crate) router: Router,
    pub(crate) app: App,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) tokens: TestTokens,
    pub(crate) folder: TempDir,
    clock: Arc<AtomicI64>,
}

pub(crate) async fn server() -> Server {
    server_of(CONFIG).await
}

/// A server for a config whose pages are in the folder `pages`.
pub(crate) async fn server_of(config: &str) -> Server {
    let folder = tempfile::tempdir().unwrap();
    server_in(config, folder, Arc::new(MemoryStore::default()), NOW).await
}

/// The same for a config that names files: they are in this folder.
pub(crate) async fn server_beside(config: &str, folder: TempDir) -> Server {
    server_in(config, folder, Arc::new(MemoryStore::default()), NOW).await
}

/// A server with the store that there is without a database. `folder` may be that of one that has stopped.
pub(crate) async fn embedded(config: &str, folder: TempDir) -> Server {
    let path = folder.path().join("store");
    std::fs::create_dir_all(&path).unwrap();
    // Its threads let go of it when they have seen that nobody asks any more.
    let mut tries = 0;
    let store = loop {
        match EmbeddedStore::open(&path) {
            Err(StoreError::InUse(_)) if tries < 500 => tries += 1,
            opened => break opened.unwrap(),
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    server_in(config, folder, Arc::new(store), NOW).await
}

/// A server that starts at this time, unix seconds. Folder and store may be those of one that has stopped.
pub(crate) async fn server_in(config: &str, folder: TempDir, store: Arc<dyn Store>, now: i64) -> Server {
    let pages = folder.path().join("pages");
    std::fs::create_dir_all(pages.join("sub")).unwrap();
    for (name, text) in [
        ("index.html", "index fr"),
        ("index.en.html", "index en"),
        ("about.html", "about fr"),
        ("about.en.html", "about en"),
        ("app.js", "1"),
        ("sub/index.html", "sub fr"),
        ("sub/index.en.html", "sub en"),
    ] {
        std::fs::write(pages.join(name), text).unwrap();
    }
    std::fs::write(folder.path().join("secret.en.html"), "secret").unwrap();
    std::fs::write(folder.path().join("secret.html"), "secret").unwrap();
    let config = config::parse("consent.toml", config.to_owned(), folder.path());
    let config = config.unwrap_or_else(|findings| panic!("{findings:?}")).config;
    let data = DataFolder::open(&folder.path().join("data")).unwrap();
    let tokens = TestTokens {
        operator: data.tokens.make(Role::Operator, None).unwrap(),
        auditor: data.tokens.make(Role::Auditor, Some("newsroom".parse().unwrap())).unwrap(),
        news_operator: data.tokens.make(Role::Operator, Some("news".parse().unwrap())).unwrap(),
    };
    let clock = Arc::new(AtomicI64::new(now));
    let test_clock = Arc::new(TestClock(Arc::clone(&clock)));
    let app = App::start(config, data, Arc::clone(&store), test_clock).await.unwrap();
    Server { router: app.router(), app, store, tokens, folder, clock }
}

impl Server {
    pub(crate) fn set_clock(&self, unix_seconds: i64) {
        self.clock.store(unix_seconds, Ordering::SeqCst);
    }

    /// The clock, for whoever takes the server apart.
    pub(crate) fn clock(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.clock)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 << 20).await.unwrap().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request("GET", path, headers, Body::empty()).await
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "consent.example:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(body).unwrap()).await
    }

    pub(crate) async fn post(&self, site: &str, body: &Value) -> Answer {
        self.post_with(site, body, &[]).await
    }

    pub(crate) async fn post_with(&self, site: &str, body: &Value, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("content-type", "application/json")];
        all.extend_from_slice(headers);
        self.request("POST", &format!("/v1/sites/{site}/decisions"), &all, Body::from(body.to_string())).await
    }

    /// The id of the notice in force.
    pub(crate) async fn notice_id(&self, site: &str, language: &str) -> String {
        let notice = self.get(&format!("/v1/sites/{site}/notice?lang={language}")).await.json();
        notice["notice_id"].as_str().unwrap().to_owned()
    }

    /// What a browser sends for its decision `number` on `newsroom`: everything denied.
    pub(crate) async fn decision(&self, number: u64) -> Value {
        decision(number, &self.notice_id("newsroom", "fr").await)
    }

    pub(crate) fn heads(&self) -> Vec<(LogId, Head)> {
        self.store.logs().unwrap()
    }

    /// The public keys of the logs, computed from the secret and not asked of the server.
    pub(crate) fn keys(&self) -> Vec<VerifierKey> {
        let secret = std::fs::read_to_string(self.folder.path().join("data/signing.key")).unwrap();
        let secret = decode_base64url(secret.trim_end()).unwrap().try_into().unwrap();
        let key = ServerKey::from_seed(secret);
        let origins = ["consent.example/newsroom/2026", "consent.example/news/2026"];
        origins.map(|origin| key.of_log(&origin.parse().unwrap()).unwrap().verifier().clone()).into()
    }

    /// Sends what must be refused: with this status and code, as a problem, and without a trace in the store but in the trail.
    pub(crate) async fn refuses(
        &self,
        what: impl Debug,
        request: Request<Body>,
        status: u16,
        code: &str,
    ) -> Answer {
        let logs =
            || self.heads().into_iter().filter(|(log, _)| log.site.as_str() != "trail").collect::<Vec<_>>();
        let before = logs();
        let answer = self.send(request).await;
        assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{what:?}");
        assert_eq!(logs(), before, "{what:?}: something was stored");
        answer
    }
}

pub(crate) fn decision(number: u64, notice_id: &str) -> Value {
    json!({
        "decision_id": decision_id(number),
        "subject_id": "AAECAwQFBgcICQoLDA0ODw",
        "notice_id": notice_id,
        "action": "reject_all",
        "choices": {"functional": "deny", "analytics": "deny", "performance": "deny", "advertisement": "deny"},
        "decided_at": "2026-11-23T09:29:58.123Z",
        "signals": {"gpc": false},
        "language": "fr",
        "page": "/actualites?utm=1#top",
    })
}

pub(crate) fn decision_id(number: u64) -> String {
    format!("01930000-0000-7000-8000-{number:012x}")
}

/// `POST` of a decision as a request, for [`Server::refuses`].
pub(crate) fn post(site: &str, content_type: Option<&str>, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post(format!("/v1/sites/{site}/decisions")).header("host", "consent.example");
    if let Some(content_type) = content_type {
        request = request.header("content-type", content_type);
    }
    request.body(body.into()).unwrap()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem, whose other members and headers are checked on the way.
    pub(crate) fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{} {}",
            self.status,
            self.text()
        );
        assert_eq!(self.header("cache-control"), "no-store");
        let problem = self.json();
        let code = problem["code"].as_str().unwrap();
        assert_eq!(problem["type"], format!("urn:consent:problem:{code}"));
        assert_eq!(problem["status"], self.status);
        assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        assert_eq!(problem.as_object().unwrap().len(), 4);
        code.to_owned()
    }
}

/// A folder that is there but must not be reached.
pub(crate) fn outside(folder: &Path) -> String {
    folder.join("secret.html").display().to_string()
}
