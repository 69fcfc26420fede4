//! Over a socket the script is answered without the router, and so are decisions for which there is no room: as the router answers.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::sockets::exchange;
use super::support::{Server, server_of};

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
        let answer = server.request(method, path, headers, axum::body::Body::empty()).await;
        let headers =
            answer.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
        let head: Vec<_> = headers.collect();
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let text = if *method == "HEAD" { String::new() } else { text };
        expected.push(parts(&format!("HTTP/1.1 {} X\r\n{}\r\n\r\n{text}", answer.status, head.join("\r\n"))));
    }
    let Server { app, router, folder, .. } = server;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, async { drop(stopped.await) }));
    let mut unnamed = 0;
    for ((method, path, headers), expected) in asked.iter().zip(expected) {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!("{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n");
        let answer = exchange(address, request.as_bytes()).await;
        unnamed += usize::from(!answer.contains("x-request-id: "));
        assert_eq!(parts(&answer), expected, "{method} {path}");
    }
    assert_eq!(unnamed, 6, "those that the router was not asked for");
    drop(stop);
    served.await.unwrap().unwrap();
    drop(folder);
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
    let Server { app, router, folder, .. } = server_of(&format!("{CONFIG}\n[limits]\nwaiting = 1\n")).await;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, async { drop(stopped.await) }));
    let asked = tokio::task::spawn_blocking(move || {
        let origin = "origin: https://consent.example\r\n";
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
    drop(stop);
    served.await.unwrap().unwrap();
    drop(folder);
}
