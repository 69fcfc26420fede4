//! Where everything stands on the page, from above.

use std::num::NonZeroU16;

use consent_core::bundle::csv::rfc3339;
use consent_core::ledger::entry::Entry;
use krilla::SerializeSettings;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::tagging::{TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::{Document, error::KrillaError};
use time::OffsetDateTime;

use super::Proof;
use super::sheet::{Colour, Sheet, Style};
use super::text::{Fonts, Weight};
use super::words::{Outcome, Words};

/// A4, in points.
const PAGE: (f32, f32) = (595.28, 841.89);
pub(super) const LEFT: f32 = 48.0;
pub(super) const WIDTH: f32 = PAGE.0 - 2.0 * LEFT;
/// The second column of facts.
const MIDDLE: f32 = LEFT + WIDTH / 2.0 + 6.0;
const HALF: f32 = WIDTH / 2.0 - 6.0;
/// Where the place in the log begins; what stands above it has to end there.
pub(super) const PROOF: f32 = 668.0;

pub(super) const INK: Colour = [24, 32, 44];
pub(super) const GREY: Colour = [90, 100, 114];
pub(super) const PALE: Colour = [243, 245, 248];
const RULE: Colour = [214, 220, 228];
pub(super) const GREEN: Colour = [17, 105, 62];
pub(super) const RED: Colour = [160, 32, 32];
const AMBER: Colour = [138, 84, 0];

pub(super) const fn style(weight: Weight, size: f32, colour: Colour) -> Style {
    Style { weight, size, colour }
}

const TITLE: Style = style(Weight::Bold, 22.0, INK);
const SUBTITLE: Style = style(Weight::Regular, 10.0, GREY);
const STATUS: Style = style(Weight::Bold, 11.0, [255, 255, 255]);
const HEADING: Style = style(Weight::Bold, 10.5, INK);
pub(super) const LABEL: Style = style(Weight::Regular, 7.0, GREY);
const VALUE: Style = style(Weight::Regular, 9.0, INK);
const CELL: Style = style(Weight::Regular, 7.5, INK);
pub(super) const SMALL: Style = style(Weight::Regular, 7.0, GREY);

/// Draws the page of a proof.
pub(super) fn draw(proof: &Proof) -> Result<Vec<u8>, String> {
    let fonts = Fonts::load().ok_or("the built-in fonts can not be read")?;
    let words = Words::of(&proof.decision.language);
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| format!("{error:?}"))?;
    let settings = SerializeSettings { configuration, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(proof, words));
    let (width, height) = PAGE;
    let size = PageSettings::from_wh(width, height).ok_or("the page has no size")?;
    let tags = {
        let mut page = document.start_page_with(size);
        let sheet = Sheet::new(page.surface(), &fonts);
        let mut drawing = Drawing { proof, words, sheet, tags: TagTree::new(), y: 0.0 };
        drawing.head();
        drawing.decision();
        drawing.choices();
        drawing.place();
        drawing.foot();
        drawing.sheet.finish();
        drawing.tags
    };
    let mut outline = Outline::new();
    let top = XyzDestination::new(0, Point::from_xy(LEFT, 0.0));
    outline.push_child(OutlineNode::new(words.title.to_owned(), top));
    document.set_outline(outline);
    document.set_tag_tree(tags.with_lang(Some(words.language.to_owned())));
    document.finish().map_err(|error| match error {
        KrillaError::Validation(broken) => format!("{:?}", broken.first().map(|(rule, _)| rule)),
        error => error.to_string(),
    })
}

fn metadata(proof: &Proof, words: &Words) -> Metadata {
    let id = proof.decision_id.to_string();
    let head = proof.receipt.head().checkpoint();
    Metadata::new()
        .title(format!("{}: {id}", words.title))
        .language(words.language.to_owned())
        .authors(vec![proof.notice.controller.name.clone()])
        .creator(format!("consent {}", env!("CARGO_PKG_VERSION")))
        .creation_date(date(proof.made_at))
        .document_id(format!("{id} {}", head.size))
}

