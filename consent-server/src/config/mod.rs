//! The config: TOML that says what the server serves and what every site tells its visitors, in one file or in several.
//!
//! In steps, each of which goes on after a problem so that all problems are reported at once: `files` finds the files that the
//! first one lists, and the TOML is parsed; `section` and `draft` read values with their places, `inherit` what sites take over
//! from others; `build` makes the [`Config`], `lint` judges it by the rules of the law.

mod asked;
mod block;
mod build;
mod code;
mod declared;
mod diagnostic;
mod draft;
mod duration;
mod elsewhere;
mod files;
mod findings;
mod held;
mod inherit;
mod language;
mod lint;
mod locale;
mod model;
mod nearest;
mod notice;
mod openid;
mod over;
mod own;
mod page;
mod plural;
mod reference;
mod regimes;
pub mod render;
mod rendered;
mod schema;
mod secret;
mod section;
mod shift;
mod sources;
mod survey;
mod tags;
mod webhook;
mod words;

use std::path::Path;

use toml::de::DeTable;

pub use block::{Block, Gate, Host};
pub(crate) use build::is_on_this_machine;
pub use code::Code;
pub use declared::DeclarationWords;
pub use diagnostic::{Diagnostic, Diagnostics, MAX_FINDINGS, Severity};
pub use duration::{Duration, InvalidDuration, Unit};
pub use elsewhere::Elsewhere;
pub use findings::Findings;
pub use held::Held;
pub use language::{InvalidLanguage, Language};
pub(crate) use lint::trackers;
pub use locale::built_in as built_in_languages;
pub use model::{AnchorsConfig, LimitsConfig, TimestampConfig, WitnessConfig};
pub use model::{Config, Cookie, DEFAULT_CONTENT_SECURITY_POLICY, RegionSource, ServerConfig, SiteConfig};
pub use notice::OWN_COOKIE;
pub use openid::{ClientSecret, OpenIdConfig, OpenIdGrant};
pub(crate) use own::is_at_or_below;
pub use page::UnknownCode;
pub use reference::REFERENCE;
pub use regimes::{Regimes, SiteRegime};
pub use rendered::{Button, Link, Measured, Second, Seen, Switch, judge, judge_beside};
pub use schema::schema;
pub use sources::{Place, Sources};
pub use tags::{Compat, Google, GoogleMode, GoogleStorage, Tags, Told};
pub use webhook::{InvalidWebhookSecret, WebhookConfig, WebhookEvents, WebhookSecret};

use diagnostic::Report;
use draft::Draft;

/// The largest config file, in bytes.
pub const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

/// The most that all files of a config may have together, in bytes.
const MAX_ALL_BYTES: usize = 16 * 1024 * 1024;

/// The most files that a config can list.
const MAX_FILES: usize = 1000;

/// The most bases that a site can take over from, one through the other.
const MAX_BASES_DEEP: usize = 8;

/// The most bases.
const MAX_BASES: usize = 1000;

/// The most sites.
const MAX_SITES: usize = 10_000;

/// The most values that all sites together can take over: a few hundred bytes of memory each.
const MAX_TAKEN_OVER: usize = 1_000_000;

/// Days for which a choice holds if the config does not say: six months, as the Garante and the CNIL recommend.
pub const DEFAULT_ASK_AGAIN_AFTER: u32 = 180;

/// The longest that a choice may hold, in days: 24 months (AEPD, Guía sobre el uso de las cookies, 3.2.8).
pub const MAX_ASK_AGAIN_AFTER: u32 = 730;

/// Days for which a proof is kept by default after its choice has expired: three years.
///
/// While a choice holds, the controller has to be able to demonstrate it (GDPR art. 7(1)). After that, the proof is of
/// use only while the processing that rested on it can still be sanctioned; three years is the limitation period of the
/// gravest infringements in Spain (Ley Orgánica 3/2018, art. 72). Anything longer has no such reason (art. 5(1)(e)).
pub const RETENTION_AFTER_EXPIRY: u32 = 3 * 365;

/// The language of a site that names none.
const DEFAULT_LANGUAGE: &str = "en";

/// A config that can be served, and what should still be looked at.
#[derive(Debug)]
pub struct Loaded {
    /// The config.
    pub config: Config,
    /// Findings of which none is an error.
    pub warnings: Diagnostics,
}

