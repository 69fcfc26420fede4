//! `consent leaks URL --config CONFIG`: whether a site keeps to what its visitors say, as a browser sees it.

mod address;
mod crawl;
mod database;
mod devtools;
mod html;
mod judge;
mod log;
mod report;
mod sarif;
mod seen;
mod suggest;
mod timeline;
mod tour;
mod visit;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use consent_core::notice::SiteId;
use consent_core::regime::Region;

use self::crawl::{MAX_PAGES, Pages};
use self::database::Database;
use self::devtools::Browser;
use self::judge::Rules;
use self::report::Report;
use self::tour::Tour;
use super::Outcome;
use super::chromium::Chromium;
use crate::clock::{Clock as _, SystemClock};
use crate::config::{self, Config, Language, SiteConfig, render};
use crate::site::Sites;
use crate::store::MemoryStore;

/// Opens pages of a site in a local Chromium as visitors do: not asked yet, with Global Privacy Control, after a refusal, after
/// consent, and after that was withdrawn. Lists every cookie, storage key, database, cache, worker and third-party request of each state, and tells which of
/// them should not have been.
///
/// Exits with 0 if nothing was there before or against consent, with 1 if something was, or a state could not be reached, and with 2
/// if there is no config, no page or no Chromium.
#[derive(Debug, clap::Args)]
pub(super) struct Leaks {
    /// The page that is opened first
    url: String,
    /// The config that says what is declared
    #[arg(long, value_name = "CONFIG")]
    config: PathBuf,
    /// The site; without it the one that has the page's origin, or the only one
    #[arg(long, value_name = "ID")]
    site: Option<SiteId>,
    /// Where the visitor is, if the rules differ: FR, US-CA
    #[arg(long, value_name = "REGION")]
    region: Option<Region>,
    /// How many pages are opened in each state: that at URL, and those of the same origin that it and they link to
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=MAX_PAGES_ARGUMENT))]
    pages: u16,
    /// Take pages from a sitemap instead of from links; without ADDRESS from /sitemap.xml
    #[arg(long, value_name = "ADDRESS")]
    sitemap: Option<Option<String>>,
    /// Seconds after which a page that does not come to rest is left
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    limit: u64,
    /// Exit with 1 also if something is not declared
    #[arg(long)]
    strict: bool,
    /// A downloaded open-cookie-database.csv, to suggest categories
    #[arg(long, value_name = "FILE")]
    cookie_database: Option<PathBuf>,
    /// How to print what was found
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Printed::Human)]
    format: Printed,
    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Write a report with pictures and timelines, too: one HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// [`MAX_PAGES`] as the parser of arguments wants it.
const MAX_PAGES_ARGUMENT: i64 = 500;
const _: () = assert!(MAX_PAGES == 500);

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Printed {
    /// Lines for a terminal
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, for GitHub Actions
    Github,
}

impl Leaks {
    pub(super) fn run(self) -> Outcome {
        let config = match config::load(&self.config) {
            Ok(loaded) => loaded.config,
            Err(diagnostics) => {
                eprint!("{}", render::human(&diagnostics, std::io::stderr().is_terminal()));
                return Err("a config with errors can not be held against a site".into());
            }
        };
        let database = self.cookie_database.as_deref().map(Database::open).transpose()?.unwrap_or_default();
        let site = self.site(&config)?;
        let mut pages = Pages::new(&self.url, usize::from(self.pages))?;
        if let Some(sitemap) = &self.sitemap {
            pages.read_sitemap(sitemap.as_deref())?;
        }
        let report = self.report(&config, site, &mut pages, &database)?;
        if let Some(file) = &self.html {
            std::fs::write(file, html::page(&report))
                .map_err(|error| format!("{}: {error}", file.display()))?;
        }
        let mut out = std::io::stdout().lock();
        match self.format {
            _ if self.json => writeln!(out, "{}", report.json())?,
            Printed::Json => writeln!(out, "{}", report.json())?,
            Printed::Sarif => writeln!(out, "{}", sarif::sarif(&report, &self.config.to_string_lossy()))?,
            Printed::Github => write!(out, "{}", report.github(&self.config.to_string_lossy()))?,
            Printed::Human => write!(out, "{}", report.human())?,
        }
        Ok(if report.passes() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// The site that the page belongs to.
    fn site<'c>(&self, config: &'c Config) -> Result<&'c SiteConfig, String> {
        if let Some(id) = &self.site {
            return config.site(id).ok_or_else(|| format!("the config has no site `{id}`"));
        }
        let origin =
            address::origin(&self.url).ok_or_else(|| format!("{} is no address of a page", self.url))?;
        let here = |site: &&SiteConfig| site.origins.contains(&origin);
        match (config.sites.iter().find(here), config.sites.as_slice()) {
            (Some(site), _) => Ok(site),
            (None, [only]) => Ok(only),
            (None, _) => {
                Err(format!("no site of the config has the origin {origin}: choose one with --site"))
            }
        }
    }

    fn report(
        &self,
        config: &Config,
        site: &SiteConfig,
        pages: &mut Pages,
        database: &Database,
    ) -> Result<Report, Box<dyn std::error::Error>> {
        let sites = Sites::publish(config, &MemoryStore::default())?;
        let region = self.region.unwrap_or(Region::UNKNOWN);
        let banner = sites.get(site.id.as_str()).and_then(|site| site.banner(None, region));
        let notice = &banner.ok_or("the site has no notice")?.notice;
        let own = std::iter::once(&self.url).chain(&site.origins);
        let own = own.filter_map(|address| Some(address::host(address)?.0)).collect();
        let rules = Rules::new(notice, &config.server.host, own, SystemClock.now());

        let mut browser = Browser::start(&Chromium::find()?)?;
        let (limit, crawl) = (Duration::from_secs(self.limit), self.sitemap.is_none());
        let visited = Tour { browser: &mut browser, pages, limit, crawl }.run()?;
        drop(browser);

        let (states, findings) = report::stages(&rules, visited);
        let languages: Vec<_> = site.languages().map(Language::as_str).collect();
        let toml = suggest::toml(&findings, &languages, database);
        let site = (site.id.to_string(), site.name.clone());
        let (url, strict) = (address::plain(&self.url), self.strict);
        Ok(Report { site, notice: notice.id(), url, pages: pages.len(), states, findings, toml, strict })
    }
}
