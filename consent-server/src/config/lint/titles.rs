//! Rules about the names of categories that a site writes itself.

use consent_core::category::Category;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{SiteDraft, TextsDraft};
use super::super::locale;
use super::phrases::{self, plain};

/// No category goes by the name of another one: a grant would be given for what is not asked.
pub(super) fn each_its_own(site: &SiteDraft, report: &mut Report) {
    for texts in &site.texts {
        let built_in = texts.language.get_ref().parse().ok().and_then(|language| locale::find(&language));
        let built_in = built_in.unwrap_or_default();
        for category in Category::ALL {
            let Some(own) = written(texts, category) else { continue };
            let another = Category::ALL.into_iter().filter(|other| *other != category).find(|other| {
                let theirs = written(texts, *other).map(|text| text.get_ref());
                if theirs.is_some() && *other > category {
                    return false; // said there
                }
                let theirs = theirs.or_else(|| built_in.get(&key(*other)));
                theirs.is_some_and(|theirs| plain(theirs) == plain(own.get_ref()))
            });
            if let Some(another) = another.filter(|_| !own.get_ref().trim().is_empty()) {
                let message = format!("`{}` is what `{another}` is called", own.get_ref());
                let help =
                    format!("say what `{category}` is for, or leave the key out for the built-in words");
                report.error(Code::ConflictingInformation, own.span(), message, help);
            }
        }
    }
}

/// No category that can be refused goes by a name that says it can not.
pub(super) fn none_is_called_necessary(site: &SiteDraft, report: &mut Report) {
    for texts in &site.texts {
        let Some(phrases) = phrases::of(texts.language.get_ref()) else { continue };
        let built_in = texts.language.get_ref().parse().ok().and_then(|language| locale::find(&language));
        let built_in = built_in.unwrap_or_default();
        let theirs = written(texts, Category::Necessary).map(|text| text.get_ref());
        let theirs = theirs.or_else(|| built_in.get(&key(Category::Necessary))).map(|name| plain(name));
        for category in Category::OPTIONAL {
            let Some(own) = written(texts, category) else { continue };
            let said = plain(own.get_ref());
            // What is called by the very name of `necessary` has been told so.
            let is_theirs = theirs.as_ref() == Some(&said);
            if !is_theirs && phrases.necessary.iter().any(|start| said.starts_with(start.as_str())) {
                let message = format!(
                    "`{}` says of `{category}` that it can not be refused, and it can",
                    own.get_ref()
                );
                let help =
                    format!("say what `{category}` is for, or leave the key out for the built-in words");
                report.error(Code::ConflictingInformation, own.span(), message, help);
            }
        }
    }
}

fn written(texts: &TextsDraft, category: Category) -> Option<&toml::Spanned<String>> {
    texts.entries.iter().find(|(written, _)| *written.get_ref() == key(category)).map(|(_, text)| text)
}

fn key(category: Category) -> String {
    format!("categories.{category}.title")
}
