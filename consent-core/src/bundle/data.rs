//! The fields of an opening that are shown and compared. The data itself is kept verbatim and may have more.
//!
//! ```
//! use consent_core::bundle::data::{DecisionData, HandoffData, ProvenanceData, SignalData, SubjectData};
//! use consent_core::category::Category;
//!
//! // What a decision wrote down, with a field that only a later version knows.
//! let data = r#"{
//!     "action": "import",
//!     "choices": { "necessary": "grant", "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
//!     "decided_at": "2026-11-23T09:30:00.123Z", "language": "fr", "page": "/", "more": 1,
//!     "provenance": { "platform": "cookiebot", "id": "stamp" },
//!     "recorded_at": "2026-11-23T09:30:00.456Z",
//!     "regime": ["always", "opt_in", "opt_in", "opt_in", "opt_in"],
//!     "region": "FR", "signals": { "gpc": false }, "user_agent_class": "desktop"
//! }"#;
//! let decision = DecisionData::parse(data).ok_or("not the data of a decision")?;
//! assert!(decision.choices.allows(Category::Analytics));
//! assert_eq!(decision.signals, SignalData { gpc: false });
//! let from: ProvenanceData = decision.provenance.ok_or("made here")?;
//! assert_eq!(from.to_string(), "cookiebot stamp");
//! assert!(!format!("{from:?}").contains("stamp"), "it is personal data");
//! let handed_on: Option<HandoffData> = decision.handoff;
//! assert!(handed_on.is_none() && SubjectData::parse(data).is_none());
//! # Ok::<(), &str>(())
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::choices::{Choice, Choices};
use crate::regime::Rule;

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct DecisionData {
    /// What the visitor did.
    pub action: String,
    /// The five choices.
    pub choices: Choices,
    /// The browser's clock, RFC 3339.
    pub decided_at: String,
    /// Where it was decided, if another site of the group handed it on.
    #[serde(default)]
    pub handoff: Option<HandoffData>,
    /// The language of the notice.
    pub language: String,
    /// On which page, without query and fragment.
    pub page: String,
    /// Where it was made, if not here.
    #[serde(default)]
    pub provenance: Option<ProvenanceData>,
    /// The server's clock, RFC 3339.
    pub recorded_at: String,
    /// The five rules that held.
    pub regime: [Rule; 5],
    /// The region that they hold for.
    pub region: String,
    /// What was said of single services; absent where nothing was.
    #[serde(default)]
    pub services: BTreeMap<String, Choice>,
    /// What the browser said for the visitor.
    pub signals: SignalData,
    /// The kind of program.
    pub user_agent_class: String,
}

/// Where a choice was made that was taken over. `Debug` does not show the id.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct ProvenanceData {
    /// When it was made there, RFC 3339, if that is known.
    #[serde(default)]
    pub decided_at: Option<String>,
    /// The platform's own name for it.
    #[serde(default)]
    pub id: Option<String>,
    /// The platform.
    pub platform: String,
}

impl std::fmt::Debug for ProvenanceData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProvenanceData")
            .field("platform", &self.platform)
            .field("decided_at", &self.decided_at)
            .finish_non_exhaustive()
    }
}

/// `cookiebot 2026-03-01T09:30:00.000Z stamp`: as much of it as there is.
impl std::fmt::Display for ProvenanceData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.platform)?;
        [&self.decided_at, &self.id].into_iter().flatten().try_for_each(|text| write!(f, " {text}"))
    }
}

/// The place of the decision that was handed on. It is not its name, which would open its receipt.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct HandoffData {
    /// Its index in the log.
    pub index: u64,
    /// The log of the other site.
    pub log: String,
    /// The other site.
    pub site: String,
}

impl std::fmt::Display for HandoffData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.site, self.log, self.index)
    }
}

/// What the browser said for the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct SignalData {
    /// Global Privacy Control.
    pub gpc: bool,
}

/// Who decided. `Debug` shows nothing of them.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct SubjectData {
    /// The name of the decision.
    pub decision_id: String,
    /// The network that it came from, if the notice says that it is kept: `203.0.113.0/24`.
    #[serde(default)]
    pub network: Option<String>,
    /// The visitor.
    pub subject_id: String,
}

impl std::fmt::Debug for SubjectData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectData(…)")
    }
}

impl DecisionData {
    /// Reads the data of an opening; `None` if a field is missing or of another type.
    #[must_use]
    pub fn parse(data: &str) -> Option<Self> {
        serde_json::from_str(data).ok()
    }
}

impl SubjectData {
    /// Reads the data of an opening; `None` if a field is missing or of another type.
    #[must_use]
    pub fn parse(data: &str) -> Option<Self> {
        serde_json::from_str(data).ok()
    }
}
