//! What survives a power cut, shown on the system calls of the real binary: `strace` records every write of the store's
//! files, every `fdatasync` of one, and every answer.
//!
//! A write counts as durable when an `fdatasync` that began after it had ended has ended. Any other is as good as not
//! written, or written in part: both are tried. That names of files are synced too is shown in the store's own tests.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use consent_core::ledger::hash::{leaf_hash, root_of};
use consent_server::store::{EmbeddedStore, Store as _};
use consent_tests::client::{Client, fresh_decision_id, parse_id};
use consent_tests::process::{Server, binary};

/// One thing that the process did, in the order in which it did it.
#[derive(Debug)]
enum Event {
    /// A write of a file began: its name, offset and bytes.
    WriteBegan(usize, String, u64, Vec<u8>),
    /// The write with this number ended.
    WriteEnded(usize),
    /// An `fdatasync` or `fsync` of a file began.
    SyncBegan(usize, String),
    /// The one with this number ended well.
    SyncEnded(usize),
    /// A file got the name of another.
    Renamed(String, String),
    /// An answer with 2xx to this decision was on its way.
    Answered(String),
}

/// A write that is not durable: which, where, what, and whether it has ended.
type Pending = (usize, u64, Vec<u8>, bool);

/// What a disk holds for sure, by name of the file.
#[derive(Default)]
struct Disk {
    durable: BTreeMap<String, Vec<u8>>,
    pending: BTreeMap<String, Vec<Pending>>,
    /// For each sync under way, the file and the writes that it covers.
    syncs: HashMap<usize, (String, Vec<usize>)>,
}

fn write(to: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let from = usize::try_from(offset).unwrap();
    to.resize(to.len().max(from + bytes.len()), 0);
    to[from..from + bytes.len()].copy_from_slice(bytes);
}

impl Disk {
    /// The disk as it was before anything was recorded.
    fn of(folder: &Path) -> Self {
        let mut disk = Self::default();
        disk.add(folder, "");
        disk
    }

    fn add(&mut self, folder: &Path, below: &str) {
        for item in fs::read_dir(folder).unwrap() {
            let path = item.unwrap().path();
            let name = format!("{below}/{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                self.add(&path, &name);
            } else {
                self.durable.insert(name, fs::read(path).unwrap());
            }
        }
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::WriteBegan(number, file, offset, bytes) => {
                self.pending.entry(file.clone()).or_default().push((*number, *offset, bytes.clone(), false));
            }
            Event::WriteEnded(number) => {
                let all = self.pending.values_mut().flatten();
                all.filter(|write| write.0 == *number).for_each(|write| write.3 = true);
            }
            Event::SyncBegan(number, file) => {
                let pending = self.pending.get(file).into_iter().flatten();
                let covered = pending.filter(|write| write.3).map(|write| write.0).collect();
                self.syncs.insert(*number, (file.clone(), covered));
            }
            Event::SyncEnded(number) => {
                let Some((file, covered)) = self.syncs.remove(number) else { return };
                let pending = self.pending.remove(&file).unwrap_or_default();
                let (done, rest): (Vec<_>, Vec<_>) =
                    pending.into_iter().partition(|write| covered.contains(&write.0));
                // What is synced may be a folder, which holds no bytes of its own.
                for (_, offset, bytes, _) in done {
                    write(self.durable.entry(file.clone()).or_default(), offset, &bytes);
                }
                self.pending.insert(file, rest);
            }
            Event::Renamed(from, to) => {
                let durable = self.durable.remove(from).unwrap_or_default();
                self.durable.insert(to.clone(), durable);
                self.pending.remove(from);
            }
            Event::Answered(_) => {}
        }
    }

    /// Whether the write with this number is durable.
    fn is_durable(&self, number: usize) -> bool {
        !self.pending.values().flatten().any(|write| write.0 == number)
    }

    /// Writes what is left after a power cut into a folder; every sector that was not synced is there if `lucky` says so.
    fn leave(mut self, folder: &Path, mut lucky: impl FnMut() -> bool) {
        for (file, writes) in std::mem::take(&mut self.pending) {
            for (_, offset, bytes, _) in writes {
                for (number, sector) in (0..).zip(bytes.chunks(512)) {
                    if lucky() {
                        write(self.durable.entry(file.clone()).or_default(), offset + number * 512, sector);
                    }
                }
            }
        }
        for (file, bytes) in self.durable {
            let path = folder.join(file.trim_start_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

fn is_journal(file: &str) -> bool {
    file.starts_with("/journal-")
}

/// The disk before, and what happened.
struct Recording {
    before: std::path::PathBuf,
    events: Vec<Event>,
}

/// Runs the server under `strace`: 30 decisions one after the other, then 240 from eight connections at once.
fn record(folder: &Path) -> Option<Recording> {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no strace here");
        return None;
    }
    // Made before, as filling a journal with zeros makes a long trace.
    let first = Server::start(folder);
    assert!(!Client::new(&first.address).notice_id().is_empty());
    assert!(first.stop().success());
    let before = folder.join("before");
    assert!(
        Command::new("cp").arg("-r").arg(folder.join("data/store")).arg(&before).status().unwrap().success()
    );
    let trace = folder.join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-xx", "-s", "4194304", "-o"]).arg(&trace).args(["-e", "signal=none", "-e"]);
    command
        .arg("trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync,ftruncate,fallocate,rename,unlink");
    command.arg(binary());
    let server = Server::start_under(command, folder);
    let client = Client::new(&server.address);
    let notice = client.notice_id();
    for _ in 0..30 {
        client.decide(&fresh_decision_id(), &notice).expect("an answer");
    }
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let client = Client::new(&server.address);
                for _ in 0..30 {
                    client.decide(&fresh_decision_id(), &notice).expect("an answer");
                }
            });
        }
    });
    drop(server);
    Some(Recording { before, events: read(&fs::read_to_string(trace).unwrap()) })
}

