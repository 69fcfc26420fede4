//! The page on scale in ARCHITECTURE.md says what follows from what was measured: here it is computed again.
//!
//! What was measured and what is assumed is read from the page itself, so that nobody changes one number and forgets those
//! that hang on it. Waits, batches and the index are not computed but simulated: decisions come by chance, what waits goes
//! into the next batch, and files of keys are merged by fours.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const PAGE: &str = "## Scale on paper";

/// Seconds of a month of 30 days.
const MONTH: f64 = 30.0 * 86_400.0;

/// How far a number of the page may be from what it is computed to be: they are rounded.
const ROUNDED: f64 = 0.03;

/// As in `store/embedded`: keys that stay in memory before they become a file, two for a decision; how many times that
/// memory may grow while a file is written; how many files become one; keys of a file that is too large for a filter.
const KEYS_IN_MEMORY: f64 = 65_536.0;
const MEMORY_MAY_GROW: f64 = 4.0;
const FAN: u32 = 4;
const KEYS_WITH_FILTER: f64 = 2.0 * 5_500_000.0;

/// A batch is a record of the journal, which fills whole blocks: what stands before the decisions in it, about.
const BLOCK: f64 = 4_096.0;
const HEAD_OF_A_RECORD: f64 = 500.0;

/// Bytes of a key, and of what stays in memory for a page of 255 keys.
const KEY: f64 = 16.0;
const FENCE_OF_A_KEY: f64 = 8.0 / 255.0;

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ARCHITECTURE.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, page) = page.split_once(PAGE).expect("the page");
    page.split("\n## ").next().unwrap().to_owned()
}

/// The numbers of the tables on the page, by the name in the first column. One that stands there twice is none.
fn numbers(page: &str) -> BTreeMap<String, f64> {
    let mut numbers = BTreeMap::new();
    for row in page.lines() {
        let Some(mut cells) = row.strip_prefix("| ").map(|row| row.split(" | ")) else { continue };
        let (Some(name), Some(number)) = (cells.next(), cells.next()) else { continue };
        let digits = number.split(' ').next().unwrap().replace(',', "");
        let Ok(number) = digits.parse::<f64>() else { continue };
        assert!(numbers.insert(name.to_owned(), number).is_none(), "{name} is there twice");
    }
    numbers
}

/// Numbers by chance, the same in every run (splitmix64).
struct Chance(u64);

impl Chance {
    /// From 0 to 1.
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Seconds until the next of so many a second.
    fn until_next(&mut self, rate: f64) -> f64 {
        -(1.0 - self.unit()).ln() / rate
    }
}

/// What a batch takes: `batch` seconds, `decision` for each decision, and `site` for each site but the first.
#[derive(Clone, Copy)]
struct Cost {
    batch: f64,
    decision: f64,
    site: f64,
}

/// What one sequencer makes of decisions that come by chance.
#[derive(Debug)]
struct Simulated {
    /// Batches in a second, each one sync.
    batches: f64,
    /// Decisions of each batch.
    sizes: Vec<usize>,
    /// Seconds within which ninety-nine of a hundred decisions are durable.
    p99: f64,
}

/// `rate` decisions a second to so many sites, for `seconds`.
fn simulate(rate: f64, sites: u32, cost: Cost, seconds: f64) -> Simulated {
    let mut chance = Chance(1);
    let mut next = chance.until_next(rate);
    let (mut now, mut sizes, mut waits) = (0.0_f64, Vec::new(), Vec::new());
    while now < seconds {
        now = now.max(next);
        let (mut batch, mut touched) = (Vec::new(), vec![false; sites as usize]);
        while next <= now {
            batch.push(next);
            touched[(chance.unit() * f64::from(sites)) as usize] = true;
            next += chance.until_next(rate);
        }
        let more = touched.iter().filter(|touched| **touched).count() - 1;
        now += cost.batch + cost.decision * batch.len() as f64 + cost.site * more as f64;
        waits.extend(batch.iter().map(|came| now - came));
        sizes.push(batch.len());
    }
    waits.sort_by(f64::total_cmp);
    let batches = sizes.len() as f64 / now;
    Simulated { batches, sizes, p99: waits[waits.len() * 99 / 100] }
}