fn date(seconds: u64) -> DateTime {
    let at = i64::try_from(seconds).ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(at.month().into())
        .day(at.day())
        .hour(at.hour())
        .minute(at.minute())
        .second(at.second())
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

/// The page while it is drawn.
pub(super) struct Drawing<'a> {
    pub(super) proof: &'a Proof,
    pub(super) words: &'static Words,
    pub(super) sheet: Sheet<'a>,
    pub(super) tags: TagTree,
    /// How far down the page is filled.
    pub(super) y: f32,
}

impl Drawing<'_> {
    /// Title, who is responsible, and what became of it.
    fn head(&mut self) {
        let (words, outcome) = (self.words, self.proof.outcome());
        self.sheet.rectangle(0.0, 0.0, PAGE.0, 8.0, INK);
        let text = words.outcome(outcome);
        let width = self.sheet.width(STATUS, text) + 24.0;
        let colour = match outcome {
            Outcome::Accepted => GREEN,
            Outcome::Refused | Outcome::Withdrawn => RED,
            Outcome::Mixed => AMBER,
        };
        let title = self.sheet.line(TITLE, LEFT, 62.0, words.title, WIDTH - width - 12.0);
        let mut heading = TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(words.title.to_owned())));
        heading.push(title);
        self.tags.push(heading);
        self.sheet.rectangle(LEFT + WIDTH - width, 43.0, width, 24.0, colour);
        let status = self.sheet.line(STATUS, LEFT + WIDTH - width + 12.0, 59.0, text, width);
        self.paragraph(status);
        let language = self.proof.notice.language.clone();
        let name = format!("{}{}", self.words.label.controller, self.proof.notice.controller.name);
        let name = self.sheet.line_in(SUBTITLE, LEFT, 79.0, &name, WIDTH, Some(&language));
        self.paragraph(name);
        self.y = 96.0;
    }

    /// Who decided what, when and where.
    fn decision(&mut self) {
        let (label, value) = (&self.words.label, &self.words.value);
        let Proof { decision, notice, subject, .. } = self.proof;
        let log = &self.proof.receipt.head().checkpoint().origin;
        let network = subject.as_ref().and_then(|subject| subject.network.clone());
        let subject = subject.as_ref().map_or(value.erased.to_owned(), |subject| subject.subject_id.clone());
        let gpc = if decision.signals.gpc { value.on } else { value.off };
        // Where the choice was taken over, what counts is when and where the visitor made it.
        let from = decision.provenance.as_ref();
        let decided_at = from.and_then(|from| from.decided_at.as_ref()).unwrap_or(&decision.decided_at);
        let action = self.words.action(&decision.action);
        let action = from.map_or_else(|| action.to_owned(), |from| format!("{action} ({})", from.platform));
        let mut facts = vec![
            [(label.domain, format!("{} · {}", log.host(), log.site())), (label.page, decision.page.clone())],
            [(label.consent_id, self.proof.decision_id.to_string()), (label.subject_id, subject)],
            [(label.decided_at, decided_at.clone()), (label.recorded_at, decision.recorded_at.clone())],
            [
                (label.action, action),
                (label.browser, self.words.browser(&decision.user_agent_class).to_owned()),
            ],
            [(label.region, decision.region.clone()), (label.language, decision.language.clone())],
            [
                (label.signal, gpc.to_owned()),
                (label.address, network.unwrap_or_else(|| value.not_kept.to_owned())),
            ],
            [
                (label.holds_for, format!("{} {}", notice.ask_again_after, value.days)),
                (label.privacy, notice.controller.privacy_url.clone()),
            ],
        ];
        if let Some(from) = &decision.handoff {
            let origin = (label.log, format!("{} · {}", from.log, from.index));
            facts.insert(2, [(self.words.action("handoff"), from.site.clone()), origin]);
        }
        self.heading(self.words.decision);
        let mut table = TagGroup::new(Tag::Table);
        for pair in facts {
            for ((name, value), x) in pair.into_iter().zip([LEFT, MIDDLE]) {
                table.push(self.fact(name, &value, x, HALF));
            }
            self.y += 24.5;
        }
        table.push(self.fact(label.notice, &notice.id().to_string(), LEFT, WIDTH));
        self.y += 28.0;
        self.tags.push(table);
    }

    /// A value under its name.
    fn fact(&mut self, name: &str, value: &str, x: f32, room: f32) -> TagGroup {
        let name = self.sheet.line(LABEL, x, self.y + 8.0, name, room);
        let value = self.sheet.line(VALUE, x, self.y + 19.0, value, room);
        row(name, value)
    }

    /// The place in the log, and how it is checked.
    fn place(&mut self) {
        let (label, value) = (&self.words.label, &self.words.value);
        let receipt = &self.proof.receipt;
        let head = receipt.head().checkpoint();
        let entry = Entry::parse(receipt.content().entry.as_bytes()).ok();
        let time = entry.as_ref().map(|entry| rfc3339(entry.time())).unwrap_or_default();
        let leaf = entry.map(|entry| entry.leaf_hash().to_string()).unwrap_or_default();
        let hash =
            |hash: Option<&consent_core::digest::Digest>| hash.map(ToString::to_string).unwrap_or_default();
        let path = receipt.path();
        let path_text = value.path.replace("{count}", &path.len().to_string());
        let path_text =
            path_text.replace("{first}", &hash(path.first())).replace("{last}", &hash(path.last()));
        let key =
            receipt.head().signers().first().map(|key| format!("{}+{} (Ed25519)", key.name(), key.id()));
        let place = value.entry.replace("{index}", &receipt.index().to_string());
        let place = place.replace("{size}", &head.size.to_string()).replace("{time}", &time);
        let lines = [
            (label.log, head.origin.to_string()),
            (label.entry, place),
            (label.root, head.root.to_string()),
            (label.leaf, leaf),
            (label.path, path_text),
            (label.key, key.unwrap_or_default()),
        ];
        self.y = PROOF;
        self.sheet.rectangle(LEFT - 12.0, PROOF, WIDTH + 24.0, 142.0, PALE);
        self.y += 4.0;
        self.heading(self.words.proof);
        let mut table = TagGroup::new(Tag::Table);
        for (name, value) in lines {
            let name = self.sheet.line(LABEL, LEFT, self.y + 8.0, name, 60.0);
            let value = self.sheet.line(CELL, LEFT + 64.0, self.y + 8.0, &value, WIDTH - 64.0);
            table.push(row(name, value));
            self.y += 11.0;
        }
        self.tags.push(table);
        self.y += 4.0;
        let origin = &head.origin;
        let receipt = format!(
            "https://{}/v1/sites/{}/decisions/{}/receipt",
            origin.host(),
            origin.site(),
            self.proof.decision_id
        );
        for text in self.words.check {
            let text = text.replace("{receipt}", &receipt);
            let line = self.sheet.line(SMALL, LEFT, self.y + 8.0, &text, WIDTH);
            self.paragraph(line);
            self.y += 10.0;
        }
    }

    /// What made the page and when, and what it does not show.
    fn foot(&mut self) {
        let mut text = format!("consent {} · {}", env!("CARGO_PKG_VERSION"), rfc3339(self.proof.made_at));
        if self.sheet.missing > 0 {
            let missing = self.words.value.missing.replace("{count}", &self.sheet.missing.to_string());
            text = format!("{text} · {missing}");
        }
        // What is said about □ draws one itself, which is no character of somebody else's.
        let line = self.sheet.line(LABEL, LEFT, 824.0, &text, WIDTH);
        self.paragraph(line);
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.sheet.rectangle(LEFT, self.y, WIDTH, 0.6, RULE);
        let line = self.sheet.line(HEADING, LEFT, self.y + 14.0, text, WIDTH);
        let level = NonZeroU16::new(2).unwrap_or(NonZeroU16::MIN);
        self.tags.push(TagGroup::with_children(Tag::Hn(level, Some(text.to_owned())), vec![line.into()]));
        self.y += 18.0;
    }

    fn paragraph(&mut self, line: krilla::tagging::Identifier) {
        self.tags.push(TagGroup::with_children(Tag::P, vec![line.into()]));
    }
}

/// A row of a name and a value.
fn row(name: krilla::tagging::Identifier, value: krilla::tagging::Identifier) -> TagGroup {
    let cells = [cell(Tag::TH(TableHeaderScope::Row), name), cell(Tag::TD, value)];
    TagGroup::with_children(Tag::TR, cells.map(Into::into).into())
}

pub(super) fn cell(tag: impl Into<krilla::tagging::TagKind>, text: krilla::tagging::Identifier) -> TagGroup {
    TagGroup::with_children(tag, vec![text.into()])
}
