//! The config file: one TOML file that says what the server serves and what every site tells its visitors.
//!
//! In four steps, each of which goes on after a problem so that all problems are reported at once: the TOML is parsed,
//! `section` and `draft` read values with their places, `build` makes the [`Config`], `lint` judges it by the
//! rules of the law.

mod block;
mod build;
mod code;
mod diagnostic;
mod draft;
mod duration;
mod language;
mod lint;
mod locale;
mod model;
mod nearest;
mod notice;
mod own;
mod page;
mod plural;
mod regimes;
pub mod render;
mod rendered;
mod section;
mod tags;
mod words;

use std::io::Read as _;
use std::path::Path;

use toml::de::DeTable;

pub use block::{Block, Gate, Host};
pub use code::Code;
pub use diagnostic::{Diagnostic, Diagnostics, MAX_FINDINGS, Severity};
pub use duration::{Duration, InvalidDuration, Unit};
pub use language::{InvalidLanguage, Language};
pub use locale::built_in as built_in_languages;
pub use model::{AnchorsConfig, LimitsConfig, TimestampConfig, WitnessConfig};
pub use model::{Config, Cookie, DEFAULT_CONTENT_SECURITY_POLICY, RegionSource, ServerConfig, SiteConfig};
pub use notice::OWN_COOKIE;
pub use page::UnknownCode;
pub use regimes::{Regimes, SiteRegime};
pub use rendered::{Button, Measured, Seen, judge};
pub use tags::{Compat, Google, GoogleMode, GoogleStorage, Tags, Told};

use diagnostic::Report;
use draft::Draft;

/// The largest config file, in bytes.
pub const MAX_CONFIG_BYTES: u64 = 1024 * 1024;

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

/// Reads a config file. Paths in it are relative to its folder.
///
/// # Errors
/// All findings, if at least one is an error.
pub fn load(path: &Path) -> Result<Loaded, Diagnostics> {
    let name = path.display().to_string();
    let folder = path.parent().unwrap_or(Path::new(""));
    // An empty path names no folder, although it joins like the current one.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let unreadable = |message: String, help: &str| {
        let mut report = Report::default();
        report.file_error(Code::Unreadable, message, help);
        report.into_diagnostics(&name, String::new())
    };
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_CONFIG_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| {
            unreadable(format!("can not be read: {error}"), "name a config file that is there")
        })?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_CONFIG_BYTES) {
        return Err(unreadable("larger than 1 MiB".to_owned(), "name a config file"));
    }
    match String::from_utf8(bytes) {
        Ok(text) => parse(&name, text, folder),
        Err(_) => Err(unreadable("not UTF-8".to_owned(), "save the file as UTF-8")),
    }
}

/// Reads the text of a config file that is called `name` and whose paths are relative to `folder`.
///
/// # Errors
/// All findings, if at least one is an error.
pub fn parse(name: &str, text: String, folder: &Path) -> Result<Loaded, Diagnostics> {
    let mut report = Report::default();
    let config = read(&text, folder, &mut report);
    let diagnostics = report.into_diagnostics(name, text);
    match config {
        Some(config) if diagnostics.errors() == 0 => Ok(Loaded { config, warnings: diagnostics }),
        _ => Err(diagnostics),
    }
}

fn read(text: &str, folder: &Path, report: &mut Report) -> Option<Config> {
    let (root, errors) = DeTable::parse_recoverable(text);
    // After the first fault of syntax the parser guesses: what it says next may be wrong, so it is not passed on.
    if let Some(error) = errors.into_iter().min_by_key(|error| error.span().map_or(0, |span| span.start)) {
        let help = "see https://toml.io for how TOML is written";
        report.error(Code::Syntax, error.span().unwrap_or(0..0), error.message().to_owned(), help);
        return None;
    }
    let draft = Draft::read(root.into_inner(), report);
    lint::run(&draft, report);
    build::config(&draft, folder, report)
}
