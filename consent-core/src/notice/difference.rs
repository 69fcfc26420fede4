//! What is different between two notices of a site, and about which categories a visitor is asked again for it.

mod compare;
mod look;
mod words;

use std::fmt;

use serde::Serialize;

use super::{Country, Notice, Safeguard, ServiceId, SiteId, StorageKind};
use crate::category::Category;
use crate::regime::Rule;

/// What is different in a notice from an older one that it takes the place of.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::notice::{Change, Difference, Notice};
///
/// # let older = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// let mut body = (*older).clone();
/// body.categories[2].cookies[0].owner = "Mesure".to_owned();
/// body.ask_again_after = 90;
/// let difference = Difference::between(&older, &Notice::new(body)?);
/// let lines = |changes: Vec<&Change>| changes.iter().map(|change| change.to_string()).collect::<Vec<_>>();
/// assert_eq!(lines(difference.reasons().collect()), ["analytics: cookie `a` is Mesure's now, and not b's"]);
/// assert_eq!(lines(difference.silent().collect()), ["a choice holds for 90 days, and not for 180"]);
/// assert!(difference.kept().all(|category| category != Category::Analytics));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The categories about which somebody who chose under the older notice is asked again: those of
    /// [`Notice::changes_since`].
    pub asked: Vec<Category>,
    /// Everything that is different, what asks again first. Empty only if the two are the same notice.
    pub changes: Vec<Change>,
}

/// One thing that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Whether it asks again: about its category, or about all that can be denied if it has none.
    pub asks: bool,
    /// The category that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// What it is.
    #[serde(flatten)]
    pub what: What,
}

/// What it is, behind its category if it has one.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(category) = self.category {
            write!(f, "{category}: ")?;
        }
        self.what.fmt(f)
    }
}

