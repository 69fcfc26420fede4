//! A config as it stands in the file: every value with its place, nothing judged yet.

mod account;
mod audience;
mod block;
mod group;
mod moving_in;
mod openid;
mod regions;
mod server;
mod tags;
mod webhook;

pub(super) use account::AccountDraft;
pub(super) use audience::AudienceDraft;
pub(super) use block::{BlockDraft, HostDraft};
pub(super) use group::GroupDraft;
pub(super) use moving_in::MovingInDraft;
pub(super) use openid::{OpenIdDraft, OpenIdGrantDraft};
pub(super) use regions::{RegimeDraft, RegionDraft, RegionSourceDraft, WaiverDraft};
pub(super) use server::{LimitsDraft, ServerDraft, TimestampDraft, WitnessDraft};
pub(super) use tags::{GoogleDraft, TagsDraft};
pub(super) use webhook::WebhookDraft;

use std::ops::Range;

use consent_core::category::Category;
use consent_core::regime::Region;
use toml::Spanned;
use toml::de::DeTable;

use super::code::Code;
use super::diagnostic::Report;
use super::inherit::Shared;
use super::section::{Field, Localized, Section};
use super::survey::{Key, Kind, Survey};

/// All files together.
pub(super) struct Draft {
    pub(super) groups: Vec<GroupDraft>,
    pub(super) limits: LimitsDraft,
    pub(super) server: ServerDraft,
    pub(super) sites: Vec<SiteDraft>,
    pub(super) timestamps: Vec<TimestampDraft>,
    pub(super) witnesses: Vec<WitnessDraft>,
}

/// `[[site]]`
pub(super) struct SiteDraft {
    pub(super) account: Option<AccountDraft>,
    pub(super) ask_again_after: Field<Result<u32, String>>,
    pub(super) audience_measurement: Option<AudienceDraft>,
    pub(super) block: BlockDraft,
    pub(super) controller: Option<ControllerDraft>,
    pub(super) cookie_domain: Field<String>,
    pub(super) cookies: Vec<CookieDraft>,
    pub(super) id: Field<String>,
    pub(super) languages: Field<Vec<Spanned<String>>>,
    pub(super) layout: LayoutDraft,
    pub(super) moving_in: Vec<MovingInDraft>,
    pub(super) name: Field<String>,
    pub(super) origins: Field<Vec<Spanned<String>>>,
    pub(super) count_shown: Field<bool>,
    pub(super) public_log: Field<bool>,
    pub(super) record_network: Field<bool>,
    pub(super) regime: Option<RegimeDraft>,
    pub(super) region: Field<String>,
    pub(super) regions: Vec<RegionDraft>,
    pub(super) retention_days: Field<u32>,
    pub(super) services: Vec<ServiceDraft>,
    pub(super) span: Range<usize>,
    pub(super) tags: TagsDraft,
    pub(super) texts: Vec<TextsDraft>,
    pub(super) theme: Option<ThemeDraft>,
    pub(super) vendors: Vec<VendorDraft>,
    pub(super) waivers: Vec<WaiverDraft>,
    pub(super) webhooks: Vec<WebhookDraft>,
}

/// `[site.controller]`
pub(super) struct ControllerDraft {
    pub(super) name: Field<String>,
    pub(super) privacy_url: Field<Localized>,
    pub(super) span: Range<usize>,
}

/// `[site.layout]`
pub(super) struct LayoutDraft {
    pub(super) position: Field<String>,
    pub(super) reopen_button: Field<bool>,
    pub(super) theme: Field<String>,
}

/// `[[site.cookie]]`
pub(super) struct CookieDraft {
    pub(super) category: Field<String>,
    pub(super) duration: Field<String>,
    pub(super) justification: Field<String>,
    pub(super) kind: Field<String>,
    pub(super) name: Field<String>,
    pub(super) owner: Field<String>,
    pub(super) purpose: Field<Localized>,
    pub(super) service: Field<String>,
    pub(super) span: Range<usize>,
}

/// `[[site.service]]`
pub(super) struct ServiceDraft {
    pub(super) category: Field<String>,
    pub(super) id: Field<String>,
    pub(super) name: Field<Localized>,
    pub(super) purpose: Field<Localized>,
    pub(super) span: Range<usize>,
    pub(super) vendor: Field<String>,
}

/// `[site.theme]`
pub(super) struct ThemeDraft {
    pub(super) dark: Option<ColoursDraft>,
    pub(super) light: Option<ColoursDraft>,
    pub(super) logo: Field<String>,
}

