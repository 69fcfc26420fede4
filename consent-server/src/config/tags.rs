//! What a site tells the scripts of others about the visitor's choice, and whose attributes it reads.
//!
//! Nothing of it is there unless the config asks for it: each is a part of its own in the script that the site is sent.

use std::collections::BTreeMap;

use consent_core::category::Category;
use serde_json::{Value, json};

/// What the site's page has beside the platform's own attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// `compat`: whose attributes are read as well, without repetition.
    pub compat: Vec<Compat>,
    /// `[site.google]`
    pub google: Option<Google>,
    /// `microsoft` and `pixels`: who else is told, without repetition.
    pub told: Vec<Told>,
}

/// A platform whose attributes are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Compat {
    /// `data-cookieconsent="statistics"`
    Cookiebot,
    /// `data-cookieyes="cookieyes-analytics"`
    Cookieyes,
    /// `data-category="analytics"`, `data-service="…"`
    Orestbida,
}

impl Compat {
    /// Every platform, by its word in the config.
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("cookiebot", Self::Cookiebot), ("cookieyes", Self::Cookieyes), ("orestbida", Self::Orestbida)];

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, compat)| *compat == self).map_or("", |(word, _)| word)
    }
}

/// A script of somebody else that takes a visitor's choice through a call of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    /// Microsoft Clarity.
    Clarity,
    /// Microsoft Universal Event Tracking.
    Uet,
    /// The Meta pixel.
    Meta,
    /// The Pinterest tag.
    Pinterest,
    /// The pixel of `TikTok`.
    Tiktok,
}

impl Told {
    /// Those of `microsoft`.
    pub(super) const MICROSOFT: [(&'static str, Self); 2] = [("clarity", Self::Clarity), ("uet", Self::Uet)];
    /// Those of `pixels`.
    pub(super) const PIXELS: [(&'static str, Self); 3] =
        [("meta", Self::Meta), ("pinterest", Self::Pinterest), ("tiktok", Self::Tiktok)];

    fn word(self) -> &'static str {
        let known = Self::MICROSOFT.iter().chain(&Self::PIXELS);
        known.into_iter().find(|(_, told)| *told == self).map_or("", |(word, _)| word)
    }
}

/// Google's consent mode, version 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Google {
    /// Whether identifiers of advertising are left out of what is sent while `ad_storage` is denied.
    pub ads_data_redaction: bool,
    /// ISO 3166 codes of regions in which everything is denied until a choice, whatever the site's regime says.
    pub denied_in: Vec<String>,
    /// Whether Google's tags run before a choice and send pings without cookies.
    pub mode: GoogleMode,
    /// What each kind of storage waits for: all of these have to be granted.
    pub storage: BTreeMap<GoogleStorage, Vec<Category>>,
    /// Whether identifiers of clicks are carried from page to page in addresses.
    pub url_passthrough: bool,
    /// Milliseconds for which Google's tags wait for the choice, 0 to 5000.
    pub wait_for_update: u32,
}

/// When Google's tags run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoogleMode {
    /// After a grant: the page marks them with `data-consent`.
    Basic,
    /// From the start, told that everything is denied.
    Advanced,
}

impl GoogleMode {
    pub(super) const WORDS: [(&'static str, Self); 2] =
        [("basic", Self::Basic), ("advanced", Self::Advanced)];
}

/// The kinds of storage of consent mode that can be denied; `security_storage` is always granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GoogleStorage {
    /// `ad_storage`
    Ad,
    /// `ad_user_data`
    AdUserData,
    /// `ad_personalization`
    AdPersonalization,
    /// `analytics_storage`
    Analytics,
    /// `functionality_storage`
    Functionality,
    /// `personalization_storage`
    Personalization,
}

impl GoogleStorage {
    /// All of them by their names, each with the category that has to be granted for it, whatever else has to be.
    pub(super) const ALL: [(&'static str, Self, Category); 6] = [
        ("ad_storage", Self::Ad, Category::Advertisement),
        ("ad_user_data", Self::AdUserData, Category::Advertisement),
        ("ad_personalization", Self::AdPersonalization, Category::Advertisement),
        ("analytics_storage", Self::Analytics, Category::Analytics),
        ("functionality_storage", Self::Functionality, Category::Functional),
        ("personalization_storage", Self::Personalization, Category::Functional),
    ];
}

impl Tags {
    /// The settings of each part that the site uses, by the part's name.
    pub(super) fn parts(&self) -> BTreeMap<String, Value> {
        let mut parts = BTreeMap::new();
        if let Some(google) = &self.google {
            parts.insert("google".to_owned(), google.settings());
        }
        parts.extend(self.told.iter().map(|told| (told.word().to_owned(), json!({}))));
        if !self.compat.is_empty() {
            let words: Vec<_> = self.compat.iter().map(|compat| compat.word()).collect();
            parts.insert("compat".to_owned(), json!({ "read": words }));
        }
        parts
    }
}

impl Google {
    fn settings(&self) -> Value {
        let storage = GoogleStorage::ALL.map(|(name, storage, own)| {
            let waits = self.storage.get(&storage).cloned().unwrap_or_else(|| vec![own]);
            let words: Vec<_> = waits.iter().map(|category| category.as_str()).collect();
            (name.to_owned(), Value::from(words.join(" ")))
        });
        json!({
            "denied_in": self.denied_in,
            "redact": self.ads_data_redaction,
            "pass": self.url_passthrough,
            "storage": serde_json::Map::from_iter(storage),
            "wait": self.wait_for_update,
        })
    }
}
