//! What a notice says that all its records repeat: who is responsible, what each category stores, who receives it.

use std::collections::BTreeSet;

use consent_core::category::Category;
use consent_core::ledger::origin::Origin;
use consent_core::notice::{CategoryNotice, CookieDeclaration, Notice};
use consent_core::regime::Rule;
use serde::Serialize;

use super::Node;
use super::transfer::{Transferred, transfers};

/// A notice in the terms of a record.
pub(super) struct Shown {
    pub(super) node: NoticeNode,
    pub(super) controller: Controller,
    /// In the order of [`Category::ALL`].
    pub(super) categories: Vec<Asked>,
    /// How long a choice holds, ISO 8601.
    pub(super) holds_for: String,
}

#[derive(Serialize)]
pub(super) struct NoticeNode {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dct:identifier")]
    identifier: String,
    #[serde(rename = "dct:language")]
    language: String,
    #[serde(rename = "spdx:checksum")]
    checksum: Checksum,
}

#[derive(Serialize)]
struct Checksum {
    /// A name, so that records that repeat the notice mean one checksum and not as many as there are records.
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "spdx:algorithm")]
    algorithm: &'static str,
    #[serde(rename = "spdx:checksumValue")]
    value: String,
}

#[derive(Serialize)]
pub(super) struct Controller {
    #[serde(rename = "@id")]
    id: String,
    #[serde(rename = "@type")]
    kind: [&'static str; 2],
    #[serde(rename = "dct:identifier")]
    identifier: String,
    #[serde(rename = "dpv:hasName")]
    name: String,
    /// The address of its privacy policy, which can be a path of the site: a text, and not the name of a node.
    #[serde(rename = "dpv:hasContact")]
    contact: String,
}

/// One category: what is the same for everybody who was shown the notice.
#[derive(Serialize)]
pub(super) struct Asked {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dct:identifier")]
    pub(super) category: Category,
    #[serde(rename = "dct:title")]
    title: Words,
    #[serde(rename = "dpv:hasPurpose")]
    purpose: [&'static str; 1],
    #[serde(rename = "dpv:hasPersonalData")]
    personal_data: [&'static str; 1],
    #[serde(rename = "dpv:hasProcessing")]
    processing: [&'static str; 2],
    #[serde(rename = "dpv:hasNecessity")]
    necessity: &'static str,
    #[serde(rename = "consent:rule")]
    pub(super) rule: Rule,
    #[serde(rename = "dpv:hasRecipient", skip_serializing_if = "Vec::is_empty")]
    recipients: Vec<Recipient>,
    /// Hosts that pages ask for something under it. A term of our own: a name in an address says nobody's legal name.
    #[serde(rename = "consent:host", skip_serializing_if = "Vec::is_empty")]
    hosts: Vec<String>,
    #[serde(rename = "dpv:hasStorageCondition")]
    storage: Vec<Storage>,
    /// Where third parties take data.
    #[serde(rename = "dpv:hasProcess", skip_serializing_if = "Vec::is_empty")]
    transfers: Vec<Transferred>,
}

/// A text in a language.
#[derive(Serialize)]
struct Words {
    #[serde(rename = "@language")]
    language: String,
    #[serde(rename = "@value")]
    text: String,
}

#[derive(Serialize)]
struct Recipient {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "dpv:hasName")]
    name: String,
    #[serde(rename = "dpv:hasContact", skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
}

/// Where something is kept, or one item and how long it is kept.
#[derive(Serialize)]
#[serde(untagged)]
enum Storage {
    Place {
        #[serde(rename = "@type")]
        kind: &'static str,
        #[serde(rename = "dpv:hasLocation")]
        location: &'static str,
    },
    Item {
        #[serde(rename = "@type")]
        kind: &'static str,
        #[serde(rename = "dct:title")]
        name: String,
        #[serde(rename = "dpv:hasDuration")]
        duration: Duration,
    },
}

/// A duration, ISO 8601, or until something happens.
#[derive(Clone, Serialize)]
pub(super) struct Duration {
    #[serde(rename = "@type")]
    kind: &'static str,
    #[serde(rename = "rdf:value")]
    value: String,
}

impl Duration {
    pub(super) fn of(lifetime: &str) -> Self {
        let fixed = lifetime.starts_with('P');
        let kind = if fixed { "dpv:TemporalDuration" } else { "dpv:UntilEventDuration" };
        Self { kind, value: lifetime.to_owned() }
    }
}

impl Shown {
    /// `log` is the log that names the notice: its host is where the notice can be fetched.
    pub(super) fn new(notice: &Notice, log: &Origin) -> Self {
        let site = format!("https://{}/v1/sites/{}", log.host(), notice.site);
        let hex = notice.id().0.0.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            node: NoticeNode {
                id: format!("{site}/notices/{}", notice.id()),
                kind: "dpv:ConsentNotice",
                identifier: notice.id().to_string(),
                language: notice.language.clone(),
                checksum: Checksum {
                    id: format!("{site}/notices/{}#sha256", notice.id()),
                    kind: "spdx:Checksum",
                    algorithm: "spdx:checksumAlgorithm_sha256",
                    value: hex,
                },
            },
            controller: Controller {
                id: format!("{site}#controller"),
                kind: ["dpv:DataController", "dpv:Organisation"],
                identifier: format!("{}/{}", log.host(), notice.site),
                name: notice.controller.name.clone(),
                contact: notice.controller.privacy_url.clone(),
            },
            categories: notice.categories.iter().map(|shown| asked(notice, shown)).collect(),
            holds_for: format!("P{}D", notice.ask_again_after),
        }
    }

