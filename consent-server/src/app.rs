//! The server put together: data folder, store, sequencer, sites, routes.

mod beside;
mod counting;
mod daily;
mod following;
mod reloading;
mod retaining;
mod telling;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use consent_core::ledger::policy::PolicyError;
use consent_core::notice::Notice;
use consent_core::regime::Region;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::anchors::published::Published;
use crate::anchors::worker::Worker;
use crate::anchors::{self, heads_site};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::data::{DataError, DataFolder};
use crate::heads::Heads;
use crate::http::{self, Checks, Front, InForce, Live, Metrics, Reach, Regions, RequestIds};
use crate::listen::{self, Reception};
use crate::region::RegionFileError;
use crate::sequencer::{self, Parts, RecordError, SiteRules};
use crate::signed::LastSigned;
use crate::site::{SiteError, Sites};
use crate::store::{EmbeddedStore, PostgresAddress, PostgresStore, Store, StoreError};
use crate::tallies::Tallies;
use crate::webhooks::{self, cursor};

use self::beside::Beside;
use self::reloading::{Bound, Reloading};
pub use self::reloading::{ReloadError, Reloaded, Reloader};

/// Why the server does not start, or has stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AppError {
    /// The data folder can not be used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The public folder and the secret one are not apart.
    #[error(
        "the folder of pages, {}, and the data folder, {}, are one within the other: everybody could read the signing key. \
         Name another folder for one of them: `pages` in the config, or --data DIR", pages.display(), data.display()
    )]
    PagesHoldData {
        /// The folder that is served.
        pages: PathBuf,
        /// The data folder.
        data: PathBuf,
    },
    /// The store can not be used, or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A site can not be served.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// A notice can not be named in its log.
    #[error("a notice can not be named in its log")]
    Publish(#[from] RecordError),
    /// The file that says where addresses are can not be used any more.
    #[error(transparent)]
    Regions(#[from] RegionFileError),
    /// The witnesses of the config can not stand in a policy.
    #[error("the witnesses can not be named to auditors")]
    Witnesses(#[from] PolicyError),
    /// The address can not be listened on.
    #[error("{address} can not be listened on; name another with --listen ADDR")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
}

/// Refuses to serve the folder that holds the signing key, or one within or around it.
fn keep_apart(pages: &Path, data: &Path) -> Result<(), AppError> {
    let whole = |path: &Path| {
        // The data folder may not be there yet: then the nearest one above it is.
        let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
        let (above, real) = there.unwrap_or((Path::new(""), std::env::current_dir().unwrap_or_default()));
        real.join(path.strip_prefix(above).unwrap_or(path))
    };
    let (pages_real, data_real) = (whole(pages), whole(data));
    if data_real.starts_with(&pages_real) || pages_real.starts_with(&data_real) {
        return Err(AppError::PagesHoldData { pages: pages.to_owned(), data: data.to_owned() });
    }
    Ok(())
}

/// What the sequencer must know of the sites of a config, and of the heads log. Of the trail it knows by itself.
pub(crate) fn site_rules(config: &Config) -> Vec<SiteRules> {
    let sites = config.sites.iter().map(|site| (site.id.clone(), site.retention_days));
    let all = sites.chain([(heads_site(), anchors::RETENTION_DAYS)]);
    all.map(|(site, retention_days)| SiteRules { site, retention_days }).collect()
}

/// A server that is ready to listen.
#[derive(Debug)]
pub struct App {
    live: Live,
    first_token: bool,
    reloading: Reloading,
    ids: Arc<RequestIds>,
    connections: usize,
    beside: Beside,
}

impl App {
    /// Opens the data folder with its embedded store, and publishes the notices of all sites. Decisions are answered on the runtime
    /// that this is called on, for as long as that one runs.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn open(config: Config, data: &Path) -> Result<Self, AppError> {
        if let Some(pages) = &config.server.pages {
            keep_apart(pages, data)?;
        }
        let mut folder = DataFolder::open(data)?;
        let store = EmbeddedStore::open(&folder.store())?;
        folder.hold()?;
        Self::start(config, folder, Arc::new(store), Arc::new(SystemClock)).await
    }

    /// Opens the data folder and a database that other processes may serve at the same time, each with a folder of its own
    /// and with the same signing key.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn open_shared(
        config: Config,
        data: &Path,
        database: &PostgresAddress,
    ) -> Result<Self, AppError> {
        if let Some(pages) = &config.server.pages {
            keep_apart(pages, data)?;
        }
        let store = PostgresStore::open(database)?;
        if store.has_key()? && !DataFolder::has_key(data) {
            // Before another key is made that nobody could do anything with.
            return Err(StoreError::OtherKey.into());
        }
        let mut folder = DataFolder::open(data)?;
        folder.hold()?;
        store.serve_with(&folder.key)?;
        Self::start(config, folder, Arc::new(store), Arc::new(SystemClock)).await
    }

    /// Starts a server on a store that is open already.
    ///
    /// # Errors
    /// See [`AppError`].
    pub async fn start(
        config: Config,
        mut folder: DataFolder,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AppError> {
        let data = folder.path().to_owned();
        let bound = Bound::of(&config);
        let regions = Regions::new(&config.server.region)?;
        let sites = Sites::publish(&config, &*store)?;
        let last_signed = LastSigned::open_held(folder.heads(), folder.take_held())?;
        let node = if store.is_shared() { Some(folder.node()?) } else { None };
        let key = Arc::new(folder.key);
        let heads = Arc::new(Heads::default());
        let witnesses = anchors::policy::of_config(&config.anchors)?;
        let published = Arc::new(Published::load(&*store, witnesses)?);
        let parts = Parts {
            sites: site_rules(&config),
            host: config.server.host.clone(),
            last_signed: Arc::new(last_signed),
            key: Arc::clone(&key),
            clock: Arc::clone(&clock),
            heads: Arc::clone(&heads),
        };
        let (sequencer, failure) = sequencer::start(Arc::clone(&store), parts)?;
        // Every log exists, and every notice is named in it, before the first visitor comes.
        for site in sites.iter() {
            for banner in site.banners() {
                if let Err(error) = sequencer.publish(site.config.id.clone(), &banner.notice).await {
                    // What is behind it is told by the thread that it ended.
                    return Err(failure.await.map_or(AppError::Publish(error), AppError::Store));
                }
            }
        }
        cursor::begin_all(&*store, &config)?;
        let tallies = Tallies::resume(&*store, sites.iter().map(|site| &site.config.id), node.as_deref())?;
        let worker = Worker::new(
            config.anchors.clone(),
            Arc::clone(&store),
            Arc::clone(&clock),
            Arc::clone(&published),
            (sequencer.clone(), Arc::clone(&heads)),
        );
        let connections = usize::try_from(config.limits.connections).unwrap_or(usize::MAX);
        let ids = Arc::new(RequestIds::new(config.server.trusted_proxies.clone()));
        let reach = Reach {
            checks: Checks::default(),
            shelf: Arc::default(),
            published,
            sequencer,
            store,
            heads,
            key,
            metrics: Metrics::default(),
            tokens: Arc::new(folder.tokens),
            tallies: Arc::new(tallies),
            told: Arc::new(webhooks::counts::Counts::default()),
            clock,
        };
        let live = Live::new(InForce::first(reach, config, sites, regions));
        let warm = Arc::clone(&live.now().sites);
        // Beside the first requests, so that a server with many sites starts at once.
        tokio::task::spawn_blocking(move || warm.prepare());
        let (reloading, asked) = Reloading::new(live.clone(), bound, data, Arc::clone(&ids));
        let first_token = folder.first_token.is_some();
        let beside = Beside { live: live.clone(), failure, reloading: reloading.clone(), asked, worker };
        Ok(Self { live, first_token, reloading, ids, connections, beside })
    }

    /// What requests meet before the router. Made when the router is, as both look whether somebody listens to every request.
    pub(crate) fn reception(&self) -> Reception {
        let state = self.live.now();
        let requests = state.metrics.requests();
        Reception {
            front: Front::new(self.live.clone(), &requests),
            requests,
            ids: Arc::clone(&self.ids),
            connections: self.connections,
            unread: state.admission.unread(),
        }
    }

    /// All routes, and the folder of pages where nothing else is. They answer by the config that is in force when a request
    /// comes.
    pub fn router(&self) -> Router {
        http::router(self.live.clone())
    }

    /// All routes, to be merged with those of your own service, or nested below a path: then banner and choices are on the
    /// pages' own origin, without a proxy, and a cookie that the server renews is a first party's. Run [`App::run`] beside
    /// them.
    ///
    /// Serve with `into_make_service_with_connect_info::<SocketAddr>()`: without an address nobody is limited, and regions by header or
    /// file are not known. Who listens has to bound connections and heads as well, which [`App::serve`] does by itself; and
    /// these requests are not counted in `consent_requests_total` and have no name. The config's `pages` are not served,
    /// and below a path `/.well-known/gpc.json` is yours to say.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::{net::SocketAddr, path::Path};
    /// use axum::{Router, routing::get};
    /// use consent_server::{app::App, config};
    ///
    /// let app = App::open(config::load(Path::new("consent.toml"))?.config, Path::new("consent-data")).await?;
    /// let site = Router::new().route("/", get(|| async { "my page" })).nest("/consent", app.routes());
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// let serve = axum::serve(listener, site.into_make_service_with_connect_info::<SocketAddr>());
    /// // What can not be recorded must not be promised: if the store fails, the process ends.
    /// tokio::select! {
    ///     served = async { serve.await } => served?,
    ///     ended = app.run(async { drop(tokio::signal::ctrl_c().await) }) => ended?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn routes(&self) -> Router {
        http::routes(self.live.clone())
    }

    /// The notice that a site shows in a language (BCP 47) to visitors of a region (ISO 3166, or `EU`), for whoever holds
    /// answers to it; `None` if there is no such site. Languages and regions that the site does not tell apart, or
    /// that are not said, have its own.
    #[must_use]
    pub fn notice(&self, site: &str, language: Option<&str>, region: Option<&str>) -> Option<Arc<Notice>> {
        let state = self.live.now();
        let region = region.map_or(Region::UNKNOWN, Region::read);
        let banner = state.sites.get(site)?.banner(language, region)?;
        Some(Arc::clone(&banner.notice))
    }

    /// Puts another config in the place of the one in force: all of it, or nothing if it is refused. Requests go on meanwhile;
    /// each is answered by one of the two. It takes as long as the scripts of the sites that have changed take to be compressed,
    /// and ends what it began also if nobody waits for it any more.
    ///
    /// For a server that [`App::serve`] runs see [`App::reloader`].
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::path::Path;
    /// use consent_server::{app::App, config};
    ///
    /// let path = Path::new("consent.toml");
    /// let app = App::open(config::load(path)?.config, Path::new("consent-data")).await?;
    /// let router = app.router();
    /// // … and later, with the router still serving:
    /// match config::load(path) {
    ///     Ok(loaded) => println!("{} new notices", app.reload(loaded.config).await?.notices.len()),
    ///     Err(findings) => eprint!("{findings}"),
    /// }
    /// # drop(router);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// See [`ReloadError`]. After [`ReloadError::Store`] the process must end, and after every other one the config before is in
    /// force as it was.
    pub async fn reload(&self, config: Config) -> Result<Reloaded, ReloadError> {
        let reloading = self.reloading.clone();
        // Whoever waits may be dropped; a half must not be left then.
        tokio::spawn(async move { reloading.apply(config).await }).await.map_err(|_| ReloadError::Stopped)?
    }

    /// A handle to do the same while [`App::serve`] runs.
    ///
    /// ```no_run
    /// # async fn example(listener: tokio::net::TcpListener) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::path::Path;
    /// use consent_server::{app::App, config};
    ///
    /// let path = Path::new("consent.toml");
    /// let app = App::open(config::load(path)?.config, Path::new("consent-data")).await?;
    /// let reloader = app.reloader();
    /// tokio::spawn(app.serve(listener, std::future::pending()));
    /// // … and later:
    /// reloader.reload(config::load(path)?.config).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn reloader(&self) -> Reloader {
        self.reloading.reloader()
    }

    /// Whether this was the first start on its data folder, which made the operator's token.
    #[must_use]
    pub fn is_first_start(&self) -> bool {
        self.first_token
    }

    /// Serves until `stop` resolves, and has others vouch for the logs meanwhile. Answers what was accepted, and returns when all of it is durable.
    ///
    /// # Errors
    /// [`AppError::Store`] if the store failed: the process must end, and read back what is there at its next start.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), AppError> {
        let (router, reception) = (self.router(), self.reception());
        let beside = self.into_beside();
        let (stopped, stopping) = oneshot::channel::<()>();
        let server = listen::serve(listener, router, reception, async move {
            stop.await;
            drop(stopped);
        });
        let deadline = async {
            let _ = stopping.await;
            tokio::time::sleep(SHUTDOWN).await;
        };
        beside
            .run(async {
                tokio::select! {
                    () = server => {}
                    () = deadline => tracing::warn!("some connections were still open"),
                }
            })
            .await
    }

    /// Does what has to be done beside the requests, until `stop` resolves: has others vouch for the logs, erases what is past its
    /// retention, counts. For a server of your own, which answers by [`App::routes`]; [`App::serve`] does both. It waits up to ten
    /// seconds until all is written and nothing can be recorded any more, so let go of the routes at the same time.
    ///
    /// # Errors
    /// [`AppError::Store`] if the store failed: the process must end, and read back what is there at its next start.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), AppError> {
        self.into_beside().run(stop).await
    }

    /// What runs, and nothing else: whoever keeps a handle of the sequencer keeps its thread from ending.
    fn into_beside(self) -> Beside {
        self.beside
    }
}

