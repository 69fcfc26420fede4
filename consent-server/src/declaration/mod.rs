//! What a site keeps on its visitors' machines and who receives data, category by category: a notice put in the order in which
//! it is read outside the banner, for programs, for a page and for a table in a page of the site's own.
//!
//! All of it comes from the notice in force, so whoever reads it is told what the banner tells, in the same words.

mod page;
mod table;

use consent_core::bundle::csv::rfc3339;
use consent_core::category::Category;
use consent_core::notice::{
    AudienceMeasurement, CategoryNotice, Direction, Notice, NoticeId, Safeguard, StorageKind, Transfer,
};
use consent_core::regime::Rule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::compressed::Compressed;
use crate::config::SiteConfig;

pub(crate) use self::page::page;

/// A declaration with what is sent of it as it is.
#[derive(Debug)]
pub struct Declared {
    /// It.
    pub declaration: Declaration,
    /// It, as JSON.
    pub json: Compressed,
    /// The script that shows it in a page of the site's own.
    pub script: Compressed,
}

/// Everything that a site declares, in one language and for one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Declaration {
    /// What the site says of how it measures its audience; only where nobody is asked because of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience_measurement: Option<AudienceMeasurement>,
    /// The five categories, in their order.
    pub categories: Vec<DeclaredCategory>,
    /// Who answers for the data.
    pub controller: Party,
    /// `ltr` or `rtl`.
    pub direction: Direction,
    /// The other sites on which a choice that is made here counts as well; none for most.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub group: Vec<DeclaredSite>,
    /// The language of all texts, BCP 47.
    pub language: String,
    /// All languages that the site offers, its own first.
    pub languages: Vec<String>,
    /// The site's name for people.
    pub name: String,
    /// The notice that it is taken from: evidence of what visitors are told.
    pub notice_id: NoticeId,
    /// When the site's log first named that notice, RFC 3339. Absent where the log is not public, tells only
    /// whoever reads all of it, or follows one that is past its retention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<String>,
    /// Whose rules these are: a code of ISO 3166, `EU` or `unknown`.
    pub region: String,
    /// Id of the site.
    pub site: String,
}

/// Another site of the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeclaredSite {
    /// Its name for people.
    pub name: String,
    /// Where its pages are: scheme, host and perhaps a port.
    pub origins: Vec<String>,
    /// Its id.
    pub site: String,
}

/// One category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeclaredCategory {
    /// `necessary`, `functional`, `analytics`, `performance` or `advertisement`.
    pub category: Category,
    /// What is kept on the visitor's machine.
    pub cookies: Vec<DeclaredCookie>,
    /// What it is for.
    pub description: String,
    /// Hosts that receive something.
    pub hosts: Vec<DeclaredHost>,
    /// What it waits for: `opt_in`, `opt_out`, `exempt` (needs no consent there, can be denied) or `always`.
    pub rule: Rule,
    /// What can be granted one by one.
    pub services: Vec<DeclaredService>,
    /// Its name.
    pub title: String,
    /// Third parties that receive data.
    pub vendors: Vec<DeclaredVendor>,
}

/// One cookie or storage key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeclaredCookie {
    /// How long it stays, in words.
    pub duration: String,
    /// The same in seconds: a year counts 365 days and any further month 30. `null` if it goes when the browser is closed.
    #[schema(required = true)]
    pub duration_seconds: Option<u64>,
    /// `cookie`, `local_storage` or `session_storage`.
    pub kind: StorageKind,
    /// The same duration as ISO 8601, or `session`.
    pub lifetime: String,
    /// Its name; a `*` at the end stands for any rest.
    pub name: String,
    /// Who sets and reads it.
    pub owner: String,
    /// What for.
    pub purpose: String,
    /// Id of the service that it belongs to, if it belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// One host, with all names below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeclaredHost {
    /// Its name, perhaps with a port.
    pub name: String,
    /// Id of the service that asks it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
}

/// One service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeclaredService {
    /// What pages and cookies call it.
    pub id: String,
    /// What visitors call it.
    pub name: String,
    /// What for.
    pub purpose: String,
    /// Which of the vendors runs it; absent if the controller does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

