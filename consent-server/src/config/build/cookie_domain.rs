//! `cookie_domain`: the domain that keeps a choice for all its sub-domains.

use std::net::IpAddr;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::super::section::Field;
use super::address::is_host;

pub(super) fn build(draft: &SiteDraft, report: &mut Report) -> Option<Option<String>> {
    let text = match &draft.cookie_domain {
        Field::Absent => return Some(None),
        Field::Broken => return None,
        Field::Set(text) => text,
    };
    if let Some((fault, help)) = fault(text.get_ref()) {
        report.error(Code::CookieDomain, text.span(), format!("`{}` {fault}", text.get_ref()), help);
        return None;
    }
    Some(Some(text.get_ref().clone()))
}

/// Why no browser shares a cookie under `text`, or should not, and what to write instead; `None` if one does.
fn fault(text: &str) -> Option<(&'static str, &'static str)> {
    const NAME: &str = "write the domain that you registered, in lower case: `news.example`";
    if text.starts_with('.') {
        return Some(("begins with a dot, which browsers ignore", "leave the dot out"));
    }
    if text.parse::<IpAddr>().is_ok() || text.starts_with('[') {
        return Some(("is an address, and has no sub-domains", "leave `cookie_domain` out"));
    }
    if text == "localhost" || text.ends_with(".localhost") {
        return Some((
            "is this machine, and browsers share no cookie below it",
            "leave `cookie_domain` out, or map a name such as `news.test` to this machine",
        ));
    }
    if !is_host(text) {
        return Some(("is not a domain", NAME));
    }
    // A name that is not in the list ends in a label that counts as shared, so that one label alone is always refused.
    if psl::domain(text.as_bytes()).is_none() {
        return Some((
            "is a suffix that many share (publicsuffix.org): browsers keep no cookie for it, or others could read it",
            NAME,
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_one_that_somebody_registered_or_lies_below_it() {
        for good in ["news.example", "a.news.example", "paper.co.uk", "me.github.io", "xn--caf-dma.example"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for (bad, why) in [
            ("co.uk", "many share"),
            ("github.io", "many share"),
            ("com", "many share"),
            ("test", "many share"),
            ("", "not a domain"),
            ("News.example", "not a domain"),
            ("https://news.example", "not a domain"),
            ("news.example:8080", "not a domain"),
            ("*.news.example", "not a domain"),
            ("news.example.", "not a domain"),
            ("café.example", "not a domain"),
            (".news.example", "leave the dot out"),
            ("127.0.0.1", "is an address"),
            ("::1", "is an address"),
            ("[::1]", "is an address"),
            ("localhost", "this machine"),
            ("a.localhost", "this machine"),
        ] {
            let (fault, help) = fault(bad).unwrap();
            assert!(fault.contains(why) || help.contains(why), "{bad}: {fault}; {help}");
        }
    }
}
