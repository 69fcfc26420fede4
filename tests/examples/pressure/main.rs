//! More than a server can take, and what it makes of it.
//!
//!     pressure ADDRESS NOTICE_ID QUIET_NOTICE_ID PID SECONDS
//!
//! A crowd of 2,048 connections asks the site `newsroom` for a mixed load, beside a few decisions on the site `quiet`. Requests are sent when
//! they are due, evenly, and not when the one before is answered; a connection that still waits then sends late, and that is said. A wait is counted
//! from the moment of sending.
//!
//! How much the server takes is what a part of the connections get, each asking again as soon as it has its answer, while the others are closed:
//! so few are refused nothing. It is measured in each turn, as machines change their speed; then come half of it, and 120 % of it, until there were
//! SECONDS of that. So what is compared was measured within seconds of each other. At last, as many decisions at once as there are connections, which
//! is more than may wait, and acknowledged decisions are looked up. The last line says what was broken; the process fails if anything was.
//!
//! It prints what it measures; what of it has to hold is said in `tests/bench/load`.

mod machine;
mod seen;
mod visitor;

use std::time::{Duration, UNIX_EPOCH};

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use self::seen::{Kind, Seen, median, p99};
use self::visitor::{Target, Visitor};

/// Connections of the crowd: several times as many as decisions of a site may wait by default.
const CROWD: usize = 2048;

/// How often all connections send one decision at the same time.
const BURSTS: u64 = 20;

/// Connections that ask the quiet site, and how many decisions each sends in a second.
const QUIET: (usize, f64) = (4, 25.0);

/// Connections that ask again as soon as they have an answer, to find out how much the server takes.
const EAGER: usize = 256;

/// Of so many measurements the one in the middle says it.
const LAST: usize = 5;

/// How long before a load begins all its visitors are told.
const BREATH: Duration = Duration::from_millis(100);

/// How long each part of a turn is.
const PROBE: Duration = Duration::from_millis(1250);
const HALF: Duration = Duration::from_millis(2250);
const OVER: Duration = Duration::from_secs(12);

/// All connections.
struct Crowd {
    visitors: Vec<Visitor>,
    quiet: Vec<Visitor>,
}

impl Crowd {
    /// What the server takes: sends as many requests as a part of the connections can, each after the answer to the one before.
    async fn eager(&mut self) -> [Seen; 2] {
        let mut others = self.visitors.split_off(EAGER);
        others.iter_mut().for_each(Visitor::leave);
        let seen = self.ask(0.0, PROBE).await;
        for visitor in &mut others {
            visitor.connect().await;
        }
        self.visitors.append(&mut others);
        seen
    }

    /// Sends `rate` requests a second for so long; returns what the crowd saw and what the quiet site's visitors did.
    async fn load(&mut self, rate: f64, length: Duration) -> [Seen; 2] {
        self.ask(self.visitors.len() as f64 / rate, length).await
    }

    /// The same where each connection sends a request `every` so many seconds.
    async fn ask(&mut self, every: f64, length: Duration) -> [Seen; 2] {
        let begin = Instant::now() + BREATH;
        let end = begin + length;
        let mut asked = JoinSet::new();
        let all = [(false, &mut self.visitors, every), (true, &mut self.quiet, 1.0 / QUIET.1)];
        for (is_quiet, visitors, every) in all {
            // Not all at once.
            let (between, drained) = (every / visitors.len() as f64, visitors.drain(..));
            for (number, visitor) in drained.enumerate() {
                let first = begin + Duration::from_secs_f64(between * number as f64);
                asked.spawn(async move { (is_quiet, visitor.run(begin, first, every, end).await) });
            }
        }
        let mut seen = [Seen::default(), Seen::default()];
        while let Some(visitor) = asked.join_next().await {
            let (is_quiet, mut visitor) = visitor.expect("a visitor");
            seen[usize::from(is_quiet)].add(std::mem::take(&mut visitor.seen));
            if is_quiet { &mut self.quiet } else { &mut self.visitors }.push(visitor);
        }
        seen
    }

