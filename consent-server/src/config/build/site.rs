//! `[[site]]`

use std::collections::BTreeMap;
use std::ops::Range;

use consent_core::category::Category;
use consent_core::digest::Digest;
use consent_core::ledger::origin::{HEADS, TRAIL};
use consent_core::notice::{Layout, NoticeError, Position, SiteId, Theme};

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{ControllerDraft, LayoutDraft, SiteDraft};
use super::super::duration::Duration;
use super::super::language::Language;
use super::super::locale;
use super::super::model::{Offered, SiteConfig};
use super::super::section::Field;
use super::super::sources::Sources;
use super::super::words::Words;
use super::super::{DEFAULT_ASK_AGAIN_AFTER, DEFAULT_LANGUAGE, MAX_ASK_AGAIN_AFTER, RETENTION_AFTER_EXPIRY};
use super::address::{is_link, origin_fault};
use super::{
    Required, account, audience, block, cookie_domain, item, moving_in, regimes, service, tags, theme,
    webhook, word,
};

pub(super) const POSITIONS: [(&str, Position); 3] =
    [("bar", Position::Bar), ("corner", Position::Corner), ("centre", Position::Centre)];
pub(super) const THEMES: [(&str, Theme); 3] =
    [("auto", Theme::Auto), ("light", Theme::Light), ("dark", Theme::Dark)];

pub(super) fn build(draft: &SiteDraft, sources: &Sources, report: &mut Report) -> Option<SiteConfig> {
    let id = id(draft, report);
    let languages = languages(draft, report);
    let controller = controller(draft.controller.as_ref(), &draft.span, languages.as_deref(), report);
    let known = languages.as_deref().unwrap_or_default();
    let cookies: Vec<_> = draft.cookies.iter().map(|cookie| item::cookie(cookie, known, report)).collect();
    let vendors: Vec<_> = draft.vendors.iter().map(|vendor| item::vendor(vendor, report)).collect();
    let services = service::build(draft, known, report);
    let words = words(draft, known, report);
    let layout = layout(&draft.layout, report);
    let name = draft.name.set().or_else(|| draft.id.set()).map_or("", |name| name.get_ref());
    let theme = theme::build(draft.theme.as_ref(), layout.map(|layout| layout.theme), name, sources, report);
    let account = account::build(draft, sources, report);
    let audience_measurement = audience::build(draft.audience_measurement.as_ref(), report);
    let origins = origins(&draft.origins, report);
    let cookie_domain = cookie_domain::build(draft, report);
    let regimes = regimes::build(draft, report);
    let tags = tags::build(&draft.tags, report);
    let block = block::build(draft, report);
    let moving_in = moving_in::build(draft, report);
    let webhooks = webhook::build(draft, sources, report);
    let ask_again_after = ask_again_after(&draft.ask_again_after, report);
    let id = id?;
    let (controller, privacy_url) = controller?;
    let ask_again_after = ask_again_after?;
    let site = SiteConfig {
        account: account?,
        ask_again_after,
        audience_measurement,
        block: block?,
        controller,
        count_shown: value_or(&draft.count_shown, true)?,
        cookie_domain: cookie_domain?,
        cookies: cookies.into_iter().collect::<Option<_>>()?,
        group: None, // until all sites are known
        name: draft.name.set().map_or_else(|| id.to_string(), |name| name.get_ref().clone()),
        id,
        layout: layout?,
        moving_in: moving_in?,
        origins: origins?,
        public_log: value_or(&draft.public_log, true)?,
        record_network: value_or(&draft.record_network, false)?,
        regimes: regimes?,
        services: services?,
        theme: theme?,
        retention_days: value_or(&draft.retention_days, ask_again_after + RETENTION_AFTER_EXPIRY)?,
        tags: tags?,
        vendors: vendors.into_iter().collect::<Option<_>>()?,
        webhooks: webhooks?,
        privacy_url,
        words: words?,
    };
    fits(&site, &draft.span, report).then_some(site)
}

pub(super) fn value_or<T: Copy>(field: &Field<T>, default: T) -> Option<T> {
    match field {
        Field::Absent => Some(default),
        Field::Broken => None,
        Field::Set(value) => Some(*value.get_ref()),
    }
}

