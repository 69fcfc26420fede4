//! The names of everything that can be wrong with a config, and the rule behind each.

/// One kind of finding. Its name ([`Code::as_str`]) is stable: scripts and waivers may depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// A file can not be read: missing, larger than 1 MiB, not UTF-8.
    Unreadable,
    /// The list of the config's files: a pattern that can not be, or names nothing; too many; what belongs elsewhere.
    Files,
    /// What a site takes over: a base that is not there, a circle, or what can not be taken over.
    Extends,
    /// A secret that stands in the config.
    Secret,
    /// Not TOML.
    Syntax,
    /// A key that nothing reads.
    UnknownKey,
    /// A value of another type than the key wants.
    WrongType,
    /// A key without which nothing can be built.
    MissingKey,
    /// A word that is none of those the key knows.
    UnknownValue,
    /// None of the five categories.
    UnknownCategory,
    /// Not a host name.
    Host,
    /// Not an address to listen on.
    Listen,
    /// The folder `pages` is not there.
    Pages,
    /// `content_security_policy` can not be sent as a header.
    ContentSecurityPolicy,
    /// Not the address of a proxy, nor a network of them.
    TrustedProxy,
    /// Nobody could say where a visitor is: no source, two, or one that can not be used.
    RegionSource,
    /// A limit that is outside its range.
    Limit,
    /// Heads are named, or time-stamped, too rarely or too often.
    AnchorInterval,
    /// A witness that can not be asked: its name, address or key.
    Witness,
    /// More cosignatures are asked for than there are witnesses.
    Quorum,
    /// A time-stamping service that can not be asked, or whose answers could not be checked.
    Timestamp,
    /// No `[[site]]` at all.
    NoSite,
    /// Not a site id.
    SiteId,
    /// An id under which the server keeps a log of its own.
    ReservedSite,
    /// Two sites with one id.
    DuplicateSite,
    /// Not an origin as browsers send it.
    Origin,
    /// A domain that can not keep the choice for all pages of the site, or would for others.
    CookieDomain,
    /// Not the address of a privacy policy.
    PrivacyUrl,
    /// A provider that nobody could sign in with, or nobody would be let in by.
    OpenId,
    /// A receiver that can not be told: its id, its address, or its secret.
    Webhook,
    /// A group of sites that can not be: one that is not there, is in another group, says nothing of its pages, or has another controller.
    Group,
    /// Accounts whose secret is not there, or too short to be one.
    Account,
    /// Not a region code.
    Region,
    /// Not a language code.
    Language,
    /// A language without built-in texts whose texts are not all given.
    UnknownLanguage,
    /// Texts in a language that the site does not offer.
    UnusedLanguage,
    /// A `{placeholder}` that nothing fills.
    Placeholder,
    /// Not a length of time.
    Duration,
    /// Not the name of a cookie or storage key.
    ItemName,
    /// One item declared twice.
    DuplicateItem,
    /// One item declared under two categories.
    TwoCategories,
    /// A transfer that can not be: its country, or what protects data there.
    Transfer,
    /// A service that can not be: its id, its category, or the vendor that it names.
    Service,
    /// An item names a service that its category does not have.
    UnknownService,
    /// Not a colour.
    Colour,
    /// Words that can not be read on what lies behind them.
    Contrast,
    /// A logo that can not be shown: no PNG or SVG, too large, or from elsewhere.
    Logo,
    /// A host to hold back that can not be: its name, or one that is declared twice.
    BlockedHost,
    /// Something is to be held back, and nothing is declared of which it could be.
    Block,
    /// A host to hold back that is the site's own, which never is.
    OwnHost,
    /// A host receives data, and no third party is named to the visitor for it.
    NobodyNamed,
    /// The notice would be larger than 256 KiB.
    NoticeSize,
    /// A setting that Google's consent mode can not take.
    GoogleConsent,
    /// Google's tags are told of a grant that was not given for them.
    GoogleStorage,
    /// Google's tags run before a choice.
    AdvancedMode,
    /// Identifiers of clicks are carried in addresses.
    UrlPassthrough,
    /// Something runs before a choice where the law of the site's own region wants a yes.
    OptOut,
    /// A rule of a region is looser than its law.
    LooserRegime,
    /// Choices of another platform that are taken over and that nobody answers for, or of which nothing stands for anything.
    MovingIn,
    /// A category that the site uses and that nothing of the other platform stands for.
    MovingInPart,
    /// A waiver that nobody answers for, or of what can not be waived.
    Waiver,
    /// A waiver of nothing.
    UnusedWaiver,
    /// Who objects in California is asked again, or the proof of it erased, too soon.
    UsOptOut,
    /// The language that a region's law wants is not offered.
    RegimeLanguage,
    /// Button words that automatic refusers do not recognise.
    ButtonWords,
    /// Nothing is declared, so the banner asks for nothing in particular.
    NothingDeclared,
    /// As drawn, something is stored before a choice.
    NothingBefore,
    /// Words that take silence or scrolling for consent.
    ImpliedConsent,
    /// A switch that is on before a choice.
    PreTicked,
    /// As drawn, the first layer does not offer to refuse where and as it offers to accept.
    RefuseAsAccept,
    /// As drawn, one of the two buttons wins over the other, or can not be read or reached.
    EqualButtons,
    /// As drawn, what is saved is not what the switches say.
    AsChosen,
    /// The first layer does not say what it has to say.
    FirstLayer,
    /// As drawn, there is no consent interface, or more than one.
    OneInterface,
    /// No way back to the choices, or one that is longer than the way to them.
    WayBack,
    /// The choice is asked for too often, or kept too long.
    AskAgain,
    /// An item without owner, purpose or duration.
    Undocumented,
    /// A vendor without name or privacy policy.
    VendorUndocumented,
    /// The proof is erased while the choice still counts.
    RetentionTooShort,
    /// The proof is kept longer than any use of it.
    RetentionTooLong,
    /// Who refuses does not get the page.
    CookieWall,
    /// A text is missing in a language that the site offers.
    MissingTranslation,
    /// A measurement of the audience that is not exempt in France.
    AudienceMeasurement,
    /// A necessary item without the reason why it is.
    Justification,
    /// A known tracker declared as necessary.
    Tracker,
    /// A button that plays on feelings.
    EmotionalSteering,
    /// Two purposes under one name.
    ConflictingInformation,
    /// As drawn, the buttons change their order with the window or the language.
    InconsistentInterface,
    /// As drawn, a link to a privacy policy leads nowhere.
    DeadEnd,
    /// A button that does something else than it says.
    MisleadingAction,
    /// As drawn, the switches can not be reached from the first layer by one click.
    PrivacyMaze,
    /// More switches than anybody reads.
    TooManyOptions,
    /// A text that leads away from the question.
    LookOverThere,
}

