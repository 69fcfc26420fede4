//! `block`, `reload`, `[[site.host]]`

use consent_core::category::Category;
use consent_core::notice::{HostName, MAX_HOSTS};

use super::super::block::{Block, Gate, Host};
use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{BlockDraft, HostDraft, SiteDraft};
use super::super::nearest::nearest;
use super::super::section::Field;
use super::tags::{listed, words};
use super::{Required, item};

pub(super) fn build(draft: &SiteDraft, report: &mut Report) -> Option<Block> {
    let hosts = hosts(draft, report);
    let gates = gates(&draft.block, draft, report);
    let reload = reload(draft, report);
    Some(Block { gates: gates?, hosts: hosts?, reload: reload? })
}

/// Whoever declares hosts wants them held back: all ways are shut unless the site says which.
fn gates(draft: &BlockDraft, site: &SiteDraft, report: &mut Report) -> Option<Vec<Gate>> {
    let gates = match (&draft.gates, draft.hosts.is_empty()) {
        (Field::Absent, true) => return Some(Vec::new()),
        (Field::Absent, false) => return Some(Gate::WORDS.map(|(_, gate)| gate).to_vec()),
        (field, _) => words("block", field, &Gate::WORDS, report)?,
    };
    for text in draft.gates.set().into_iter().flat_map(|listed| listed.get_ref()) {
        let (missing, help) = match text.get_ref().as_str() {
            "storage" => {
                let help = "declare it: `[[site.cookie]]` with its `category`";
                (site.cookies.is_empty().then_some("no cookie or storage key is declared"), help)
            }
            _ => {
                let help = "declare who is asked: `[[site.host]]` with `name` and `category`";
                (draft.hosts.is_empty().then_some("no host is declared"), help)
            }
        };
        if let Some(missing) = missing {
            let message = format!("`{}` holds nothing back: {missing}", text.get_ref());
            report.error(Code::Block, text.span(), message, help);
        }
    }
    Some(gates)
}

fn hosts(draft: &SiteDraft, report: &mut Report) -> Option<Vec<Host>> {
    let mut hosts: Vec<Host> = Vec::new();
    let mut good = true;
    for one in &draft.block.hosts {
        match host(one, report) {
            Some(host) if hosts.iter().any(|other| other.name == host.name) => {
                good = false;
                let span = one.name.set().map_or_else(|| one.span.clone(), toml::Spanned::span);
                let help = "one host waits for one category: where it serves two, name the stricter one";
                report.error(Code::BlockedHost, span, format!("`{}` is declared twice", host.name), help);
            }
            Some(host) => hosts.push(host),
            None => good = false,
        }
    }
    if hosts.len() > MAX_HOSTS {
        good = false;
        let span = draft.block.hosts.last().map_or_else(|| draft.span.clone(), |last| last.span.clone());
        let message = format!("{} hosts are more than {MAX_HOSTS}", hosts.len());
        let help = "a name covers all names below it: declare `example.com` once for all of its hosts";
        report.error(Code::BlockedHost, span, message, help);
    }
    good.then_some(hosts)
}

fn host(draft: &HostDraft, report: &mut Report) -> Option<Host> {
    let owner = &draft.span;
    let category = item::category(&draft.category, owner, report);
    let help = "write the host of its addresses in lower case, without scheme and path: `stats.example`";
    let name = Required { code: Code::BlockedHost, help, key: "name", owner }.text(&draft.name, report);
    let name = name.and_then(|text| {
        let name: Option<HostName> = text.get_ref().parse().ok();
        // One word would cover a whole top-level domain.
        let name = name.filter(|name| name.as_str().contains('.') || name.as_str().starts_with("localhost"));
        if name.is_none() {
            let message = format!("`{}` is not the name of a host", text.get_ref());
            report.error(Code::BlockedHost, text.span(), message, help);
        }
        name
    });
    Some(Host {
        category: category?,
        name: name?,
        // Whether the site has such a service is looked at where its services are: here it is only a name.
        service: draft.service.set().and_then(|id| id.get_ref().parse().ok()),
    })
}

/// Categories that can be withdrawn, and services that the site has.
fn reload(draft: &SiteDraft, report: &mut Report) -> Option<Vec<String>> {
    let services = draft.services.iter().filter_map(|service| service.id.set());
    let known: Vec<_> = Category::OPTIONAL
        .map(Category::as_str)
        .into_iter()
        .chain(services.map(|id| id.get_ref().as_str()))
        .collect();
    let texts = listed(&draft.block.reload)?;
    let mut good = true;
    for text in texts.iter().filter(|text| !known.contains(&text.get_ref().as_str())) {
        good = false;
        let help = nearest(text.get_ref(), known.iter().copied()).map_or_else(
            || "write a category that can be denied, or the id of a service of the site".to_owned(),
            |word| format!("did you mean `{word}`?"),
        );
        let message = format!("`{}` can not be withdrawn", text.get_ref());
        report.error(Code::UnknownValue, text.span(), message, help);
    }
    good.then(|| texts.iter().map(|text| text.get_ref().clone()).collect())
}