    /// The address of the site on its server.
    pub(super) fn site(&self) -> &str {
        self.node.id.rsplit_once("/notices/").map_or("", |(site, _)| site)
    }
}

fn asked(notice: &Notice, shown: &CategoryNotice) -> Asked {
    let place = Storage::Place { kind: "dpv:StorageLocation", location: "dpv:WithinDevice" };
    let item = |cookie: &CookieDeclaration| Storage::Item {
        kind: "dpv:StorageDuration",
        name: cookie.name.clone(),
        duration: Duration::of(&cookie.lifetime),
    };
    Asked {
        kind: "dpv:Process",
        category: shown.category,
        title: Words { language: notice.language.clone(), text: shown.title.clone() },
        purpose: [purpose(shown.category)],
        personal_data: ["pd:DeviceBased"],
        processing: ["dpv:Collect", "dpv:Store"],
        necessity: if shown.category == Category::Necessary { "dpv:Required" } else { "dpv:Optional" },
        rule: notice.regime.rule(shown.category),
        recipients: recipients(notice, shown),
        hosts: shown.hosts.iter().map(|host| host.name.to_string()).collect(),
        storage: [place].into_iter().chain(shown.cookies.iter().map(item)).collect(),
        transfers: transfers(notice, shown.category),
    }
}

/// The third parties of a category: those that are named as such, and those that set its cookies.
fn recipients(notice: &Notice, shown: &CategoryNotice) -> Vec<Recipient> {
    let vendors = notice.vendors.iter().filter(|vendor| vendor.category == shown.category);
    let mut all: Vec<_> = vendors
        .map(|vendor| Recipient {
            kind: "dpv:ThirdParty",
            name: vendor.name.clone(),
            contact: Some(vendor.privacy_url.clone()),
        })
        .collect();
    let named: BTreeSet<_> = all.iter().map(|recipient| recipient.name.clone()).collect();
    let owners: BTreeSet<_> = shown.cookies.iter().map(|cookie| &cookie.owner).collect();
    let others =
        owners.into_iter().filter(|owner| **owner != notice.controller.name && !named.contains(*owner));
    all.extend(others.map(|owner| Recipient { kind: "dpv:ThirdParty", name: owner.clone(), contact: None }));
    all
}

/// What a category is for, in the purposes of DPV.
fn purpose(category: Category) -> &'static str {
    match category {
        Category::Necessary => "dpv:RequestedServiceProvision",
        Category::Functional => "dpv:UserInterfacePersonalisation",
        Category::Analytics => "dpv:ServiceUsageAnalytics",
        Category::Performance => "dpv:ServiceOptimisation",
        Category::Advertisement => "dpv:PersonalisedAdvertising",
    }
}

impl From<String> for Node {
    fn from(id: String) -> Self {
        Self { id }
    }
}
