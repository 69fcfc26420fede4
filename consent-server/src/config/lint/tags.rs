//! Rules about what scripts of others are told.

use consent_core::category::Category;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::tags::GoogleStorage;

/// Storage is granted by its own category and nothing else: advertising only by `advertisement`, and the rest may ask for
/// more, never for less.
pub(super) fn google_storage_is_its_own(site: &SiteDraft, report: &mut Report) {
    let Some(google) = &site.tags.google else { return };
    for ((name, _, own), field) in GoogleStorage::ALL.iter().zip(&google.storage) {
        let Some(listed) = field.set() else { continue };
        let words: Vec<_> = listed.get_ref().iter().map(|text| text.get_ref().as_str()).collect();
        let good = words.contains(&own.as_str())
            && !words.contains(&Category::Necessary.as_str())
            && (*own != Category::Advertisement || words.len() == 1);
        if !good {
            let help = if *own == Category::Advertisement {
                format!("leave it out, or write `{name} = [\"{own}\"]`")
            } else {
                format!(
                    "write `{name} = [\"{own}\"]`; further categories make it stricter: all have to be granted"
                )
            };
            let message = format!("`{name}` is not what `{own}` was granted for");
            report.error(Code::GoogleStorage, listed.span(), message, help);
        }
    }
}

/// Tags that run before a choice send something before a choice.
pub(super) fn google_waits(site: &SiteDraft, report: &mut Report) {
    let Some(google) = &site.tags.google else { return };
    if let Some(mode) = google.mode.set().filter(|mode| mode.get_ref() == "advanced") {
        let help = "write `mode = \"basic\"` and mark Google's tags with `data-consent`";
        let message = "Google's tags run before a choice, and send its address, browser and page".to_owned();
        report.warning(Code::AdvancedMode, mode.span(), message, help);
    }
    if let Some(on) = google.url_passthrough.set().filter(|on| *on.get_ref()) {
        let help = "leave `url_passthrough` out";
        let message = "identifiers of clicks are written into addresses while cookies are denied".to_owned();
        report.warning(Code::UrlPassthrough, on.span(), message, help);
    }
}