/// The name of a file of the store, from its folder on.
fn of_store(path: &str) -> Option<String> {
    let path = if path.contains("\\x") { unescape(path) } else { path.to_owned() };
    path.split_once("/data/store").map(|(_, name)| name.to_owned()).filter(|name| name.starts_with('/'))
}

/// Reads what `strace -f -y -xx` writes.
fn read(trace: &str) -> Vec<Event> {
    let mut events = Vec::new();
    // What each thread has begun: is it a sync, and its number.
    let mut begun: HashMap<&str, (bool, usize)> = HashMap::new();
    for (number, line) in trace.lines().enumerate() {
        let Some((pid, call)) = line.trim_start().split_once(' ') else { continue };
        let call = call.trim_start();
        if let Some(rest) = call.strip_prefix("<... ") {
            if let Some((is_sync, number)) = begun.remove(pid) {
                finish(&mut events, is_sync, number, rest);
            }
            continue;
        }
        let Some((name, rest)) = call.split_once('(') else { continue };
        if name == "rename" {
            let (from, rest) = quoted(rest).expect("a name");
            let (to, rest) = quoted(rest).expect("another name");
            let names = [from, to].map(|name| of_store(&String::from_utf8(name).expect("a path")));
            if let [Some(from), Some(to)] = names {
                assert!(rest.contains("= 0") || rest.contains("unfinished"), "a rename failed: {rest}");
                events.push(Event::Renamed(from, to));
            }
            continue;
        }
        let Some((file, arguments)) = rest.split_once('>') else { continue };
        let file = file.split_once('<').and_then(|(_, path)| of_store(path));
        let is_sync = match (name, file) {
            ("fsync" | "fdatasync", Some(file)) => {
                events.push(Event::SyncBegan(number, file));
                true
            }
            ("pwrite64" | "write", Some(file)) => {
                let (bytes, after) = quoted(arguments).expect("the bytes of a write");
                assert!(name == "pwrite64", "the store is written at a place that the call does not name");
                let offset = after.split(',').nth(2).expect("an offset").trim();
                let offset = offset.split([')', ' ']).next().unwrap().parse().expect("an offset");
                events.push(Event::WriteBegan(number, file, offset, bytes));
                false
            }
            (other, Some(file)) => panic!("{other} of {file} is not understood"),
            (_, None) => {
                if matches!(name, "write" | "writev" | "sendto" | "sendmsg") {
                    answers(arguments, &mut events);
                }
                continue;
            }
        };
        if arguments.ends_with("<unfinished ...>") {
            begun.insert(pid, (is_sync, number));
        } else {
            finish(&mut events, is_sync, number, arguments);
        }
    }
    events
}

