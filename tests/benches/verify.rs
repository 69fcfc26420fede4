//! How fast `consent verify` is, beside `sha256sum` over the same files:
//!
//!     cargo bench -p consent-tests --bench verify [-- --quick]
//!
//! It makes a bundle of 1 000 000 entries once (20 000 with `--quick`) and keeps it in the target folder. The processor
//! time is what is compared: on a machine that does something else besides, the time until the end says little.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use consent_tests::bulk::{self, Bulk};
use consent_tests::measure::{Used, measure};

const MIB: u64 = 1024 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    if !has("--bench") {
        return Ok(());
    }
    let entries = if has("--quick") { 20_000 } else { 1_000_000 };
    let consent = consent()?;
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("verify-{entries}"));
    let (folder, zip) = (home.join("bundle"), home.join("bundle.zip"));
    let verify = |bundle: &Path, threads: Option<&str>| {
        let mut command = Command::new(&consent);
        command.arg("verify").arg(bundle);
        if let Some(threads) = threads {
            command.args(["--threads", threads]);
        }
        measure(&mut command)
    };
    // What was made by an older version may not hold any more.
    if !zip.exists() || !verify(&folder, None).status.success() {
        println!("making a bundle of {entries} entries in {}", home.display());
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        let bulk = bulk::folder(&folder, entries)?;
        fs::write(home.join("beside"), bulk.beside.to_string())?;
        bulk::zip(&folder, &zip)?;
    }
    let files = files(&folder)?;
    let bulk = Bulk {
        entries,
        files: files.len() as u64,
        bytes: files.iter().map(|file| fs::metadata(file).map(|data| data.len())).sum::<Result<_, _>>()?,
        beside: fs::read_to_string(home.join("beside"))?.parse()?,
    };
    println!(
        "{} entries, {} files, {} MiB; zip {} MiB",
        entries,
        bulk.files,
        bulk.bytes / MIB,
        fs::metadata(&zip)?.len() / MIB
    );
    let floor = permille(bulk.bytes + bulk.beside, bulk.bytes);
    println!(
        "SHA-256 of the files is {} MiB; leaves, nodes and commitments are {} MiB more: {floor} times the files\n",
        bulk.bytes / MIB,
        bulk.beside / MIB
    );
    println!(
        "{:34} {:>9} {:>9} {:>11} {:>8} {:>12}",
        "", "time", "processor", "entries/s", "memory", "of sha256sum"
    );
    let sum = sums(Command::new("sha256sum"), &files);
    line("sha256sum", entries, &sum, &sum);
    if Command::new("openssl").arg("version").output().is_ok() {
        let mut openssl = Command::new("openssl");
        openssl.args(["dgst", "-sha256"]);
        line("openssl dgst -sha256", entries, &sums(openssl, &files), &sum);
    }
    for (name, bundle, threads) in [
        ("consent verify FOLDER --threads 1", &folder, Some("1")),
        ("consent verify FOLDER, all cores", &folder, None),
        ("consent verify ZIP --threads 1", &zip, Some("1")),
        ("consent verify ZIP, all cores", &zip, None),
    ] {
        let used = verify(bundle, threads);
        if !used.status.success() {
            return Err(format!("{name}: {}", used.said).into());
        }
        line(name, entries, &used, &sum);
    }
    Ok(())
}

/// All files at once, as one process.
fn sums(mut command: Command, files: &[PathBuf]) -> Used {
    measure(command.args(files))
}

fn line(name: &str, entries: u64, used: &Used, sum: &Used) {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let seconds = |time: Duration| format!("{}.{:02} s", time.as_secs(), time.subsec_millis() / 10);
    let rate = entries * 1000 / millis(used.time).max(1);
    let ratio = permille(millis(used.processor), millis(sum.processor).max(1));
    let (time, processor) = (seconds(used.time), seconds(used.processor));
    println!("{name:34} {time:>9} {processor:>9} {rate:>11} {:>4} MiB {ratio:>12}", used.memory / MIB);
}

/// A quotient with two decimals.
fn permille(a: u64, b: u64) -> String {
    let hundredths = a * 100 / b;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder)? {
        let path = item?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The optimised program: the one that `CONSENT_BIN` names, or else built now.
fn consent() -> Result<PathBuf, Box<dyn Error>> {
    if let Some(binary) = std::env::var_os("CONSENT_BIN") {
        return Ok(binary.into());
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--package",
            "consent-server",
            "--bin",
            "consent",
        ])
        .status()?;
    if !built.success() {
        return Err("the program could not be built".into());
    }
    let bench = std::env::current_exe()?;
    let folder = bench.parent().and_then(Path::parent).ok_or("target/release/deps")?;
    Ok(folder.join("consent"))
}
