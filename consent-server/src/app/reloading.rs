//! Another config in the place of the one in force, while the server runs.
//!
//! Everything that can be refused is found before anything changes: the file of regions is read, notices and scripts of all sites
//! are made. Then the new ones are kept in the store, scripts are compressed, the sequencer is told of the sites and names the new
//! notices in their logs; and then one pointer is set. What a stop after each of these means: notices in the store, or in a log,
//! that nobody was shown, as after a stop in the middle of a start. The next start reads the files.
//!
//! A write that fails ends the process, as it always does ([`Store`](crate::store::Store)); if what is stored can not be read, the
//! config is refused.

use std::path::PathBuf;
use std::sync::Arc;

use consent_core::notice::{NoticeId, SiteId};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::config::{AnchorsConfig, Config};
use crate::http::{Live, Regions, Reloads, RequestIds};
use crate::site::Sites;
use crate::store::StoreError;
use crate::webhooks::cursor;

use super::{AppError, keep_apart, site_rules};

/// What has changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Sites that were not served before, in the order of the config.
    pub added: Vec<SiteId>,
    /// Sites that are not served any more, by their ids. Their logs stay.
    pub removed: Vec<SiteId>,
    /// What is shown now and was not before, by site.
    pub notices: Vec<(SiteId, NoticeId)>,
}

/// Why the config in force is still the one before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// It changes what is bound to the process.
    #[error("restart the server to change {}; until then nothing of this config is in force", keys.join(", "))]
    NeedsRestart {
        /// The keys, as they are written in a config.
        keys: Vec<&'static str>,
    },
    /// The server would not start with it either.
    #[error(transparent)]
    Refused(#[from] AppError),
    /// A write to the store failed: the process must end, and read back what is there at its next start.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The server has ended, or is about to.
    #[error("the server has ended")]
    Stopped,
}

/// What a config says of things that are bound once.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    anchors: AnchorsConfig,
    connections: u32,
    console: bool,
    host: String,
    listen: std::net::SocketAddr,
}

impl Bound {
    pub(super) fn of(config: &Config) -> Self {
        Self {
            anchors: config.anchors.clone(),
            connections: config.limits.connections,
            console: config.server.console,
            host: config.server.host.clone(),
            listen: config.server.listen,
        }
    }

    /// The keys of which the other one says something else.
    fn differs(&self, other: &Self) -> Vec<&'static str> {
        // By their names, so that a new one is not forgotten here.
        let AnchorsConfig { heads_every, quorum, timestamp_every, timestamps, witnesses } = &self.anchors;
        let new = &other.anchors;
        let keys = [
            ("server.console", self.console != other.console),
            ("server.host", self.host != other.host),
            ("server.listen", self.listen != other.listen),
            ("server.heads_every", *heads_every != new.heads_every),
            ("server.timestamp_every", *timestamp_every != new.timestamp_every),
            ("server.quorum", *quorum != new.quorum),
            ("limits.connections", self.connections != other.connections),
            ("[[witness]]", *witnesses != new.witnesses),
            ("[[timestamp]]", *timestamps != new.timestamps),
        ];
        keys.into_iter().filter_map(|(key, differs)| differs.then_some(key)).collect()
    }
}

type Outcome = Result<Reloaded, ReloadError>;

/// A config that somebody asks for, and where the outcome goes.
#[derive(Debug)]
pub(super) struct Asked {
    config: Box<Config>,
    reply: oneshot::Sender<Outcome>,
}

/// A handle with which a running server is given another config. It keeps nothing of the server.
#[derive(Clone, Debug)]
pub struct Reloader {
    asked: mpsc::Sender<Asked>,
    counts: Reloads,
}

impl Reloader {
    /// As [`App::reload`](super::App::reload), on a server that [`App::serve`](super::App::serve) runs. If the store fails, `serve`
    /// ends with the reason.
    ///
    /// # Errors
    /// See [`ReloadError`]; [`ReloadError::Stopped`] where the server has ended meanwhile, also because its store failed.
    pub async fn reload(&self, config: Config) -> Result<Reloaded, ReloadError> {
        let (reply, answer) = oneshot::channel();
        let asked = Asked { config: Box::new(config), reply };
        self.asked.send(asked).await.map_err(|_| ReloadError::Stopped)?;
        answer.await.map_err(|_| ReloadError::Stopped)?
    }

    /// Counts a config that came no further than its findings.
    pub(crate) fn refused(&self) {
        self.counts.refused();
    }
}

