//! `[[site.moving_in]]`: whose choices from before are taken over, and what of theirs stands for which category.

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::notice::{
    MAX_THEIR_WORD_BYTES, MAX_THEIR_WORDS, MAX_WAIVER_BYTES, MovingIn, Platform, is_word,
};
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{MovingInDraft, SiteDraft};
use super::super::section::Field;
use super::{Required, word};

/// The platforms by their words.
pub(super) const PLATFORMS: [(&str, Platform); 7] = [
    ("complianz", Platform::Complianz),
    ("cookiebot", Platform::Cookiebot),
    ("cookieyes", Platform::Cookieyes),
    ("klaro", Platform::Klaro),
    ("onetrust", Platform::Onetrust),
    ("orestbida", Platform::Orestbida),
    ("tarteaucitron", Platform::Tarteaucitron),
];

/// What of a platform's stands for a category if the site does not say: categories that come with it and are described there
/// as ours are. Platforms whose words are the site's own have none. Nothing of Cookiebot's or Complianz's is about performance;
/// what `OneTrust` calls so (C0002) counts visits too.
fn usual(platform: Platform, category: Category) -> Option<&'static str> {
    use Category::{Advertisement, Analytics, Functional, Performance};
    match (platform, category) {
        (Platform::Cookieyes, category) => Some(category.as_str()),
        (Platform::Cookiebot | Platform::Complianz, Functional) => Some("preferences"),
        (Platform::Cookiebot | Platform::Complianz, Analytics) => Some("statistics"),
        (Platform::Cookiebot | Platform::Complianz, Advertisement) => Some("marketing"),
        (Platform::Onetrust, Functional) => Some("C0003"),
        (Platform::Onetrust, Analytics | Performance) => Some("C0002"),
        (Platform::Onetrust, Advertisement) => Some("C0004"),
        _ => None,
    }
}

/// Whether a site can give the cookie of this platform, or what its cookies begin with, a name of its own.
fn is_renamed(platform: Platform) -> bool {
    matches!(platform, Platform::Complianz | Platform::Klaro | Platform::Orestbida | Platform::Tarteaucitron)
}

/// What stands for each category that can be taken over.
pub(in crate::config) fn categories(
    draft: &MovingInDraft,
    platform: Platform,
) -> BTreeMap<Category, Vec<String>> {
    let words = Category::OPTIONAL.into_iter().zip(&draft.words).map(|(category, field)| {
        let words = match field {
            Field::Set(words) => words.get_ref().iter().map(|word| word.get_ref().clone()).collect(),
            Field::Absent | Field::Broken => {
                usual(platform, category).map(str::to_owned).into_iter().collect()
            }
        };
        (category, words)
    });
    words.filter(|(_, words): &(_, Vec<_>)| !words.is_empty()).collect()
}

pub(super) fn build(site: &SiteDraft, report: &mut Report) -> Option<Vec<MovingIn>> {
    let mut all: Vec<MovingIn> = Vec::new();
    let mut good = true;
    for draft in &site.moving_in {
        match declared(draft, report) {
            Some(declared) if all.iter().any(|other| other.platform == declared.platform) => {
                good = false;
                let message = format!("`{}` is moved in from twice", declared.platform);
                report.error(Code::MovingIn, draft.span.clone(), message, "put the two together");
            }
            Some(declared) => all.push(declared),
            None => good = false,
        }
    }
    good.then_some(all)
}

fn declared(draft: &MovingInDraft, report: &mut Report) -> Option<MovingIn> {
    let owner = &draft.span;
    let wanted = |key, help| Required { code: Code::MovingIn, help, key, owner };
    let who = "somebody says by name that what the other platform asked is what this site asks: it is in the notice";
    let by = said(&wanted("by", who), &draft.by, report);
    let why = "say why the two notices are equivalent: what was compared, and when";
    let reason = said(&wanted("reason", why), &draft.reason, report);
    let which = "write whose choices are taken over, such as `platform = \"cookiebot\"`";
    wanted("platform", which).text(&draft.platform, report)?;
    let platform = word("platform", &draft.platform, &PLATFORMS, Platform::Cookiebot, report)?;
    let name = name(draft, platform, report);
    // Each is looked at, whatever is wrong with another one.
    let words: Vec<_> = draft.words.iter().map(|field| are_words(field, report)).collect();
    let categories = categories(draft, platform);
    if categories.is_empty() {
        let message = format!("nothing of `{platform}` stands for a category");
        let help = "say which of its categories or services all have to be granted for one of ours: `analytics = [\"…\"]`";
        report.error(Code::MovingIn, owner.clone(), message, help);
        return None;
    }
    let (by, reason, name) = (by?, reason?, name?);
    let good = !words.contains(&false);
    good.then_some(MovingIn { by, categories, name, platform, reason })
}

fn said(wanted: &Required<'_>, field: &Field<String>, report: &mut Report) -> Option<String> {
    let text = wanted.text(field, report)?;
    if text.get_ref().len() > MAX_WAIVER_BYTES {
        let message = format!("`{}` is longer than {MAX_WAIVER_BYTES} bytes", wanted.key);
        report.error(wanted.code, text.span(), message, wanted.help);
        return None;
    }
    Some(text.get_ref().clone())
}

fn name(draft: &MovingInDraft, platform: Platform, report: &mut Report) -> Option<Option<String>> {
    let text = match &draft.name {
        Field::Absent => return Some(None),
        Field::Broken => return None,
        Field::Set(text) => text,
    };
    let (message, help) = if !is_renamed(platform) {
        (format!("`{platform}` keeps its choices under one name only"), "leave `name` out".to_owned())
    } else if is_word(text.get_ref()) {
        return Some(Some(text.get_ref().clone()));
    } else {
        (format!("`{platform}` can not keep its choices under this name"), too_long())
    };
    report.error(Code::MovingIn, text.span(), message, help);
    None
}

fn are_words(field: &Field<Vec<Spanned<String>>>, report: &mut Report) -> bool {
    let words = match field {
        Field::Absent => return true,
        Field::Broken => return false,
        Field::Set(words) => words,
    };
    let mut good = words.get_ref().len() <= MAX_THEIR_WORDS;
    if !good {
        let message = format!("more than {MAX_THEIR_WORDS} words of the other platform");
        report.error(
            Code::MovingIn,
            words.span(),
            message,
            "name those that the category can not do without",
        );
    }
    for word in words.get_ref().iter().filter(|word| !is_word(word.get_ref())) {
        good = false;
        let message = format!("`{}` is no word of another platform", word.get_ref().escape_debug());
        report.error(Code::MovingIn, word.span(), message, too_long());
    }
    good
}

fn too_long() -> String {
    format!("write 1 to {MAX_THEIR_WORD_BYTES} visible characters")
}
