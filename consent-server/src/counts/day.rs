//! The counts of one day.

use std::borrow::Cow;
use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::decision::{Action, Decision, UserAgentClass};
use consent_core::notice::NoticeId;
use serde::{Deserialize, Deserializer, Serialize};

/// More kinds of decisions in a day than this are counted without language and region, and more hours of notices without the hour: a
/// document has a limit, and who looks at a thousand languages sees none.
const MOST_KINDS: usize = 4096;

/// What a decision came to, for whoever counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything granted by the visitor.
    Accepted,
    /// Nothing granted by the visitor.
    Refused,
    /// Some categories granted, some not.
    Mixed,
    /// A choice was taken back.
    Withdrawn,
    /// The browser's own objection (Global Privacy Control), before the visitor said anything.
    Signal,
    /// Made elsewhere: on another platform, or another site of a group.
    BroughtAlong,
    /// Erased before it was counted, or not to be read.
    Erased,
}

impl Outcome {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Accepted,
        Self::Mixed,
        Self::Refused,
        Self::Withdrawn,
        Self::Signal,
        Self::BroughtAlong,
        Self::Erased,
    ];

    /// The word for it in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Mixed => "mixed",
            Self::Withdrawn => "withdrawn",
            Self::Signal => "signal",
            Self::BroughtAlong => "brought_along",
            Self::Erased => "erased",
        }
    }

    /// Whether a visitor answered a banner by it: what acceptance is measured by.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(self, Self::Accepted | Self::Refused | Self::Mixed)
    }
}

/// What decisions that are counted together have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The notice that was shown.
    pub notice: NoticeId,
    /// What it came to.
    pub outcome: Outcome,
    /// The granted categories, as in [`Category::bit`].
    pub granted: u8,
    /// The language of the notice, BCP 47; empty if it is not told apart.
    pub language: String,
    /// Whose rules held; empty if it is not told apart.
    pub region: String,
    /// The kind of program.
    pub class: UserAgentClass,
}

/// The decision behind an entry, as far as it is counted.
#[derive(Deserialize)]
pub(super) struct Decided<'a> {
    action: Action,
    /// The granted categories, as in [`Category::bit`], without `necessary`.
    #[serde(rename = "choices", deserialize_with = "granted")]
    granted: u8,
    #[serde(borrow)]
    language: Cow<'a, str>,
    #[serde(borrow)]
    region: Cow<'a, str>,
    user_agent_class: UserAgentClass,
}

/// What was granted, of choices as they are written down.
fn granted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let choices = BTreeMap::<&str, &str>::deserialize(deserializer)?;
    let bit = |category: Category| {
        let is_granted = choices.get(category.as_str()) == Some(&"grant");
        if is_granted { category.bit() } else { 0 }
    };
    Ok(Category::OPTIONAL.into_iter().map(bit).sum())
}

impl<'a> From<&'a Decision> for Decided<'a> {
    fn from(decision: &'a Decision) -> Self {
        Self {
            action: decision.action(),
            granted: decision.choices().bits() & !Category::Necessary.bit(),
            language: decision.language().into(),
            region: decision.region().into(),
            user_agent_class: decision.user_agent_class(),
        }
    }
}

impl Key {
    /// Whether it counts programs that say that they are none of a person: what they decide is in no sum but their own.
    #[must_use]
    pub const fn is_of_bots(&self) -> bool {
        matches!(self.class, UserAgentClass::Bot)
    }

    /// What is counted of a decision under a notice; of one that was erased, that there was one.
    pub(super) fn of(notice: NoticeId, decided: Option<&Decided<'_>>) -> Self {
        let Some(decided) = decided else {
            let (language, region) = (String::new(), String::new());
            let (outcome, class) = (Outcome::Erased, UserAgentClass::Unknown);
            return Self { notice, outcome, granted: 0, language, region, class };
        };
        let granted = decided.granted;
        let all: u8 = Category::OPTIONAL.into_iter().map(Category::bit).sum();
        let outcome = match decided.action {
            Action::Withdraw => Outcome::Withdrawn,
            Action::Signal => Outcome::Signal,
            Action::Import | Action::Handoff => Outcome::BroughtAlong,
            _ if granted == all => Outcome::Accepted,
            _ if granted == 0 => Outcome::Refused,
            _ => Outcome::Mixed,
        };
        Self {
            notice,
            outcome,
            granted,
            language: decided.language.as_ref().to_owned(),
            region: decided.region.as_ref().to_owned(),
            class: decided.user_agent_class,
        }
    }
}

