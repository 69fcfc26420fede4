//! What an export says of itself: whose decisions, of which period, from which signed heads, and how many.
//!
//! A file that is found years later, without the mail that it came with, still says what it is.

use consent_core::bundle::csv::rfc3339;
use consent_core::ledger::origin::Origin;
use serde::Serialize;

use super::cut::Cut;
use super::{Format, Period};

/// What holds for the whole export and is known before its first decision is read.
#[derive(Debug, Serialize)]
pub(super) struct Facts<'a> {
    /// The site.
    pub(super) site: &'a str,
    /// The first moment of the period, RFC 3339; absent: from the beginning.
    pub(super) from: Option<String>,
    /// The first moment after the period, RFC 3339; absent: to the end.
    pub(super) to: Option<String>,
    /// When the export was made, RFC 3339.
    pub(super) made_at: String,
    /// The heads that it was taken from, by year.
    pub(super) heads: Vec<Head<'a>>,
}

/// A signed head.
#[derive(Debug, Serialize)]
pub(super) struct Head<'a> {
    /// The name of the log.
    pub(super) log: &'a Origin,
    /// How many entries it covers.
    pub(super) size: u64,
    /// The root over them, base64url.
    pub(super) root: String,
    /// The signed note, byte for byte.
    pub(super) checkpoint: &'a str,
}

/// How many decisions there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counted {
    /// Entries of the period that record a decision.
    pub(super) decisions: u64,
    /// Those of them behind which nothing is left.
    pub(super) erased: u64,
}

impl<'a> Facts<'a> {
    pub(super) fn of(cut: &'a Cut<'_>) -> Self {
        let head = |checkpoint: &'a consent_core::ledger::checkpoint::SignedCheckpoint| {
            let head = checkpoint.checkpoint();
            Head {
                log: &head.origin,
                size: head.size,
                root: head.root.to_string(),
                checkpoint: checkpoint.as_str(),
            }
        };
        Self {
            site: cut.site.as_str(),
            from: cut.period.from.map(rfc3339),
            to: cut.period.to.map(rfc3339),
            made_at: rfc3339(cut.made_at),
            heads: cut.heads.iter().map(|(_, signed)| head(signed)).collect(),
        }
    }
}

impl Counted {
    /// Counts one more decision.
    pub(super) fn add(&mut self, is_erased: bool) {
        self.decisions += 1;
        self.erased += u64::from(is_erased);
    }
}

impl Cut<'_> {
    /// A name for the file: `newsroom_2026-11-01_2026-12-01_2026-331.csv` is site, period, and the size of the newest head.
    #[must_use]
    pub fn file_name(&self, format: Format) -> String {
        let Period { from, to } = self.period;
        let edge = |time: Option<u64>, open: &str| time.map_or_else(|| open.to_owned(), short);
        let head = self.heads.last().map(|(log, head)| format!("{}-{}", log.year, head.checkpoint().size));
        let (from, to, head) = (edge(from, "beginning"), edge(to, "end"), head.unwrap_or_default());
        format!("{}_{from}_{to}_{head}.{}", self.site, format.extension())
    }
}

/// A day, or a moment without what a file's name can not have.
fn short(time: u64) -> String {
    let text = rfc3339(time);
    text.strip_suffix("T00:00:00Z").map_or_else(|| text.replace(':', ""), str::to_owned)
}
