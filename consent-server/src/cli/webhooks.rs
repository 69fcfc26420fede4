//! `consent webhooks`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use consent_core::interface::{WebhookReplay, WebhookStatus, Webhooks as Answer};
use consent_core::notice::SiteId;

use crate::clock::{Clock as _, SystemClock};
use crate::data::DataFolder;
use crate::store::EmbeddedStore;
use crate::webhooks::replay::{Replay, Wanted};
use crate::webhooks::status::{all, status};

use super::progress::Bar;
use super::remote::Remote;
use super::{DATA, Outcome};

/// More is no answer of a server.
const MAX_ANSWER_BYTES: u64 = 1 << 20;

/// How often a server is asked how far it is.
const EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// For how many seconds a receiver may take nothing before nobody waits for it any more.
const PATIENCE: u64 = 30;

#[derive(Debug, Subcommand)]
pub(super) enum Webhooks {
    /// Show how far the receivers of a site's webhooks were told
    Status(Status),
    /// Have a receiver told again what stands in a part of the logs; without limits, all of it
    Replay(Box<Again>),
}

#[derive(Debug, clap::Args)]
pub(super) struct Status {
    #[command(flatten)]
    place: Place,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Again {
    #[command(flatten)]
    place: Place,
    /// The id of the webhook, as in the config
    #[arg(long, value_name = "ID")]
    webhook: String,
    /// Only what stands in this log: its year
    #[arg(long, value_name = "YEAR")]
    log: Option<String>,
    /// The first index
    #[arg(long, value_name = "INDEX", requires = "log")]
    from: Option<u64>,
    /// The index after the last
    #[arg(long, value_name = "INDEX", requires = "log")]
    to: Option<u64>,
    /// The first day (2026-11-23) or moment (2026-11-23T09:30:00Z), UTC
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// The day or moment after the last
    #[arg(long, value_name = "DATE")]
    until: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Place {
    /// The site
    #[arg(long, value_name = "ID")]
    site: SiteId,
    /// Ask a running server
    #[arg(long, value_name = "URL", requires = "token_file", conflicts_with = "data")]
    server: Option<String>,
    /// The file with the token for that server
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Use the data folder of a server that is not running
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

impl Place {
    fn remote(&self) -> Result<Option<Remote>, String> {
        match (&self.server, &self.token_file) {
            (Some(server), Some(token)) => Remote::new(server, token).map(Some),
            _ => Ok(None),
        }
    }

    fn store(&self) -> Result<EmbeddedStore, Box<dyn std::error::Error>> {
        Ok(EmbeddedStore::open(&DataFolder::open_existing(&self.data)?.store())?)
    }

    fn ask(&self, remote: &Remote) -> Result<Answer, Box<dyn std::error::Error>> {
        let answer = remote.get(&format!("/v1/sites/{}/webhooks", self.site), MAX_ANSWER_BYTES)?;
        Ok(serde_json::from_slice(&answer)?)
    }
}

impl Webhooks {
    pub(super) fn run(self) -> Outcome {
        match self {
            Self::Status(status) => status.run()?,
            Self::Replay(again) => again.run()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Status {
    fn run(&self) -> Result<(), Box<dyn std::error::Error>> {
        let answer = match self.place.remote()? {
            Some(remote) => self.place.ask(&remote)?,
            None => Answer { webhooks: all(&self.place.store()?, &self.place.site)? },
        };
        if self.json {
            println!("{}", serde_json::to_string(&answer)?);
        } else {
            answer.webhooks.iter().for_each(print);
        }
        Ok(())
    }
}

fn print(webhook: &WebhookStatus) {
    let state = match webhook.failing_since {
        Some(since) => format!("takes nothing since {}", consent_core::bundle::csv::rfc3339(since)),
        None => "takes what it is told".to_owned(),
    };
    println!("{}: {state}", webhook.id);
    for log in &webhook.logs {
        println!("  log {}: told {} of {} entries", log.log, log.told, log.size);
    }
    if webhook.again > 0 {
        println!("  {} entries are told again", webhook.again);
    }
}

impl Again {
    fn run(&self) -> Result<(), Box<dyn std::error::Error>> {
        let request = WebhookReplay {
            log: self.log.clone(),
            from: self.from,
            to: self.to,
            since: self.since.clone(),
            until: self.until.clone(),
        };
        match self.place.remote()? {
            Some(remote) => self.on_server(&remote, &request),
            None => self.in_folder(&request),
        }
    }

    /// Asks, and shows how far it is until it is done.
    fn on_server(&self, remote: &Remote, request: &WebhookReplay) -> Result<(), Box<dyn std::error::Error>> {
        let path = format!("/v1/sites/{}/webhooks/{}/replays", self.place.site, self.webhook);
        let asked: WebhookStatus = serde_json::from_str(&remote.post(&path, &serde_json::to_vec(request)?)?)?;
        let bar = Bar::new("entries");
        let mut left = asked.again;
        while left > 0 {
            bar.show(asked.again.saturating_sub(left), asked.again);
            std::thread::sleep(EVERY);
            let webhooks = self.place.ask(remote)?.webhooks;
            let found = webhooks.into_iter().find(|webhook| webhook.id == self.webhook);
            let now = found.ok_or("the config of the server has no such webhook any more")?;
            // One answer that is another one is no reason to give up.
            let is_long = |since: &u64| SystemClock.unix_seconds().saturating_sub(*since) > PATIENCE;
            if let Some(since) = now.failing_since.filter(is_long) {
                let since = consent_core::bundle::csv::rfc3339(since);
                return Err(format!(
                    "{} takes nothing since {since}; the server goes on with it",
                    self.webhook
                )
                .into());
            }
            left = now.again;
        }
        drop(bar);
        println!("{} entries were gone through again", asked.again);
        Ok(())
    }

    fn in_folder(&self, request: &WebhookReplay) -> Result<(), Box<dyn std::error::Error>> {
        let store = self.place.store()?;
        let site = &self.place.site;
        let known = all(&store, site)?;
        if !known.iter().any(|webhook| webhook.id == self.webhook) {
            let known: Vec<_> = known.iter().map(|webhook| webhook.id.as_str()).collect();
            return Err(
                format!("{} was told nothing so far; known are: {}", self.webhook, known.join(", ")).into()
            );
        }
        let replay = Replay::of(&store, site, &Wanted::read(request)?)?;
        replay.ask(&store, site, &self.webhook, SystemClock.now())?;
        let again = status(&store, site, &self.webhook)?.again;
        println!("{again} entries will be gone through again when the server runs");
        Ok(())
    }
}
