//! What a visitor is shown, and everything that it implies, under one address: the SHA-256 of its canonical JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::canonical::{self, CanonicalError};
use crate::category::Category;
use crate::digest::Digest;
use crate::regime::{Regime, Rule};

/// The largest notice, in bytes of canonical JSON.
pub const MAX_NOTICE_BYTES: usize = 256 * 1024;

/// The name of a site: 1 to 63 of `a-z`, `0-9` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SiteId(String);

/// The text is no [`SiteId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a site id: 1 to 63 of a-z, 0-9 and -")]
pub struct InvalidSiteId;

impl SiteId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SiteId {
    type Error = InvalidSiteId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=63).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(Self(text)) } else { Err(InvalidSiteId) }
    }
}

impl FromStr for SiteId {
    type Err = InvalidSiteId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<SiteId> for String {
    fn from(site: SiteId) -> Self {
        site.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The address of a notice: the SHA-256 of its canonical JSON, 43 characters of base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub Digest);

impl NoticeId {
    /// The first 12 characters: what the cookie keeps of it (72 bits; enough to tell a site's own notices apart).
    #[must_use]
    pub fn prefix(&self) -> String {
        self.to_string().chars().take(12).collect()
    }
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for NoticeId {
    type Err = crate::digest::InvalidDigest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.parse()?))
    }
}

/// The fields of a notice. [`Notice`] is the same with its address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeBody {
    /// Days after which the visitor is asked again, 1 to 730.
    pub ask_again_after: u32,
    /// The five categories, in the order of [`Category::ALL`].
    pub categories: Vec<CategoryNotice>,
    /// Who decides what happens with the data (GDPR, article 13(1)(a)).
    pub controller: Controller,
    /// Whether the language is written from the left or from the right.
    pub direction: Direction,
    /// The language of all texts, BCP 47.
    pub language: String,
    /// How the banner looks.
    pub layout: Layout,
    /// Settings of the optional parts of the script that the site uses, by the parts' names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, serde_json::Value>,
    /// What each category waits for, for the region of the visitor.
    pub regime: Regime,
    /// SHA-256 of the banner script that shows it, before the notice is put into it.
    pub script: Digest,
    /// The site.
    pub site: SiteId,
    /// Every word of the interface.
    pub texts: Texts,
    /// Format of the notice: 1.
    pub v: u32,
    /// Third parties that receive data.
    pub vendors: Vec<Vendor>,
}

/// One category as the visitor is told about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryNotice {
    /// Which one.
    pub category: Category,
    /// What is stored on the visitor's machine under it.
    pub cookies: Vec<CookieDeclaration>,
    /// What it is for, in plain words.
    pub description: String,
    /// Its name in the language of the notice.
    pub title: String,
}

/// One cookie or storage key (GDPR, article 13; CJEU C-673/17, Planet49: duration and third-party access).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
}

/// Where a declared item is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
pub struct Controller {
    /// Legal name.
    pub name: String,
    /// Address of the privacy policy: `https://…`, or a path of the site.
    pub privacy_url: String,
}

/// A third party that receives data under a category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vendor {
    /// The category under which it does.
    pub category: Category,
    /// Legal name.
    pub name: String,
    /// Its privacy policy.
    pub privacy_url: String,
}

/// Direction of writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the left.
    Ltr,
    /// From the right.
    Rtl,
}

/// How the banner looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
pub enum Theme {
    /// As the visitor's system asks.
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// Every word of the interface, in the language of the notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// Button: grants all.
    pub accept_all: String,
    /// Beside a toggle that can not be moved.
    pub always_active: String,
    /// First layer: who asks, what for, that a choice can be changed.
    pub body: String,
    /// Button: closes the second layer without a choice.
    pub close: String,
    /// Column head: duration.
    pub column_duration: String,
    /// Column head: name.
    pub column_name: String,
    /// Column head: owner.
    pub column_owner: String,
    /// Column head: purpose.
    pub column_purpose: String,
    /// Stands for the table when nothing is declared.
    pub cookies_none: String,
    /// Button: opens the second layer.
    pub customise: String,
    /// Button in a placeholder: grants the category; `{category}` stands for its title.
    pub placeholder_allow: String,
    /// In a placeholder: why the content is blocked; `{host}` and `{category}` stand for themselves.
    pub placeholder_body: String,
    /// Link: privacy policy.
    pub privacy_policy: String,
    /// Link: receipt of the choice.
    pub receipt: String,
    /// Button: denies all that can be denied.
    pub reject_all: String,
    /// Name of the control that reopens the choices.
    pub reopen: String,
    /// Button: records the toggles as they stand.
    pub save: String,
    /// Second layer: what can be done here.
    pub settings_body: String,
    /// Second layer: heading.
    pub settings_title: String,
    /// First layer: heading.
    pub title: String,
    /// Head of the list of third parties.
    pub vendors_title: String,
}

