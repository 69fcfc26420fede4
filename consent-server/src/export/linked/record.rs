//! One decision as a consent record.

use std::collections::BTreeMap;

use consent_core::bundle::csv::rfc3339;
use consent_core::bundle::data::{DecisionData, SubjectData};
use consent_core::category::Category;
use consent_core::choices::Choice;
use consent_core::ledger::entry::Entry;
use consent_core::ledger::origin::Origin;
use consent_core::regime::{Region, Rule};
use serde::Serialize;

use super::super::ExportError;
use super::Node;
use super::notice::{Asked, Controller, Duration, NoticeNode, Shown};

/// Where the decision stands.
pub(super) struct Place<'a> {
    pub(super) log: &'a Origin,
    /// The name of the head's node.
    pub(super) head: String,
    pub(super) index: u64,
    pub(super) entry: &'a Entry,
}

#[derive(Serialize)]
pub(super) struct Record<'a> {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dct:conformsTo")]
    profile: &'static str,
    #[serde(rename = "dct:identifier")]
    identifier: String,
    #[serde(rename = "dpv:hasIdentifier")]
    has_identifier: String,
    /// The server's clock.
    #[serde(rename = "dct:created")]
    recorded_at: String,
    #[serde(rename = "dpv:hasDataSubject", skip_serializing_if = "Option::is_none")]
    subject: Option<Subject>,
    #[serde(rename = "dpv:hasDataController")]
    controller: &'a Controller,
    #[serde(rename = "dpv:hasJurisdiction", skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<String>,
    #[serde(rename = "dpv:hasApplicableLaw", skip_serializing_if = "Option::is_none")]
    law: Option<&'static str>,
    #[serde(rename = "dct:language")]
    language: String,
    #[serde(rename = "dpv:hasNotice")]
    notice: &'a NoticeNode,
    #[serde(rename = "dpv:hasProcess")]
    process: Vec<Process<'a>>,
    #[serde(rename = "dpv:hasConsentControl")]
    control: Control,
    #[serde(rename = "dpv:hasRight", skip_serializing_if = "Option::is_none")]
    right: Option<Node>,
    #[serde(rename = "consent:action")]
    action: String,
    /// The platform that the choice was made on, if it was taken over.
    #[serde(rename = "consent:takenOverFrom", skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// That platform's own name for it.
    #[serde(rename = "consent:takenOverId", skip_serializing_if = "Option::is_none")]
    their_id: Option<String>,
    #[serde(rename = "consent:globalPrivacyControl")]
    gpc: bool,
    #[serde(rename = "consent:region")]
    region: String,
    /// The decision on another site that was handed on.
    #[serde(rename = "consent:handedOnFrom", skip_serializing_if = "Option::is_none")]
    handed_on: Option<HandedOnFrom>,
    /// Services that were granted one by one, in categories that were refused.
    #[serde(rename = "consent:serviceGranted", skip_serializing_if = "Vec::is_empty")]
    services: Vec<String>,
    #[serde(rename = "consent:page")]
    page: String,
    #[serde(rename = "consent:entry")]
    entry: LogEntry<'a>,
}

#[derive(Serialize)]
struct HandedOnFrom {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "consent:site")]
    site: String,
}

#[derive(Serialize)]
struct Subject {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dct:identifier")]
    identifier: String,
}

#[derive(Serialize)]
struct Process<'a> {
    #[serde(flatten)]
    asked: &'a Asked,
    #[serde(rename = "dpv:hasLegalBasis", skip_serializing_if = "Option::is_none")]
    legal_basis: Option<&'static str>,
    #[serde(rename = "dpv:hasConsentStatus", skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
}

#[derive(Serialize)]
struct Status {
    #[serde(rename = "@type")]
    kind: &'static [&'static str],
    /// The visitor's clock.
    #[serde(rename = "dpv:isIndicatedAtTime")]
    decided_at: String,
    #[serde(rename = "dpv:isIndicatedBy")]
    by: String,
    #[serde(rename = "dpv:hasIndicationMethod")]
    method: &'static str,
    #[serde(rename = "dpv:hasDuration")]
    holds_for: Duration,
}

#[derive(Serialize)]
struct Control {
    #[serde(rename = "@type")]
    kind: [&'static str; 2],
    #[serde(rename = "dpv:isExercisedAt")]
    place: &'static str,
}

#[derive(Serialize)]
struct LogEntry<'a> {
    #[serde(rename = "consent:log")]
    log: &'a Origin,
    #[serde(rename = "consent:index")]
    index: u64,
    #[serde(rename = "consent:leaf")]
    leaf: String,
    #[serde(rename = "consent:loggedAt")]
    time: String,
    #[serde(rename = "consent:head")]
    head: Node,
}

