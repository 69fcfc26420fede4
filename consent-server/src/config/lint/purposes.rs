//! Rules about what things are said to be for.

use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::section::{Field, Localized};
use super::phrases::{self, plain};
use super::texts::entries;

/// A purpose says what is done. That something becomes better is none, if it is all that is said.
pub(super) fn say_something(site: &SiteDraft, report: &mut Report) {
    let languages = site.languages();
    let items = site.cookies.iter().map(|cookie| &cookie.purpose);
    let purposes = items.chain(site.services.iter().map(|service| &service.purpose));
    let said = purposes.filter_map(Field::set).flat_map(|purpose| match purpose.get_ref() {
        // One text for all: in whichever of the languages it is.
        Localized::One(text) => {
            languages.iter().map(|language| (*language, text, purpose.span())).collect::<Vec<_>>()
        }
        Localized::Each(texts) => texts
            .iter()
            .map(|(language, text)| (language.get_ref().as_str(), text.get_ref(), text.span()))
            .collect(),
    });
    let said = said.map(|(language, text, span)| (Code::Undocumented, language, text, span));
    // What the list on the first layer is made of.
    let listed = entries(site).filter(|(_, key, _)| key.get_ref().starts_with("purposes."));
    let listed =
        listed.map(|(language, _, text)| (Code::FirstLayer, language, text.get_ref(), Spanned::span(text)));
    for (code, language, text, span) in said.chain(listed) {
        if is_vague(language, text) {
            let message = format!("`{}` says nothing of what is done", text.trim());
            let help = "say it in plain words, so that somebody can decide about it: `Counts visits and the pages that are read.`";
            report.error(code, span, message, help);
        }
    }
}

fn is_vague(language: &str, text: &str) -> bool {
    let said = plain(text);
    let said = said.trim_end_matches(|last: char| last.is_whitespace() || ".!…".contains(last));
    phrases::of(language).is_some_and(|phrases| phrases.vague.iter().any(|phrase| phrase == said))
}
