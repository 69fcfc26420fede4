//! What every handler can reach: what a server has for as long as it runs, and what it serves by the config in force.
//!
//! What follows from the config is one value. A request takes a handle of it at its beginning and uses it to its end, so no answer is
//! made of two configs, and another config comes into force for the requests that begin then.

use std::ops::Deref;
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::extract::FromRef;
use consent_core::ledger::entry::action::Action;
use consent_core::notice::{Notice, NoticeId};

use crate::anchors::published::Published;
use crate::clock::Clock;
use crate::config::{Config, Findings, LimitsConfig};
use crate::data::{ServerKey, Tokens};
use crate::heads::Heads;
use crate::history;
use crate::openid::OpenId;
use crate::sequencer::Sequencer;
use crate::site::{Site, Sites};
use crate::store::{Store, StoreError};
use crate::tallies::Tallies;
use crate::webhooks;

use super::Problem;
use super::admission::Admission;
use super::console::{Checks, Shelf, Standing};
use super::limits::Limits;
use super::metrics::Metrics;
use super::pages::Pages;
use super::region::Regions;
use super::request_id::RequestId;

/// What a server has, whatever its config says.
#[derive(Debug)]
pub struct Reach {
    /// Checks of what is kept, as somebody asked for them in the console.
    pub checks: Checks,
    /// Bundles that somebody had made there, to take away.
    pub shelf: Arc<Shelf>,
    /// Records decisions.
    pub sequencer: Sequencer,
    /// Where everything is read.
    pub store: Arc<dyn Store>,
    /// The latest signed heads.
    pub heads: Arc<Heads>,
    /// The head of the heads log as it is shown, and who the witnesses are.
    pub published: Arc<Published>,
    /// Signs bundles.
    pub key: Arc<ServerKey>,
    /// Who may read and change what.
    pub tokens: Arc<Tokens>,
    /// What is counted for whoever watches the server.
    pub metrics: Metrics,
    /// How often notices were shown.
    pub tallies: Arc<Tallies>,
    /// How receivers of webhooks do.
    pub told: Arc<webhooks::counts::Counts>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// What a server serves by its config.
#[derive(Debug)]
pub struct InForce {
    reach: Arc<Reach>,
    /// The sites.
    pub sites: Arc<Sites>,
    /// What `consent check` says of the config.
    pub findings: Findings,
    /// How many decisions may wait.
    pub admission: Admission,
    /// Where visitors are.
    pub regions: Regions,
    /// How often one visitor may ask.
    pub limits: Limits,
    /// Whether there are pages for operators and auditors. Bound at the start.
    pub console: bool,
    /// How often heads that have changed go into the heads log, in seconds. Bound at the start.
    pub heads_every: u64,
    /// Who else than a token signs people in there.
    pub(crate) openid: Option<Arc<OpenId>>,
    /// The folder served at `/`, if any.
    pub pages: Pages,
    /// Since when, unix seconds.
    pub since: u64,
}

impl InForce {
    /// What the first config says; `sites` and `regions` are those of that config.
    #[must_use]
    pub fn first(reach: Reach, config: Config, sites: Sites, regions: Regions) -> Self {
        let admission = Admission::new(waiting(&config.limits), config.sites.iter().map(|site| &site.id));
        let limits = Limits::new(&config.limits, config.server.trusted_proxies);
        let pages = Pages::new(config.server.pages, &config.server.content_security_policy);
        let since = reach.clock.unix_seconds();
        let (reach, console, findings) = (Arc::new(reach), config.server.console, config.findings);
        let openid = config.server.openid.map(|openid| Arc::new(OpenId::new(openid)));
        let (sites, heads_every) = (Arc::new(sites), config.anchors.heads_every);
        Self {
            reach,
            sites,
            findings,
            admission,
            regions,
            limits,
            console,
            heads_every,
            openid,
            pages,
            since,
        }
    }

    /// The same for a config that takes the place of this one's. Who waits or has asked often still does, or has.
    pub(crate) fn follow(&self, config: Config, sites: Sites, regions: Regions) -> Self {
        let ids = config.sites.iter().map(|site| &site.id);
        // What is known of a provider stays known while the config says the same of it.
        let same = self.openid.clone().filter(|openid| Some(&openid.config) == config.server.openid.as_ref());
        let openid = same.or_else(|| config.server.openid.map(|openid| Arc::new(OpenId::new(openid))));
        Self {
            admission: self.admission.follow(waiting(&config.limits), ids),
            limits: self.limits.follow(&config.limits, config.server.trusted_proxies),
            pages: Pages::new(config.server.pages, &config.server.content_security_policy),
            console: self.console,
            heads_every: self.heads_every,
            openid,
            reach: Arc::clone(&self.reach),
            regions,
            since: self.clock.unix_seconds(),
            findings: config.findings,
            sites: Arc::new(sites),
        }
    }
}

fn waiting(config: &LimitsConfig) -> usize {
    usize::try_from(config.waiting).unwrap_or(usize::MAX)
}

impl Deref for InForce {
    type Target = Reach;