fn id(draft: &SiteDraft, report: &mut Report) -> Option<SiteId> {
    let help = "write a short name of a-z, 0-9 and `-`, such as `newsroom`";
    let wanted = Required { code: Code::MissingKey, help, key: "id", owner: &draft.span };
    let text = wanted.text(&draft.id, report)?;
    if text.get_ref() == HEADS {
        let message = format!("`{HEADS}` is where the server keeps the heads of all logs");
        report.error(Code::ReservedSite, text.span(), message, "give the site another id");
        return None;
    }
    if text.get_ref() == TRAIL {
        let message = format!("`{TRAIL}` is where the server keeps what operators and auditors did");
        report.error(Code::ReservedSite, text.span(), message, "give the site another id");
        return None;
    }
    let id = text.get_ref().parse();
    if id.is_err() {
        report.error(Code::SiteId, text.span(), format!("`{}` is not a site id", text.get_ref()), help);
    }
    id.ok()
}

fn languages(draft: &SiteDraft, report: &mut Report) -> Option<Vec<Language>> {
    let help = "write language codes, the default first: `languages = [\"fr\", \"en\"]`";
    let listed = match &draft.languages {
        Field::Absent => return DEFAULT_LANGUAGE.parse().ok().map(|language| vec![language]),
        Field::Broken => return None,
        Field::Set(listed) => listed,
    };
    if listed.get_ref().is_empty() {
        report.error(Code::Language, listed.span(), "no language is listed".to_owned(), help);
        return None;
    }
    let mut languages: Vec<Language> = Vec::new();
    for text in listed.get_ref() {
        match text.get_ref().parse() {
            Ok(language) if languages.contains(&language) => {
                let message = format!("`{language}` is listed twice");
                report.error(Code::Language, text.span(), message, "leave one of them out");
            }
            Ok(language) => languages.push(language),
            Err(_) => {
                report.error(
                    Code::Language,
                    text.span(),
                    format!("`{}` is not a language code", text.get_ref()),
                    help,
                );
            }
        }
    }
    (languages.len() == listed.get_ref().len()).then_some(languages)
}

fn controller(
    draft: Option<&ControllerDraft>,
    site: &Range<usize>,
    languages: Option<&[Language]>,
    report: &mut Report,
) -> Option<(String, BTreeMap<Language, String>)> {
    let Some(draft) = draft else {
        let help = "add `[site.controller]` with `name` and `privacy_url`: who answers for the data (GDPR art. 13(1)(a))";
        report.error(Code::FirstLayer, site.clone(), "`[site.controller]` is missing".to_owned(), help);
        return None;
    };
    let wanted = |key, help| Required { code: Code::FirstLayer, help, key, owner: &draft.span };
    let name = wanted("name", "write the legal name of who answers for the data").text(&draft.name, report);
    let help = "write the address of your privacy policy: `https://…`, or a path such as `/privacy`";
    let url = wanted("privacy_url", help).localized(
        &draft.privacy_url,
        languages.unwrap_or_default(),
        true,
        report,
    )?;
    let mut good = true;
    for text in url.values().filter(|text| !is_link(text.get_ref())) {
        good = false;
        report.error(
            Code::PrivacyUrl,
            text.span(),
            format!("`{}` is not such an address", text.get_ref()),
            help,
        );
    }
    let url = url.into_iter().map(|(language, text)| (language, text.into_inner())).collect();
    good.then_some((name?.get_ref().clone(), url))
}

fn layout(draft: &LayoutDraft, report: &mut Report) -> Option<Layout> {
    let position = word("position", &draft.position, &POSITIONS, Position::Bar, report);
    let theme = word("theme", &draft.theme, &THEMES, Theme::Auto, report);
    // A control on every page is what the law wants (EU-09); a site whose pages all carry a link can do without.
    Some(Layout { position: position?, reopen_button: value_or(&draft.reopen_button, true)?, theme: theme? })
}

fn origins(field: &Field<Vec<toml::Spanned<String>>>, report: &mut Report) -> Option<Vec<String>> {
    let listed = match field {
        Field::Absent => return Some(Vec::new()),
        Field::Broken => return None,
        Field::Set(listed) => listed,
    };
    let mut good = true;
    for text in listed.get_ref() {
        if let Some(help) = origin_fault(text.get_ref()) {
            good = false;
            report.error(
                Code::Origin,
                text.span(),
                format!("no browser sends the origin `{}`", text.get_ref()),
                help,
            );
        }
    }
    good.then(|| listed.get_ref().iter().map(|text| text.get_ref().clone()).collect())
}

