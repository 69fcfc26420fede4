//! `[[group]]`: sites of different domains on which one choice is to count.

use std::collections::{BTreeMap, BTreeSet};

use consent_core::notice::{GroupNotice, GroupSite, MAX_GROUP_ORIGINS, MAX_GROUP_SITES, SiteId};
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{Draft, GroupDraft};
use super::super::model::SiteConfig;
use super::super::nearest::nearest;
use super::super::section::Field;
use super::Required;

const HELP: &str = "write `id = \"press\"` and `sites = [\"news\", \"sport\"]`";

/// Tells each site of its group; `None` after at least one error.
pub(super) fn join(draft: &Draft, sites: &mut [SiteConfig], report: &mut Report) -> Option<()> {
    let mut ids = BTreeSet::new();
    let mut taken = BTreeMap::new();
    let mut good = true;
    for group in &draft.groups {
        match build(group, sites, &mut ids, &mut taken, report) {
            Some(group) => {
                for site in sites.iter_mut().filter(|site| group.has(&site.id)) {
                    site.group = Some(group.clone());
                }
            }
            None => good = false,
        }
    }
    good.then_some(())
}

fn build(
    draft: &GroupDraft,
    sites: &[SiteConfig],
    ids: &mut BTreeSet<SiteId>,
    taken: &mut BTreeMap<SiteId, SiteId>,
    report: &mut Report,
) -> Option<GroupNotice> {
    let wanted = Required { code: Code::MissingKey, help: HELP, key: "id", owner: &draft.span };
    let text = wanted.text(&draft.id, report)?;
    let mut error = |span, message: String, help: &str| {
        report.error(Code::Group, span, message, help);
        None
    };
    let Ok(id) = text.get_ref().parse::<SiteId>() else {
        let help = "write a short name of a-z, 0-9 and `-`, such as `press`";
        return error(text.span(), format!("`{}` is not the name of a group", text.get_ref()), help);
    };
    if !ids.insert(id.clone()) {
        return error(text.span(), format!("another group is called `{id}`"), "give every group its own id");
    }
    let listed = match &draft.sites {
        Field::Broken => return None,
        Field::Absent => return error(draft.span.clone(), "`sites` is missing".to_owned(), HELP),
        Field::Set(listed) => listed,
    };
    let mut members: BTreeMap<SiteId, GroupSite> = BTreeMap::new();
    let mut first: Option<&SiteConfig> = None;
    for text in listed.get_ref() {
        let (site, member) = member(text, sites, &mut error)?;
        let first = *first.get_or_insert(member);
        if member.controller != first.controller {
            let message = format!(
                "{} answers for the site `{site}`, and {} for `{}`",
                member.controller, first.controller, first.id
            );
            let help = "a choice was made of what one controller does: give the sites the same `controller`, or leave one of them out";
            return error(text.span(), message, help);
        }
        if let Some(other) = taken.insert(site.clone(), id.clone()) {
            let message = format!("the site `{site}` is in the group `{other}` already");
            return error(text.span(), message, "a site is in one group, once: leave one of them out");
        }
        let (name, origins) = (member.name.clone(), member.origins.clone());
        members.insert(site.clone(), GroupSite { id: site, name, origins });
    }
    let origins: usize = members.values().map(|site| site.origins.len()).sum();
    if !(2..=MAX_GROUP_SITES).contains(&members.len()) || origins > MAX_GROUP_ORIGINS {
        let message =
            format!("a group has 2 to {MAX_GROUP_SITES} sites, with at most {MAX_GROUP_ORIGINS} origins");
        return error(
            listed.span(),
            message,
            "a choice that counts on more sites than a visitor can read of is none",
        );
    }
    Some(GroupNotice { id, sites: members.into_values().collect() })
}

/// A site of the config that says where its pages are.
fn member<'s>(
    text: &Spanned<String>,
    sites: &'s [SiteConfig],
    error: &mut impl FnMut(std::ops::Range<usize>, String, &str) -> Option<GroupNotice>,
) -> Option<(SiteId, &'s SiteConfig)> {
    let Some(site) = sites.iter().find(|site| site.id.as_str() == text.get_ref()) else {
        let near = nearest(text.get_ref(), sites.iter().map(|site| site.id.as_str()));
        let help = near.map_or_else(
            || "list ids of `[[site]]` of this config".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        error(text.span(), format!("there is no site `{}`", text.get_ref()), &help);
        return None;
    };
    if site.origins.is_empty() {
        let help =
            "visitors read where their choice counts, and links to there carry it: give the site `origins`";
        error(text.span(), format!("the site `{}` does not say where its pages are", site.id), help);
        return None;
    }
    Some((site.id.clone(), site))
}
