//! Of one category of a notice: who stores what for how long, and who receives data, without the words that say it.

use std::collections::{BTreeMap, BTreeSet};

use super::lifetime::is_within;
use super::{Country, NoticeBody, Safeguard, ServiceId, StorageKind};
use crate::category::Category;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// What is stored, and how long: several lifetimes if it is declared more than once.
    pub(super) items: BTreeMap<Item, BTreeSet<String>>,
    /// The services, and who runs each if the controller does not.
    pub(super) services: BTreeMap<ServiceId, Option<String>>,
    /// Who takes data to which country outside the European Economic Area, and what protects it there.
    pub(super) transfers: BTreeMap<(String, Country), BTreeSet<Safeguard>>,
    /// Who receives data.
    pub(super) vendors: BTreeSet<String>,
}

/// One declared cookie or storage key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) kind: StorageKind,
    pub(super) owner: String,
    pub(super) service: Option<ServiceId>,
}

impl Facts {
    pub(super) fn of(notice: &NoticeBody, category: Category) -> Self {
        let mut items: BTreeMap<Item, BTreeSet<String>> = BTreeMap::new();
        let shown = notice.categories.iter().filter(|shown| shown.category == category);
        for cookie in shown.flat_map(|shown| &shown.cookies) {
            let item = Item {
                name: cookie.name.clone(),
                kind: cookie.kind,
                owner: cookie.owner.clone(),
                service: cookie.service.clone(),
            };
            items.entry(item).or_default().insert(cookie.lifetime.clone());
        }
        let services = notice.services_of(category);
        let vendors = || notice.vendors.iter().filter(|vendor| vendor.category == category);
        let mut transfers: BTreeMap<(String, Country), BTreeSet<Safeguard>> = BTreeMap::new();
        for vendor in vendors() {
            for transfer in &vendor.transfers {
                let place = (vendor.name.clone(), transfer.to.clone());
                transfers.entry(place).or_default().insert(transfer.by);
            }
        }
        Self {
            items,
            services: services.map(|service| (service.id.clone(), service.vendor.clone())).collect(),
            transfers,
            vendors: vendors().map(|vendor| vendor.name.clone()).collect(),
        }
    }

    /// Whether a choice about `older` was one about all of this, too: nothing is added, and nothing stays longer.
    pub(super) fn are_covered_by(&self, older: &Self) -> bool {
        self == older
            || self.items.iter().all(|(item, lifetimes)| {
                older.items.get(item).is_some_and(|told| stay_within(lifetimes, told))
            }) && self.services.iter().all(|(id, vendor)| older.services.get(id) == Some(vendor))
                && self.transfers.iter().all(|(place, safeguards)| {
                    older.transfers.get(place).is_some_and(|told| protect_as_told(safeguards, told))
                })
                && self.vendors.is_subset(&older.vendors)
    }
}

/// Whether data that was told to be protected by something is not now told to be by nothing: who agrees to that has to know it
/// (GDPR, article 49(1)(a)). One safeguard may take the place of another, or of an exception.
pub(super) fn protect_as_told(safeguards: &BTreeSet<Safeguard>, told: &BTreeSet<Safeguard>) -> bool {
    !safeguards.contains(&Safeguard::Derogation) || told.contains(&Safeguard::Derogation)
}

/// Whether none of these lifetimes is longer than all that were `told`.
pub(super) fn stay_within(lifetimes: &BTreeSet<String>, told: &BTreeSet<String>) -> bool {
    lifetimes.iter().all(|lifetime| told.iter().any(|longer| is_within(lifetime, longer)))
}
