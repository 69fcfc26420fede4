//! Browsers and auditors, as far as a server can tell.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use consent_core::digest::decode_base64url;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::hash::leaf_hash;
use consent_core::ledger::key::VerifierKey;
use consent_core::ledger::tile::{EntriesId, decode_entries};
use consent_core::{decision::DecisionId, digest::Digest};
use consent_server::data::ServerKey;
use serde_json::{Value, json};

/// A decision that was answered with 2xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Its id in text form.
    pub decision_id: String,
    /// The origin of the log that it is in.
    pub log: String,
    /// The index that was promised.
    pub index: u64,
    /// The size that was promised.
    pub size: u64,
}

/// One connection to a server.
#[derive(Debug)]
pub struct Client {
    agent: ureq::Agent,
    address: String,
}

impl Client {
    /// A client of the server at `address`.
    #[must_use]
    pub fn new(address: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
        let config = config.timeout_global(Some(std::time::Duration::from_secs(20)));
        Self { agent: config.build().new_agent(), address: address.to_owned() }
    }

    /// The status and body at `path`; `None` if the server is gone.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<(u16, Vec<u8>)> {
        let mut answer = self.agent.get(format!("{}{path}", self.address)).call().ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.body_mut().read_to_vec().ok()?))
    }

    /// The same with a header in the request.
    #[must_use]
    pub fn get_with(&self, (name, value): (&str, &str), path: &str) -> Option<(u16, Vec<u8>)> {
        let asked = self.agent.get(format!("{}{path}", self.address)).header(name, value);
        let mut answer = asked.call().ok()?;
        let status = answer.status().as_u16();
        Some((status, answer.body_mut().read_to_vec().ok()?))
    }

    /// The id of the notice in force.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn notice_id(&self) -> String {
        self.notice_id_at("/v1/sites/newsroom/notice").expect("an id")
    }

    /// The id of the notice in force; `None` if the server is gone.
    #[must_use]
    pub fn notice_id_if_any(&self) -> Option<String> {
        self.notice_id_at("/v1/sites/newsroom/notice")
    }

    /// The id of the notice in force in a language.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn notice_id_in(&self, language: &str) -> String {
        self.notice_id_at(&format!("/v1/sites/newsroom/notice?lang={language}")).expect("an id")
    }

    fn notice_id_at(&self, path: &str) -> Option<String> {
        let (_, notice) = self.get(path)?;
        let notice: Value = serde_json::from_slice(&notice).ok()?;
        Some(notice.get("notice_id")?.as_str()?.to_owned())
    }

    /// Sends a decision; `None` if no answer came, or none that promises anything.
    #[must_use]
    pub fn decide(&self, decision_id: &str, notice_id: &str) -> Option<Acknowledged> {
        // A 2xx whose body did not arrive is a promise all the same, but one without a place to check.
        let (status, body) = self.send(&decision(decision_id, notice_id))?;
        if !(200..300).contains(&status) {
            return None;
        }
        let number = |name: &str| body.get(name)?.as_u64();
        Some(Acknowledged {
            decision_id: decision_id.to_owned(),
            log: body.get("log")?.as_str()?.to_owned(),
            index: number("index")?,
            size: number("size")?,
        })
    }

    /// Sends any request and returns the status and the body as JSON; `None` if no answer came, or no JSON.
    #[must_use]
    pub fn send(&self, request: &Value) -> Option<(u16, Value)> {
        self.send_to("newsroom", request)
    }

    /// The same for a site.
    #[must_use]
    pub fn send_to(&self, site: &str, request: &Value) -> Option<(u16, Value)> {
        self.post(&format!("/v1/sites/{site}/decisions"), request)
    }

    /// The same at any path.
    #[must_use]
    pub fn post(&self, path: &str, request: &Value) -> Option<(u16, Value)> {
        let post = self.agent.post(format!("{}{path}", self.address));
        let mut answer = post.header("content-type", "application/json").send(request.to_string()).ok()?;
        let status = answer.status().as_u16();
        Some((status, serde_json::from_slice(&answer.body_mut().read_to_vec().ok()?).ok()?))
    }

    /// The signed head, its signature checked.
    #[must_use]
    pub fn checkpoint(&self, log: &str, keys: &[VerifierKey]) -> Option<SignedCheckpoint> {
        let (status, text) = self.get(&format!("/v1/sites/newsroom/logs/{}/checkpoint", year(log)))?;
        if status == 200 { SignedCheckpoint::open(&text, keys).ok() } else { None }
    }

    /// The leaf hashes of the first `size` entries, from the entry bundles.
    ///
    /// # Panics
    /// If one is missing or damaged.
    #[must_use]
    pub fn leaves(&self, log: &str, size: u64) -> Vec<Digest> {
        let mut leaves = Vec::new();
        for bundle in EntriesId::all(size) {
            let path = format!("/v1/sites/newsroom/logs/{}/{bundle}", year(log));
            let (status, bytes) = self.get(&path).expect("an answer");
            assert_eq!(status, 200, "{path}");
            let entries = decode_entries(&bytes, bundle.width).expect("an entry bundle");
            leaves.extend(entries.into_iter().map(leaf_hash));
        }
        leaves
    }
}

/// The last part of an origin.
fn year(log: &str) -> &str {
    log.rsplit('/').next().unwrap_or_default()
}

/// A decision of somebody new that denies everything.
#[must_use]
pub fn decision(decision_id: &str, notice_id: &str) -> Value {
    json!({
        "decision_id": decision_id,
        "subject_id": format!("subject00{}A", decision_id.get(24..).unwrap_or_default()),
        "notice_id": notice_id,
        "action": "reject_all",
        "choices": {"functional": "deny", "analytics": "deny", "performance": "deny", "advertisement": "deny"},
        "decided_at": "2026-11-23T09:29:58.123Z",
        "signals": {"gpc": false},
        "language": "fr",
        "page": "/",
    })
}

/// A decision id that this process has not used.
#[must_use]
pub fn fresh_decision_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("01930000-0000-7000-8000-{:012x}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The same id as bytes.
///
/// # Panics
/// If it is no decision id.
#[must_use]
pub fn parse_id(decision_id: &str) -> DecisionId {
    decision_id.parse().expect("a decision id")
}

/// The public key of a log of the server with this data folder, computed from its secret.
///
/// # Panics
/// If the folder has no signing key.
#[must_use]
pub fn key_of(folder: &Path, log: &str) -> VerifierKey {
    let secret = std::fs::read_to_string(folder.join("data/signing.key")).expect("a signing key");
    let secret =
        decode_base64url(secret.trim_end()).and_then(|bytes| bytes.try_into().ok()).expect("a secret");
    let key = ServerKey::from_seed(secret).of_log(&log.parse().expect("an origin")).expect("a key");
    key.verifier().clone()
}

/// The origin of this year's log.
///
/// # Panics
/// Never: the year has four digits.
#[must_use]
pub fn log_of_now() -> String {
    use consent_server::clock::{Clock as _, SystemClock};
    log_of(SystemClock.now().year())
}

/// The origin of a year's log.
#[must_use]
pub fn log_of(year: i32) -> String {
    format!("localhost/newsroom/{year}")
}