fn ask_again_after(field: &Field<Result<u32, String>>, report: &mut Report) -> Option<u32> {
    let value = match field {
        Field::Absent => return Some(DEFAULT_ASK_AGAIN_AFTER),
        Field::Broken => return None,
        Field::Set(value) => value,
    };
    let days = days(value.get_ref());
    match days {
        Some(0) => report.error(
            Code::AskAgain,
            value.span(),
            "the choice would not last a day".to_owned(),
            "write a number of days or a duration such as `6 months`",
        ),
        Some(days) if days > MAX_ASK_AGAIN_AFTER => report.error(
            Code::AskAgain,
            value.span(),
            format!("a choice holds for {days} days, which is more than 24 months"),
            "write at most `24 months`; `6 months` is what authorities recommend",
        ),
        Some(_) => {}
        None => {
            let help = "write a number of days, or a duration such as `6 months`";
            report.error(
                Code::Duration,
                value.span(),
                "`ask_again_after` is not a duration".to_owned(),
                help,
            );
        }
    }
    days.filter(|days| (1..=MAX_ASK_AGAIN_AFTER).contains(days))
}

/// The value of `ask_again_after` in days.
pub(in crate::config) fn days(value: &Result<u32, String>) -> Option<u32> {
    match value {
        Ok(days) => Some(*days),
        Err(text) => text.parse::<Duration>().ok().and_then(|duration| duration.days().try_into().ok()),
    }
}

fn words(draft: &SiteDraft, languages: &[Language], report: &mut Report) -> Option<Offered> {
    let built = languages.iter().map(|language| {
        let own = draft.texts.iter().find(|texts| texts.language.get_ref() == language.as_str());
        let entries = own.map_or(&[][..], |texts| &texts.entries);
        let changes = entries.iter().map(|(key, text)| (key.get_ref().clone(), text.get_ref().clone()));
        match Words::new(language.clone(), changes.collect()) {
            Ok(words) => Some(words),
            Err(missing) => {
                let span = own.map_or_else(|| language_span(draft, language), |texts| texts.language.span());
                unknown_language(language, &missing, span, report);
                None
            }
        }
    });
    let built: Vec<_> = built.collect();
    let mut built = built.into_iter().collect::<Option<Vec<_>>>()?.into_iter();
    Some(Offered { default: built.next()?, others: built.collect() })
}

fn language_span(draft: &SiteDraft, language: &Language) -> Range<usize> {
    let listed = draft.languages.set().map_or(&[][..], |listed| listed.get_ref().as_slice());
    listed
        .iter()
        .find(|text| text.get_ref() == language.as_str())
        .map_or(draft.span.clone(), toml::Spanned::span)
}

fn unknown_language(language: &Language, missing: &[String], span: Range<usize>, report: &mut Report) {
    let built_in: Vec<_> = locale::built_in().collect();
    let first: Vec<_> = missing.iter().take(5).map(|key| format!("`{key}`")).collect();
    let rest = if missing.len() > first.len() {
        format!(" and {} more", missing.len() - first.len())
    } else {
        String::new()
    };
    let help = format!(
        "give under `[site.texts.{language}]`: {}{rest}; languages that need none: {}",
        first.join(", "),
        built_in.join(", "),
    );
    report.error(Code::UnknownLanguage, span, format!("there are no built-in texts in `{language}`"), help);
}

/// Whether every notice of the site can be made.
fn fits(site: &SiteConfig, span: &Range<usize>, report: &mut Report) -> bool {
    let fault = site.regimes.iter().find_map(|regime| {
        site.languages()
            .find_map(|language| site.notice_under(regime, language.as_str(), Digest([0; 32])).err())
    });
    match &fault {
        None => {}
        Some(error @ NoticeError::Size) => {
            let help = format!(
                "shorten texts, or declare fewer items in this site's {} categories",
                Category::ALL.len()
            );
            report.error(Code::NoticeSize, span.clone(), error.to_string(), help);
        }
        // It follows from what is said already: of what is wrong the finding is there, and the size is not it.
        Some(_) if report.has_error() => {}
        Some(error) => {
            let help = "no rule names what is wrong: please report this config, it is a fault of the program";
            report.error(Code::NoticeSize, span.clone(), error.to_string(), help);
        }
    }
    fault.is_none()
}