/// `[site.theme.light]`, `[site.theme.dark]`
pub(super) struct ColoursDraft {
    pub(super) background: Field<String>,
    pub(super) button: Field<String>,
    pub(super) button_text: Field<String>,
    pub(super) line: Field<String>,
    pub(super) text: Field<String>,
    pub(super) text_soft: Field<String>,
}

/// `[[site.vendor]]`
pub(super) struct VendorDraft {
    pub(super) category: Field<String>,
    pub(super) name: Field<String>,
    pub(super) privacy_url: Field<String>,
    pub(super) span: Range<usize>,
    pub(super) transfers: Vec<TransferDraft>,
}

/// `[[site.vendor.transfers]]`
pub(super) struct TransferDraft {
    pub(super) by: Field<String>,
    pub(super) span: Range<usize>,
    pub(super) to: Field<String>,
}

/// `[site.texts.fr]`
pub(super) struct TextsDraft {
    pub(super) entries: Vec<(Spanned<String>, Spanned<String>)>,
    pub(super) language: Spanned<String>,
}

impl Draft {
    /// Reads the tables of the file that was named and of the `others` that it lists; `None` after an error that would make
    /// other findings wrong.
    pub(super) fn read(root: DeTable<'_>, others: Vec<DeTable<'_>>, report: &mut Report) -> Option<Self> {
        Self::walk(Section::new("the file", 0..0, root), others, report)
    }

    /// Every key that is looked for.
    pub(super) fn keys() -> Vec<Key> {
        let survey = Survey::default();
        Self::walk(Section::surveyed("the file", survey.clone()), Vec::new(), &mut Report::default());
        survey.keys()
    }

    fn walk<'i>(mut root: Section<'i>, others: Vec<DeTable<'i>>, report: &mut Report) -> Option<Self> {
        root.skip("files", Kind::Texts);
        let server = ServerDraft::read(root.section("server", "[server]", report), report);
        let limits = LimitsDraft::read(root.section("limits", "[limits]", report), report);
        let witnesses = root.sections("witness", "[[witness]]", report);
        let witnesses = witnesses.into_iter().map(|section| WitnessDraft::read(section, report)).collect();
        let timestamps = root.sections("timestamp", "[[timestamp]]", report);
        let timestamps =
            timestamps.into_iter().map(|section| TimestampDraft::read(section, report)).collect();
        let groups = root.sections("group", "[[group]]", report);
        let groups = groups.into_iter().map(|section| GroupDraft::read(section, report)).collect();
        let defaults = root.section("defaults", "[defaults]", report);
        // What comes next stands in the other files too.
        let elsewhere = root.known().to_vec();
        let mut bases = root.named_sections("base", "[base.NAME]", report);
        let mut sites = root.sections("site", "[[site]]", report);
        root.finish(report);
        for table in others {
            let mut file = Section::new("a file that `files` lists", 0..0, table);
            bases.extend(file.named_sections("base", "[base.NAME]", report));
            sites.extend(file.sections("site", "[[site]]", report));
            file.refuse(&elsewhere, "write it into the file that lists this one", report);
            file.finish(report);
        }
        let shared = Shared::new(defaults, bases, report);
        let sites = shared.resolve(sites, report)?;
        // Also what no site takes over is read, so that no key is overlooked; under the name of a site, so that what is said about a
        // key is the same as where a site takes it over, and told once.
        for section in shared.sections() {
            SiteDraft::read(section.clone().called("[[site]]"), report);
        }
        let sites = sites.into_iter().map(|section| SiteDraft::read(section, report)).collect();
        Some(Self { groups, limits, server, sites, timestamps, witnesses })
    }
}

