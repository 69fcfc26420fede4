//! Rules about the domain that keeps a choice for several hosts.

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{Draft, SiteDraft};
use super::super::own::is_at_or_below;

/// The domain covers every page of the site, and all of them are reached in one way: what a page with `https` keeps no page without
/// can read or take back (RFC 6265bis, "leave secure cookies alone"), so there a refusal would not count.
pub(super) fn covers_all_pages(site: &SiteDraft, report: &mut Report) {
    let Some(domain) = site.cookie_domain.set() else { return };
    let domain = domain.get_ref();
    let listed = site.origins.set().into_iter().flat_map(|listed| listed.get_ref());
    let mut first: Option<&str> = None;
    for origin in listed {
        let Some((scheme, host)) = origin.get_ref().split_once("://") else { continue };
        let host = host.split(':').next().unwrap_or_default();
        if !is_at_or_below(host, domain) {
            let message = format!("`cookie_domain` does not cover `{host}`: `{domain}` is another domain");
            let help = "a site has one domain: make this address a site of its own";
            report.error(Code::CookieDomain, origin.span(), message, help);
        } else if *first.get_or_insert(scheme) != scheme {
            let message = "pages with and without `https` can not share a choice".to_owned();
            let help = "write all origins with `https`";
            report.error(Code::CookieDomain, origin.span(), message, help);
        }
    }
}

/// No other site has a page below the domain: both would write the same cookie.
pub(super) fn covers_no_other_site(draft: &Draft, report: &mut Report) {
    for (at, site) in draft.sites.iter().enumerate() {
        let Some(domain) = site.cookie_domain.set() else { continue };
        for (_, other) in draft.sites.iter().enumerate().filter(|(other, _)| *other != at) {
            let listed = other.origins.set().into_iter().flat_map(|listed| listed.get_ref());
            for origin in listed {
                let host = origin.get_ref().split_once("://").map_or("", |(_, host)| host);
                let host = host.split(':').next().unwrap_or_default();
                if !is_at_or_below(host, domain.get_ref()) {
                    continue;
                }
                let name = |site: &SiteDraft| {
                    site.id.set().map_or_else(String::new, |id| format!(" `{}`", id.get_ref()))
                };
                let message = format!(
                    "the `cookie_domain` of the site{} covers `{host}`: both sites would write one cookie",
                    name(site)
                );
                let help =
                    "list the address in the site whose domain it is, or give that one a narrower domain";
                report.error(Code::CookieDomain, origin.span(), message, help);
            }
        }
    }
}
