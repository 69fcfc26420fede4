//! A config that holds: what the rest of the server reads.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use consent_core::account::AccountSecret;
use consent_core::category::Category;
use consent_core::ledger::cosignature::WitnessKey;
use consent_core::ledger::policy::Threshold;
use consent_core::notice::{
    AudienceMeasurement, GroupNotice, Layout, MovingIn, ServiceId, SiteId, SiteTheme, StorageKind, Vendor,
};
use consent_core::timestamp::certificate::Certificates;
use http::HeaderName;
use ipnet::IpNet;

use super::block::Block;
use super::duration::Duration;
use super::findings::Findings;
use super::language::Language;
use super::openid::OpenIdConfig;
use super::regimes::Regimes;
use super::tags::Tags;
use super::webhook::WebhookConfig;
use super::words::Words;

/// The header that pages are sent with unless the config says otherwise: nothing from elsewhere, nothing inline, no
/// plug-in, no other base address, and no frame but the server's own pages (which the example's video frame is).
pub const DEFAULT_CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'self'";

/// Everything that a config file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `[server]`
    pub server: ServerConfig,
    /// `[limits]`: what one machine takes at once, and from one visitor.
    pub limits: LimitsConfig,
    /// `[[witness]]`, `[[timestamp]]` and how often: who else vouches for the logs.
    pub anchors: AnchorsConfig,
    /// `[[site]]`, in the order of the file, at least one; no two have the same id.
    pub sites: Vec<SiteConfig>,
    /// What `consent check` says of it.
    pub findings: Findings,
}

impl Config {
    /// The site with this id.
    #[must_use]
    pub fn site(&self, id: &SiteId) -> Option<&SiteConfig> {
        self.sites.iter().find(|site| site.id == *id)
    }
}

/// What holds for all sites.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Whether there are pages for operators and auditors at `/console/`.
    pub console: bool,
    /// Value of the header `Content-Security-Policy` of everything under `pages`; visible ASCII.
    pub content_security_policy: String,
    /// First part of every log origin and key name; a lower-case host name without port.
    pub host: String,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Who signs in to the console by OpenID Connect.
    pub openid: Option<OpenIdConfig>,
    /// The folder served at `/`: it was there when the config was read.
    pub pages: Option<PathBuf>,
    /// Who says where a visitor is, for sites that want to know.
    pub region: RegionSource,
    /// Whether `consent serve` loads the config anew when one of its files has changed.
    pub reload_on_change: bool,
    /// Proxies whose `X-Forwarded-For`, and whose word on where a visitor is, is believed, as networks.
    pub trusted_proxies: Vec<IpNet>,
}

/// Who says where a visitor is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegionSource {
    /// Nobody: a request may still ask for a region by its address.
    Nobody,
    /// A trusted proxy: one header with a country or a whole code, and one with the code of a part of the country.
    Headers {
        /// Of the country, or of all.
        country: HeaderName,
        /// Of its part.
        part: Option<HeaderName>,
    },
    /// A file in MaxMind's format, which was there and readable when the config was read.
    File(PathBuf),
}

/// What is taken at once, and from one visitor. Above it the answer is 503 or 429 with `Retry-After`, and the browser
/// sends the same decision again later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitsConfig {
    /// Open connections, 16 to 1,000,000. Above it new ones wait in the queue of the operating system.
    pub connections: u32,
    /// Decisions, and displays, that one address may send in a minute; 0 for no limit. An IPv6 address counts as its /64.
    pub per_address: u32,
    /// Decisions that one subject may send in a minute; 0 for no limit.
    pub per_subject: u32,
    /// Decisions of one site that may wait at a time, to be read and for the disk, 1 to 4,096. Divided by what the machine
    /// records in a second this is the longest that an admitted one waits.
    pub waiting: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { connections: 8192, per_address: 600, per_subject: 60, waiting: 256 }
    }
}

/// Who else vouches for the logs of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorsConfig {
    /// How often heads that have changed go into the heads log, in seconds, 1 to 60.
    pub heads_every: u64,
    /// How many witnesses auditors should ask for; `None` leaves it to them.
    pub quorum: Option<Threshold>,
    /// How often the head of the heads log is time-stamped, in seconds, 60 to a week.
    pub timestamp_every: u64,
    /// The time-stamping services: the first that answers is taken.
    pub timestamps: Vec<TimestampConfig>,
    /// The witnesses, at most 16; no two have the same name or key.
    pub witnesses: Vec<WitnessConfig>,
}