    /// All connections of the crowd send one decision at the same moment, several times.
    async fn bursts(&mut self) -> Seen {
        let mut all = Seen::default();
        for _ in 0..BURSTS {
            let begin = Instant::now() + BREATH;
            let mut asked = JoinSet::new();
            for mut visitor in self.visitors.drain(..) {
                asked.spawn(async move {
                    visitor.decides_next();
                    sleep_until(begin).await;
                    visitor.ask(begin, begin).await;
                    visitor
                });
            }
            self.visitors = asked.join_all().await;
            self.visitors.iter_mut().for_each(|visitor| all.add(std::mem::take(&mut visitor.seen)));
        }
        all
    }
}

/// What was seen at one of the rates, in all turns.
#[derive(Default)]
struct Row {
    rates: Vec<f64>,
    /// Milliseconds within which 99 of 100 were answered, in each window: decisions, other requests, the quiet site's decisions, refusals.
    p99: [Vec<f64>; 4],
    /// Microseconds of all acknowledged decisions.
    decisions: Vec<u32>,
    acknowledged_a_second: Vec<f64>,
    lasted: Duration,
    sent: u64,
    due: f64,
    late: u64,
    /// The crowd's decisions that were acknowledged and that were asked to come back later, slow spells and all.
    decided: [usize; 2],
    /// The quiet site's decisions that were asked to come back later.
    refused_quiet: usize,
}

impl Row {
    fn add(&mut self, rate: f64, length: Duration, [crowd, quiet]: &[Seen; 2]) {
        self.rates.push(rate);
        self.lasted += length;
        self.sent += crowd.sent();
        self.due += rate * length.as_secs_f64();
        for (number, kind) in self.decided.iter_mut().zip([Kind::Acknowledged, Kind::Later]) {
            *number += crowd.count(kind);
        }
        self.refused_quiet += quiet.count(Kind::Later);
        let kinds = [
            (crowd, Kind::Acknowledged),
            (crowd, Kind::Served),
            (quiet, Kind::Acknowledged),
            (crowd, Kind::Later),
        ];
        for (p99s, (seen, kind)) in self.p99.iter_mut().zip(kinds) {
            p99s.extend(seen.windows(kind).map(p99));
        }
        let in_windows = crowd.windows(Kind::Acknowledged).map(|waits| waits.len() as f64);
        self.acknowledged_a_second.extend(in_windows.map(|count| count / seen::WINDOW.as_secs_f64()));
        self.decisions.extend(crowd.waits(Kind::Acknowledged));
        self.late += crowd.late + quiet.late;
    }

    /// What is usual: the medians of all windows.
    fn usual(&self) -> [f64; 4] {
        self.p99.each_ref().map(|p99s| median(p99s.clone()))
    }

    fn say(&self, what: &str) {
        let [decisions, others, quiet, refusals] = self.usual();
        let [acknowledged, refused] = self.decided.map(|number| number as f64);
        println!(
            "{what:<13} {:>6.0}/s  decisions {:>6.0}/s, refused {:>4.1} % of all  p99 ms, usually: decisions {decisions:>6.2}, others {others:>6.2}, \
             quiet site {quiet:>6.2} (refused {}), refusals {refusals:>6.2}  p99 of all decisions {:>6.2}  sent {:.1} % of what was due, late {}",
            median(self.rates.clone()),
            median(self.acknowledged_a_second.clone()),
            100.0 * refused / (acknowledged + refused),
            self.refused_quiet,
            p99(self.decisions.clone()),
            100.0 * self.sent as f64 / self.due,
            self.late,
        );
    }
}

/// What has to be right in the end.
#[derive(Default)]
struct Total {
    acknowledged: usize,
    later: usize,
    wrong: u64,
    lost: u64,
    /// Acknowledged decisions of the crowd and of the quiet site's visitors that are looked up.
    ids: [Vec<String>; 2],
}

impl Total {
    fn add(&mut self, site: usize, seen: &mut Seen) {
        self.acknowledged += seen.count(Kind::Acknowledged);
        self.later += seen.count(Kind::Later);
        self.wrong += seen.wrong;
        self.lost += seen.lost;
        self.ids[site].append(&mut seen.ids);
    }

