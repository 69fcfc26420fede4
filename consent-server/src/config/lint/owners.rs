//! Rules about whose the declared items are.

use std::collections::BTreeSet;

use consent_core::category::Category;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::section::Field;

/// Whoever owns an item that can be refused is the controller, or in the list of third parties under that category: there visitors
/// find the policy of who receives something (EU-14). Each owner is told of once.
pub(super) fn are_in_the_list(site: &SiteDraft, report: &mut Report) {
    let controller = site.controller.as_ref().and_then(|controller| text(&controller.name));
    let Some(controller) = controller else { return }; // reported, and everybody would be another
    let mut told = BTreeSet::new();
    for cookie in &site.cookies {
        let (Some(owner), Some(category)) = (cookie.owner.set(), text(&cookie.category)) else { continue };
        let name = owner.get_ref().trim();
        let deniable = Category::OPTIONAL.iter().any(|one| one.as_str() == category);
        let listed = site
            .vendors
            .iter()
            .any(|vendor| text(&vendor.name) == Some(name) && text(&vendor.category) == Some(category));
        if !deniable || listed || name.is_empty() || name == controller || !told.insert((name, category)) {
            continue;
        }
        let message = format!("`{name}` is not in the list of third parties under `{category}`");
        let help = format!(
            "declare it: `[[site.vendor]]` with `category = \"{category}\"`, `name = \"{name}\"` and the address of its \
             privacy policy; if it is the site itself, write the controller's name"
        );
        report.warning(Code::VendorUndocumented, owner.span(), message, help);
    }
}

fn text(field: &Field<String>) -> Option<&str> {
    field.set().map(|text| text.get_ref().trim())
}
