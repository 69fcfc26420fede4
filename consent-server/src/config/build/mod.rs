//! From a [`Draft`] to a [`Config`]: what can not be made is reported, and the rest is still looked at.

mod account;
mod address;
mod anchors;
mod audience;
mod block;
mod choices;
mod cookie_domain;
mod group;
mod item;
mod limits;
mod moving_in;
mod openid;
mod others;
mod regimes;
mod region;
mod secret_source;
mod server;
mod service;
mod site;
mod tags;
mod theme;
mod transfer;
mod webhook;

pub(super) use address::is_link;
pub(crate) use address::is_on_this_machine;
pub(super) use choices::choices;
pub(super) use moving_in::categories as moved_categories;
pub(super) use others::others_who_take_part;
pub(super) use regimes::{
    holds_everywhere, is_exempt_measuring, measures_without_asking, names_the_way_back, wanted,
};
pub(super) use site::days;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;

use super::code::Code;
use super::diagnostic::Report;
use super::draft::Draft;
use super::findings::Findings;
use super::language::Language;
use super::model::{Config, ServerConfig};
use super::nearest::{list, nearest};
use super::section::{Field, Localized};
use super::sources::Sources;

/// The config, or `None` after at least one error in `report`. Paths are counted from the folder of the file that they stand in.
pub(super) fn config(draft: &Draft, sources: &Sources, report: &mut Report) -> Option<Config> {
    let server = server::build(&draft.server, sources, report);
    let openid = openid::build(draft, sources, report);
    let limits = limits::build(&draft.limits, report);
    let anchors = anchors::build(draft, sources, report);
    if draft.sites.is_empty() {
        let help = "add a table `[[site]]` with `id`, and `[site.controller]` with `name` and `privacy_url`";
        report.file_error(Code::NoSite, "no site is declared".to_owned(), help);
    }
    let sites: Vec<_> = draft.sites.iter().map(|site| site::build(site, sources, report)).collect();
    let mut sites = sites.into_iter().collect::<Option<Vec<_>>>()?;
    group::join(draft, &mut sites, report)?;
    let server = ServerConfig { openid: openid?, ..server? };
    Some(Config { anchors: anchors?, limits: limits?, server, sites, findings: Findings::default() })
}

/// A text that has to be there and has to say something.
struct Required<'a> {
    code: Code,
    help: &'a str,
    key: &'a str,
    /// The table that wants it, for when it is absent.
    owner: &'a Range<usize>,
}

impl Required<'_> {
    fn text<'f>(&self, field: &'f Field<String>, report: &mut Report) -> Option<&'f Spanned<String>> {
        match field {
            Field::Absent => {
                report.error(self.code, self.owner.clone(), format!("`{}` is missing", self.key), self.help);
                None
            }
            Field::Broken => None,
            Field::Set(text) if text.get_ref().trim().is_empty() => {
                report.error(self.code, text.span(), format!("`{}` is empty", self.key), self.help);
                None
            }
            Field::Set(text) => Some(text),
        }
    }

    /// A text for each of `languages`.
    fn localized(
        &self,
        field: &Field<Localized>,
        languages: &[Language],
        one_for_all: bool,
        report: &mut Report,
    ) -> Option<BTreeMap<Language, Spanned<String>>> {
        let value = match field {
            Field::Absent => {
                report.error(self.code, self.owner.clone(), format!("`{}` is missing", self.key), self.help);
                return None;
            }
            Field::Broken => return None,
            Field::Set(value) => value,
        };
        let texts = match value.get_ref() {
            Localized::One(text) if text.trim().is_empty() => {
                report.error(self.code, value.span(), format!("`{}` is empty", self.key), self.help);
                return None;
            }
            Localized::One(text) => {
                if let ([first, second, ..], false) = (languages, one_for_all) {
                    let message =
                        format!("`{}` is given in one language only, the site offers more", self.key);
                    let help = format!("write `{} = {{ {first} = \"…\", {second} = \"…\" }}`", self.key);
                    report.error(Code::MissingTranslation, value.span(), message, help);
                    return None;
                }
                let text = Spanned::new(value.span(), text.clone());
                return Some(languages.iter().map(|language| (language.clone(), text.clone())).collect());
            }
            Localized::Each(texts) => texts,
        };
        let mut complete = BTreeMap::new();
        for language in languages {
            let text =
                texts.iter().find(|(code, _)| code.get_ref() == language.as_str()).map(|(_, text)| text);
            match text.filter(|text| !text.get_ref().trim().is_empty()) {
                Some(text) => {
                    complete.insert(language.clone(), text.clone());
                }
                None => {
                    let message = format!("`{}` is missing in `{language}`", self.key);
                    let help = format!("add `{language} = \"…\"`: {}", self.help);
                    let span = text.map_or_else(|| value.span(), Spanned::span);
                    report.error(Code::MissingTranslation, span, message, help);
                }
            }
        }
        (complete.len() == languages.len()).then_some(complete)
    }
}

/// One of a few words; `default` if the key is absent.
fn word<T: Copy>(
    key: &str,
    field: &Field<String>,
    known: &[(&str, T)],
    default: T,
    report: &mut Report,
) -> Option<T> {
    let text = match field {
        Field::Absent => return Some(default),
        Field::Broken => return None,
        Field::Set(text) => text,
    };
    let found = known.iter().find(|(word, _)| word == text.get_ref());
    if found.is_none() {
        let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
        let help = match nearest(text.get_ref(), words.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("write one of {}", list(&words)),
        };
        report.error(Code::UnknownValue, text.span(), format!("`{key}` knows no `{}`", text.get_ref()), help);
    }
    found.map(|(_, value)| *value)
}
