//! One of the two that are compared: a config with all notices that it makes, or one notice.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use consent_core::notice::{MAX_NOTICE_BYTES, Notice, NoticeError, NoticeId, SiteId};
use consent_core::regime::Region;

use crate::cli::archive::ArchiveArguments;
use crate::cli::config_file;
use crate::config::{self, Diagnostics, SiteConfig};
use crate::site;

/// Where visitors are who are shown the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    region: Region,
    /// In none of its parts that a side tells apart.
    rest: bool,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rest {
            f.write_str("the rest of ")?;
        }
        self.region.fmt(f)
    }
}

/// See the module.
pub(super) enum Side {
    /// The sites of a config.
    Config(BTreeMap<SiteId, Site>),
    /// One notice.
    Notice(Arc<Notice>),
}

/// A site with its notices.
pub(super) struct Site {
    config: SiteConfig,
    /// By regime and language.
    notices: Vec<HashMap<String, Arc<Notice>>>,
}

/// Why something can not be compared.
pub(super) enum SideError {
    /// A config with findings.
    Config(Box<Diagnostics>),
    /// Anything else.
    Other(Box<dyn Error>),
}

impl Side {
    /// Reads what the user named.
    pub(super) fn open(given: &Path, archive: &ArchiveArguments) -> Result<Self, SideError> {
        match one_notice(given, archive) {
            Ok(Some(notice)) => return Ok(Self::Notice(Arc::new(notice))),
            Ok(None) => {}
            Err(error) => return Err(SideError::Other(error)),
        }
        let loaded =
            config::load(&config_file(given)).map_err(|findings| SideError::Config(Box::new(findings)))?;
        let sites = loaded.config.sites.into_iter().map(Site::of).collect::<Result<_, _>>();
        Ok(Self::Config(sites.map_err(|error| SideError::Other(error.into()))?))
    }

    /// The sites that it has notices of.
    pub(super) fn sites(&self) -> BTreeSet<&SiteId> {
        match self {
            Self::Config(sites) => sites.keys().collect(),
            Self::Notice(notice) => [&notice.site].into(),
        }
    }

    /// The visitors that it tells apart, by language and place. A notice is for those that it was made for.
    pub(super) fn visitors(&self, site: &SiteId) -> (BTreeSet<String>, BTreeSet<Place>) {
        let whole = |region| Place { region, rest: false };
        match self {
            Self::Notice(notice) => {
                ([notice.language.clone()].into(), [whole(Region::read(&notice.regime.region))].into())
            }
            Self::Config(sites) => {
                let Some(Site { config, .. }) = sites.get(site) else { return Default::default() };
                let regions = || config.regimes.regions().filter(|_| config.regimes.differ());
                let parted = |region: &Region| regions().any(|part| part != *region && part.is_in(*region));
                let rests = regions().filter(parted).map(|region| Place { region, rest: true });
                let places = regions().chain([Region::UNKNOWN]).map(whole).chain(rests);
                (config.languages().map(ToString::to_string).collect(), places.collect())
            }
        }
    }

    /// Whether it is one notice, and so for its own visitors only.
    pub(super) fn is_notice(&self) -> bool {
        matches!(self, Self::Notice(_))
    }

    /// What such a visitor of a site is shown.
    pub(super) fn notice(&self, site: &SiteId, language: &str, place: Place) -> Option<&Arc<Notice>> {
        match self {
            Self::Notice(notice) => (notice.site == *site).then_some(notice),
            Self::Config(sites) => {
                let Site { config, notices } = sites.get(site)?;
                let language = config.language(language);
                let number = if place.rest {
                    config.regimes.number_in_rest_of(place.region)
                } else {
                    config.regimes.number_in(place.region)
                };
                notices.get(number)?.get(language.as_str())
            }
        }
    }
}

impl Site {
    fn of(config: SiteConfig) -> Result<(SiteId, Self), NoticeError> {
        let by_language = |notice: Arc<Notice>| (notice.language.clone(), notice);
        let shown = site::shown(&config)?.into_iter();
        let notices = shown.map(|(_, notices)| notices.into_iter().map(by_language).collect()).collect();
        Ok((config.id.clone(), Self { config, notices }))
    }
}

/// The notice that the user named by its id or its file; `None` if it is a config that was named.
fn one_notice(given: &Path, archive: &ArchiveArguments) -> Result<Option<Notice>, Box<dyn Error>> {
    let id = given.to_str().and_then(|text| text.parse::<NoticeId>().ok());
    if let Some(id) = id.filter(|_| !given.exists()) {
        return Ok(Some(archive.open()?.notice(id)?));
    }
    if given.extension().is_some_and(|ending| ending == "json") {
        let notice = read_notice(given).map_err(|error| format!("{}: {error}", given.display()))?;
        return Ok(Some(notice));
    }
    Ok(None)
}

fn read_notice(file: &Path) -> Result<Notice, Box<dyn Error>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(u64::try_from(MAX_NOTICE_BYTES)? + 2).read_to_end(&mut bytes)?;
    // An editor ends a file with a line break.
    Ok(Notice::from_bytes(bytes.trim_ascii_end())?)
}
