//! What it takes to find a decision in the embedded store, by its id and by its subject, and what the index costs:
//!
//!     lookups FOLDER COUNT...
//!
//! Fills a store in FOLDER up to each COUNT of decisions, in batches as a busy server writes them. Every `decision_id` is
//! looked up before it is added, as the sequencer does. Then finds some that are there, spread over the whole log, and some
//! that are not.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::ledger::commitment::{Opening, Salt};
use consent_server::store::{Batch, DecisionRow, EmbeddedStore, Head, LogId, Openings, Placed, Row, Store};

/// Decisions in a batch.
const BATCH: u64 = 256;

/// Decisions of one subject.
const OF_SUBJECT: u64 = 3;

/// How many are looked up of each kind.
const LOOKUPS: u64 = 20_000;

/// The bytes that random numbers would be, but the same in every run.
fn scattered(number: u64) -> [u8; 16] {
    let Digest(digest) = Digest::of(&number.to_be_bytes());
    std::array::from_fn(|at| digest[at])
}

fn decision_id(number: u64) -> DecisionId {
    let mut bytes = scattered(number);
    bytes[6] = 0x70 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    DecisionId::from_bytes(bytes).expect("a version 7")
}

fn subject_id(number: u64) -> SubjectId {
    SubjectId::from_bytes(scattered(u64::MAX - number / OF_SUBJECT))
}

struct Filled {
    store: EmbeddedStore,
    log: LogId,
    size: u64,
    /// The time that looking up before adding took, and the adding itself.
    looking: Duration,
    adding: Duration,
}

impl Filled {
    fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let log = LogId { site: "newsroom".parse()?, year: 2026.into() };
        let [looking, adding] = [Duration::ZERO; 2];
        Ok(Self { store: EmbeddedStore::open(folder)?, log, size: 0, looking, adding })
    }

    fn row(&self, index: u64) -> Row {
        let opening = |length: usize| Opening::new(Salt([7; 32]), "x".repeat(length)).expect("an opening");
        Row::Decision(Box::new(DecisionRow {
            decision_id: decision_id(index),
            subject_id: subject_id(index),
            placed: Placed {
                log: self.log.clone(),
                index,
                size: index + 1,
                recorded_at: 1_795_426_200_000,
                request_digest: Digest([1; 32]),
            },
            openings: Openings { subject: Some(opening(98)), decision: Some(opening(370)) },
        }))
    }

    fn grow(&mut self, count: u64) -> Result<(), Box<dyn Error>> {
        let entry = vec![b'x'; 230];
        while self.size < count {
            let until = count.min(self.size + BATCH);
            let begun = Instant::now();
            for index in self.size..until {
                assert!(self.store.find_decision(&self.log.site, decision_id(index))?.is_none(), "{index}");
            }
            self.looking += begun.elapsed();
            let rows: Vec<_> = (self.size..until).map(|index| self.row(index)).collect();
            let entries = vec![entry.clone(); rows.len()];
            let head = Head {
                size: until,
                root: Digest([0; 32]),
                time: 1_795_426_200,
                closed: false,
                forgotten: false,
            };
            let batch = Batch {
                log: &self.log,
                from: self.size,
                entries: &entries,
                rows: &rows,
                tiles: Vec::new(),
                head,
                history: None,
            };
            let begun = Instant::now();
            self.store.commit(&[batch])?;
            self.adding += begun.elapsed();
            self.size = until;
        }
        Ok(())
    }

    /// The median and the slowest hundredth of `LOOKUPS` calls, in microseconds.
    fn times(&self, mut find: impl FnMut(&Self, u64)) -> (f64, f64) {
        let mut times: Vec<_> = (0..LOOKUPS)
            .map(|at| {
                // Over the whole log, in no order.
                let index = at.wrapping_mul(0x9E37_79B9_7F4A_7C15) % self.size;
                let begun = Instant::now();
                find(self, index);
                begun.elapsed()
            })
            .collect();
        times.sort_unstable();
        let micros = |at: usize| times[at].as_secs_f64() * 1e6;
        (micros(times.len() / 2), micros(times.len() * 99 / 100))
    }

    fn say(&self) {
        let id = self.times(|filled, index| {
            let found = filled.store.find_decision(&filled.log.site, decision_id(index)).expect("a store");
            assert_eq!(found.map(|placed| placed.index), Some(index));
        });
        let subject = self.times(|filled, index| {
            let found = filled.store.find_subject(&filled.log.site, subject_id(index)).expect("a store");
            assert!(found.iter().any(|(_, found)| *found == index));
        });
        let none = self.times(|filled, index| {
            let other = decision_id(u64::MAX / 2 + index);
            assert!(filled.store.find_decision(&filled.log.site, other).expect("a store").is_none());
        });
        println!(
            "{:>9} decisions: found by id in {:.1} µs (p99 {:.1}), by subject in {:.1} (p99 {:.1}), not there in {:.1} (p99 {:.1}); \
             each looked up before it is added: {:.2} µs, added: {:.2} µs, durable; resident {} MiB",
            self.size,
            id.0,
            id.1,
            subject.0,
            subject.1,
            none.0,
            none.1,
            self.looking.as_secs_f64() * 1e6 / self.size as f64,
            self.adding.as_secs_f64() * 1e6 / self.size as f64,
            resident() / 1024
        );
    }
}

/// Resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Seconds that the thread of this name was on a processor, in steps of 10 ms (`proc_pid_stat(5)`).
fn busy(name: &str) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let read = |path: &Path, file: &str| std::fs::read_to_string(path.join(file)).unwrap_or_default();
    let own = tasks.map(|task| task.path()).filter(|path| read(path, "comm").trim() == name);
    let ticks = own.flat_map(|path| {
        let stat = read(&path, "stat");
        let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
        fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse().ok()).collect::<Vec<u32>>()
    });
    f64::from(ticks.sum::<u32>()) / 100.0
}

/// All bytes below a folder.
fn bytes_in(folder: &Path) -> u64 {
    let items = std::fs::read_dir(folder).into_iter().flatten().flatten();
    items
        .map(|item| {
            let path = item.path();
            if path.is_dir() { bytes_in(&path) } else { item.metadata().map_or(0, |data| data.len()) }
        })
        .sum()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("lookups FOLDER COUNT...")?;
    let mut filled = Filled::new(Path::new(&folder))?;
    for count in arguments {
        filled.grow(count.parse()?)?;
        filled.say();
    }
    let index = bytes_in(&Path::new(&folder).join("index"));
    // 65,536 keys, two for a decision, make a file, and four files one: so often every key was written.
    let files = 2 * filled.size / 65_536;
    let written: u64 = (0..32).map(|merges| files >> (2 * merges) << (2 * merges)).sum();
    println!(
        "the index has {:.1} bytes on disk for each decision; {:.0} keys written in a second of its thread",
        index as f64 / filled.size as f64,
        (written * 65_536) as f64 / busy("index")
    );
    Ok(())
}
