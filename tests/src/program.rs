//! The program `consent` as it is built from this tree.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The folder of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// The config of the reference site.
#[must_use]
pub fn newsroom() -> PathBuf {
    repository().join("examples/newsroom/consent.toml")
}

/// Whether the long tests are asked for: `CONSENT_FULL` is set.
#[must_use]
pub fn is_full_run() -> bool {
    std::env::var_os("CONSENT_FULL").is_some_and(|value| !value.is_empty() && value != "0")
}

/// A command of the program that `CONSENT_BIN` names. Without it the program is built first, so that no test ever runs
/// against an old one.
///
/// # Errors
/// If it can not be built.
pub fn consent() -> io::Result<Command> {
    static PROGRAM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| match std::env::var_os("CONSENT_BIN") {
        Some(path) => Ok(path.into()),
        None => build().map_err(|error| error.to_string()),
    });
    let program = program.as_ref().map_err(|error| io::Error::other(error.clone()))?;
    let mut command = Command::new(program);
    command.current_dir(repository()).stdin(Stdio::null());
    Ok(command)
}

fn build() -> io::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--locked", "-p", "consent-server", "--bin", "consent"])
        .current_dir(repository())
        .status()?;
    if !status.success() {
        return Err(io::Error::other("the program can not be built"));
    }
    // This test is target/debug/deps/it-0123456789abcdef.
    let test = std::env::current_exe()?;
    let folder = test.ancestors().nth(2).ok_or_else(|| io::Error::other("no target folder"))?;
    Ok(folder.join("consent"))
}
