//! What of all that was seen should not have been.

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::choices::Choices;
use consent_core::consent::{Consent, InForce};
use consent_core::cookie::{COOKIE_NAME, ConsentCookie, NoticePrefix};
use consent_core::decision::{DecisionId, SubjectId};
use consent_core::enforce::{Enforcer, Judgement};
use consent_core::notice::{HostName, Notice, StorageKind};
use consent_core::signal::Signals;
use serde::Serialize;
use time::OffsetDateTime;

use super::address;
use super::seen::{Seen, State, What};
use crate::config::trackers;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// It is there before or against consent.
    Leak,
    /// The notice does not declare it.
    Undeclared,
    /// It may be there.
    Fine,
}

/// Something that was seen, judged.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Judged {
    /// When.
    pub(super) state: State,
    /// What.
    #[serde(flatten)]
    pub(super) seen: Seen,
    /// Its category: as declared, or of a tracker that everybody knows; none of what is the site's own or not known.
    pub(super) category: Option<Category>,
    /// Whether the notice declares it.
    pub(super) declared: bool,
    /// The judgement.
    pub(super) verdict: Verdict,
}

/// Things of one kind and name that should not have been, in all states.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Finding {
    /// `leak-cookie`, `undeclared-storage` and so on.
    pub(super) code: &'static str,
    /// How bad it is.
    pub(super) verdict: Verdict,
    /// What it is.
    pub(super) what: What,
    /// Its name.
    pub(super) name: String,
    /// Its category, if that is known.
    pub(super) category: Option<Category>,
    /// Whether the notice declares it.
    pub(super) declared: bool,
    /// Each state in which it was, with the first time there.
    pub(super) seen: Vec<(State, Seen)>,
}

/// What the notice of a site allows in each state.
#[derive(Debug)]
pub(super) struct Rules {
    enforcer: Enforcer,
    /// For each of [`State::ALL`].
    consents: Vec<(State, Consent)>,
    /// Hosts of the site itself, and that of this platform's server, which alone is of no party with others.
    own: Vec<String>,
    server: String,
}

impl Rules {
    /// The rules of a notice, for pages at these hosts.
    pub(super) fn new(notice: &Notice, server: &str, own: Vec<String>, now: OffsetDateTime) -> Self {
        let enforcer = Enforcer::new(InForce::from(notice.clone()));
        let enforcer = match server.parse::<HostName>() {
            Ok(server) => enforcer.with_server(server),
            Err(_) => enforcer,
        };
        let consents = State::ALL.map(|state| (state, consent(&enforcer, state, now))).to_vec();
        Self { enforcer, consents, own, server: server.to_owned() }
    }

    /// What is granted in a state.
    pub(super) fn choices(&self, state: State) -> Choices {
        self.consents
            .iter()
            .find(|(known, _)| *known == state)
            .map_or(Choices::DENIED, |(_, one)| one.choices())
    }

    /// Judges what was seen in a state; what the site itself sends to its own hosts is left out.
    pub(super) fn judge(&self, state: State, seen: Vec<Seen>) -> Vec<Judged> {
        let consent = self.consents.iter().find(|(known, _)| *known == state);
        let Some((_, consent)) = consent else { return Vec::new() };
        seen.into_iter().filter_map(|seen| self.judge_one(state, consent, seen)).collect()
    }

    fn judge_one(&self, state: State, consent: &Consent, seen: Seen) -> Option<Judged> {
        let (category, judgement) = match seen.what {
            What::Cookie => self.kept(consent, StorageKind::Cookie, &seen.name),
            // What else stays in the browser until somebody deletes it has no kind of its own in a notice: it is declared as a key is.
            What::LocalStorage
            | What::IndexedDb
            | What::CacheStorage
            | What::ServiceWorker
            | What::SharedWorker => self.kept(consent, StorageKind::LocalStorage, &seen.name),
            What::SessionStorage => self.kept(consent, StorageKind::SessionStorage, &seen.name),
            What::Request => self.asked(consent, &seen.at)?,
        };
        let verdict = match (judgement, category) {
            (Judgement::Denied(_), _) => Verdict::Leak,
            (Judgement::Passes, _) => Verdict::Fine,
            (Judgement::Undeclared, Some(category)) if !consent.allows(category) => Verdict::Leak,
            (Judgement::Undeclared, _) => Verdict::Undeclared,
        };
        let declared = judgement != Judgement::Undeclared;
        Some(Judged { state, seen, category, declared, verdict })
    }

    fn kept(&self, consent: &Consent, kind: StorageKind, name: &str) -> (Option<Category>, Judgement) {
        let judgement = self.enforcer.judge_item(consent, kind, name.as_bytes());
        let category = match judgement {
            Judgement::Denied(category) => Some(category),
            Judgement::Passes => self.enforcer.category_of(kind, name.as_bytes()),
            Judgement::Undeclared => trackers::find(name).map(|tracker| tracker.category),
        };
        (category, judgement)
    }

