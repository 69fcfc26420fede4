//! All that one subject decided, as people read it.

use consent_core::category::Category;
use serde::Deserialize;
use time::OffsetDateTime;

use crate::history::PastDecision;

/// One decision.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) time: String,
    /// Where it stands.
    pub(crate) log: String,
    pub(crate) index: u64,
    pub(crate) notice: String,
    /// Its name, and all that was said, unless that was erased.
    pub(crate) said: Option<Said>,
}

/// What was decided.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) action: String,
    /// Each category, and whether it was granted.
    pub(crate) choices: Vec<(&'static str, bool)>,
    pub(crate) services: Vec<(String, bool)>,
    pub(crate) language: String,
    pub(crate) region: String,
    pub(crate) page: String,
    pub(crate) device: String,
    pub(crate) gpc: bool,
}

/// What one subject decided, or one entry whose subject was erased.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) subject: Option<Subject>,
    /// Newest first.
    pub(crate) items: Vec<Item>,
    /// What was wrong with the last try to erase.
    pub(crate) problem: Option<&'static str>,
    /// The entry by which the page is found: its log,
    pub(crate) log: String,
    /// and its index there.
    pub(crate) index: u64,
}

/// Who decided.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) id: String,
    /// What has to be typed before all of it is erased.
    pub(crate) confirmation: String,
}

#[derive(Deserialize)]
struct Named {
    decision_id: String,
}

#[derive(Deserialize)]
struct Decision {
    action: String,
    choices: std::collections::BTreeMap<String, String>,
    language: String,
    page: String,
    region: String,
    #[serde(default)]
    services: std::collections::BTreeMap<String, String>,
    signals: Signals,
    user_agent_class: String,
}

#[derive(Deserialize)]
struct Signals {
    gpc: bool,
}

impl Item {
    pub(crate) fn of(past: &PastDecision) -> Self {
        Self {
            time: moment(past.time),
            log: past.log.clone(),
            index: past.index,
            notice: past.notice_id.to_string(),
            said: Said::of(past),
        }
    }
}

impl Item {
    pub(super) fn short_notice(&self) -> &str {
        super::short(&self.notice)
    }
}

impl Said {
    fn of(past: &PastDecision) -> Option<Self> {
        let named: Named = serde_json::from_str(past.subject.as_ref()?.get()).ok()?;
        let said: Decision = serde_json::from_str(past.decision.as_ref()?.get()).ok()?;
        let granted = |choice: Option<&String>| choice.is_some_and(|choice| choice == "grant");
        let choice = |category: Category| (category.as_str(), granted(said.choices.get(category.as_str())));
        let services = said.services.iter().map(|(id, choice)| (id.clone(), granted(Some(choice))));
        Some(Self {
            id: named.decision_id,
            action: said.action.replace('_', " "),
            choices: Category::OPTIONAL.into_iter().map(choice).collect(),
            services: services.collect(),
            language: said.language,
            region: said.region,
            page: said.page,
            device: said.user_agent_class,
            gpc: said.signals.gpc,
        })
    }
}

/// A moment (unix seconds) in UTC, as people read it.
pub(crate) fn moment(unix_seconds: u64) -> String {
    let at = i64::try_from(unix_seconds).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    let Some(at) = at else { return String::new() };
    let (date, time) = (at.date(), at.time());
    format!("{date} {:02}:{:02}:{:02} UTC", time.hour(), time.minute(), time.second())
}
