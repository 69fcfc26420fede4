//! What visitors chose, counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What decisions are counted by.
///
/// ```
/// use consent_core::interface::StatisticsBy;
///
/// assert_eq!(serde_json::to_value(StatisticsBy::Day)?, "day");
/// assert_eq!(StatisticsBy::Notice.as_str(), "notice");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum StatisticsBy {
    /// By what they came to.
    Action,
    /// By what was said of each category.
    Category,
    /// By the day in UTC.
    #[default]
    Day,
    /// By the language of the notice, BCP 47.
    Language,
    /// By the region whose rules held.
    Region,
    /// By the notice that was shown.
    Notice,
}

impl StatisticsBy {
    /// The word for it in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Category => "category",
            Self::Day => "day",
            Self::Language => "language",
            Self::Region => "region",
            Self::Notice => "notice",
        }
    }
}

/// The counts of a period, without programs that say that they are none of a person. They say nothing of anybody, and are no evidence: the log is.
///
/// ```
/// use consent_core::interface::{Statistics, StatisticsGroup};
///
/// let answer = r#"{"from":"2026-11-01","to":"2026-12-01","by":"language","uncounted":0,
///     "groups":[{"value":"fr","counts":{"accepted":6,"mixed":1,"refused":3}}]}"#;
/// let statistics: Statistics = serde_json::from_str(answer)?;
/// let french: &StatisticsGroup = &statistics.groups[0];
/// let answers: u64 = ["accepted", "mixed", "refused"].iter().filter_map(|word| french.counts.get(*word)).sum();
/// assert_eq!(answers, 10);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(example = json!({
        "from": "2026-11-01", "to": "2026-12-01", "by": "day", "uncounted": 0,
        "groups": [{ "value": "2026-11-23", "counts": { "accepted": 6, "mixed": 1, "refused": 3, "shown": 14 } }],
    }))
)]
pub struct Statistics {
    /// The first day, UTC.
    pub from: String,
    /// The day after the last.
    pub to: String,
    /// What is counted by.
    pub by: StatisticsBy,
    /// How many entries of the logs are not counted yet. They are, within seconds.
    pub uncounted: u64,
    /// Each of them that there were decisions of, or a banner was shown of; in the order of their values.
    pub groups: Vec<StatisticsGroup>,
}

/// One day, language, region, notice, category or action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatisticsGroup {
    /// Which one: `2026-11-23`, `fr`, `FR`, the id of a notice, `analytics`, `accepted`. Empty for languages and regions of days on
    /// which there were too many to be told apart.
    pub value: String,
    /// Decisions by what they came to: `accepted` (everything granted), `mixed`, `refused`, `withdrawn`, `signal` (the browser's objection),
    /// `brought_along` (from another platform or site) and `erased` (before they were counted). Of a category, answers of visitors:
    /// `granted` and `denied`. Of an action, `decisions`. Of a day and a notice also `shown`: how often the banner was. What is zero is
    /// absent.
    pub counts: BTreeMap<String, u64>,
}
