//! Connections: accepted, served, ended. What makes a client that is slow, silent or rude cost little.
//!
//! | what | how long, how many | then |
//! |---|---|---|
//! | open connections | `connections` of the config | new ones wait with the operating system |
//! | connections that wait there | 4,096, or as many as the system allows | they come again after a second |
//! | a head of a request, from the end of the one before it | 15 s, or 150 s for a proxy | closed |
//! | bytes of a head | 32 KiB | 431 |
//! | a body | 20 s (`http/body.rs`) | 408 |
//! | an answer of which nothing is taken | 30 s | closed |

mod alarm;
mod whole;

use std::convert::Infallible;
use std::future::ready;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::either::Either;
use tower::ServiceExt as _;

use self::alarm::Alarm;
use self::whole::Whole;
use crate::http::{
    Connection, DECISIONS, Front, Met, Peer, RequestIds, Requests, Unread, X_REQUEST_ID, decide, route_of,
};

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For a head, counted from the end of the request before: an idle connection is closed after this.
    head: Duration,
    /// The same for whoever has no address of the public network, which is most likely a proxy: longer than proxies keep a
    /// connection that they do not use (nginx 60 s, Caddy 120 s), or else they send into one that is just being closed.
    head_of_proxy: Duration,
    /// For taking nothing of an answer.
    stalled: Duration,
}

const PATIENCE: Patience = Patience {
    head: Duration::from_secs(15),
    head_of_proxy: Duration::from_secs(150),
    stalled: Duration::from_secs(30),
};

/// The most bytes of a head: a browser's has one or two thousand, and cookies of the same host may add to it.
const MAX_HEAD: usize = 32 * 1024;

/// How many connections may wait to be accepted: a page that many open at once sends more of them than the 128 that is usual, and each
/// one above that is a visitor who waits for a second. Linux has a limit of its own, `net.core.somaxconn`.
const BACKLOG: u32 = 4096;

/// How long to wait when the operating system gives no connection, for want of files most likely.
const PAUSE: Duration = Duration::from_millis(50);

/// Begins to listen; nobody is answered before [`serve`].
///
/// # Errors
/// If the address is in use, or none of this machine.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Connections of a server before this one, which are closed and not forgotten yet, are no reason not to start.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// What every request meets first.
#[derive(Debug)]
pub(crate) struct Reception {
    /// Answers what needs no router.
    pub(crate) front: Option<Front>,
    /// Counts answers.
    pub(crate) requests: Requests,
    /// Names requests.
    pub(crate) ids: Arc<RequestIds>,
    /// How many connections may be open at once.
    pub(crate) connections: usize,
    /// Keeps what nobody has read yet.
    pub(crate) unread: Unread,
}

/// Serves until `stop` resolves, names requests, counts answers and never has more than so many connections open, and returns when the last connection has ended.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    reception: Reception,
    stop: impl Future<Output = ()>,
) {
    serve_with(PATIENCE, listener, router, reception, stop).await;
}