/// The record of a decision. `subject` is absent if it was erased.
pub(super) fn record<'a>(
    shown: &'a Shown,
    place: &'a Place<'a>,
    decision: &str,
    subject: Option<&str>,
) -> Result<Record<'a>, ExportError> {
    let damaged =
        || ExportError::Content(format!("the opening of entry {} of log {}", place.index, place.log));
    let data = DecisionData::parse(decision).ok_or_else(damaged)?;
    let subject = subject.map(|subject| SubjectData::parse(subject).ok_or_else(damaged)).transpose()?;
    let at = format!("urn:consent:entry:{}:{}", place.log, place.index);
    let (id, identifier) = match &subject {
        Some(subject) => (format!("urn:uuid:{}", subject.decision_id), subject.decision_id.clone()),
        None => (at.clone(), at),
    };
    let subject = subject.map(|subject| Subject {
        id: format!("{}/subjects/{}", shown.site(), subject.subject_id),
        kind: "dpv:DataSubject",
        identifier: subject.subject_id,
    });
    let by = subject.as_ref().map_or("dpv:DataSubject", |subject| &subject.id);
    let is_gdpr = is_gdpr(&data.region);
    let process = shown.categories.iter().map(|asked| process(asked, shown, &data, by, is_gdpr)).collect();
    let (from, their_id) = match data.provenance {
        Some(from) => (Some(from.platform), from.id),
        None => (None, None),
    };
    Ok(Record {
        id,
        kind: "dpv:ConsentRecord",
        profile: if is_gdpr {
            "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
        } else {
            "https://w3id.org/dpv/schema/dpv-27560#record"
        },
        has_identifier: identifier.clone(),
        identifier,
        recorded_at: data.recorded_at,
        subject,
        controller: &shown.controller,
        jurisdiction: (data.region != "unknown").then(|| format!("loc:{}", data.region)),
        law: is_gdpr.then_some("legal-eu:law-GDPR"),
        language: data.language,
        notice: &shown.node,
        process,
        control: Control {
            kind: ["dpv:WithdrawConsent", "dpv:ProvideConsent"],
            place: "the link #consent-settings on every page of the site",
        },
        right: is_gdpr.then(|| "eu-gdpr:A7-3".to_owned().into()),
        action: data.action,
        from,
        their_id,
        gpc: data.signals.gpc,
        region: data.region,
        handed_on: data.handoff.map(|from| HandedOnFrom {
            id: format!("urn:consent:entry:{}/{}/{}:{}", place.log.host(), from.site, from.log, from.index),
            site: from.site,
        }),
        services: granted(data.services),
        page: data.page,
        entry: LogEntry {
            log: place.log,
            index: place.index,
            leaf: place.entry.leaf_hash().to_string(),
            time: rfc3339(place.entry.time()),
            head: place.head.clone().into(),
        },
    })
}

fn granted(services: BTreeMap<String, Choice>) -> Vec<String> {
    services.into_iter().filter(|(_, choice)| *choice == Choice::Grant).map(|(id, _)| id).collect()
}

fn process<'a>(asked: &'a Asked, shown: &Shown, data: &DecisionData, by: &str, is_gdpr: bool) -> Process<'a> {
    let basis = if is_gdpr { "eu-gdpr:A6-1-a" } else { "dpv:Consent" };
    let kind = status(asked.rule, data.choices.choice(asked.category), &data.action);
    let there = data.provenance.as_ref().and_then(|from| from.decided_at.as_ref());
    Process {
        asked,
        legal_basis: (asked.rule == Rule::OptIn).then_some(basis),
        status: (asked.category != Category::Necessary).then(|| Status {
            kind,
            // Where the visitor has said it elsewhere, that counts, and not when it was taken over.
            decided_at: there.unwrap_or(&data.decided_at).clone(),
            by: by.to_owned(),
            method: method(&data.action),
            holds_for: Duration::of(&shown.holds_for),
        }),
    }
}

/// The state of consent to one category. What is granted because nobody objected, as some rules allow, is no consent
/// that was given: the question stays open.
fn status(rule: Rule, choice: Choice, action: &str) -> &'static [&'static str] {
    match (choice, action) {
        (Choice::Deny, "withdraw") => &["dpv:ConsentWithdrawn"],
        (Choice::Deny, _) => &["dpv:ConsentRefused"],
        (Choice::Grant, "close" | "signal") if rule != Rule::OptIn => &["dpv:ConsentRequestDeferred"],
        (Choice::Grant, _) => &["dpv:ConsentGiven", "dpv:ExpressedConsent"],
    }
}

fn method(action: &str) -> &'static str {
    match action {
        "accept_all" => "the button that grants everything",
        "reject_all" => "the button that denies everything",
        "save" => "a toggle for each category, and the button that saves them",
        "withdraw" => "the control that withdraws everything",
        "close" => "the banner was closed without a choice",
        "signal" => "Global Privacy Control",
        "import" => "carried over from another platform",
        "handoff" => "carried over from another site of the group",
        _ => "not known",
    }
}

/// Whether the GDPR holds: the European Union and the rest of the European Economic Area.
fn is_gdpr(region: &str) -> bool {
    Region::read(region).is_in(Region::read("EU"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_is_consent() {
        let (opt_in, opt_out) = (Rule::OptIn, Rule::OptOut);
        for (rule, choice, action, expected) in [
            (opt_in, Choice::Grant, "accept_all", "dpv:ConsentGiven"),
            (opt_in, Choice::Grant, "save", "dpv:ConsentGiven"),
            (opt_in, Choice::Deny, "save", "dpv:ConsentRefused"),
            (opt_in, Choice::Deny, "close", "dpv:ConsentRefused"),
            (opt_in, Choice::Deny, "withdraw", "dpv:ConsentWithdrawn"),
            (opt_out, Choice::Grant, "close", "dpv:ConsentRequestDeferred"),
            (opt_out, Choice::Grant, "signal", "dpv:ConsentRequestDeferred"),
            (opt_out, Choice::Grant, "save", "dpv:ConsentGiven"),
            (opt_out, Choice::Deny, "signal", "dpv:ConsentRefused"),
        ] {
            assert_eq!(status(rule, choice, action).first(), Some(&expected), "{rule:?} {choice:?} {action}");
        }
    }

    #[test]
    fn the_gdpr_holds_in_the_economic_area_and_its_regions() {
        for region in ["EU", "FR", "DE-BY", "NO", "LI"] {
            assert!(is_gdpr(region), "{region}");
        }
        for region in ["US-CA", "GB", "CH", "unknown", ""] {
            assert!(!is_gdpr(region), "{region}");
        }
    }
}
