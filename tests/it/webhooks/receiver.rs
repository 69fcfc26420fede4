//! Somebody who is told: on this machine, and as obliging as a test wants.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

/// What everything here is signed with.
pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What came, and what it was answered with.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: Vec<u8>,
    pub(crate) path: String,
    pub(crate) status: u16,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn index(&self) -> u64 {
        self.json()["data"]["index"].as_u64().unwrap()
    }

    /// What the specification says that its signature is, computed from hashes alone.
    pub(crate) fn expected(&self) -> String {
        let mut key = STANDARD.decode(SECRET.strip_prefix("whsec_").unwrap()).unwrap();
        key.resize(64, 0);
        let padded = |with: u8| key.iter().map(|byte| byte ^ with).collect::<Vec<_>>();
        let said = [format!("{}.{}.", self.id, self.timestamp).as_bytes(), &self.body].concat();
        let inner = Sha256::digest([padded(0x36), said].concat());
        let outer = Sha256::digest([padded(0x5c), inner.to_vec()].concat());
        format!("v1,{}", STANDARD.encode(outer))
    }
}

/// What it says; `None` for nothing, for as long as the asker waits.
pub(crate) type Said = Option<(u16, Option<(&'static str, String)>)>;

/// A receiver. It is gone when this is dropped, connections included.
pub(crate) struct Receiver {
    pub(crate) address: String,
    got: Arc<Mutex<Vec<Got>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) fn new() -> Self {
        Self::saying(|_| Some((204, None)))
    }

    pub(crate) fn saying(say: impl Fn(&Got) -> Said + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1:0", say)
    }

    pub(crate) fn at(address: &str, say: impl Fn(&Got) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let got = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let (all, say) = (Arc::clone(&got), Arc::new(say));
        let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            let (all, say) = (Arc::clone(&all), Arc::clone(&say));
            async move { take(&all, &*say, &uri, &headers, &body).await }
        };
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    served = async { axum::serve(listener, Router::new().fallback(answer)).await } => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self { address, got, stop: Some(stop), thread: Some(thread) }
    }

    /// A table of a config by which it is told under `id`.
    pub(crate) fn table(&self, id: &str, secret_file: &std::path::Path) -> String {
        format!(
            "\n[[site.webhook]]\nid = \"{id}\"\nurl = \"http://{}/hook\"\nsecret_file = \"{}\"\n",
            self.address,
            secret_file.display()
        )
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// What it took.
    pub(crate) fn taken(&self) -> Vec<Got> {
        self.got().into_iter().filter(|got| got.status / 100 == 2).collect()
    }

    /// Waits until so much was taken, and gives it.
    pub(crate) fn wait_taken(&self, count: usize) -> Vec<Got> {
        self.wait(&format!("{count} taken"), || Some(self.taken()).filter(|taken| taken.len() >= count))
    }

    pub(crate) fn wait<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "no {what}; there is {:#?}", self.got());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

async fn take(
    all: &Mutex<Vec<Got>>,
    say: &(dyn Fn(&Got) -> Said + Send + Sync),
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let mut got = Got {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: body.to_vec(),
        path: uri.path().to_owned(),
        status: 0,
    };
    let said = say(&got);
    got.status = said.as_ref().map_or(0, |(status, _)| *status);
    all.lock().unwrap().push(got);
    let Some((status, header)) = said else { return std::future::pending().await };
    let mut response = StatusCode::from_u16(status).unwrap().into_response();
    if let Some((name, value)) = header {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
