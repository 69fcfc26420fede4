//! Who else takes part in a category: what only the site itself does may be exempt from asking.

use consent_core::category::Category;
use toml::Spanned;

use super::super::draft::SiteDraft;
use super::super::own::{is_under, origins};
use super::super::section::Field;
use super::super::tags::GoogleStorage;

/// Everybody but the controller and its `processors` who stores or receives something under a category, as a reader of the config knows
/// them. Only what belongs to the category counts: who only advertises takes no part in measuring.
pub(in crate::config) fn others_who_take_part(
    site: &SiteDraft,
    category: Category,
    processors: &[&str],
) -> Vec<String> {
    let is = |field: &Field<String>| text(field) == Some(category.as_str());
    let own = site.controller.as_ref().and_then(|controller| text(&controller.name));
    let is_third = |name: &Option<&str>| !name.is_some_and(|name| processors.contains(&name));
    let vendors = site.vendors.iter().filter(|vendor| is(&vendor.category)).map(|vendor| text(&vendor.name));
    let owners = site.cookies.iter().filter(|cookie| is(&cookie.category)).map(|cookie| text(&cookie.owner));
    let services = site.services.iter().filter(|service| is(&service.category));
    let services = services.map(|service| text(&service.vendor)).filter(Option::is_some);
    let named = vendors.chain(owners.filter(|name| *name != own)).chain(services).filter(is_third);
    let named = named.map(|name| format!("`{}`", name.unwrap_or_default()));
    let foreign = |host: &&str| !origins(site).any(|own| is_under(host, own));
    // A host says not whose it is: where a processor is named, it is theirs, and who else receives something has to be a vendor.
    let hosts = site.block.hosts.iter().filter(|host| processors.is_empty() && is(&host.category));
    let hosts = hosts.filter_map(|host| text(&host.name)).filter(foreign).map(|host| format!("`{host}`"));
    let told = [
        (google_is_told(site, category), "Google's tags"),
        (clarity_is_told(site, category), "Microsoft Clarity"),
    ];
    let told = told.into_iter().filter(|(is_told, _)| *is_told).map(|(_, who)| who.to_owned());
    let mut all: Vec<_> = named.chain(hosts).chain(told).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether a grant of this category alone grants Google a kind of storage.
fn google_is_told(site: &SiteDraft, category: Category) -> bool {
    let Some(google) = &site.tags.google else { return false };
    GoogleStorage::ALL.iter().zip(&google.storage).any(|((_, _, own), field)| match field.set() {
        Some(waits) => waits.get_ref().iter().all(|word| word.get_ref() == category.as_str()),
        None => *own == category,
    })
}

/// Clarity is told of both; UET and the pixels of advertising only.
fn clarity_is_told(site: &SiteDraft, category: Category) -> bool {
    let told = site
        .tags
        .microsoft
        .set()
        .is_some_and(|told| told.get_ref().iter().any(|word| word.get_ref() == "clarity"));
    told && matches!(category, Category::Analytics | Category::Advertisement)
}

fn text(field: &Field<String>) -> Option<&str> {
    field.set().map(Spanned::get_ref).map(String::as_str)
}
