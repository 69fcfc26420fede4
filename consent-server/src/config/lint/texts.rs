//! Rules about texts that a site writes itself.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::DeValue;

use super::super::asked::{self, Asked};
use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::language::Language;
use super::super::locale;
use super::super::nearest::nearest;
use super::super::words;

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
            } else if let Some(Asked { code, help, message, severity }) =
                asked::find(key.get_ref(), &DeValue::String(text.get_ref().as_str().into()))
            {
                report.say(severity, code, key.span(), message, help);
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

/// A language of the site's own has words for the transfers that are declared, and for accounts where there are some. There are none
/// built in for it, and the English ones would stand among its own.
pub(super) fn own_languages_tell_all(site: &SiteDraft, report: &mut Report) {
    let declared = || site.vendors.iter().flat_map(|vendor| &vendor.transfers);
    let safeguards = declared().filter_map(|transfer| transfer.by.set());
    let mut needed: BTreeSet<_> = safeguards.map(|by| format!("transfer_{}", by.get_ref())).collect();
    // Words that are no safeguard are told where transfers are built.
    needed.retain(|key| words::TRANSFERS.contains(&key.as_str()));
    if declared().next().is_some() {
        needed.insert("transfers".to_owned());
    }
    if site.account.is_some() {
        needed.extend(words::ACCOUNT.map(str::to_owned));
    }
    for texts in &site.texts {
        let Ok(language) = texts.language.get_ref().parse::<Language>() else { continue };
        if locale::find(&language).is_some() || !site.languages().contains(&language.as_str()) {
            continue;
        }
        let has = |key: &String| texts.entries.iter().any(|(own, _)| own.get_ref() == key);
        let missing: Vec<_> = needed.iter().filter(|key| !has(key)).map(|key| format!("`{key}`")).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let message = format!("words that the site needs are missing in `{language}`: {missing}");
            let help = "write these texts: there are none built in for this language";
            report.error(Code::MissingTranslation, texts.language.span(), message, help);
        }
    }
}

/// No text leads away from the question: to another page, or to an offer.
pub(super) fn nothing_beside_the_question(site: &SiteDraft, report: &mut Report) {
    // Behind the first layer, figures and addresses tell what the notice is about.
    let is_first = |key: &str| ["title", "body"].contains(&key);
    for (_, key, text) in entries(site).filter(|(_, key, _)| is_first(key.get_ref())) {
        let Some(found) = leads_away(text.get_ref()) else { continue };
        let message = format!("the text `{}` has {found} in it", key.get_ref());
        let help = "leave it out: the notice asks, and links to the privacy policy by itself; what you offer belongs on the page";
        report.error(Code::LookOverThere, text.span(), message, help);
    }
}

/// What of a text leads away, in any language.
fn leads_away(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    if text.contains("://") || text.contains("www.") || text.contains("](") {
        Some("an address")
    } else if text.contains(['%', '٪', '％']) {
        Some("a discount")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_away_is_found_and_no_built_in_text_does() {
        for (text, found) in [
            ("See https://paper.example/offers", "an address"),
            ("WWW.paper.example", "an address"),
            ("[more](/offers)", "an address"),
            ("Accept and get 10\u{a0}% off", "a discount"),
        ] {
            assert_eq!(leads_away(text), Some(found), "{text}");
        }
        for text in ["", "Children < 14 years", "<b>", "{controller} uses cookies for {purposes}."] {
            assert_eq!(leads_away(text), None, "{text}");
        }
        for code in locale::built_in() {
            let language: Language = code.parse().unwrap();
            for (key, text) in locale::find(&language).unwrap() {
                assert_eq!(leads_away(&text), None, "{code}: {key}");
            }
        }
    }
}
