//! More than a server can take, and what it makes of it.
//!
//!     pressure ADDRESS NOTICE_ID QUIET_NOTICE_ID PID SECONDS
//!
//! A crowd of 2,048 connections asks the site `newsroom` for a mixed load, beside a few decisions on the site `quiet`. Requests are sent when
//! they are due and not when the one before is answered; a connection that still waits then sends late, and that is said. A wait is counted
//! from the moment of sending.
//!
//! How much the server takes is found with the crowd itself: the rate at which one decision of a hundred is refused. Then come turns: that
//! rate, which is corrected each time as machines change their speed; half of it; and 120 % of it, until there were SECONDS of that. So what
//! is compared was measured within seconds of each other. At last, as many decisions at once as there are connections, which is more than may
//! wait, and acknowledged decisions are looked up. The last line says what was broken; the process fails if anything was.
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

/// Where the rate that the server takes is looked for first, in requests a second, and how far the first step goes.
const FIRST: (f64, f64) = (4000.0, 2.0);

/// The smallest step.
const STEP: f64 = 1.04;

/// Steps until the rate is found: enough for one that was wrong on the way.
const STEPS: usize = 20;

/// How long before a load begins all its visitors are told.
const BREATH: Duration = Duration::from_millis(100);

/// How long each part of a turn is.
const PROBE: Duration = Duration::from_millis(1250);
const HALF: Duration = Duration::from_millis(2250);
const OVER: Duration = Duration::from_secs(6);

/// All connections.
struct Crowd {
    visitors: Vec<Visitor>,
    quiet: Vec<Visitor>,
}

impl Crowd {
    /// Sends `rate` requests a second for so long; returns what the crowd saw and what the quiet site's visitors did.
    async fn load(&mut self, rate: f64, length: Duration) -> [Seen; 2] {
        let begin = Instant::now() + BREATH;
        let end = begin + length;
        let mut asked = JoinSet::new();
        let all = [(false, &mut self.visitors, CROWD as f64 / rate), (true, &mut self.quiet, 1.0 / QUIET.1)];
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

/// The rate that the server takes: where usually one decision of a hundred is refused. It goes up while less is, and down while more is.
struct Taken {
    rate: f64,
    step: f64,
    went_up: bool,
}

impl Taken {
    fn learn(&mut self, refused: f64) {
        let goes_up = refused < 0.01;
        if goes_up != self.went_up {
            self.step = self.step.sqrt().max(STEP);
        }
        self.went_up = goes_up;
        self.rate *= if goes_up { self.step } else { 1.0 / self.step };
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
    sent: u64,
    due: f64,
    late: u64,
    /// The quiet site's decisions that were asked to come back later.
    refused_quiet: usize,
}

impl Row {
    fn add(&mut self, rate: f64, length: Duration, [crowd, quiet]: &[Seen; 2]) {
        self.rates.push(rate);
        self.sent += crowd.sent();
        self.due += rate * length.as_secs_f64();
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
        println!(
            "{what:<12} {:>7.0}/s  decisions {:>6.0}/s  p99 ms, usually: decisions {decisions:>6.2}, others {others:>6.2}, \
             quiet site {quiet:>6.2} (refused {}), refusals {refusals:>6.2}  p99 of all decisions {:>6.2}  sent {:.1} % of what was due, late {}",
            median(self.rates.clone()),
            median(self.acknowledged_a_second.clone()),
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
    let mut taken = Taken { rate: FIRST.0, step: FIRST.1, went_up: true };
    for _ in 0..STEPS {
        let seen = count(crowd.load(taken.rate, PROBE).await);
        if seen[0].count(Kind::Acknowledged) == 0 {
            eprintln!("pressure: the server acknowledges no decision");
            std::process::exit(1);
        }
        taken.learn(seen[0].refused());
    }
    let [mut all, mut half, mut over] = [Row::default(), Row::default(), Row::default()];
    let before = machine::resident(pid);
    for _ in 0..seconds.div_duration_f64(OVER).ceil() as u64 {
        let rate = taken.rate;
        let seen = count(crowd.load(rate, PROBE).await);
        taken.learn(seen[0].refused());
        all.add(rate, PROBE, &seen);
        half.add(rate * 0.5, HALF, &count(crowd.load(rate * 0.5, HALF).await));
        over.add(rate * 1.2, OVER, &count(crowd.load(rate * 1.2, OVER).await));
    }
    all.say("what it takes");
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
