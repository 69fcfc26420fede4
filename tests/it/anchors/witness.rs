//! Two witnesses: one that others wrote, and a small one for the quick loop, which keeps the same rules.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consent_core::digest::Digest;
use consent_core::ledger::checkpoint::SignedCheckpoint;
use consent_core::ledger::cosignature::{WitnessKey, signed_text};
use consent_core::ledger::key::{SigningKey, VerifierKey};
use consent_core::ledger::proof::verify_consistency;
use consent_server::clock::{Clock as _, SystemClock};

use super::others::{Other, Said};

/// Keys of a witness of tests.
pub(super) fn keys(seed: u8) -> (SigningKey, WitnessKey) {
    let name = format!("witness.example/{seed}");
    let key = SigningKey::from_seed(&name, &[seed; 32]).unwrap();
    let public = WitnessKey::new(&name, &key.verifier().public()).unwrap();
    (key, public)
}

/// A line that cosigns, under the name of the witness `named` and with the key of the witness `seed`.
pub(super) fn cosign(text: &str, named: u8, seed: u8) -> Vec<u8> {
    let (key, _) = keys(seed);
    let (_, public) = keys(named);
    let time = SystemClock.unix_seconds();
    let mut bytes = public.id().0.to_vec();
    bytes.extend(time.to_be_bytes());
    bytes.extend(key.sign(signed_text(text, time).as_bytes()));
    format!("\u{2014} {} {}\n", public.name(), STANDARD.encode(bytes)).into_bytes()
}

/// A witness that keeps the rules of C2SP tlog-witness: it cosigns what continues what it saw, and says 409 otherwise.
pub(super) fn honest(seed: u8, log: VerifierKey, first_seen: u64) -> Other {
    let seen = Mutex::new((first_seen, None::<Digest>));
    Other::new(move |path, body| {
        if path != "/add-checkpoint" {
            return Some((404, "text/plain", Vec::new()));
        }
        Some(add_checkpoint(&seen, seed, &log, &body).unwrap_or((400, "text/plain", Vec::new())))
    })
}

fn add_checkpoint(
    seen: &Mutex<(u64, Option<Digest>)>,
    seed: u8,
    log: &VerifierKey,
    body: &[u8],
) -> Option<(u16, &'static str, Vec<u8>)> {
    let text = std::str::from_utf8(body).ok()?;
    let (head, checkpoint) = text.split_once("\n\n")?;
    let mut lines = head.lines();
    let old: u64 = lines.next()?.strip_prefix("old ")?.parse().ok()?;
    let hash = |line: &str| STANDARD.decode(line).ok()?.try_into().ok().map(Digest);
    let proof: Vec<Digest> = lines.map(hash).collect::<Option<_>>()?;
    let Ok(signed) = SignedCheckpoint::open(checkpoint.as_bytes(), std::slice::from_ref(log)) else {
        return Some((403, "text/plain", Vec::new()));
    };
    let mut seen = seen.lock().unwrap();
    if old != seen.0 {
        return Some((409, "text/x.tlog.size", format!("{}\n", seen.0).into_bytes()));
    }
    let new = signed.checkpoint();
    let holds = match seen.1 {
        None if old == 0 => proof.is_empty(),
        None => false,
        Some(root) => verify_consistency(old, root, new.size, new.root, &proof).is_ok(),
    };
    if !holds {
        return Some((422, "text/plain", Vec::new()));
    }
    *seen = (new.size, Some(new.root));
    Some((200, "text/plain", cosign(&new.to_string(), seed, seed)))
}

/// A witness that never answers, or answers this.
pub(super) fn dishonest(say: impl Fn(&str) -> Said + Send + Sync + 'static) -> Other {
    Other::new(move |_, body| {
        let text = String::from_utf8_lossy(&body).into_owned();
        let checkpoint = text.split_once("\n\n").map_or("", |(_, note)| note);
        let text = checkpoint.split_once("\n\n").map_or("", |(text, _)| text);
        say(&format!("{text}\n"))
    })
}

/// The witness `aics-witness` of PyPI, as a process of its own.
pub(super) struct Foreign {
    child: Child,
    pub(super) address: String,
    pub(super) vkey: String,
    folder: PathBuf,
}

impl Foreign {
    /// Starts it, trusting this log.
    pub(super) fn start(folder: &Path, log: &VerifierKey) -> Self {
        let folder = folder.join("witness");
        std::fs::create_dir(&folder).unwrap();
        let init = run(&folder, &["init", "--name", "witness.example/foreign"]);
        let vkey = init.split_whitespace().find(|word| word.starts_with("witness.example/foreign+"));
        let vkey = vkey.unwrap_or_else(|| panic!("no vkey: {init}")).to_owned();
        run(&folder, &["add-log", "--origin", log.name(), "--vkey", &log.to_string()]);
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let at = format!("127.0.0.1:{port}");
        let child = command(&folder).args(["serve", "--listen", &at]).stdout(Stdio::null()).spawn().unwrap();
        let witness = Self { child, address: format!("http://{at}"), vkey, folder };
        let begun = Instant::now();
        while std::net::TcpStream::connect(&at).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the witness does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        witness
    }

    /// What it says that it has seen.
    pub(super) fn status(&self) -> String {
        run(&self.folder, &["status"])
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new("python3");
    command.args(["-B", "-m", "aics_witness"]).current_dir(folder);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    let output = command(folder).args(arguments).output().unwrap();
    let mut said = String::new();
    for part in [&output.stdout, &output.stderr] {
        let _ = write!(said, "{}", String::from_utf8_lossy(part));
    }
    assert!(output.status.success(), "aics_witness {arguments:?}: {said}");
    said
}
