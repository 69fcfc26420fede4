//! What an auditor waits for: a bundle of 10 000 decisions and one receipt, checked. And what the operator pays for it:
//! appending in batches, each under a signed head. Run: `cargo bench -p consent-core --bench bundle`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::error::Error;
use std::hint::black_box;

use consent_core::bundle::csv;
use consent_core::bundle::manifest::{Contents, Counts, Manifest, Shard};
use consent_core::bundle::opening_line::OpeningLine;
use consent_core::bundle::page::{Used, page};
use consent_core::decision::{Decision, DecisionRequest};
use consent_core::digest::Digest;
use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::commitment::{Opening, Part, Salt};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::frontier::Frontier;
use consent_core::ledger::key::SigningKey;
use consent_core::ledger::policy::{Policy, PolicyLog};
use consent_core::ledger::proof::{TileSource, inclusion};
use consent_core::ledger::tile::{EntriesId, TileId, encode_entries};
use consent_core::notice::Notice;
use consent_core::receipt::{Content, Receipt};
use consent_core::verify::evidence::Evidence;
use consent_core::verify::source::MemoryBundle;
use consent_core::verify::verify;
use criterion::{BatchSize, Criterion, Throughput};
use time::OffsetDateTime;

type Outcome<T> = Result<T, Box<dyn Error>>;

const ORIGIN: &str = "consent.example/newsroom/2026";
const DECISIONS: u64 = 10_000;
const START: u64 = 1_790_000_000;
/// What stands for the banner script, which the notice names and the bundle has to contain.
const SCRIPT: &[u8] = b"script";

/// A log with decisions, and what is behind them.
struct Log {
    notice: Notice,
    key: SigningKey,
    entries: Vec<Entry>,
    openings: Vec<OpeningLine>,
    frontier: Frontier,
    tiles: BTreeMap<(u8, u64), Vec<Digest>>,
    head: SignedCheckpoint,
}

impl TileSource for Log {
    type Error = Infallible;

    fn tile(&self, tile: TileId) -> Result<Vec<Digest>, Infallible> {
        Ok(self.tiles.get(&(tile.level, tile.index)).cloned().unwrap_or_default())
    }
}

fn decision(notice: &Notice, number: u64) -> Outcome<(Opening, Opening)> {
    let words =
        [("functional", "grant"), ("analytics", "deny"), ("performance", "deny"), ("advertisement", "grant")];
    let request = DecisionRequest {
        decision_id: format!("0193564c-9000-7000-8000-{number:012x}"),
        subject_id: "AAECAwQFBgcICQoLDA0ODw".into(),
        notice_id: notice.id().to_string(),
        action: "save".into(),
        account: None,
        handoff: None,
        choices: words.map(|(category, choice)| (category.into(), choice.into())).into(),
        services: Vec::new(),
        decided_at: "2026-11-23T09:30:00.123Z".into(),
        signals: consent_core::signal::Signals::default(),
        language: notice.language.clone(),
        page: "/actualites".into(),
        provenance: None,
    };
    let now = OffsetDateTime::from_unix_timestamp(i64::try_from(START)?)?;
    let decision = Decision::parse(&request, notice, now)?;
    let salt = |part: u8| Salt(Digest::of(&[number.to_be_bytes().as_slice(), &[part]].concat()).0);
    Ok((Opening::new(salt(0), decision.decision_data())?, Opening::new(salt(1), decision.subject_data())?))
}

fn log() -> Outcome<Log> {
    let mut body = (*Notice::from_bytes(include_bytes!("../fuzz/seeds/notice/small"))?).clone();
    body.script = Digest::of(SCRIPT);
    let notice = Notice::new(body)?;
    let key = SigningKey::from_seed(ORIGIN, &[7; 32])?;
    let mut entries = vec![
        Entry::new(START, Kind::Open { log: ORIGIN.parse()?, previous: None, retention_days: 1000 })?,
        Entry::new(START, Kind::Notice { notice: notice.id() })?,
    ];
    let mut openings = Vec::new();
    for number in 0..DECISIONS {
        let (decision, subject) = decision(&notice, number)?;
        let kind = Kind::Decision {
            decision: decision.commitment(Part::Decision),
            notice: notice.id(),
            subject: subject.commitment(Part::Subject),
        };
        let index = u64::try_from(entries.len())?;
        entries.push(Entry::new(START + number, kind)?);
        openings.push(OpeningLine {
            year: 2026.into(),
            index,
            decision: Some(decision),
            subject: Some(subject),
        });
    }
    let (mut frontier, mut tiles) = (Frontier::new(), BTreeMap::new());
    for entry in &entries {
        frontier.append(entry.leaf_hash(), &mut |tile, hashes| {
            tiles.insert((tile.level, tile.index), hashes.to_vec());
        });
    }
    tiles.extend(frontier.partial_tiles().map(|(tile, hashes)| ((tile.level, tile.index), hashes.to_vec())));
    let (_, head) = append(LogState::new(ORIGIN.parse()?), &entries, &key)?;
    Ok(Log { notice, key, entries, openings, frontier, tiles, head })
}

