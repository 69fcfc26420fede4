//! Rules about texts that a site writes itself.

use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::nearest::nearest;
use super::super::words;
use super::phrases::{self, plain};

/// Every text of the site: `(language, key, text)`.
pub(super) fn entries(site: &SiteDraft) -> impl Iterator<Item = (&str, &Spanned<String>, &Spanned<String>)> {
    let texts = site.texts.iter();
    texts.flat_map(|texts| {
        texts.entries.iter().map(|(key, text)| (texts.language.get_ref().as_str(), key, text))
    })
}

/// Every key is one that is shown, and every placeholder one that is filled.
pub(super) fn known_keys(site: &SiteDraft, report: &mut Report) {
    for texts in &site.texts {
        let language = texts.language.get_ref();
        let Ok(code) = language.parse() else { continue }; // reported as one that the site does not offer
        let keys: Vec<_> = words::keys(&code).collect();
        for (key, text) in &texts.entries {
            if keys.contains(key.get_ref()) {
                known_placeholders(key, text, report);
            } else {
                let help = nearest(key.get_ref(), keys.iter().map(String::as_str)).map_or(
                    "texts are called for instance `title`, `body`, `accept_all`, `categories.analytics.title`"
                        .to_owned(),
                    |key| format!("did you mean `{key}`?"),
                );
                let message = format!("no text is called `{}` in `{language}`", key.get_ref());
                report.error(Code::UnknownKey, key.span(), message, help);
            }
        }
    }
}

fn known_placeholders(key: &Spanned<String>, text: &Spanned<String>, report: &mut Report) {
    let filled = words::placeholders_of(key.get_ref());
    for unknown in words::placeholders(text.get_ref()).filter(|word| !filled.contains(word)) {
        let help = match filled {
            [] => "nothing is filled into this text: write it out".to_owned(),
            filled => format!("known here: `{{{}}}`", filled.join("}`, `{")),
        };
        report.error(Code::Placeholder, text.span(), format!("nothing fills `{{{unknown}}}` here"), help);
    }
    if key.get_ref() == "direction" && !matches!(text.get_ref().as_str(), "ltr" | "rtl") {
        let message = "`direction` is neither `ltr` nor `rtl`".to_owned();
        report.error(Code::UnknownValue, text.span(), message, "write `ltr` (from the left) or `rtl`");
    }
}

/// No text is there only to hide the built-in one.
pub(super) fn nothing_empty(site: &SiteDraft, report: &mut Report) {
    for (_, key, text) in entries(site).filter(|(_, _, text)| text.get_ref().trim().is_empty()) {
        let message = format!("the text `{}` is empty", key.get_ref());
        report.error(
            Code::FirstLayer,
            text.span(),
            message,
            "write the text, or leave the key out for the built-in one",
        );
    }
}

/// Texts belong to a language that the site offers. What is written for many sites may be there in more languages than one of
/// them offers.
pub(super) fn used_languages(site: &SiteDraft, report: &mut Report) {
    let offered = site.languages();
    let localized = site.cookies.iter().filter_map(|cookie| cookie.purpose.set());
    let localized =
        localized.chain(site.controller.iter().filter_map(|controller| controller.privacy_url.set()));
    let tables = localized.flat_map(|value| match value.get_ref() {
        super::super::section::Localized::Each(texts) => texts.as_slice(),
        super::super::section::Localized::One(_) => &[],
    });
    let codes = site.texts.iter().map(|texts| &texts.language).chain(tables.map(|(language, _)| language));
    let unused = |code: &&Spanned<String>| {
        !offered.contains(&code.get_ref().as_str()) && !report.is_shared(&code.span())
    };
    let unused: Vec<_> = codes.filter(unused).collect();
    for code in unused {
        let message = format!("the site does not offer `{}`", code.get_ref());
        let help = format!("add it to `languages`, or leave it out; offered: `{}`", offered.join("`, `"));
        report.warning(Code::UnusedLanguage, code.span(), message, help);
    }
}

/// The buttons say what they do, in words that everybody knows.
pub(super) fn button_words(site: &SiteDraft, report: &mut Report) {
    for (language, key, text) in entries(site) {
        let Some(phrases) = phrases::of(language) else { continue };
        let usual = match key.get_ref().as_str() {
            "accept_all" => &phrases.accept,
            "reject_all" => &phrases.refuse,
            _ => continue,
        };
        let said = plain(text.get_ref());
        if said.is_empty() {
            continue;
        }
        let advice = || format!("write for instance: {}", usual.join(", "));
        if phrases.feelings.iter().any(|phrase| said.contains(phrase)) {
            let message = format!("`{}` plays on feelings", text.get_ref());
            let help = format!("say what the button does, as plainly as the other one; {}", advice());
            report.error(Code::EmotionalSteering, text.span(), message, help);
        } else if phrases.onward.iter().any(|phrase| said.starts_with(phrase)) {
            let message = "a way on without accepting is no button that refuses".to_owned();
            report.error(Code::ButtonWords, text.span(), message, advice());
        } else if !usual.contains(&said) {
            let message = format!(
                "`{}` is none of the plain words for this button that visitors, and programs that refuse for them, know",
                text.get_ref()
            );
            report.warning(Code::ButtonWords, text.span(), message, advice());
        }
    }
}
