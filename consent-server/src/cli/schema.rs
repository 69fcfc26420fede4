//! `consent schema`: a JSON Schema of the config, for editors.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::config;

use super::Outcome;

/// Prints the schema.
pub(super) fn run() -> Outcome {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &config::schema())?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}
