//! Whether a site's page has the script as it should be: the page is asked for as a browser does, and read.
//!
//! The address comes from an operator, and what is there from anybody. So only pages of the site are asked for, nothing inside the
//! network unless the config lists that very host, and everything has a limit.

mod address;
mod fetch;
mod finding;
mod judge;
mod page;
mod policy;

use std::time::Duration;

pub(crate) use self::address::{Address, same_party};
use self::fetch::Fetcher;
pub(crate) use self::finding::Finding;
use crate::site::Site;

/// How long all of it may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of a page, and of a script.
const MAX_BYTES: u64 = 2 * 1024 * 1024;

/// What a page of a site should have.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// The site's id.
    site: String,
    /// The origins that its config lists.
    origins: Vec<String>,
    /// Of every script that is sent for it now.
    integrities: Vec<String>,
    /// Whether the server may set the cookie for all sub-domains.
    has_cookie_domain: bool,
}

impl Expected {
    pub(crate) fn of(site: &Site) -> Self {
        Self {
            site: site.config.id.to_string(),
            origins: site.config.origins.clone(),
            integrities: site.banners().map(|banner| banner.script.integrity()).collect(),
            has_cookie_domain: site.config.cookie_domain.is_some(),
        }
    }

    fn lists(&self, address: &Address) -> bool {
        self.origins.iter().any(|listed| *listed == address.origin())
    }

    /// Whether a page may be asked for: one of the site's, or one on this machine if it says of none where they are.
    fn has(&self, address: &Address) -> bool {
        if self.origins.is_empty() { address.is_local() } else { self.lists(address) }
    }

    /// Hosts that may be inside the network.
    fn inside(&self) -> Vec<String> {
        let listed = self.origins.iter().filter_map(|origin| Some(Address::read(origin)?.host().to_owned()));
        if self.origins.is_empty() {
            ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into()
        } else {
            listed.collect()
        }
    }
}

/// Asks for a page and says all that is wrong with how the script is in it; nothing if nothing is. It blocks, for
/// [`TIMEOUT`] at most.
pub(crate) fn check(address: &str, expected: &Expected) -> Vec<Finding> {
    let Some(address) = Address::read(address.trim()) else { return vec![Finding::NoAddress] };
    if !expected.has(&address) {
        return vec![Finding::ForeignOrigin { origin: address.origin(), listed: expected.origins.clone() }];
    }
    let fetcher = Fetcher::new(expected.inside(), TIMEOUT);
    let fetched = match fetcher.get(&address) {
        Ok(fetched) => fetched,
        Err(why) => return vec![Finding::NoPage(why)],
    };
    if !fetched.has_type("html") {
        return vec![Finding::NotHtml];
    }
    let Some(page) = page::read(&fetched.body) else { return vec![Finding::Unreadable] };
    let (mut findings, script) = judge::page(&fetched, &page, expected);
    if let Some(script) = script {
        findings.extend(judge::script(&script, fetcher.get(&script)));
    }
    findings
}
