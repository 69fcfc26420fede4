//! `consent exhibits`: what another platform wrote down, kept as it came.

use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use consent_core::bundle::csv::rfc3339;
use consent_core::digest::Digest;
use consent_core::notice::SiteId;
use consent_core::verify::visible::visible;

use crate::clock::{Clock as _, SystemClock};
use crate::exhibits::{self, Provenance};
use crate::store::Store;

use super::place::StoreArguments;
use super::{DATA, Outcome, word};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Exhibits {
    /// Take in a CSV as it is. Nobody can prove what stands in it, so nothing reads it
    Add {
        /// The file
        file: PathBuf,
        /// Who wrote it
        #[arg(long)]
        platform: Platform,
        #[command(flatten)]
        of: Site,
    },
    /// List what was taken in
    List {
        #[command(flatten)]
        of: Site,
    },
    /// Remove one, as when a person in it asks for erasure; bundles that were exported keep theirs
    Remove {
        /// Its SHA-256, as `list` shows it
        #[arg(allow_hyphen_values = true)] // it may begin with one
        sha256: Digest,
        #[command(flatten)]
        of: Site,
    },
}

/// Where exhibits are kept.
#[derive(Debug, clap::Args)]
pub(super) struct Site {
    /// The site
    #[arg(long, value_name = "ID")]
    site: SiteId,
    /// The data folder of a server that is not running; a database can be one that servers use
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
}

/// Platforms that write such files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Platform {
    /// Cookiebot's consent log
    Cookiebot,
    /// Usercentrics' export
    Usercentrics,
    /// Another one's
    Other,
}

impl Site {
    fn open(&self) -> Result<Box<dyn Store>, Box<dyn std::error::Error>> {
        let store = self.store.open(&self.data).map_err(|error| {
            format!("{error} (no server can be asked for exhibits: stop it for as long as it takes, or use its database)")
        })?;
        if store.logs()?.iter().all(|(log, _)| log.site != self.site) {
            return Err(format!("site {} has no log", self.site).into());
        }
        Ok(store)
    }
}

impl Exhibits {
    pub(super) fn run(self) -> Outcome {
        match self {
            Self::Add { file, platform, of } => {
                let store = of.open()?;
                let at = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
                let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let added_at = u64::try_from(SystemClock.now().unix_timestamp())?;
                let from = Provenance { name, platform: word(&platform), added_at };
                let mut open = File::open(&file).map_err(|error| at(&error))?;
                let (digest, exhibit) =
                    exhibits::take_in(&*store, &of.site, &mut open, from).map_err(|error| at(&error))?;
                println!("{digest}");
                println!(
                    "{} rows of {} columns: {}",
                    exhibit.rows,
                    exhibit.columns.len(),
                    shown(&exhibit.columns)
                );
                if exhibit.added_at != added_at {
                    println!("It was taken in before, at {}.", rfc3339(exhibit.added_at));
                }
            }
            Self::List { of } => {
                let store = of.open()?;
                for digest in exhibits::incomplete(&*store, &of.site)? {
                    println!("{digest}  incomplete: take it in again, or remove it");
                }
                for (digest, exhibit) in exhibits::all(&*store, &of.site)? {
                    let (name, platform) = (visible(&exhibit.name), visible(&exhibit.platform));
                    let at = rfc3339(exhibit.added_at);
                    println!(
                        "{digest}  {at}  {platform}  {} rows  {} bytes  {name}",
                        exhibit.rows, exhibit.bytes
                    );
                }
            }
            Self::Remove { sha256, of } => {
                if !exhibits::remove(&*of.open()?, &of.site, sha256)? {
                    return Err(format!(
                        "site {} has no exhibit {sha256}; `consent exhibits list` shows all",
                        of.site
                    )
                    .into());
                }
                println!("removed");
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(columns: &[String]) -> String {
    columns.iter().map(|column| visible(column)).collect::<Vec<_>>().join(", ")
}
