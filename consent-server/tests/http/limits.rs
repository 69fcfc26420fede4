//! Visitors who ask too often, and what is not kept of them.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::sleep;
use tokio_util::io::ReaderStream;

use super::sockets::exchange;
use super::support::{Server, decision, decision_id, post, server_of};

const VISITOR: &str = "203.0.113.77";

fn config(limits: &str) -> String {
    format!(
        r#"
[server]
host = "consent.example"
trusted_proxies = ["127.0.0.1"]
[limits]
{limits}
[[site]]
id = "newsroom"
languages = ["fr"]
origins = ["https://www.newsroom.example"]
controller = {{ name = "Exemple SA", privacy_url = "/privacy" }}
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = "Compte les visites."
"#
    )
}

/// A server behind a proxy on this machine, and the notice of its site.
struct Proxied {
    address: SocketAddr,
    notice: String,
    folder: tempfile::TempDir,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<Result<(), consent_server::app::AppError>>,
}

async fn proxied(limits: &str) -> Proxied {
    let server = server_of(&config(limits)).await;
    let notice = server.notice_id("newsroom", "fr").await;
    let Server { app, router, folder, .. } = server;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, async { drop(stopped.await) }));
    Proxied { address, notice, folder, stop, served }
}

impl Proxied {
    /// Sends a body from an address; returns the whole answer.
    async fn send(&self, path: &str, kind: &str, from: &str, body: &str) -> String {
        let request = format!(
            "POST /v1/sites/newsroom/{path} HTTP/1.1\r\nhost: consent.example\r\nconnection: close\r\n\
             origin: https://www.newsroom.example\r\nx-forwarded-for: 198.51.100.1, {from}\r\n\
             user-agent: Mozilla/5.0\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        exchange(self.address, request.as_bytes()).await
    }

    async fn decide(&self, number: u64, subject: &str, from: &str) -> String {
        let mut body: Value = decision(number, &self.notice);
        body["subject_id"] = subject.into();
        self.send("decisions", "application/json", from, &body.to_string()).await
    }

    async fn end(self) {
        drop(self.stop);
        self.served.await.unwrap().unwrap();
    }
}

fn is_refused(answer: &str) -> bool {
    let head = answer.to_ascii_lowercase();
    let refused = answer.starts_with("HTTP/1.1 429");
    if refused {
        assert!(answer.contains(r#""code":"too_many_requests""#), "{answer}");
        let after = head.split("retry-after: ").nth(1).and_then(|rest| rest.lines().next());
        assert!(after.and_then(|seconds| seconds.parse::<u32>().ok()).is_some_and(|s| s > 0), "{answer}");
        // The page may read when to come back.
        assert!(head.contains("access-control-allow-origin: https://www.newsroom.example"), "{answer}");
    } else {
        assert!(answer.starts_with("HTTP/1.1 20"), "{answer}");
    }
    refused
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_sends_too_much_is_told_when_to_come_back_and_others_are_served() {
    let server = proxied("per_address = 3").await;
    for number in 0..5 {
        let answer = server.decide(number, &format!("{number:021}A"), VISITOR).await;
        assert_eq!(is_refused(&answer), number >= 3, "{number}");
    }
    assert!(!is_refused(&server.decide(9, "AAECAwQFBgcICQoLDA0ODw", "203.0.113.78").await));
    for number in 0..5 {
        let answer = server.send("shown", "text/plain", VISITOR, &server.notice).await;
        assert_eq!(is_refused(&answer), number >= 3, "{number}");
    }
    let folder = server.folder.path().to_owned();
    // Neither the address nor its bytes are in any file.
    for bytes in [VISITOR.as_bytes(), &[203, 0, 113, 77]] {
        assert_eq!(files_with(&folder, bytes), Vec::<String>::new());
    }
    server.end().await;
}

/// As axum tells where a request came from, if it is asked to.
#[tokio::test]
async fn behind_a_listener_of_somebody_else_an_address_counts_as_well() {
    let server = server_of(&config("per_address = 3")).await;
    let notice = server.notice_id("newsroom", "fr").await;
    for (peer, limited) in [(VISITOR, true), ("127.0.0.1", false)] {
        for number in 0..5_u64 {
            let mut body = decision(number + 10 * u64::from(limited), &notice);
            body["subject_id"] = format!("{:021}A", number + 10 * u64::from(limited)).into();
            let mut request = Request::post("/v1/sites/newsroom/decisions")
                .header("content-type", "application/json")
                .body(Body::from(body.to_string()))
                .unwrap();
            let address = SocketAddr::new(peer.parse().unwrap(), 40_000);
            request.extensions_mut().insert(ConnectInfo(address));
            let status = server.send(request).await.status;
            assert_eq!(status, if limited && number >= 3 { 429 } else { 201 }, "{peer} {number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_that_decides_too_often_is_refused_wherever_it_comes_from() {
    let server = proxied("per_subject = 2").await;
    for number in 0..4_u64 {
        let from = format!("203.0.113.{number}");
        let answer = server.decide(number, "AAECAwQFBgcICQoLDA0ODw", &from).await;
        assert_eq!(is_refused(&answer), number >= 2, "{number}");
    }
    assert!(!is_refused(&server.decide(9, "BBECAwQFBgcICQoLDA0ODw", VISITOR).await));
    server.end().await;
}

/// What was refused can be sent again, and is recorded once.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_decision_is_taken_when_it_comes_back() {
    let server = proxied("per_address = 60").await;
    let mut refused = None;
    for number in 0..200 {
        if is_refused(&server.decide(number, &format!("{number:021}A"), VISITOR).await) {
            refused = Some(number);
            break;
        }
    }
    let number = refused.expect("60 a minute is less than this");
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let answer = server.decide(number, &format!("{number:021}A"), VISITOR).await;
    assert!(answer.starts_with("HTTP/1.1 201") && answer.contains(&decision_id(number)), "{answer}");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn displays_to_bots_are_not_counted_as_displays_to_people() {
    let server = server_of(&config("")).await;
    let notice = server.notice_id("newsroom", "fr").await;
    for agent in ["Mozilla/5.0 (compatible; Googlebot/2.1)", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"]
    {
        let headers = [("user-agent", agent)];
        let body = notice.clone().into();
        let answer = server.request("POST", "/v1/sites/newsroom/shown", &headers, body).await;
        assert_eq!(answer.status, 204, "{agent}");
    }
    // An hour later the log says how many it were.
    server.set_clock(super::support::NOW + 7200);
    let Server { app, router, store, folder, .. } = server;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    app.serve(listener, async {}).await.unwrap();
    let (log, head) =
        store.logs().unwrap().into_iter().find(|(log, _)| log.site.as_str() == "newsroom").unwrap();
    let entries = store.entries(&log, 0..head.size).unwrap();
    let tallies: Vec<_> = entries.iter().filter(|entry| entry.starts_with(br#"{"hour""#)).collect();
    let [tally] = tallies.as_slice() else { panic!("{} tallies", tallies.len()) };
    assert!(String::from_utf8_lossy(tally).contains(r#""shown":1,"#), "{}", String::from_utf8_lossy(tally));
    drop(folder);
}

/// Names of the files below a folder that hold these bytes.
fn files_with(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for item in std::fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, bytes));
        } else if std::fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn a_decision_has_its_place_from_its_head_on_and_gives_it_back_while_its_body_is_slow() {
    let server = server_of(&config("waiting = 1")).await;
    let [slow, refused, quick] = [1, 2, 3].map(|number| server.decision(number));
    let (slow, refused, quick) = (slow.await, refused.await, quick.await);
    let (mut sender, body) = tokio::io::duplex(1 << 10);
    let body = Body::from_stream(ReaderStream::new(body));
    let mut first = pin!(server.send(post("newsroom", Some("application/json"), body)));
    // The first is asked for before the second in one go, so no time passes in between.
    tokio::select! {
        biased;
        answer = &mut first => panic!("answered without a body: {}", answer.status),
        answer = server.post("newsroom", &refused) => {
            assert_eq!((answer.status, answer.code()), (503, "busy".to_owned()));
            assert!(answer.headers.contains_key("retry-after"));
        }
    }
    // Twice as long as a body may take and keep its place.
    tokio::select! {
        answer = &mut first => panic!("answered without a body: {}", answer.status),
        () = sleep(Duration::from_millis(100)) => {}
    }
    tokio::select! {
        biased;
        answer = &mut first => panic!("answered without a body: {}", answer.status),
        answer = server.post("newsroom", &quick) => assert_eq!(answer.status, 201),
    }
    sender.write_all(slow.to_string().as_bytes()).await.unwrap();
    drop(sender);
    assert_eq!(first.await.status, 201);
}
