//! Rules about declared hosts.

use consent_core::category::Category;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{Draft, HostDraft, SiteDraft};
use super::super::own::{is_at_or_below, is_under, origins};
use super::trackers;

/// A declared host is another one than those of the site itself: the script never holds back the page's own origin, nor the
/// one that it came from, so such a declaration would promise what is not done.
pub(super) fn not_the_sites_own(draft: &Draft, report: &mut Report) {
    let server = draft.server.host.set().map(|host| host.get_ref().as_str());
    for site in &draft.sites {
        let own: Vec<&str> = server.into_iter().chain(origins(site)).collect();
        for host in &site.block.hosts {
            let Some(name) = host.name.set().filter(|_| !is_necessary(host)) else { continue };
            let Some(covered) = own.iter().find(|own| covers(name.get_ref(), own)) else { continue };
            let message = format!(
                "`{}` covers `{covered}`, which is the site's own: what comes from there is never held back",
                name.get_ref()
            );
            let help = "name the host below it that receives something, such as `stats.example.com`; mark what the site \
                        itself sends with `data-consent`";
            report.warning(Code::OwnHost, name.span(), message, help);
        }
    }
}

/// Who stands behind a host that is held back is named: a visitor reads on the first layer that third parties take part, and has
/// their list, only if the site declares them (rule EU-14). A host below one of the site's own is its own.
pub(super) fn somebody_stands_behind(draft: &Draft, report: &mut Report) {
    let server = draft.server.host.set().map(|host| host.get_ref().as_str());
    for site in &draft.sites {
        let own: Vec<&str> = server.into_iter().chain(origins(site)).collect();
        let named = |category: &str| {
            site.vendors.iter().any(|vendor| vendor.category.set().is_some_and(|of| of.get_ref() == category))
        };
        for host in &site.block.hosts {
            let (Some(name), Some(category)) = (host.name.set(), host.category.set()) else { continue };
            let category = category.get_ref();
            let deniable = Category::OPTIONAL.iter().any(|one| one.as_str() == category);
            if !deniable || named(category) || own.iter().any(|own| is_under(name.get_ref(), own)) {
                continue;
            }
            let message = format!(
                "`{}` receives data under `{category}`, and visitors are told of no third party there",
                name.get_ref()
            );
            let help = format!(
                "declare who it is: `[[site.vendor]]` with `category = \"{category}\"`, its name and the address of its \
                 privacy policy; if the host is your own, nothing is missing"
            );
            report.warning(Code::NobodyNamed, name.span(), message, help);
        }
    }
}

/// What can not be refused is asked of no tracker (EU-19): what is declared there is not held back.
pub(super) fn necessary_is_no_tracker(site: &SiteDraft, report: &mut Report) {
    for host in &site.block.hosts {
        let Some(name) = host.name.set().filter(|_| is_necessary(host)) else { continue };
        let Some(tracker) = trackers::find_host(name.get_ref()) else { continue };
        let message = format!("`{}` is a tracker of {}, not a necessary host", name.get_ref(), tracker.owner);
        let help = format!("write `category = \"{}\"`", tracker.category);
        report.error(Code::Tracker, name.span(), message, help);
    }
}

fn is_necessary(host: &HostDraft) -> bool {
    host.category.set().is_some_and(|category| category.get_ref() == "necessary")
}

/// Whether a declared name covers a host: that one and all below it, and with a port that port only.
fn covers(name: &str, host: &str) -> bool {
    let host = if name.contains(':') { host } else { host.split(':').next().unwrap_or_default() };
    is_at_or_below(host, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_covers_what_the_script_would_hold_back() {
        for (name, host) in [
            ("paper.example", "paper.example"),
            ("paper.example", "www.paper.example"),
            ("paper.example", "paper.example:8443"),
            ("paper.example:8443", "paper.example:8443"),
            ("paper.example:8443", "www.paper.example:8443"),
        ] {
            assert!(covers(name, host), "{name} {host}");
        }
        for (name, host) in [
            ("stats.paper.example", "paper.example"),
            ("aper.example", "paper.example"),
            ("paper.example:8443", "paper.example"),
            ("paper.example:8443", "www.paper.example:9443"),
            ("", "paper.example"),
        ] {
            assert!(!covers(name, host), "{name} {host}");
        }
    }
}
