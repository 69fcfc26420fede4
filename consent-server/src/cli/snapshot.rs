//! `consent snapshot`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use consent_core::bundle::page::MAX_SCRIPT_BYTES;
use consent_core::digest::Digest;
use consent_core::notice::{MAX_NOTICE_BYTES, Notice, NoticeId, SiteId};

use super::chromium::{Chromium, Window};
use super::laid_out::LaidOut;
use super::progress::Bar;
use super::remote::Remote;
use super::{DATA, Outcome};
use crate::data::DataFolder;
use crate::evidence::{self, VIEWS, View};
use crate::http::Published;
use crate::store::{EmbeddedStore, Store};

/// The most bytes of a server's list of notices.
const MAX_LIST: u64 = 16 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Snapshot {
    /// The site; all sites of a data folder if left out
    #[arg(long, value_name = "ID")]
    site: Option<SiteId>,
    /// Take pictures also where there are some already
    #[arg(long)]
    again: bool,
    /// Ask a running server
    #[arg(long, value_name = "URL", requires_all = ["token_file", "site"], conflicts_with = "data")]
    server: Option<String>,
    /// The file with the operator's token for that server
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Use the data folder of a server that is not running
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

/// A published notice, with the names of the pictures that it has.
type Named = (SiteId, NoticeId, Vec<String>);

/// Where notices come from and pictures go.
trait Shelf {
    fn notices(&self) -> Result<Vec<Named>, Box<dyn std::error::Error>>;
    fn notice(&self, site: &SiteId, id: NoticeId) -> Result<Vec<u8>, Box<dyn std::error::Error>>;
    fn script(&self, site: &SiteId, script: Digest) -> Result<Vec<u8>, Box<dyn std::error::Error>>;
    fn keep(
        &self,
        site: &SiteId,
        id: NoticeId,
        view: &View,
        png: &[u8],
    ) -> Result<(), Box<dyn std::error::Error>>;
}

impl Snapshot {
    pub(super) fn run(self) -> Outcome {
        let chromium = Chromium::find()?;
        let shelf: Box<dyn Shelf> = match (&self.server, &self.token_file, &self.site) {
            (Some(server), Some(token), Some(site)) => {
                Box::new(OnServer { remote: Remote::new(server, token)?, site: site.clone() })
            }
            _ => Box::new(InFolder::open(&self.data, self.site.clone())?),
        };
        let wanted = shelf.notices()?.into_iter().map(|(site, id, there)| {
            let missing = |view: &&View| self.again || !there.iter().any(|name| name == view.name);
            (site, id, VIEWS.iter().filter(missing).collect::<Vec<_>>())
        });
        let wanted: Vec<_> = wanted.filter(|(_, _, views)| !views.is_empty()).collect();
        let total: usize = wanted.iter().map(|(_, _, views)| views.len()).sum();
        let (bar, mut done) = (Bar::new("pictures"), 0);
        bar.show(0, u64::try_from(total)?);
        for (site, id, views) in &wanted {
            let laid = lay_out(&*shelf, site, *id)?;
            for view in views {
                let layer = if view.second { "#consent-settings" } else { "" };
                let window = Window { width: view.width, height: view.height, dark: view.dark };
                let png = chromium.picture(&laid.path(laid.page()), layer, window)?;
                shelf.keep(site, *id, view, &png)?;
                done += 1;
                bar.show(done, u64::try_from(total)?);
            }
        }
        drop(bar);
        println!("{done} pictures of {} notices", wanted.len());
        Ok(ExitCode::SUCCESS)
    }
}

/// The notice with its script.
fn lay_out(shelf: &dyn Shelf, site: &SiteId, id: NoticeId) -> Result<LaidOut, Box<dyn std::error::Error>> {
    let notice = Notice::from_bytes(&shelf.notice(site, id)?)?;
    let script = shelf.script(site, notice.script)?;
    // A server could send anything, and it is run here.
    if notice.id() != id || Digest::of(&script) != notice.script {
        return Err(format!("notice {id}: what came is not what its address says").into());
    }
    Ok(LaidOut::new(&notice, &script)?)
}

/// The store of a server that is not running.
struct InFolder {
    store: EmbeddedStore,
    site: Option<SiteId>,
}

impl InFolder {
    fn open(data: &Path, site: Option<SiteId>) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = DataFolder::open_existing(data)?;
        Ok(Self { store: EmbeddedStore::open(&folder.store())?, site })
    }
}

impl Shelf for InFolder {
    fn notices(&self) -> Result<Vec<Named>, Box<dyn std::error::Error>> {
        let mut sites: Vec<_> = self.store.logs()?.into_iter().map(|(log, _)| log.site).collect();
        sites.dedup();
        if let Some(site) = &self.site {
            sites.retain(|known| known == site);
            if sites.is_empty() {
                return Err(format!("site {site} has no log").into());
            }
        }
        let mut all = Vec::new();
        for site in sites {
            for (id, _) in self.store.notices(&site)? {
                let there = evidence::pictured(&self.store, &site, id)?;
                all.push((site.clone(), id, there.into_iter().map(str::to_owned).collect()));
            }
        }
        Ok(all)
    }

    fn notice(&self, site: &SiteId, id: NoticeId) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        Ok(self.store.notice(site, id)?.ok_or_else(|| format!("notice {id} is missing"))?)
    }

    fn script(&self, site: &SiteId, script: Digest) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let kept = evidence::script(&self.store, site, script)?;
        Ok(kept.ok_or_else(|| {
            format!("the banner script {script} was not kept: notices under it can not be shown")
        })?)
    }

    fn keep(
        &self,
        site: &SiteId,
        id: NoticeId,
        view: &View,
        png: &[u8],
    ) -> Result<(), Box<dyn std::error::Error>> {
        Ok(evidence::keep_picture(&self.store, site, id, view, png)?)
    }
}

/// A running server.
struct OnServer {
    remote: Remote,
    site: SiteId,
}

impl Shelf for OnServer {
    fn notices(&self) -> Result<Vec<Named>, Box<dyn std::error::Error>> {
        let list = self.remote.get(&format!("/v1/sites/{}/notices", self.site), MAX_LIST)?;
        let list: Vec<Published> = serde_json::from_slice(&list)?;
        Ok(list.into_iter().map(|one| (self.site.clone(), one.notice_id, one.pictures)).collect())
    }

    fn notice(&self, site: &SiteId, id: NoticeId) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        self.remote.get(&format!("/v1/sites/{site}/notices/{id}"), u64::try_from(MAX_NOTICE_BYTES)?)
    }

    fn script(&self, site: &SiteId, script: Digest) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        self.remote.get(&format!("/v1/sites/{site}/scripts/{script}.js"), u64::try_from(MAX_SCRIPT_BYTES)?)
    }

    fn keep(
        &self,
        site: &SiteId,
        id: NoticeId,
        view: &View,
        png: &[u8],
    ) -> Result<(), Box<dyn std::error::Error>> {
        self.remote.put(&format!("/v1/sites/{site}/notices/{id}/pictures/{}", view.name), "image/png", png)
    }
}
