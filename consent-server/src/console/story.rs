//! All that one subject decided, as people read it.

use consent_core::bundle::csv::rfc3339;
use consent_core::category::Category;
use consent_core::choices::Choice;
use consent_core::decision::Place;
use consent_core::interface::{RecordedDecision, RecordedSubject};

use crate::counts::class_word;
use crate::history::PastDecision;

use super::Paging;

/// One decision.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) time: String,
    /// Where it stands.
    pub(crate) log: String,
    pub(crate) index: u64,
    pub(crate) notice: String,
    pub(crate) proof: ProofLine,
    /// Its name, and all that was said, unless that was erased.
    pub(crate) said: Option<Said>,
}

/// What stands in the log, and what it is proven under.
#[derive(Clone, Debug)]
pub(crate) struct ProofLine {
    /// The hash of the entry as a leaf of the tree, base64.
    pub(crate) leaf: String,
    pub(crate) under: Under,
}

/// The signed head that covers an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Under {
    /// One of so many entries.
    Head(u64),
    /// None so far.
    NotYet,
    /// None any more: the log could not go on.
    Lost,
}

/// What was decided.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) action: String,
    /// Where it was made, if another site of the group handed it on.
    pub(crate) from: Option<Place>,
    /// Each category, and whether it was granted.
    pub(crate) choices: Vec<(&'static str, bool)>,
    pub(crate) services: Vec<(String, bool)>,
    pub(crate) language: String,
    pub(crate) region: String,
    pub(crate) page: String,
    pub(crate) device: &'static str,
    pub(crate) gpc: bool,
    /// Where the visitor was, if the site keeps that.
    pub(crate) network: Option<String>,
}

/// What one subject decided, or one entry whose subject was erased.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) subject: Option<Subject>,
    /// Those of this page, newest first.
    pub(crate) items: Vec<Item>,
    pub(crate) paging: Paging,
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

impl Item {
    pub(crate) fn of(past: &PastDecision, proof: ProofLine) -> Self {
        Self {
            time: moment(past.time),
            log: past.log.clone(),
            index: past.index,
            notice: past.notice_id.to_string(),
            proof,
            said: Said::of(past),
        }
    }

    pub(super) fn short_notice(&self) -> &str {
        super::short(&self.notice)
    }
}

impl Said {
    fn of(past: &PastDecision) -> Option<Self> {
        let named: RecordedSubject = serde_json::from_str(past.subject.as_ref()?.get()).ok()?;
        let said: RecordedDecision = serde_json::from_str(past.decision.as_ref()?.get()).ok()?;
        let choice = |category: Category| (category.as_str(), said.choices.allows(category));
        let services = said.services.iter().map(|(id, choice)| (id.to_string(), *choice == Choice::Grant));
        Some(Self {
            id: named.decision_id,
            action: match (said.action.as_str(), &said.handoff) {
                ("handoff", Some(from)) => format!("carried over from {}", from.site),
                (action, _) => action.replace('_', " "),
            },
            from: said.handoff,
            choices: Category::OPTIONAL.into_iter().map(choice).collect(),
            services: services.collect(),
            language: said.language,
            region: said.region,
            page: said.page,
            device: class_word(said.user_agent_class),
            gpc: said.signals.gpc,
            network: named.network,
        })
    }
}

/// A moment (unix seconds) in UTC, as people read it.
pub(crate) fn moment(unix_seconds: u64) -> String {
    rfc3339(unix_seconds).replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;

    fn told(action: &str, handoff: &str) -> Said {
        let raw = |text: String| Some(RawValue::from_string(text).unwrap());
        let past = PastDecision {
            log: "2026".into(),
            index: 9,
            time: 1_795_426_200,
            notice_id: "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU".parse().unwrap(),
            decision: raw(format!(
                r#"{{"action":"{action}","choices":{{"necessary":"grant","functional":"deny","analytics":"grant",
                    "performance":"deny","advertisement":"deny"}},"decided_at":"2026-11-23T09:30:00.000Z",{handoff}"language":"fr",
                    "page":"/","recorded_at":"2026-11-23T09:30:00.000Z","regime":["always","opt_in","opt_in","opt_in","opt_in"],
                    "region":"FR","signals":{{"gpc":false}},"user_agent_class":"desktop"}}"#
            )),
            subject: raw(
                r#"{"decision_id":"0193564c-9000-7000-8000-0123456789ab","subject_id":"AAECAwQFBgcICQoLDA0ODw"}"#.into(),
            ),
        };
        Said::of(&past).unwrap()
    }

    #[test]
    fn what_another_site_handed_on_is_told_with_that_site_and_the_place_there() {
        let said = told("handoff", r#""handoff":{"index":5,"log":"2026","site":"news"},"#);
        assert_eq!(said.action, "carried over from news");
        let from = Place { index: 5, log: "2026".into(), site: "news".parse().unwrap() };
        assert_eq!(said.from, Some(from));
        let said = told("accept_all", "");
        assert_eq!((said.action.as_str(), said.from), ("accept all", None));
    }
}