/// Reads a config file and those that it lists. Paths in a file are counted from the folder of that file.
///
/// # Errors
/// All findings, if at least one is an error.
pub fn load(path: &Path) -> Result<Loaded, Diagnostics> {
    let (sources, report) = gathered(path);
    finish(sources, report)
}

/// The files of the config at `path`, as far as they can be found and read.
fn gathered(path: &Path) -> (Sources, Report) {
    let mut report = Report::default();
    let name = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new(""));
    // An empty path names no folder, although it joins like the current one.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let sources = match files::text(path) {
        Ok(text) => {
            let mut sources = Sources::new(&name, text, folder);
            files::gather(&mut sources, &mut report);
            sources
        }
        Err((message, help)) => {
            report.file_error(Code::Unreadable, message, help);
            Sources::new(&name, String::new(), folder)
        }
    };
    (sources, report)
}

/// Reads the text of a config file that is called `name` and lies in `folder`, and the files that it lists.
///
/// # Errors
/// All findings, if at least one is an error.
pub fn parse(name: &str, text: String, folder: &Path) -> Result<Loaded, Diagnostics> {
    let mut report = Report::default();
    let mut sources = Sources::new(name, text, folder);
    files::gather(&mut sources, &mut report);
    finish(sources, report)
}

/// Reads a config that somebody tries and nobody serves: it has to do with what stands in `text`, and nothing else is read of
/// this machine.
///
/// # Errors
/// All findings, if at least one is an error.
pub fn parse_alone(name: &str, text: String) -> Result<Loaded, Diagnostics> {
    let mut report = Report::closed();
    if u64::try_from(text.len()).is_ok_and(|length| length > MAX_CONFIG_BYTES) {
        report.file_error(Code::Unreadable, "larger than 1 MiB".to_owned(), "take a part of it");
    } else if DeTable::parse_recoverable(&text).0.get_ref().contains_key("files") {
        report.file_error(Code::Files, diagnostic::NAMES_FILE.to_owned(), diagnostic::LEAVE_OUT);
    }
    finish(Sources::new(name, text, Path::new("")), report)
}

fn finish(sources: Sources, mut report: Report) -> Result<Loaded, Diagnostics> {
    let texts = held::texts(&sources, report.found());
    // Without a file that is listed nothing true can be said of the sites.
    let read = if report.has_error() { None } else { read(&sources, &mut report) };
    let sources = sources.with_held(Held::new(texts, report.take_beside()));
    let diagnostics = report.into_diagnostics(sources);
    match read {
        Some((mut config, starts)) if diagnostics.errors() == 0 => {
            config.findings = Findings::of(&diagnostics, &starts, &config.sites);
            Ok(Loaded { config, warnings: diagnostics })
        }
        _ => Err(diagnostics),
    }
}

/// The config, and where each of its sites begins.
fn read(sources: &Sources, report: &mut Report) -> Option<(Config, Vec<usize>)> {
    let root = tables(0, sources.text(), report);
    let others: Vec<_> = sources.others().map(|(start, text)| tables(start, text, report)).collect();
    let (root, others) = (root?, others.into_iter().collect::<Option<Vec<_>>>()?);
    for table in std::iter::once(&root).chain(&others) {
        secret::refuse(table, report);
    }
    // What else could be said might repeat the secret.
    if report.has_error() {
        return None;
    }
    let draft = Draft::read(root, others, report)?;
    lint::run(&draft, report);
    let starts = draft.sites.iter().map(|site| site.span.start).collect();
    Some((build::config(&draft, sources, report)?, starts))
}

/// The tables of the file whose places begin at `start`.
fn tables<'i>(start: usize, text: &'i str, report: &mut Report) -> Option<DeTable<'i>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    // After the first fault of syntax the parser guesses: what it says next may be wrong, so it is not passed on.
    if let Some(error) = errors.into_iter().min_by_key(|error| error.span().map_or(0, |span| span.start)) {
        let span = shift::span(error.span().unwrap_or(0..0), start);
        let help = "see https://toml.io for how TOML is written";
        report.error(Code::Syntax, span, error.message().to_owned(), help);
        return None;
    }
    let root = root.into_inner();
    Some(if start == 0 { root } else { shift::table(root, start) })
}
