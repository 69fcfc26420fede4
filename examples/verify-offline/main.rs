//! Checks an unpacked bundle without a server and without the command `consent`. See README.md.

use std::error::Error;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use consent_core::ledger::policy::Policy;
use consent_core::verify::evidence::{Evidence, Given};
use consent_core::verify::source::{BundleSource, ReadError, Stream};
use consent_core::verify::verify;
use consent_core::verify::visible::visible;

/// The folder that a bundle was unpacked to. The library itself opens no file.
struct Folder(PathBuf);

/// A file of it.
struct Reading(File);

fn unreadable(error: &dyn Error) -> ReadError {
    ReadError(error.to_string())
}

impl BundleSource for Folder {
    fn names(&self) -> Result<Vec<String>, ReadError> {
        let mut names = Vec::new();
        list(&self.0, "", &mut names).map_err(|error| unreadable(&error))?;
        Ok(names)
    }

    fn open(&self, name: &str) -> Result<Box<dyn Stream + '_>, ReadError> {
        // Names come from the bundle: one that is none of a bundle is reported, and never opened.
        let file = File::open(self.0.join(name)).map_err(|error| unreadable(&error))?;
        Ok(Box::new(Reading(file)))
    }
}

impl Stream for Reading {
    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, ReadError> {
        self.0.read(buffer).map_err(|error| unreadable(&error))
    }
}

fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), &format!("{name}/"), names)?;
        } else if kind.is_file() {
            names.push(name);
        } else {
            // A link could show one file here and another one to the next reader; a pipe has no end.
            return Err(std::io::Error::other(format!(
                "{} is neither a file nor a folder",
                entry.path().display()
            )));
        }
    }
    Ok(())
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("usage: verify-offline FOLDER [POLICY [RECEIPT]...]")?;
    let mut evidence = Evidence::default();
    if let Some(policy) = arguments.next() {
        evidence.policy = Some(Policy::parse(&fs::read(policy)?)?);
    }
    for receipt in arguments {
        evidence.receipts.push(Given { name: receipt.display().to_string(), bytes: fs::read(receipt)? });
    }
    let report = verify(&Folder(folder), &evidence, &mut |_| ());
    print!("{}", report.to_text());
    // The same for a program: what was counted, and each thing that does not hold with its code, file, entry and byte.
    for finding in &report.findings {
        eprintln!("{:?} {}", finding.code, visible(&finding.file));
    }
    Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