fn finish(events: &mut Vec<Event>, is_sync: bool, number: usize, line: &str) {
    let result = line.rsplit_once("= ").map_or("", |(_, result)| result.trim());
    // The process was ended in the middle of the call.
    if result == "?" {
        return;
    }
    if is_sync {
        assert_eq!(result, "0", "a sync failed");
        events.push(Event::SyncEnded(number));
    } else {
        assert!(result.parse::<u64>().is_ok_and(|written| written > 0), "a write failed: {result}");
        events.push(Event::WriteEnded(number));
    }
}

/// Finds answers with 2xx to a decision in what is written to a socket.
fn answers(mut arguments: &str, events: &mut Vec<Event>) {
    let mut sent = Vec::new();
    while let Some((bytes, rest)) = quoted(arguments) {
        sent.extend(bytes);
        arguments = rest;
    }
    let sent = String::from_utf8_lossy(&sent);
    if sent.starts_with("HTTP/1.1 20")
        && let Some((_, rest)) = sent.split_once("\"decision_id\":\"")
    {
        events.push(Event::Answered(rest[..36].to_owned()));
    }
}

/// The first string in double quotes, and what comes after it.
fn quoted(text: &str) -> Option<(Vec<u8>, &str)> {
    let (_, text) = text.split_once('"')?;
    let (string, rest) = text.split_once('"')?;
    assert!(!rest.starts_with("..."), "strace cut a string short");
    let bytes = string.split("\\x").skip(1).map(|digits| u8::from_str_radix(digits, 16).expect("hex digits"));
    Some((bytes.collect(), rest))
}

/// A path as `-xx` prints it.
fn unescape(path: &str) -> String {
    let bytes = path.split("\\x").skip(1).filter_map(|digits| u8::from_str_radix(digits.get(..2)?, 16).ok());
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}

#[test]
fn an_answer_comes_after_the_sync_of_what_it_answers_for() {
    let folder = tempfile::tempdir().unwrap();
    let Some(Recording { events, before }) = record(folder.path()) else { return };
    let mut disk = Disk::of(&before);
    let (mut records, mut answered) = (Vec::new(), 0);
    for event in &events {
        disk.apply(event);
        match event {
            Event::WriteBegan(number, file, _, bytes) if is_journal(file) => records.push((*number, bytes)),
            Event::Answered(decision) => {
                // A record holds what is behind a commitment, and so the decision's own name. Records of other batches
                // may be on their way.
                let of_it =
                    |bytes: &[u8]| bytes.windows(decision.len()).any(|part| part == decision.as_bytes());
                let record = records.iter().find(|(_, bytes)| of_it(bytes));
                let Some((number, _)) = record else { panic!("{decision} was answered without a write") };
                assert!(disk.is_durable(*number), "{decision} was answered before its sync");
                answered += 1;
            }
            _ => {}
        }
    }
    assert_eq!(answered, 270);
}

#[test]
fn every_answered_decision_is_there_after_a_power_cut_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let Some(Recording { events, before }) = record(folder.path()) else { return };
    let first = events.iter().position(|event| matches!(event, Event::Answered(_))).expect("an answer");
    // Cuts all over the run, each time at another place; a fixed seed, so that a failure comes back.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut lost_writes = 0;
    for round in 0..25 {
        let cut =
            first + 1 + usize::try_from(next() % u64::try_from(events.len() - first - 1).unwrap()).unwrap();
        let mut disk = Disk::of(&before);
        events[..cut].iter().for_each(|event| disk.apply(event));
        lost_writes += disk.pending.values().flatten().count();
        let after = tempfile::tempdir().unwrap();
        // In every other round what was not synced is gone; in the rest half of its sectors are.
        disk.leave(after.path(), || round % 2 == 1 && next().is_multiple_of(2));
        let store = EmbeddedStore::open(after.path()).unwrap();
        let site = "newsroom".parse().unwrap();
        for event in &events[..cut] {
            if let Event::Answered(decision) = event {
                let found = store.find_decision(&site, parse_id(decision)).unwrap();
                assert!(found.is_some(), "cut at {cut}: {decision} was answered and is lost");
            }
        }
        for (log, head) in store.logs().unwrap() {
            let entries = store.entries(&log, 0..head.size).unwrap();
            let leaves: Vec<_> = entries.iter().map(|entry| leaf_hash(entry)).collect();
            assert_eq!(root_of(&leaves), head.root, "cut at {cut}: {log}");
        }
    }
    assert!(lost_writes > 0, "no cut fell between a write and its sync: nothing was shown");
}