/// The index after so many decisions: how many files of each size there are, the smallest first. Four become one at once.
fn files(decisions: f64) -> Vec<u64> {
    let mut made = (2.0 * decisions / KEYS_IN_MEMORY) as u64;
    let mut files = Vec::new();
    while made > 0 {
        files.push(made % u64::from(FAN));
        made /= u64::from(FAN);
    }
    files
}

/// Keys of a file after so many merges.
fn keys_of(tier: u32) -> f64 {
    KEYS_IN_MEMORY * f64::from(FAN).powi(tier as i32)
}

/// Files that a new decision is looked up in on the disk: those without a filter. The mean of the last fifth of the way to
/// so many decisions, as their number goes up and down.
fn files_without_filter(decisions: f64) -> f64 {
    let steps = 2_000_u32;
    let at = |step: u32| decisions * (0.8 + 0.2 * f64::from(step) / f64::from(steps));
    let large = |decisions| {
        let of_size = (0_u32..).zip(files(decisions));
        of_size.filter(|(tier, _)| keys_of(*tier) > KEYS_WITH_FILTER).map(|(_, files)| files).sum::<u64>()
    };
    (1..=steps).map(|step| large(at(step)) as f64).sum::<f64>() / f64::from(steps)
}

/// The number of decisions at which a merge takes longer than memory takes decisions in that come at this rate; none if
/// that never happens before `most`.
fn held_up_at(rate: f64, keys_a_second: f64, most: f64) -> Option<f64> {
    let patience = MEMORY_MAY_GROW * KEYS_IN_MEMORY / 2.0 / rate;
    let merges = (1..).map(keys_of).take_while(|keys| keys / 2.0 <= most);
    merges.into_iter().find(|keys| keys / keys_a_second > patience).map(|keys| keys / 2.0)
}

