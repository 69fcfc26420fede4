//! `consent notices`: what was ever published, and where a log first names it.

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use clap::ValueEnum;
use consent_core::bundle::csv::rfc3339;
use consent_core::notice::NoticeId;
use consent_core::verify::visible::visible;
use serde_json::json;

use super::Outcome;
use super::archive::{ArchiveArguments, Kept};

/// Lists every notice that was ever published, or shows one again. `consent diff` compares two
#[derive(Debug, clap::Args)]
pub(super) struct Notices {
    /// Write this notice byte for byte, as its address covers it; without it list all
    #[arg(value_name = "NOTICE", allow_hyphen_values = true)] // an id may begin with one
    notice: Option<NoticeId>,
    /// How the list is written
    #[arg(long, default_value = "text")]
    format: Format,
    #[command(flatten)]
    archive: ArchiveArguments,
}

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

impl Notices {
    pub(super) fn run(self) -> Outcome {
        let archive = self.archive.open()?;
        let mut out = io::stdout().lock();
        if let Some(id) = self.notice {
            out.write_all(archive.notice(id)?.bytes())?;
            // Nothing is added to what is kept in a file: its SHA-256 is the address.
            if out.is_terminal() {
                writeln!(out)?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let notices = archive.notices()?;
        match self.format {
            Format::Text => text(&notices, &mut out)?,
            Format::Json => writeln!(out, "{}", serde_json::Value::from_iter(notices.iter().map(row)))?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One line for each notice, below its site.
fn text(notices: &[Kept], out: &mut impl Write) -> io::Result<()> {
    let mut site = None;
    for Kept { notice, first } in notices {
        if site.replace(&notice.site) != Some(&notice.site) {
            writeln!(out, "site {}", notice.site)?;
        }
        let first = first.as_ref().map_or_else(
            || "in no log that is there".to_owned(),
            |first| format!("{} as entry {} of log {}", rfc3339(first.time), first.index, first.log),
        );
        let region = visible(&notice.regime.region);
        let script = notice.script.to_string().chars().take(12).collect::<String>();
        writeln!(
            out,
            "  {}  {:<8}  {region:<8}  script {script}  first published {first}",
            notice.id(),
            visible(&notice.language)
        )?;
    }
    match notices.len() {
        1 => writeln!(out, "1 notice"),
        count => writeln!(out, "{count} notices"),
    }
}

fn row(Kept { notice, first }: &Kept) -> serde_json::Value {
    let first = first.as_ref().map(|first| {
        json!({
            "index": first.index,
            "log": first.log.year.to_string(),
            "recorded_at": rfc3339(first.time),
        })
    });
    json!({
        "first_published": first,
        "language": notice.language,
        "notice_id": notice.id(),
        "regime": notice.regime,
        "script": notice.script,
        "site": notice.site,
    })
}
