//! One connection of many: what it asks, when, and what it gets to see.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until, timeout};

use crate::seen::{Kind, Seen};

/// Of so many acknowledged decisions one is looked up at the end, and of the quiet site's.
const LOOKED_UP: [u64; 2] = [500, 50];

/// A request that is sent so much after it was due could not be sent in time.
const LATE: Duration = Duration::from_millis(10);

/// Longer than anything may take; an answer that comes later is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// A site of the server.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: String,
    pub(crate) site: &'static str,
    pub(crate) notice: String,
}

/// What is to know of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whether it names a time to come back (`Retry-After`).
    says_when: bool,
}

/// A timer of the runtime rings up to a millisecond late, for all who are due in it at once, and a load would come in bursts.
const COARSE: Duration = Duration::from_millis(2);

/// Waits until then, to some microseconds.
async fn until(due: Instant) {
    sleep_until(due - COARSE).await;
    while Instant::now() < due {
        yield_now().await;
    }
}

/// One connection with a number of its own.
pub(crate) struct Visitor {
    target: Target,
    stream: Option<TcpStream>,
    number: u64,
    sent: u64,
    acknowledged: u64,
    /// What the ids of a run begin with.
    run: u64,
    last: Option<String>,
    tag: String,
    request: String,
    answer: Vec<u8>,
    pub(crate) seen: Seen,
}

impl Visitor {
    pub(crate) async fn new(target: Target, run: u64, number: u64) -> Self {
        let mut visitor = Self {
            target,
            stream: None,
            number,
            // So that at each moment all kinds of requests are on their way, however few each visitor sends.
            sent: number % 10,
            acknowledged: 0,
            run: run & 0xffff,
            last: None,
            tag: String::new(),
            request: String::new(),
            answer: Vec::new(),
            seen: Seen::default(),
        };
        // Before any clock starts: what two thousand connections at once wait for is the operating system.
        visitor.connect().await;
        visitor
    }

    /// Makes the next request one of a decision.
    pub(crate) fn decides_next(&mut self) {
        self.sent = self.sent.next_multiple_of(10);
    }