/// A notice with its address. Cannot be changed: another text is another notice.
///
/// It reads as its [`NoticeBody`] through `Deref`.
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
    /// Larger than [`MAX_NOTICE_BYTES`].
    #[error("notice: larger than 256 KiB")]
    Size,
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

    /// What a consent under this notice covers, apart from the words that say it: for each category who stores what
    /// for how long, under which rule, and who receives data.
    ///
    /// Two notices with equal values ask for the same thing, so a choice made under one holds under the other; a
    /// visitor is asked again only when it differs (EDPB Guidelines 03/2022: continuous prompting).
    #[must_use]
    pub fn material(&self) -> Digest {
        let items = |shown: &CategoryNotice| -> Vec<serde_json::Value> {
            let mut cookies: Vec<_> =
                shown.cookies.iter().map(|c| (&c.name, &c.owner, &c.lifetime, c.kind as u8)).collect();
            cookies.sort_unstable();
            let mut vendors: Vec<_> =
                self.vendors.iter().filter(|v| v.category == shown.category).map(|v| &v.name).collect();
            vendors.sort_unstable();
            vec![
                serde_json::json!(self.regime.rule(shown.category)),
                serde_json::json!(cookies),
                serde_json::json!(vendors),
            ]
        };
        let all: Vec<_> = self.categories.iter().map(items).collect();
        Digest::of(&canonical::to_vec(&(&self.controller.name, all)).unwrap_or_default())
    }
}

impl Deref for Notice {
    type Target = NoticeBody;

    fn deref(&self) -> &NoticeBody {
        &self.body
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A small notice in `language`, for the tests of every module above this one.
    pub(crate) fn notice(language: &str) -> Notice {
        Notice::new(body(language)).unwrap()
    }

    fn body(language: &str) -> NoticeBody {
        let text = |name: &str| text(name, language);
        NoticeBody {
            ask_again_after: 180,
            categories: Category::ALL
                .map(|category| CategoryNotice {
                    category,
                    cookies: Vec::new(),
                    description: text("description"),
                    title: text(category.as_str()),
                })
                .into(),
            controller: Controller { name: "Exemple SA".into(), privacy_url: "/confidentialite".into() },
            direction: Direction::Ltr,
            language: language.into(),
            layout: Layout { position: Position::Bar, reopen_button: false, theme: Theme::Auto },
            parts: BTreeMap::new(),
            regime: Regime::strictest("FR"),
            script: Digest::of(b"script"),
            site: "newsroom".parse().unwrap(),
            texts: serde_json::from_value(texts(language)).unwrap(),
            v: 1,
            vendors: Vec::new(),
        }
    }

    fn text(name: &str, language: &str) -> String {
        format!("{name} ({language})")
    }

    fn texts(language: &str) -> serde_json::Value {
        let names = [
            "accept_all",
            "always_active",
            "body",
            "close",
            "column_duration",
            "column_name",
            "column_owner",
            "column_purpose",
            "cookies_none",
            "customise",
            "placeholder_allow",
            "placeholder_body",
            "privacy_policy",
            "receipt",
            "reject_all",
            "reopen",
            "save",
            "settings_body",
            "settings_title",
            "title",
            "vendors_title",
        ];
        names.iter().map(|name| ((*name).to_owned(), serde_json::json!(text(name, language)))).collect()
    }

    #[test]
    fn reads_back_what_it_writes_and_nothing_else() {
        let notice = notice("fr");
        assert_eq!(Notice::from_bytes(notice.bytes()), Ok(notice.clone()));
        for end in 0..notice.bytes().len() {
            assert!(Notice::from_bytes(&notice.bytes()[..end]).is_err());
        }
        for at in 0..notice.bytes().len() {
            let mut flipped = notice.bytes().to_vec();
            flipped[at] ^= 1;
            assert!(Notice::from_bytes(&flipped).map(|other| other.id()) != Ok(notice.id()));
        }
    }

    #[test]
    fn refuses_a_body_that_breaks_a_rule() {
        let refused = |change: fn(&mut NoticeBody)| {
            let mut changed = body("fr");
            change(&mut changed);
            Notice::new(changed).unwrap_err()
        };
        assert_eq!(refused(|b| b.v = 2), NoticeError::Version);
        assert_eq!(refused(|b| b.categories.swap(0, 1)), NoticeError::Categories);
        assert_eq!(refused(|b| drop(b.categories.pop())), NoticeError::Categories);
        assert_eq!(refused(|b| b.regime.rules[0] = Rule::OptIn), NoticeError::Regime);
        assert_eq!(refused(|b| b.regime.rules[4] = Rule::Always), NoticeError::Regime);
        assert_eq!(refused(|b| b.ask_again_after = 0), NoticeError::AskAgainAfter);
        assert_eq!(refused(|b| b.ask_again_after = 731), NoticeError::AskAgainAfter);
        assert_eq!(refused(|b| b.texts.body = "x".repeat(MAX_NOTICE_BYTES)), NoticeError::Size);
    }

    #[test]
    fn asks_again_for_another_cookie_but_not_for_another_word() {
        let original = notice("fr");
        assert_eq!(original.material(), notice("en").material());
        let mut more = body("fr");
        more.categories[2].cookies.push(CookieDeclaration {
            duration: "13 mois".into(),
            kind: StorageKind::Cookie,
            lifetime: "P13M".into(),
            name: "_id".into(),
            owner: "Mesure SARL".into(),
            purpose: "Compte les visites.".into(),
        });
        let more_notice = Notice::new(more.clone()).unwrap();
        assert_ne!(original.material(), more_notice.material());
        more.categories[2].cookies[0].purpose = "Compte les visites !".into();
        assert_eq!(more_notice.material(), Notice::new(more.clone()).unwrap().material());
        more.categories[2].cookies[0].lifetime = "P25M".into();
        assert_ne!(more_notice.material(), Notice::new(more).unwrap().material());
    }
}
