//! Bundles of any size, written by the core's formats alone and as fast as a disk takes them: for what measures the
//! verifier. A bundle that a server exported has the same files; see `it/foreign` for those.
#![expect(clippy::missing_panics_doc, reason = "a helper of tests, which fail by panicking")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write};
use std::path::Path;

use consent_core::bundle::csv;
use consent_core::bundle::manifest::{Contents, Counts, Manifest, Shard};
use consent_core::bundle::opening_line::OpeningLine;
use consent_core::bundle::page::{self, Used};
use consent_core::decision::{Decision, DecisionRequest};
use consent_core::digest::Digest;
use consent_core::ledger::append::{LogState, Staged};
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::commitment::{Opening, Part, Salt};
use consent_core::ledger::entry::{Entry, IndexRange, Kind, Reason};
use consent_core::ledger::frontier::Frontier;
use consent_core::ledger::key::SigningKey;
use consent_core::ledger::policy::{Policy, PolicyLog};
use consent_core::ledger::tile::{EntriesId, TILE_WIDTH, encode_entries};
use consent_core::notice::Notice;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::visitor;

const ORIGIN: &str = "consent.example/newsroom/2026";
/// 2026-07-01T00:00:00Z.
const START: u64 = 1_782_864_000;
/// Of every so many decisions one is erased.
const ERASED: u64 = 100;
/// The entry that names the notice.
const NOTICE: u64 = 1;
/// What the notice names as its script: nothing at all.
const SCRIPT: &[u8] = b"";

/// What is in a bundle that was made.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bulk {
    /// Entries of the log.
    pub entries: u64,
    /// Files and the bytes in them.
    pub files: u64,
    /// See `files`.
    pub bytes: u64,
    /// What a verifier has to put through SHA-256 beside the files themselves, in bytes with their padding: a leaf and a
    /// node for each entry, and two commitments for each decision.
    pub beside: u64,
}

/// The bytes that SHA-256 works on for a message of that length (FIPS 180-4, section 5.1.1).
#[must_use]
pub fn padded(length: u64) -> u64 {
    (length + 9).div_ceil(64) * 64
}

/// Writes a bundle with a log of exactly so many entries as a folder: an `open`, a notice, decisions of all kinds, and an
/// erasure after each hundred of them.
///
/// # Errors
/// If the folder can not be written.
pub fn folder(folder: &Path, entries: u64) -> io::Result<Bulk> {
    Writer::new(folder)?.write(entries)
}

struct Writer<'a> {
    folder: &'a Path,
    files: BTreeMap<String, Digest>,
    bulk: Bulk,
    key: SigningKey,
    notice: Notice,
    requests: Vec<DecisionRequest>,
}

impl<'a> Writer<'a> {
    fn new(folder: &'a Path) -> io::Result<Self> {
        fs::create_dir_all(folder.join("notices"))?;
        let notice = Notice::from_bytes(include_bytes!("../../consent-core/fuzz/seeds/notice/small"))
            .expect("a notice");
        let request = |number| {
            let id = notice.id().to_string();
            let value =
                visitor::decision(number, "01930000-0000-7000-8000-000000000000", &id, &notice.language);
            serde_json::from_value(value).expect("a request")
        };
        let requests = (0..visitor::ACTIONS.len() * 16).map(request).collect();
        let key = SigningKey::from_seed(ORIGIN, &[7; 32]).expect("a key");
        Ok(Self { folder, files: BTreeMap::new(), bulk: Bulk::default(), key, notice, requests })
    }

