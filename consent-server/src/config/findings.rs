//! What is said of a config that is served, kept for whoever looks later: for each site what stands under it.

use std::collections::BTreeMap;

use consent_core::notice::SiteId;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::model::SiteConfig;
use super::render::human_of;

/// Findings as `consent check` prints them, by site. Texts only: the config itself is not kept for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    by_site: BTreeMap<SiteId, String>,
    others: String,
}

impl Findings {
    /// `starts` is where each of `sites` begins.
    pub(super) fn of(diagnostics: &Diagnostics, starts: &[usize], sites: &[SiteConfig]) -> Self {
        let mut begins: Vec<_> = starts.iter().zip(sites).map(|(start, site)| (*start, &site.id)).collect();
        begins.sort_unstable();
        let mut by_site: BTreeMap<&SiteId, Vec<&Diagnostic>> = BTreeMap::new();
        let mut others = Vec::new();
        for finding in &diagnostics.found {
            match under(diagnostics, finding, &begins) {
                Some(site) => by_site.entry(site).or_default().push(finding),
                None => others.push(finding),
            }
        }
        let shown = |found: &[&Diagnostic]| human_of(diagnostics, found, false);
        Self {
            by_site: by_site.iter().map(|(site, found)| ((*site).clone(), shown(found))).collect(),
            others: shown(&others),
        }
    }

    /// What stands under a site.
    #[must_use]
    pub fn of_site(&self, site: &SiteId) -> Option<&str> {
        self.by_site.get(site).map(String::as_str)
    }

    /// What stands under no site: it may be about any.
    #[must_use]
    pub fn others(&self) -> Option<&str> {
        (!self.others.is_empty()).then_some(self.others.as_str())
    }
}

/// The site under which a finding stands: the last that begins before it in the same file.
fn under<'s>(
    diagnostics: &Diagnostics,
    finding: &Diagnostic,
    begins: &[(usize, &'s SiteId)],
) -> Option<&'s SiteId> {
    let at = finding.span.as_ref()?.start;
    let (start, site) = begins.get(begins.partition_point(|(start, _)| *start <= at).checked_sub(1)?)?;
    let sources = &diagnostics.sources;
    let texts = std::iter::once((0, sources.text())).chain(sources.others());
    let (begin, text) = texts.filter(|(begin, _)| begin <= start).max_by_key(|(begin, _)| *begin)?;
    let between = text.get(start - begin..at - begin)?;
    // What all sites take over, or some, may stand behind one of them.
    let is_of_site = |line: &str| {
        let table = line.trim_start().strip_prefix('[').map(|name| name.trim_start_matches('[').trim_start());
        table.is_none_or(|name| name.starts_with("site"))
    };
    between.lines().skip(1).all(is_of_site).then_some(*site)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Code, parse, parse_alone};

    const SITE: &str = "[[site]]\nid = \"NAME\"\ncontroller = { name = \"A\", privacy_url = \"/p\" }\n";

    #[test]
    fn what_is_found_under_a_site_is_told_there_and_nowhere_else() {
        let other = SITE.replace("NAME", "b");
        let text = format!("{other}ask_again_after = \"18 months\"\n{}", SITE.replace("NAME", "a"));
        let loaded = parse("consent.toml", text, Path::new("."));
        let findings = loaded.unwrap_or_else(|found| panic!("{found}")).config.findings;
        assert!(findings.of_site(&"a".parse().unwrap()).is_none_or(|told| !told.contains("EU-11")));
        let told = findings.of_site(&"b".parse().unwrap()).unwrap();
        assert!(told.contains("warning[EU-11]") && told.contains("consent.toml:4"), "{told}");
        assert!(findings.others().is_none_or(|told| !told.contains("EU-11")));
    }

    #[test]
    fn what_others_take_over_is_not_told_to_the_site_before_it() {
        let site = SITE.replace("NAME", "a");
        let other = SITE.replace("NAME", "b").replacen("[[site]]\n", "[[site]]\nextends = \"x\"\n", 1);
        let text = format!("{other}{site}[base.x]\nask_again_after = \"18 months\"\n");
        let loaded = parse("consent.toml", text, Path::new(".")).unwrap();
        let told = loaded.config.findings.of_site(&"a".parse().unwrap());
        assert!(told.is_none_or(|told| !told.contains("18 months")));
        assert!(loaded.config.findings.others().is_some_and(|said| said.contains("18 months")));
    }

    #[test]
    fn a_config_that_is_tried_reads_nothing_of_this_machine() {
        let site = SITE.replace("NAME", "a");
        assert!(parse_alone("pasted", site.clone()).is_ok());
        let here = std::env::current_dir().unwrap();
        let file = here.join("Cargo.toml").display().to_string();
        for outside in [
            format!("files = [\"*.toml\"]\n{site}"),
            format!("\"fi\\u006ces\" = [\"*.toml\"]\n{site}"),
            format!("[server]\npages = \"src\"\n{site}"),
            format!("[server.region]\nfile = \"{file}\"\n{site}"),
            format!("{site}theme = {{ logo = \"Cargo.toml\" }}\n"),
            format!("{site}[site.account]\nsecret_file = \"{file}\"\n"),
            format!(
                "{site}[[site.webhook]]\nid = \"a\"\nurl = \"https://a.example/\"\nsecret_file = \"{file}\"\n"
            ),
            format!(
                "{site}[[site.webhook]]\nid = \"a\"\nurl = \"https://a.example/\"\nsecret_env = \"PATH\"\n"
            ),
            format!("[[timestamp]]\nurl = \"https://a.example/\"\ncertificate = \"{file}\"\n{site}"),
        ] {
            let found = parse_alone("pasted", outside.clone()).expect_err(&outside);
            assert!(found.found.iter().any(|one| one.code == Code::Files), "{outside}\n{found}");
        }
    }
}
