//! One page to draw on: what is drawn is text with a place in the reading order, or decoration that has none
//! (ISO 14289-1, PDF/UA).

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};

use super::text::{Fonts, Weight, width};

/// Red, green, blue.
pub(super) type Colour = [u8; 3];

/// How a text looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) weight: Weight,
    /// In points.
    pub(super) size: f32,
    pub(super) colour: Colour,
}

/// The page. Lengths are in points, from its upper left corner.
pub(super) struct Sheet<'a> {
    surface: Surface<'a>,
    fonts: &'a Fonts,
    /// How many characters could not be drawn.
    pub(super) missing: usize,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(surface: Surface<'a>, fonts: &'a Fonts) -> Self {
        Self { surface, fonts, missing: 0 }
    }

    /// How wide a text would be.
    pub(super) fn width(&self, style: Style, text: &str) -> f32 {
        let (text, _) = self.fonts.drawable(style.weight, text);
        self.fonts.width(style.weight, style.size, &text)
    }

    /// The lines of a text, as many as there may be.
    pub(super) fn wrap(&self, style: Style, text: &str, room: f32, lines: usize) -> Vec<String> {
        let (drawable, _) = self.fonts.drawable(style.weight, text);
        self.fonts.wrap(style.weight, style.size, &drawable, room, lines)
    }

    /// Draws a line of text, cut to `room`, with its baseline at `y`.
    pub(super) fn line(&mut self, style: Style, x: f32, y: f32, text: &str, room: f32) -> Identifier {
        self.line_in(style, x, y, text, room, None)
    }

    /// The same for a text in another language than the page's.
    pub(super) fn line_in(
        &mut self,
        style: Style,
        x: f32,
        y: f32,
        text: &str,
        room: f32,
        language: Option<&str>,
    ) -> Identifier {
        let (drawable, missing) = self.fonts.drawable(style.weight, text);
        self.missing += missing + text.chars().filter(|character| *character == super::text::MISSING).count();
        let line = self.fonts.cut(style.weight, style.size, &drawable, room);
        self.fill(style.colour);
        let tag = SpanTag::empty().with_lang(language);
        let identifier = self.surface.start_tagged(ContentTag::Span(tag));
        let mut at = x;
        for run in self.fonts.runs(style.weight, &line) {
            let font = self.fonts.font(style.weight);
            self.surface.draw_glyphs(Point::from_xy(at, y), &run.glyphs, font, &run.text, style.size, false);
            at += width(&run, style.size);
        }
        self.surface.end_tagged();
        identifier
    }

    /// Draws a rectangle that says nothing.
    pub(super) fn rectangle(&mut self, x: f32, y: f32, w: f32, h: f32, colour: Colour) {
        let Some(rectangle) = Rect::from_xywh(x, y, w, h) else { return };
        let mut path = PathBuilder::new();
        path.push_rect(rectangle);
        let Some(path) = path.finish() else { return };
        self.fill(colour);
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        self.surface.draw_path(&path);
        self.surface.end_tagged();
    }

    pub(super) fn finish(self) {
        self.surface.finish();
    }

    fn fill(&mut self, [red, green, blue]: Colour) {
        let paint = rgb::Color::new(red, green, blue).into();
        self.surface.set_fill(Some(Fill { paint, opacity: NormalizedF32::ONE, rule: Default::default() }));
    }
}
