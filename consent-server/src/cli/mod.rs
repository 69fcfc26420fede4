//! The command `consent`: one file a subcommand.

mod archive;
pub mod check;
mod chromium;
mod crew;
mod diff;
mod erase;
mod exhibits;
mod export;
mod import_config;
mod laid_out;
mod leaks;
mod migrate;
mod notices;
mod place;
mod progress;
mod recover;
mod reload;
mod remote;
mod rendered;
mod schema;
mod serve;
mod snapshot;
mod token;
mod verify;
mod webhooks;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use consent_core::verify::visible::visible;

/// Where the data folder is unless `--data` says otherwise.
const DATA: &str = "consent-data";

#[derive(Debug, Parser)]
#[command(
    name = "consent",
    version,
    about = "A consent platform that one person can run and anyone can check"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the sites of a config file
    Serve(serve::Serve),
    /// Check a config file; exits with 1 if it has an error
    Check(CheckArguments),
    /// Say who is asked again when one config takes the place of another, and why
    Diff(diff::Diff),
    /// List every notice that was ever published, or show one again
    Notices(notices::Notices),
    /// Keep old consent logs of another platform beside a site's logs, as files that nothing reads
    #[command(subcommand)]
    Exhibits(exhibits::Exhibits),
    /// Export a site's decisions, from a running server or from its data folder
    Export(export::Export),
    /// Turn a config of vanilla-cookieconsent 3 or Klaro into one of ours, and list what could not be carried; runs none of it
    ImportConfig(import_config::ImportConfig),
    /// Open a site in Chromium in every state of consent; exits with 1 if it keeps or asks for something before or against it
    Leaks(Box<leaks::Leaks>),
    /// Move everything from the embedded store into a PostgreSQL database; goes on where it was stopped
    Migrate(migrate::Migrate),
    /// Go on where a log can not: end it for good, and open the next one, which names the head that was signed last
    Recover(recover::Recover),
    /// Erase everything that one subject decided; the log keeps its proof
    Erase(erase::Erase),
    /// Print a JSON Schema of config files, with which editors complete them
    Schema,
    /// Make pictures of every published notice with a local Chromium, for the bundle
    Snapshot(snapshot::Snapshot),
    /// Check a bundle, offline; exits with 0 only if everything holds
    Verify(verify::Verify),
    /// How far receivers of webhooks were told, and what they are told again
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Tokens for operators and auditors
    #[command(subcommand)]
    Token(token::Token),
}

#[derive(Debug, clap::Args)]
struct CheckArguments {
    /// The config file, or a folder with a `consent.toml`
    #[arg(required_unless_present = "explain")]
    config: Option<PathBuf>,
    /// Explain a code of a finding, with examples; without CODE, list all codes
    #[arg(long, value_name = "CODE", conflicts_with_all = ["config", "format"])]
    explain: Option<Option<String>>,
    /// Draw every banner in a local Chromium and measure it
    #[arg(long, conflicts_with = "explain")]
    render: bool,
    /// How to print the findings
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Printed::Human)]
    format: Printed,
    /// The same as `--format json`
    #[arg(long, conflicts_with_all = ["explain", "format"])]
    json: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Printed {
    /// As a compiler does, with the integrity value of each script
    Human,
    /// One JSON array
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Commands of GitHub Actions, which shows them beside the lines of a change
    Github,
}

/// The command as it is read, for whoever holds what pages say to type against it.
#[must_use]
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs the command with the process's arguments.
#[must_use]
pub fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Schema => schema::run(),
        Command::Serve(serve) => serve.run(),
        Command::Check(arguments) => arguments.run(),
        Command::Diff(diff) => diff.run(),
        Command::Erase(erase) => erase.run(),
        Command::Exhibits(exhibits) => exhibits.run(),
        Command::Export(export) => export.run(),
        Command::ImportConfig(import) => import.run(),
        Command::Leaks(leaks) => leaks.run(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Notices(notices) => notices.run(),
        Command::Recover(recover) => recover.run(),
        Command::Snapshot(snapshot) => snapshot.run(),
        Command::Verify(verify) => verify.run(),
        Command::Webhooks(webhooks) => webhooks.run(),
        Command::Token(token) => token.run(),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {}", shown(&*error));
        let mut source = error.source();
        while let Some(cause) = source {
            eprintln!("  because: {}", shown(cause));
            source = cause.source();
        }
        ExitCode::from(2)
    })
}

/// An error as it can be shown on a terminal: some quote a file or a server. Their lines stay lines.
fn shown(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

/// The config that somebody named: by the file, or by the folder with a `consent.toml`.
fn config_file(given: &Path) -> PathBuf {
    if given.is_dir() { given.join("consent.toml") } else { given.to_path_buf() }
}

/// What a subcommand returns: an exit code, or an error that is printed with its causes.
type Outcome = Result<ExitCode, Box<dyn std::error::Error>>;

/// A value of an argument as it is written, which is also its word in the HTTP interface.
fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

impl CheckArguments {
    fn run(&self) -> Outcome {
        let mut out = std::io::stdout().lock();
        if let Some(config) = &self.config {
            let format = match self.format {
                _ if self.json => check::Format::Json,
                Printed::Human => check::Format::Human { colour: out.is_terminal() },
                Printed::Json => check::Format::Json,
                Printed::Sarif => check::Format::Sarif,
                Printed::Github => check::Format::Github,
            };
            return check::run(&config_file(config), format, self.render, &mut out);
        }
        match &self.explain {
            Some(Some(name)) => check::explain(name, &mut out),
            // The parser of arguments wants one of the two.
            Some(None) | None => {
                check::list(&mut out)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