/// How long open connections may take to finish when the server stops.
const SHUTDOWN: std::time::Duration = std::time::Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_and_data_are_apart_or_nothing_starts() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("site/pages")).unwrap();
        std::fs::create_dir_all(at("data/inner")).unwrap();
        std::os::unix::fs::symlink(at("data"), at("link")).unwrap();
        for (pages, data) in [
            ("site", "site/data/not/there/yet"),
            ("site", "site"),
            ("data/inner", "data"),
            ("link/inner", "data"),
            ("data", "link/new"),
            (".", "new"),
        ] {
            assert!(keep_apart(&at(pages), &at(data)).is_err(), "{pages} and {data}");
        }
        for (pages, data) in
            [("site/pages", "site/data"), ("site/pages", "data"), ("site/pages", "site/pages-data")]
        {
            assert!(keep_apart(&at(pages), &at(data)).is_ok(), "{pages} and {data}");
        }
    }

    #[tokio::test]
    async fn what_the_listener_counts_is_what_decisions_are_refused_for() {
        let folder = tempfile::tempdir().unwrap();
        let config = || crate::testing::config(folder.path());
        let app = App::open(config(), &folder.path().join("data")).await.unwrap();
        let reception = app.reception();
        app.reload(config()).await.unwrap();
        let arrived = http::Connection::new(reception.unread);
        assert_eq!(app.live.now().admission.unread().count(), 1);
        drop(arrived);
    }
}
