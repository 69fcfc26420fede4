//! What was done with the server, in words.

use askama::Template;
use consent_core::ledger::entry::action::{Action, Outcome, Role, Said, Via};
use consent_core::ledger::origin::LogYear;

use super::{Frame, moment};

/// What was done, newest first.
#[derive(Template)]
#[template(path = "console/trail.html")]
pub(crate) struct TrailPage {
    pub(crate) frame: Frame,
    /// If it is of one site only.
    pub(crate) site: Option<String>,
    /// Whether it begins with the newest entry.
    pub(crate) is_newest: bool,
    pub(crate) lines: Vec<Doing>,
    /// Where the next page begins, if there is one.
    pub(crate) older: Option<String>,
    /// The newest log of the trail: its name and its year.
    pub(crate) log: Option<(String, String)>,
}

/// One entry.
#[derive(Clone, Debug)]
pub(crate) struct Doing {
    pub(crate) what: String,
    pub(crate) time: String,
    /// The name that the list of tokens tells.
    pub(crate) who: String,
    pub(crate) role: &'static str,
    pub(crate) via: &'static str,
    pub(crate) site: Option<String>,
    /// Where the entry is.
    pub(crate) log: String,
    pub(crate) index: u64,
    /// If it was not done: why not.
    pub(crate) trouble: Option<&'static str>,
    /// Where sites' logs say what was erased: log and entries.
    pub(crate) erased: Vec<String>,
}

impl Doing {
    pub(crate) fn of(log: LogYear, index: u64, time: u64, action: &Action) -> Self {
        let what = words(action.what.as_str());
        Self {
            what: match &action.of {
                Some(of) => format!("{what}: {of}"),
                None => what,
            },
            time: moment(time),
            who: action.by.name.to_string(),
            role: match action.by.role {
                Role::Operator => "operator",
                Role::Auditor => "auditor",
            },
            via: match action.via {
                Via::Console => "in the console",
                Via::Api => "over HTTP",
                Via::Command => "on the data folder",
                _ => "in a way of a later version",
            },
            site: action.site.as_ref().map(ToString::to_string),
            log: log.to_string(),
            index,
            trouble: match action.outcome {
                Outcome::Done => None,
                Outcome::Refused => Some("refused"),
                Outcome::Failed => Some("failed"),
            },
            erased: action.erased.iter().map(place).collect(),
        }
    }
}

fn place(said: &Said) -> String {
    let (log, first, last) = (&said.log, said.indices.from, said.indices.to - 1);
    if first == last {
        format!("entry {first} of {log}")
    } else {
        format!("entries {first} to {last} of {log}")
    }
}

/// What an entry says in a word, as people say it. One of a later version is shown as it is.
fn words(what: &str) -> String {
    match what {
        "signed_in" => "Signed in",
        "signed_out" => "Signed out",
        "sessions_ended" => "Sessions ended",
        "subject_erased" => "Subject erased",
        "check_begun" => "Check begun",
        "check_ended" => "Check ended",
        "export_taken" => "Taken away",
        "replay_asked" => "Webhook told again",
        "picture_put" => "Picture kept of notice",
        "report_put" => "Leak report kept",
        "install_checked" => "Install checked",
        "config_tried" => "Config tried",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use crate::trail::{By, What};

    use super::*;

    #[test]
    fn what_was_not_done_and_what_is_not_known_is_said_as_such() {
        let mut action =
            By::command().did(What::SubjectErased, Some("news".parse().unwrap()), Outcome::Refused);
        let refused = Doing::of(2026.into(), 7, 0, &action);
        assert_eq!((refused.what.as_str(), refused.trouble), ("Subject erased", Some("refused")));
        (action.what, action.of) = ("site_added".parse().unwrap(), Some("blog".parse().unwrap()));
        assert_eq!(Doing::of(2026.into(), 7, 0, &action).what, "site added: blog");
        let said = |from, to| Said { indices: (from, to).into(), log: "a/news/2026".parse().unwrap() };
        assert_eq!(place(&said(4, 5)), "entry 4 of a/news/2026");
        assert_eq!(place(&said(4, 6)), "entries 4 to 5 of a/news/2026");
    }
}
