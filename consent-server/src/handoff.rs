//! A choice on its way from one site of a group to another: what may be handed on, and what may be taken.
//!
//! Nothing of it is stored. A token names an entry of a log, and whoever brings it is granted what stands there, read again at that
//! moment, so what was erased meanwhile is gone. ARCHITECTURE.md says against whom each of the checks stands.

use consent_core::account::AccountKey;
use consent_core::bundle::data::{DecisionData, SubjectData};
use consent_core::choices::Choice;
use consent_core::decision::{Decision, DecisionId, SubjectId};
use consent_core::handoff::{Handoff, HandoffError, HandoffKey, LIFETIME};
use consent_core::notice::{Notice, NoticeId, SiteId};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::history::{self, PastDecision};
use crate::site::Site;
use crate::store::{LogId, Store, StoreError};

/// A day: by how much the clock of a browser may be ahead.
const MAX_AHEAD: i64 = 86_400;

/// Whoever has decided more often on one site is asked on each.
pub(crate) const MAX_DECISIONS: usize = 256;

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
    /// Somebody made it who was signed in: on the other site it would outlast that.
    #[error("a choice of somebody who is signed in is not handed on to where they may not be")]
    OfAccount,
    /// It does not hold any more where it was made, or would not here.
    #[error("the choice has expired, or does not cover what is asked for now")]
    Outdated,
    /// The visitor has decided since, there or here.
    #[error("the visitor has decided since")]
    Superseded,
    /// Of what it grants more is asked for here than was there, or under stricter rules.
    #[error("more is asked for here than was where it was granted, or under stricter rules")]
    AsksMore,
    /// The browser that brings it is not the one that asked for it, as far as the server sees.
    #[error("another browser asked for it than the one that brings it")]
    OtherBrowser,
    /// Its time is over, or has not come yet by more than clocks differ.
    #[error("its time is over")]
    Expired,
    /// The token is none, or of another server.
    #[error(transparent)]
    Token(#[from] HandoffError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What stands in a log of a decision that a visitor made, and that may hold elsewhere too.
pub(crate) struct Origin {
    pub(crate) data: DecisionData,
    pub(crate) decision_id: DecisionId,
    pub(crate) notice_id: NoticeId,
    subject_id: SubjectId,
    /// When the log took it, unix seconds.
    pub(crate) time: u64,
}

impl Origin {
    pub(crate) fn read(store: &dyn Store, log: &LogId, index: u64) -> Result<Self, HandoffRefused> {
        let past = history::decision_at(store, log, index)?.ok_or(HandoffRefused::Missing)?;
        let decision = past.decision.as_ref().ok_or(HandoffRefused::Missing)?;
        let data = DecisionData::parse(decision.get()).ok_or(HandoffRefused::Missing)?;
        let (decision_id, subject_id) = who(&past).ok_or(HandoffRefused::Missing)?;
        let chosen = ["accept_all", "reject_all", "save", "withdraw", "handoff"];
        if !chosen.contains(&data.action.as_str()) {
            return Err(HandoffRefused::NotChosen);
        }
        Ok(Self { data, decision_id, notice_id: past.notice_id, subject_id, time: past.time })
    }

    /// Whether it still holds at `now` where a choice does so for so many days.
    pub(crate) fn holds(&self, days: u32, now: i64) -> bool {
        let at = OffsetDateTime::parse(&self.data.decided_at, &Rfc3339).map(OffsetDateTime::unix_timestamp);
        at.is_ok_and(|at| at <= now + MAX_AHEAD && now < at + i64::from(days) * 86_400)
    }
}

/// The names in a decision; `None` if they were erased.
fn who(past: &PastDecision) -> Option<(DecisionId, SubjectId)> {
    let subject = SubjectData::parse(past.subject.as_ref()?.get())?;
    Some((subject.decision_id.parse().ok()?, subject.subject_id.parse().ok()?))
}

/// Whether a subject of a site has no decision but `but` that is as new as a time in unix milliseconds, or newer.
fn is_newest(
    store: &dyn Store,
    site: &SiteId,
    subject: SubjectId,
    millis: u64,
    but: Option<DecisionId>,
) -> Result<bool, StoreError> {
    let places = store.find_subject(site, subject)?;
    if places.len() > MAX_DECISIONS {
        return Ok(false);
    }
    for (log, index) in places {
        let past = history::decision_at(store, &log, index)?;
        if past
            .and_then(|past| who(&past))
            .is_some_and(|(id, _)| Some(id) != but && id.unix_millis() >= millis)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What one site of a group knows of another.
fn told(notice: &Notice, other: &SiteId) -> bool {
    notice.group.as_ref().is_some_and(|group| group.has(other)) && notice.site != *other
}

fn in_group(site: &Site, other: &SiteId) -> bool {
    site.config.group.as_ref().is_some_and(|group| group.has(other)) && site.config.id != *other
}

/// Who asks for a token, and when.
#[derive(Debug)]
pub struct Asking<'a> {
    /// What tells subjects of accounts.
    pub accounts: &'a AccountKey,
    /// Random.
    pub nonce: [u8; 16],
    /// What the server sees of the browser.
    pub seen: &'a [u8],
    /// Unix seconds.
    pub now: i64,
}

/// What a token for a decision of `site` says: with it the site `to` may take the same choice once, in the next minute.
///
/// # Errors
/// If the visitor was not told of that site, has decided since, or the choice does not hold any more, or the store fails.
pub fn give(
    store: &dyn Store,
    key: &HandoffKey,
    site: &Site,
    decision: DecisionId,
    to: &SiteId,
    Asking { accounts, nonce, seen, now }: Asking<'_>,
) -> Result<Handoff, HandoffRefused> {
    if !in_group(site, to) {
        return Err(HandoffRefused::NotInGroup);
    }
    let from = &site.config.id;
    let placed = store.find_decision(from, decision)?.ok_or(HandoffRefused::Missing)?;
    let origin = Origin::read(store, &placed.log, placed.index)?;
    if origin.decision_id != decision {
        return Err(HandoffRefused::Missing);
    }
    if accounts.is_account(from, origin.subject_id) {
        return Err(HandoffRefused::OfAccount);
    }
    let notice = history::notice(store, from, origin.notice_id)?.ok_or(HandoffRefused::Missing)?;
    if !told(&notice, to) {
        return Err(HandoffRefused::NotInGroup);
    }
    if !is_newest(store, from, origin.subject_id, decision.unix_millis(), Some(decision))? {
        return Err(HandoffRefused::Superseded);
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
        decided_at: decision.unix_millis(),
        from: from.clone(),
        expires_at: u64::try_from(now).unwrap_or(0).saturating_add(LIFETIME),
        nonce,
        browser: key.browser(&nonce, seen),
        log: placed.log.year,
        index: placed.index,
        to: to.clone(),
    })
}

/// Whether `site` may take what a token of this server says under `notice`, as `decision`, which was made of it.
///
/// One that was used is told first: the very same request is answered as before, whatever has become of the rest, and any other one
/// is refused by the log, as is any second decision of one name.
///
/// # Errors
/// If the token is not good now, or for another site, or another browser brings it; if the visitor was not told here of the other site,
/// or has decided since; if the choice does not hold any more or was erased; if of what it grants more is asked for here than was
/// there; or if the store fails.
pub fn take(
    store: &dyn Store,
    key: &HandoffKey,
    site: &Site,
    notice: &Notice,
    (handoff, decision): (&Handoff, &Decision),
    (seen, now): (&[u8], i64),
) -> Result<(), HandoffRefused> {
    let (from, here) = (&handoff.from, &site.config.id);
    if handoff.to != *here {
        return Err(HandoffRefused::NotInGroup);
    }
    if store.find_decision(here, decision.decision_id())?.is_some() {
        return Ok(());
    }
    if !handoff.is_good_at(u64::try_from(now).unwrap_or(0)) {
        return Err(HandoffRefused::Expired);
    }
    // A refusal too: a link of somebody else's must not be written down as what this visitor chose.
    if !handoff.is_of(key, seen) {
        return Err(HandoffRefused::OtherBrowser);
    }
    if !in_group(site, from) || !told(notice, from) {
        return Err(HandoffRefused::NotInGroup);
    }
    let log = LogId { site: from.clone(), year: handoff.log };
    let origin = Origin::read(store, &log, handoff.index)?;
    // As a token says what the log said, both can only differ if the log is another one.
    if origin.data.choices != handoff.choices || origin.decision_id.unix_millis() != handoff.decided_at {
        return Err(HandoffRefused::Missing);
    }
    if !origin.holds(notice.ask_again_after, now) {
        return Err(HandoffRefused::Outdated);
    }
    let at = handoff.decided_at;
    if !is_newest(store, from, origin.subject_id, at, Some(origin.decision_id))?
        || !is_newest(store, here, decision.subject_id(), at, None)?
    {
        return Err(HandoffRefused::Superseded);
    }
    let there = history::notice(store, from, origin.notice_id)?.ok_or(HandoffRefused::Missing)?;
    if !told(&there, here) {
        return Err(HandoffRefused::NotInGroup);
    }
    let asked = notice.asked_beside(&there);
    if asked.into_iter().any(|category| handoff.choices.choice(category) == Choice::Grant) {
        return Err(HandoffRefused::AsksMore);
    }
    Ok(())
}