    fn asked(&self, consent: &Consent, at: &str) -> Option<(Option<Category>, Judgement)> {
        let (host, port) = address::host(at)?;
        if let Some(held) = self.enforcer.held_host(consent, &host, port) {
            return Some((Some(held.category), Judgement::Denied(held.category)));
        }
        if let Some(category) = self.enforcer.host_category(&host, port) {
            return Some((Some(category), Judgement::Passes));
        }
        if host == self.server || self.own.iter().any(|own| address::same_party(own, &host)) {
            return None;
        }
        Some((trackers::find_host(&host).map(|tracker| tracker.category), Judgement::Undeclared))
    }
}

/// What a visitor has allowed in a state, as everything of this platform reads it from their cookie.
fn consent(enforcer: &Enforcer, state: State, now: OffsetDateTime) -> Consent {
    let choices = match state {
        State::Unasked | State::Gpc => None,
        State::Refused | State::Withdrawn => Some(Choices::DENIED),
        State::Accepted => Some(Choices::GRANTED),
    };
    // Any will do, of version 7 as they are.
    let decision = DecisionId::from_bytes(*b"\x01\x9a\0\0\0\0\x70\0\x80\0\0\0\0\0\0\0");
    let cookie = choices.zip(decision).map(|(choices, decision)| ConsentCookie {
        choices,
        decided_at: u64::try_from(now.unix_timestamp()).unwrap_or_default(),
        notice: NoticePrefix::of(enforcer.in_force().notice().id()),
        subject: SubjectId::from_bytes([0; 16]),
        decision,
    });
    let header = cookie.map(|cookie| format!("{COOKIE_NAME}={cookie}"));
    let signals = Signals { gpc: state == State::Gpc };
    Consent::read(enforcer.in_force(), header.as_ref().map(String::as_bytes), signals, now)
}

/// What should not have been: each thing once, leaks first.
pub(super) fn findings(judged: &[Judged]) -> Vec<Finding> {
    let mut found: BTreeMap<_, Finding> = BTreeMap::new();
    for one in judged.iter().filter(|one| one.verdict != Verdict::Fine) {
        let seen = &one.seen;
        let finding = found.entry((one.verdict, seen.what, &seen.name)).or_insert_with(|| Finding {
            code: code(one.verdict, seen.what),
            verdict: one.verdict,
            what: seen.what,
            name: seen.name.clone(),
            category: one.category,
            declared: one.declared,
            seen: Vec::new(),
        });
        if !finding.seen.iter().any(|(state, _)| *state == one.state) {
            finding.seen.push((one.state, seen.clone()));
        }
    }
    // What is a leak in one state is told as that alone.
    let leaks: Vec<_> = found.keys().filter(|(verdict, ..)| *verdict == Verdict::Leak).copied().collect();
    for (_, what, name) in leaks {
        found.remove(&(Verdict::Undeclared, what, name));
    }
    found.into_values().collect()
}

fn code(verdict: Verdict, what: What) -> &'static str {
    match (verdict, what) {
        (Verdict::Leak, What::Cookie) => "leak-cookie",
        (Verdict::Leak, What::Request) => "leak-request",
        (Verdict::Leak, _) => "leak-storage",
        (_, What::Cookie) => "undeclared-cookie",
        (_, What::Request) => "undeclared-request",
        _ => "undeclared-storage",
    }
}

impl Finding {
    /// What it is, in one sentence.
    pub(super) fn message(&self) -> String {
        let what = format!("{} `{}`", self.what.words(), self.name);
        let category = self.category.map_or_else(String::new, |category| format!(" ({category})"));
        if self.verdict == Verdict::Undeclared {
            return format!("{what}{category} is not declared");
        }
        let states: Vec<_> = self
            .seen
            .iter()
            .map(|(state, seen)| {
                let left = if seen.left { "still there " } else { "" };
                format!("{left}{}", state.against())
            })
            .collect();
        format!("{what}{category}: {}", states.join(", "))
    }

    /// What to do about it.
    pub(super) fn help(&self) -> &'static str {
        match (self.verdict, self.what) {
            (Verdict::Leak, What::Request) => {
                "let what asks for it wait for its category: mark the element with `data-consent`, or declare the host with `[[site.host]]`"
            }
            (Verdict::Leak, _) => {
                "let what sets it wait for its category: mark the script with `data-consent`, or ask for consent in the server"
            }
            (_, What::Request) => "declare the host with `[[site.host]]` under the category that it serves",
            (_, What::Cookie | What::LocalStorage | What::SessionStorage) => {
                "declare it with `[[site.cookie]]` under the category that it serves"
            }
            _ => {
                "declare it with `[[site.cookie]]` and `kind = \"local_storage\"` under the category that it serves"
            }
        }
    }
}

#[cfg(test)]
mod tests;