/// One witness (C2SP tlog-witness).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessConfig {
    /// Its name in the policy.
    pub name: String,
    /// Where it is asked: `add-checkpoint` follows. Without a `/` at its end.
    pub url: String,
    /// Its key.
    pub key: WitnessKey,
}

/// One time-stamping service (RFC 3161 over HTTP).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampConfig {
    /// Where it is asked.
    pub url: String,
    /// The file of certificates that its own has to descend from, or its own, as it was read.
    pub pem: String,
    /// The same, taken apart.
    pub certificates: Certificates,
}

/// One site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteConfig {
    /// What the site's backend signs with who is signed in; `None` if choices stay on their device.
    pub account: Option<AccountSecret>,
    /// Days after which a visitor is asked again, 1 to 730.
    pub ask_again_after: u32,
    /// What it says of how it measures its audience, if that is exempt somewhere.
    pub audience_measurement: Option<AudienceMeasurement>,
    /// What the script holds back by itself.
    pub block: Block,
    /// Legal name of who is responsible.
    pub controller: String,
    /// Whether it is counted how often each notice is shown.
    pub count_shown: bool,
    /// The domain that keeps the choice for all its sub-domains: lower case, one that can be registered or lies below one, and at
    /// or above the hosts of all `origins`. `None`: each host keeps its own.
    pub cookie_domain: Option<String>,
    /// Declared cookies and storage keys, in the order of the file, without the platform's own `consent`.
    pub cookies: Vec<Cookie>,
    /// The group of sites that it hands choices on to, and takes them from.
    pub group: Option<GroupNotice>,
    /// Its name in addresses and logs.
    pub id: SiteId,
    /// How the banner looks.
    pub layout: Layout,
    /// Whose choices from before are taken over, each platform once.
    pub moving_in: Vec<MovingIn>,
    /// Its name for people.
    pub name: String,
    /// Browser origins from which decisions are taken, beside the server's own.
    pub origins: Vec<String>,
    /// Whether the log's tiles can be read without a token.
    pub public_log: bool,
    /// Whether the network of a visitor's address is kept with what they chose.
    pub record_network: bool,
    /// What each category waits for, for visitors from anywhere.
    pub regimes: Regimes,
    /// Days for which proofs are kept, counted from the decision; at least `ask_again_after`.
    pub retention_days: u32,
    /// What can be granted one by one, in the order of the categories.
    pub services: Vec<Service>,
    /// The site's own colours and logo.
    pub theme: Option<SiteTheme>,
    /// Scripts of others that are told of the choice.
    pub tags: Tags,
    /// Third parties that receive data.
    pub vendors: Vec<Vendor>,
    /// Who is told of what its logs say, at most 8; no two have the same id.
    pub webhooks: Vec<WebhookConfig>,
    /// Address of the privacy policy in each language.
    pub(super) privacy_url: BTreeMap<Language, String>,
    /// All texts in each language.
    pub(super) words: Offered,
}

/// The texts of every language that a site offers: at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Offered {
    /// The site's own language.
    pub(super) default: Words,
    /// Any others, in the order of the file.
    pub(super) others: Vec<Words>,
}

impl Offered {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Words> {
        std::iter::once(&self.default).chain(&self.others)
    }
}

/// One declared cookie or storage key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// The category under which it is used.
    pub category: Category,
    /// How long it stays.
    pub duration: Duration,
    /// Why it is strictly necessary; there for every necessary item.
    pub justification: Option<String>,
    /// Where it is kept.
    pub kind: StorageKind,
    /// Its name; a `*` at the end stands for any rest.
    pub name: String,
    /// Who sets and reads it.
    pub owner: String,
    /// What for, in each language.
    pub(super) purpose: BTreeMap<Language, String>,
    /// The service that it belongs to; in the same category.
    pub service: Option<ServiceId>,
}

/// One service: a finer question than its category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The category that it belongs to: an optional one.
    pub category: Category,
    /// What pages and cookies call it.
    pub id: ServiceId,
    /// What visitors call it, in each language.
    pub(super) name: BTreeMap<Language, String>,
    /// What for, in each language.
    pub(super) purpose: BTreeMap<Language, String>,
    /// Who runs it: the name of one of the site's vendors; the controller if there is none.
    pub vendor: Option<String>,
}
