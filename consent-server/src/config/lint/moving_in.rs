//! Rules about choices that are taken over from another platform.

use consent_core::category::Category;
use consent_core::notice::Platform;

use super::super::build::moved_categories;
use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::section::Field;

/// Whatever the site uses can be taken over; or else everybody who comes from there is denied it without having been asked.
pub(super) fn all_is_covered(site: &SiteDraft, report: &mut Report) {
    let says = |field: &Field<String>, category: Category| {
        field.set().is_some_and(|text| text.get_ref() == category.as_str())
    };
    let uses = |category: &Category| {
        site.cookies.iter().any(|one| says(&one.category, *category))
            || site.services.iter().any(|one| says(&one.category, *category))
            || site.vendors.iter().any(|one| says(&one.category, *category))
            || site.block.hosts.iter().any(|one| says(&one.category, *category))
    };
    for draft in &site.moving_in {
        let platform = draft.platform.set().and_then(|text| text.get_ref().parse::<Platform>().ok());
        let Some(platform) = platform else { continue };
        let covered = moved_categories(draft, platform);
        let missing = Category::OPTIONAL.into_iter().filter(|one| uses(one) && !covered.contains_key(one));
        let missing: Vec<_> = missing.map(|category| format!("`{category}`")).collect();
        if !missing.is_empty() && !covered.is_empty() {
            let message = format!(
                "nothing of `{platform}` stands for {}, which is denied to everybody who comes from there",
                missing.join(", ")
            );
            let help = "name what stands for it, if visitors were asked for it there";
            report.warning(Code::MovingInPart, draft.span.clone(), message, help);
        }
    }
}
