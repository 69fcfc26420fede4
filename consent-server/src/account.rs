//! The choice of somebody who is signed in: which one holds on the device that asks.
//!
//! An account is a subject of its own ([`AccountKey`](consent_core::account::AccountKey)), so what it decided on any device stands
//! under one subject in the log, and is found, shown and erased with it. Nothing is recorded when a choice is found again: it is
//! the same decision, with its own age and receipt, and who was on which device when is nobody's business.

use std::collections::BTreeMap;

use consent_core::account::AccountError;
use consent_core::category::Category;
use consent_core::choices::{Choice, Choices};
use consent_core::decision::{DecisionId, SubjectId};
use consent_core::notice::{Notice, NoticeId, ServiceId};
use consent_core::signal::Signals;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::handoff::{HandoffRefused, MAX_DECISIONS, Origin};
use crate::history;
use crate::site::Site;
use crate::store::{Store, StoreError};

/// Why somebody is not taken for who is signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountRefused {
    /// The site has no accounts.
    #[error("choices of this site stay on their device")]
    NotOffered,
    /// The notice does not say that the choice holds on other devices.
    #[error("the visitor was not told that the choice holds on other devices")]
    NotTold,
    /// The subject is an account's, and the site's backend does not say that it is who is signed in.
    #[error("the subject is an account, and only who is signed in decides for it")]
    TokenMissing,
    /// The token is none that is good now.
    #[error(transparent)]
    Token(#[from] AccountError),
}

/// What an account has chosen, as far as it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountChoice {
    /// The decision: it opens its receipt.
    pub decision_id: DecisionId,
    /// When it was made, by the clock of that device, RFC 3339.
    pub decided_at: String,
    /// The notice that it was made under.
    pub notice_id: NoticeId,
    /// What holds on the device that asks.
    pub choices: Choices,
    /// What holds of single services, of those that the site has now.
    pub services: BTreeMap<ServiceId, Choice>,
    /// The categories in which more is asked for now than was: they are denied, and the site asks.
    pub asked: Vec<Category>,
    /// Whether it has expired: then only what it denies holds, and the site asks.
    pub expired: bool,
}

/// What the `subject` of an account chose last, on any device, and what of it holds under `notice` at `now`, unix seconds. `None` if
/// it has chosen nothing, or was erased.
///
/// The last one is that which was made last, and not what arrived last: a device that was without a connection must not undo a
/// withdrawal. What a clock says that is ahead counts for no later than it arrived, so that no such clock outranks a withdrawal.
///
/// # Errors
/// If the store fails.
pub fn newest(
    store: &dyn Store,
    site: &Site,
    notice: &Notice,
    subject: SubjectId,
    (signals, now): (Signals, i64),
) -> Result<Option<AccountChoice>, StoreError> {
    let places = store.find_subject(&site.config.id, subject)?;
    let mut newest: Option<(i128, Origin)> = None;
    let skipped = places.len().saturating_sub(MAX_DECISIONS);
    for (log, index) in places.into_iter().skip(skipped) {
        let origin = match Origin::read(store, &log, index) {
            Ok(origin) => origin,
            Err(HandoffRefused::Store(error)) => return Err(error),
            // Erased meanwhile, or nothing that a person chose.
            Err(_) => continue,
        };
        let at = made_at(&origin);
        if newest.as_ref().is_none_or(|(other, _)| *other <= at) {
            newest = Some((at, origin));
        }
    }
    let Some((_, origin)) = newest else { return Ok(None) };
    let Some(then) = history::notice(store, &site.config.id, origin.notice_id)? else { return Ok(None) };
    if !then.account {
        return Ok(None);
    }
    let expired = !origin.holds(then.ask_again_after, now) || !origin.holds(notice.ask_again_after, now);
    let asked = notice.changes_since(&then);
    let is_denied = |category: Category| {
        asked.contains(&category) || (signals.gpc && category == Category::Advertisement)
    };
    let deny = |choices: Choices, category: Category| {
        if is_denied(category) { choices.with(category, Choice::Deny) } else { choices }
    };
    let choices = Category::OPTIONAL.into_iter().fold(origin.data.choices, deny);
    let said = notice.services.iter().filter_map(|service| {
        let said = *origin.data.services.get(service.id.as_str())?;
        Some((service.id.clone(), if is_denied(service.category) { Choice::Deny } else { said }))
    });
    let services = said.collect();
    Ok(Some(AccountChoice {
        decision_id: origin.decision_id,
        decided_at: origin.data.decided_at,
        notice_id: origin.notice_id,
        choices,
        services,
        asked,
        expired,
    }))
}

/// When a decision was made, in unix milliseconds: by its own clock, but no later than the log took it.
fn made_at(origin: &Origin) -> i128 {
    let taken = i128::from(origin.time) * 1000 + 999;
    let said = OffsetDateTime::parse(&origin.data.decided_at, &Rfc3339);
    said.map_or(taken, |said| (said.unix_timestamp_nanos() / 1_000_000).min(taken))
}
