//! An export of any size takes the same memory. The log is made up while it is read, so what is measured is the export.

use std::ops::Range;
use std::process::Command;

use consent_core::decision::{DecisionId, SubjectId};
use consent_core::digest::Digest;
use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::commitment::{Opening, Part, Salt};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::hash::root_of;
use consent_core::ledger::origin::Origin;
use consent_core::notice::{NoticeId, SiteId};

use crate::data::ServerKey;
use crate::export::{Cut, Format, Period, write};
use crate::store::{Batch, Head, LogId, Notices, Openings, Placed, Store, StoreError};
use crate::testing::notice;

/// The variable by which the process that is measured knows what to do: a format.
const CHILD: &str = "CONSENT_TEST_EXPORT";

const DECISIONS: u64 = 200_000;

/// The most memory that the whole process may ever take, in KiB: program, tables of the log and export together.
const LIMIT: u64 = 64 * 1024;

const TIME: u64 = 1_795_426_200;

type Answer<T> = Result<T, StoreError>;

/// A log whose entries follow from their indices: `open`, a notice, and decisions. Only the hashes are kept.
#[derive(Debug)]
struct Generated {
    log: LogId,
    origin: Origin,
    leaves: Vec<Digest>,
}

fn opening(index: u64, part: u8) -> Opening {
    let mut salt = [part; 32];
    salt[..8].copy_from_slice(&index.to_be_bytes());
    let data = if part == 0 {
        format!(
            r#"{{"decision_id":"01930000-0000-7000-8000-{index:012x}","subject_id":"subject{index:014}A"}}"#
        )
    } else {
        let choices = r#""necessary":"grant","functional":"deny","analytics":"grant","performance":"deny","advertisement":"deny""#;
        format!(
            r#"{{"action":"save","choices":{{{choices}}},"decided_at":"2026-11-23T09:30:00.123Z","language":"en","page":"/{index}","recorded_at":"2026-11-23T09:30:00.456Z","regime":["always","opt_in","opt_in","opt_in","opt_in"],"region":"EU","signals":{{"gpc":false}},"user_agent_class":"desktop"}}"#
        )
    };
    Opening::new(Salt(salt), data).unwrap()
}

impl Generated {
    fn new(size: u64) -> Self {
        let site = notice().site.clone();
        let origin = Origin::new("consent.example", site.clone(), 2026).unwrap();
        let mut generated = Self { log: LogId { site, year: 2026.into() }, origin, leaves: Vec::new() };
        generated.leaves = (0..size).map(|index| generated.entry(index).leaf_hash()).collect();
        generated
    }

    fn entry(&self, index: u64) -> Entry {
        let kind = match index {
            0 => Kind::Open { log: self.origin.clone(), previous: None, retention_days: 30 },
            1 => Kind::Notice { notice: notice().id() },
            _ => Kind::Decision {
                decision: opening(index, 1).commitment(Part::Decision),
                notice: notice().id(),
                subject: opening(index, 0).commitment(Part::Subject),
            },
        };
        Entry::new(TIME, kind).unwrap()
    }

    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    fn head(&self, key: &ServerKey) -> SignedCheckpoint {
        let mut staged = LogState::new(self.origin.clone()).stage();
        for index in 0..self.size() {
            staged.push(&self.entry(index)).unwrap();
            // What was staged is let go: a head needs none of it.
            if index % 4096 == 0 {
                staged = staged.state().clone().stage();
            }
        }
        let durable = Staged::persist(vec![staged], |_| Ok::<_, StoreError>(())).unwrap().pop().unwrap();
        durable.sign(&key.of_log(&self.origin).unwrap()).unwrap().1
    }
}

impl Store for Generated {
    fn logs(&self) -> Answer<Vec<(LogId, Head)>> {
        Ok(vec![(self.log.clone(), Store::head(self, &self.log)?.unwrap())])
    }

    fn head(&self, _: &LogId) -> Answer<Option<Head>> {
        let (size, root) = (self.size(), Digest::of(b""));
        Ok(Some(Head { size, root, time: TIME, closed: false, forgotten: false }))
    }

    fn entries(&self, _: &LogId, range: Range<u64>) -> Answer<Vec<Vec<u8>>> {
        Ok(range.map(|index| self.entry(index).bytes().to_vec()).collect())
    }

    fn tile(&self, _: &LogId, level: u8, index: u64) -> Answer<Option<Vec<u8>>> {
        let under = 256_usize.pow(u32::from(level));
        let first = usize::try_from(index).unwrap() * 256 * under;
        let subtrees = self.leaves[first..].chunks_exact(under).take(256);
        Ok(Some(subtrees.flat_map(|leaves| root_of(leaves).0).collect()))
    }

