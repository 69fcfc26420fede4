//! What a visitor is shown, and everything that it implies, under one address: the SHA-256 of its canonical JSON.
//!
//! ```
//! use consent_core::digest::Digest;
//! use consent_core::notice::Notice;
//!
//! # let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small"));
//! let notice = Notice::from_bytes(bytes)?; // for instance include_bytes!("notice.json")
//! assert_eq!(notice.id().0, Digest::of(notice.bytes()));
//! assert_eq!(notice.controller.name, "Exemple SA");
//!
//! // Other words are another notice. They ask for no more, so nobody is asked again.
//! let mut body = (*notice).clone();
//! body.texts.title = "Vos choix".to_owned();
//! let reworded = Notice::new(body)?;
//! assert_ne!(reworded.id(), notice.id());
//! assert!(reworded.changes_since(&notice).is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::canonical::{self, CanonicalError};
use crate::category::Category;
use crate::digest::Digest;
use crate::regime::{Regime, Rule};

mod audience;
mod difference;
mod facts;
mod group;
mod host;
mod ids;
mod lifetime;
mod material;
mod moving_in;
mod service;
mod texts;
mod theme;
mod transfer;
mod waiver;

pub use self::audience::{AudienceMeasurement, MAX_PROCESSORS};
pub use self::difference::{Change, Difference, What};
pub use self::group::{GroupNotice, GroupSite, MAX_GROUP_ORIGINS, MAX_GROUP_SITES};
pub use self::host::{HostDeclaration, HostName, InvalidHostName, MAX_HOSTS};
pub use self::ids::{InvalidSiteId, NoticeId, SiteId};
pub use self::material::Material;
pub use self::moving_in::{
    MAX_THEIR_WORD_BYTES, MAX_THEIR_WORDS, MovingIn, Platform, UnknownPlatform, is_word,
};
pub use self::service::{InvalidServiceId, MAX_SERVICES, ServiceId, ServiceNotice};
pub use self::texts::Texts;
pub use self::theme::{Colour, Colours, InvalidColour, Logo, MAX_LOGO_BYTES, SiteTheme};
pub use self::transfer::{Country, InvalidCountry, Safeguard, Transfer};
pub use self::waiver::{MAX_WAIVER_BYTES, MAX_WAIVERS, Waiver};

/// The largest notice, in bytes of canonical JSON.
///
/// ```
/// use consent_core::notice::{MAX_NOTICE_BYTES, Notice, NoticeError};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// body.texts.body = "x".repeat(MAX_NOTICE_BYTES);
/// assert_eq!(Notice::new(body), Err(NoticeError::Size));
/// # Ok::<(), NoticeError>(())
/// ```
pub const MAX_NOTICE_BYTES: usize = 256 * 1024;

/// The fields of a notice. [`Notice`] is the same with its address.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::notice::{
///     CategoryNotice, Controller, CookieDeclaration, Direction, Layout, Notice, NoticeBody, NoticeError,
///     Position, StorageKind, Theme, Vendor,
/// };
///
/// # let mut body: NoticeBody = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// let text = str::to_owned;
/// body.controller = Controller { name: text("Exemple SA"), privacy_url: text("/vie-privee") };
/// body.direction = Direction::Ltr;
/// body.layout = Layout { position: Position::Centre, reopen_button: true, theme: Theme::Auto };
/// let (category, name, privacy_url) = (Category::Analytics, text("Mesure"), text("https://mesure.example/"));
/// body.vendors = vec![Vendor { category, name, privacy_url, transfers: Vec::new() }];
/// let analytics: &mut CategoryNotice = &mut body.categories[category.index()];
/// analytics.cookies = vec![CookieDeclaration {
///     duration: text("1 jour"),
///     kind: StorageKind::Cookie,
///     lifetime: text("P1D"),
///     name: text("_visit_*"),
///     owner: text("Mesure"),
///     purpose: text("Compte les visites"),
///     service: None,
/// }];
/// assert_eq!(analytics.cookies[0].seconds(), Some(86_400));
/// let notice = Notice::new(body.clone())?;
/// assert_eq!(notice.services_of(category).count(), 0);
///
/// body.categories.swap(0, 1);
/// assert_eq!(Notice::new(body), Err(NoticeError::Categories));
/// # Ok::<(), NoticeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticeBody {
    /// Whether a choice that somebody makes while signed in holds on all devices on which they are. A choice made under a notice that
    /// does not say so is no account's: it is what the visitor was told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub account: bool,
    /// Days after which the visitor is asked again, 1 to 730.
    pub ask_again_after: u32,
    /// What the site says of how it measures its audience; only in notices under which that is exempt because of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience_measurement: Option<AudienceMeasurement>,
    /// The five categories, in the order of [`Category::ALL`].
    pub categories: Vec<CategoryNotice>,
    /// Who decides what happens with the data (GDPR, article 13(1)(a)).
    pub controller: Controller,
    /// Whether the language is written from the left or from the right.
    pub direction: Direction,
    /// The group of sites among which a choice is handed on; most sites are in none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupNotice>,
    /// The language of all texts, BCP 47.
    pub language: String,
    /// How the banner looks.
    pub layout: Layout,
    /// Whose choices from before are taken over, each platform once; most notices have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moving_in: Vec<MovingIn>,
    /// Whether it is kept with each decision which network it came from: the visitor's address without its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub network: bool,
    /// Settings of the optional parts of the script that the site uses, by the parts' names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, serde_json::Value>,
    /// What each category waits for, for the region of the visitor.
    pub regime: Regime,
    /// SHA-256 of the banner script that shows it, before the notice is put into it.
    pub script: Digest,
    /// What can be granted one by one within a category, in the order of the categories; most sites have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<ServiceNotice>,
    /// The site.
    pub site: SiteId,
    /// Every word of the interface.
    pub texts: Texts,
    /// The site's own colours and logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<SiteTheme>,
    /// Format of the notice: 1.
    pub v: u32,
    /// Third parties that receive data.
    pub vendors: Vec<Vendor>,
    /// Findings about its regime that somebody answers for; most notices have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waivers: Vec<Waiver>,
}

