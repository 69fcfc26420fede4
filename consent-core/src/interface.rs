//! What a server answers, in the form that it has in JSON: for whoever asks one.
//!
//! ```
//! use consent_core::interface::{Acknowledgement, ErasureEntry, ErasureReport, ProblemDetails};
//!
//! let answer = r#"{"decision_id":"0193564c-9000-7000-8000-0123456789ab","log":"consent.example/newsroom/2026","index":5,"size":6,"recorded_at":"2026-11-23T09:30:00Z"}"#;
//! let promised: Acknowledgement = serde_json::from_str(answer)?;
//! assert!(promised.index < promised.size, "it is under a signed head");
//!
//! let refusal = r#"{"type":"urn:consent:problem:unknown_site","status":404,"code":"unknown_site","detail":"no such site"}"#;
//! let problem: ProblemDetails = serde_json::from_str(refusal)?;
//! assert_eq!((problem.status, problem.code.as_str()), (404, "unknown_site"));
//!
//! let entries = vec![ErasureEntry { log: promised.log, index: 9 }];
//! let report = serde_json::to_value(ErasureReport { decisions: 1, entries })?;
//! assert_eq!(report["entries"][0]["index"], 9);
//! # Ok::<(), serde_json::Error>(())
//! ```

mod statistics;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::category::Category;
use crate::choices::{Choice, Choices};
use crate::decision::{Action, Place, UserAgentClass};
use crate::notice::{NoticeId, Platform, ServiceId};
use crate::regime::Rule;
use crate::signal::Signals;

pub use self::statistics::{Statistics, StatisticsBy, StatisticsGroup};

/// What is promised when a decision is recorded: it is durable, has its place, and is under a signed head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The decision.
    pub decision_id: String,
    /// The origin of the log that it is in.
    pub log: String,
    /// Its index in the log.
    pub index: u64,
    /// The size of the signed head that covers it.
    pub size: u64,
    /// The server's clock when it arrived, RFC 3339.
    pub recorded_at: String,
}

/// One decision as it is recorded.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::decision::Action;
/// use consent_core::interface::{AskedAgain, PastDecision, RecordedDecision, RecordedProvenance, RecordedSubject};
///
/// let answer = r#"{
///     "log": "2026", "index": 5, "time": 1795426200,
///     "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
///     "decision": {
///         "action": "import",
///         "choices": { "necessary": "grant", "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
///         "decided_at": "2026-11-23T09:30:00.123Z", "language": "fr", "page": "/",
///         "provenance": { "platform": "cookiebot" },
///         "recorded_at": "2026-11-23T09:30:00.456Z",
///         "regime": ["always", "opt_in", "opt_in", "opt_in", "opt_in"],
///         "region": "FR", "signals": { "gpc": false }, "user_agent_class": "desktop"
///     },
///     "asked_again": {
///         "since": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", "expired": true,
///         "categories": ["analytics"], "changes": []
///     }
/// }"#;
/// let past: PastDecision = serde_json::from_str(answer)?;
/// let decision: RecordedDecision = past.decision.ok_or("erased")?;
/// assert_eq!((decision.action, decision.choices.allows(Category::Analytics)), (Action::Import, true));
/// let from: RecordedProvenance = decision.provenance.ok_or("made here")?;
/// assert_eq!(from.decided_at, None, "the platform did not keep it");
/// let again: AskedAgain = past.asked_again.ok_or("asked once")?;
/// assert_eq!((again.expired, again.reason), (true, None));
/// let who: Option<RecordedSubject> = past.subject;
/// assert!(who.is_none(), "who it was is erased, what they decided is not");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PastDecision {
    /// Which log of the site: its year.
    pub log: String,
    /// The index in it.
    pub index: u64,
    /// When the log took it, unix seconds.
    pub time: u64,
    /// What was shown.
    pub notice_id: NoticeId,
    /// What was decided; absent if erased.
    pub decision: Option<RecordedDecision>,
    /// Who decided; absent if erased.
    pub subject: Option<RecordedSubject>,
    /// Why the site asked again, if it did.
    pub asked_again: Option<AskedAgain>,
}

/// What made a site ask somebody again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AskedAgain {
    /// The notice of the decision before.
    pub since: NoticeId,
    /// Whether that decision had expired.
    pub expired: bool,
    /// The categories that were asked about.
    pub categories: Vec<Category>,
    /// What the first layer told of it, in the notice's language.
    pub reason: Option<String>,
    /// What was different and asks again, a line of English each.
    pub changes: Vec<String>,
}

