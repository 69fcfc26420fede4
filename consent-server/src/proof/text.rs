//! Text as glyphs: shaped, measured, wrapped, and cut where there is no more room.
//!
//! The font is DejaVu Sans Condensed (free licence, fsType 0: may be embedded), of which a document gets the glyphs that
//! it uses. It has Latin, Greek, Cyrillic, Armenian, Georgian, Hebrew and Arabic. What it has not, such as Chinese, is
//! shown as [`MISSING`], and the page says so.

use std::ops::Range;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, UnicodeBuffer};
use unicode_bidi::BidiInfo;

/// Stands for a character that the font does not have.
pub(super) const MISSING: char = '\u{25a1}';

/// No text on the page has room for more characters than this.
const MAX_CHARS: usize = 600;

/// How thick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Both weights of the font.
pub(super) struct Fonts {
    regular: Face,
    bold: Face,
}

struct Face {
    font: Font,
    shaper: rustybuzz::Face<'static>,
}

/// A piece of a line that is written in one direction.
pub(super) struct Run {
    pub(super) text: String,
    pub(super) glyphs: Vec<KrillaGlyph>,
}

impl Fonts {
    /// `None` if the fonts that the program was built with can not be read.
    pub(super) fn load() -> Option<Self> {
        let face = |bytes: &'static [u8]| {
            Some(Face { font: Font::new(bytes.into(), 0)?, shaper: rustybuzz::Face::from_slice(bytes, 0)? })
        };
        Some(Self {
            regular: face(dejavu::sans_condensed::regular())?,
            bold: face(dejavu::sans_condensed::bold())?,
        })
    }

    pub(super) fn font(&self, weight: Weight) -> Font {
        self.face(weight).font.clone()
    }

    fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// The text with what can not be drawn replaced, and the number of characters that this was done to.
    pub(super) fn drawable(&self, weight: Weight, text: &str) -> (String, usize) {
        let mut missing = 0;
        let shaper = &self.face(weight).shaper;
        let drawn = text.chars().take(MAX_CHARS).map(|character| {
            if character.is_control() {
                ' '
            } else if shaper.glyph_index(character).is_some() || is_unseen(character) {
                character
            } else {
                missing += 1;
                MISSING
            }
        });
        (drawn.filter(|character| !is_unseen(*character)).collect(), missing)
    }

    /// The runs of a line, from the left (Unicode Standard Annex 9).
    pub(super) fn runs(&self, weight: Weight, text: &str) -> Vec<Run> {
        let bidi = BidiInfo::new(text, None);
        let Some(paragraph) = bidi.paragraphs.first() else { return Vec::new() };
        let (levels, ranges) = bidi.visual_runs(paragraph, paragraph.range.clone());
        let runs = ranges.into_iter().filter_map(|range| {
            let is_rtl = levels.get(range.start)?.is_rtl();
            let text = text.get(range)?.to_owned();
            Some(Run { glyphs: self.shape(weight, &text, is_rtl), text })
        });
        runs.collect()
    }

    fn shape(&self, weight: Weight, text: &str, is_rtl: bool) -> Vec<KrillaGlyph> {
        let Face { shaper, font } = self.face(weight);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(if is_rtl { Direction::RightToLeft } else { Direction::LeftToRight });
        let shaped = rustybuzz::shape(shaper, &[], buffer);
        let cluster = |info: &rustybuzz::GlyphInfo| usize::try_from(info.cluster).unwrap_or(0);
        let mut clusters: Vec<_> = shaped.glyph_infos().iter().map(cluster).collect();
        clusters.sort_unstable();
        clusters.dedup();
        let covered = |start: usize| -> Range<usize> {
            let end = clusters.get(clusters.partition_point(|other| *other <= start));
            start..end.copied().unwrap_or(text.len())
        };
        let em = font.units_per_em();
        let glyphs = shaped.glyph_infos().iter().zip(shaped.glyph_positions()).map(|(info, at)| {
            let [x_advance, x_offset, y_offset, y_advance] =
                [at.x_advance, at.x_offset, at.y_offset, at.y_advance].map(|units| units as f32 / em);
            let range = covered(cluster(info));
            KrillaGlyph::new(
                GlyphId::new(info.glyph_id),
                x_advance,
                x_offset,
                y_offset,
                y_advance,
                range,
                None,
            )
        });
        glyphs.collect()
    }

    /// How wide a line is at this size, in points.
    pub(super) fn width(&self, weight: Weight, size: f32, text: &str) -> f32 {
        let runs = self.runs(weight, text);
        runs.iter().map(|run| width(run, size)).sum()
    }

    /// The beginning of a text that is far too long: shaping takes time, and what can not be shown needs none. Letters
    /// that are joined are narrower than alone, but not by this much.
    fn clip(&self, weight: Weight, size: f32, text: &str, room: f32) -> String {
        let Face { shaper, font } = self.face(weight);
        let mut wide = 0.0;
        let limit = room * 3.0 * font.units_per_em() / size;
        let end = text.char_indices().find(|(_, character)| {
            let glyph = shaper.glyph_index(*character);
            wide += glyph.and_then(|glyph| shaper.glyph_hor_advance(glyph)).map_or(0.0, f32::from);
            wide > limit
        });
        match end.and_then(|(end, _)| text.get(..end)) {
            Some(beginning) => format!("{beginning}…"),
            None => text.to_owned(),
        }
    }

    /// The text, or as much of its beginning as fits with an ellipsis.
    pub(super) fn cut(&self, weight: Weight, size: f32, text: &str, room: f32) -> String {
        let text = &self.clip(weight, size, text, room);
        if self.width(weight, size, text) <= room {
            return text.clone();
        }
        let ends: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
        let shortened = |end: &usize| format!("{}…", text.get(..*end).unwrap_or_default().trim_end());
        let fits = ends.partition_point(|end| self.width(weight, size, &shortened(end)) <= room);
        ends.get(fits.saturating_sub(1)).map(shortened).unwrap_or_default()
    }

    /// The text in at most `lines` lines; the last one is cut if it has to be.
    pub(super) fn wrap(&self, weight: Weight, size: f32, text: &str, room: f32, lines: usize) -> Vec<String> {
        let mut wrapped = Vec::new();
        let all = (0..lines).fold(0.0, |all, _| all + room);
        let text = self.clip(weight, size, text.trim(), all);
        let mut rest = text.as_str();
        while !rest.is_empty() {
            if wrapped.len() + 1 >= lines || self.width(weight, size, rest) <= room {
                wrapped.push(self.cut(weight, size, rest, room));
                break;
            }
            let end = self.line_end(weight, size, rest, room);
            let (line, after) = rest.split_at(end);
            wrapped.push(line.trim_end().to_owned());
            rest = after.trim_start();
        }
        wrapped
    }

    /// Where a line that is too long ends: after the last word that fits, or within a word that is longer than a line.
    fn line_end(&self, weight: Weight, size: f32, text: &str, room: f32) -> usize {
        let fits = |end: usize| {
            let line = text.get(..end).unwrap_or_default();
            self.width(weight, size, line.trim_end()) <= room
        };
        let words: Vec<_> = text.match_indices(' ').map(|(at, _)| at).collect();
        let last = words.partition_point(|end| fits(*end)).checked_sub(1).and_then(|last| words.get(last));
        if let Some(end) = last {
            return *end;
        }
        let ends: Vec<_> = text.char_indices().map(|(at, _)| at).skip(1).collect();
        let last = ends.partition_point(|end| fits(*end)).saturating_sub(1);
        ends.get(last).copied().unwrap_or(text.len())
    }
}