/// One batch as the sequencer does it, with a store that costs nothing.
fn append(state: LogState, entries: &[Entry], key: &SigningKey) -> Outcome<(LogState, SignedCheckpoint)> {
    let mut staged = state.stage();
    for entry in entries {
        staged.push(entry)?;
    }
    let stored = Staged::persist(vec![staged], |staged| -> Result<(), Infallible> {
        black_box(staged.iter().map(|one| one.tiles().count()).sum::<usize>());
        Ok(())
    })?;
    let durable = stored.into_iter().next().ok_or("nothing was stored")?;
    Ok(durable.sign(key)?)
}

fn bundle(log: &Log) -> Outcome<MemoryBundle> {
    let size = log.frontier.size();
    let policy = Policy::of_logs([PolicyLog { key: log.key.verifier().clone(), url: None }])?;
    let used = Used { last: START + DECISIONS - 1, decisions: DECISIONS, ..Used::since(START) };
    let mut files = BTreeMap::from([
        ("README.txt".to_owned(), b"How to check this bundle.\n".to_vec()),
        ("policy".to_owned(), policy.to_string().into_bytes()),
        ("logs/2026/checkpoint".to_owned(), log.head.as_str().into()),
        (format!("notices/{}.json", log.notice.id()), log.notice.bytes().to_vec()),
        (format!("notices/{}.html", log.notice.id()), page(&log.notice, Some(&used)).into_bytes()),
        (format!("scripts/{}.js", log.notice.script), SCRIPT.to_vec()),
    ]);
    for tile in TileId::all(size) {
        let hashes = log.tile(tile)?;
        files.insert(format!("logs/2026/{tile}"), hashes.iter().flat_map(|hash| hash.0).collect());
    }
    for (id, part) in EntriesId::all(size).zip(log.entries.chunks(256)) {
        files.insert(format!("logs/2026/{id}"), encode_entries(part.iter().map(Entry::bytes))?);
    }
    let (mut openings, mut table) = (Vec::new(), csv::header());
    for line in &log.openings {
        openings.extend(line.to_bytes()?);
        openings.push(b'\n');
        table.push_str(&csv::row(line, START + line.index - 2, log.notice.id()));
    }
    files.insert("openings.jsonl".to_owned(), openings);
    files.insert("decisions.csv".to_owned(), table.into_bytes());
    let contents = Contents {
        counts: Counts { decisions: DECISIONS, entries: size, erased: 0, notices: 1, openings: DECISIONS },
        ended: Vec::new(),
        forgotten: Vec::new(),
        files: files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect(),
        from: None,
        made_at: START + DECISIONS,
        shards: vec![Shard { log: ORIGIN.parse()?, root: log.frontier.root(), size }],
        site: "newsroom".parse()?,
        to: None,
        version: 1,
    };
    files.insert("manifest.json".to_owned(), Manifest::sign(contents, &log.key)?.to_bytes()?);
    Ok(MemoryBundle(files.into_iter().collect()))
}

fn receipt(log: &Log, index: u64) -> Outcome<Receipt> {
    let at = usize::try_from(index)?;
    let line = log.openings.get(at - 2).ok_or("no such decision")?;
    let entry = log.entries.get(at).ok_or("no such entry")?;
    let content = Content {
        decision: line.decision.clone(),
        entry: String::from_utf8(entry.bytes().to_vec())?,
        subject: line.subject.clone(),
    };
    let hashes = inclusion(log, index, log.frontier.size())?;
    Ok(Receipt::new(log.head.clone(), index, hashes, content)?)
}

fn audit(c: &mut Criterion) -> Outcome<()> {
    let log = log()?;
    let bundle = bundle(&log)?;
    let evidence = Evidence::default();
    let report = verify(&bundle, &evidence, &mut |_| ());
    assert!(report.holds(), "{}", report.to_text());
    let mut group = c.benchmark_group("bundle of 10 000");
    group.sample_size(10).throughput(Throughput::Elements(DECISIONS));
    group.bench_function("verify", |b| b.iter(|| verify(black_box(&bundle), &evidence, &mut |_| ())));
    group.finish();

    let state = LogState::new(ORIGIN.parse()?);
    let mut group = c.benchmark_group("append and sign");
    for batch in [1_u64, 64, 1024] {
        let entries = log.entries.get(..usize::try_from(batch)?).unwrap_or_default();
        group.throughput(Throughput::Elements(batch));
        group.bench_function(format!("batch of {batch}"), |b| {
            b.iter_batched(|| state.clone(), |state| append(state, entries, &log.key), BatchSize::SmallInput);
        });
    }
    group.finish();

    let text = receipt(&log, 5000)?.to_text();
    let known = [log.key.verifier().clone()];
    c.bench_function("receipt/make", |b| b.iter(|| receipt(&log, black_box(5000))));
    c.bench_function("receipt/open", |b| b.iter(|| Receipt::open(black_box(&text), &known)));
    Ok(())
}

fn main() -> Outcome<()> {
    let mut criterion = Criterion::default().configure_from_args();
    audit(&mut criterion)?;
    criterion.final_summary();
    Ok(())
}