/// A third party that receives data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeclaredVendor {
    /// Legal name.
    pub name: String,
    /// Its privacy policy: `https://…`.
    pub privacy_url: String,
    /// Where it takes data outside the European Economic Area; absent if nothing is declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<DeclaredTransfer>,
}

/// One country to which a third party takes data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DeclaredTransfer {
    /// What protects it there: `adequacy`, `binding_corporate_rules`, `derogation` or `standard_contractual_clauses`.
    pub by: Safeguard,
    /// The same in words.
    pub safeguard: String,
    /// The country, ISO 3166-1.
    pub to: String,
}

/// Somebody who answers for data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Party {
    /// Legal name.
    pub name: String,
    /// Its privacy policy: `https://…`, or a path of the site.
    pub privacy_url: String,
}

impl Declared {
    /// From the notice in force, which a log first named at `published_at` (unix seconds).
    #[must_use]
    pub fn new(site: &SiteConfig, notice: &Notice, published_at: Option<u64>) -> Self {
        let declaration = Declaration::of(site, notice, published_at);
        // Plain strings and numbers: they always have a JSON form.
        let json = Compressed::new(serde_json::to_vec(&declaration).unwrap_or_default());
        let script = Compressed::new(table::script(site, notice, &declaration));
        Self { declaration, json, script }
    }
}

impl Declaration {
    fn of(site: &SiteConfig, notice: &Notice, published_at: Option<u64>) -> Self {
        Self {
            audience_measurement: notice.audience_measurement.clone(),
            categories: notice.categories.iter().map(|shown| DeclaredCategory::of(notice, shown)).collect(),
            controller: Party {
                name: notice.controller.name.clone(),
                privacy_url: notice.controller.privacy_url.clone(),
            },
            direction: notice.direction,
            group: notice
                .group
                .iter()
                .flat_map(|group| group.others(&notice.site))
                .map(|site| DeclaredSite {
                    name: site.name.clone(),
                    origins: site.origins.clone(),
                    site: site.id.to_string(),
                })
                .collect(),
            language: notice.language.clone(),
            languages: site.languages().map(ToString::to_string).collect(),
            name: site.name.clone(),
            notice_id: notice.id(),
            published_at: published_at.map(rfc3339),
            region: notice.regime.region.clone(),
            site: notice.site.to_string(),
        }
    }
}

impl DeclaredCategory {
    fn of(notice: &Notice, shown: &CategoryNotice) -> Self {
        let category = shown.category;
        let cookies = shown.cookies.iter().map(|cookie| DeclaredCookie {
            duration: cookie.duration.clone(),
            duration_seconds: cookie.seconds(),
            kind: cookie.kind,
            lifetime: cookie.lifetime.clone(),
            name: cookie.name.clone(),
            owner: cookie.owner.clone(),
            purpose: cookie.purpose.clone(),
            service: cookie.service.as_ref().map(ToString::to_string),
        });
        let hosts = shown.hosts.iter().map(|host| DeclaredHost {
            name: host.name.to_string(),
            service: host.service.as_ref().map(ToString::to_string),
        });
        let services = notice.services_of(category).map(|service| DeclaredService {
            id: service.id.to_string(),
            name: service.name.clone(),
            purpose: service.purpose.clone(),
            vendor: service.vendor.clone(),
        });
        let vendors = notice.vendors.iter().filter(|vendor| vendor.category == category);
        let transfer = |transfer: &Transfer| DeclaredTransfer {
            by: transfer.by,
            safeguard: notice.texts.safeguard(transfer.by).to_owned(),
            to: transfer.to.to_string(),
        };
        let vendors = vendors.map(|vendor| DeclaredVendor {
            name: vendor.name.clone(),
            privacy_url: vendor.privacy_url.clone(),
            transfers: vendor.transfers.iter().map(transfer).collect(),
        });
        Self {
            category,
            cookies: cookies.collect(),
            description: shown.description.clone(),
            hosts: hosts.collect(),
            rule: notice.regime.rule(category),
            services: services.collect(),
            title: shown.title.clone(),
            vendors: vendors.collect(),
        }
    }
}
