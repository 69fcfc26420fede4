//! The state of the logs, a check of them, and how others check them.

use askama::Template;

use super::{Frame, Witnessed};

/// The logs of a site, and what a check of them found.
#[derive(Template)]
#[template(path = "console/prove.html")]
pub(crate) struct ProvePage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    /// Newest first.
    pub(crate) logs: Vec<LogLine>,
    pub(crate) witnessed: Witnessed,
    /// How far a check of this site is, if one runs.
    pub(crate) running: Option<Running>,
    /// What the last check said, in a line.
    pub(crate) last: Option<String>,
    /// Its report, if it was made by this process.
    pub(crate) report: Option<String>,
    /// Why no check was begun.
    pub(crate) problem: Option<&'static str>,
}

/// One log.
#[derive(Clone, Debug)]
pub(crate) struct LogLine {
    pub(crate) origin: String,
    pub(crate) entries: u64,
    /// When its newest head was signed: with its last entry. `None` if that is not there any more.
    pub(crate) signed: Option<String>,
    /// The root that its newest head signs, base64.
    pub(crate) root: String,
    /// The key that it is signed with, as a vkey.
    pub(crate) key: String,
    /// What became of it, if it is not the one that decisions go into.
    pub(crate) state: &'static str,
}

/// How far a check is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Running {
    /// Whether the bundle is made, and is being checked.
    pub(crate) is_made: bool,
    pub(crate) done: u64,
    pub(crate) total: u64,
}

impl Running {
    /// Of both parts together, 0 to 100.
    fn percent(&self) -> u64 {
        let part = (self.done.min(self.total) * 50).checked_div(self.total).unwrap_or(0);
        part + if self.is_made { 50 } else { 0 }
    }
}

/// Commands for programs of others, with the site's own keys and names.
#[derive(Template)]
#[template(path = "console/by_hand.html")]
pub(crate) struct ByHandPage {
    pub(crate) frame: Frame,
    pub(crate) site: String,
    /// All logs with entries, by their years, newest first.
    pub(crate) years: Vec<String>,
    /// The one that is checked: its name,
    pub(crate) origin: String,
    /// its year,
    pub(crate) year: String,
    /// and its key: as a vkey,
    pub(crate) vkey: String,
    /// and in PEM form, as openssl takes it.
    pub(crate) pem: String,
    /// All keys and witnesses, as a tlog-policy.
    pub(crate) policy: String,
    pub(crate) has_timestamps: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_goes_from_nothing_to_all_and_divides_by_nothing() {
        let at = |is_made, done, total| Running { is_made, done, total }.percent();
        assert_eq!([at(false, 0, 0), at(false, 5, 10), at(false, 10, 10)], [0, 25, 50]);
        assert_eq!([at(true, 0, 10), at(true, 10, 10), at(true, 11, 10)], [50, 100, 100]);
    }
}
