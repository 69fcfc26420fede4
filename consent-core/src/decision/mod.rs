//! From what a browser sends to what the log records: [`DecisionRequest`] is untrusted, [`Decision`] is not.
//!
//! ```
//! use consent_core::choices::{Choice, Choices};
//! use consent_core::category::Category;
//! use consent_core::decision::{Action, Decision, DecisionError, UserAgentClass};
//! # use consent_core::notice::Notice;
//!
//! # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
//! # let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
//! # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
//! #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
//! #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
//! #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
//! #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
//! # }))?;
//! // The body of a request: who, under which notice, `save`, and analytics alone is granted.
//! let decision = Decision::parse(&request, &notice, now)?.from_class(UserAgentClass::Mobile);
//! assert_eq!(decision.action(), Action::Save);
//! assert_eq!(decision.choices(), Choices::DENIED.with(Category::Analytics, Choice::Grant));
//! assert_eq!((decision.notice_id(), decision.services().count()), (notice.id(), 0));
//! assert_eq!(decision.user_agent_class(), UserAgentClass::Mobile);
//!
//! // What does not tell one story is refused, and nothing of it is kept.
//! let mut untrue = request.clone();
//! untrue.action = "reject_all".into();
//! let category = Category::Analytics;
//! let refused = DecisionError::ActionMismatch { action: Action::RejectAll, category };
//! assert_eq!(Decision::parse(&untrue, &notice, now), Err(refused));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod action;
mod data;
mod error;
mod handed_on;
mod ids;
mod network;
mod provenance;
mod request;
mod services;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use self::action::Action;
pub use self::error::DecisionError;
pub use self::handed_on::{HandedOn, Place};
pub use self::ids::{DecisionId, InvalidDecisionId, InvalidSubjectId, SubjectId};
pub use self::network::Network;
pub use self::provenance::{MAX_THEIR_ID_BYTES, Provenance, ProvenanceRequest};
use self::request::Word;
pub use self::request::{DecisionRequest, MAX_REQUEST_BYTES};
use crate::category::Category;
use crate::choices::{Choice, Choices};
use crate::digest::Digest;
use crate::notice::{Notice, NoticeId, ServiceId};
use crate::regime::Rule;
use crate::signal::Signals;

/// The longest `page`, in bytes, after query and fragment are cut off.
///
/// ```
/// use consent_core::decision::{Decision, DecisionError, MAX_PAGE_BYTES};
/// # use consent_core::notice::Notice;
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let now = time::OffsetDateTime::UNIX_EPOCH;
/// # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
/// #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
/// #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
/// #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
/// #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
/// # }))?;
/// let mut request = request;
/// request.page = "/".repeat(MAX_PAGE_BYTES + 1);
/// assert_eq!(Decision::parse(&request, &notice, now), Err(DecisionError::Page));
/// request.page.insert(MAX_PAGE_BYTES, '?');
/// assert!(Decision::parse(&request, &notice, now).is_ok(), "a query is cut off");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_PAGE_BYTES: usize = 1024;

/// The kind of program that a decision came from: all that is kept of the `User-Agent` header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum UserAgentClass {
    /// A browser on a computer.
    Desktop,
    /// A browser on a telephone or tablet.
    Mobile,
    /// A program that says of itself that it is no person's browser.
    Bot,
    /// None of these, or no header.
    #[default]
    Unknown,
}

impl UserAgentClass {
    /// The word for it in JSON.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Bot => "bot",
            Self::Unknown => "unknown",
        }
    }
}

/// A request that agrees with the notice it was made under. Immutable.
///
/// ```
/// use consent_core::decision::{Decision, rfc3339_millis};
/// # use consent_core::notice::Notice;
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
/// # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
/// #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
/// #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
/// #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
/// #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
/// # }))?;
/// let decision = Decision::parse(&request, &notice, now)?;
/// // Two clocks: the browser's, which is evidence only, and the server's.
/// assert_eq!(rfc3339_millis(decision.decided_at()), "2026-11-23T09:30:00.123Z");
/// assert_eq!(rfc3339_millis(decision.recorded_at()), "2026-11-24T06:00:00.000Z");
/// assert_eq!((decision.since(), decision.provenance()), (decision.decided_at(), None));
/// assert_eq!((decision.language(), decision.region()), ("fr", notice.regime.region.as_str()));
///
/// assert_eq!(decision.decision_id().to_string(), request.decision_id);
/// assert_eq!(decision.subject_id().to_string(), request.subject_id);
///
/// // The same request again, later: it is known by its digest.
/// let again = Decision::parse(&request, &notice, now + time::Duration::MINUTE)?;
/// assert_eq!(again.request_digest(), decision.request_digest());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    decision_id: DecisionId,
    subject_id: SubjectId,
    notice_id: NoticeId,
    action: Action,
    choices: Choices,
    services: services::Services,
    decided_at: OffsetDateTime,
    handed_on: Option<Place>,
    recorded_at: OffsetDateTime,
    signals: Signals,
    language: String,
    network: Option<Network>,
    page: String,
    provenance: Option<Provenance>,
    region: String,
    regime: [Rule; 5],
    user_agent_class: UserAgentClass,
}

