//! A site as it is served: its notices in every language and under every regime, and the script that shows each of them.
//!
//! A config that takes the place of another one is followed site by site: what stays the same is taken over, and everything
//! that can be wrong with the rest is found before the first notice of it is in the store.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use consent_core::digest::Digest;
use consent_core::notice::{Notice, NoticeError, NoticeId, SiteId};
use consent_core::regime::Region;

use crate::compressed::Compressed;
use crate::config::{Config, Language, SiteConfig};
use crate::declaration::Declared;
use crate::evidence;
use crate::history::Named;
use crate::older::Known;
use crate::script::Script;
use crate::store::{Store, StoreError};

/// All sites of this server.
#[derive(Debug, Default)]
pub struct Sites(HashMap<SiteId, Arc<Site>>);

/// One site.
#[derive(Debug)]
pub struct Site {
    /// What its owner wrote.
    pub config: SiteConfig,
    /// What it shows now, by language, for each of its regimes.
    banners: Vec<HashMap<String, Banner>>,
    /// All notices that were ever published for it: a page may have been open for days.
    notices: HashMap<NoticeId, Arc<Notice>>,
    /// Where its logs first name its notices; read when somebody first asks.
    pub named: OnceLock<BTreeMap<NoticeId, Named>>,
}

/// What is shown in one language.
#[derive(Debug)]
pub struct Banner {
    /// What is declared, made when somebody first asks for it.
    pub declared: OnceLock<Arc<Declared>>,
    /// What is shown.
    pub notice: Arc<Notice>,
    /// The script that shows it.
    pub script: Compressed,
    /// The script that shows its second layer.
    pub second: Compressed,
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

impl Sites {
    /// Builds every site's notices, and keeps them in the store before anybody can be shown one.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub fn publish(config: &Config, store: &dyn Store) -> Result<Self, SiteError> {
        Self::default().follow(config, store)
    }

    /// The same for a config that takes the place of the one that these sites are of. A site of which neither the config nor the
    /// published notices have changed is the one that is here, with all that was compressed of it. Whether these have is asked of
    /// a store only if others may write to it.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub fn follow(&self, config: &Config, store: &dyn Store) -> Result<Self, SiteError> {
        Ok(Self::publish_all(self.drafts(config, store)?, store)?)
    }

    /// What [`Sites::follow`] publishes: nothing is written yet.
    ///
    /// # Errors
    /// See [`SiteError`].
    pub(crate) fn drafts<'c>(
        &self,
        config: &'c Config,
        store: &dyn Store,
    ) -> Result<Vec<Draft<'c>>, SiteError> {
        config.sites.iter().map(|site| Draft::of(site, self.0.get(&site.id), store)).collect()
    }

    /// Keeps the notices of drafts in the store.
    ///
    /// # Errors
    /// If the store fails.
    pub(crate) fn publish_all(drafts: Vec<Draft<'_>>, store: &dyn Store) -> Result<Self, StoreError> {
        let sites = drafts.into_iter().map(|draft| {
            let site = draft.publish(store)?;
            Ok((site.config.id.clone(), site))
        });
        Ok(Self(sites.collect::<Result<_, StoreError>>()?))
    }

    /// What is shown now and was not by `before`, with its site.
    pub fn shown_since<'a>(&'a self, before: &'a Self) -> impl Iterator<Item = (&'a Site, &'a Banner)> {
        self.iter().flat_map(|site| {
            let before = before.get(site.config.id.as_str());
            let was_shown = move |banner: &&Banner| {
                before.is_some_and(|before| {
                    before.banners().any(|shown| shown.notice.id() == banner.notice.id())
                })
            };
            let is_same = before.is_some_and(|before| std::ptr::eq(before, site));
            let banners = if is_same { None } else { Some(site.banners()) };
            banners
                .into_iter()
                .flatten()
                .filter(move |banner| !was_shown(banner))
                .map(move |banner| (site, banner))
        })
    }

    /// Compresses every script that is not compressed yet. It takes a while, and blocks.
    pub fn prepare(&self) {
        for banner in self.iter().flat_map(Site::banners) {
            banner.script.prepare();
            banner.second.prepare();
        }
    }

    /// The site with this id.
    #[must_use]
    pub fn get(&self, site: &str) -> Option<&Site> {
        self.0.get(site).map(Arc::as_ref)
    }

    /// All sites.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.0.values().map(Arc::as_ref)
    }
}

/// What is shown under one regime: the script, and the notice in each language.
type Shown = (Script, Vec<Arc<Notice>>);

