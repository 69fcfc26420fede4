//! `consent diff OLD NEW`: who is asked again when one config takes the place of another, and why.

mod compared;
mod side;
mod text;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use self::compared::Compared;
use self::side::{Side, SideError};
use super::Outcome;
use super::archive::ArchiveArguments;
use super::notices::Format;
use crate::config::render;

/// Says who is asked again when NEW takes the place of OLD, about which categories and why, and what asks nobody.
///
/// Exits with 0 if nobody is asked again, with 1 if somebody is, and with 2 if the two can not be compared.
#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// A config file, a folder with a `consent.toml`, a notice's file (JSON), or the id of a published notice
    #[arg(value_name = "OLD", allow_hyphen_values = true)] // an id may begin with one
    older: PathBuf,
    /// What takes its place
    #[arg(value_name = "NEW", allow_hyphen_values = true)]
    newer: PathBuf,
    /// How it is written
    #[arg(long, default_value = "text")]
    format: Format,
    /// Where published notices are, for an id
    #[command(flatten)]
    archive: ArchiveArguments,
}

impl Diff {
    pub(super) fn run(self) -> Outcome {
        let [older, newer] = match [&self.older, &self.newer].map(|given| Side::open(given, &self.archive)) {
            [Ok(older), Ok(newer)] => [older, newer],
            sides => return refuse(sides),
        };
        let compared = Compared::new(&older, &newer)?;
        let mut out = io::stdout().lock();
        match self.format {
            Format::Text => {
                let names = [&self.older, &self.newer].map(|given| given.display().to_string());
                write!(out, "{}", text::of(&compared, &names))?;
            }
            Format::Json => writeln!(out, "{}", serde_json::to_string(&compared)?)?,
        }
        Ok(if compared.asks_again { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// Both sides are judged before anything is said, so that one run shows everything that is wrong.
fn refuse(sides: [Result<Side, SideError>; 2]) -> Outcome {
    let colour = io::stderr().is_terminal();
    for side in sides {
        match side {
            Ok(_) => {}
            Err(SideError::Config(findings)) => eprint!("{}", render::human(&findings, colour)),
            Err(SideError::Other(error)) => return Err(error),
        }
    }
    Err("a config with errors is not served, so it is not compared".into())
}
