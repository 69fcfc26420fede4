//! A server that exports, and a collector that keeps what it is sent.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;

/// Longer than anything takes that works.
pub(crate) const IN_TIME: Duration = Duration::from_secs(20);

/// A config with one small site.
const CONFIG: &str = r#"
[server]
host = "localhost"

[limits]
waiting = 1

[[site]]
id = "newsroom"
languages = ["fr"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = "Compte les visites."
"#;

/// The environment of a server that exports to `endpoint`.
pub(crate) fn exporting(endpoint: &str) -> Vec<(&'static str, String)> {
    vec![("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.to_owned()), ("NO_PROXY", "*".to_owned())]
}

pub(crate) fn command(folder: &Path, variables: &[(&str, String)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_consent"));
    let config = folder.join("consent.toml");
    std::fs::write(&config, CONFIG).unwrap();
    command.arg("serve").arg(config).args(["--listen", "127.0.0.1:0", "--log", "json", "--data"]);
    command.arg(folder.join("data")).stdout(Stdio::piped()).stderr(Stdio::piped());
    // What is set where the tests run is not what is tested.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OTEL_") {
            command.env_remove(name);
        }
    }
    command.envs(variables.iter().map(|(name, value)| (name, value))).env("RUST_LOG", "debug");
    command
}

/// A process that is killed when this is dropped, if it has not ended.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running server. It is killed when this is dropped.
pub(crate) struct Server {
    child: Killed,
    pub(crate) address: String,
    log: std::thread::JoinHandle<String>,
    pub(crate) agent: ureq::Agent,
    token: String,
}

impl Server {
    pub(crate) fn start(folder: &Path, variables: &[(&str, String)]) -> Self {
        let mut child = Killed(command(folder, variables).spawn().unwrap());
        let mut said = child.0.stderr.take().unwrap();
        // Read all the time, so that the server never waits for it.
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            said.read_to_string(&mut text).unwrap();
            text
        });
        let mut out = BufReader::new(child.0.stdout.take().unwrap());
        let mut line = String::new();
        let address = loop {
            line.clear();
            assert_ne!(out.read_line(&mut line).unwrap(), 0, "it did not start");
            if let Some((_, address)) = line.split_once("http://") {
                break format!("http://{}", address.split('/').next().unwrap().trim());
            }
        };
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
        let agent =
            config.timeout_global(Some(IN_TIME)).user_agent("Browser/7 (of Anna)").build().new_agent();
        let token = std::fs::read_to_string(folder.join("data/operator.token")).unwrap();
        Self { child, address, log, agent, token: format!("Bearer {}", token.trim()) }
    }

    pub(crate) fn get(&self, path: &str) -> (u16, String, String) {
        let request = self.agent.get(format!("{}{path}", self.address));
        let answer = request.header("authorization", &self.token).header("x-forwarded-for", "203.0.113.77");
        let mut answer = answer.call().unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), id, answer.body_mut().read_to_string().unwrap())
    }

    /// How many spans had this outcome.
    pub(crate) fn spans(&self, outcome: &str) -> Option<u64> {
        let (_, _, metrics) = self.get("/metrics");
        let name = format!("consent_spans_total{{outcome=\"{outcome}\"}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&name)?.parse().ok())
    }

    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let pid = self.child.0.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().unwrap().success());
        let status = self.child.0.wait().unwrap();
        (status, self.log.join().unwrap())
    }
}

/// What a collector was sent: the head, and the bytes of the batch as they were before they were packed.
pub(crate) type Received = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

/// A collector, and what it got. It answers as the specification says, with an empty message.
pub(crate) fn collector() -> (String, Received) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let received = Received::default();
    let keeps = Arc::clone(&received);
    let take = move |headers: HeaderMap, body: Bytes| async move {
        let mut bytes = body.to_vec();
        if headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
            bytes.clear();
            flate2::read::GzDecoder::new(&body[..]).read_to_end(&mut bytes).unwrap();
        }
        keeps.lock().unwrap().push((headers, bytes));
        ([("content-type", "application/x-protobuf")], Vec::new())
    };
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, Router::new().route("/v1/traces", post(take))).await.unwrap();
        });
    });
    (endpoint, received)
}
