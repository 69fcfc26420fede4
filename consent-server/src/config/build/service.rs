//! `[[site.service]]`, and the services that cookies and hosts name.

use consent_core::category::Category;
use consent_core::notice::{MAX_SERVICES, ServiceId};

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{ServiceDraft, SiteDraft};
use super::super::language::Language;
use super::super::model::Service;
use super::super::nearest::nearest;
use super::{Required, item};

/// The services in the order of the categories; what cookies name is one of them, in their own category.
pub(super) fn build(draft: &SiteDraft, languages: &[Language], report: &mut Report) -> Option<Vec<Service>> {
    let mut services: Vec<Service> = Vec::new();
    let mut good = true;
    for one in &draft.services {
        match service(one, draft, languages, report) {
            Some(service) if services.iter().any(|other| other.id == service.id) => {
                good = false;
                let span = one.id.set().map_or_else(|| one.span.clone(), toml::Spanned::span);
                let help = "give every service its own id: pages and cookies name it by this";
                report.error(
                    Code::Service,
                    span,
                    format!("another service is called `{}`", service.id),
                    help,
                );
            }
            Some(service) => services.push(service),
            None => good = false,
        }
    }
    if services.len() > MAX_SERVICES {
        good = false;
        let span = draft.services.last().map_or_else(|| draft.span.clone(), |last| last.span.clone());
        let help = "leave apart only what visitors would choose apart, and the rest to its category";
        let message = format!("{} services are more than {MAX_SERVICES}", services.len());
        report.error(Code::Service, span, message, help);
    }
    good &= named_fit(draft, report);
    services.sort_by_key(|service| service.category as u8);
    good.then_some(services)
}

fn service(
    draft: &ServiceDraft,
    site: &SiteDraft,
    languages: &[Language],
    report: &mut Report,
) -> Option<Service> {
    let owner = &draft.span;
    let help = "write 1 to 32 of a-z, 0-9 and `-`, and not the name of a category: `video`";
    let id = Required { code: Code::Service, help, key: "id", owner }.text(&draft.id, report);
    let id = id.and_then(|text| {
        let id: Option<ServiceId> = text.get_ref().parse().ok();
        if id.is_none() {
            report.error(
                Code::Service,
                text.span(),
                format!("`{}` is not a service id", text.get_ref()),
                help,
            );
        }
        id
    });
    let category = item::category(&draft.category, owner, report).filter(|category| {
        let optional = *category != Category::Necessary;
        if !optional {
            let span = draft.category.set().map_or_else(|| owner.clone(), toml::Spanned::span);
            let help = "leave the service out: what is necessary is not asked for";
            report.error(Code::Service, span, "a necessary service can not be chosen".to_owned(), help);
        }
        optional
    });
    let wanted = |key, help| Required { code: Code::Service, help, key, owner };
    let name =
        wanted("name", "write the name that visitors know").localized(&draft.name, languages, true, report);
    let purpose = wanted("purpose", "say in plain words what it is used for").localized(
        &draft.purpose,
        languages,
        false,
        report,
    );
    let vendor = vendor(draft, site, report)?;
    let texts = |texts: std::collections::BTreeMap<Language, toml::Spanned<String>>| {
        texts.into_iter().map(|(language, text)| (language, text.into_inner())).collect()
    };
    Some(Service { category: category?, id: id?, name: texts(name?), purpose: texts(purpose?), vendor })
}

/// The vendor that runs it, if it names one: a visitor who grants the service is shown who that is.
fn vendor(draft: &ServiceDraft, site: &SiteDraft, report: &mut Report) -> Option<Option<String>> {
    let Some(text) = draft.vendor.set() else { return Some(None) };
    let names: Vec<_> = site
        .vendors
        .iter()
        .filter_map(|vendor| vendor.name.set())
        .map(|name| name.get_ref().as_str())
        .collect();
    if names.contains(&text.get_ref().as_str()) {
        return Some(Some(text.get_ref().clone()));
    }
    let help = nearest(text.get_ref(), names).map_or_else(
        || {
            "declare it with `[[site.vendor]]`, or leave `vendor` out if the controller runs the service"
                .to_owned()
        },
        |name| format!("did you mean `{name}`?"),
    );
    report.error(Code::Service, text.span(), format!("no vendor is called `{}`", text.get_ref()), help);
    None
}

/// Whether every service that a cookie or a host names is declared, in the category of the cookie or host.
fn named_fit(draft: &SiteDraft, report: &mut Report) -> bool {
    let cookies = draft.cookies.iter().map(|cookie| (&cookie.category, &cookie.service));
    let hosts = draft.block.hosts.iter().map(|host| (&host.category, &host.service));
    let mut good = true;
    for (category, service) in cookies.chain(hosts) {
        let Some(named) = service.set() else { continue };
        let found = draft
            .services
            .iter()
            .find(|service| service.id.set().is_some_and(|id| id.get_ref() == named.get_ref()));
        let word =
            |field: &super::super::section::Field<String>| field.set().map(|text| text.get_ref().clone());
        let (message, help) = match found {
            Some(service) if word(&service.category) == word(category) => continue,
            Some(service) => {
                let category = word(&service.category).unwrap_or_default();
                let message = format!("the service `{}` belongs to `{category}`", named.get_ref());
                (message, "an item and its service belong to one category: change one of the two".to_owned())
            }
            None => {
                let ids = draft.services.iter().filter_map(|service| service.id.set());
                let known = ids.map(|id| id.get_ref().as_str());
                let help = nearest(named.get_ref(), known).map_or_else(
                    || format!("declare it: `[[site.service]]` with `id = \"{}\"`", named.get_ref()),
                    |id| format!("did you mean `{id}`?"),
                );
                (format!("no service is called `{}`", named.get_ref()), help)
            }
        };
        good = false;
        report.error(Code::UnknownService, named.span(), message, help);
    }
    good
}