    fn write(mut self, entries: u64) -> io::Result<Bulk> {
        let policy =
            Policy::of_logs([PolicyLog { key: self.key.verifier().clone(), url: None }]).expect("a policy");
        self.file("README.txt", b"Made to measure the verifier.\n")?;
        self.file("policy", policy.to_string().as_bytes())?;
        let notice = self.notice.clone();
        let mut openings = Stream::new(self.folder.join("openings.jsonl"))?;
        let mut table = Stream::new(self.folder.join("decisions.csv"))?;
        table.write(csv::header().as_bytes())?;
        // A bundle has the notices that its logs name.
        let notices = u64::from(entries > NOTICE);
        let mut counts = Counts { entries, notices, ..Counts::default() };
        let (mut frontier, mut tiles, mut row) = (Frontier::new(), Vec::new(), Vec::new());
        let (mut head, mut last_decision) = (None, NOTICE);
        for index in 0..entries {
            let time = START + index / 50;
            let (kind, line) = self.entry(index, time, entries);
            if let Kind::Erasure { .. } = kind {
                counts.erased += 2;
            }
            let entry = Entry::new(time, kind).expect("an entry");
            if let &Kind::Decision { notice, .. } = entry.kind() {
                counts.decisions += 1;
                last_decision = index;
                if let Some(line) = line {
                    counts.openings += 1;
                    openings.write(&[line.to_bytes().expect("a line").as_slice(), b"\n"].concat())?;
                    table.write(csv::row(&line, time, notice).as_bytes())?;
                }
            }
            self.bulk.beside += padded(entry.bytes().len() as u64 + 1) + padded(65);
            frontier.append(entry.leaf_hash(), &mut |tile, hashes| {
                tiles.push((tile, hashes.iter().flat_map(|hash| hash.0).collect::<Vec<_>>()));
            });
            row.push(entry);
            if row.len() == usize::from(TILE_WIDTH) || index + 1 == entries {
                let id = EntriesId::in_tree(index / u64::from(TILE_WIDTH), index + 1).expect("a bundle");
                let bytes = encode_entries(row.iter().map(Entry::bytes)).expect("entries");
                self.file(&format!("logs/2026/{id}"), &bytes)?;
                head = Some(self.append(head.map(|(state, _)| state), &row));
                row.clear();
            }
            for (tile, bytes) in tiles.drain(..) {
                self.file(&format!("logs/2026/{tile}"), &bytes)?;
            }
        }
        for (tile, hashes) in frontier.partial_tiles() {
            let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
            self.file(&format!("logs/2026/{tile}"), &bytes)?;
        }
        if notices > 0 {
            let used = Used {
                last: START + last_decision / 50,
                decisions: counts.decisions,
                ..Used::since(START + NOTICE / 50)
            };
            self.file(&format!("notices/{}.json", notice.id()), notice.bytes())?;
            self.file(&format!("notices/{}.html", notice.id()), page::page(&notice, Some(&used)).as_bytes())?;
            self.file(&format!("scripts/{}.js", notice.script), SCRIPT)?;
        }
        for (name, stream) in [("openings.jsonl", openings), ("decisions.csv", table)] {
            let (digest, bytes) = stream.finish()?;
            self.count(name, digest, bytes);
        }
        let (_, signed) = head.expect("an entry");
        self.file("logs/2026/checkpoint", signed.as_str().as_bytes())?;
        let head = signed.checkpoint().clone();
        let contents = Contents {
            counts,
            ended: Vec::new(),
            forgotten: Vec::new(),
            files: std::mem::take(&mut self.files),
            from: None,
            made_at: START + entries,
            shards: vec![Shard { log: head.origin, root: head.root, size: head.size }],
            site: "newsroom".parse().expect("a site"),
            to: None,
            version: 1,
        };
        let manifest =
            Manifest::sign(contents, &self.key).expect("a manifest").to_bytes().expect("a manifest");
        self.file("manifest.json", &manifest)?;
        self.bulk.entries = entries;
        Ok(self.bulk)
    }

    /// Signs the head over some more entries: a signed head is only to be had for what was stored.
    fn append(&self, state: Option<LogState>, entries: &[Entry]) -> (LogState, SignedCheckpoint) {
        let mut staged = state.unwrap_or_else(|| LogState::new(ORIGIN.parse().expect("a log"))).stage();
        for entry in entries {
            staged.push(entry).expect("room for an entry");
        }
        let Ok(stored) = Staged::persist(vec![staged], |_| Ok::<_, Infallible>(()));
        let durable = stored.into_iter().next().expect("what was staged");
        durable.sign(&self.key).expect("the key of this log")
    }

