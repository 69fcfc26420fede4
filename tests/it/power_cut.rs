//! What survives a power cut, shown on the system calls of the real binary: `strace` records every write of the store's
//! data file, every `fdatasync` of it, and every answer.
//!
//! A write counts as durable when an `fdatasync` that began after it had ended has ended. Any other is as good as not
//! written: sled's own flush ends in `sync_file_range`, which promises nothing.

use std::collections::HashMap;
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
    /// A write of the data file began: offset and bytes.
    WriteBegan(usize, u64, Vec<u8>),
    /// The write with this number ended.
    WriteEnded(usize),
    /// An `fdatasync` or `fsync` of the data file began.
    SyncBegan(usize),
    /// The one with this number ended well.
    SyncEnded(usize),
    /// An answer with 2xx to this decision was on its way.
    Answered(String),
}

/// What a disk holds for sure.
#[derive(Default)]
struct Disk {
    durable: Vec<u8>,
    pending: Vec<(usize, u64, Vec<u8>, bool)>,
    /// For each sync under way, the writes that it covers.
    syncs: HashMap<usize, Vec<usize>>,
}

impl Disk {
    fn apply(&mut self, event: &Event) {
        match event {
            Event::WriteBegan(number, offset, bytes) => {
                self.pending.push((*number, *offset, bytes.clone(), false));
            }
            Event::WriteEnded(number) => {
                self.pending.iter_mut().filter(|write| write.0 == *number).for_each(|write| write.3 = true);
            }
            Event::SyncBegan(number) => {
                let covered = self.pending.iter().filter(|write| write.3).map(|write| write.0).collect();
                self.syncs.insert(*number, covered);
            }
            Event::SyncEnded(number) => {
                let covered = self.syncs.remove(number).unwrap_or_default();
                let (done, rest) = std::mem::take(&mut self.pending)
                    .into_iter()
                    .partition::<Vec<_>, _>(|write| covered.contains(&write.0));
                self.pending = rest;
                for (_, offset, bytes, _) in done {
                    let from = usize::try_from(offset).unwrap();
                    self.durable.resize(self.durable.len().max(from + bytes.len()), 0);
                    self.durable[from..from + bytes.len()].copy_from_slice(&bytes);
                }
            }
            Event::Answered(_) => {}
        }
    }
}

/// Runs the server under `strace`: 30 decisions one after the other, then 240 from eight connections at once.
fn record(folder: &Path) -> Option<Vec<Event>> {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        eprintln!("skipped: there is no strace here");
        return None;
    }
    let trace = folder.join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-xx", "-s", "4194304", "-o"]).arg(&trace).args(["-e", "signal=none", "-e"]);
    command
        .arg("trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fsync,fdatasync,ftruncate,fallocate,rename");
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
    Some(read(&fs::read_to_string(trace).unwrap()))
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
        let Some((file, arguments)) = rest.split_once('>') else { continue };
        let of_store = file.ends_with("/data/store/db") || unescape(file).ends_with("/data/store/db");
        let is_sync = match (name, of_store) {
            ("fsync" | "fdatasync", true) => {
                events.push(Event::SyncBegan(number));
                true
            }
            ("pwrite64" | "write", true) => {
                let (bytes, after) = quoted(arguments).expect("the bytes of a write");
                assert!(name == "pwrite64", "the store is written at a place that the call does not name");
                let offset = after.split(',').nth(2).expect("an offset").trim();
                let offset = offset.split([')', ' ']).next().unwrap().parse().expect("an offset");
                events.push(Event::WriteBegan(number, offset, bytes));
                false
            }
            (other, true) => panic!("{other} of the data file is not understood"),
            (_, false) => {
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
    let Some(events) = record(folder.path()) else { return };
    let mut disk = Disk::default();
    let (mut writes, mut answered) = (0, 0);
    for event in &events {
        disk.apply(event);
        match event {
            Event::WriteBegan(..) => writes += 1,
            // One at a time: whatever is written before an answer is written for it.
            Event::Answered(decision) if answered < 30 => {
                assert!(writes > 0, "decision {answered} ({decision}) was answered without a write");
                assert!(disk.pending.is_empty(), "decision {answered} was answered before its sync");
                (writes, answered) = (0, answered + 1);
            }
            _ => {}
        }
    }
    assert_eq!(answered, 30);
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Answered(_))).count(), 270);
}

#[test]
fn every_answered_decision_is_there_after_a_power_cut_at_any_time() {
    let folder = tempfile::tempdir().unwrap();
    let Some(events) = record(folder.path()) else { return };
    let store = folder.path().join("data/store");
    let files: Vec<_> = fs::read_dir(&store).unwrap().map(|file| file.unwrap().file_name()).collect();
    let first = events.iter().position(|event| matches!(event, Event::Answered(_))).expect("an answer");
    // Cuts all over the run, each time at another place; a fixed seed, so that a failure comes back.
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut lost_writes = 0;
    for _ in 0..25 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let cut =
            first + 1 + usize::try_from(random % u64::try_from(events.len() - first - 1).unwrap()).unwrap();
        let mut disk = Disk::default();
        events[..cut].iter().for_each(|event| disk.apply(event));
        lost_writes += disk.pending.len();
        let after = tempfile::tempdir().unwrap();
        for file in &files {
            let from = store.join(file);
            if from.is_file() {
                assert!(file == "conf" || file == "db", "{} is written beside the data file", from.display());
                fs::copy(&from, after.path().join(file)).unwrap();
            }
        }
        fs::write(after.path().join("db"), &disk.durable).unwrap();
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