async fn serve_with(
    patience: Patience,
    listener: TcpListener,
    router: Router,
    reception: Reception,
    stop: impl Future<Output = ()>,
) {
    let Reception { front, requests, ids, connections, unread } = reception;
    let places = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
    let open = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            // The semaphore is never closed, so there is always a place some time.
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            next = next => next,
            () = &mut stop => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::debug!(%error, "no connection");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let peer = Peer(peer.ip());
        let protocol = protocol(if peer.is_public() { patience.head } else { patience.head_of_proxy });
        let router = router.clone();
        let (front, requests, ids) = (front.clone(), requests.clone(), Arc::clone(&ids));
        let here = Connection::new(unread.clone());
        let heard = Arc::clone(&here);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let met = front.as_ref().and_then(|front| front.meet(&request, here.ahead()));
            // What is answered from a head alone is no event: it has no name.
            if let Some(Met::Answered(answer)) = met {
                return Either::Left(ready(Ok::<_, Infallible>(answer)));
            }
            let (requests, id, answering) =
                (requests.clone(), ids.name(peer, request.headers()), here.answering());
            let way = match met {
                Some(Met::Decision(taken)) => Ok(taken),
                _ => Err(router.clone()),
            };
            // Boxed, as it is moved more than once before it begins.
            Either::Right(Box::pin(id.during(async move {
                let _answering = answering;
                let (route, mut answer) = match way {
                    Ok(taken) => (DECISIONS, decide(taken, peer, request).await),
                    Err(router) => {
                        let route = route_of(request.uri().path());
                        request.extensions_mut().insert(peer);
                        (route, router.oneshot(request).await?)
                    }
                };
                requests.count(route, answer.status());
                answer.headers_mut().insert(X_REQUEST_ID, id.to_header());
                Ok(answer)
            })))
        });
        let stream = TokioIo::new(Box::pin(timed(stream, patience.stalled)));
        let served = heard.during(open.watch(protocol.serve_connection(stream, service)));
        tokio::spawn(async move {
            // A client that goes away or breaks the protocol is no event.
            let _ = served.await;
            drop(place);
        });
    }
    drop(listener);
    open.shutdown().await;
}

/// HTTP/1.1 as it is spoken to a client that has this long for a head.
fn protocol(head: Duration) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol.timer(Alarm::default()).header_read_timeout(head).max_buf_size(MAX_HEAD);
    // Who has said all they had to say still wants the answer; and nobody has to listen for more while it is being made.
    protocol.half_close(true);
    protocol
}