/// One category as the visitor is told about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CategoryNotice {
    /// Which one.
    pub category: Category,
    /// What is stored on the visitor's machine under it.
    pub cookies: Vec<CookieDeclaration>,
    /// What it is for, in plain words.
    pub description: String,
    /// Hosts that receive something under it, each declared once in the notice. They say what a script can hold back, and
    /// ask for nothing more: so they are not part of [`Notice::material`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostDeclaration>,
    /// Its name in the language of the notice.
    pub title: String,
}

/// One cookie or storage key (GDPR, article 13; CJEU C-673/17, Planet49: duration and third-party access).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CookieDeclaration {
    /// How long it stays, in words of the notice's language.
    pub duration: String,
    /// Where it is kept.
    pub kind: StorageKind,
    /// The same duration as ISO 8601, or `session`: equal in every language.
    pub lifetime: String,
    /// Its name; a `*` at the end stands for any rest.
    pub name: String,
    /// Who sets and reads it.
    pub owner: String,
    /// What for.
    pub purpose: String,
    /// The service that it belongs to, if it belongs to one; in the same category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceId>,
}

impl CookieDeclaration {
    /// How long it stays, in seconds: a year counts 365 days and any further month 30. `None` if it goes with the session.
    #[must_use]
    pub fn seconds(&self) -> Option<u64> {
        lifetime::seconds(&self.lifetime)
    }
}

/// Where a declared item is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StorageKind {
    /// An HTTP or script cookie.
    Cookie,
    /// `localStorage`.
    LocalStorage,
    /// `sessionStorage`.
    SessionStorage,
}

/// Who is responsible for the site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Controller {
    /// Legal name.
    pub name: String,
    /// Address of the privacy policy: `https://…`, or a path of the site.
    pub privacy_url: String,
}

/// A third party that receives data under a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vendor {
    /// The category under which it does.
    pub category: Category,
    /// Legal name.
    pub name: String,
    /// Its privacy policy.
    pub privacy_url: String,
    /// Where it takes data outside the European Economic Area; absent if the site declares nothing of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
}

/// Direction of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Direction {
    /// From the left.
    Ltr,
    /// From the right.
    Rtl,
}

/// How the banner looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Layout {
    /// Where the first layer stands.
    pub position: Position,
    /// Whether a small button that reopens the choices floats on every page.
    pub reopen_button: bool,
    /// Colours.
    pub theme: Theme,
}

/// Where the first layer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Position {
    /// Along the bottom edge.
    Bar,
    /// In the lower corner at the end of the line.
    Corner,
    /// In the middle.
    Centre,
}

