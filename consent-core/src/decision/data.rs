//! The cleartext of a decision, in two parts that can be erased apart from each other: what the commitments of its entry stand for.
//!
//! Written field by field, as it is made for each decision: a serialiser looks for something to escape in every name of a field and
//! in every word of ours, which takes longer than all the rest.
//!
//! ```
//! use consent_core::decision::Decision;
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
//! let decision = Decision::parse(&request, &notice, now)?;
//! let who = format!(r#"{{"decision_id":"{}","subject_id":"{}"}}"#, decision.decision_id(), decision.subject_id());
//! assert_eq!(decision.subject_data(), who);
//! assert!(decision.decision_data().contains(r#""page":"/actualites""#), "a page has no query there");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt::Write as _;

use serde::Serialize;

use super::provenance::ProvenanceData;
use super::{Decision, rfc3339_millis};

/// More than what most decisions say takes, in bytes: enough to ask for memory once.
const DATA_BYTES: usize = 512;

/// The same for who decided.
const SUBJECT_BYTES: usize = 128;

impl Decision {
    /// The cleartext behind the entry's `subject` commitment, to be kept verbatim.
    #[must_use]
    pub fn subject_data(&self) -> String {
        let Self { decision_id, network, subject_id, .. } = self;
        let mut text = String::with_capacity(SUBJECT_BYTES);
        // Writing into a string does not fail.
        let _ = write!(text, r#"{{"decision_id":"{decision_id}","#);
        if let Some(network) = network {
            let _ = write!(text, r#""network":"{network}","#);
        }
        let _ = write!(text, r#""subject_id":"{subject_id}"}}"#);
        text
    }

    /// The cleartext behind the entry's `decision` commitment, to be kept verbatim.
    #[must_use]
    pub fn decision_data(&self) -> String {
        let mut data = Json(Vec::with_capacity(DATA_BYTES));
        data.ours(r#"{"action":""#).ours(self.action.as_str());
        for (at, (category, choice)) in self.choices.iter().enumerate() {
            let before = if at == 0 { r#"","choices":{""# } else { r#"",""# };
            data.ours(before).ours(category.as_str()).ours(r#"":""#).ours(choice.as_str());
        }
        data.ours(r#""},"decided_at":""#).ours(&rfc3339_millis(self.decided_at));
        data.ours(r#"""#);
        if let Some(from) = &self.handed_on {
            data.ours(r#","handoff":"#).value(from);
        }
        data.ours(r#","language":"#).value(&self.language);
        data.ours(r#","page":"#).value(&self.page);
        if let Some(provenance) = &self.provenance {
            data.ours(r#","provenance":"#).value(&ProvenanceData::of(provenance));
        }
        data.ours(r#","recorded_at":""#).ours(&rfc3339_millis(self.recorded_at));
        for (at, rule) in self.regime.iter().enumerate() {
            data.ours(if at == 0 { r#"","regime":[""# } else { r#"",""# }).ours(rule.as_str());
        }
        data.ours(r#""],"region":"#).value(&self.region);
        if !self.services.is_empty() {
            data.ours(r#","services":"#).value(&self.services);
        }
        data.ours(if self.signals.gpc {
            r#","signals":{"gpc":true}"#
        } else {
            r#","signals":{"gpc":false}"#
        });
        data.ours(r#","user_agent_class":""#).ours(self.user_agent_class.as_str()).ours(r#""}"#);
        String::from_utf8(data.0).unwrap_or_default()
    }
}

/// JSON in the making.
struct Json(Vec<u8>);

impl Json {
    /// What has nothing to escape.
    fn ours(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// Anything else: strings, numbers, and maps and structs of these, which all can be written.
    fn value(&mut self, value: &impl Serialize) -> &mut Self {
        let _ = serde_json::to_writer(&mut self.0, value);
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::net::IpAddr;

    use proptest::prelude::*;
    use time::OffsetDateTime;

    use super::super::{Action, Network, Place, Provenance, UserAgentClass};
    use super::*;
    use crate::category::Category;
    use crate::choices::{Choice, Choices};
    use crate::notice::Platform;
    use crate::regime::Rule;
    use crate::signal::Signals;

    /// As a serialiser writes it.
    #[derive(Serialize)]
    struct Data<'a> {
        action: Action,
        choices: Choices,
        decided_at: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        handoff: Option<&'a Place>,
        language: &'a str,
        page: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        provenance: Option<ProvenanceData<'a>>,
        recorded_at: String,
        regime: [Rule; 5],
        region: &'a str,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        services: &'a super::super::services::Services,
        signals: Signals,
        user_agent_class: UserAgentClass,
    }

    prop_compose! {
        fn decision()(
            action in prop::sample::select(&Action::ALL[..]),
            granted in prop::collection::vec(any::<bool>(), 4),
            seconds in 0..250_000_000_000_i64,
            (language, page, region) in ("\\PC{0,9}", ".{0,40}", ".{0,9}"),
            handed_on in prop::option::of((any::<u64>(), ".{0,9}")),
            services in prop::collection::btree_map("[a-z]{1,9}", any::<bool>(), 0..3),
            rules in prop::collection::vec(prop::sample::select(&[Rule::OptIn, Rule::OptOut, Rule::Exempt, Rule::Always][..]), 5),
            gpc in any::<bool>(),
            network in prop::option::of(any::<IpAddr>()),
            provenance in prop::option::of((prop::option::of("[!-~]{1,20}"), prop::option::of(0..250_000_000_000_i64))),
            class in prop::sample::select(&[
                UserAgentClass::Desktop, UserAgentClass::Mobile, UserAgentClass::Bot, UserAgentClass::Unknown,
            ][..]),
        ) -> Decision {
            let choice = |granted| if granted { Choice::Grant } else { Choice::Deny };
            let choices = Category::OPTIONAL.into_iter().zip(granted);
            let choices = choices.fold(Choices::DENIED, |all, (category, yes)| all.with(category, choice(yes)));
            let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            Decision {
                decision_id: "0193564c-9000-7000-8000-0123456789ab".parse().unwrap(),
                subject_id: "AAECAwQFBgcICQoLDA0ODw".parse().unwrap(),
                notice_id: crate::notice::NoticeId(crate::digest::Digest([7; 32])),
                action,
                choices,
                services: services.into_iter().map(|(id, yes)| (id.parse().unwrap(), choice(yes))).collect(),
                decided_at: at(seconds),
                handed_on: handed_on.map(|(index, log)| Place { index, log, site: "sport".parse().unwrap() }),
                recorded_at: at(seconds / 3),
                signals: Signals { gpc },
                language,
                network: network.map(Network::of),
                page,
                provenance: provenance.map(|(id, since)| Provenance {
                    platform: Platform::Cookiebot,
                    id,
                    decided_at: since.map(at),
                }),
                region,
                regime: rules.try_into().unwrap(),
                user_agent_class: class,
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_what_a_serialiser_writes(decision in decision()) {
            let data = Data {
                action: decision.action,
                choices: decision.choices,
                decided_at: rfc3339_millis(decision.decided_at),
                handoff: decision.handed_on.as_ref(),
                language: &decision.language,
                page: &decision.page,
                provenance: decision.provenance.as_ref().map(ProvenanceData::of),
                recorded_at: rfc3339_millis(decision.recorded_at),
                regime: decision.regime,
                region: &decision.region,
                services: &decision.services,
                signals: decision.signals,
                user_agent_class: decision.user_agent_class,
            };
            prop_assert_eq!(decision.decision_data(), serde_json::to_string(&data).unwrap());
            let mut who = BTreeMap::from([
                ("decision_id", decision.decision_id.to_string()),
                ("subject_id", decision.subject_id.to_string()),
            ]);
            who.extend(decision.network.map(|network| ("network", network.to_string())));
            prop_assert_eq!(decision.subject_data(), serde_json::to_string(&who).unwrap());
        }

        #[test]
        fn times_have_one_form(millis in 0..253_402_300_800_000_i64) {
            let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).unwrap();
            let form = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
            prop_assert_eq!(rfc3339_millis(at), at.format(form).unwrap());
        }
    }
}