/// What a site shows under each of its regimes, in the order of [`crate::config::Regimes::iter`]. The same config makes the same
/// ones everywhere.
///
/// # Errors
/// If a notice would be too large; for a config that was loaded it is not.
pub(crate) fn shown(config: &SiteConfig) -> Result<Vec<Shown>, NoticeError> {
    let under = |regime| {
        let script = Script::of(config, regime);
        let digest = Digest::of(script.whole().as_bytes());
        let notice =
            |language: &Language| config.notice_under(regime, language.as_str(), digest).map(Arc::new);
        let notices = config.languages().map(notice).collect::<Result<_, _>>()?;
        Ok((script, notices))
    };
    config.regimes.iter().map(under).collect()
}

/// What a config shows to who is in a region and asks for a language, published or not, and the script that shows it.
///
/// # Errors
/// As [`shown`].
pub(crate) fn drawn(
    config: &SiteConfig,
    language: &str,
    region: Region,
) -> Result<(String, Notice), NoticeError> {
    let number = config.regimes.number_in(region);
    let regime = config.regimes.iter().nth(number).unwrap_or(config.regimes.first());
    let script = Script::of(config, regime).whole();
    let language = config.language(language).as_str();
    let notice = config.notice_under(regime, language, Digest::of(script.as_bytes()))?;
    Ok((script, notice))
}

/// A site of which nothing is published yet.
pub(crate) enum Draft<'c> {
    /// As it was.
    Same(Arc<Site>),
    New {
        config: &'c SiteConfig,
        current: Vec<Shown>,
        /// Those that are published already.
        notices: HashMap<NoticeId, Arc<Notice>>,
    },
}

impl<'c> Draft<'c> {
    fn of(config: &'c SiteConfig, before: Option<&Arc<Site>>, store: &dyn Store) -> Result<Self, SiteError> {
        let site = &config.id;
        let same = before.filter(|before| before.config == *config);
        // Nobody else writes to a store that is not shared, and this process publishes here only: a site that is as it was has the
        // notices that it had.
        if let Some(before) = same.filter(|_| !store.is_shared()) {
            return Ok(Self::Same(Arc::clone(before)));
        }
        let stored = store.notices(site)?;
        let known = |id: &NoticeId| before.and_then(|before| before.notices.get(id));
        if let Some(before) = same
            && before.notices.len() == stored.len()
            && stored.iter().all(|(id, _)| known(id).is_some())
        {
            return Ok(Self::Same(Arc::clone(before)));
        }
        let current = shown(config).map_err(|error| SiteError::Notice { site: site.clone(), error })?;
        let mut notices = HashMap::new();
        for (id, bytes) in stored {
            let read = || Notice::from_bytes(&bytes).ok().filter(|notice| notice.id() == id).map(Arc::new);
            let notice = known(&id).cloned().or_else(read);
            let notice = notice.ok_or_else(|| SiteError::Damaged { site: site.clone(), notice: id })?;
            notices.insert(id, notice);
        }
        Ok(Self::New { config, current, notices })
    }

    fn publish(self, store: &dyn Store) -> Result<Arc<Site>, StoreError> {
        let (config, current, mut notices) = match self {
            Self::Same(site) => return Ok(site),
            Self::New { config, current, notices } => (config, current, notices),
        };
        let site = &config.id;
        for (script, shown) in &current {
            // Before the notices that name it, so that each can be shown again.
            evidence::keep_script(store, site, script.whole().as_bytes())?;
            for notice in shown {
                if let Entry::Vacant(place) = notices.entry(notice.id()) {
                    store.publish(site, notice.id(), notice.bytes())?;
                    place.insert(Arc::clone(notice));
                }
            }
        }
        let shown_now = current.iter().flat_map(|(_, notices)| notices).map(|notice| notice.id()).collect();
        let known: Vec<_> = notices.values().map(Known::new).collect();
        let banner = |script: &Script, notice: Arc<Notice>| {
            let second = script.second(&notice);
            let first = script.first(&notice, config.count_shown, &second, &known, &shown_now);
            let [script, second] = [first, second].map(Compressed::new);
            (notice.language.clone(), Banner { declared: OnceLock::new(), notice, script, second })
        };
        let of_regime =
            |(script, notices): Shown| notices.into_iter().map(|notice| banner(&script, notice)).collect();
        let banners = current.into_iter().map(of_regime).collect();
        Ok(Arc::new(Site { config: config.clone(), banners, named: OnceLock::new(), notices }))
    }
}

impl Site {
    /// What is shown to somebody who asks for this language, or for one that is not offered: then it is the site's own; in
    /// this region, of which the site may say nothing.
    #[must_use]
    pub fn banner(&self, language: Option<&str>, region: Region) -> Option<&Banner> {
        let language = self.config.language(language.unwrap_or_default());
        self.banners.get(self.config.regimes.number_in(region))?.get(language.as_str())
    }

    /// Everything that is shown now.
    pub fn banners(&self) -> impl Iterator<Item = &Banner> {
        self.banners.iter().flat_map(HashMap::values)
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

#[cfg(test)]
mod tests;