/// What was decided, as it was committed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(example = json!({
        "action": "reject_all",
        "choices": {
            "necessary": "grant", "functional": "deny", "analytics": "deny", "performance": "deny", "advertisement": "deny",
        },
        "decided_at": "2026-11-23T09:30:00.123Z",
        "language": "fr",
        "page": "/actualites",
        "recorded_at": "2026-11-23T09:30:00.456Z",
        "regime": ["always", "opt_in", "opt_in", "opt_in", "opt_in"],
        "region": "FR",
        "signals": { "gpc": false },
        "user_agent_class": "desktop",
    }))
)]
pub struct RecordedDecision {
    /// What the visitor did.
    pub action: Action,
    /// What holds from then on.
    pub choices: Choices,
    /// The browser's clock, RFC 3339. Evidence only.
    pub decided_at: String,
    /// Where it was made, if another site of the group handed it on; there if `action` is `handoff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoff: Option<Place>,
    /// The language that was shown.
    pub language: String,
    /// The path of the page.
    pub page: String,
    /// Where the choice was made, if it was not made here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<RecordedProvenance>,
    /// The server's clock, RFC 3339.
    pub recorded_at: String,
    /// What each category waited for, in the order of [`Category::ALL`].
    #[cfg_attr(feature = "openapi", schema(min_items = 5, max_items = 5))]
    pub regime: [Rule; 5],
    /// The region whose rules these were.
    pub region: String,
    /// What was chosen for single services.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<ServiceId, Choice>,
    /// What the browser said for the visitor.
    pub signals: Signals,
    /// What kind of program it came from.
    pub user_agent_class: UserAgentClass,
}

/// Where a choice was made that was not made here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordedProvenance {
    /// When, RFC 3339, if the platform keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
    /// The platform's own name for that consent, if it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Which platform.
    pub platform: Platform,
}

/// Who decided, as it was committed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(example = json!({
        "decision_id": "0193564c-9000-7000-8000-0123456789ab",
        "subject_id": "AAECAwQFBgcICQoLDA0ODw",
    }))
)]
pub struct RecordedSubject {
    /// The decision.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::decision::DecisionId))]
    pub decision_id: String,
    /// The network that it came from, if the notice says that it is kept: the first 24 bits of an IPv4 address, or 48 of an IPv6 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "203.0.113.0/24"))]
    pub network: Option<String>,
    /// The visitor.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::decision::SubjectId))]
    pub subject_id: String,
}

/// What an erasure left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(example = json!({
        "decisions": 1,
        "entries": [{ "log": "consent.example/newsroom/2026", "index": 9 }],
    }))
)]
pub struct ErasureReport {
    /// How many decisions were erased; 0 if there were none, or not any more.
    pub decisions: u64,
    /// The entries that say so.
    pub entries: Vec<ErasureEntry>,
}

/// Where an erasure is logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasureEntry {
    /// The origin of the log.
    pub log: String,
    /// The index in it.
    pub index: u64,
}

/// How the receivers of a site's webhooks do.
///
/// ```
/// use consent_core::interface::{WebhookLog, WebhookReplay, WebhookStatus, Webhooks};
///
/// let logs = vec![WebhookLog { log: "2026".to_owned(), told: 9, size: 12 }];
/// let warehouse = WebhookStatus { id: "warehouse".to_owned(), logs, failing_since: Some(1_795_426_200), again: 0 };
/// let all = Webhooks { webhooks: vec![warehouse] };
/// let behind = all.webhooks.iter().flat_map(|one| &one.logs).map(|log| log.size - log.told).sum::<u64>();
/// assert_eq!(behind, 3);
///
/// // From where on it is to be told again, once it listens.
/// let replay = WebhookReplay { since: Some("2026-11-23".to_owned()), ..WebhookReplay::default() };
/// assert_eq!(serde_json::to_string(&replay)?, r#"{"since":"2026-11-23"}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(example = json!({
        "webhooks": [{ "id": "warehouse", "logs": [{ "log": "2026", "told": 9, "size": 12 }], "failing_since": 1_795_426_200, "again": 0 }],
    }))
)]
pub struct Webhooks {
    /// Each of them, in the order of the config.
    pub webhooks: Vec<WebhookStatus>,
}

/// How far the receiver of a webhook was told, as it was noted last: at most a second ago.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(example = json!({
        "id": "warehouse",
        "logs": [{ "log": "2026", "told": 9, "size": 12 }],
        "failing_since": 1_795_426_200,
        "again": 0,
    }))
)]
pub struct WebhookStatus {
    /// Its id in the config.
    pub id: String,
    /// The site's logs.
    pub logs: Vec<WebhookLog>,
    /// Since when it does not take what it is told, unix seconds; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    /// How many entries it has still to be told again, as somebody has asked for; those of other kinds included.
    pub again: u64,
}

/// How far a receiver was told what stands in a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookLog {
    /// Which log of the site: its year.
    pub log: String,
    /// How many entries are behind it, whether it had to be told of them or not.
    pub told: u64,
    /// How many there are.
    pub size: u64,
}

/// What a receiver is to be told again. What is absent has no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({ "log": "2026", "from": 5, "to": 9 })))]
#[serde(deny_unknown_fields)]
pub struct WebhookReplay {
    /// Only what stands in this log of the site: its year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The first index; with `log`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// The index after the last; with `log`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
    /// The first moment at which the log took it: a day (its midnight in UTC), or RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The first moment after the last, in the same form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What is wrong with a request, or with the server (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProblemDetails {
    /// The status of the response.
    pub status: u16,
    /// What went wrong, for programs; never changes.
    pub code: String,
    /// What went wrong and what to do, for people; may change.
    pub detail: String,
}
