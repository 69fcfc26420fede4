//! Rules about what the first layer says, where a site writes it itself.

use consent_core::category::Category;
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::section::Field;
use super::super::words;
use super::phrases::{self, plain};
use super::texts::entries;

/// How long a text of the first layer may be, in characters: about twice the longest built-in one.
const MOST: usize = 1000;

/// The first layer names the controller and the purposes, says that others take part, and where the way back is (EU-07).
pub(super) fn all_is_told(site: &SiteDraft, report: &mut Report) {
    let name = site.controller.as_ref().and_then(|controller| controller.name.set());
    for (_, _, text) in
        entries(site).filter(|(_, key, text)| key.get_ref() == "body" && !text.get_ref().trim().is_empty())
    {
        let has = |word| words::placeholders(text.get_ref()).any(|placeholder| placeholder == word);
        let named = name.is_some_and(|name| text.get_ref().contains(name.get_ref().as_str()));
        if !has("controller") && !named {
            let message = "the first layer does not say who asks".to_owned();
            report.error(
                Code::FirstLayer,
                text.span(),
                message,
                "write `{controller}` where its legal name belongs",
            );
        }
        if !has("purposes") {
            let message = "the first layer may leave out what is asked for".to_owned();
            let help = "write `{purposes}` where the list belongs: it names what is declared, and follows every change";
            report.warning(Code::FirstLayer, text.span(), message, help);
        }
        if !has("third_parties") && !names_all_who_take_part(site, text.get_ref()) {
            let message = "the first layer may not say that third parties take part".to_owned();
            let help =
                "write `{third_parties}`, which says so, and where their list is, while any are declared";
            report.warning(Code::FirstLayer, text.span(), message, help);
        }
        if !has("reopen") {
            let message = "the first layer may not say how to change one's mind".to_owned();
            let help = "write that a choice can be changed at any time under `{reopen}`: that is what the way back is called";
            report.warning(Code::FirstLayer, text.span(), message, help);
        }
        let length = text.get_ref().chars().count();
        if length > MOST {
            let message = format!("the text of the first layer has {length} characters");
            let help = format!(
                "leave to the second layer what it says: nobody reads more than {MOST} before they choose"
            );
            report.warning(Code::FirstLayer, text.span(), message, help);
        }
    }
}

/// Whether a text has the name of everybody but the controller who stores or receives something that can be denied.
fn names_all_who_take_part(site: &SiteDraft, text: &str) -> bool {
    let controller = site.controller.as_ref().and_then(|controller| controller.name.set());
    let vendors = site.vendors.iter().map(|vendor| (&vendor.category, &vendor.name));
    let owners = site.cookies.iter().map(|cookie| (&cookie.category, &cookie.owner));
    let trimmed = |name: &Spanned<String>| name.get_ref().trim().to_owned();
    let deniable = |field: &Field<String>| {
        field.set().is_some_and(|name| Category::OPTIONAL.iter().any(|one| one.as_str() == name.get_ref()))
    };
    vendors
        .chain(owners.filter(|(_, owner)| owner.set().map(trimmed) != controller.map(trimmed)))
        .filter(|(category, _)| deniable(category))
        .filter_map(|(_, name)| name.set())
        .all(|name| text.contains(name.get_ref().trim()))
}

/// Nothing but a button is a yes (EU-02).
pub(super) fn no_silence_as_consent(site: &SiteDraft, report: &mut Report) {
    for (language, _, text) in entries(site) {
        let Some(phrases) = phrases::of(language) else { continue };
        let said = plain(text.get_ref());
        if let Some(phrase) = phrases.silence.iter().find(|phrase| said.contains(*phrase)) {
            let message = format!("`{phrase}` takes going on for consent");
            report.error(
                Code::ImpliedConsent,
                text.span(),
                message,
                "leave it out: only a button is a choice",
            );
        }
    }
}
