//! What every handler can reach.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use consent_core::notice::{Notice, NoticeId};

use crate::anchors::published::Published;
use crate::clock::Clock;
use crate::data::{ServerKey, Tokens};
use crate::heads::Heads;
use crate::sequencer::Sequencer;
use crate::site::{Site, Sites};
use crate::store::{Store, StoreError};
use crate::tallies::Tallies;

use super::Problem;
use super::admission::Admission;
use super::limits::Limits;
use super::metrics::Metrics;
use super::pages::Pages;
use super::region::Regions;
use super::request_id::RequestId;

/// What every handler can reach. A clone is a handle of the same server, and as cheap as one: every request makes
/// several.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Reach>);

/// What a server has.
#[derive(Debug)]
pub struct Reach {
    /// The sites.
    pub sites: Arc<Sites>,
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
    /// How many decisions may wait.
    pub admission: Admission,
    /// Where visitors are.
    pub regions: Regions,
    /// How often one visitor may ask.
    pub limits: Limits,
    /// What is counted for whoever watches the server.
    pub metrics: Metrics,
    /// How often notices were shown.
    pub tallies: Arc<Tallies>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The folder served at `/`, if any.
    pub pages: Option<PathBuf>,
    /// The policy that its pages are sent with.
    pub content_security_policy: Arc<str>,
}

impl From<Reach> for AppState {
    fn from(reach: Reach) -> Self {
        Self(Arc::new(reach))
    }
}

impl Deref for AppState {
    type Target = Reach;

    fn deref(&self) -> &Reach {
        &self.0
    }
}

impl AppState {
    pub(super) fn site(&self, site: &str) -> Result<&Site, Problem> {
        self.sites.get(site).ok_or_else(Problem::unknown_site)
    }

    /// A notice that was published for the site; by another process with a newer config, if the store is shared.
    pub(super) async fn notice(&self, site: &Site, id: NoticeId) -> Result<Arc<Notice>, Problem> {
        if let Some(known) = site.notice(id) {
            return Ok(Arc::clone(known));
        }
        if !self.store.is_shared() {
            return Err(Problem::unknown_notice());
        }
        let site = site.config.id.clone();
        let bytes = self.blocking(move |state| Ok(state.store.notice(&site, id)?)).await?;
        let notice = bytes.and_then(|bytes| Notice::from_bytes(&bytes).ok()).filter(|found| found.id() == id);
        notice.map(Arc::new).ok_or_else(Problem::unknown_notice)
    }

    pub(super) fn pages(&self) -> Pages {
        Pages::new(self.pages.as_deref(), &self.content_security_policy)
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
}