    /// The next request: of ten, five are decisions, two load the script, and one each loads it again, fetches a receipt
    /// and says that the banner was shown. On the quiet site all are decisions. Returns whether it is a decision.
    fn next(&mut self) -> bool {
        let (Target { site, notice, .. }, number) = (&self.target, self.sent);
        self.sent += 1;
        self.request.clear();
        let kind = if *site == "quiet" { 0 } else { number % 10 };
        // So many addresses that the limits for one are never met.
        let [_, a, b, c] =
            u32::try_from((self.number << 14 | number & 0x3fff) & 0x00ff_ffff).unwrap_or(0).to_be_bytes();
        let host = format!("Host: localhost\r\nX-Forwarded-For: 11.{a}.{b}.{c}\r\n");
        let result = match (kind, &self.last) {
            (5 | 6, _) => write!(
                self.request,
                "GET /v1/sites/{site}/banner.js HTTP/1.1\r\n{host}Accept-Encoding: br\r\n\r\n"
            ),
            (7, _) => write!(
                self.request,
                "GET /v1/sites/{site}/banner.js HTTP/1.1\r\n{host}Accept-Encoding: br\r\nIf-None-Match: {}\r\n\r\n",
                self.tag
            ),
            (8, Some(id)) => {
                write!(self.request, "GET /v1/sites/{site}/decisions/{id}/receipt HTTP/1.1\r\n{host}\r\n")
            }
            (9, _) => write!(
                self.request,
                "POST /v1/sites/{site}/shown HTTP/1.1\r\n{host}Content-Length: {}\r\n\r\n{notice}",
                notice.len()
            ),
            _ => {
                let id = format!("019b{:04x}-{:04x}-7000-8000-{number:012x}", self.run, self.number);
                let body = format!(
                    r#"{{"decision_id":"{id}","subject_id":"{:06}{:015}A","notice_id":"{notice}","action":"save","choices":{{"functional":"grant","analytics":"deny","performance":"grant","advertisement":"deny"}},"decided_at":"2026-11-23T09:30:00.123Z","signals":{{"gpc":false}},"language":"fr","page":"/actualites"}}"#,
                    self.number,
                    number / 3
                );
                self.last = Some(id);
                write!(
                    self.request,
                    "POST /v1/sites/{site}/decisions HTTP/1.1\r\n{host}Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            }
        };
        result.is_ok() && kind < 5 || kind == 8 && self.request.starts_with("POST")
    }

    /// Sends one request and reads its answer. It was due at `due`, in a load that began at `begin`.
    pub(crate) async fn ask(&mut self, begin: Instant, due: Instant) {
        let decides = self.next();
        self.seen.late += u64::from(due.elapsed() > LATE);
        let sent = Instant::now();
        let answer = timeout(PATIENCE, self.exchange()).await.ok().flatten();
        let kind = match answer.map(|answer| answer.status) {
            Some(201) if decides => {
                let one_of = LOOKED_UP[usize::from(self.target.site == "quiet")];
                if (self.number + self.acknowledged).is_multiple_of(one_of) {
                    self.seen.ids.extend(self.last.clone());
                }
                self.acknowledged += 1;
                Kind::Acknowledged
            }
            Some(200 | 204 | 304) if !decides => Kind::Served,
            // The receipt of a decision that was not admitted.
            Some(404) if self.request.contains("/receipt ") => Kind::Served,
            Some(503) if decides && answer.is_some_and(|answer| answer.says_when) => Kind::Later,
            Some(_) => {
                self.seen.wrong += 1;
                return;
            }
            None => {
                self.seen.lost += 1;
                self.stream = None;
                return;
            }
        };
        self.seen.note(kind, sent.duration_since(begin), sent.elapsed());
    }

    /// Sends requests from `first` until `end`, each so many seconds after the one before; but when that has its answer.
    pub(crate) async fn run(mut self, begin: Instant, first: Instant, every: f64, end: Instant) -> Self {
        let mut due = first;
        loop {
            until(due).await;
            // Who is so late that the load is over has nothing more to say.
            if Instant::now() >= end {
                return self;
            }
            self.ask(begin, due).await;
            due += Duration::from_secs_f64(every);
        }
    }

    /// Whether there is a receipt of the decision with this id.
    pub(crate) async fn finds(&mut self, id: &str) -> bool {
        let site = self.target.site;
        self.request =
            format!("GET /v1/sites/{site}/decisions/{id}/receipt HTTP/1.1\r\nHost: localhost\r\n\r\n");
        for _ in 0..2 {
            match timeout(PATIENCE, self.exchange()).await.ok().flatten() {
                Some(answer) => return answer.status == 200,
                // The server may have closed a connection that said nothing for so long.
                None => self.stream = None,
            }
        }
        false
    }

    /// Closes the connection.
    pub(crate) fn leave(&mut self) {
        self.stream = None;
    }

    pub(crate) async fn connect(&mut self) -> Option<&mut TcpStream> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.target.address).await.ok()?;
            stream.set_nodelay(true).ok()?;
            self.stream = Some(stream);
        }
        self.stream.as_mut()
    }

    async fn exchange(&mut self) -> Option<Answer> {
        self.connect().await?;
        let stream = self.stream.as_mut()?;
        stream.write_all(self.request.as_bytes()).await.ok()?;
        self.answer.clear();
        let (answer, length) = loop {
            if stream.read_buf(&mut self.answer).await.ok()? == 0 {
                return None;
            }
            if let Some(end) = self.answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                // Names of fields are in small letters, as the server writes them.
                let head = std::str::from_utf8(self.answer.get(..end)?).ok()?;
                let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
                let status: u16 = head.get(9..12)?.parse().ok()?;
                let length = field("content-length: ").and_then(|length| length.parse().ok()).unwrap_or(0);
                let says_when = field("retry-after: ").is_some();
                if let Some(tag) = field("etag: ").filter(|tag| *tag != self.tag) {
                    self.tag = tag.to_owned();
                }
                let whole = if status == 304 { end + 4 } else { end + 4 + length };
                break (Answer { status, says_when }, whole);
            }
        };
        while self.answer.len() < length {
            if stream.read_buf(&mut self.answer).await.ok()? == 0 {
                return None;
            }
        }
        Some(answer)
    }
}
