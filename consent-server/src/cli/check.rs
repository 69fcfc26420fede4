//! `consent check CONFIG`: every finding, the integrity value of each script, and an exit code for scripts.
//! `consent check --explain`: what the codes of the findings mean.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use consent_core::regime::Region;

use crate::config::{self, Code, Config, Diagnostics, Elsewhere, Language, Loaded, render};
use crate::site::Sites;
use crate::store::MemoryStore;

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
    /// For code scanning ([`render::sarif`]).
    Sarif,
    /// For GitHub Actions ([`render::github`]).
    Github,
}

/// Checks the config at `path` and writes every finding to `out`, and for people the integrity value of each site's
/// script in each language. With `rendered`, what a local Chromium draws is judged too, if nothing else is wrong. The exit
/// code is 1 if a finding is an error, else 0.
///
/// # Errors
/// If `out` can not be written, or Chromium not be used.
pub fn run(path: &Path, format: Format, rendered: bool, out: &mut impl Write) -> super::Outcome {
    let (loaded, mut diagnostics) = match config::load(path) {
        Ok(Loaded { config, warnings }) => (Some(config), warnings),
        Err(diagnostics) => (None, diagnostics),
    };
    let mut drawn = None;
    if let (true, Some(config)) = (rendered, &loaded) {
        let (banners, found) = super::rendered::check(config)?;
        diagnostics.found.extend(found);
        drawn = Some(banners);
    }
    match format {
        Format::Json => writeln!(out, "{}", render::json(&diagnostics))?,
        Format::Sarif => writeln!(out, "{}", render::sarif(&diagnostics))?,
        Format::Github => write!(out, "{}", render::github(&diagnostics))?,
        Format::Human { colour } => {
            write!(out, "{}", render::human(&diagnostics, colour))?;
            if let Some(config) = &loaded {
                write!(out, "{}", integrity(config))?;
            }
            if let Some(banners) = drawn {
                writeln!(
                    out,
                    "{} drawn at 320, 768 and 1280 pixels, in light and in dark",
                    count(banners, "banner")
                )?;
            }
            writeln!(out, "{}: {}", render::clean(diagnostics.sources.name()), summary(&diagnostics))?;
        }
    }
    Ok(if diagnostics.errors() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Writes the page about the code of this name to `out`; or where a rule is judged that no code is named after.
///
/// # Errors
/// If there is neither, or `out` can not be written.
pub fn explain(name: &str, out: &mut impl Write) -> super::Outcome {
    if let Some(rule) = Elsewhere::find(name) {
        let judged = "No finding has this name. The rule is judged elsewhere:";
        writeln!(out, "# {}: {}\n\n{judged}\n{}.", rule.name, rule.title, rule.judged)?;
    } else {
        write!(out, "{}", name.parse::<Code>()?.page())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes every code with what it says to `out`, one a line.
///
/// # Errors
/// If `out` can not be written.
pub fn list(out: &mut impl Write) -> io::Result<()> {
    let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or_default();
    for code in Code::ALL {
        writeln!(out, "{:width$}  {}", code.as_str(), code.title())?;
    }
    let elsewhere: Vec<_> = Elsewhere::ALL.iter().map(|rule| rule.name).collect();
    writeln!(out, "\njudged elsewhere, as `--explain` says of each: {}", elsewhere.join(", "))?;
    writeln!(out, "`consent check --explain CODE` explains one, with a bad and a good example")
}

/// One line for each script that a server would send if it had published these notices and no others before: a script
/// also names the older notices under which a choice still holds, so one that has a history sends other bytes.
fn integrity(config: &Config) -> String {
    let mut lines = String::new();
    // Notices are made in memory here; a config that loads makes them all, and memory does not fail.
    let Ok(sites) = Sites::publish(config, &MemoryStore::default()) else { return lines };
    for site in config.sites.iter().filter_map(|site| sites.get(site.id.as_str())) {
        for language in site.config.languages().map(Language::as_str) {
            let regimes = &site.config.regimes;
            let listed = regimes.regions().filter(|region| regimes.differ() && *region != Region::UNKNOWN);
            for region in std::iter::once(Region::UNKNOWN).chain(listed) {
                let Some(banner) = site.banner(Some(language), region) else { continue };
                let value = banner.script.integrity();
                let id = &site.config.id;
                // Bytes that differ with the visitor can be pinned only where the page says for whom they are.
                let asked = if regimes.differ() { format!("?region={region}") } else { String::new() };
                lines.push_str(&format!("banner.js{asked} of {id}, {language}: integrity=\"{value}\"\n"));
            }
        }
    }
    lines.push_str(
        "integrity values change with every notice, and hold for a server that showed no other one before\n",
    );
    lines
}

pub(super) fn count(number: usize, noun: &str) -> String {
    match number {
        1 => format!("1 {noun}"),
        number => format!("{number} {noun}s"),
    }
}

fn summary(diagnostics: &Diagnostics) -> String {
    match (diagnostics.errors(), diagnostics.warnings()) {
        (0, 0) => "no problem found".to_owned(),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}