/// The width of a run at this size, in points.
pub(super) fn width(run: &Run, size: f32) -> f32 {
    run.glyphs.iter().map(|glyph| glyph.x_advance * size).sum()
}

/// Characters that only steer how others are shown. They have no glyph, and a line is put in order without them.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: f32 = 120.0;

    fn fonts() -> Fonts {
        Fonts::load().unwrap()
    }

    #[test]
    fn every_european_script_can_be_drawn() {
        let fonts = fonts();
        for text in [
            "Tout refuser – « été » œuvre Ÿ €",
            "ąćęłńóśźż ěščřžýáíéúůďťň őű ășțîâ ğış ðþæø ĉĝĥĵŝŭ ġħż āčēģīķļņšūž õäöü",
            "Отклонить все: ёъыэ іїєґ ђјљњћџ ѓќѕ",
            "Απόρριψη όλων ΐΰώ",
            "Հայերեն ქართული עברית العربية",
        ] {
            for weight in [Weight::Regular, Weight::Bold] {
                assert_eq!(fonts.drawable(weight, text), (text.to_owned(), 0), "{weight:?}");
            }
        }
    }

    #[test]
    fn what_the_font_lacks_is_replaced_and_counted() {
        let fonts = fonts();
        assert_eq!(fonts.drawable(Weight::Regular, "全部拒否 a"), ("□□□□ a".to_owned(), 4));
        assert_eq!(fonts.drawable(Weight::Regular, "a\u{202e}b\nc\u{0}"), ("ab c ".to_owned(), 0));
        assert!(
            fonts
                .runs(Weight::Regular, "□ رفض الكل abc")
                .iter()
                .all(|run| { run.glyphs.iter().all(|glyph| glyph.glyph_id.to_u32() != 0) })
        );
    }

    #[test]
    fn right_to_left_text_is_put_in_order_and_joined() {
        let fonts = fonts();
        let runs = fonts.runs(Weight::Regular, "abc رفض");
        assert_eq!(runs.iter().map(|run| run.text.as_str()).collect::<Vec<_>>(), ["abc ", "رفض"]);
        let alone = ["ر", "ف", "ض"].map(|letter| fonts.width(Weight::Regular, 10.0, letter));
        assert!(
            fonts.width(Weight::Regular, 10.0, "رفض") < alone.iter().sum::<f32>(),
            "letters are not joined"
        );
    }

    #[test]
    fn nothing_is_ever_wider_than_its_room() {
        let fonts = fonts();
        let long = "x".repeat(400);
        let words = "un mot après l’autre ".repeat(20);
        let arabic = "رفض الكل ".repeat(30);
        for text in ["", "a", &long, &words, &arabic, "a b"] {
            let cut = fonts.cut(Weight::Bold, 8.0, text, ROOM);
            assert!(fonts.width(Weight::Bold, 8.0, &cut) <= ROOM, "{cut}");
            for lines in 1..4 {
                let wrapped = fonts.wrap(Weight::Regular, 8.0, text, ROOM, lines);
                assert!(wrapped.len() <= lines);
                for line in &wrapped {
                    assert!(fonts.width(Weight::Regular, 8.0, line) <= ROOM, "{line}");
                }
            }
        }
        assert_eq!(fonts.cut(Weight::Regular, 8.0, "court", ROOM), "court");
        let wrapped = fonts.wrap(Weight::Regular, 8.0, &words, ROOM, 100);
        assert_eq!(wrapped.join(" "), words.trim());
    }
}
