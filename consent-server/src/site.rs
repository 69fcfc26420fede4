//! A site as it is served: its notices in every language, and the script that shows each of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use consent_core::bundle::page::SETTINGS;
use consent_core::digest::Digest;
use consent_core::notice::{Notice, NoticeError, NoticeId, SiteId};
use serde::Serialize;

use crate::compressed::Compressed;
use crate::config::{Config, SiteConfig};
use crate::evidence;
use crate::parts;
use crate::store::{Store, StoreError};

/// The banner script as it is built from `consent-js`: with what of its view a site uses, and no other.
fn base(site: &SiteConfig) -> &'static str {
    match (site.services.is_empty(), site.theme.is_none()) {
        (true, true) => parts::SCRIPT,
        (false, true) => include_str!("../../consent-js/dist/banner.services.js"),
        (true, false) => include_str!("../../consent-js/dist/banner.theme.js"),
        (false, false) => include_str!("../../consent-js/dist/banner.services.theme.js"),
    }
}

/// How many other notices a script is told of at most. Each is 15 bytes of it; beyond that, some visitors who chose
/// under an older wording are asked once more.
const MAX_ALSO: usize = 48;

/// Of how many other notices a script can tell what has changed since. Visitors who chose under more of them are told
/// that something has, and not where.
const MAX_CHANGED: usize = 16;

/// All sites of this server.
#[derive(Debug)]
pub struct Sites(HashMap<SiteId, Site>);

/// One site.
#[derive(Debug)]
pub struct Site {
    /// What its owner wrote.
    pub config: SiteConfig,
    /// What it shows now, by language.
    banners: HashMap<String, Banner>,
    /// All notices that were ever published for it: a page may have been open for days.
    notices: HashMap<NoticeId, Arc<Notice>>,
}

/// What is shown in one language.
#[derive(Debug)]
pub struct Banner {
    /// What is shown.
    pub notice: Arc<Notice>,
    /// The script that shows it.
    pub script: Compressed,
}

/// Why a site can not be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SiteError {
    /// Its config makes no notice.
    #[error("site {site}: {error}")]
    Notice {
        /// The site.
        site: SiteId,
        /// Why not.
        error: NoticeError,
    },
    /// A notice in the store is not what was put there.
    #[error("site {site}: notice {notice} in the store is damaged")]
    Damaged {
        /// The site.
        site: SiteId,
        /// The notice.
        notice: NoticeId,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the script is told.
#[derive(Serialize)]
struct Settings<'a> {
    also: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    changed: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    count: bool,
    id: NoticeId,
    notice: &'a consent_core::notice::NoticeBody,
}

impl Sites {
    /// Builds every site's notices, and keeps them in the store before anybody can be shown one.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub fn publish(config: &Config, store: &dyn Store) -> Result<Self, SiteError> {
        let sites = config.sites.iter().map(|site| Ok((site.id.clone(), Site::publish(site, store)?)));
        Ok(Self(sites.collect::<Result<_, SiteError>>()?))
    }

    /// The site with this id.
    #[must_use]
    pub fn get(&self, site: &str) -> Option<&Site> {
        self.0.get(&site.parse::<SiteId>().ok()?)
    }

    /// All sites.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.0.values()
    }
}

impl Site {
    fn publish(config: &SiteConfig, store: &dyn Store) -> Result<Self, SiteError> {
        let site = config.id.clone();
        // Before the notices that name it, so that each can be shown again.
        let script = parts::script(base(config), |name| config.uses(name));
        evidence::keep_script(store, &site, script.as_bytes())?;
        let digest = Digest::of(script.as_bytes());
        let mut current = Vec::new();
        for language in config.languages() {
            let notice = config.notice(language.as_str(), digest);
            let notice = notice.map_err(|error| SiteError::Notice { site: site.clone(), error })?;
            if store.notice(&site, notice.id())?.is_none() {
                store.publish(&site, notice.id(), notice.bytes())?;
            }
            current.push(Arc::new(notice));
        }
        let mut notices = HashMap::new();
        for (id, bytes) in store.notices(&site)? {
            let notice = Notice::from_bytes(&bytes).ok().filter(|notice| notice.id() == id);
            let notice = notice.ok_or_else(|| SiteError::Damaged { site: site.clone(), notice: id })?;
            notices.insert(id, Arc::new(notice));
        }
        let mut banners = HashMap::new();
        for notice in current {
            let composed = Compressed::new(compose(&script, &notice, config.count_shown, notices.values()));
            banners.insert(notice.language.clone(), Banner { notice, script: composed });
        }
        Ok(Self { config: config.clone(), banners, notices })
    }

    /// What is shown to somebody who asks for this language; the site's own if it is not offered.
    #[must_use]
    pub fn banner(&self, language: Option<&str>) -> Option<&Banner> {
        let language = self.config.language(language.unwrap_or_default());
        self.banners.get(language.as_str())
    }

    /// Everything that is shown now.
    pub fn banners(&self) -> impl Iterator<Item = &Banner> {
        self.banners.values()
    }

    /// All notices that were ever published for the site, in no particular order.
    pub fn notices(&self) -> impl Iterator<Item = &Arc<Notice>> {
        self.notices.values()
    }

    /// A notice that was ever published for the site.
    #[must_use]
    pub fn notice(&self, id: NoticeId) -> Option<&Arc<Notice>> {
        self.notices.get(&id)
    }
}

/// The script with the notice in it. A choice made under another notice that asks for the same still holds, so the
/// script is told which ones do; under one that asked for something else, what has changed since.
fn compose<'a>(
    script: &str,
    notice: &Notice,
    count: bool,
    known: impl Iterator<Item = &'a Arc<Notice>>,
) -> Vec<u8> {
    let material = notice.material();
    let (same, other): (Vec<_>, Vec<_>) =
        known.filter(|other| other.id() != notice.id()).partition(|other| other.material() == material);
    let mut also: Vec<_> = same.into_iter().map(|other| other.id().prefix()).collect();
    also.sort_unstable();
    also.truncate(MAX_ALSO);
    let changed = other.into_iter().map(|older| (older.id().prefix(), changed_titles(notice, older)));
    let changed: BTreeMap<_, _> = changed.collect();
    let changed = changed.into_iter().take(MAX_CHANGED).collect();
    let settings = Settings { also, changed, count, id: notice.id(), notice };
    // A notice is plain strings and numbers: it always has a JSON form, and JSON is an expression of the language.
    let settings = serde_json::to_string(&settings).unwrap_or_default();
    script.replacen(SETTINGS, &settings, 1).into_bytes()
}

/// The titles of the categories that have changed since `older`, as the visitor reads them.
fn changed_titles(notice: &Notice, older: &Notice) -> String {
    let changed = notice.changes_since(older);
    let shown = notice.categories.iter().filter(|shown| changed.contains(&shown.category));
    shown.map(|shown| shown.title.as_str()).collect::<Vec<_>>().join(", ")
}
