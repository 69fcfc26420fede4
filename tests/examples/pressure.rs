//! More than a server can take, and what it makes of it.
//!
//!     pressure ADDRESS NOTICE_ID QUIET_NOTICE_ID PID SECONDS
//!
//! Three times the same mixed load on the site `newsroom`, beside a few decisions on the site `quiet`: as much as the server
//! answers, to see how much that is; half of it; and for SECONDS 120 % of it. Requests are sent when they are due and not
//! when the one before is answered; a connection that still waits then sends late, and that is said. A wait is counted from
//! the moment of sending. Then as many decisions at once as there are connections, which is more than may wait. At the end,
//! acknowledged decisions are looked up. The last line says what was broken; the process fails if anything was.
//!
//! It prints what it measures; what of it has to hold is said in `tests/bench/load`.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

/// Connections of the crowd: several times as many as decisions of a site may wait by default.
const CROWD: u64 = 2048;

/// Connections that measure how much the server answers: no more than decisions may wait, so that none is refused.
const ALL_IT_TAKES: u64 = 256;

/// How often all connections send one decision at the same time.
const BURSTS: u64 = 20;

/// Connections that ask the quiet site, and how many decisions each sends in a second.
const QUIET: (u64, f64) = (4, 10.0);

/// Of so many acknowledged decisions one is looked up at the end.
const LOOKED_UP: u64 = 500;

/// How long the server has for the new connections before requests come.
const SETTLED: Duration = Duration::from_secs(1);

/// A request that is sent so much after it was due could not be sent in time.
const LATE: Duration = Duration::from_millis(10);

/// Longer than anything may take; an answer that comes later is lost.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone)]
struct Target {
    address: String,
    site: &'static str,
    notice: String,
}

/// What is to know of an answer.
#[derive(Clone, Copy)]
struct Answer {
    status: u16,
    /// Whether it names a time to come back (`Retry-After`).
    says_when: bool,
}

/// What one connection, or many, got to see.
#[derive(Default)]
struct Seen {
    /// Microseconds from the sending of an admitted decision until it was acknowledged.
    acknowledged: Vec<u32>,
    /// The same for all other requests that got what they asked for.
    served: Vec<u32>,
    /// Microseconds until the answers of those that were asked to come back later.
    later: Vec<u32>,
    /// Requests that were sent more than 10 ms after they were due, as the one before had no answer yet.
    late: u64,
    /// Answers that should not have been.
    wrong: u64,
    /// Requests without an answer.
    lost: u64,
    /// Ids of some acknowledged decisions.
    ids: Vec<String>,
}

impl Seen {
    fn add(&mut self, other: Self) {
        self.acknowledged.extend(other.acknowledged);
        self.served.extend(other.served);
        self.later.extend(other.later);
        self.late += other.late;
        self.wrong += other.wrong;
        self.lost += other.lost;
        self.ids.extend(other.ids);
    }

    fn requests(&self) -> u64 {
        (self.acknowledged.len() + self.served.len() + self.later.len()) as u64 + self.wrong + self.lost
    }
}

/// Milliseconds within which so many of a thousand were answered.
fn within(times: &mut [u32], thousandths: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * thousandths / 1000).min(times.len().saturating_sub(1));
    times.get(at).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
}

/// One connection with a number of its own.
struct Visitor {
    target: Target,
    stream: Option<TcpStream>,
    number: u64,
    sent: u64,
    run: u64,
    last: Option<String>,
    tag: String,
    request: String,
    answer: Vec<u8>,
    seen: Seen,
}

impl Visitor {
    fn new(target: Target, run: u64, number: u64) -> Self {
        let (request, answer) = (String::new(), Vec::new());
        let seen = Seen::default();
        Self {
            target,
            stream: None,
            number,
            // So that at each moment all kinds of requests are on their way, however few each visitor sends.
            sent: number % 10,
            run,
            last: None,
            tag: String::new(),
            request,
            answer,
            seen,
        }
    }

