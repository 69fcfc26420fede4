//! Bundles made for tests: two years of a log, the first one closed, with decisions, erasures and openings.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::bundle::csv;
use crate::bundle::exhibit::tests::exhibit as exhibit_of;
use crate::bundle::manifest::{Contents, Counts, Manifest, Shard};
use crate::bundle::opening_line::OpeningLine;
use crate::bundle::page::{self, Used};
use crate::bundle::picture::tests::png;
use crate::decision::rfc3339_millis;
use crate::digest::Digest;
use crate::ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::ledger::commitment::{Opening, Part, Salt};
use crate::ledger::entry::{Entry, IndexRange, Kind, Previous, Reason};
use crate::ledger::key::SigningKey;
use crate::ledger::policy::{Policy, PolicyLog};
use crate::ledger::proof::inclusion;
use crate::ledger::tests::Log;
use crate::ledger::tile::{EntriesId, TILE_WIDTH, encode_entries};
use crate::notice::{Notice, NoticeId, tests::notice};
use crate::receipt::{Content, Receipt};
use crate::verify::source::MemoryBundle;

/// What another platform wrote down.
pub(super) const EXHIBIT: &str = "Controller ID,Timestamp\na,1\nb,2\n";

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The key of a year's log.
pub(super) fn key(year: u16) -> SigningKey {
    SigningKey::derive(&[7; 32], &origin(year)).unwrap()
}

pub(super) fn origin(year: u16) -> String {
    format!("consent.example/newsroom/{year}")
}