#[test]
fn the_page_on_scale_says_what_follows_from_what_was_measured() {
    let text = page();
    let page = numbers(&text);
    let of = |name: &str| *page.get(name).unwrap_or_else(|| panic!("the page has no number for {name:?}"));

    let visitors = of("visitors of a site in a month");
    let sites = of("sites");
    let peak = of("the busiest second over the mean");
    let decisions = visitors * of("decisions of a visitor in a month");
    let loads = visitors * of("whole loads of the script by a visitor in a month");
    let unchanged = visitors * of("loads of the script that are answered with 304");
    let (one, ten) = (decisions / MONTH * peak, decisions / MONTH * peak * sites);

    // Processors: what a request takes is what is left of the fastest that a node did of its kind.
    let scripts = (loads + unchanged) * sites / MONTH * peak;
    let processors =
        ten / of("decisions of a node in a second") + scripts / of("scripts of a node in a second");

    // The sequencer, with an index that fits into memory, and with one of all the years.
    let kept = decisions * of("days until a log is deleted") / 30.0;
    let looked_up = files_without_filter(kept * sites);
    let cost = Cost {
        batch: of("a batch") / 1e3,
        decision: of("a decision in a batch") / 1e6,
        site: of("a site more in a batch") / 1e6,
    };
    let read = looked_up * of("a read of a page that is not in memory") / 1e3;
    let aged = Cost { decision: cost.decision + read, ..cost };
    let of_one = simulate(one, 1, cost, 600.0);
    let of_ten = simulate(ten, sites as u32, cost, 600.0);
    let of_years = simulate(ten, sites as u32, aged, 600.0);
    let merged = of("keys merged in a second");
    let held_up = held_up_at(ten, merged, kept * sites).expect("it happens");
    let largest = (0_u32..).map(keys_of).take_while(|keys| keys / 2.0 <= kept * sites).last().unwrap();
    assert!(
        held_up_at(one, merged, kept).is_none(),
        "the page says that one site alone is never held up by a merge"
    );

    // The journal in whole blocks, each file's bytes once more, and keys as often as they are merged.
    let bytes = of("a decision on the disk");
    let blocks = |size: &usize| ((HEAD_OF_A_RECORD + bytes * *size as f64) / BLOCK).ceil();
    let journal = of_ten.sizes.iter().map(blocks).sum::<f64>() * BLOCK / of_ten.sizes.len() as f64;
    let merges = files(kept * sites).len() as f64;
    let written = of_ten.batches * journal + ten * (bytes + merges * 2.0 * KEY);

    let sent = loads * (of("the script") + of("heads of an answer"))
        + unchanged * of("heads of an answer")
        + decisions * of("an answer to a decision");
    let hot = of("decisions of a hot site in a second, PostgreSQL");

    let computed = [
        ("decisions of a site in a second, at the peak", one),
        ("decisions of ten sites in a second, at the peak", ten),
        ("requests for the script of ten sites in a second, at the peak", scripts),
        ("share of a node's processors at the peak of ten sites", processors * 100.0),
        ("syncs of a site in a second, at the peak", of_one.batches),
        ("syncs of ten sites in a second, at the peak", of_ten.batches),
        ("until durable, ten sites, at the peak", of_ten.p99 * 1e3),
        ("written by ten sites, at the peak", written / 1e6),
        ("disk of a site in a month", decisions * of("a decision on the disk") / 1e9),
        ("disk of a site over its retention", kept * of("a decision on the disk") / 1e12),
        ("disk of ten sites over their retention", kept * sites * of("a decision on the disk") / 1e12),
        ("decisions of ten sites over their retention", kept * sites / 1e9),
        ("files of keys that a new decision is looked up in on the disk, in the end", looked_up),
        ("reads of ten sites in a second, at the peak, in the end", looked_up * ten),
        ("until durable, ten sites, at the peak, in the end", of_years.p99 * 1e3),
        ("memory for the index of ten sites, in the end", 2.0 * kept * sites * FENCE_OF_A_KEY / 1e9),
        ("largest merge of ten sites", largest / merged / 60.0),
        ("room for the largest merge of ten sites", largest * KEY / 1e12),
        ("months until a merge holds up ten sites at their peak", held_up / (decisions * sites)),
        (
            "disk of ten sites over their retention, PostgreSQL",
            kept * sites * of("a decision in PostgreSQL") / 1e12,
        ),
        (
            "written to the log by ten sites, at the peak, PostgreSQL",
            ten * of("logged for a decision in PostgreSQL") / 1e6,
        ),
        ("share of what PostgreSQL takes of a hot site, one site, at the peak", one / hot * 100.0),
        ("share of what one server on PostgreSQL takes, ten sites, at the peak", ten / hot * 100.0),
        ("syncs of PostgreSQL for ten sites in a second, at the peak, at most", ten),
        (
            "visitors of a month that fill a hot site, PostgreSQL",
            hot * MONTH / peak / of("decisions of a visitor in a month") / 1e9,
        ),
        ("sent by ten sites, mean", sent * sites * 8.0 / MONTH / 1e6),
        ("sent by ten sites, at the peak", sent * sites * 8.0 / MONTH * peak / 1e6),
    ];
    let wrong: Vec<String> = computed
        .iter()
        .filter(|(name, value)| (of(name) - value).abs() > value.abs() * ROUNDED)
        .map(|(name, value)| format!("{name}: the page says {}, it is {value:.3}", of(name)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_sequencer_that_is_idle_makes_a_batch_of_each_decision_and_a_busy_one_does_not() {
    let cost = Cost { batch: 0.002, decision: 0.000_02, site: 0.0 };
    let idle = simulate(1.0, 1, cost, 2000.0);
    assert!((0.9..1.1).contains(&idle.batches) && idle.p99 < 0.0041, "{idle:?}");
    let busy = simulate(10_000.0, 1, cost, 20.0);
    assert!((350.0..450.0).contains(&busy.batches) && busy.p99 < 0.007, "{busy:?}");
    // Each site that is in a batch is one more to sign for.
    let spread = simulate(10_000.0, 10, Cost { site: 0.0001, ..cost }, 20.0);
    assert!(spread.batches < busy.batches * 0.8, "{spread:?}");
    // More than it can take: the queue grows until somebody is refused, which is not simulated.
    let overrun = simulate(10_000.0, 1, Cost { decision: 0.000_2, ..cost }, 20.0);
    assert!(overrun.p99 > 1.0, "{overrun:?}");
}

#[test]
fn files_of_keys_merge_by_fours_and_only_the_large_ones_are_read() {
    assert_eq!(files(4.0 * 32_768.0), [0, 1]);
    assert_eq!(files(27.0 * 32_768.0), [3, 2, 1]);
    // All of these have a filter.
    assert_eq!(files_without_filter(5e6), 0.0);
    assert!((1.0..20.0).contains(&files_without_filter(1e10)));
    assert_eq!(held_up_at(1.0, 1e6, 1e8), None);
    assert!(held_up_at(10_000.0, 1e6, 1e8).is_some());
}