/// Colours of the banner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Theme {
    /// As the visitor's system asks.
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A notice with its address. Cannot be changed: another text is another notice.
///
/// It reads as its [`NoticeBody`] through `Deref`.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::notice::Notice;
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// // As a server answers it: with its address, which has to be that of what it says.
/// let mut answer: serde_json::Value = serde_json::from_slice(notice.bytes())?;
/// answer["notice_id"] = serde_json::to_value(notice.id())?;
/// assert_eq!(Notice::from_answer(answer.to_string().as_bytes())?, notice);
/// answer["language"] = "en".into();
/// assert!(Notice::from_answer(answer.to_string().as_bytes()).is_err());
///
/// // A cookie that stays longer asks for more, about its category.
/// let mut body = (*notice).clone();
/// body.categories[2].cookies[0].lifetime = "P2Y".to_owned();
/// let longer = Notice::new(body)?;
/// assert_eq!(longer.changes_since(&notice), [Category::Analytics]);
/// assert_eq!(longer.material().changes_since(&notice.material()), [Category::Analytics]);
/// assert_eq!(longer.asked_beside(&notice), Category::OPTIONAL, "of the same site: nothing is handed on");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    id: NoticeId,
    bytes: Vec<u8>,
    body: NoticeBody,
}

/// Why something is no notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoticeError {
    /// Not canonical JSON of a notice's fields.
    #[error("notice: {0}")]
    Canonical(CanonicalError),
    /// A version of the format that this program does not know.
    #[error("notice: unknown version")]
    Version,
    /// The categories are not the five, in their order.
    #[error("notice: the categories are not the five in their order")]
    Categories,
    /// `necessary` is deniable, or something else is not.
    #[error("notice: exactly the category necessary is always active")]
    Regime,
    /// `ask_again_after` is not within 1 to 730 days.
    #[error("notice: ask_again_after is not within 1 to 730 days")]
    AskAgainAfter,
    /// A service that is declared twice or under `necessary`, too many, or one that an item names and nothing declares
    /// in its category.
    #[error("notice: services that do not fit together")]
    Services,
    /// A host that is declared twice, too many, or one that names a service which nothing declares in its category.
    #[error("notice: hosts that do not fit together")]
    Hosts,
    /// A group that the site is not in, with too many sites or too few, in another order than that of their ids, or with one that has no
    /// page.
    #[error("notice: a group that does not fit together")]
    Group,
    /// The logo is no path of the site and no picture, or too long.
    #[error("notice: the logo is no path of the site and no picture")]
    Logo,
    /// A waiver that does not say who, what and why, or too many.
    #[error("notice: a waiver without code, name or reason")]
    Waivers,
    /// An exempt measurement of the audience of which not all is said, or where measuring waits for an answer.
    #[error(
        "notice: an exempt measurement of the audience of which not all is said, or where it is not exempt"
    )]
    AudienceMeasurement,
    /// A notice of another site than the one before.
    #[error("notice: of another site")]
    Site,
    /// A platform whose choices are taken over and of which it is not said who answers for that, what stands for what and why;
    /// or one that is there twice.
    #[error("notice: a platform is moved in from without name, reason or categories, or twice")]
    MovingIn,
    /// Larger than [`MAX_NOTICE_BYTES`].
    #[error("notice: larger than 256 KiB")]
    Size,
}

impl NoticeBody {
    /// The services of a category.
    pub fn services_of(&self, category: Category) -> impl Iterator<Item = &ServiceNotice> {
        self.services.iter().filter(move |service| service.category == category)
    }

    fn services_fit(&self) -> bool {
        let ids: BTreeSet<_> = self.services.iter().map(|service| &service.id).collect();
        let declared = self.categories.iter().all(|shown| {
            let mut named = shown.cookies.iter().filter_map(|cookie| cookie.service.as_ref());
            named.all(|id| self.services_of(shown.category).any(|service| service.id == *id))
        });
        declared
            && ids.len() == self.services.len()
            && self.services.len() <= MAX_SERVICES
            && self.services_of(Category::Necessary).next().is_none()
            && self.services.is_sorted_by_key(|service| service.category as u8)
    }

    fn hosts_fit(&self) -> bool {
        let hosts = || self.categories.iter().flat_map(|shown| &shown.hosts);
        let names: BTreeSet<_> = hosts().map(|host| &host.name).collect();
        let declared = self.categories.iter().all(|shown| {
            let mut named = shown.hosts.iter().filter_map(|host| host.service.as_ref());
            named.all(|id| self.services_of(shown.category).any(|service| service.id == *id))
        });
        declared && names.len() == hosts().count() && names.len() <= MAX_HOSTS
    }
}

impl Notice {
    /// Gives a body its address.
    ///
    /// # Errors
    /// If the body breaks a rule that every notice keeps.
    pub fn new(body: NoticeBody) -> Result<Self, NoticeError> {
        let bytes = canonical::to_vec(&body).map_err(NoticeError::Canonical)?;
        Self::check(body, bytes)
    }

