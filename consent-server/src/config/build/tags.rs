//! `[site.google]`, `microsoft`, `pixels`, `compat`

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::regime::Region;
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{GoogleDraft, TagsDraft};
use super::super::nearest::{list, nearest};
use super::super::section::Field;
use super::super::tags::{Compat, Google, GoogleMode, GoogleStorage, Tags, Told};
use super::site::value_or;
use super::word;

/// What Google's own documents use.
const WAIT_FOR_UPDATE: u32 = 500;
const MAX_WAIT_FOR_UPDATE: u32 = 5000;

pub(super) fn build(draft: &TagsDraft, report: &mut Report) -> Option<Tags> {
    let compat = words("compat", &draft.compat, &Compat::WORDS, report);
    let google = draft.google.as_ref().map(|google| build_google(google, report));
    let microsoft = words("microsoft", &draft.microsoft, &Told::MICROSOFT, report);
    let pixels = words("pixels", &draft.pixels, &Told::PIXELS, report);
    Some(Tags {
        compat: compat?,
        google: match google {
            Some(google) => Some(google?),
            None => None,
        },
        told: [microsoft?, pixels?].concat(),
    })
}

fn build_google(draft: &GoogleDraft, report: &mut Report) -> Option<Google> {
    let mode = word("mode", &draft.mode, &GoogleMode::WORDS, GoogleMode::Basic, report);
    let denied_in = regions(&draft.denied_in, report);
    let wait = value_or(&draft.wait_for_update, WAIT_FOR_UPDATE);
    let wait = wait.filter(|milliseconds| {
        let good = *milliseconds <= MAX_WAIT_FOR_UPDATE;
        if let (false, Some(field)) = (good, draft.wait_for_update.set()) {
            let message = format!("Google's tags would wait {milliseconds} milliseconds");
            let help =
                format!("write 0 to {MAX_WAIT_FOR_UPDATE}; {WAIT_FOR_UPDATE} is what Google's documents use");
            report.error(Code::GoogleConsent, field.span(), message, help);
        }
        good
    });
    let categories = Category::ALL.map(|category| (category.as_str(), category));
    let mut storage = BTreeMap::new();
    let mut good = true;
    for ((_, kind, _), field) in GoogleStorage::ALL.iter().zip(&draft.storage) {
        match (field, words("storage", field, &categories, report)) {
            (Field::Absent, _) => {}
            (_, Some(waits)) => {
                storage.insert(*kind, waits);
            }
            (_, None) => good = false,
        }
    }
    if !good {
        return None;
    }
    Some(Google {
        ads_data_redaction: value_or(&draft.ads_data_redaction, true)?,
        denied_in: denied_in?,
        mode: mode?,
        storage,
        url_passthrough: value_or(&draft.url_passthrough, false)?,
        wait_for_update: wait?,
    })
}

fn regions(field: &Field<Vec<Spanned<String>>>, report: &mut Report) -> Option<Vec<String>> {
    let listed = listed(field)?;
    let mut good = true;
    let is_region = |text: &Spanned<String>| {
        text.get_ref().parse::<Region>().is_ok_and(|region| region != Region::UNKNOWN)
    };
    for text in listed.iter().filter(|text| !is_region(text)) {
        good = false;
        let help = "write a code of ISO 3166 such as `FR` or `US-CA`: Google knows no others";
        report.error(Code::Region, text.span(), format!("`{}` is not a region", text.get_ref()), help);
    }
    good.then(|| listed.iter().map(|text| text.get_ref().clone()).collect())
}

/// Words of which each may stand once.
pub(super) fn words<T: Copy>(
    key: &str,
    field: &Field<Vec<Spanned<String>>>,
    known: &[(&str, T)],
    report: &mut Report,
) -> Option<Vec<T>> {
    let listed = listed(field)?;
    let mut found = Vec::new();
    for (index, text) in listed.iter().enumerate() {
        let written = text.get_ref();
        if listed.iter().take(index).any(|earlier| earlier.get_ref() == written) {
            let message = format!("`{written}` is listed twice");
            report.error(Code::DuplicateItem, text.span(), message, "leave one of them out");
        } else if let Some((_, value)) = known.iter().find(|(word, _)| word == written) {
            found.push(*value);
        } else {
            let names: Vec<_> = known.iter().map(|(word, _)| *word).collect();
            let help = match nearest(written, names.iter().copied()) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("write one of {}", list(&names)),
            };
            report.error(Code::UnknownValue, text.span(), format!("`{key}` knows no `{written}`"), help);
        }
    }
    (found.len() == listed.len()).then_some(found)
}

pub(super) fn listed(field: &Field<Vec<Spanned<String>>>) -> Option<&[Spanned<String>]> {
    match field {
        Field::Absent => Some(&[]),
        Field::Broken => None,
        Field::Set(listed) => Some(listed.get_ref()),
    }
}