impl Code {
    /// Every code, for documents and tests.
    pub const ALL: [Self; 93] = [
        Self::Unreadable,
        Self::Files,
        Self::Extends,
        Self::Secret,
        Self::Syntax,
        Self::UnknownKey,
        Self::WrongType,
        Self::MissingKey,
        Self::UnknownValue,
        Self::UnknownCategory,
        Self::Host,
        Self::Listen,
        Self::Pages,
        Self::ContentSecurityPolicy,
        Self::TrustedProxy,
        Self::RegionSource,
        Self::Limit,
        Self::AnchorInterval,
        Self::Witness,
        Self::Quorum,
        Self::Timestamp,
        Self::NoSite,
        Self::SiteId,
        Self::ReservedSite,
        Self::DuplicateSite,
        Self::Origin,
        Self::CookieDomain,
        Self::PrivacyUrl,
        Self::OpenId,
        Self::Webhook,
        Self::Group,
        Self::Account,
        Self::Region,
        Self::Language,
        Self::UnknownLanguage,
        Self::UnusedLanguage,
        Self::Placeholder,
        Self::Duration,
        Self::ItemName,
        Self::DuplicateItem,
        Self::TwoCategories,
        Self::Transfer,
        Self::Service,
        Self::UnknownService,
        Self::Colour,
        Self::Contrast,
        Self::Logo,
        Self::BlockedHost,
        Self::Block,
        Self::OwnHost,
        Self::NobodyNamed,
        Self::NoticeSize,
        Self::GoogleConsent,
        Self::GoogleStorage,
        Self::AdvancedMode,
        Self::UrlPassthrough,
        Self::OptOut,
        Self::LooserRegime,
        Self::MovingIn,
        Self::MovingInPart,
        Self::Waiver,
        Self::UnusedWaiver,
        Self::UsOptOut,
        Self::RegimeLanguage,
        Self::ButtonWords,
        Self::NothingDeclared,
        Self::NothingBefore,
        Self::ImpliedConsent,
        Self::PreTicked,
        Self::RefuseAsAccept,
        Self::EqualButtons,
        Self::AsChosen,
        Self::FirstLayer,
        Self::OneInterface,
        Self::WayBack,
        Self::AskAgain,
        Self::Undocumented,
        Self::VendorUndocumented,
        Self::RetentionTooShort,
        Self::RetentionTooLong,
        Self::CookieWall,
        Self::MissingTranslation,
        Self::AudienceMeasurement,
        Self::Justification,
        Self::Tracker,
        Self::EmotionalSteering,
        Self::ConflictingInformation,
        Self::InconsistentInterface,
        Self::DeadEnd,
        Self::MisleadingAction,
        Self::PrivacyMaze,
        Self::TooManyOptions,
        Self::LookOverThere,
    ];