impl Decision {
    /// Reads a request against the notice that it names, at the server's time `now`.
    ///
    /// # Errors
    /// The first thing in the request that is wrong by itself or does not agree with the notice.
    pub fn parse(
        request: &DecisionRequest,
        notice: &Notice,
        now: OffsetDateTime,
    ) -> Result<Self, DecisionError> {
        Self::read(request, notice, now, None)
    }

    /// The same for a request that brings a decision from another site of the group. `handed_on` is what the server itself has
    /// verified of it: its word decides what is granted, and the request only has to agree with it.
    ///
    /// ```
    /// use consent_core::decision::{Decision, DecisionError, HandedOn};
    /// # use consent_core::{choices::Choices, decision::{DecisionId, Place}, notice::Notice};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// # let now = time::OffsetDateTime::UNIX_EPOCH;
    /// # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
    /// #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
    /// #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
    /// #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
    /// #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
    /// # }))?;
    /// # let from = Place { index: 5, log: "2026".to_owned(), site: "sport".parse()? };
    /// # let decision_id = DecisionId::made_at(1_795_426_200_123, [7; 10]);
    /// let handed_on = HandedOn { choices: Choices::GRANTED, decision_id, from };
    /// let mut request = request;
    /// request.action = "handoff".into();
    /// // A browser that names the decision itself brings another one than the token.
    /// let refused = Decision::parse_handed_on(&request, &notice, now, &handed_on);
    /// assert_eq!(refused, Err(DecisionError::HandoffMismatch));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Decision::parse`], and if the request is not the one for which that was handed on, or its notice does not tell of the
    /// other site.
    pub fn parse_handed_on(
        request: &DecisionRequest,
        notice: &Notice,
        now: OffsetDateTime,
        handed_on: &HandedOn,
    ) -> Result<Self, DecisionError> {
        Self::read(request, notice, now, Some(handed_on))
    }

    fn read(
        request: &DecisionRequest,
        notice: &Notice,
        now: OffsetDateTime,
        handed_on: Option<&HandedOn>,
    ) -> Result<Self, DecisionError> {
        let decision_id = match handed_on {
            // The browser does not know it.
            Some(_) if !request.decision_id.is_empty() => return Err(DecisionError::HandoffMismatch),
            Some(handed_on) => handed_on.decision_id,
            None => request.decision_id.parse().map_err(|_| DecisionError::DecisionId)?,
        };
        let subject_id = request.subject_id.parse().map_err(|_| DecisionError::SubjectId)?;
        let notice_id: NoticeId = request.notice_id.parse().map_err(|_| DecisionError::NoticeId)?;
        if notice_id != notice.id() {
            return Err(DecisionError::NoticeMismatch);
        }
        if request.language != notice.language {
            return Err(DecisionError::LanguageMismatch);
        }
        let action = Action::ALL
            .into_iter()
            .find(|action| action.as_str() == request.action)
            .ok_or(DecisionError::UnknownAction)?;
        let choices = parse_choices(&request.choices)?;
        let decided_at = parse_time(&request.decided_at).ok_or(DecisionError::DecidedAt)?;
        // One without the other is no hand-off.
        if (action == Action::Handoff) != handed_on.is_some() {
            return Err(DecisionError::ActionNotOffered(action));
        }
        if let Some(handed_on) = handed_on {
            let at = decided_at.unix_timestamp_nanos() / 1_000_000;
            handed_on.fits(request, at, notice)?;
        }
        agree(action, choices, request.signals, notice, handed_on)?;
        let from = request.provenance.as_ref();
        let provenance = provenance::parse(from, action, choices, request.signals, notice, decided_at)?;
        Ok(Self {
            decision_id,
            subject_id,
            notice_id,
            action,
            choices,
            services: services::parse(&request.services, action, choices, notice)?,
            decided_at,
            handed_on: handed_on.map(|handed_on| handed_on.from.clone()),
            recorded_at: now,
            signals: request.signals,
            language: request.language.clone(),
            network: None,
            page: parse_page(&request.page)?.to_owned(),
            provenance,
            region: notice.regime.region.clone(),
            regime: notice.regime.rules,
            user_agent_class: UserAgentClass::Unknown,
        })
    }

