//! Which hosts may be a site's own.

use super::draft::SiteDraft;

/// The hosts of the addresses at which the site's pages are, with their ports.
pub(super) fn origins(site: &SiteDraft) -> impl Iterator<Item = &str> {
    let listed = site.origins.set().into_iter().flat_map(|listed| listed.get_ref());
    listed.filter_map(|origin| origin.get_ref().split_once("://").map(|(_, host)| host))
}

/// Whether two hosts lie under one name of two labels: enough to be in doubt whose a host is.
pub(super) fn related(name: &str, own: &str) -> bool {
    let labels = |host: &str| -> Vec<String> {
        let host = host.split(':').next().unwrap_or_default();
        host.rsplit('.').take(2).map(str::to_owned).collect()
    };
    labels(name) == labels(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_one_domain_are_related() {
        for (name, own) in
            [("stats.paper.example", "www.paper.example"), ("paper.example:8443", "paper.example")]
        {
            assert!(related(name, own), "{name} {own}");
        }
        for (name, own) in [("stats.example", "paper.example"), ("example", "paper.example")] {
            assert!(!related(name, own), "{name} {own}");
        }
    }
}
