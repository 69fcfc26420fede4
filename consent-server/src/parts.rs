//! The optional parts of the banner script: each site's has those that the site uses.

/// What stands in the script for that which starts the parts, and in this for the parts.
const PARTS: &str = "__CONSENT_PARTS__";

/// Starts the parts. What the script itself keeps for them is no more than their place.
const START: &str = include_str!("../consent-js/parts/start.js");

/// Stands before an operand in the script, and does nothing.
const NOTHING: &str = "void";

/// The optional parts by their names, in the order in which they start: first what was chosen elsewhere, so that all others find
/// a choice, then what holds back, then attributes are
/// read, before anything is released or told.
const KNOWN: [(&str, &str); 24] = [
    ("account", include_str!("../consent-js/parts/account.js")),
    ("cookie_domain", include_str!("../consent-js/parts/cookie_domain.js")),
    ("handoff", include_str!("../consent-js/parts/handoff.js")),
    ("from_complianz", include_str!("../consent-js/parts/from_complianz.js")),
    ("from_cookiebot", include_str!("../consent-js/parts/from_cookiebot.js")),
    ("from_cookieyes", include_str!("../consent-js/parts/from_cookieyes.js")),
    ("from_klaro", include_str!("../consent-js/parts/from_klaro.js")),
    ("from_onetrust", include_str!("../consent-js/parts/from_onetrust.js")),
    ("from_orestbida", include_str!("../consent-js/parts/from_orestbida.js")),
    ("from_tarteaucitron", include_str!("../consent-js/parts/from_tarteaucitron.js")),
    ("network", include_str!("../consent-js/parts/network.js")),
    ("storage", include_str!("../consent-js/parts/storage.js")),
    ("document_write", include_str!("../consent-js/parts/document_write.js")),
    ("untagged", include_str!("../consent-js/parts/untagged.js")),
    ("compat", include_str!("../consent-js/parts/compat.js")),
    ("google", include_str!("../consent-js/parts/google.js")),
    ("uet", include_str!("../consent-js/parts/uet.js")),
    ("clarity", include_str!("../consent-js/parts/clarity.js")),
    ("meta", include_str!("../consent-js/parts/meta.js")),
    ("tiktok", include_str!("../consent-js/parts/tiktok.js")),
    ("pinterest", include_str!("../consent-js/parts/pinterest.js")),
    ("reopen", include_str!("../consent-js/parts/reopen.js")),
    ("gpc", include_str!("../consent-js/parts/gpc.js")),
    ("reload", include_str!("../consent-js/parts/reload.js")),
];

/// A script with those parts for which `used` holds; a part that is not used is not in it.
pub(crate) fn script(base: &str, used: impl Fn(&str) -> bool) -> String {
    let parts = KNOWN.iter().filter(|(name, _)| used(name));
    let parts: Vec<_> = parts.map(|(name, part)| format!("{name}:{}", part.trim_end())).collect();
    if parts.is_empty() {
        return base.replacen(PARTS, NOTHING, 1);
    }
    let started = START.trim_end().replacen(PARTS, &format!("{{{}}}", parts.join(",")), 1);
    base.replacen(PARTS, &format!("({started})"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = include_str!("../consent-js/banner.js");

    #[test]
    fn a_part_costs_nothing_where_it_is_not_used() {
        let none = script(SCRIPT, |_| false);
        assert_eq!(none.len(), SCRIPT.len() - PARTS.len() + NOTHING.len());
        let start = "()".len() + START.trim_end().len() - PARTS.len() + "{}".len() - NOTHING.len();
        for (name, part) in KNOWN {
            let one = script(SCRIPT, |used| used == name);
            assert!(one.contains(part.trim_end()) && !none.contains(part.trim_end()), "{name}");
            assert_eq!(one.len(), none.len() + start + name.len() + 1 + part.trim_end().len(), "{name}");
        }
        assert!(!script(SCRIPT, |_| true).contains(PARTS));
    }
}
