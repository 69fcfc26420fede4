//! What of a page is not as it should be.

use http::header::CONTENT_SECURITY_POLICY;

use super::fetch::{Failure, Fetched};
use super::finding::cut;
use super::page::{Page, Script};
use super::policy::{self, Asked};
use super::{Address, Expected, Finding, same_party};

/// So many of the scripts before it are named.
const NAMED: usize = 5;

/// What is wrong with a page, and where its script is.
pub(super) fn page(fetched: &Fetched, page: &Page, expected: &Expected) -> (Vec<Finding>, Option<Address>) {
    let base = page.base.as_deref().and_then(|base| fetched.at.join(base));
    let base = base.as_ref().unwrap_or(&fetched.at);
    let banners = page.scripts.iter().enumerate().filter_map(|(number, script)| {
        let at = base.join(script.src.as_deref()?)?;
        let site = site_of(at.path())?.to_owned();
        Some((number, script, at, site))
    });
    let banners: Vec<_> = banners.collect();
    let own = banners.iter().find(|(.., site)| *site == expected.site);
    let Some((number, script, at, _)) = own else {
        let other = banners.into_iter().next().map(|(.., site)| Finding::OtherSite(site));
        return (vec![other.unwrap_or(Finding::Missing)], None);
    };
    let mut findings = placed(page, *number, script, base);
    if fetched.at.is_encrypted() && !at.is_encrypted() && !at.is_local() {
        findings.push(Finding::Mixed { at: at.to_string() });
    }
    let headers = fetched.headers.get_all(CONTENT_SECURITY_POLICY).iter();
    let policies: Vec<_> = headers
        .map(|value| (0, String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .chain(page.policies.iter().cloned())
        .collect();
    let against = |asked: Asked| {
        // The script is loaded before a policy behind it is there; what it sends, it sends later.
        let holds = |before: usize| before <= *number || asked == Asked::Send;
        let held = policies.iter().filter(|(before, _)| holds(*before));
        held.map(|(_, policy)| policy)
            .find_map(|policy| policy::against(policy, asked, &fetched.at, script, at))
    };
    findings.extend(against(Asked::Load).map(Finding::Blocked));
    findings.extend(against(Asked::Send).map(Finding::Unsent));
    findings.extend(pinned(script, at, &fetched.at, expected));
    findings.extend(origins(at, &fetched.at, expected));
    (findings, Some(at.clone()))
}

/// The site of which this is the path of the script.
fn site_of(path: &str) -> Option<&str> {
    let (before, site) = path.strip_suffix("/banner.js")?.rsplit_once('/')?;
    before.ends_with("/v1/sites").then_some(site)
}

fn placed(page: &Page, number: usize, script: &Script, base: &Address) -> Vec<Finding> {
    let mut findings = Vec::new();
    let before: Vec<_> = page.scripts.iter().take(number).filter(|script| script.runs_at_once()).collect();
    if !before.is_empty() {
        let mut named: Vec<_> = before.iter().take(NAMED).map(|script| name(script, base)).collect();
        if before.len() > NAMED {
            named.push(format!("and {} more", before.len() - NAMED));
        }
        findings.push(Finding::NotFirst(named));
    }
    if script.is_in_body {
        findings.push(Finding::InBody);
    }
    let is_module = script.kind.trim().eq_ignore_ascii_case("module");
    let late = [("async", script.is_async), ("defer", script.is_deferred), ("type=module", is_module)];
    let late: Vec<_> = late.into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
    if !late.is_empty() {
        findings.push(Finding::Late(late));
    }
    if script.is_for_old || !(is_module || script.is_classic()) {
        let kind = if script.is_for_old { "nomodule" } else { script.kind.as_str() };
        findings.push(Finding::NoScript(kind.to_owned()));
    }
    findings
}

/// A script as people know it.
fn name(script: &Script, base: &Address) -> String {
    match &script.src {
        Some(src) => cut(&base.join(src).map_or_else(|| src.clone(), |at| at.to_string())),
        None => format!("one in the page, “{}”", cut(&script.begins)),
    }
}

/// Whether a hash stands in the way.
fn pinned(script: &Script, at: &Address, page: &Address, expected: &Expected) -> Vec<Finding> {
    let Some(integrity) = script.integrity.as_deref() else { return Vec::new() };
    // Of other words than these a browser knows nothing, and does not check.
    let known: Vec<_> = integrity
        .split_ascii_whitespace()
        .filter(|hash| ["sha256-", "sha384-", "sha512-"].iter().any(|name| hash.starts_with(name)))
        .collect();
    if known.is_empty() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    if !known.iter().any(|hash| expected.integrities.iter().any(|current| current == hash)) {
        findings.push(Finding::Integrity(integrity.to_owned()));
    }
    if at.origin() != page.origin() && !script.has_crossorigin {
        findings.push(Finding::NoCrossorigin);
    }
    findings
}

/// Whether decisions are taken from there, and how long the cookie stays.
fn origins(at: &Address, page: &Address, expected: &Expected) -> Vec<Finding> {
    let mut findings = Vec::new();
    if at.host() != page.host() {
        if !expected.lists(page) {
            findings.push(Finding::Refused { origin: page.origin() });
        }
        let (page, script) = (page.host().to_owned(), at.host().to_owned());
        findings.push(if same_party(&page, &script) && expected.has_cookie_domain {
            Finding::PerhapsCapped { script }
        } else {
            Finding::Capped { page, script }
        });
    }
    findings
}

/// What is wrong with the script itself.
pub(super) fn script(at: &Address, fetched: Result<Fetched, Failure>) -> Option<Finding> {
    match fetched {
        Err(why) => Some(Finding::NoScriptThere { at: at.to_string(), why }),
        Ok(fetched) if !fetched.has_type("javascript") || fetched.body.is_empty() => {
            Some(Finding::OtherThere { at: at.to_string() })
        }
        Ok(_) => None,
    }
}
