//! From a site's config to what a visitor is shown. The same config gives the same bytes on every machine: nothing here
//! reads a clock, a path, a locale of the system, or an unordered map.

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::cookie::{ACCOUNT_COOKIE_NAME, ACCOUNT_SERVICES_COOKIE_NAME, SERVICES_COOKIE_NAME};
use consent_core::digest::Digest;
use consent_core::notice::{
    AudienceMeasurement, CategoryNotice, Controller, CookieDeclaration, Notice, NoticeBody, NoticeError,
    Safeguard, ServiceNotice, StorageKind, Texts, Vendor,
};
use consent_core::regime::Region;
use serde_json::{Value, json};

use super::build::is_exempt_measuring;
use super::duration::{Duration, Unit};
use super::language::Language;
use super::locale;
use super::model::{Cookie, SiteConfig};
use super::regimes::{SiteRegime, way_back};
use super::words::{FirstLayer, Words};

/// The name of the platform's own cookie, declared under `necessary` on every site; its storage keys begin with it and
/// a colon.
pub const OWN_COOKIE: &str = "consent";

impl SiteConfig {
    /// The languages that the site offers, its default first.
    pub fn languages(&self) -> impl Iterator<Item = &Language> {
        self.words.iter().map(Words::language)
    }

    /// The offered language that fits best: the one asked for, else one that reads the same built-in texts (`nb` for
    /// `no`, `zh-Hans` for `zh-CN`), else one that differs only in region or script, else the site's default.
    #[must_use]
    pub fn language(&self, asked: &str) -> &Language {
        self.words_in(asked).language()
    }

    pub(super) fn words_in(&self, asked: &str) -> &Words {
        let Some(asked) = Language::asked(asked) else { return &self.words.default };
        let offered =
            |fits: &dyn Fn(&Language) -> bool| self.words.iter().find(|words| fits(words.language()));
        let texts = locale::code(&asked);
        offered(&|language| *language == asked)
            .or_else(|| texts.and_then(|_| offered(&|language| locale::code(language) == texts)))
            .or_else(|| offered(&|language| locale::primary(language) == locale::primary(&asked)))
            .unwrap_or(&self.words.default)
    }

    /// The notice in the language that [`SiteConfig::language`] finds for `language`, for everybody of whom nothing else is
    /// said.
    ///
    /// # Errors
    /// See [`SiteConfig::notice_under`].
    pub fn notice(&self, language: &str, script: Digest) -> Result<Notice, NoticeError> {
        self.notice_under(self.regimes.first(), language, script)
    }

    /// The notice in the language that [`SiteConfig::language`] finds for `language`, under one of the site's regimes.
    ///
    /// `script` is the digest of the banner script before the notice is put into it.
    ///
    /// # Errors
    /// If the notice would be larger than `consent_core::notice::MAX_NOTICE_BYTES`. [`super::load`] refuses a config
    /// for which that happens, so for a loaded config it does not.
    pub fn notice_under(
        &self,
        regime: &SiteRegime,
        language: &str,
        script: Digest,
    ) -> Result<Notice, NoticeError> {
        let words = self.words_in(language);
        let named;
        let words = if regime.names_the_way_back {
            named = words.with("reopen", way_back(words.language()));
            &named
        } else {
            words
        };
        let language = words.language();
        let group = self.group.iter().flat_map(|group| group.others(&self.id));
        let mut texts = words.texts(&FirstLayer {
            account: self.account.is_some(),
            group: &group.collect::<Vec<_>>(),
            ask_again_after: &self.holds_for(),
            controller: &self.controller,
            site: &self.name,
            purposes: &self.purposes(),
            third_parties: self.third_parties(),
        });
        if self.block.hosts.is_empty() {
            texts.hosts.clear(); // a word for what is not there is not sent
        }
        keep_safeguards(&mut texts, &self.vendors);
        Notice::new(NoticeBody {
            account: self.account.is_some(),
            ask_again_after: self.ask_again_after,
            audience_measurement: self.audience_measurement(regime),
            categories: Category::ALL.map(|category| self.category(category, language, words)).to_vec(),
            controller: Controller {
                name: self.controller.clone(),
                privacy_url: self.privacy_url.get(language).cloned().unwrap_or_default(),
            },
            direction: words.direction(),
            group: self.group.clone(),
            language: language.to_string(),
            layout: self.layout,
            moving_in: self.moving_in.clone(),
            network: self.record_network,
            parts: self.parts(regime, words),
            regime: regime.regime.clone(),
            script,
            services: self.services(language),
            site: self.id.clone(),
            texts,
            theme: self.theme.clone(),
            v: 1,
            vendors: self.vendors.clone(),
            waivers: regime.waivers.clone(),
        })
    }

    /// What is said of how the audience is measured, where nobody is asked because of it.
    fn audience_measurement(&self, regime: &SiteRegime) -> Option<AudienceMeasurement> {
        let region = Region::read(&regime.regime.region);
        let rule = regime.regime.rule(Category::Analytics);
        let rests_on_it = is_exempt_measuring(region, Category::Analytics, rule);
        self.audience_measurement.clone().filter(|_| rests_on_it)
    }

    /// Whether the site's script has this optional part under one of its regimes.
    #[must_use]
    pub fn uses(&self, regime: &SiteRegime, part: &str) -> bool {
        self.parts(regime, &self.words.default).contains_key(part)
    }