impl SiteDraft {
    /// The waiver of one finding about a category in a region, if somebody wrote one.
    pub(super) fn waiver(&self, code: Code, region: Region, category: Category) -> Option<&WaiverDraft> {
        let says = |field: &Field<String>, word: &str| field.set().is_some_and(|text| text.get_ref() == word);
        self.waivers.iter().find(|draft| {
            says(&draft.code, code.as_str())
                && says(&draft.region, region.as_str())
                && says(&draft.category, category.as_str())
        })
    }

    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let cookies = section.sections("cookie", "[[site.cookie]]", report);
        let services = section.sections("service", "[[site.service]]", report);
        let vendors = section.sections("vendor", "[[site.vendor]]", report);
        let texts = section.named_sections("texts", "[site.texts]", report);
        let read = Self {
            account: AccountDraft::read(&mut section, report),
            ask_again_after: section.integer_or_text("ask_again_after", report),
            audience_measurement: section
                .section("audience_measurement", "[site.audience_measurement]", report)
                .map(|section| AudienceDraft::read(section, report)),
            block: BlockDraft::read(&mut section, report),
            count_shown: section.take("count_shown", report),
            controller: section
                .section("controller", "[site.controller]", report)
                .map(|section| ControllerDraft::read(section, report)),
            cookie_domain: section.take("cookie_domain", report),
            cookies: cookies.into_iter().map(|section| CookieDraft::read(section, report)).collect(),
            id: section.take("id", report),
            languages: section.take("languages", report),
            layout: LayoutDraft::read(section.section("layout", "[site.layout]", report), report),
            moving_in: MovingInDraft::read_all(&mut section, report),
            name: section.take("name", report),
            origins: section.take("origins", report),
            public_log: section.take("public_log", report),
            record_network: section.take("record_network", report),
            regime: section
                .section("regime", "[site.regime]", report)
                .map(|section| RegimeDraft::read(section, report)),
            region: section.take("region", report),
            regions: RegionDraft::read_all(&mut section, report),
            retention_days: section.take("retention_days", report),
            services: services.into_iter().map(|section| ServiceDraft::read(section, report)).collect(),
            span: section.span.clone(),
            tags: TagsDraft::read(&mut section, report),
            texts: texts
                .into_iter()
                .map(|(language, section)| TextsDraft { entries: section.flatten(report), language })
                .collect(),
            theme: section
                .section("theme", "[site.theme]", report)
                .map(|section| ThemeDraft::read(section, report)),
            vendors: vendors.into_iter().map(|section| VendorDraft::read(section, report)).collect(),
            waivers: WaiverDraft::read_all(&mut section, report),
            webhooks: WebhookDraft::read_all(&mut section, report),
        };
        section.finish(report);
        read
    }

    /// The languages that the site offers; `en` if it does not say.
    pub(super) fn languages(&self) -> Vec<&str> {
        match self.languages.set() {
            Some(languages) => {
                languages.get_ref().iter().map(|language| language.get_ref().as_str()).collect()
            }
            None => vec![super::DEFAULT_LANGUAGE],
        }
    }
}

impl ControllerDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            name: section.take("name", report),
            privacy_url: section.localized("privacy_url", report),
            span: section.span.clone(),
        };
        section.finish(report);
        read
    }
}

impl LayoutDraft {
    fn read(section: Option<Section<'_>>, report: &mut Report) -> Self {
        let mut section = section.unwrap_or_else(|| Section::new("[site.layout]", 0..0, DeTable::new()));
        let read = Self {
            position: section.take("position", report),
            reopen_button: section.take("reopen_button", report),
            theme: section.take("theme", report),
        };
        section.finish(report);
        read
    }
}

impl CookieDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            category: section.take("category", report),
            duration: section.take("duration", report),
            justification: section.take("justification", report),
            kind: section.take("kind", report),
            name: section.take("name", report),
            owner: section.take("owner", report),
            purpose: section.localized("purpose", report),
            service: section.take("service", report),
            span: section.span.clone(),
        };
        section.finish(report);
        read
    }
}

impl ServiceDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            category: section.take("category", report),
            id: section.take("id", report),
            name: section.localized("name", report),
            purpose: section.localized("purpose", report),
            span: section.span.clone(),
            vendor: section.take("vendor", report),
        };
        section.finish(report);
        read
    }
}

impl ThemeDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let dark = section.section("dark", "[site.theme.dark]", report);
        let light = section.section("light", "[site.theme.light]", report);
        let read = Self {
            dark: dark.map(|section| ColoursDraft::read(section, report)),
            light: light.map(|section| ColoursDraft::read(section, report)),
            logo: section.take("logo", report),
        };
        section.finish(report);
        read
    }
}

impl ColoursDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            background: section.take("background", report),
            button: section.take("button", report),
            button_text: section.take("button_text", report),
            line: section.take("line", report),
            text: section.take("text", report),
            text_soft: section.take("text_soft", report),
        };
        section.finish(report);
        read
    }
}

impl VendorDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let transfers = section.sections("transfers", "[[site.vendor.transfers]]", report);
        let read = Self {
            category: section.take("category", report),
            name: section.take("name", report),
            privacy_url: section.take("privacy_url", report),
            span: section.span.clone(),
            transfers: transfers.into_iter().map(|section| TransferDraft::read(section, report)).collect(),
        };
        section.finish(report);
        read
    }
}

impl TransferDraft {
    fn read(mut section: Section<'_>, report: &mut Report) -> Self {
        let read = Self {
            by: section.take("by", report),
            span: section.span.clone(),
            to: section.take("to", report),
        };
        section.finish(report);
        read
    }
}
