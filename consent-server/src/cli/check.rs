//! `consent check CONFIG`: every finding, and an exit code for scripts.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::config::{self, Diagnostics, Loaded, render};

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As a compiler shows them.
    Human {
        /// With colours; for terminals.
        colour: bool,
    },
    /// One JSON array in one line ([`render::json`]).
    Json,
}

/// Checks the config at `path` and writes every finding to `out`. The exit code is 1 if one is an error, else 0.
///
/// # Errors
/// If `out` can not be written.
pub fn run(path: &Path, format: Format, out: &mut impl Write) -> io::Result<ExitCode> {
    let (loaded, diagnostics) = match config::load(path) {
        Ok(Loaded { config, warnings }) => (Some(config), warnings),
        Err(diagnostics) => (None, diagnostics),
    };
    match format {
        Format::Json => writeln!(out, "{}", render::json(&diagnostics))?,
        Format::Human { colour } => {
            write!(out, "{}", render::human(&diagnostics, colour))?;
            writeln!(out, "{}: {}", diagnostics.file, summary(&diagnostics))?;
        }
    }
    Ok(if loaded.is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(diagnostics: &Diagnostics) -> String {
    let count = |number: usize, noun: &str| match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    };
    match (diagnostics.errors(), diagnostics.warnings()) {
        (0, 0) => "no problem found".to_owned(),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}
