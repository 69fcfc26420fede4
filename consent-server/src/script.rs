//! The banner script of a site: what a page loads first, and the second layer, which it loads when somebody asks for it.
//!
//! As evidence both are one text, and one digest in the notice. It runs as it stands: the second layer finds the first.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consent_core::bundle::page::SETTINGS;
use consent_core::digest::Digest;
use consent_core::notice::{Notice, NoticeBody, NoticeId};
use serde::Serialize;

use crate::brief::Brief;
use crate::config::{SiteConfig, SiteRegime};
use crate::older::{Known, Older};
use crate::parts;

/// Stands between the two in the evidence.
const BETWEEN: &str = "/* The second layer. */\n";

/// The script of a site, with what of it the site uses, before a notice is put into it.
pub(crate) struct Script {
    first: String,
    second: &'static str,
}

/// What the script is told.
#[derive(Serialize)]
struct Settings<'a> {
    also: BTreeMap<u8, String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    count: bool,
    id: NoticeId,
    notice: Brief<'a>,
    second: String,
}

/// What the second layer's script is told.
#[derive(Serialize)]
struct SecondSettings<'a> {
    id: NoticeId,
    notice: &'a NoticeBody,
}

impl Script {
    /// The script that this site needs under one of its regimes.
    pub(crate) fn of(site: &SiteConfig, regime: &SiteRegime) -> Self {
        let first = match (site.services.is_empty(), site.theme.is_none()) {
            (true, true) => include_str!("../consent-js/banner.js"),
            (false, true) => include_str!("../consent-js/banner.services.js"),
            (true, false) => include_str!("../consent-js/banner.theme.js"),
            (false, false) => include_str!("../consent-js/banner.services.theme.js"),
        };
        let transfers = site.vendors.iter().any(|vendor| !vendor.transfers.is_empty());
        let second = match (site.services.is_empty(), transfers) {
            (true, false) => include_str!("../consent-js/settings.js"),
            (false, false) => include_str!("../consent-js/settings.services.js"),
            (true, true) => include_str!("../consent-js/settings.transfers.js"),
            (false, true) => include_str!("../consent-js/settings.services.transfers.js"),
        };
        Self { first: parts::script(first, |name| site.uses(regime, name)), second }
    }

    /// Both in one: what is kept as evidence, and what a notice names by its digest.
    pub(crate) fn whole(&self) -> String {
        [self.first.as_str(), BETWEEN, self.second].concat()
    }

    /// The first script with a notice in it; `shown` are the notices of the site that are shown now. A choice made under another
    /// notice that asked for no less still holds, so the script is told which ones do, and in which categories.
    pub(crate) fn first(
        &self,
        notice: &Notice,
        count: bool,
        second: &[u8],
        known: &[Known],
        shown: &BTreeSet<NoticeId>,
    ) -> Vec<u8> {
        let Older { also } = Older::than(notice, known, shown);
        let second = format!("sha256-{}", STANDARD.encode(Digest::of(second).0));
        filled(&self.first, &Settings { also, count, id: notice.id(), notice: Brief::from(notice), second })
    }

    /// The second layer's script with all of the notice in it.
    pub(crate) fn second(&self, notice: &Notice) -> Vec<u8> {
        second(self.second, notice)
    }
}

/// The second layer's script of a notice that is not in force any more, from the whole script that it names. `None` if
/// that has no second layer of its own, as those of older versions.
pub(crate) fn second_of(whole: &[u8], notice: &Notice) -> Option<Vec<u8>> {
    let (_, script) = std::str::from_utf8(whole).ok()?.split_once(BETWEEN)?;
    Some(second(script, notice))
}

fn second(script: &str, notice: &Notice) -> Vec<u8> {
    filled(script, &SecondSettings { id: notice.id(), notice })
}

/// A script with its settings in the place for them.
// Settings are plain strings and numbers: they always have a JSON form, and JSON is an expression of the language.
pub(crate) fn filled(script: &str, settings: &impl Serialize) -> Vec<u8> {
    script.replacen(SETTINGS, &serde_json::to_string(settings).unwrap_or_default(), 1).into_bytes()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;

    #[test]
    fn the_evidence_of_a_script_gives_its_second_layer_back() {
        let text = "[[site]]\nid = \"a\"\ncontroller = { name = \"A\", privacy_url = \"/p\" }\n";
        let site =
            config::parse("consent.toml", text.to_owned(), Path::new(".")).unwrap().config.sites.remove(0);
        let script = Script::of(&site, site.regimes.first());
        let whole = script.whole();
        let notice = site.notice("en", Digest::of(whole.as_bytes())).unwrap();
        let second = script.second(&notice);
        assert!(second.starts_with(b"\"use strict\"") && second.len() > notice.bytes().len());
        assert_eq!(second_of(whole.as_bytes(), &notice), Some(second));
        // One from before there was a second script.
        assert_eq!(second_of(script.first.as_bytes(), &notice), None);
        assert_eq!(second_of(&[0xff], &notice), None);
    }
}
