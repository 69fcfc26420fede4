//! The trail: a log as any other, under a reserved id, of what people did with this server.
//!
//! An erasure and its entry here are one batch of the store, so neither is ever there without the other. What else is done is
//! answered only after its entry is durable and signed for.

use consent_core::ledger::entry::action::{self, Action, Doer, Outcome, Via, Word};
use consent_core::ledger::entry::{Entry, Kind};
use consent_core::ledger::origin::{LogYear, TRAIL};
use consent_core::notice::SiteId;

use crate::data::{Grant, Role};
use crate::store::{LogId, Store, StoreError};

/// For how many days openings are kept that the trail does not have: it holds nothing of any visitor.
pub const RETENTION_DAYS: u32 = 36_500;

/// How many entries are read at a time, and at most for one page: a filter may let few of them through.
const STEP: u64 = 256;
const SCANNED: u64 = 20 * STEP;

/// The id of the trail.
///
/// # Panics
/// Never: it is an id.
#[must_use]
pub fn trail_site() -> SiteId {
    TRAIL.parse().expect("an id of a site")
}

/// On whose behalf something is done, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    doer: Doer,
    via: Via,
}

impl By {
    /// The bearer of a token: named by the beginning of the digest that the list of tokens has of it.
    #[must_use]
    pub fn bearer(grant: &Grant, via: Via) -> Self {
        Self::named(&grant.name(), grant.role, via)
    }

    /// Whoever can write the data folder.
    #[must_use]
    pub fn command() -> Self {
        Self::named("data-folder", Role::Operator, Via::Command)
    }

    /// Somebody whom the server knows by this name.
    ///
    /// # Panics
    /// If the name is no [`Word`]: it is one that this server made.
    #[must_use]
    pub fn named(name: &str, role: Role, via: Via) -> Self {
        let role = match role {
            Role::Operator => action::Role::Operator,
            Role::Auditor => action::Role::Auditor,
        };
        Self { doer: Doer { name: word(name), role }, via }
    }

    /// Who.
    #[must_use]
    pub fn name(&self) -> &str {
        self.doer.name.as_str()
    }

    /// What they did.
    #[must_use]
    pub fn did(&self, what: What, site: Option<SiteId>, outcome: Outcome) -> Action {
        let (by, via, what) = (self.doer.clone(), self.via, word(what.text()));
        Action { by, erased: Vec::new(), of: None, outcome, site, via, what }
    }
}

/// What is done. Its text stands in the trail for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A session of the console began.
    SignedIn,
    /// It was ended by its owner.
    SignedOut,
    /// Another session, or all of the same token, was ended.
    SessionsEnded,
    /// All that a subject decided was erased.
    SubjectErased,
    /// A check of everything was begun.
    CheckBegun,
    /// It found that all holds, or that something does not: then it has failed.
    CheckEnded,
    /// An export was taken away.
    ExportTaken,
    /// A receiver of webhooks is told again.
    ReplayAsked,
    /// A picture of a notice was kept.
    PicturePut,
    /// A report of what was seen in a site's pages took the place of the one before.
    ReportPut,
    /// A page of the site was asked for. It changes nothing, so it stands here only where it was refused, as the next.
    InstallChecked,
    /// A config was tried.
    ConfigTried,
}

impl What {
    /// How entries name it.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::SubjectErased => "subject_erased",
            Self::CheckBegun => "check_begun",
            Self::CheckEnded => "check_ended",
            Self::ExportTaken => "export_taken",
            Self::ReplayAsked => "replay_asked",
            Self::PicturePut => "picture_put",
            Self::ReportPut => "report_put",
            Self::InstallChecked => "install_checked",
            Self::ConfigTried => "config_tried",
        }
    }
}

fn word(text: &str) -> Word {
    text.parse().expect("a word of our own")
}

/// A place in the trail: everything before this entry of this year's log.
pub type Place = (LogYear, u64);

/// A part of the trail, newest first.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Each entry: log, index, when, and what it says.
    pub lines: Vec<(LogYear, u64, u64, Action)>,
    /// Where it goes on, if there is more.
    pub older: Option<Place>,
}

/// Reads what was done, newest first, from `before` on; on one site only, if one is named. `logs` are those of the trail with their
/// signed sizes.
///
/// # Errors
/// If the store fails, or an entry is none.
pub fn read(
    store: &dyn Store,
    logs: &[(LogId, u64)],
    before: Option<Place>,
    site: Option<&SiteId>,
    most: usize,
) -> Result<Part, StoreError> {
    let (mut part, mut scanned) = (Part::default(), 0);
    for (log, size) in logs.iter().rev() {
        let mut to = match before {
            Some((year, _)) if log.year > year => continue,
            Some((year, index)) if log.year == year => index.min(*size),
            _ => *size,
        };
        while to > 0 {
            let from = to.saturating_sub(STEP);
            let mut index = to;
            for bytes in store.entries(log, from..to)?.iter().rev() {
                index -= 1;
                if part.lines.len() == most || scanned == SCANNED {
                    part.older = Some((log.year, index + 1));
                    return Ok(part);
                }
                scanned += 1;
                let entry = Entry::parse(bytes)
                    .map_err(|error| StoreError::Damaged(format!("entry {index} of log {log}: {error}")))?;
                let Kind::Action(action) = entry.kind() else { continue };
                if site.is_none() || action.site.as_ref() == site {
                    part.lines.push((log.year, index, entry.time(), action.clone()));
                }
            }
            to = from;
        }
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_done_has_a_word_and_so_has_who_does_it() {
        assert_eq!(trail_site().as_str(), "trail");
        for what in [
            What::SignedIn,
            What::SignedOut,
            What::SessionsEnded,
            What::SubjectErased,
            What::CheckBegun,
            What::CheckEnded,
            What::ExportTaken,
            What::ReplayAsked,
            What::PicturePut,
            What::ReportPut,
            What::InstallChecked,
            What::ConfigTried,
        ] {
            let action = By::command().did(what, None, Outcome::Done);
            assert_eq!((action.what.as_str(), action.by.name.as_str()), (what.text(), "data-folder"));
        }
    }
}
