//! What only a socket can show: requests that are no HTTP, and the end of the server.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::support::{Server, server};

pub(super) async fn exchange(address: std::net::SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may answer and hang up before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_no_http_are_refused_and_the_server_goes_on() {
    let Server { app, store, router, folder, .. } = server().await;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, async { drop(stopped.await) }));
    // The heads log grows by itself.
    let logs = || -> Vec<_> {
        let logs = store.logs().unwrap().into_iter();
        logs.filter(|(log, _)| log.site.as_str() != "heads").collect()
    };
    let before = logs();
    let many: String = (0..200).map(|at| format!("x-{at}: 1\r\n")).collect();
    for (what, request, status) in [
        ("many headers", format!("GET /healthz HTTP/1.1\r\nhost: a\r\n{many}\r\n"), "431"),
        ("a huge header", format!("GET /healthz HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "a".repeat(1 << 20)), "431"),
        ("a huge path", format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "a".repeat(100_000)), "431"),
        ("no method", "\x16\x03\x01\x02\x00\r\n\r\n".to_owned(), "400"),
        ("two lengths", "POST /v1/sites/newsroom/decisions HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab".to_owned(), "400"),
    ] {
        let answer = exchange(address, request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) || answer.is_empty() && what == "a huge header", "{what}: {answer:.200}");
    }
    // Length and chunks at once: whatever is made of it, it is one request, and no decision.
    let both = "POST /v1/sites/newsroom/decisions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
                content-length: 4\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n";
    let answer = exchange(address, both.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.matches("HTTP/1.1").count() == 1, "{answer}");
    let answer = exchange(address, b"GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ready\n"), "{answer}");
    assert_eq!(logs(), before);
    drop(stop);
    served.await.unwrap().unwrap();
    drop(folder);
}

/// Somebody who opens a connection and says nothing must not keep the server from ending.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_does_not_keep_the_server_alive() {
    if std::env::var_os("CONSENT_FULL").is_none() {
        eprintln!("skipped: takes 15 seconds; set CONSENT_FULL=1");
        return;
    }
    let Server { app, router, folder, .. } = server().await;
    drop(router);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, async { drop(stopped.await) }));
    let mut silent = TcpStream::connect(address).await.unwrap();
    silent.write_all(b"POST /v1/sites/newsroom/decisions HTTP/1.1\r\ncontent-length: 10\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(stop);
    let ended = tokio::time::timeout(Duration::from_secs(25), served).await;
    ended.expect("it ends").unwrap().unwrap();
    drop((silent, folder));
}
