//! Beside a server: its config is loaded anew when somebody asks for that (SIGHUP), and when one of its files has changed.
//!
//! The files are looked at, and no operating system is asked to tell of changes: that way a file system from elsewhere, a link that is
//! turned to another folder (as Kubernetes does it) and a new file that a pattern finds are all the same. A change counts when two
//! looks in a row found the same, so that nobody who is in the middle of writing is read.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

use consent_core::notice::SiteId;
use tokio::time::{MissedTickBehavior, interval};

use crate::anchors::worker::chain;
use crate::app::{ReloadError, Reloaded, Reloader};
use crate::config::{self, Held, Loaded};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// How many sites are named in the log at most.
const NAMED: usize = 20;

/// Loads the config of a server anew.
#[derive(Debug)]
pub(super) struct Reload {
    /// The first file of the config.
    pub(super) path: PathBuf,
    /// What its files held when they were loaded last, with success or without.
    pub(super) held: Held,
    /// Whether the config in force asks to look for changes.
    pub(super) on_change: bool,
    /// The server.
    pub(super) reloader: Reloader,
}

impl Reload {
    /// Runs until it is dropped, or the server has ended.
    pub(super) async fn run(mut self, mut asked: Asked) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changed: Option<Held> = None;
        loop {
            // Whatever is asked while the config is being loaded is asked once more after it, and once only.
            let goes_on = tokio::select! {
                () = asked.next() => {
                    changed = None;
                    self.load(None).await
                }
                _ = looks.tick(), if self.on_change => {
                    let Some(now) = self.look().await else { continue };
                    if now == self.held {
                        changed = None;
                        true
                    } else if changed.as_ref() == Some(&now) {
                        changed = None;
                        self.load(Some(&now)).await
                    } else {
                        changed = Some(now);
                        true
                    }
                }
            };
            if !goes_on {
                return;
            }
        }
    }

    async fn look(&self) -> Option<Held> {
        let (held, path) = (self.held.clone(), self.path.clone());
        tokio::task::spawn_blocking(move || held.look_again(&path)).await.ok()
    }

    /// Loads the config and has it put into force. `seen` is what made somebody think that it has changed: if the files hold
    /// something else by now, they are being written. Whether there is still a server.
    async fn load(&mut self, seen: Option<&Held>) -> bool {
        let path = self.path.clone();
        let Ok(loaded) = tokio::task::spawn_blocking(move || config::load(&path)).await else { return true };
        let (config, findings) = match loaded {
            Ok(Loaded { config, warnings }) => (Some(config), warnings),
            Err(findings) => (None, findings),
        };
        let held = findings.sources.held();
        if seen.is_some_and(|seen| !held.has_texts_of(seen)) {
            return true;
        }
        self.held = held.clone();
        if !findings.found.is_empty() {
            eprint!("{}", config::render::human(&findings, std::io::stderr().is_terminal()));
        }
        let Some(config) = config else {
            self.reloader.refused();
            tracing::error!(
                errors = findings.errors(),
                "the config has errors: the one before stays in force until they are repaired"
            );
            return true;
        };
        let on_change = config.server.reload_on_change;
        match self.reloader.reload(config).await {
            Ok(reloaded) => {
                self.on_change = on_change && self.path.is_file();
                tell(&reloaded);
                true
            }
            Err(ReloadError::Stopped) => false,
            Err(error) => {
                tracing::error!(error = chain(&error), "the config before stays in force");
                true
            }
        }
    }
}

/// Says in short what has changed.
fn tell(reloaded: &Reloaded) {
    let Reloaded { added, removed, notices } = reloaded;
    let mut changed: Vec<_> = notices.iter().map(|(site, _)| site).collect();
    changed.dedup();
    tracing::info!(
        sites_added = names(added.iter()),
        sites_removed = names(removed.iter()),
        notices_new = notices.len(),
        notices_of = names(changed.into_iter()),
        "the config was loaded anew"
    );
}

fn names<'a>(sites: impl ExactSizeIterator<Item = &'a SiteId>) -> String {
    let more = sites.len().saturating_sub(NAMED);
    let mut names = sites.take(NAMED).map(SiteId::as_str).collect::<Vec<_>>().join(", ");
    if more > 0 {
        names.push_str(&format!(" and {more} more"));
    }
    names
}

/// Resolves each time that somebody asks for the config to be loaded anew.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Asked(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Asked {
    /// Listens from now on.
    pub(super) fn listen() -> std::io::Result<Self> {
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).map(Self)
    }

    async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// Where there is no such signal, nobody asks.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Asked;

#[cfg(not(unix))]
impl Asked {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_sites_are_named_and_of_many_the_number() {
        let sites: Vec<SiteId> = (0..22).map(|number| format!("s{number}").parse().unwrap()).collect();
        assert_eq!(names([].iter()), "");
        assert_eq!(names(sites[..2].iter()), "s0, s1");
        assert!(names(sites.iter()).ends_with("s19 and 2 more"));
    }
}