/// A number as an index into memory.
pub(super) fn at(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

/// Everything of which a bundle is written. Tests change it before that.
#[derive(Clone)]
pub(super) struct Fixture {
    pub(super) logs: BTreeMap<u16, Vec<Entry>>,
    pub(super) openings: BTreeMap<(u16, u64), OpeningLine>,
    pub(super) notices: Vec<Notice>,
    pub(super) history: Vec<(u16, u64)>,
    pub(super) range: (Option<u64>, Option<u64>),
}

/// `decisions` of them in 2026, after a small year 2025 that was closed. Entry 2 of 2026 is the first decision; the
/// `subject` part of entry 3 and both parts of entry 4 are erased by the last entry.
pub(super) fn fixture(decisions: u64) -> Fixture {
    let (fr, en) = (notice("fr"), notice("en"));
    let mut fixture = Fixture {
        logs: BTreeMap::new(),
        openings: BTreeMap::new(),
        notices: vec![fr.clone(), en.clone()],
        history: vec![(2026, 1), (2026, 3)],
        range: (None, None),
    };
    let start = 1_750_000_000;
    let log = |year| origin(year).parse().unwrap();
    fixture.push(2025, start, Kind::Open { log: log(2025), previous: None, retention_days: 1000 });
    fixture.push(2025, start, Kind::Notice { notice: fr.id() });
    fixture.decide(2025, start + 5, &fr);
    fixture.push(2025, start + 9, Kind::Close { next: log(2026) });
    let before = fixture.log(2025).frontier;
    let previous = Previous { log: log(2025), root: before.root(), size: before.size() };
    let start = 1_780_000_000;
    fixture.push(2026, start, Kind::Open { log: log(2026), previous: Some(previous), retention_days: 1000 });
    fixture.push(2026, start, Kind::Notice { notice: fr.id() });
    for i in 0..decisions {
        if i == 3 {
            fixture.push(2026, start + i, Kind::Notice { notice: en.id() });
        }
        fixture.decide(2026, start + i, if i > 3 && i % 2 == 1 { &en } else { &fr });
    }
    let hour = (start / 3600) * 3600;
    fixture.push(2026, start + decisions, Kind::Tally { hour, notice: fr.id(), shown: decisions });
    fixture.erase(2026, start + decisions, (3, 5), &[Part::Subject]);
    fixture.erase(2026, start + decisions, (4, 5), &[Part::Decision]);
    fixture
}

impl Fixture {
    pub(super) fn push(&mut self, year: u16, time: u64, kind: Kind) -> u64 {
        let entries = self.logs.entry(year).or_default();
        entries.push(Entry::new(time, kind).unwrap());
        entries.len() as u64 - 1
    }

    pub(super) fn decide(&mut self, year: u16, time: u64, notice: &Notice) {
        let index = self.logs[&year].len() as u64;
        let salt = |n: u8| Salt(Digest::of(&[index.to_be_bytes().as_slice(), &[n]].concat()).0);
        let subject = format!(
            r#"{{"decision_id":"0193564c-9000-7000-8000-{index:012x}","subject_id":"-AECAwQFBgcICQoLDA0OD{}"}}"#,
            index % 7
        );
        let decision = format!(
            r#"{{"action":"save","choices":{{"necessary":"grant","functional":"grant","analytics":"deny","performance":"deny","advertisement":"deny"}},"decided_at":"2026-05-28T20:26:40.123Z","language":"{}","page":"/actualités, \"une\"","recorded_at":"{}","regime":["always","opt_in","opt_in","opt_in","opt_in"],"region":"FR","signals":{{"gpc":false}},"user_agent_class":"mobile","more":1}}"#,
            notice.language,
            rfc3339_millis(OffsetDateTime::from_unix_timestamp(i64::try_from(time).unwrap()).unwrap())
        );
        let subject = Opening::new(salt(0), subject).unwrap();
        let decision = Opening::new(salt(1), decision).unwrap();
        let kind = Kind::Decision {
            decision: decision.commitment(Part::Decision),
            notice: notice.id(),
            subject: subject.commitment(Part::Subject),
        };
        self.push(year, time, kind);
        let line = OpeningLine { year: year.into(), index, decision: Some(decision), subject: Some(subject) };
        self.openings.insert((year, index), line);
    }

    /// Logs an erasure and drops what it covers.
    pub(super) fn erase(&mut self, year: u16, time: u64, (from, to): (u64, u64), parts: &[Part]) {
        let indices = vec![IndexRange { from, to }];
        self.push(
            year,
            time,
            Kind::Erasure { indices, log: None, parts: parts.to_vec(), reason: Reason::Request },
        );
        for index in from..to {
            let Some(line) = self.openings.get_mut(&(year, index)) else { continue };
            for part in parts {
                match part {
                    Part::Subject => line.subject = None,
                    Part::Decision => line.decision = None,
                }
            }
            if line.subject.is_none() && line.decision.is_none() {
                self.openings.remove(&(year, index));
            }
        }
    }

    pub(super) fn log(&self, year: u16) -> Log {
        self.log_at(year, self.logs[&year].len() as u64)
    }

    /// The log of a year as it was at a size.
    pub(super) fn log_at(&self, year: u16, size: u64) -> Log {
        let mut log = Log::default();
        log.extend(self.logs[&year].iter().take(at(size)).map(Entry::leaf_hash));
        log
    }

    pub(super) fn checkpoint(&self, year: u16, size: u64) -> SignedCheckpoint {
        let root = self.log_at(year, size).frontier.root();
        SignedCheckpoint::sign(Checkpoint { origin: origin(year).parse().unwrap(), size, root }, &key(year))
            .unwrap()
    }

    pub(super) fn receipt(&self, year: u16, index: u64) -> String {
        let log = self.log(year);
        let size = log.frontier.size();
        let line = &self.openings[&(year, index)];
        let content = Content {
            decision: line.decision.clone(),
            entry: String::from_utf8(self.logs[&year][at(index)].bytes().to_vec()).unwrap(),
            subject: line.subject.clone(),
        };
        let hashes = inclusion(&log, index, size).unwrap();
        Receipt::new(self.checkpoint(year, size), index, hashes, content).unwrap().to_text()
    }

    /// Every file but the manifest.
    pub(super) fn files(&self) -> Files {
        let mut files = Files::new();
        files.insert("README.txt".into(), b"How to check this bundle.\n".to_vec());
        let logs = self.logs.keys().map(|year| PolicyLog { key: key(*year).verifier().clone(), url: None });
        files.insert("policy".into(), Policy::of_logs(logs).unwrap().to_string().into_bytes());
        for (year, entries) in &self.logs {
            let log = self.log(*year);
            let size = log.frontier.size();
            files.insert(format!("logs/{year}/checkpoint"), self.checkpoint(*year, size).as_str().into());
            for ((level, index), hashes) in &log.tiles {
                let tile = crate::ledger::tile::TileId::in_tree(*level, *index, size).unwrap();
                files.insert(format!("logs/{year}/{tile}"), hashes.iter().flat_map(|hash| hash.0).collect());
            }
            for id in EntriesId::all(size) {
                let from = at(id.index) * usize::from(TILE_WIDTH);
                let part = entries[from..from + usize::from(id.width)].iter().map(Entry::bytes);
                files.insert(format!("logs/{year}/{id}"), encode_entries(part).unwrap());
            }
        }
        for (year, size) in &self.history {
            let signed = self.checkpoint(*year, *size);
            files.insert(format!("logs/{year}/history/{size}"), signed.as_str().into());
        }
        for notice in &self.notices {
            files.insert(format!("notices/{}.json", notice.id()), notice.bytes().to_vec());
            files.insert(format!("notices/{}-banner.png", notice.id()), png(360, 800));
            files.insert(format!("scripts/{}.js", notice.script), b"script".to_vec());
            if let Some(used) = self.used(notice.id()) {
                let page = page::page(notice, Some(&used)).into_bytes();
                files.insert(format!("notices/{}.html", notice.id()), page);
            }
        }
        let exhibit = EXHIBIT.as_bytes();
        let described = exhibit_of(exhibit.len() as u64).to_bytes().unwrap();
        files.insert(format!("exhibits/{}.csv", Digest::of(exhibit)), exhibit.to_vec());
        files.insert(format!("exhibits/{}.json", Digest::of(exhibit)), described);
        let (mut openings, mut table) = (Vec::new(), csv::header());
        for ((year, index), line) in &self.openings {
            openings.extend(line.to_bytes().unwrap());
            openings.push(b'\n');
            let entry = &self.logs[year][at(*index)];
            if let Kind::Decision { notice, .. } = entry.kind() {
                table.push_str(&csv::row(line, entry.time(), *notice));
            }
        }
        files.insert("openings.jsonl".into(), openings);
        files.insert("decisions.csv".into(), table.into_bytes());
        files
    }

    fn used(&self, notice: NoticeId) -> Option<Used> {
        let named = |entry: &Entry| match *entry.kind() {
            Kind::Notice { notice } => Some((notice, 0, 0)),
            Kind::Decision { notice, .. } => Some((notice, 1, 0)),
            Kind::Tally { notice, shown, .. } => Some((notice, 0, shown)),
            _ => None,
        };
        self.logs.values().flatten().fold(None, |sum: Option<Used>, entry| match named(entry) {
            Some((other, decisions, shown)) if other == notice => {
                let used = Used { decisions, shown, ..Used::since(entry.time()) };
                Some(sum.map_or(used, |sum| sum.and(used)))
            }
            _ => sum,
        })
    }

    pub(super) fn bundle(&self) -> MemoryBundle {
        self.seal(self.files())
    }

    /// Lists and signs files, whatever is in them: what an operator who wants to deceive can do.
    pub(super) fn seal(&self, files: Files) -> MemoryBundle {
        let manifest = Manifest::sign(self.contents(&files), &key(2026)).unwrap();
        with_manifest(files, &manifest)
    }

    pub(super) fn contents(&self, files: &Files) -> Contents {
        let shard = |year: &u16| {
            let frontier = self.log(*year).frontier;
            Shard { log: origin(*year).parse().unwrap(), root: frontier.root(), size: frontier.size() }
        };
        let is_decision = |entry: &&Entry| matches!(entry.kind(), Kind::Decision { .. });
        let entries = || self.logs.values().flatten();
        let erased = self.logs.values().flat_map(|entries| {
            entries.iter().filter_map(move |entry| match entry.kind() {
                Kind::Erasure { indices, parts, .. } => {
                    let covered =
                        |index: u64| indices.iter().any(|range| range.from <= index && index < range.to);
                    let decisions =
                        (0..).zip(entries).filter(|(index, entry)| covered(*index) && is_decision(entry));
                    Some(decisions.count() * parts.len())
                }
                _ => None,
            })
        });
        Contents {
            counts: Counts {
                decisions: entries().filter(is_decision).count() as u64,
                entries: entries().count() as u64,
                erased: erased.sum::<usize>() as u64,
                notices: self.notices.len() as u64,
                openings: self.openings.len() as u64,
            },
            ended: Vec::new(),
            forgotten: Vec::new(),
            files: files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect(),
            from: self.range.0,
            made_at: 1_790_000_000,
            shards: self.logs.keys().map(shard).collect(),
            site: "newsroom".parse().unwrap(),
            to: self.range.1,
            version: 1,
        }
    }
}

pub(super) fn with_manifest(mut files: Files, manifest: &Manifest) -> MemoryBundle {
    files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
    MemoryBundle(files.into_iter().collect())
}