    /// The same decision with the kind of program that it came from.
    #[must_use]
    pub fn from_class(mut self, class: UserAgentClass) -> Self {
        self.user_agent_class = class;
        self
    }

    /// The same decision with the network that it came from, if the notice says that it is kept: the visitor's address itself is
    /// never part of a decision.
    ///
    /// ```
    /// use consent_core::decision::{Decision, Network};
    /// # use consent_core::notice::{Notice, NoticeBody};
    ///
    /// # let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small"));
    /// # let mut body: NoticeBody = serde_json::from_slice(bytes)?;
    /// # let now = time::OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
    /// # let request = |notice: &Notice| serde_json::from_value(serde_json::json!({
    /// #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
    /// #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
    /// #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
    /// #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
    /// # }));
    /// let from = Network::of([203, 0, 113, 77].into());
    /// # let notice = Notice::new(body.clone())?;
    /// let decision = Decision::parse(&request(&notice)?, &notice, now)?.from_network(from, &notice);
    /// assert!(!decision.subject_data().contains("203.0.113"), "this notice says nothing of it");
    ///
    /// body.network = true;
    /// # let notice = Notice::new(body)?;
    /// let decision = Decision::parse(&request(&notice)?, &notice, now)?.from_network(from, &notice);
    /// assert!(decision.subject_data().contains(r#""network":"203.0.113.0/24""#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn from_network(mut self, network: Network, notice: &Notice) -> Self {
        self.network = notice.network.then_some(network);
        self
    }

    /// Its name.
    #[must_use]
    pub fn decision_id(&self) -> DecisionId {
        self.decision_id
    }

    /// Who decided.
    #[must_use]
    pub fn subject_id(&self) -> SubjectId {
        self.subject_id
    }

    /// What was shown.
    #[must_use]
    pub fn notice_id(&self) -> NoticeId {
        self.notice_id
    }

    /// What the visitor did.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// What holds from now on.
    #[must_use]
    pub fn choices(&self) -> Choices {
        self.choices
    }

    /// The language in which the notice was shown, BCP 47.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// Whose rules held, as the notice names it.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The kind of program that it came from.
    #[must_use]
    pub fn user_agent_class(&self) -> UserAgentClass {
        self.user_agent_class
    }

    /// What was said of single services, in the order of their ids.
    pub fn services(&self) -> impl Iterator<Item = (&ServiceId, Choice)> {
        self.services.iter().map(|(id, choice)| (id, *choice))
    }

    /// The server's clock.
    #[must_use]
    pub fn recorded_at(&self) -> OffsetDateTime {
        self.recorded_at
    }

    /// The browser's clock.
    #[must_use]
    pub fn decided_at(&self) -> OffsetDateTime {
        self.decided_at
    }

    /// Where it was made, if not here.
    #[must_use]
    pub fn provenance(&self) -> Option<&Provenance> {
        self.provenance.as_ref()
    }

    /// From when on its age counts: when the visitor chose, also where that was elsewhere and is known.
    #[must_use]
    pub fn since(&self) -> OffsetDateTime {
        self.provenance.as_ref().and_then(Provenance::decided_at).unwrap_or(self.decided_at)
    }

    /// A fingerprint of everything that the browser sent, in the sense in which it was understood: two requests with
    /// equal values are the same decision sent twice. The server's time is no part of it.
    #[must_use]
    pub fn request_digest(&self) -> Digest {
        let mut bytes = Vec::with_capacity(256);
        bytes.extend_from_slice(self.decision_id.as_bytes());
        bytes.extend_from_slice(self.subject_id.as_bytes());
        bytes.extend_from_slice(&self.notice_id.0.0);
        bytes.push(self.action as u8);
        bytes.push(self.choices.bits());
        bytes.push(u8::from(self.signals.gpc));
        bytes.extend_from_slice(&self.decided_at.unix_timestamp_nanos().to_be_bytes());
        bytes.extend_from_slice(self.page.as_bytes());
        services::digest_into(&self.services, &mut bytes);
        provenance::digest_into(self.provenance.as_ref(), &mut bytes);
        if let Some(from) = &self.handed_on {
            from.digest_into(&mut bytes);
        }
        Digest::of(&bytes)
    }
}

