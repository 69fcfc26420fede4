//! What is different in what is asked for: controller, rules, items, services, vendors.

use std::collections::BTreeSet;

use super::{Change, What};
use crate::category::Category;
use crate::notice::facts::{Facts, Item, protect_as_told, stay_within};
use crate::notice::material::{OBJECTION, members};
use crate::notice::{Notice, Safeguard};

/// All of it, by category.
pub(super) fn changes(older: &Notice, newer: &Notice) -> Vec<Change> {
    let mut all = Vec::new();
    if older.controller.name != newer.controller.name {
        let (from, to) = (older.controller.name.clone(), newer.controller.name.clone());
        all.push(Change { asks: true, category: None, what: What::Controller { from, to } });
    }
    let (before, after) = (members(older), members(newer));
    for (site, origin) in after.difference(&before).cloned() {
        all.push(Change { asks: true, category: None, what: What::PlaceAdded { site, origin } });
    }
    for (site, origin) in before.difference(&after).cloned() {
        all.push(Change { asks: false, category: None, what: What::PlaceRemoved { site, origin } });
    }
    for category in Category::ALL {
        let mut found = Found { category, all: Vec::new() };
        let (from, to) = (older.regime.rule(category), newer.regime.rule(category));
        if from != to {
            found.add(to > from, What::Rule { from, to });
        }
        let hears = |notice: &Notice| notice.parts.contains_key(OBJECTION);
        if category == Category::Advertisement && hears(newer) && !hears(older) {
            found.add(true, What::ObjectionHeard);
        }
        let (before, after) = (Facts::of(older, category), Facts::of(newer, category));
        items(&before, &after, &mut found);
        services(&before, &after, &mut found);
        vendors(&before, &after, &mut found);
        all.append(&mut found.all);
    }
    all
}

struct Found {
    category: Category,
    all: Vec<Change>,
}

impl Found {
    /// `asks` is heard where there is something to ask: what is strictly necessary is asked of nobody.
    fn add(&mut self, asks: bool, what: What) {
        let asks = asks && self.category != Category::Necessary;
        self.all.push(Change { asks, category: Some(self.category), what });
    }
}

fn items(before: &Facts, after: &Facts, found: &mut Found) {
    let mut gone: Vec<&Item> = before.items.keys().filter(|item| !after.items.contains_key(item)).collect();
    for (item, lifetimes) in &after.items {
        let Item { name, kind, owner, service } = item.clone();
        let Some(told) = before.items.get(item) else {
            // The same thing under another owner or service, if it is clear which.
            let same = |other: &&Item| (&other.name, other.kind) == (&item.name, item.kind);
            let alone = after.items.keys().filter(same).count() == 1;
            let was: Vec<_> = gone.iter().copied().filter(|other| same(other)).collect();
            match (alone, was.as_slice()) {
                (true, [was]) => {
                    gone.retain(|other| other != was);
                    moved(before, was, after, item, found);
                }
                _ => {
                    found
                        .add(true, What::ItemAdded { name, kind, owner, service, lifetime: list(lifetimes) });
                }
            }
            continue;
        };
        if lifetimes != told {
            let (from, to) = (list(told), list(lifetimes));
            found.add(!stay_within(lifetimes, told), What::Retention { name, kind, from, to });
        }
    }
    for Item { name, kind, owner, .. } in gone.into_iter().cloned() {
        found.add(false, What::ItemRemoved { name, kind, owner });
    }
}

/// One that is still there under its name, and is somebody else's, or another service's.
fn moved(before: &Facts, was: &Item, after: &Facts, is: &Item, found: &mut Found) {
    let (name, kind) = (|| is.name.clone(), is.kind);
    if was.owner != is.owner {
        found
            .add(true, What::ItemOwner { name: name(), kind, from: was.owner.clone(), to: is.owner.clone() });
    }
    if was.service != is.service {
        let (from, to) = (was.service.clone(), is.service.clone());
        found.add(true, What::ItemService { name: name(), kind, from, to });
    }
    if let (Some(told), Some(lifetimes)) = (before.items.get(was), after.items.get(is))
        && told != lifetimes
    {
        let (from, to) = (list(told), list(lifetimes));
        found.add(!stay_within(lifetimes, told), What::Retention { name: name(), kind, from, to });
    }
}

fn services(before: &Facts, after: &Facts, found: &mut Found) {
    for (service, vendor) in &after.services {
        let (service, to) = (service.clone(), vendor.clone());
        match before.services.get(&service) {
            None => found.add(true, What::ServiceAdded { service, vendor: to }),
            Some(from) if *from != to => {
                found.add(true, What::ServiceVendor { service, from: from.clone(), to });
            }
            Some(_) => {}
        }
    }
    for service in before.services.keys().filter(|service| !after.services.contains_key(service)) {
        found.add(false, What::ServiceRemoved { service: service.clone() });
    }
}

fn vendors(before: &Facts, after: &Facts, found: &mut Found) {
    for name in after.vendors.difference(&before.vendors).cloned() {
        found.add(true, What::VendorAdded { name });
    }
    for name in before.vendors.difference(&after.vendors).cloned() {
        found.add(false, What::VendorRemoved { name });
    }
    for (place, safeguards) in &after.transfers {
        let (vendor, to) = place.clone();
        match before.transfers.get(place) {
            None => found.add(true, What::TransferAdded { vendor, to }),
            Some(told) if told != safeguards => {
                let all = |safeguards: &BTreeSet<Safeguard>| safeguards.iter().copied().collect();
                let (was, by) = (all(told), all(safeguards));
                found
                    .add(!protect_as_told(safeguards, told), What::TransferSafeguard { vendor, to, was, by });
            }
            Some(_) => {}
        }
    }
    for (vendor, to) in before.transfers.keys().filter(|place| !after.transfers.contains_key(*place)) {
        found.add(false, What::TransferRemoved { vendor: vendor.clone(), to: to.clone() });
    }
}

fn list(lifetimes: &BTreeSet<String>) -> String {
    lifetimes.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}