/// What is different. Its text is one line of plain English, the same whatever the language of the notices is.
///
/// ```
/// use consent_core::notice::{StorageKind, What};
///
/// let longer = What::Retention {
///     name: "_id".to_owned(),
///     kind: StorageKind::Cookie,
///     from: "session".to_owned(),
///     to: "P13M".to_owned(),
/// };
/// assert_eq!(longer.to_string(), "cookie `_id` stays for 13 months now, and not until the browser is closed");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// Somebody else is responsible.
    Controller {
        /// Who was.
        from: String,
        /// Who is.
        to: String,
    },
    /// A choice counts on another site of the group, or on other pages of one.
    PlaceAdded {
        /// The site.
        site: SiteId,
        /// Where its pages are.
        origin: String,
    },
    /// It counts there no more.
    PlaceRemoved {
        /// The site.
        site: SiteId,
        /// Where its pages were.
        origin: String,
    },
    /// The category waits for something else.
    Rule {
        /// What it waited for.
        from: Rule,
        /// What it waits for.
        to: Rule,
    },
    /// An objection of the browser (Global Privacy Control) is heard from now on.
    ObjectionHeard,
    /// A cookie or storage key is declared that was not.
    ItemAdded {
        /// Its name.
        name: String,
        /// Where it is kept.
        kind: StorageKind,
        /// Who sets and reads it.
        owner: String,
        /// The service that it belongs to.
        #[serde(skip_serializing_if = "Option::is_none")]
        service: Option<ServiceId>,
        /// How long it stays: ISO 8601, or `session`.
        lifetime: String,
    },
    /// One is declared no more.
    ItemRemoved {
        /// Its name.
        name: String,
        /// Where it was kept.
        kind: StorageKind,
        /// Who set and read it.
        owner: String,
    },
    /// One has another owner.
    ItemOwner {
        /// Its name.
        name: String,
        /// Where it is kept.
        kind: StorageKind,
        /// Whose it was.
        from: String,
        /// Whose it is.
        to: String,
    },
    /// One belongs to another service, to one, or to none any more.
    ItemService {
        /// Its name.
        name: String,
        /// Where it is kept.
        kind: StorageKind,
        /// The service that it belonged to.
        from: Option<ServiceId>,
        /// The service that it belongs to.
        to: Option<ServiceId>,
    },
    /// One stays for another time.
    Retention {
        /// Its name.
        name: String,
        /// Where it is kept.
        kind: StorageKind,
        /// How long it stayed: ISO 8601, or `session`.
        from: String,
        /// How long it stays.
        to: String,
    },
    /// Somebody receives data who did not.
    VendorAdded {
        /// Legal name.
        name: String,
    },
    /// Somebody receives no data any more.
    VendorRemoved {
        /// Legal name.
        name: String,
    },
    /// A third party takes data to a country outside the European Economic Area.
    TransferAdded {
        /// Legal name.
        vendor: String,
        /// The country.
        to: Country,
    },
    /// It does not any more.
    TransferRemoved {
        /// Legal name.
        vendor: String,
        /// The country.
        to: Country,
    },
    /// Something else protects data there. It asks again where nothing but an exception is left.
    TransferSafeguard {
        /// Legal name.
        vendor: String,
        /// The country.
        to: Country,
        /// What protected it.
        was: Vec<Safeguard>,
        /// What protects it.
        by: Vec<Safeguard>,
    },
    /// A finer question is asked: another purpose in the category.
    ServiceAdded {
        /// The service.
        service: ServiceId,
        /// Who runs it, if the controller does not.
        #[serde(skip_serializing_if = "Option::is_none")]
        vendor: Option<String>,
    },
    /// One is asked no more.
    ServiceRemoved {
        /// The service.
        service: ServiceId,
    },
    /// Somebody else runs a service; `None` is the controller.
    ServiceVendor {
        /// The service.
        service: ServiceId,
        /// Who ran it.
        from: Option<String>,
        /// Who runs it.
        to: Option<String>,
    },
    /// A host is held back, or is not any more.
    Hosts {
        /// Those that are held back from now on.
        added: Vec<String>,
        /// Those that are not any more.
        removed: Vec<String>,
    },
    /// A choice holds for another time.
    AskAgainAfter {
        /// Days that it held.
        from: u32,
        /// Days that it holds.
        to: u32,
    },
    /// The language, or the direction that it is written in.
    Language {
        /// The language that it was, BCP 47.
        from: String,
        /// The language that it is.
        to: String,
    },
    /// The region whose rules these are.
    Region {
        /// What it was called.
        from: String,
        /// What it is called.
        to: String,
    },
    /// Other words for the same.
    Wording {
        /// Which texts, by their names in the notice.
        texts: Vec<String>,
    },
    /// Layout, colours, logo.
    Look {
        /// What of it.
        parts: Vec<String>,
    },
    /// Optional parts of the script have come or gone, or have other settings.
    Parts {
        /// Their names.
        names: Vec<String>,
    },
    /// Somebody answers for another finding.
    Waivers,
    /// Other things are said of how the audience is measured, where that is exempt.
    AudienceMeasurement,
    /// Choices of other platforms are taken over, or no more, or otherwise.
    MovingIn,
    /// The program of the banner.
    Script,
    /// The order in which things are declared, and nothing else.
    Order,
}

impl Difference {
    /// What is different in `newer` from `older`, whose place it takes.
    #[must_use]
    pub fn between(older: &Notice, newer: &Notice) -> Self {
        let mut changes = compare::changes(older, newer);
        changes.extend(look::changes(older, newer));
        if changes.is_empty() && older.id() != newer.id() {
            changes.push(Change { asks: false, category: None, what: What::Order });
        }
        changes.sort_by_key(|change| !change.asks); // keeps the order otherwise
        Self { asked: newer.changes_since(older), changes }
    }

    /// The categories in which a choice that was made under the older notice still holds.
    pub fn kept(&self) -> impl Iterator<Item = Category> {
        Category::OPTIONAL.into_iter().filter(|category| !self.asked.contains(category))
    }

    /// What asks again.
    pub fn reasons(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.asks)
    }

    /// What asks nobody.
    pub fn silent(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.asks)
    }
}

#[cfg(test)]
mod tests;