    fn deref(&self) -> &Reach {
        &self.reach
    }
}

/// Where the config in force is found. A clone is a handle of the same place.
#[derive(Clone, Debug)]
pub struct Live(Arc<ArcSwap<InForce>>);

impl Live {
    /// A server that serves this.
    #[must_use]
    pub fn new(first: InForce) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(first)))
    }

    /// What is in force at this moment.
    #[must_use]
    pub fn now(&self) -> AppState {
        AppState(self.0.load_full())
    }

    /// The same for no longer than it takes to look something up.
    pub(super) fn peek(&self) -> arc_swap::Guard<Arc<InForce>> {
        self.0.load()
    }

    /// Puts something else into force, for all that begins from now on.
    pub(crate) fn put(&self, next: InForce) {
        self.0.store(Arc::new(next));
    }
}

impl FromRef<Live> for AppState {
    fn from_ref(live: &Live) -> Self {
        live.now()
    }
}

/// What every handler can reach: the server, with the config that was in force when its request began. A clone is a handle of
/// the same, and as cheap as one.
#[derive(Clone, Debug)]
pub struct AppState(Arc<InForce>);

impl Deref for AppState {
    type Target = InForce;

    fn deref(&self) -> &InForce {
        &self.0
    }
}

impl AppState {
    /// Keeps what was looked at for as long as a request takes.
    pub(super) fn kept(peeked: arc_swap::Guard<Arc<InForce>>) -> Self {
        Self(arc_swap::Guard::into_inner(peeked))
    }

    /// What sessions of the console rest on.
    pub(super) fn standing(&self) -> Standing<'_> {
        let openid = self.openid.as_ref().map(|openid| &openid.config);
        Standing { tokens: &self.tokens, openid }
    }

    pub(super) fn site(&self, site: &str) -> Result<&Site, Problem> {
        self.sites.get(site).ok_or_else(Problem::unknown_site)
    }

    /// A notice that was published for the site.
    pub(super) async fn notice(&self, site: &Site, id: NoticeId) -> Result<Arc<Notice>, Problem> {
        if let Some(known) = site.notice(id) {
            return Ok(Arc::clone(known));
        }
        // In memory of its own, which those who have found it need not take with them.
        Box::pin(self.find_notice(site, id)).await?.ok_or_else(Problem::unknown_notice)
    }

    /// The same; by another process with a newer config, if the store is shared.
    pub(super) async fn find_notice(
        &self,
        site: &Site,
        id: NoticeId,
    ) -> Result<Option<Arc<Notice>>, Problem> {
        if let Some(known) = site.notice(id) {
            return Ok(Some(Arc::clone(known)));
        }
        if !self.store.is_shared() {
            return Ok(None);
        }
        let site = site.config.id.clone();
        let notice = self.blocking(move |state| Ok(history::notice(&*state.store, &site, id)?)).await?;
        Ok(notice.map(Arc::new))
    }

    /// Runs something that blocks, such as every read of the store, where it does not keep other requests waiting.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let (state, id) = (self.clone(), RequestId::current());
        let result =
            tokio::task::spawn_blocking(move || RequestId::during_blocking(id, || work(&state))).await;
        result.map_err(|error| Problem::from(StoreError::Engine(Box::new(error))))?
    }

    /// Does what stands in the trail once it is done, and writes it down there, also if nobody waits for the answer any more. `entry` says
    /// what, or that it came to nothing.
    pub(crate) async fn noting<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
        entry: impl FnOnce(&T) -> Option<Action> + Send + 'static,
    ) -> Result<T, Problem> {
        let state = self.clone();
        let doing = tokio::spawn(async move {
            let done = state.blocking(work).await?;
            if let Some(entry) = entry(&done) {
                state.sequencer.act(entry).await?;
            }
            Ok(done)
        });
        doing.await.map_err(|error| Problem::from(StoreError::Engine(Box::new(error))))?
    }
}