    /// Looks decisions up; returns how many are not there.
    async fn missing(&self, crowd: &mut Crowd) -> usize {
        let mut missing = 0;
        for (ids, visitors) in self.ids.iter().zip([&mut crowd.visitors, &mut crowd.quiet]) {
            for id in ids {
                missing += usize::from(!visitors[0].finds(id).await);
            }
        }
        missing
    }
}

async fn connected(target: &Target, numbers: std::ops::Range<usize>) -> Vec<Visitor> {
    let mut visitors = Vec::new();
    let run = UNIX_EPOCH.elapsed().map_or(0, |elapsed| elapsed.as_secs());
    for number in numbers {
        visitors.push(Visitor::new(target.clone(), run, number as u64).await);
    }
    visitors
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, notice, quiet_notice, pid, seconds] = arguments.as_slice() else {
        eprintln!("pressure ADDRESS NOTICE_ID QUIET_NOTICE_ID PID SECONDS");
        std::process::exit(2);
    };
    let seconds = Duration::from_secs(seconds.parse().expect("seconds"));
    let target = |site, notice: &str| Target { address: address.clone(), site, notice: notice.to_owned() };
    let (share, longest) = machine::unevenness();
    println!(
        "a processor that does nothing else does less than 60 % of its usual work in {:.1} % of all milliseconds, in {longest} in a row at most",
        share * 100.0
    );
    let mut crowd = Crowd {
        visitors: connected(&target("newsroom", notice), 0..CROWD).await,
        quiet: connected(&target("quiet", quiet_notice), CROWD..CROWD + QUIET.0).await,
    };
    sleep(Duration::from_secs(1)).await;
    let mut total = Total::default();
    let mut count = |mut seen: [Seen; 2]| {
        seen.iter_mut().enumerate().for_each(|(site, seen)| total.add(site, seen));
        seen
    };
    let [mut all, mut half, mut over] = [Row::default(), Row::default(), Row::default()];
    let mut before = 0;
    while over.lasted < seconds {
        let seen = count(crowd.eager().await);
        let rate = seen[0].rate();
        if rate == 0.0 {
            eprintln!("pressure: the server answers nothing");
            std::process::exit(1);
        }
        all.add(rate, PROBE, &seen);
        let Some(last) = all.rates.last_chunk::<LAST>() else {
            before = machine::resident(pid);
            continue;
        };
        let rate = median(last.to_vec());
        half.add(rate * 0.5, HALF, &count(crowd.load(rate * 0.5, HALF).await));
        over.add(rate * 1.2, OVER, &count(crowd.load(rate * 1.2, OVER).await));
    }
    println!(
        "what it takes {:>6.0}/s  decisions {:>6.0}/s  from {EAGER} connections that ask again when they have their answer",
        median(all.rates),
        median(all.acknowledged_a_second)
    );
    half.say("half of it");
    over.say("120 % of it");
    let mut burst = crowd.bursts().await;
    total.add(0, &mut burst);
    println!(
        "{CROWD} decisions at once, {BURSTS} times: {} were acknowledged (p99 {:.2} ms), {} were asked to come back later (p99 {:.2} ms)",
        burst.count(Kind::Acknowledged),
        p99(burst.waits(Kind::Acknowledged)),
        burst.count(Kind::Later),
        p99(burst.waits(Kind::Later)),
    );
    let after = machine::resident(pid);
    let ([unloaded, _, quiet, _], [overloaded, _, quiet_beside, _]) = (half.usual(), over.usual());
    println!(
        "p99 of admitted decisions at 120 %: {:.2} times that at half (target: 2); of the quiet site's: {:.2} times",
        overloaded / unloaded,
        quiet_beside / quiet
    );
    println!("resident before and after: {} and {} MiB", before / 1024, after / 1024);
    let missing = total.missing(&mut crowd).await;
    let Total { acknowledged, later, wrong, lost, ids } = total;
    println!(
        "of {acknowledged} acknowledged decisions {} were looked up, {missing} are missing; {lost} answers were lost, {wrong} were wrong; \
         {later} decisions were refused, each with a Retry-After",
        ids.iter().map(Vec::len).sum::<usize>()
    );
    if ids.iter().any(Vec::is_empty)
        || missing > 0
        || lost > 0
        || wrong > 0
        || later == 0
        || after > before + 64 * 1024
    {
        std::process::exit(1);
    }
}
