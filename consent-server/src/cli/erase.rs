//! `consent erase`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use consent_core::decision::SubjectId;
use consent_core::notice::SiteId;

use crate::clock::SystemClock;
use crate::data::DataFolder;
use crate::export::sign_stored;
use crate::heads::Heads;
use crate::http::ErasureReason;
use crate::sequencer::{self, Erasure, Parts};
use crate::signed::LastSigned;
use crate::store::EmbeddedStore;
use crate::trail::By;

use super::remote::Remote;
use super::{DATA, Outcome, word};

#[derive(Debug, clap::Args)]
pub(super) struct Erase {
    /// The site
    #[arg(long, value_name = "ID")]
    site: SiteId,
    /// The subject: 22 characters of base64url, the fifth part of the value of the cookie
    #[arg(long, value_name = "ID")]
    subject: SubjectId,
    /// Why
    #[arg(long, default_value = "request")]
    reason: ErasureReason,
    /// Ask a running server
    #[arg(long, value_name = "URL", requires = "token_file", conflicts_with = "data")]
    server: Option<String>,
    /// The file with the token for that server
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Change the data folder of a server that is not running
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

impl Erase {
    pub(super) fn run(self) -> Outcome {
        match (&self.server, &self.token_file) {
            (Some(server), Some(token)) => self.on_server(&Remote::new(server, token)?)?,
            _ => self.in_folder()?,
        }
        Ok(ExitCode::SUCCESS)
    }

    fn on_server(&self, remote: &Remote) -> Result<(), Box<dyn std::error::Error>> {
        let reason = word(&self.reason);
        let path = format!("/v1/sites/{}/subjects/{}?reason={reason}", self.site, self.subject);
        println!("{}", remote.delete(&path)?);
        Ok(())
    }

    fn in_folder(&self) -> Result<(), Box<dyn std::error::Error>> {
        let erasure = erase_stored(&self.data, &self.site, self.subject, self.reason)?;
        println!("{} decisions erased", erasure.decisions);
        for (log, index) in erasure.entries {
            println!("  said in entry {index} of log {log}");
        }
        Ok(())
    }
}

fn erase_stored(
    data: &Path,
    site: &SiteId,
    subject: SubjectId,
    reason: ErasureReason,
) -> Result<Erasure, Box<dyn std::error::Error>> {
    let folder = DataFolder::open_existing(data)?;
    let store = EmbeddedStore::open(&folder.store())?;
    let heads = sign_stored(&store, &folder.key, site)?;
    let (_, newest) = heads.last().ok_or_else(|| format!("site {site} has no log"))?;
    let parts = Parts {
        host: newest.checkpoint().origin.host().to_owned(),
        sites: Vec::new(),
        last_signed: Arc::new(LastSigned::open(folder.heads())?),
        key: Arc::new(folder.key),
        clock: Arc::new(SystemClock),
        heads: Arc::new(Heads::default()),
    };
    let (sequencer, failure) = sequencer::start(Arc::new(store), parts)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let erasure = sequencer.erase(site.clone(), subject, reason.into(), By::command()).await;
        drop(sequencer);
        // The thread has ended when this side of the channel is gone; what went wrong is told by it alone.
        match failure.await {
            Ok(error) => Err(error.into()),
            Err(_) => Ok(erasure?),
        }
    })
}
