//! The page about each code: the rule, its source, a bad and a good example. The pages lie in `docs/codes`; a test holds each
//! against the program.

use std::str::FromStr;

use super::code::Code;
use super::nearest::nearest;

macro_rules! page {
    ($file:literal) => {
        include_str!(concat!("../../docs/codes/", $file, ".md"))
    };
}

/// The word is the name of no [`Code`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no code: {help}`consent check --explain` lists them all")]
pub struct UnknownCode {
    /// `did you mean …? `, or nothing.
    help: String,
    word: String,
}

impl FromStr for Code {
    type Err = UnknownCode;

    /// A code by its name, in upper or lower case.
    fn from_str(word: &str) -> Result<Self, UnknownCode> {
        let named = Self::ALL.into_iter().find(|code| code.as_str().eq_ignore_ascii_case(word));
        named.ok_or_else(|| {
            let names = Self::ALL.map(Self::as_str);
            // `EU-19` is the rule behind more than one code.
            let start = format!("{}-", word.to_ascii_uppercase());
            let mut meant: Vec<_> =
                names.into_iter().filter(|name| name.to_ascii_uppercase().starts_with(&start)).collect();
            if meant.is_empty() {
                meant.extend(nearest(word, names));
            }
            let meant: Vec<_> = meant.iter().map(|name| format!("`{name}`")).collect();
            let help = if meant.is_empty() {
                String::new()
            } else {
                format!("did you mean {}? ", meant.join(" or "))
            };
            UnknownCode { help, word: word.to_owned() }
        })
    }
}

impl Code {
    /// The page about it, as Markdown. Its first line is `# ` with the code, a colon, and [`Code::title`].
    #[must_use]
    pub const fn page(self) -> &'static str {
        match self {
            Self::Unreadable => page!("unreadable"),
            Self::Files => page!("files"),
            Self::Extends => page!("extends"),
            Self::Secret => page!("secret"),
            Self::Syntax => page!("syntax"),
            Self::UnknownKey => page!("unknown-key"),
            Self::WrongType => page!("wrong-type"),
            Self::MissingKey => page!("missing-key"),
            Self::UnknownValue => page!("unknown-value"),
            Self::UnknownCategory => page!("unknown-category"),
            Self::Host => page!("host"),
            Self::Listen => page!("listen"),
            Self::Pages => page!("pages"),
            Self::ContentSecurityPolicy => page!("content-security-policy"),
            Self::TrustedProxy => page!("trusted-proxy"),
            Self::RegionSource => page!("region-source"),
            Self::Limit => page!("limit"),
            Self::AnchorInterval => page!("anchor-interval"),
            Self::Witness => page!("witness"),
            Self::Quorum => page!("quorum"),
            Self::Timestamp => page!("timestamp"),
            Self::NoSite => page!("no-site"),
            Self::SiteId => page!("site-id"),
            Self::ReservedSite => page!("reserved-site"),
            Self::DuplicateSite => page!("duplicate-site"),
            Self::Origin => page!("origin"),
            Self::CookieDomain => page!("cookie-domain"),
            Self::PrivacyUrl => page!("privacy-url"),
            Self::OpenId => page!("openid"),
            Self::Webhook => page!("webhook"),
            Self::Group => page!("group"),
            Self::Account => page!("account"),
            Self::Region => page!("region"),
            Self::Language => page!("language"),
            Self::UnknownLanguage => page!("unknown-language"),
            Self::UnusedLanguage => page!("unused-language"),
            Self::Placeholder => page!("placeholder"),
            Self::Duration => page!("duration"),
            Self::ItemName => page!("item-name"),
            Self::DuplicateItem => page!("duplicate-item"),
            Self::TwoCategories => page!("two-categories"),
            Self::Transfer => page!("transfer"),
            Self::Service => page!("service"),
            Self::UnknownService => page!("unknown-service"),
            Self::Colour => page!("colour"),
            Self::Contrast => page!("contrast"),
            Self::Logo => page!("logo"),
            Self::BlockedHost => page!("blocked-host"),
            Self::Block => page!("block"),
            Self::OwnHost => page!("own-host"),
            Self::NobodyNamed => page!("nobody-named"),
            Self::NoticeSize => page!("notice-size"),
            Self::GoogleConsent => page!("google-consent"),
            Self::GoogleStorage => page!("google-storage"),
            Self::AdvancedMode => page!("google-advanced-mode"),
            Self::UrlPassthrough => page!("google-url-passthrough"),
            Self::OptOut => page!("opt-out"),
            Self::LooserRegime => page!("looser-regime"),
            Self::MovingIn => page!("moving-in"),
            Self::MovingInPart => page!("moving-in-part"),
            Self::Waiver => page!("waiver"),
            Self::UnusedWaiver => page!("unused-waiver"),
            Self::UsOptOut => page!("us-opt-out"),
            Self::RegimeLanguage => page!("regime-language"),
            Self::ButtonWords => page!("button-words"),
            Self::NothingDeclared => page!("nothing-declared"),
            Self::NothingBefore => page!("eu-01"),
            Self::ImpliedConsent => page!("eu-02"),
            Self::PreTicked => page!("eu-03"),
            Self::RefuseAsAccept => page!("eu-04"),
            Self::EqualButtons => page!("eu-05"),
            Self::AsChosen => page!("eu-06"),
            Self::FirstLayer => page!("eu-07"),
            Self::OneInterface => page!("eu-08"),
            Self::WayBack => page!("eu-09"),
            Self::AskAgain => page!("eu-11"),
            Self::Undocumented => page!("eu-13"),
            Self::VendorUndocumented => page!("eu-14"),
            Self::RetentionTooShort => page!("eu-15"),
            Self::RetentionTooLong => page!("eu-16"),
            Self::CookieWall => page!("eu-17"),
            Self::MissingTranslation => page!("eu-18"),
            Self::AudienceMeasurement => page!("eu-22"),
            Self::Justification => page!("eu-19-justification"),
            Self::Tracker => page!("eu-19-tracker"),
            Self::EmotionalSteering => page!("stir-emotional_steering"),
            Self::ConflictingInformation => page!("dark-conflicting_information"),
            Self::InconsistentInterface => page!("fickle-inconsistent_interface"),
            Self::DeadEnd => page!("obstruct-dead_end"),
            Self::MisleadingAction => page!("obstruct-misleading_action"),
            Self::PrivacyMaze => page!("overload-privacy_maze"),
            Self::TooManyOptions => page!("overload-too_many_options"),
            Self::LookOverThere => page!("skip-look_over_there"),
        }
    }

    /// What it says, in one line.
    #[must_use]
    pub fn title(self) -> &'static str {
        let line = self.page().lines().next().unwrap_or_default();
        line.split_once(": ").map_or(line, |(_, title)| title)
    }
}
