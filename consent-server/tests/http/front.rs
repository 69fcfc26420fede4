//! Over a socket the script and decisions are answered without the router, and as the router answers.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use consent_server::app::AppError;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::decisions::cookie;
use super::sockets::exchange;
use super::support::{Answer, Server, server_of};

const CONFIG: &str = r#"
[server]
host = "consent.example"

[[site]]
id = "newsroom"
languages = ["fr", "en"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = { fr = "Compte les visites.", en = "Counts visits." }

[[site]]
id = "shop"
languages = ["en"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
ask_again_after = "12 months"
regions = { US-CA = {} }
"#;

/// A method, a path and headers.
type Asked<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);

/// Status, headers and body; without what is of one answer only.
fn parts(answer: &str) -> (String, BTreeMap<String, String>, String) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status").to_owned();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let own = ["date", "connection", "content-length", "x-request-id"];
    (status, headers.filter(|(name, _)| !own.contains(&&**name)).collect(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_socket_the_script_is_the_one_of_the_router() {
    let server = server_of(CONFIG).await;
    let tag = server.get("/v1/sites/newsroom/banner.js").await.header("etag").to_owned();
    let asked: Vec<Asked> = vec![
        ("GET", "/v1/sites/newsroom/banner.js", vec![]),
        ("GET", "/v1/sites/newsroom/banner.js", vec![("accept-encoding", "gzip, deflate, br, zstd")]),
        ("GET", "/v1/sites/newsroom/banner.js", vec![("accept-encoding", "gzip;q=1, br;q=0")]),
        ("GET", "/v1/sites/newsroom/banner.js", vec![("if-none-match", &tag)]),
        ("GET", "/v1/sites/newsroom/banner.js", vec![("if-none-match", "\"other\"")]),
        (
            "GET",
            "/v1/sites/newsroom/banner.js",
            vec![("origin", "https://evil.example"), ("cookie", "consent=1")],
        ),
        ("GET", "/v1/sites/newsroom/banner.js?lang=en", vec![]),
        ("GET", "/v1/sites/newsroom/banner.js?lang=%ff", vec![]),
        ("GET", "/v1/sites/newsroo%6d/banner.js", vec![]),
        ("GET", "/v1/sites/shop/banner.js", vec![("x-forwarded-for", "192.0.2.7")]),
        ("GET", "/v1/sites/none/banner.js", vec![]),
        ("GET", "/v1/sites//banner.js", vec![]),
        ("GET", "/v1/sites/newsroom/banner.js/", vec![]),
        ("HEAD", "/v1/sites/newsroom/banner.js", vec![]),
        ("POST", "/v1/sites/newsroom/banner.js", vec![]),
    ];
    let mut expected = Vec::new();
    for (method, path, headers) in &asked {
        let answer = server.request(method, path, headers, Body::empty()).await;
        let answer = by_router(&answer);
        let nothing = if *method == "HEAD" { Some(String::new()) } else { None };
        expected.push((answer.0, answer.1, nothing.unwrap_or(answer.2)));
    }
    let (address, served) = serve(server).await;
    let mut unnamed = 0;
    for ((method, path, headers), expected) in asked.iter().zip(expected) {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n");
        let answer = exchange(address, request.as_bytes()).await;
        unnamed += usize::from(!answer.contains("x-request-id: "));
        assert_eq!(parts(&answer), expected, "{method} {path}");
    }
    assert_eq!(unnamed, 6, "those that the router was not asked for");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_socket_a_decision_is_answered_as_by_the_router() {
    const JSON: (&str, &str) = ("content-type", "application/json");
    let server =
        server_of(&CONFIG.replacen("languages", "origins = [\"https://a.example\"]\nlanguages", 1)).await;
    let good = server.decision(1).await;
    // Recorded before all others, which are told so.
    assert_eq!(server.post("newsroom", &good).await.status, 201);
    let mut of_other_notice = good.clone();
    of_other_notice["notice_id"] = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".into();
    let mut other = good.clone();
    other["page"] = "/ailleurs".into();
    let good = good.to_string();
    let held = format!("consent={}", cookie::value(&server, 1).await);
    let asked = [
        ("newsroom", vec![JSON], good.clone()),
        ("newsroom", vec![("content-type", "application/json; charset=utf-8")], good.clone()),
        ("newsroom", vec![JSON, ("origin", "https://a.example")], good.clone()),
        ("newsroom", vec![JSON, ("origin", "https://consent.example:8080")], good.clone()),
        ("newsroom", vec![JSON, ("cookie", &held)], good.clone()),
        ("newsroom", vec![JSON, ("origin", "https://evil.example")], good.clone()),
        ("newsroom", vec![("content-type", "text/plain")], good.clone()),
        ("newsroom", vec![], good.clone()),
        ("newsroom", vec![JSON], other.to_string()),
        ("newsroom", vec![JSON], of_other_notice.to_string()),
        ("newsroom", vec![JSON], "{}".to_owned()),
        ("newsroom", vec![JSON], "{".to_owned()),
        ("newsroom", vec![JSON], String::new()),
        ("newsroom", vec![JSON], " ".repeat(16 * 1024 + 1)),
        ("newsroo%6d", vec![JSON], good.clone()),
        ("shop", vec![JSON], good.clone()),
        ("none", vec![JSON], good.clone()),
    ];
    let mut expected = Vec::new();
    for (site, headers, body) in &asked {
        let path = format!("/v1/sites/{site}/decisions");
        expected.push(by_router(&server.request("POST", &path, headers, body.clone().into()).await));
    }
    let statuses: Vec<_> = expected.iter().map(|(status, ..)| &**status).collect();
    let words = "200 200 200 200 200 403 415 415 409 422 422 400 400 413 200 422 404";
    assert_eq!(statuses.join(" "), words);
    assert!(expected[4].1.contains_key("set-cookie"), "it has the cookie again");
    let (address, served) = serve(server).await;
    for ((site, headers, body), expected) in asked.iter().zip(expected) {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        let head = format!(
            "POST /v1/sites/{site}/decisions HTTP/1.1\r\nhost: consent.example:8080\r\nconnection: close\r\n\
             content-length: {length}\r\n{headers}\r\n"
        );
        let answer = exchange(address, format!("{head}{body}").as_bytes()).await;
        assert!(answer.contains("x-request-id: "), "{answer}");
        assert_eq!(parts(&answer), expected, "{site} {headers} {body}");
        // In pieces, and without a length.
        let (one, two) = body.split_at(length / 2);
        let chunk = |piece: &str| {
            if piece.is_empty() { String::new() } else { format!("{:x}\r\n{piece}\r\n", piece.len()) }
        };
        let head = head.replace(&format!("content-length: {length}"), "transfer-encoding: chunked");
        let chunked = format!("{head}{}{}0\r\n\r\n", chunk(one), chunk(two));
        let answer = exchange(address, chunked.as_bytes()).await;
        assert_eq!(parts(&answer), expected, "{site} {headers} {body}");
    }
    served.stop().await;
}

/// What the router answers, as it is compared.
fn by_router(answer: &Answer) -> (String, BTreeMap<String, String>, String) {
    let headers =
        answer.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")));
    let (head, text) = (headers.collect::<Vec<_>>().join("\r\n"), String::from_utf8_lossy(&answer.body));
    parts(&format!("HTTP/1.1 {} X\r\n{head}\r\n\r\n{text}", answer.status))
}

/// A server that listens.
struct Served {
    stop: oneshot::Sender<()>,
    served: JoinHandle<Result<(), AppError>>,
    _folder: TempDir,
}

async fn serve(server: Server) -> (SocketAddr, Served) {
    let Server { app, router, folder, .. } = server;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, async { drop(stopped.await) }));
    (address, Served { stop, served, _folder: folder })
}

impl Served {
    async fn stop(self) {
        drop(self.stop);
        self.served.await.expect("no panic").expect("it ends well");
    }
}

/// One request on a connection of its own, from a thread that the runtime has no part in.
fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).expect("a connection");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn post(site: &str, more: &str) -> String {
    format!(
        "POST /v1/sites/{site}/decisions HTTP/1.1\r\nhost: consent.example\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 2\r\n{more}\r\n{{}}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_of_a_site_that_is_full_are_refused_by_their_heads_and_nothing_else_is() {
    let server = server_of(&format!("{CONFIG}\n[limits]\nwaiting = 1\n")).await;
    let token = server.tokens.operator.clone();
    let (address, served) = serve(server).await;
    let asked = tokio::task::spawn_blocking(move || {
        let origin = "origin: https://consent.example\r\n";
        let counted = || {
            let head = format!("host: a\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\r\n");
            let text = ask(address, &format!("GET /metrics HTTP/1.1\r\n{head}"));
            [("banner", "200"), ("banner", "304"), ("decisions", "503")].map(|(route, status)| {
                let name = format!("consent_requests_total{{route=\"{route}\",status=\"{status}\"}} ");
                text.lines()
                    .find_map(|line| line.strip_prefix(&name))
                    .and_then(|count| count.parse::<u32>().ok())
            })
        };
        // They are there before anything happens, so that a first refusal is seen as a rise.
        assert_eq!(counted(), [Some(0); 3]);
        // A decision whose body is still to come has its place for a moment; so it is asked until another is refused meanwhile.
        let refused = (0..200).find_map(|_| {
            let slow = post("newsroom", "").replace("{}", "").replace("connection: close\r\n", "");
            let mut waiting = std::net::TcpStream::connect(address).unwrap();
            waiting.write_all(slow.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(10));
            let answer = ask(address, &post("newsroom", origin));
            let others = [
                ask(address, &post("shop", "")),
                ask(address, &post("none", "")),
                ask(address, &post("newsroom", "origin: https://evil.example\r\n")),
                ask(
                    address,
                    "GET /v1/sites/newsroom/banner.js HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
                ),
            ];
            (!answer.contains("x-request-id: ")).then_some((answer, others))
        });
        let [banner, unchanged, refusals] = counted();
        assert!(banner > Some(0) && unchanged == Some(0) && refusals > Some(0), "{banner:?} {refusals:?}");
        refused.expect("refused before the router was asked")
    });
    let (answer, others) = asked.await.unwrap();
    let (status, headers, body) = parts(&answer);
    assert_eq!((&*status, &*headers["retry-after"]), ("503", "2"));
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(
        (&*headers["access-control-allow-origin"], &*headers["vary"]),
        ("https://consent.example", "Origin")
    );
    assert!(body.contains("urn:consent:problem:busy"), "{body}");
    // The other site's is no decision, and is told so.
    assert_eq!(others.map(|answer| parts(&answer).0), ["422", "404", "403", "200"]);
    served.stop().await;
}