/// What puts other configs into force, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Reloading {
    live: Live,
    bound: Arc<Bound>,
    data: PathBuf,
    ids: Arc<RequestIds>,
    alone: Arc<Mutex<()>>,
    reloader: Reloader,
}

impl Reloading {
    /// For a server with its data in a folder, that names requests by `ids`; and what its handles ask for.
    pub(super) fn new(
        live: Live,
        bound: Bound,
        data: PathBuf,
        ids: Arc<RequestIds>,
    ) -> (Self, mpsc::Receiver<Asked>) {
        let (asked, receiver) = mpsc::channel(1);
        let reloader = Reloader { asked, counts: live.now().metrics.reloads() };
        (Self { live, bound: Arc::new(bound), data, ids, alone: Arc::default(), reloader }, receiver)
    }

    pub(super) fn reloader(&self) -> Reloader {
        self.reloader.clone()
    }

    /// Does what is asked of the handles until it is dropped or the store fails.
    pub(super) async fn run(self, mut asked: mpsc::Receiver<Asked>) -> Result<(), StoreError> {
        // A stop ends it here, wherever it is: then nothing is served by either config.
        while let Some(Asked { config, reply }) = asked.recv().await {
            match self.apply(*config).await {
                Err(ReloadError::Store(error)) => return Err(error),
                // If nobody waits any more, it is in force all the same.
                outcome => drop(reply.send(outcome)),
            }
        }
        std::future::pending().await
    }

    /// Puts a config into force, or says why not, and counts which it was.
    pub(super) async fn apply(&self, config: Config) -> Outcome {
        let _alone = self.alone.lock().await;
        let outcome = self.replace(config).await;
        match &outcome {
            Ok(_) => self.reloader.counts.applied(),
            Err(_) => self.reloader.counts.refused(),
        }
        outcome
    }

    async fn replace(&self, config: Config) -> Outcome {
        let keys = self.bound.differs(&Bound::of(&config));
        if !keys.is_empty() {
            return Err(ReloadError::NeedsRestart { keys });
        }
        if let Some(pages) = &config.server.pages {
            keep_apart(pages, &self.data)?;
        }
        let before = self.live.now();
        let rules = site_rules(&config);
        // The thread has no handle of the sequencer, which would hold up a stop.
        let (store, sites, tallies) =
            (Arc::clone(&before.store), Arc::clone(&before.sites), Arc::clone(&before.tallies));
        let prepared = tokio::task::spawn_blocking(move || -> Result<_, ReloadError> {
            let regions = Regions::new(&config.server.region).map_err(AppError::from)?;
            // Nothing is written before all that is read was read: a store that can not be read now is no reason to end.
            let drafts = sites.drafts(&config, &*store).map_err(AppError::from)?;
            let ids = config.sites.iter().map(|site| &site.id);
            tallies.take_up(&*store, ids).map_err(AppError::from)?;
            let sites = Sites::publish_all(drafts, &*store)?;
            cursor::begin_all(&*store, &config)?;
            sites.prepare();
            Ok((config, sites, regions))
        });
        let (config, sites, regions) =
            prepared.await.map_err(|error| StoreError::Engine(Box::new(error)))??;
        // From here on nothing fails but what ends the process.
        let stopped = |_| ReloadError::Stopped;
        before.sequencer.rules(rules).await.map_err(stopped)?;
        for (site, banner) in sites.shown_since(&before.sites) {
            before.sequencer.publish(site.config.id.clone(), &banner.notice).await.map_err(stopped)?;
        }
        let reloaded = changes(&config, &sites, &before.sites);
        self.ids.trust(config.server.trusted_proxies.clone());
        self.live.put(before.follow(config, sites, regions));
        Ok(reloaded)
    }
}

fn changes(config: &Config, now: &Sites, before: &Sites) -> Reloaded {
    let is_new = |site: &&SiteId| before.get(site.as_str()).is_none();
    let added = config.sites.iter().map(|site| &site.id).filter(is_new).cloned().collect();
    let before_it = before.iter().map(|site| &site.config.id);
    let mut removed: Vec<_> = before_it.filter(|site| now.get(site.as_str()).is_none()).cloned().collect();
    removed.sort_unstable();
    let shown = now.shown_since(before);
    let mut notices: Vec<_> =
        shown.map(|(site, banner)| (site.config.id.clone(), banner.notice.id())).collect();
    notices.sort_unstable();
    Reloaded { added, removed, notices }
}
