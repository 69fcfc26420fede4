//! Over a socket the script is answered without the router: as the router answers.

use std::collections::BTreeMap;

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