    /// The next request: of ten, five are decisions, two load the script, and one each loads it again, fetches a receipt
    /// and says that the banner was shown. On the quiet site all are decisions.
    fn next(&mut self) -> bool {
        let (Target { site, notice, .. }, number) = (&self.target, self.sent);
        self.sent += 1;
        self.request.clear();
        let kind = if *site == "quiet" { 0 } else { number % 10 };
        // Everybody has an address of their own.
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

    /// Sends one request and reads its answer.
    async fn ask(&mut self, due: Instant) {
        let decides = self.next();
        self.seen.late += u64::from(due.elapsed() > LATE);
        let sent = Instant::now();
        let answer = timeout(PATIENCE, self.exchange()).await.ok().flatten();
        let micros = u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX);
        match answer.map(|answer| answer.status) {
            Some(201) if decides => {
                if (self.number + self.seen.acknowledged.len() as u64).is_multiple_of(LOOKED_UP) {
                    self.seen.ids.extend(self.last.clone());
                }
                self.seen.acknowledged.push(micros);
            }
            Some(200 | 204 | 304) if !decides => self.seen.served.push(micros),
            // The receipt of a decision that was not admitted.
            Some(404) if !decides => self.seen.served.push(micros),
            Some(503) if decides && answer.is_some_and(|answer| answer.says_when) => {
                self.seen.later.push(micros)
            }
            Some(_) => self.seen.wrong += 1,
            None => {
                self.seen.lost += 1;
                self.stream = None;
            }
        }
    }