    /// Reads a notice from the bytes that its address covers.
    ///
    /// # Errors
    /// If the bytes are not what [`Notice::bytes`] gives for some notice.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoticeError> {
        if bytes.len() > MAX_NOTICE_BYTES {
            return Err(NoticeError::Size);
        }
        let body = canonical::from_slice(bytes).map_err(NoticeError::Canonical)?;
        Self::check(body, bytes.to_vec())
    }

    /// Reads what `GET /v1/sites/{site}/notice` answers: the fields of a notice, and its `notice_id`, which has to fit them.
    ///
    /// # Errors
    /// As [`Notice::from_bytes`]; [`CanonicalError::Shape`] if it has another address than it says.
    pub fn from_answer(answer: &[u8]) -> Result<Self, NoticeError> {
        if answer.len() > 2 * MAX_NOTICE_BYTES {
            return Err(NoticeError::Size);
        }
        let no_json = NoticeError::Canonical(CanonicalError::NotJson);
        let mut fields: serde_json::Value = serde_json::from_slice(answer).map_err(|_| no_json)?;
        let said = fields.as_object_mut().and_then(|fields| fields.remove("notice_id"));
        let notice = Self::from_bytes(&canonical::to_vec(&fields).map_err(NoticeError::Canonical)?)?;
        if said.as_ref().and_then(serde_json::Value::as_str) == Some(&*notice.id.to_string()) {
            Ok(notice)
        } else {
            Err(NoticeError::Canonical(CanonicalError::Shape))
        }
    }

    fn check(body: NoticeBody, bytes: Vec<u8>) -> Result<Self, NoticeError> {
        if bytes.len() > MAX_NOTICE_BYTES {
            return Err(NoticeError::Size);
        }
        if body.v != 1 {
            return Err(NoticeError::Version);
        }
        if !body.categories.iter().map(|shown| shown.category).eq(Category::ALL) {
            return Err(NoticeError::Categories);
        }
        let always = |category| body.regime.rule(category) == Rule::Always;
        if !always(Category::Necessary) || Category::OPTIONAL.into_iter().any(always) {
            return Err(NoticeError::Regime);
        }
        if !(1..=730).contains(&body.ask_again_after) {
            return Err(NoticeError::AskAgainAfter);
        }
        if !body.services_fit() {
            return Err(NoticeError::Services);
        }
        if !body.hosts_fit() {
            return Err(NoticeError::Hosts);
        }
        if body.group.as_ref().is_some_and(|group| !group.fits(&body.site)) {
            return Err(NoticeError::Group);
        }
        if body.theme.as_ref().and_then(|theme| theme.logo.as_ref()).is_some_and(|logo| !logo.is_own()) {
            return Err(NoticeError::Logo);
        }
        if body.waivers.len() > MAX_WAIVERS || !body.waivers.iter().all(Waiver::is_whole) {
            return Err(NoticeError::Waivers);
        }
        let is_exempt = body.regime.rule(Category::Analytics) == Rule::Exempt;
        if body.audience_measurement.as_ref().is_some_and(|declared| !is_exempt || !declared.is_whole()) {
            return Err(NoticeError::AudienceMeasurement);
        }
        let platforms: BTreeSet<_> = body.moving_in.iter().map(|from| from.platform).collect();
        if platforms.len() != body.moving_in.len() || !body.moving_in.iter().all(MovingIn::is_whole) {
            return Err(NoticeError::MovingIn);
        }
        Ok(Self { id: NoticeId(Digest::of(&bytes)), bytes, body })
    }

    /// The address.
    #[must_use]
    pub fn id(&self) -> NoticeId {
        self.id
    }

    /// The canonical JSON that the address covers.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What a consent under this notice covers, apart from the words that say it.
    #[must_use]
    pub fn material(&self) -> Material {
        Material::of(self)
    }

    /// The categories in which a choice made under `older` does not cover what this notice asks for
    /// ([`Material::changes_since`]).
    #[must_use]
    pub fn changes_since(&self, older: &Self) -> Vec<Category> {
        self.material().changes_since(&older.material())
    }

    /// The categories in which a choice that was made on another site of the group, under its notice `there`, does not cover what is
    /// asked for here: what is declared here and was not there, or is under a stricter rule. All that can be denied if one of the two
    /// does not tell of the other, or if a choice counts in a place of which visitors were not told there.
    #[must_use]
    pub fn asked_beside(&self, there: &Self) -> Vec<Category> {
        let told = |here: &GroupNotice, group: &GroupNotice| here.has(&there.site) && group.covers(here);
        if self.site != there.site
            && self.group.as_ref().zip(there.group.as_ref()).is_some_and(|(a, b)| told(a, b))
        {
            self.material().asked_beside(&there.material())
        } else {
            Category::OPTIONAL.to_vec()
        }
    }
}

impl Deref for Notice {
    type Target = NoticeBody;

    fn deref(&self) -> &NoticeBody {
        &self.body
    }
}

#[cfg(test)]
pub(crate) mod tests;
