//! Traces as a collector gets them (feature `otlp`): each request and each batch, and nothing of anybody.
//!
//! The collector is `tests/foreign/collector.py`, which reads OTLP/HTTP with OpenTelemetry's own definitions (PyPI,
//! `opentelemetry-proto`); the server is the real program.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const CONFIG: &str = include_str!("config/good/smallest.toml");

/// Every key of a span. Whoever adds one says here that nothing personal can be in it.
const ALLOWED: &[(&str, &[&str])] = &[
    ("batch", &["decisions", "logs"]),
    ("request", &["http.request.method", "http.response.status_code", "http.route", "request.id"]),
];

/// Every key of what is said of the program.
const ALLOWED_RESOURCE: &[&str] =
    &["service.name", "telemetry.sdk.language", "telemetry.sdk.name", "telemetry.sdk.version"];

struct Collector {
    child: Child,
    /// It ends when this is closed.
    stdin: Option<ChildStdin>,
    endpoint: String,
    out: PathBuf,
}

impl Collector {
    /// `None`, and a word about it, if Python or the definitions are not there; in a full run that is a failure.
    fn start(folder: &Path) -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/foreign/collector.py");
        let out = folder.join("spans");
        let mut command = Command::new("python3");
        command.arg(script).arg(&out).stdin(Stdio::piped()).stdout(Stdio::piped());
        let started = command.spawn().ok().and_then(|mut child| {
            let mut port = String::new();
            BufReader::new(child.stdout.take()?).read_line(&mut port).ok()?;
            let endpoint = format!("http://127.0.0.1:{}", port.trim().parse::<u16>().ok()?);
            Some(Self { stdin: child.stdin.take(), child, endpoint, out: out.clone() })
        });
        if started.is_none() {
            let full = std::env::var_os("CONSENT_FULL").is_some();
            assert!(!full, "Python or opentelemetry-proto is missing, and everything was to be tested");
            eprintln!("skipped: a collector of traces; Python or opentelemetry-proto is missing");
        }
        started
    }

    fn spans(&self) -> Vec<Value> {
        let text = fs::read_to_string(&self.out).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

struct Server {
    child: Child,
    address: String,
    agent: ureq::Agent,
}

impl Server {
    fn start(folder: &Path, environment: &[(&str, &str)]) -> Self {
        let config = folder.join("consent.toml");
        fs::write(
            &config,
            format!("[server]\nhost = \"localhost\"\ntrusted_proxies = [\"127.0.0.1\"]\n{CONFIG}"),
        )
        .unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_consent"));
        command.arg("serve").arg(config).args(["--listen", "127.0.0.1:0", "--log", "json", "--data"]);
        command.arg(folder.join("data")).stdout(Stdio::piped()).stderr(log);
        // As fast as it can be asked for, so that a test need not wait.
        command.env("OTEL_BSP_SCHEDULE_DELAY", "50").envs(environment.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let script = lines.find(|line| line.trim_start().starts_with("script")).expect("it serves");
        let url = script.split_whitespace().nth(1).unwrap();
        let address = url.split_once("/v1/").unwrap().0.to_owned();
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        Self { child, address, agent }
    }

    /// Status, name of the request, body.
    fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String, Vec<u8>) {
        let mut request = self.agent.get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.call().unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), id, answer.body_mut().read_to_vec().unwrap())
    }

    /// Decides once: status and name of the request.
    fn decide(&self, number: u64, page: &str) -> (u16, String) {
        let (_, _, notice) = self.get("/v1/sites/a/notice", &[]);
        let notice: Value = serde_json::from_slice(&notice).unwrap();
        let deny = json!({"functional": "deny", "analytics": "deny", "performance": "deny", "advertisement": "deny"});
        let decision = json!({
            "decision_id": format!("01930000-0000-7000-8000-{number:012x}"), "subject_id": "AAECAwQFBgcICQoLDA0ODw",
            "notice_id": notice["notice_id"], "action": "reject_all", "choices": deny,
            "decided_at": "2026-11-23T09:30:00.123Z", "signals": {"gpc": false}, "language": "en", "page": page,
        });
        let url = format!("{}/v1/sites/a/decisions", self.address);
        let sent = self.agent.post(url).header("content-type", "application/json").send(decision.to_string());
        let answer = sent.unwrap();
        (answer.status().as_u16(), answer.headers()["x-request-id"].to_str().unwrap().to_owned())
    }

    /// Ends it in order.
    fn stop(mut self) -> bool {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.unwrap().success());
        self.child.wait().unwrap().success()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_collector_gets_requests_and_batches_under_the_names_in_the_answers_and_nothing_of_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let Some(collector) = Collector::start(folder.path()) else { return };
    let server = Server::start(folder.path(), &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint)]);
    let (status, decided) = server.decide(1, "/page-that-tells/of-somebody");
    assert_eq!(status, 201);
    let given = "0193a5c4-7d2e-7f00-8a1b-2c3d4e5f6071";
    let personal = [
        ("x-request-id", "anna@example.org"),
        ("x-forwarded-for", "203.0.113.77"),
        ("user-agent", "Mozilla/5.0 secret"),
    ];
    let (status, _, _) = server.get("/secret-page?secret=query", &personal);
    assert_eq!(status, 404);
    let (_, named, _) =
        server.get("/v1/sites/a/decisions?subject_id=AAECAwQFBgcICQoLDA0ODw", &[("x-request-id", given)]);
    assert_eq!(named, given);
    // Nothing is lost that was under way when it ends.
    assert!(server.stop());
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.get("refused").is_none()), "{spans:?}");
    let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for span in &spans {
        let kind = if span["kind"] == 2 { "request" } else { "batch" };
        let attributes = span["attributes"].as_object().unwrap();
        keys.entry(kind.to_owned()).or_default().extend(attributes.keys().cloned());
        let resource = span["resource"].as_object().unwrap();
        assert_eq!(resource["service.name"], "consent");
        assert_eq!(resource.keys().map(String::as_str).collect::<Vec<_>>(), ALLOWED_RESOURCE);
        assert!(span["nanoseconds"].as_u64().is_some_and(|time| time > 0), "{span}");
        assert_eq!((&span["events"], &span["links"]), (&json!([]), &json!(0)), "{span}");
    }
    let allowed = ALLOWED.iter().map(|(kind, keys)| {
        ((*kind).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect::<BTreeSet<_>>())
    });
    assert_eq!(keys, allowed.collect());
    let of = |id: &str| spans.iter().find(|span| span["attributes"]["request.id"] == id).cloned();
    let decision = of(&decided).expect("the request of the decision");
    assert_eq!(decision["name"], "POST /v1/sites/{site}/decisions");
    assert_eq!(decision["attributes"]["http.response.status_code"], 201);
    assert_eq!(
        of(given).expect("the request that was named by the proxy")["attributes"]["http.response.status_code"],
        401
    );
    assert!(spans.iter().any(|span| span["name"] == "GET pages"));
    assert!(spans.iter().any(|span| span["name"] == "batch" && span["attributes"]["decisions"] == 1));
    let (spans, log) =
        (fs::read_to_string(&collector.out).unwrap(), fs::read_to_string(folder.path().join("log")).unwrap());
    for personal in [
        "anna",
        "secret",
        "203.0.113.77",
        "Mozilla",
        "page-that-tells",
        "AAECAwQFBgcICQoLDA0ODw",
        "01930000",
        "127.0.0.1",
    ] {
        assert!(!spans.contains(personal), "{personal} is in the traces:\n{spans}");
        assert!(!log.contains(personal), "{personal} is in the log:\n{log}");
    }
}

#[test]
fn a_collector_that_is_away_or_answers_nonsense_keeps_nobody_waiting() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody listens there; and somebody listens who never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    for endpoint in ["http://127.0.0.1:1", &silent, "not a url"] {
        let server = Server::start(folder.path(), &[("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)]);
        for number in 0..20 {
            let begun = Instant::now();
            assert!([200, 201].contains(&server.decide(number, "/").0), "{endpoint}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{endpoint}: it waits");
        }
        let begun = Instant::now();
        assert!(server.stop(), "{endpoint}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{endpoint}: it does not end");
    }
}

#[test]
fn without_a_collector_nothing_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    let Some(collector) = Collector::start(folder.path()) else { return };
    for environment in [
        vec![],
        vec![("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str()), ("OTEL_SDK_DISABLED", "true")],
    ] {
        let server = Server::start(folder.path(), &environment);
        assert!([200, 201].contains(&server.decide(1, "/").0));
        assert!(server.stop());
        assert_eq!(collector.spans(), Vec::<Value>::new());
    }
}