    fn openings(&self, _: &LogId, range: Range<u64>) -> Answer<Vec<(u64, Openings)>> {
        let of = |index| {
            let (subject, decision) = (Some(opening(index, 0)), Some(opening(index, 1)));
            (index, Openings { subject, decision })
        };
        Ok(range.filter(|index| *index > 1).map(of).collect())
    }

    fn notice(&self, _: &SiteId, _: NoticeId) -> Answer<Option<Vec<u8>>> {
        Ok(Some(notice().bytes().to_vec()))
    }

    fn history(&self, _: &LogId) -> Answer<Vec<(u64, String)>> {
        Ok(Vec::new())
    }

    fn kept(&self, _: &SiteId, _: &str) -> Answer<Option<Vec<u8>>> {
        Ok(None)
    }

    fn kept_names(&self, _: &SiteId, _: &str) -> Answer<Vec<String>> {
        Ok(Vec::new())
    }

    fn notices(&self, _: &SiteId) -> Answer<Notices> {
        Ok(vec![(notice().id(), notice().bytes().to_vec())])
    }

    fn logged_notices(&self, _: &LogId) -> Answer<Vec<NoticeId>> {
        Ok(vec![notice().id()])
    }

    fn find_decision(&self, _: &SiteId, _: DecisionId) -> Answer<Option<Placed>> {
        unreachable!("an export looks up no decision")
    }

    fn find_subject(&self, _: &SiteId, _: SubjectId) -> Answer<Vec<(LogId, u64)>> {
        unreachable!("an export looks up no subject")
    }

    fn commit(&self, _: &[Batch]) -> Answer<()> {
        unreachable!("an export writes nothing")
    }

    fn publish(&self, _: &SiteId, _: NoticeId, _: &[u8]) -> Answer<()> {
        unreachable!("an export writes nothing")
    }

    fn forget_log(&self, _: &LogId) -> Answer<()> {
        unreachable!("an export writes nothing")
    }

    fn keep(&self, _: &SiteId, _: &str, _: &[u8]) -> Answer<()> {
        unreachable!("an export writes nothing")
    }

    fn discard(&self, _: &SiteId, _: &str) -> Answer<()> {
        unreachable!("an export writes nothing")
    }
}

/// The most memory that this process ever took, in KiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn export(format: Format, decisions: u64) -> u64 {
    let (store, key) = (Generated::new(decisions + 2), ServerKey::from_seed([1; 32]));
    let heads = vec![(store.log.clone(), store.head(&key))];
    let cut = Cut::new(&store, store.log.site.clone(), heads, Period::default(), TIME).unwrap();
    let file = write(format, &cut, &key, tempfile::tempfile().unwrap(), &mut |_, _| ()).unwrap();
    file.metadata().unwrap().len()
}

/// What the process that is measured does; nothing in any other.
#[test]
fn the_process_that_is_measured() {
    let Ok(name) = std::env::var(CHILD) else { return };
    let format = match name.as_str() {
        "bundle" => Format::Bundle,
        "csv" => Format::Csv,
        "jsonl" => Format::Jsonl,
        _ => Format::Records,
    };
    let length = export(format, DECISIONS);
    println!("measured: {length} {}", most_memory());
}

/// Measures one format, in a process of its own.
fn takes_no_more_memory_than_is_allowed(format: &str) {
    if std::env::var_os("CONSENT_FULL").is_none_or(|value| value != "1") {
        eprintln!("skipped: an export of {DECISIONS} decisions; set CONSENT_FULL=1");
        return;
    }
    let test = "export::tests::memory::the_process_that_is_measured";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", test, "--nocapture"]).env(CHILD, format).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let measured = said.lines().find_map(|line| line.split_once("measured: "));
    let (length, memory) = measured.and_then(|(_, rest)| rest.split_once(' ')).expect(&said);
    println!("{format}: {length} bytes, at most {memory} KiB");
    assert!(length.parse::<u64>().unwrap() > 15_000_000, "{format}: {length}");
    assert!(memory.parse::<u64>().unwrap() < LIMIT, "{format}: {memory} KiB");
}

// One test for each format: they take long, and so they run beside each other.

#[test]
fn json_lines_of_two_hundred_thousand_decisions_take_no_more_memory_than_is_allowed() {
    takes_no_more_memory_than_is_allowed("jsonl");
}

#[test]
fn a_spreadsheet_of_two_hundred_thousand_decisions_takes_no_more_memory_than_is_allowed() {
    takes_no_more_memory_than_is_allowed("csv");
}

#[test]
fn two_hundred_thousand_records_take_no_more_memory_than_is_allowed() {
    takes_no_more_memory_than_is_allowed("27560");
}

#[test]
fn a_bundle_of_two_hundred_thousand_decisions_takes_no_more_memory_than_is_allowed() {
    takes_no_more_memory_than_is_allowed("bundle");
}
