//! Where a choice was made, if it was not made here.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use super::{Action, DecisionError, parse_time, rfc3339_millis};
use crate::category::Category;
use crate::choices::Choices;
use crate::notice::{Notice, Platform};
use crate::signal::Signals;

/// The longest id that another platform gave to a consent, in bytes: visible ASCII. The longest of those that are known,
/// Cookiebot's, has about 60.
pub const MAX_THEIR_ID_BYTES: usize = 128;

/// By how much two clocks may differ.
const TOLERANCE: Duration = Duration::DAY;

/// What the browser says about it; untrusted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProvenanceRequest {
    /// When the visitor chose there, RFC 3339, if the platform keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    pub decided_at: Option<String>,
    /// The platform's own name for that consent, if it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[!-~]{1,128}$"))]
    pub id: Option<String>,
    /// One of the words of [`Platform`].
    #[cfg_attr(feature = "openapi", schema(value_type = crate::notice::Platform))]
    pub platform: String,
}

/// The same, parsed against the notice. The id is personal data, so `Debug` does not print it.
///
/// ```
/// use std::collections::BTreeMap;
/// use consent_core::category::Category;
/// use consent_core::decision::{Decision, DecisionError, MAX_THEIR_ID_BYTES, ProvenanceRequest};
/// use consent_core::notice::{MovingIn, Notice, Platform};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// # let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
/// // The notice says that a visitor who granted `statistics` there has granted analytics here.
/// let categories = BTreeMap::from([(Category::Analytics, vec!["statistics".to_owned()])]);
/// let (by, reason) = ("Ada".to_owned(), "Same purposes".to_owned());
/// body.moving_in = vec![MovingIn { by, categories, name: None, platform: Platform::Cookiebot, reason }];
/// let notice = Notice::new(body)?;
/// # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
/// #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
/// #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
/// #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
/// #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
/// # }))?;
/// let mut request = request;
/// request.action = "import".into();
/// let (decided_at, platform) = (Some("2026-10-01T08:00:00Z".to_owned()), "cookiebot".to_owned());
/// request.provenance = Some(ProvenanceRequest { decided_at, id: None, platform });
/// let decision = Decision::parse(&request, &notice, now)?;
/// let from = decision.provenance().ok_or("made here")?;
/// assert_eq!((from.platform(), from.decided_at()), (Platform::Cookiebot, Some(decision.since())));
///
/// let id = Some("x".repeat(MAX_THEIR_ID_BYTES + 1));
/// request.provenance = Some(ProvenanceRequest { decided_at: None, id, platform: "cookiebot".to_owned() });
/// assert_eq!(Decision::parse(&request, &notice, now), Err(DecisionError::Provenance));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Provenance {
    pub(super) platform: Platform,
    pub(super) id: Option<String>,
    pub(super) decided_at: Option<OffsetDateTime>,
}

impl std::fmt::Debug for Provenance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provenance")
            .field("platform", &self.platform)
            .field("decided_at", &self.decided_at)
            .finish_non_exhaustive()
    }
}

impl Provenance {
    /// Whose choice it was.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// When it was made, if the platform said so.
    #[must_use]
    pub fn decided_at(&self) -> Option<OffsetDateTime> {
        self.decided_at
    }
}

/// What is kept of it.
#[derive(Serialize)]
pub(super) struct ProvenanceData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    platform: Platform,
}

impl<'a> ProvenanceData<'a> {
    pub(super) fn of(provenance: &'a Provenance) -> Self {
        Self {
            decided_at: provenance.decided_at.map(rfc3339_millis),
            id: provenance.id.as_deref(),
            platform: provenance.platform,
        }
    }
}

/// Reads where a choice comes from. `import` has to say it, and nothing else may; the notice has to declare the platform, and
/// grant nothing for which nothing of the platform's stands; the choice has to hold still at `now`, the browser's time.
pub(super) fn parse(
    request: Option<&ProvenanceRequest>,
    action: Action,
    choices: Choices,
    signals: Signals,
    notice: &Notice,
    now: OffsetDateTime,
) -> Result<Option<Provenance>, DecisionError> {
    let request = match (action, request) {
        (Action::Import, _) if notice.moving_in.is_empty() => {
            return Err(DecisionError::ActionNotOffered(action));
        }
        (Action::Import, Some(request)) => request,
        (Action::Import, None) => return Err(DecisionError::Provenance),
        (_, None) => return Ok(None),
        (_, Some(_)) => return Err(DecisionError::Provenance),
    };
    let platform: Platform = request.platform.parse().map_err(|_| DecisionError::Provenance)?;
    let declared = notice.moving_in.iter().find(|declared| declared.platform == platform);
    let declared = declared.ok_or(DecisionError::ActionNotOffered(action))?;
    let objected = signals.gpc && choices.allows(Category::Advertisement);
    let beyond = declared.beyond(choices).or(objected.then_some(Category::Advertisement));
    if let Some(category) = beyond {
        return Err(DecisionError::ActionMismatch { action, category });
    }
    let id = request.id.clone();
    let fits = |id: &String| {
        (1..=MAX_THEIR_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !id.as_ref().is_none_or(fits) {
        return Err(DecisionError::Provenance);
    }
    let decided_at = match &request.decided_at {
        Some(text) => Some(parse_time(text).ok_or(DecisionError::Provenance)?),
        None => None,
    };
    let holds = |at: OffsetDateTime| {
        let age = now - at;
        -TOLERANCE <= age && age < Duration::days(i64::from(notice.ask_again_after))
    };
    if !decided_at.is_none_or(holds) {
        return Err(DecisionError::Provenance);
    }
    Ok(Some(Provenance { platform, id, decided_at }))
}

/// It, as bytes that differ when it does.
pub(super) fn digest_into(provenance: Option<&Provenance>, bytes: &mut Vec<u8>) {
    let Some(Provenance { platform, id, decided_at }) = provenance else { return };
    // Neither a page nor the id of a service contains such a byte.
    bytes.push(1);
    bytes.extend_from_slice(platform.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(id.as_deref().unwrap_or_default().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&decided_at.map_or(-1, OffsetDateTime::unix_timestamp_nanos).to_be_bytes());
}
