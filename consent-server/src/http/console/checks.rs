//! Checks of what is kept, one at a time: a bundle is made as for an auditor, and the auditors' own verifier checks it.
//!
//! The bundle is a file without a name that is gone with the check, so nothing that is erased meanwhile is left in one.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use consent_core::ledger::entry::action::Outcome;
use consent_core::notice::SiteId;
use consent_core::verify::evidence::Evidence;
use consent_core::verify::report::Report;
use consent_core::verify::verify;
use serde::{Deserialize, Serialize};

use crate::console::Running;
use crate::export::{Format, Period};
use crate::source::ZipSource;
use crate::store::{Store, StoreError};
use crate::trail::{By, What};

use super::super::{AppState, export};

/// The name of the document that says how the last check of a site ended.
const DOCUMENT: &str = "checked";

/// The checks of this process, by site: what runs, and the report of what has.
#[derive(Debug, Default)]
pub struct Checks(Mutex<BTreeMap<SiteId, Check>>);

#[derive(Debug)]
enum Check {
    Runs(Running),
    /// The report in plain words.
    Ended(String),
}

/// How a check ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ended {
    /// Unix seconds.
    pub(super) at: u64,
    /// Entries that were looked at.
    pub(super) entries: u64,
    /// `None` if it did not come to its end.
    pub(super) holds: Option<bool>,
}

impl Checks {
    fn all(&self) -> MutexGuard<'_, BTreeMap<SiteId, Check>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How far the check of a site is, if one runs.
    pub(super) fn running(&self, site: &SiteId) -> Option<Running> {
        match self.all().get(site)? {
            Check::Runs(running) => Some(*running),
            Check::Ended(_) => None,
        }
    }

    /// What the last check of a site by this process reported.
    pub(super) fn report(&self, site: &SiteId) -> Option<String> {
        match self.all().get(site)? {
            Check::Runs(_) => None,
            Check::Ended(report) => Some(report.clone()),
        }
    }

    /// Whether a check of this site may begin: it does then, for whoever asks later.
    fn begin(&self, site: &SiteId) -> bool {
        let mut all = self.all();
        // Each takes a processor and a disk from the visitors.
        let is_free = !all.values().any(|check| matches!(check, Check::Runs(_)));
        if is_free {
            all.insert(site.clone(), Check::Runs(Running::default()));
        }
        is_free
    }

    fn tell(&self, site: &SiteId, check: Check) {
        self.all().insert(site.clone(), check);
    }
}

/// Begins a check, unless one runs; whether it did. The trail has both ends of it.
pub(super) fn begin(state: &AppState, site: &SiteId, by: By) -> bool {
    if !state.checks.begin(site) {
        return false;
    }
    let (state, site) = (state.clone(), site.clone());
    // From here on nobody has to wait for it: whoever does not must not leave it begun for ever.
    tokio::spawn(async move {
        let begun = by.did(What::CheckBegun, Some(site.clone()), Outcome::Done);
        if let Err(error) = state.sequencer.act(begun).await {
            tracing::error!(%error, "the begin of a check could not be written down");
            let said = "The check was not begun: it could not be written down.";
            state.checks.tell(&site, Check::Ended(said.to_owned()));
            return;
        }
        let holds = run(state.clone(), site.clone()).await;
        let outcome = if holds { Outcome::Done } else { Outcome::Failed };
        if let Err(error) = state.sequencer.act(by.did(What::CheckEnded, Some(site), outcome)).await {
            tracing::error!(%error, "the end of a check could not be written down");
        }
    });
    true
}

/// Makes a check where it keeps nobody waiting. Whether everything holds.
async fn run(state: AppState, site: SiteId) -> bool {
    let checked = tokio::task::spawn_blocking(move || {
        let mut ending = Ending { state: &state, site: &site, report: None, said: String::new() };
        match check(&state, &site) {
            Ok(report) => {
                ending.said = report.to_text();
                ending.report = Some(report);
            }
            Err(error) => {
                tracing::error!(site = %site, error, "a check could not be made");
                ending.said = format!("The check could not be made: {error}.");
            }
        }
        ending.report.as_ref().is_some_and(Report::holds)
    });
    checked.await.unwrap_or(false)
}

/// Says how a check ended, also one that panics: it would run for ever, and no other could begin.
struct Ending<'a> {
    state: &'a AppState,
    site: &'a SiteId,
    report: Option<Report>,
    said: String,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        let logs = self.report.iter().flat_map(|report| &report.logs);
        let ended = Ended {
            at: self.state.clock.unix_seconds(),
            entries: logs.map(|log| log.size).sum(),
            holds: self.report.as_ref().map(Report::holds),
        };
        if let Err(error) = keep(&*self.state.store, self.site, &ended) {
            tracing::error!(site = %self.site, %error, "how a check ended could not be kept");
        }
        let said = std::mem::take(&mut self.said);
        let said = if said.is_empty() { "The check did not come to its end.".to_owned() } else { said };
        self.state.checks.tell(self.site, Check::Ended(said));
    }
}

fn check(state: &AppState, site: &SiteId) -> Result<Report, String> {
    let tell = |is_made| {
        move |done, total| {
            state.checks.tell(site, Check::Runs(Running { is_made, done, total }));
        }
    };
    let made = export::make(state, site, Format::Bundle, Period::default(), &mut tell(false));
    let made = made.map_err(|error| error.to_string())?;
    let (bundle, damage) =
        ZipSource::read(made.file, Path::new("the bundle")).map_err(|error| error.to_string())?;
    if let Some(damage) = damage {
        return Err(damage);
    }
    let tell = tell(true);
    // Each kind of work counts from its own beginning, and the entries are by far the most of it.
    Ok(verify(&bundle, &Evidence::default(), &mut |progress| tell(progress.done, progress.total)))
}

fn keep(store: &dyn Store, site: &SiteId, ended: &Ended) -> Result<(), StoreError> {
    let bytes = serde_json::to_vec(ended).map_err(|error| StoreError::Damaged(error.to_string()))?;
    store.keep(site, DOCUMENT, &bytes)
}

/// How the last check of a site ended, by whichever process.
pub(super) fn last(store: &dyn Store, site: &SiteId) -> Result<Option<Ended>, StoreError> {
    let kept = store.kept(site, DOCUMENT)?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}
