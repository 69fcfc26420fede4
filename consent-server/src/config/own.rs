//! Which hosts are a site's own.

use super::draft::SiteDraft;

/// The hosts of the addresses at which the site's pages are, with their ports.
pub(super) fn origins(site: &SiteDraft) -> impl Iterator<Item = &str> {
    let listed = site.origins.set().into_iter().flat_map(|listed| listed.get_ref());
    listed.filter_map(|origin| origin.get_ref().split_once("://").map(|(_, host)| host))
}

/// Whether a host is that of an origin, or lies below it; `www.` before an origin's counts for nothing. Which of two hosts under
/// `co.uk` belong together nobody can tell from their names, so nothing else is taken for the site's own.
pub(super) fn is_under(name: &str, origin: &str) -> bool {
    let [name, origin] = [name, origin].map(|host| host.split(':').next().unwrap_or_default());
    let origin = origin.strip_prefix("www.").unwrap_or(origin);
    is_at_or_below(name, origin)
}

/// Whether a host is this one, or one below it.
pub(crate) fn is_at_or_below(host: &str, top: &str) -> bool {
    host.strip_suffix(top).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) && !top.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_an_origin_is_the_sites_own_and_nothing_else() {
        for (name, origin) in [
            ("stats.paper.example", "www.paper.example"),
            ("paper.example:8443", "paper.example"),
            ("a.b.paper.co.uk", "paper.co.uk:8080"),
        ] {
            assert!(is_under(name, origin), "{name} {origin}");
        }
        for (name, origin) in [
            ("stats.counter.co.uk", "www.paper.co.uk"),
            ("wallpaper.example", "paper.example"),
            ("paper.example", "shop.paper.example"),
            ("example", "paper.example"),
            ("paper.example", ""),
        ] {
            assert!(!is_under(name, origin), "{name} {origin}");
        }
    }
}