    /// The stable name: a rule of the law keeps the number it has in this project's list of rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Files => "files",
            Self::Extends => "extends",
            Self::Secret => "secret",
            Self::Syntax => "syntax",
            Self::UnknownKey => "unknown-key",
            Self::WrongType => "wrong-type",
            Self::MissingKey => "missing-key",
            Self::UnknownValue => "unknown-value",
            Self::UnknownCategory => "unknown-category",
            Self::Host => "host",
            Self::Listen => "listen",
            Self::Pages => "pages",
            Self::ContentSecurityPolicy => "content-security-policy",
            Self::TrustedProxy => "trusted-proxy",
            Self::RegionSource => "region-source",
            Self::Limit => "limit",
            Self::AnchorInterval => "anchor-interval",
            Self::Witness => "witness",
            Self::Quorum => "quorum",
            Self::Timestamp => "timestamp",
            Self::NoSite => "no-site",
            Self::SiteId => "site-id",
            Self::ReservedSite => "reserved-site",
            Self::DuplicateSite => "duplicate-site",
            Self::Origin => "origin",
            Self::CookieDomain => "cookie-domain",
            Self::PrivacyUrl => "privacy-url",
            Self::OpenId => "openid",
            Self::Webhook => "webhook",
            Self::Group => "group",
            Self::Account => "account",
            Self::Region => "region",
            Self::Language => "language",
            Self::UnknownLanguage => "unknown-language",
            Self::UnusedLanguage => "unused-language",
            Self::Placeholder => "placeholder",
            Self::Duration => "duration",
            Self::ItemName => "item-name",
            Self::DuplicateItem => "duplicate-item",
            Self::TwoCategories => "two-categories",
            Self::Transfer => "transfer",
            Self::Service => "service",
            Self::UnknownService => "unknown-service",
            Self::Colour => "colour",
            Self::Contrast => "contrast",
            Self::Logo => "logo",
            Self::BlockedHost => "blocked-host",
            Self::Block => "block",
            Self::OwnHost => "own-host",
            Self::NobodyNamed => "nobody-named",
            Self::NoticeSize => "notice-size",
            Self::GoogleConsent => "google-consent",
            Self::GoogleStorage => "google-storage",
            Self::AdvancedMode => "google-advanced-mode",
            Self::UrlPassthrough => "google-url-passthrough",
            Self::OptOut => "opt-out",
            Self::LooserRegime => "looser-regime",
            Self::MovingIn => "moving-in",
            Self::MovingInPart => "moving-in-part",
            Self::Waiver => "waiver",
            Self::UnusedWaiver => "unused-waiver",
            Self::UsOptOut => "us-opt-out",
            Self::RegimeLanguage => "regime-language",
            Self::ButtonWords => "button-words",
            Self::NothingDeclared => "nothing-declared",
            Self::NothingBefore => "EU-01",
            Self::ImpliedConsent => "EU-02",
            Self::PreTicked => "EU-03",
            Self::RefuseAsAccept => "EU-04",
            Self::EqualButtons => "EU-05",
            Self::AsChosen => "EU-06",
            Self::FirstLayer => "EU-07",
            Self::OneInterface => "EU-08",
            Self::WayBack => "EU-09",
            Self::AskAgain => "EU-11",
            Self::Undocumented => "EU-13",
            Self::VendorUndocumented => "EU-14",
            Self::RetentionTooShort => "EU-15",
            Self::RetentionTooLong => "EU-16",
            Self::CookieWall => "EU-17",
            Self::MissingTranslation => "EU-18",
            Self::AudienceMeasurement => "EU-22",
            Self::Justification => "EU-19-justification",
            Self::Tracker => "EU-19-tracker",
            Self::EmotionalSteering => "stir.emotional_steering",
            Self::ConflictingInformation => "dark.conflicting_information",
            Self::InconsistentInterface => "fickle.inconsistent_interface",
            Self::DeadEnd => "obstruct.dead_end",
            Self::MisleadingAction => "obstruct.misleading_action",
            Self::PrivacyMaze => "overload.privacy_maze",
            Self::TooManyOptions => "overload.too_many_options",
            Self::LookOverThere => "skip.look_over_there",
        }
    }

    /// Where the rule is written, if a law, a court or an authority wrote it.
    #[must_use]
    pub const fn rule(self) -> Option<&'static str> {
        Some(match self {
            Self::TwoCategories => {
                "GDPR art. 6(1)(a) and recital 43: consent is given for each purpose apart"
            }
            Self::Contrast => "WCAG 2.2, 1.4.3 and 1.4.11; EN 301 549, 9.1.4.3",
            Self::MovingIn => "GDPR art. 7(1): the controller shall be able to demonstrate consent",
            Self::GoogleStorage | Self::MovingInPart => {
                "GDPR art. 6(1)(a): a grant covers the purpose for which it was asked, and no other"
            }
            Self::AdvancedMode | Self::UrlPassthrough => {
                "ePrivacy Directive art. 5(3); EDPB Guidelines 2/2023: nothing is stored or read before consent"
            }
            Self::UsOptOut => {
                "CCPA § 1798.135(c)(4): twelve months; 11 CCR § 7101: records are kept for 24 months"
            }
            Self::RegimeLanguage => {
                "Québec: Charter of the French language, s. 52; Brazil: LGPD art. 9, information that can be understood"
            }
            Self::ButtonWords | Self::RefuseAsAccept => {
                "EDPB Cookie Banner Taskforce report 2023, § 8: refusing is offered where accepting is"
            }
            Self::ImpliedConsent => "GDPR art. 4(11) and recital 32: silence or continued use is no consent",
            Self::EqualButtons => {
                "EDPB Cookie Banner Taskforce report 2023, § 14 to 20; CNIL délibération 2020-092: to refuse is as easy to see as to accept"
            }
            Self::OneInterface => "CNIL, SAN-2025-005 (Shein): one consent interface at a time",
            Self::FirstLayer => {
                "GDPR art. 13; CNIL délibération 2020-091: controller and purposes on the first layer"
            }
            Self::AskAgain => {
                "AEPD Guía de cookies 2023, 3.2.8 (24 months); Garante 231/2021, 6.2 (6 months)"
            }
            Self::Undocumented | Self::NothingDeclared => {
                "GDPR art. 13; CJEU C-673/17 Planet49: owner, purpose and duration are told"
            }
            Self::VendorUndocumented => {
                "GDPR art. 13(1)(e); CNIL recommandation 2020-092: list of recipients"
            }
            Self::RetentionTooShort => "GDPR art. 7(1): the controller shall be able to demonstrate consent",
            Self::RetentionTooLong => "GDPR art. 5(1)(e): storage limitation",
            Self::MissingTranslation => "GDPR art. 12(1); EDPB Guidelines 03/2022: language discontinuity",
            Self::Justification | Self::Tracker => {
                "ePrivacy Directive art. 5(3): strictly necessary for a service that the visitor asked for"
            }
            Self::EmotionalSteering => "EDPB Guidelines 03/2022: emotional steering",
            Self::NothingBefore => {
                "ePrivacy Directive art. 5(3); EDPB Guidelines 2/2023: nothing is stored or read before consent"
            }
            Self::PreTicked => {
                "EDPB Cookie Banner Taskforce report 2023, § 10; CJEU C-673/17 Planet49: a box that is ticked beforehand is no consent"
            }
            Self::AsChosen => "GDPR art. 6(1)(a) and recital 43: consent is given for each purpose apart",
            Self::WayBack => {
                "GDPR art. 7(3); EDPB Cookie Banner Taskforce report 2023, § 32 to 35: to withdraw is as easy as to give"
            }
            Self::CookieWall => {
                "EDPB Guidelines 05/2020, § 39 to 41; GDPR art. 7(4): consent is freely given"
            }
            Self::ConflictingInformation => "EDPB Guidelines 03/2022: conflicting information",
            Self::InconsistentInterface => "EDPB Guidelines 03/2022: inconsistent interface",
            Self::DeadEnd => "EDPB Guidelines 03/2022: dead end",
            Self::MisleadingAction => "EDPB Guidelines 03/2022: misleading action",
            Self::PrivacyMaze => "EDPB Guidelines 03/2022: privacy maze",
            Self::TooManyOptions => "EDPB Guidelines 03/2022: too many options",
            Self::LookOverThere => "EDPB Guidelines 03/2022: look over there",
            Self::Transfer => {
                "GDPR art. 13(1)(f) and 44 to 49: where data go outside the Union, and what protects them there"
            }
            Self::AudienceMeasurement => {
                "CNIL, mesure d’audience, 4 July 2025; Loi Informatique et Libertés art. 82: what only counts visitors for the publisher is exempt"
            }
            _ => return None,
        })
    }
}
