//! Rules about what the first layer says, where a site writes it itself.

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::words;
use super::phrases::{self, plain};
use super::texts::entries;

/// The first layer names the controller and the purposes (EU-07).
pub(super) fn controller_is_named(site: &SiteDraft, report: &mut Report) {
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
    }
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