    async fn connect(&mut self) -> Option<&mut TcpStream> {
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
                let head = String::from_utf8_lossy(self.answer.get(..end)?).to_ascii_lowercase();
                let field =
                    |name: &str| head.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
                let status: u16 = head.get(9..12)?.parse().ok()?;
                let length = field("content-length: ").and_then(|length| length.parse().ok()).unwrap_or(0);
                if let Some(tag) = field("etag: ") {
                    // Entity tags are told apart by case.
                    let at = head.find(&tag)?;
                    self.tag = String::from_utf8_lossy(self.answer.get(at..at + tag.len())?).into_owned();
                }
                let says_when = field("retry-after: ").is_some();
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

    /// Sends requests from `begin` until `end`: each so many seconds after the one before, or as soon as that is answered.
    async fn run(mut self, begin: Instant, every: Option<f64>, end: Instant) -> Seen {
        let mut due = begin;
        while due < end {
            sleep_until(due).await;
            self.ask(due).await;
            due = every.map_or_else(Instant::now, |every| due + Duration::from_secs_f64(every));
            if Instant::now() > end + PATIENCE {
                break;
            }
        }
        self.seen
    }
}

/// Sends `rate` requests a second, or as many as are answered; returns what the crowd saw and what the quiet site's did.
async fn load(targets: &[Target; 2], run: u64, rate: Option<f64>, seconds: u64) -> (Seen, Seen) {
    let crowd = if rate.is_some() { CROWD } else { ALL_IT_TAKES };
    let mut connected = Vec::new();
    for number in 0..crowd + QUIET.0 {
        let mut visitor = Visitor::new(targets[usize::from(number >= crowd)].clone(), run, number);
        // One after the other and before the clock starts: what two thousand connections at once wait for is the operating system.
        visitor.connect().await;
        connected.push(visitor);
    }
    let begin = Instant::now() + SETTLED;
    let end = begin + Duration::from_secs(seconds);
    let mut visitors = JoinSet::new();
    for (number, visitor) in (0..).zip(connected) {
        let quiet = number >= crowd;
        let every = if quiet { Some(1.0 / QUIET.1) } else { rate.map(|rate| crowd as f64 / rate) };
        // Not all at once.
        let offset = every.unwrap_or(0.0) * number as f64 / (crowd + QUIET.0) as f64;
        let begin = begin + Duration::from_secs_f64(offset);
        visitors.spawn(async move { (quiet, visitor.run(begin, every, end).await) });
    }
    let (mut crowd, mut quiet) = (Seen::default(), Seen::default());
    while let Some(seen) = visitors.join_next().await {
        let (is_quiet, seen) = seen.expect("a visitor");
        if is_quiet { quiet.add(seen) } else { crowd.add(seen) }
    }
    (crowd, quiet)
}

/// All connections of a crowd send one decision at the same moment, several times.
async fn bursts(target: &Target, run: u64) -> Seen {
    let mut visitors: Vec<_> = (0..CROWD).map(|number| Visitor::new(target.clone(), run, number)).collect();
    for burst in 0..BURSTS {
        let begin = Instant::now() + Duration::from_millis(50);
        let mut asked = JoinSet::new();
        for mut visitor in visitors.drain(..) {
            asked.spawn(async move {
                // Of ten requests the first is a decision.
                visitor.sent = burst * 10;
                sleep_until(begin).await;
                visitor.ask(begin).await;
                visitor
            });
        }
        visitors.extend(asked.join_all().await);
    }
    let mut all = Seen::default();
    visitors.into_iter().for_each(|visitor| all.add(visitor.seen));
    all
}

/// Resident memory, in KiB.
fn resident(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Looks acknowledged decisions up; returns how many are not there.
async fn missing(target: &Target, ids: &[String]) -> usize {
    let mut visitor = Visitor::new(target.clone(), 0, 0);
    let mut missing = 0;
    for id in ids {
        visitor.request = format!(
            "GET /v1/sites/{}/decisions/{id}/receipt HTTP/1.1\r\nHost: localhost\r\n\r\n",
            target.site
        );
        missing += usize::from(visitor.exchange().await.is_none_or(|answer| answer.status != 200));
    }
    missing
}

fn say(what: &str, seconds: u64, (crowd, quiet): &mut (Seen, Seen)) -> [f64; 3] {
    let p99 =
        [&mut crowd.acknowledged, &mut crowd.served, &mut quiet.acknowledged].map(|times| within(times, 990));
    println!(
        "{what:<12} {:>8}/s  decisions {:>8}/s  p99 ms: decisions {:>7.2}, others {:>7.2}, quiet site {:>7.2}, refusals {:>7.2}  \
         later {}  sent late {}  wrong {}  lost {}",
        crowd.requests() / seconds,
        crowd.acknowledged.len() as u64 / seconds,
        p99[0],
        p99[1],
        p99[2],
        within(&mut crowd.later, 990),
        crowd.later.len() + quiet.later.len(),
        crowd.late + quiet.late,
        crowd.wrong + quiet.wrong,
        crowd.lost + quiet.lost,
    );
    p99
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, notice, quiet_notice, pid, seconds] = arguments.as_slice() else {
        eprintln!("pressure ADDRESS NOTICE_ID QUIET_NOTICE_ID PID SECONDS");
        std::process::exit(2);
    };
    let seconds: u64 = seconds.parse().expect("seconds");
    let targets = [("newsroom", notice), ("quiet", quiet_notice)].map(|(site, notice)| Target {
        address: address.clone(),
        site,
        notice: notice.clone(),
    });
    // Once more than is measured, so that the first time is not slower than the others.
    load(&targets, 1, None, 2).await;
    let mut full = load(&targets, 2, None, 8).await;
    let capacity = full.0.requests() as f64 / 8.0;
    say("all it takes", 8, &mut full);
    let mut half = load(&targets, 3, Some(capacity * 0.5), 8).await;
    let unloaded = say("half of it", 8, &mut half);
    let before = resident(pid);
    let mut over = load(&targets, 4, Some(capacity * 1.2), seconds).await;
    let overloaded = say("120 % of it", seconds, &mut over);
    let mut burst = bursts(&targets[0], 5).await;
    println!(
        "{CROWD} decisions at once, {BURSTS} times: {} were acknowledged (p99 {:.2} ms), {} were asked to come back later (p99 {:.2} ms)",
        burst.acknowledged.len(),
        within(&mut burst.acknowledged, 990),
        burst.later.len(),
        within(&mut burst.later, 990),
    );
    let after = resident(pid);
    println!(
        "p99 of admitted decisions at 120 %: {:.2} times that at half (target: 2); of the quiet site's: {:.2} times",
        overloaded[0] / unloaded[0],
        overloaded[2] / unloaded[2]
    );
    println!("resident before and after: {} and {} MiB", before / 1024, after / 1024);
    let of_sites = [&full, &half, &over].into_iter().flat_map(|(crowd, quiet)| [(0, crowd), (1, quiet)]);
    let all: Vec<_> = of_sites.chain([(0, &burst)]).collect();
    let mut gone = 0;
    for (at, seen) in &all {
        gone += missing(&targets[*at], &seen.ids).await;
    }
    let sum = |of: fn(&Seen) -> u64| all.iter().map(|(_, seen)| of(seen)).sum::<u64>();
    let (wrong, lost) = (sum(|seen| seen.wrong), sum(|seen| seen.lost));
    let later = sum(|seen| seen.later.len() as u64);
    println!(
        "of {} acknowledged decisions {} were looked up, {gone} are missing; {lost} answers were lost, {wrong} were wrong; \
         {later} decisions were refused, each with a Retry-After",
        sum(|seen| seen.acknowledged.len() as u64),
        sum(|seen| seen.ids.len() as u64)
    );
    if gone > 0 || lost > 0 || wrong > 0 || later == 0 || after > before + 64 * 1024 {
        std::process::exit(1);
    }
}
