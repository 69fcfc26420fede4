//! A choice on its way from one site of a group to another: what may be handed on, and what may be taken.
//!
//! Nothing of it is stored. A token names an entry of a log, and whoever brings it is granted what stands there, read again at that
//! moment, so what was erased meanwhile is gone.

use consent_core::bundle::data::{DecisionData, SubjectData};
use consent_core::choices::Choice;
use consent_core::decision::{DecisionId, HandedOn};
use consent_core::handoff::{Handoff, HandoffError, LIFETIME};
use consent_core::notice::{Notice, NoticeId, SiteId};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::data::ServerKey;
use crate::history;
use crate::site::Site;
use crate::store::{LogId, Store, StoreError};

/// A day: by how much the clock of a browser may be ahead.
const MAX_AHEAD: i64 = 86_400;

/// Why nothing is handed on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffRefused {
    /// The site hands nothing on to that one, or its visitors were not told.
    #[error("this site hands no choice on to that one, or the visitor was not told of it")]
    NotInGroup,
    /// There is no such decision, or not any more.
    #[error("there is no such decision, or it was erased")]
    Missing,
    /// It is no choice of a visitor's: the browser spoke, or another platform.
    #[error("only what a visitor chose is handed on")]
    NotChosen,
    /// It does not hold any more where it was made, or would not here.
    #[error("the choice has expired, or does not cover what is asked for now")]
    Outdated,
    /// More is asked for here before something runs than was where it was granted.
    #[error("the choice was made under looser rules than those that hold here")]
    LooserRules,
    /// The token is none, or of another server.
    #[error(transparent)]
    Token(#[from] HandoffError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What stands in a log of a decision that may be handed on.
struct Origin {
    data: DecisionData,
    decision_id: DecisionId,
    notice_id: NoticeId,
}

impl Origin {
    fn read(store: &dyn Store, log: &LogId, index: u64) -> Result<Self, HandoffRefused> {
        let past = history::decision_at(store, log, index)?.ok_or(HandoffRefused::Missing)?;
        let (Some(decision), Some(subject)) = (past.decision, past.subject) else {
            return Err(HandoffRefused::Missing);
        };
        let data = DecisionData::parse(decision.get()).ok_or(HandoffRefused::Missing)?;
        let subject = SubjectData::parse(subject.get()).ok_or(HandoffRefused::Missing)?;
        let decision_id = subject.decision_id.parse().map_err(|_| HandoffRefused::Missing)?;
        let chosen = ["accept_all", "reject_all", "save", "withdraw", "handoff"];
        if !chosen.contains(&data.action.as_str()) {
            return Err(HandoffRefused::NotChosen);
        }
        Ok(Self { data, decision_id, notice_id: past.notice_id })
    }

    /// Whether it still holds at `now` where a choice does so for so many days.
    fn holds(&self, days: u32, now: i64) -> bool {
        let at = OffsetDateTime::parse(&self.data.decided_at, &Rfc3339).map(OffsetDateTime::unix_timestamp);
        at.is_ok_and(|at| at <= now + MAX_AHEAD && now < at + i64::from(days) * 86_400)
    }
}

/// What one site of a group knows of another.
fn told(notice: &Notice, other: &SiteId) -> bool {
    notice.group.as_ref().is_some_and(|group| group.has(other)) && notice.site != *other
}

fn in_group(site: &Site, other: &SiteId) -> bool {
    site.config.group.as_ref().is_some_and(|group| group.has(other)) && site.config.id != *other
}

/// What a token for a decision of `site` says: with it the site `to` may take the same choice once, in the next minute. `random` makes
/// its name there; `now` is unix seconds.
///
/// # Errors
/// If the visitor was not told of that site, or the choice does not hold any more, or the store fails.
pub fn give(
    store: &dyn Store,
    site: &Site,
    decision: DecisionId,
    to: &SiteId,
    random: [u8; 10],
    now: i64,
) -> Result<Handoff, HandoffRefused> {
    if !in_group(site, to) {
        return Err(HandoffRefused::NotInGroup);
    }
    let placed = store.find_decision(&site.config.id, decision)?.ok_or(HandoffRefused::Missing)?;
    let origin = Origin::read(store, &placed.log, placed.index)?;
    if origin.decision_id != decision {
        return Err(HandoffRefused::Missing);
    }
    let notice = history::notice(store, &site.config.id, origin.notice_id)?.ok_or(HandoffRefused::Missing)?;
    if !told(&notice, to) {
        return Err(HandoffRefused::NotInGroup);
    }
    // It was made under the rules of one region, in one language; what is asked for there now tells whether it still covers it.
    let current = site
        .banners()
        .map(|banner| &banner.notice)
        .find(|current| current.language == notice.language && current.regime.region == notice.regime.region);
    let covers = current.is_some_and(|current| current.changes_since(&notice).is_empty());
    if !covers
        || !origin.holds(notice.ask_again_after, now)
        || !origin.holds(site.config.ask_again_after, now)
    {
        return Err(HandoffRefused::Outdated);
    }
    Ok(Handoff {
        choices: origin.data.choices,
        decision_id: decision.handed_on(random),
        expires_at: u64::try_from(now).unwrap_or(0).saturating_add(LIFETIME),
        from: site.config.id.clone(),
        log: placed.log.year,
        index: placed.index,
        to: to.clone(),
    })
}

/// What a token brings to `site` under `notice`, at `now` in unix seconds.
///
/// # Errors
/// If the token is not good, the visitor was not told here of the other site, the choice does not hold any more or was erased, it
/// grants what stricter rules ask for here, or the store fails.
pub fn take(
    store: &dyn Store,
    key: &ServerKey,
    site: &Site,
    notice: &Notice,
    token: &str,
    now: i64,
) -> Result<HandedOn, HandoffRefused> {
    let handoff = Handoff::open(token, &key.of_handoffs(), u64::try_from(now).unwrap_or(0))?;
    let from = &handoff.from;
    if handoff.to != site.config.id || !in_group(site, from) || !told(notice, from) {
        return Err(HandoffRefused::NotInGroup);
    }
    let log = LogId { site: from.clone(), year: handoff.log };
    let origin = Origin::read(store, &log, handoff.index)?;
    // As a token says what the log said, both can only differ if the log is another one.
    if origin.data.choices != handoff.choices
        || origin.decision_id.unix_millis() != handoff.decision_id.unix_millis()
    {
        return Err(HandoffRefused::Missing);
    }
    if !origin.holds(notice.ask_again_after, now) {
        return Err(HandoffRefused::Outdated);
    }
    let rules = notice.regime.rules.into_iter().zip(origin.data.regime);
    if rules
        .zip(handoff.choices.iter())
        .any(|((here, there), (_, choice))| choice == Choice::Grant && here > there)
    {
        return Err(HandoffRefused::LooserRules);
    }
    Ok(HandedOn {
        choices: handoff.choices,
        decision_id: handoff.decision_id,
        site: handoff.from,
        origin: origin.decision_id,
    })
}
