//! How much a config may ask for: a file of some KiB must not become one of gigabytes.

use std::collections::BTreeSet;

use super::node::Node;
use super::orestbida;
use super::script::{Fault, fault};

/// The most languages of a config. Our own texts are in 34.
pub(super) const MAX_LANGUAGES: usize = 100;

/// The longest code of a language, in bytes (RFC 5646, section 4.4.1).
const MAX_CODE: usize = 35;

/// The most categories, services and cookies of a config, taken together.
pub(super) const MAX_THINGS: usize = 2_000;

/// The most bytes of texts that are written for cookies: a service says the same for each of its own.
pub(super) const MAX_WRITTEN: usize = 4 * 1024 * 1024;

/// The most that is listed one by one.
pub(super) const MAX_LISTED: usize = 2_000;

/// Refuses what is more than any site has, before it is carried.
///
/// # Errors
///
/// Says which limit a config is over, and where.
pub(super) fn check(config: &Node) -> Result<(), Fault> {
    let translations = config.get("language").unwrap_or(config).get("translations");
    let codes = translations.map_or(&[][..], Node::table);
    if codes.len() > MAX_LANGUAGES {
        let at = translations.map_or(config.at, |all| all.at);
        return Err(fault(at, format!("more than {MAX_LANGUAGES} languages")));
    }
    let language = config.get("language").and_then(|language| language.get("default")).or(config.get("lang"));
    let default = language.and_then(|node| Some((node.text()?, node.at)));
    let mut all = codes.iter().map(|(code, texts)| (code.as_str(), texts.at)).chain(default);
    if let Some((_, at)) = all.find(|(code, _)| code.len() > MAX_CODE) {
        return Err(fault(at, format!("the code of a language has more than {MAX_CODE} bytes")));
    }
    if things(config) > MAX_THINGS {
        let message = format!("more than {MAX_THINGS} categories, services and cookies");
        return Err(fault(config.at, message));
    }
    Ok(())
}

fn things(config: &Node) -> usize {
    let cookies = |owner: &Node| owner.get("cookies").map_or(0, |cookies| cookies.list().len());
    let mut count = 0;
    for (_, category) in config.get("categories").map_or(&[][..], Node::table) {
        count += 1 + category.get("autoClear").map_or(0, cookies);
        for (_, service) in category.get("services").map_or(&[][..], Node::table) {
            count += 1 + cookies(service);
        }
    }
    for key in ["services", "apps"] {
        let services = config.get(key).map_or(&[][..], Node::list);
        count += services.iter().map(|service| 1 + cookies(service)).sum::<usize>();
    }
    // Each language has its own table of the same cookies.
    let mut told = BTreeSet::new();
    for (_, texts) in orestbida::translations(config) {
        for section in orestbida::sections(texts) {
            told.extend(orestbida::rows(section).iter().filter_map(orestbida::name_of));
        }
    }
    count + told.len()
}