    /// The entry at an index, and what is behind it if it is a decision that is not erased.
    fn entry(&mut self, index: u64, time: u64, entries: u64) -> (Kind, Option<OpeningLine>) {
        match (index, index % ERASED) {
            (0, _) => (
                Kind::Open { log: ORIGIN.parse().expect("a log"), previous: None, retention_days: 1000 },
                None,
            ),
            (NOTICE, _) => (Kind::Notice { notice: self.notice.id() }, None),
            (_, 0) => {
                let indices = vec![IndexRange { from: index - 50, to: index - 49 }];
                (
                    Kind::Erasure { indices, log: None, parts: Part::ALL.to_vec(), reason: Reason::Request },
                    None,
                )
            }
            _ => self.decision(index, time, index % ERASED == ERASED - 50 && index + 50 < entries),
        }
    }

    fn decision(&mut self, index: u64, time: u64, erased: bool) -> (Kind, Option<OpeningLine>) {
        let requests = self.requests.len();
        let request = &mut self.requests[usize::try_from(index).expect("an index") % requests];
        request.decision_id = format!("01930000-0000-7000-8000-{index:012x}");
        request.subject_id = format!("subject{:014}A", index / 3);
        let now = OffsetDateTime::from_unix_timestamp(time.cast_signed()).expect("a time");
        let decision = Decision::parse(request, &self.notice, now).expect("a decision");
        let salt = |part: u8| Salt(Digest::of(&[index.to_be_bytes().as_slice(), &[part]].concat()).0);
        let subject = Opening::new(salt(0), decision.subject_data()).expect("an opening");
        let decision = Opening::new(salt(1), decision.decision_data()).expect("an opening");
        let kind = Kind::Decision {
            decision: decision.commitment(Part::Decision),
            notice: self.notice.id(),
            subject: subject.commitment(Part::Subject),
        };
        if erased {
            return (kind, None);
        }
        for (part, opening) in [(Part::Subject, &subject), (Part::Decision, &decision)] {
            let length = "consent-log/v1/".len() + part.as_str().len() + 1 + 32 + opening.data().len();
            self.bulk.beside += padded(length as u64);
        }
        let line = OpeningLine { year: 2026.into(), index, decision: Some(decision), subject: Some(subject) };
        (kind, Some(line))
    }

    fn file(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder"))?;
        fs::write(path, bytes)?;
        self.count(name, Digest::of(bytes), bytes.len() as u64);
        Ok(())
    }

    fn count(&mut self, name: &str, digest: Digest, bytes: u64) {
        self.bulk.files += 1;
        self.bulk.bytes += bytes;
        self.files.insert(name.to_owned(), digest);
    }
}

struct Stream {
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

impl Stream {
    fn new(path: std::path::PathBuf) -> io::Result<Self> {
        Ok(Self {
            file: BufWriter::with_capacity(1 << 20, File::create(path)?),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    fn finish(mut self) -> io::Result<(Digest, u64)> {
        self.file.flush()?;
        Ok((Digest(self.hash.finalize().into()), self.bytes))
    }
}

/// Zips a folder in the form that the server's export has, sealed with its digest.
///
/// # Errors
/// If the folder can not be read or the zip not be written.
pub fn zip(folder: &Path, to: &Path) -> io::Result<()> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(1 << 20, File::create_new(to)?));
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for item in fs::read_dir(next)? {
            let path = item?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name =
                path.strip_prefix(folder).expect("a file below it").to_str().expect("a name").to_owned();
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(DateTime::default())
                .unix_permissions(0o644)
                .large_file(["openings.jsonl", "decisions.csv"].contains(&name.as_str()));
            zip.start_file(name, options)?;
            io::copy(&mut File::open(path)?, &mut zip)?;
        }
    }
    zip.set_comment(consent_server::export::comment_of(Digest([0; 32])))?;
    zip.finish()?.flush()?;
    let mut file = File::options().read(true).write(true).open(to)?;
    let covered = file.metadata()?.len() - consent_server::export::COMMENT_BYTES as u64;
    let mut hash = Sha256::new();
    let (mut rest, mut buffer) = ((&file).take(covered), vec![0; 1 << 20]);
    loop {
        let read = rest.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    file.seek(SeekFrom::Start(covered))?;
    file.write_all(consent_server::export::comment_of(Digest(hash.finalize().into())).as_bytes())
}