    /// The optional parts of the script that the site uses, by their names, each with its settings.
    fn parts(&self, regime: &SiteRegime, words: &Words) -> BTreeMap<String, Value> {
        let mut parts = self.tags.parts();
        parts.extend(self.block.parts());
        let from = self.moving_in.iter().map(|from| format!("from_{}", from.platform));
        parts.extend(from.map(|part| (part, json!({}))));
        if regime.hears_objections() {
            parts.insert("gpc".to_owned(), json!({ "text": words.text("gpc_honoured") }));
        }
        if self.account.is_some() {
            parts.insert("account".to_owned(), json!({ "text": words.text("account_applied") }));
        }
        if let Some(name) = &self.cookie_domain {
            parts.insert("cookie_domain".to_owned(), json!({ "name": name }));
        }
        if let Some(group) = &self.group {
            let others = group.others(&self.id).map(|site| (site.id.to_string(), json!(site.origins)));
            parts.insert("handoff".to_owned(), Value::Object(others.collect()));
        }
        if self.layout.reopen_button || regime.names_the_way_back {
            parts.insert("reopen".to_owned(), json!({}));
        }
        parts
    }

    fn category(&self, category: Category, language: &Language, words: &Words) -> CategoryNotice {
        let own = if category == Category::Necessary { self.own_items(words) } else { Vec::new() };
        let declared = self.cookies.iter().filter(|cookie| cookie.category == category);
        CategoryNotice {
            category,
            cookies: own
                .into_iter()
                .chain(declared.map(|cookie| declaration(cookie, language, words)))
                .collect(),
            description: words.text(&format!("categories.{category}.description")).to_owned(),
            hosts: self.block.hosts_of(category),
            title: words.text(&format!("categories.{category}.title")).to_owned(),
        }
    }

    fn holds_for(&self) -> Duration {
        Duration::Lasting(vec![(self.ask_again_after, Unit::Day)])
    }

    /// What the platform itself stores: the choice, and requests that the server has not answered yet.
    fn own_items(&self, words: &Words) -> Vec<CookieDeclaration> {
        let duration = self.holds_for();
        let item = |kind, name, purpose| CookieDeclaration {
            duration: words.duration(&duration),
            kind,
            lifetime: duration.lifetime(),
            name,
            owner: self.controller.clone(),
            purpose: words.text(purpose).to_owned(),
            service: None,
        };
        let cookie = |name: &str| item(StorageKind::Cookie, name.to_owned(), "consent_cookie");
        let stored = |what: &str, purpose| {
            item(StorageKind::LocalStorage, format!("{OWN_COOKIE}:{}{what}", self.id), purpose)
        };
        let (services, account) = (!self.services.is_empty(), self.account.is_some());
        let mut own = vec![cookie(OWN_COOKIE), stored("", "consent_queue")];
        own.extend(services.then(|| cookie(SERVICES_COOKIE_NAME)));
        own.extend(account.then(|| cookie(ACCOUNT_COOKIE_NAME)));
        own.extend((account && services).then(|| cookie(ACCOUNT_SERVICES_COOKIE_NAME)));
        own.extend(account.then(|| stored(":account", "consent_cookie")));
        own.extend((!self.moving_in.is_empty()).then(|| stored(":moved_in", "consent_cookie")));
        own
    }

    fn services(&self, language: &Language) -> Vec<ServiceNotice> {
        let text = |texts: &BTreeMap<Language, String>| texts.get(language).cloned().unwrap_or_default();
        let services = self.services.iter().map(|service| ServiceNotice {
            category: service.category,
            id: service.id.clone(),
            name: text(&service.name),
            purpose: text(&service.purpose),
            vendor: service.vendor.clone(),
        });
        services.collect()
    }

    /// The categories that something is declared under; all that can be denied if nothing is declared at all, since the
    /// banner asks for all four.
    fn purposes(&self) -> Vec<Category> {
        let declared = |category: &Category| {
            self.cookies.iter().any(|cookie| cookie.category == *category)
                || self.services.iter().any(|service| service.category == *category)
                || self.vendors.iter().any(|vendor| vendor.category == *category)
                || self.block.hosts.iter().any(|host| host.category == *category)
        };
        let named: Vec<_> = Category::OPTIONAL.into_iter().filter(declared).collect();
        if named.is_empty() { Category::OPTIONAL.to_vec() } else { named }
    }

    /// Whether anybody but the controller stores or receives something that can be denied.
    fn third_parties(&self) -> bool {
        self.vendors.iter().any(|vendor| vendor.category != Category::Necessary)
            || self
                .cookies
                .iter()
                .any(|cookie| cookie.category != Category::Necessary && cookie.owner != self.controller)
    }
}

/// Leaves the words for transfers in the texts that are needed: a notice that declares none has the bytes that it always had.
fn keep_safeguards(texts: &mut Texts, vendors: &[Vendor]) {
    let used = |safeguard: Safeguard| {
        vendors.iter().flat_map(|vendor| &vendor.transfers).any(|transfer| transfer.by == safeguard)
    };
    let words = [
        (Safeguard::Adequacy, &mut texts.transfer_adequacy),
        (Safeguard::BindingCorporateRules, &mut texts.transfer_binding_corporate_rules),
        (Safeguard::Derogation, &mut texts.transfer_derogation),
        (Safeguard::StandardContractualClauses, &mut texts.transfer_standard_contractual_clauses),
    ];
    for (_, unused) in words.into_iter().filter(|(safeguard, _)| !used(*safeguard)) {
        unused.clear();
    }
    if !Safeguard::ALL.into_iter().any(used) {
        texts.transfers.clear();
    }
}

fn declaration(cookie: &Cookie, language: &Language, words: &Words) -> CookieDeclaration {
    CookieDeclaration {
        duration: words.duration(&cookie.duration),
        kind: cookie.kind,
        lifetime: cookie.duration.lifetime(),
        name: cookie.name.clone(),
        owner: cookie.owner.clone(),
        purpose: cookie.purpose.get(language).cloned().unwrap_or_default(),
        service: cookie.service.clone(),
    }
}
