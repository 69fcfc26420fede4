//! The notices that were ever published, and where a log first names each of them.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use consent_core::notice::{MAX_NOTICE_BYTES, Notice, NoticeId, SiteId};

use crate::history::{self, Named};
use crate::http::Published;
use crate::store::Store;

use super::DATA;
use super::place::StoreArguments;
use super::progress::Bar;
use super::remote::Remote;

/// The most bytes of a server's list of notices.
const MAX_LIST: u64 = 16 * 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct ArchiveArguments {
    /// The site; with a data folder or a database all of its sites if left out
    #[arg(long, value_name = "ID")]
    site: Option<SiteId>,
    /// Ask a running server
    #[arg(long, value_name = "URL", requires_all = ["token_file", "site"], conflicts_with_all = ["data", "store", "store_file"])]
    server: Option<String>,
    /// The file with the token for that server
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Read the data folder of a server that is not running
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
}

/// Where published notices are.
pub(super) enum Archive {
    /// In a store.
    Store {
        /// It.
        store: Box<dyn Store>,
        /// The only site that is asked for.
        site: Option<SiteId>,
    },
    /// Behind a running server, which tells of no log where a notice was first named.
    Server {
        /// It.
        remote: Remote,
        /// The site.
        site: SiteId,
    },
}

/// A published notice.
pub(super) struct Kept {
    /// It.
    pub(super) notice: Notice,
    /// Where a log of its site names it first, if that is known.
    pub(super) first: Option<Named>,
}

type Result<T> = std::result::Result<T, Box<dyn Error>>;

impl ArchiveArguments {
    pub(super) fn open(&self) -> Result<Archive> {
        if let (Some(server), Some(token), Some(site)) = (&self.server, &self.token_file, &self.site) {
            return Ok(Archive::Server { remote: Remote::new(server, token)?, site: site.clone() });
        }
        Ok(Archive::Store { store: self.store.open(&self.data)?, site: self.site.clone() })
    }
}

impl Archive {
    fn sites(&self) -> Result<Vec<SiteId>> {
        match self {
            Self::Server { site, .. } => Ok(vec![site.clone()]),
            Self::Store { store, site } => {
                let mut sites: Vec<_> = store.logs()?.into_iter().map(|(log, _)| log.site).collect();
                sites.dedup();
                if let Some(wanted) = site {
                    sites.retain(|known| known == wanted);
                    if sites.is_empty() {
                        return Err(format!("site {wanted} has no log").into());
                    }
                }
                Ok(sites)
            }
        }
    }

    /// The notices of all sites, each site's in the order in which its logs first name them, the others last.
    pub(super) fn notices(&self) -> Result<Vec<Kept>> {
        let mut all = Vec::new();
        for site in self.sites()? {
            let (ids, first) = match self {
                Self::Store { store, .. } => {
                    let ids: Vec<_> = store.notices(&site)?.into_iter().map(|(id, _)| id).collect();
                    let bar = Bar::new("entries");
                    let first =
                        history::first_named(&**store, &site, u64::MAX, |read, all| bar.show(read, all))?;
                    (ids, first)
                }
                Self::Server { remote, .. } => {
                    let list = remote.get(&format!("/v1/sites/{site}/notices"), MAX_LIST)?;
                    let list: Vec<Published> = serde_json::from_slice(&list)?;
                    (list.into_iter().map(|one| one.notice_id).collect(), BTreeMap::new())
                }
            };
            let mut kept = Vec::new();
            for id in ids {
                let notice = self.of_site(&site, id)?.ok_or_else(|| format!("notice {id} is missing"))?;
                kept.push(Kept { notice, first: first.get(&id).cloned() });
            }
            kept.sort_by_key(|one| (one.first.is_none(), one.first.clone(), one.notice.id()));
            all.append(&mut kept);
        }
        Ok(all)
    }

    /// A notice, of whatever site.
    pub(super) fn notice(&self, id: NoticeId) -> Result<Notice> {
        for site in self.sites()? {
            if let Some(notice) = self.of_site(&site, id)? {
                return Ok(notice);
            }
        }
        Err(format!("no notice {id} was published; `consent notices` lists those that were").into())
    }

    fn of_site(&self, site: &SiteId, id: NoticeId) -> Result<Option<Notice>> {
        let bytes = match self {
            Self::Store { store, .. } => store.notice(site, id)?,
            Self::Server { remote, .. } => {
                let path = format!("/v1/sites/{site}/notices/{id}");
                Some(remote.get(&path, u64::try_from(MAX_NOTICE_BYTES)?)?)
            }
        };
        let Some(bytes) = bytes else { return Ok(None) };
        let notice = Notice::from_bytes(&bytes).ok().filter(|notice| notice.id() == id);
        Ok(Some(notice.ok_or_else(|| format!("notice {id} is damaged: its address is not its own"))?))
    }
}