fn parse_choices(pairs: &[(Word, Word)]) -> Result<Choices, DecisionError> {
    let mut seen = 0_u8;
    let mut choices = Choices::DENIED;
    for (category, choice) in pairs {
        let category: Category = category.parse().map_err(|_| DecisionError::UnknownCategory)?;
        if seen & category.bit() != 0 {
            return Err(DecisionError::RepeatedCategory(category));
        }
        seen |= category.bit();
        let choice = match &**choice {
            "grant" => Choice::Grant,
            "deny" if category == Category::Necessary => return Err(DecisionError::NecessaryDenied),
            "deny" => Choice::Deny,
            _ => return Err(DecisionError::UnknownChoice(category)),
        };
        choices = choices.with(category, choice);
    }
    match Category::OPTIONAL.into_iter().find(|category| seen & category.bit() == 0) {
        Some(missing) => Err(DecisionError::MissingCategory(missing)),
        None => Ok(choices),
    }
}

/// Whether action and choices tell the same story under this notice.
fn agree(
    action: Action,
    choices: Choices,
    signals: Signals,
    notice: &Notice,
    handed_on: Option<&HandedOn>,
) -> Result<(), DecisionError> {
    let differs = |expected: Choices| {
        Category::OPTIONAL
            .into_iter()
            .find(|category| choices.choice(*category) != expected.choice(*category))
    };
    let contradiction = match action {
        Action::AcceptAll => differs(Choices::GRANTED),
        Action::RejectAll | Action::Withdraw => differs(Choices::DENIED),
        Action::Close => differs(notice.regime.before_choice()),
        Action::Signal if !signals.gpc => return Err(DecisionError::NoSignal),
        // A signal speaks against advertising; it never grants what waits for a yes.
        Action::Signal => differs(notice.regime.before_choice().with(Category::Advertisement, Choice::Deny)),
        // What an import may grant is looked at with where it comes from.
        Action::Save | Action::Import => None,
        Action::Handoff => {
            let handed_on = handed_on.ok_or(DecisionError::ActionNotOffered(action))?;
            differs(handed_on.choices(signals))
        }
    };
    match contradiction {
        Some(category) => Err(DecisionError::ActionMismatch { action, category }),
        None => Ok(()),
    }
}

/// Times that are in the calendar by their own offset and not by UTC, such as the last hours of 9999 in Honolulu, have
/// no form in which they could be written down; and the cookie counts from 1970.
fn parse_time(text: &str) -> Option<OffsetDateTime> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok();
    let at = at.and_then(|at| at.checked_to_offset(time::UtcOffset::UTC));
    at.filter(|at| at.unix_timestamp() >= 0 && at.year() <= 9999)
}

fn parse_page(page: &str) -> Result<&str, DecisionError> {
    let path = page.split(['?', '#']).next().unwrap_or_default();
    let fits = path.starts_with('/') && path.len() <= MAX_PAGE_BYTES && !path.chars().any(char::is_control);
    if fits { Ok(path) } else { Err(DecisionError::Page) }
}

/// RFC 3339 in UTC with exactly three decimals: the one form in which times are written into openings. Of years 0 to 9999.
///
/// Written digit by digit, as there are three in every decision and a format string takes ten times as long.
#[must_use]
pub fn rfc3339_millis(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second, millisecond) = at.to_hms_milli();
    let numbers: [(_, u32); 7] = [
        (0..4, year.unsigned_abs()),
        (5..7, u8::from(month).into()),
        (8..10, day.into()),
        (11..13, hour.into()),
        (14..16, minute.into()),
        (17..19, second.into()),
        (20..23, millisecond.into()),
    ];
    let mut text = *b"0000-00-00T00:00:00.000Z";
    for (place, mut number) in numbers {
        for digit in text.get_mut(place).into_iter().flatten().rev() {
            *digit += u8::try_from(number % 10).unwrap_or(0);
            number /= 10;
        }
    }
    str::from_utf8(&text).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