/// A connection that fails when nothing of an answer is taken. What arrives has limits of its own.
fn timed(stream: TcpStream, stalled: Duration) -> TimeoutStream<Whole> {
    // Answers are written whole, so waiting for more to send with them only costs time.
    let _ = stream.set_nodelay(true);
    let mut timed = TimeoutStream::new(Whole(stream));
    timed.set_write_timeout(Some(stalled));
    timed
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::{Notify, oneshot};
    use tokio::time::{Instant, timeout};

    use super::*;

    const SOON: Duration = Duration::from_millis(300);
    const IN_TIME: Duration = Duration::from_secs(20);

    /// A server that loses its patience soon, with one large answer.
    async fn impatient(connections: usize) -> (SocketAddr, oneshot::Sender<()>) {
        let patience = Patience { head: SOON, head_of_proxy: SOON, stalled: SOON };
        with(patience, connections).await
    }

    async fn with(patience: Patience, connections: usize) -> (SocketAddr, oneshot::Sender<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let large = || async { vec![b'x'; 64 << 20] };
        let slow = || async {
            tokio::time::sleep(SOON / 4).await;
            "at last"
        };
        let unread = Unread::default();
        let counted = unread.clone();
        let count = || async move { counted.count().to_string() };
        let (waiting, others) = (Arc::new(Notify::new()), unread.clone());
        let notify = Arc::clone(&waiting);
        let wait = || async move { waiting.notified().await };
        // How many are counted when all who wait for their answers were woken for them.
        let wake = || async move {
            notify.notify_waiters();
            others.count().to_string()
        };
        let router = Router::new().route("/", get(|| async { "here" })).route("/large", get(large));
        let router = router.route("/unread", get(count)).route("/wait", get(wait)).route("/wake", get(wake));
        let router = router.route("/slow", get(slow));
        let (stop, stopped) = oneshot::channel();
        let reception = Reception {
            front: None,
            requests: Requests::default(),
            ids: Arc::default(),
            connections,
            unread,
        };
        tokio::spawn(serve_with(patience, listener, router, reception, async {
            drop(stopped.await);
        }));
        (address, stop)
    }

    async fn rest(stream: &mut TcpStream) -> String {
        let mut answer = Vec::new();
        let read = timeout(IN_TIME, stream.read_to_end(&mut answer)).await;
        // Closed with an error is closed too.
        let _ = read.expect("the server closes the connection");
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn who_says_nothing_or_only_half_is_hung_up_on() {
        let (address, _stop) = impatient(100).await;
        for said in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: a\r\n"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(said.as_bytes()).await.unwrap();
            let begun = Instant::now();
            assert!(!rest(&mut stream).await.contains("here"), "{said}");
            assert!(begun.elapsed() >= SOON / 2, "{said}");
        }
    }

    #[tokio::test]
    async fn a_connection_that_waits_after_its_answer_is_closed() {
        let (address, _stop) = impatient(100).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        assert!(rest(&mut stream).await.ends_with("here"));
    }

    #[tokio::test]
    async fn who_has_said_all_they_had_to_say_is_answered() {
        let (address, _stop) = impatient(100).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        stream.shutdown().await.unwrap();
        assert!(rest(&mut stream).await.ends_with("at last"));
    }

    #[tokio::test]
    async fn who_takes_nothing_of_an_answer_is_hung_up_on() {
        let (address, _stop) = impatient(1).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        // There is room for one connection, so this one is served when that one is given up.
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        assert!(rest(&mut next).await.ends_with("here"));
        assert!(rest(&mut stream).await.len() < 64 << 20);
    }

    /// One answer of a few bytes on a connection that stays open.
    async fn answer(stream: &mut TcpStream) -> String {
        let mut answer = [0; 1024];
        let bytes = timeout(IN_TIME, stream.read(&mut answer)).await.expect("an answer").unwrap();
        String::from_utf8_lossy(&answer[..bytes]).into_owned()
    }

    #[tokio::test]
    async fn what_has_arrived_is_counted_until_it_is_read_and_what_is_being_answered_is_not() {
        let (address, _stop) = with(PATIENCE, 100).await;
        let ask = |stream: &TcpStream, path: &str| {
            stream.try_write(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).unwrap()
        };
        let mut streams = Vec::new();
        for _ in 0..5 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            ask(&stream, "/unread");
            assert!(answer(&mut stream).await.ends_with("\r\n\r\n0"));
            streams.push(stream);
        }
        // The server has this thread only, so all of them are there before it turns to one.
        for stream in &streams {
            ask(stream, "/unread");
        }
        let mut counts = Vec::new();
        for stream in &mut streams {
            counts.push(answer(stream).await.chars().next_back().unwrap());
        }
        counts.sort_unstable();
        assert_eq!(counts, ['0', '1', '2', '3', '4']);
        let [waiting @ .., last] = streams.as_mut_slice() else { panic!() };
        for stream in &*waiting {
            ask(stream, "/wait");
        }
        tokio::time::sleep(SOON / 8).await;
        ask(last, "/wake");
        assert!(answer(last).await.ends_with("\r\n\r\n0"));
        for stream in waiting {
            assert!(answer(stream).await.starts_with("HTTP/1.1 200 OK"));
        }
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let (address, _stop) = impatient(100).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "x".repeat(2 * MAX_HEAD));
        let _ = stream.write_all(head.as_bytes()).await;
        assert!(!rest(&mut stream).await.contains("200 OK"));
    }

    #[tokio::test]
    async fn more_connections_than_is_usual_may_come_at_once() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let limit = std::fs::read_to_string("/proc/sys/net/core/somaxconn").ok();
        let most: usize = limit.and_then(|limit| limit.trim().parse().ok()).unwrap_or(128);
        let mut waiting = Vec::new();
        for _ in 0..most.min(500) {
            waiting.push(timeout(SOON, TcpStream::connect(address)).await.expect("at once").unwrap());
        }
        assert!(bind(address).is_err(), "the address is in use");
    }

    #[tokio::test]
    async fn above_the_limit_connections_wait_and_are_served_later() {
        let (address, _stop) = impatient(2).await;
        let silent = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
        assert!(timeout(SOON / 4, next.peek(&mut [0; 1])).await.is_err(), "there is no place yet");
        assert!(rest(&mut next).await.ends_with("here"));
        drop(silent);
    }
}
