//! Why somebody who had chosen was asked again: what was different in the notice since.
//!
//! Nothing of it is stored. A decision names its notice, and so does the one before it, so what the second asked again, and
//! told its reader of why, follows from the two, for whoever has them.

use std::collections::btree_map::{BTreeMap, Entry};
use std::sync::Arc;

use consent_core::category::Category;
use consent_core::notice::{Difference, Notice, NoticeId, SiteId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::history::{self, PastDecision};
use crate::older::Again;
use crate::store::{Store, StoreError};

/// A decision as it is recorded, and why it was asked for again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "log": "2026",
    "index": 5,
    "time": 1_795_426_200,
    "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
    "decision": {
        "action": "save",
        "choices": { "necessary": "grant", "functional": "grant", "analytics": "deny", "performance": "deny", "advertisement": "deny" },
        "decided_at": "2026-11-23T09:30:00.123Z", "language": "fr", "page": "/actualites", "recorded_at": "2026-11-23T09:30:00.456Z",
        "regime": ["always", "opt_in", "opt_in", "opt_in", "opt_in"],
        "region": "FR", "signals": { "gpc": false }, "user_agent_class": "desktop",
    },
    "subject": { "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw" },
}))]
pub struct Retold {
    /// The decision.
    #[serde(flatten)]
    pub decision: PastDecision,
    /// Absent for a first decision, where the one before it still held, and where a notice of the two can not be read any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_again: Option<AskedAgain>,
}

/// What made a site ask somebody again.
#[derive(Debug, Serialize, ToSchema)]
pub struct AskedAgain {
    /// The notice of the decision before.
    pub since: NoticeId,
    /// Whether that decision had expired: then everything is asked again, whatever is different.
    pub expired: bool,
    /// The categories that were asked about.
    pub categories: Vec<Category>,
    /// What the first layer told of it, in the notice's language; absent if it asked without a reason, as it does of who comes
    /// from the looser rules of another region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was different and asks again, a line of English each.
    pub changes: Vec<String>,
}

/// Compares each decision of a subject with the one before it.
///
/// # Errors
/// If the store fails.
pub fn retold(
    store: &dyn Store,
    site: &SiteId,
    decisions: Vec<PastDecision>,
) -> Result<Vec<Retold>, StoreError> {
    let mut notices: BTreeMap<NoticeId, Option<Arc<Notice>>> = BTreeMap::new();
    for id in decisions.iter().map(|decision| decision.notice_id) {
        if let Entry::Vacant(vacant) = notices.entry(id) {
            vacant.insert(read(store, site, id)?);
        }
    }
    let mut before: Option<(NoticeId, u64)> = None;
    let retold = decisions.into_iter().map(|decision| {
        let now = (decision.notice_id, decision.time);
        let asked_again = before.replace(now).and_then(|(since, then)| {
            let [older, newer] = [since, now.0].map(|id| notices.get(&id).and_then(Option::as_ref));
            asked_again(older?, newer?, now.1.saturating_sub(then))
        });
        Retold { decision, asked_again }
    });
    Ok(retold.collect())
}

/// `age` is that of the decision before, in seconds.
fn asked_again(older: &Arc<Notice>, newer: &Notice, age: u64) -> Option<AskedAgain> {
    let expired = age >= u64::from(newer.ask_again_after) * 24 * 60 * 60;
    let again = Again::between(older, newer);
    if !expired && again.asked.is_empty() {
        return None;
    }
    let difference = Difference::between(older, newer);
    Some(AskedAgain {
        since: older.id(),
        expired,
        categories: if expired { Category::OPTIONAL.to_vec() } else { again.asked },
        reason: if expired { expired_reason(newer) } else { again.reason },
        changes: difference.reasons().map(|change| change.what.to_string()).collect(),
    })
}

/// Notices of older versions have no such text, and tell nothing.
fn expired_reason(newer: &Notice) -> Option<String> {
    Some(newer.texts.again_expired.clone()).filter(|text| !text.is_empty())
}

/// A notice; `None` if it is not what it was. Decisions are told whole all the same.
fn read(store: &dyn Store, site: &SiteId, id: NoticeId) -> Result<Option<Arc<Notice>>, StoreError> {
    let notice = history::notice(store, site, id)?;
    if notice.is_none() {
        tracing::error!(%site, notice = %id, "a notice under which somebody decided is missing, or damaged; restore the store from a backup");
    }
    Ok(notice.map(Arc::new))
}

#[cfg(test)]
mod tests {
    use consent_core::ledger::commitment::{Opening, Salt};
    use consent_core::ledger::origin::LogYear;
    use consent_core::notice::Vendor;

    use super::*;
    use crate::store::{MemoryStore, Openings};
    use crate::testing::notice;

    const DAY: u64 = 24 * 60 * 60;

    /// What is read of three decisions: under a notice, under one that has another word in it, and under one with another vendor.
    fn told(times: [u64; 3]) -> Vec<Retold> {
        let mut body = (**notice()).clone();
        body.texts.title.push('!');
        let reworded = Notice::new(body.clone()).unwrap();
        body.vendors.push(Vendor {
            category: Category::Analytics,
            name: "Counter Ltd".to_owned(),
            privacy_url: "https://counter.example".to_owned(),
            transfers: Vec::new(),
        });
        let more = Notice::new(body).unwrap();
        let (store, site) = (MemoryStore::default(), notice().site.clone());
        for one in [notice(), &reworded, &more] {
            store.publish(&site, one.id(), one.bytes()).unwrap();
        }
        let year = LogYear::new(2026, 1).unwrap();
        let past = [notice().id(), reworded.id(), more.id()].into_iter().zip(times).map(|(id, time)| {
            let opening = Opening::new(Salt([7; 32]), r#"{"action":"accept_all"}"#.to_owned()).unwrap();
            let openings = Openings { decision: Some(opening), subject: None };
            PastDecision::new(year, 0, time, id, openings).unwrap()
        });
        retold(&store, &site, past.collect()).unwrap()
    }

    #[test]
    fn only_what_was_added_since_the_decision_before_is_a_reason() {
        let told = told([0, DAY, 2 * DAY]);
        assert!(told[0].asked_again.is_none() && told[1].asked_again.is_none());
        let again = told[2].asked_again.as_ref().unwrap();
        assert_eq!((again.since, again.expired), (told[1].decision.notice_id, false));
        assert_eq!(again.categories, [Category::Analytics]);
        assert!(
            again.reason.as_ref().unwrap().ends_with(&notice().categories[2].title),
            "{:?}",
            again.reason
        );
        assert!(again.changes.iter().any(|line| line.contains("Counter Ltd")), "{:?}", again.changes);
        let json = serde_json::to_value(&told[2]).unwrap();
        assert_eq!(json["decision"]["action"], "accept_all");
        assert_eq!(json["asked_again"]["categories"][0], "analytics");
    }

    #[test]
    fn who_is_asked_as_time_has_passed_is_told_so() {
        let days = u64::from(notice().ask_again_after);
        let told = told([0, days * DAY - 1, 2 * days * DAY - 1]);
        assert!(told[1].asked_again.is_none());
        let again = told[2].asked_again.as_ref().unwrap();
        assert!(again.expired);
        assert_eq!(again.categories, Category::OPTIONAL);
        assert_eq!(again.reason.as_ref(), Some(&notice().texts.again_expired));
    }
}