/// One day of a site, in UTC.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// How many entries of each log (by its name in the store) are counted, in this day's document or an earlier one.
    pub(super) until: BTreeMap<String, u64>,
    /// Decisions by what they have in common.
    #[serde(with = "pairs")]
    pub decisions: BTreeMap<Key, u64>,
    /// How often each notice was shown, by the hour that it says (unix seconds): a tally may come in on the next day.
    #[serde(with = "pairs")]
    pub shown: BTreeMap<(u64, NoticeId), u64>,
}

impl Day {
    /// What comes after this day: how far was counted, and nothing else.
    pub(super) fn next(&self) -> Self {
        Self { until: self.until.clone(), ..Self::default() }
    }

    /// Adds what was counted apart from it.
    pub(super) fn add(&mut self, other: Self) {
        other.decisions.into_iter().for_each(|(key, count)| self.decision(key, count));
        other.shown.into_iter().for_each(|((hour, notice), times)| self.shown(hour, notice, times));
    }

    pub(super) fn decision(&mut self, mut key: Key, count: u64) {
        if self.decisions.len() >= MOST_KINDS && !self.decisions.contains_key(&key) {
            key.language.clear();
            key.region.clear();
        }
        *self.decisions.entry(key).or_default() += count;
    }

    pub(super) fn shown(&mut self, hour: u64, notice: NoticeId, times: u64) {
        let is_full = self.shown.len() >= MOST_KINDS && !self.shown.contains_key(&(hour, notice));
        let hour = if is_full { hour / 86_400 * 86_400 } else { hour };
        let so_far = self.shown.entry((hour, notice)).or_default();
        *so_far = so_far.saturating_add(times);
    }
}

/// A map whose keys are no strings, as a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::de::DeserializeOwned;
    use serde::{Deserialize as _, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, S: Serializer>(
        map: &BTreeMap<K, u64>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K: DeserializeOwned + Ord, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<K, u64>, D::Error> {
        Ok(Vec::<(K, u64)>::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use consent_core::digest::Digest;

    use super::*;

    fn key(json: &str) -> Key {
        Key::of(NoticeId(Digest::of(b"")), Some(&serde_json::from_str(json).unwrap()))
    }

    fn said(action: &str, analytics: &str, others: &str) -> String {
        format!(
            r#"{{"action":"{action}","choices":{{"functional":"{others}","analytics":"{analytics}","performance":"{others}","advertisement":"{others}"}},"decided_at":"2026-11-23T09:29:58.123Z","language":"fr","page":"/","region":"FR","signals":{{"gpc":false}},"user_agent_class":"mobile"}}"#
        )
    }

    #[test]
    fn what_a_decision_came_to_is_told_by_what_was_granted() {
        for (action, analytics, others, outcome) in [
            ("accept_all", "grant", "grant", Outcome::Accepted),
            ("save", "grant", "grant", Outcome::Accepted),
            ("save", "grant", "deny", Outcome::Mixed),
            ("save", "deny", "deny", Outcome::Refused),
            ("reject_all", "deny", "deny", Outcome::Refused),
            ("withdraw", "deny", "deny", Outcome::Withdrawn),
            ("signal", "grant", "deny", Outcome::Signal),
            ("import", "grant", "grant", Outcome::BroughtAlong),
        ] {
            let key = key(&said(action, analytics, others));
            assert_eq!(key.outcome, outcome, "{action}");
            assert_eq!(key.granted & Category::Analytics.bit() != 0, analytics == "grant");
        }
        assert_eq!(Key::of(NoticeId(Digest::of(b"")), None).outcome, Outcome::Erased);
    }

    #[test]
    fn a_day_with_very_many_kinds_tells_languages_apart_no_more_and_loses_nothing() {
        let mut day = Day::default();
        let one = key(&said("save", "grant", "deny"));
        for number in 0..2 * MOST_KINDS {
            day.decision(Key { language: format!("x-{number}"), ..one.clone() }, 1);
        }
        assert_eq!(day.decisions.len(), MOST_KINDS + 1);
        assert_eq!(day.decisions.values().sum::<u64>(), 2 * MOST_KINDS as u64);
        let text = serde_json::to_vec(&day).unwrap();
        assert!(text.len() < crate::store::MAX_DOCUMENT_BYTES);
        assert_eq!(serde_json::from_slice::<Day>(&text).unwrap(), day);
    }
}
