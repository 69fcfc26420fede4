//! What a command costs: time, processor time, memory.
#![expect(clippy::missing_panics_doc, reason = "a helper of tests, which fail by panicking")]

use std::fs;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// What a command used until it ended.
#[derive(Clone, Debug)]
pub struct Used {
    /// How it ended.
    pub status: ExitStatus,
    /// From start to end.
    pub time: Duration,
    /// Of all its threads, in the system's own steps of 10 ms.
    pub processor: Duration,
    /// The most memory that was resident, in bytes, as last seen before it ended.
    pub memory: u64,
    /// What it printed.
    pub said: String,
}

/// Runs a command and watches it. Its output goes into a file, so that nobody waits for a reader.
#[must_use]
pub fn measure(command: &mut Command) -> Used {
    let out = tempfile::NamedTempFile::new().expect("a file for the output");
    command.stdout(out.reopen().expect("the file")).stderr(Stdio::inherit()).stdin(Stdio::null());
    let before = processor_of_children();
    let start = Instant::now();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let status_file = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        let text = fs::read_to_string(&status_file).unwrap_or_default();
        memory = memory.max(kibibytes(&text, "VmHWM:") * 1024);
        std::thread::sleep(Duration::from_millis(2));
    };
    let time = start.elapsed();
    let processor = processor_of_children() - before;
    Used { status, time, processor, memory, said: fs::read_to_string(out.path()).unwrap_or_default() }
}

/// The number after a word of `/proc/<pid>/status`.
fn kibibytes(status: &str, word: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(word));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// The processor time of all children that ended: `cutime` and `cstime` of `/proc/self/stat` (proc(5)), in ticks.
fn processor_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(") ").expect("the name is in brackets");
    let ticks: u64 =
        fields.split(' ').skip(13).take(2).map(|field| field.parse::<u64>().expect("a number")).sum();
    // The kernel counts in hundredths here on every architecture that this runs on (USER_HZ).
    Duration::from_millis(ticks * 10)
}
