//! The table of the page: each category, what became of it, and as much of what it stores as there is room for.

use std::num::NonZeroU32;

use consent_core::notice::{CategoryNotice, CookieDeclaration};
use consent_core::regime::Rule;
use krilla::tagging::{TableHeaderScope, Tag, TagGroup, kind};

use super::Proof;
use super::fit::fit;
use super::page::{Drawing, GREEN, GREY, INK, LABEL, LEFT, PALE, PROOF, RED, SMALL, WIDTH, cell, style};
use super::sheet::Style;
use super::text::Weight;

const CATEGORY: Style = style(Weight::Bold, 8.5, INK);
const CELL: Style = style(Weight::Regular, 7.5, INK);

/// Left edges and widths of the columns of the table.
const COLUMNS: [(f32, f32); 4] = [(0.0, 112.0), (120.0, 98.0), (226.0, 200.0), (434.0, WIDTH - 434.0)];
const LINE: f32 = 9.4;
const PADDING: f32 = 3.0;
const CATEGORY_HEIGHT: f32 = 16.0;
const HEADER_HEIGHT: f32 = 13.0;

/// How many lines a cell has at most: so many does the longest duration that the config's own words make take.
const LINES: usize = 3;

/// More rows than there is room for on any page.
const MOST: usize = 32;

/// A category with as many of its cookies as there is room for.
struct Block<'a> {
    shown: &'a CategoryNotice,
    rows: Vec<Row>,
}

/// A cookie, with each of its cells in lines.
struct Row {
    cells: [Vec<String>; COLUMNS.len()],
}

impl Row {
    fn height(&self) -> f32 {
        let lines = self.cells.iter().map(Vec::len).max().unwrap_or_default();
        // A row has few lines; counting them up keeps clear of casts.
        (0..lines.max(1)).fold(PADDING, |height, _| height + LINE)
    }
}

impl Drawing<'_> {
    /// Each category with what it stores.
    pub(super) fn choices(&mut self) {
        self.heading(self.words.choices);
        let mut table = TagGroup::new(Tag::Table);
        let mut header = TagGroup::new(Tag::TR);
        for ((x, room), text) in COLUMNS.into_iter().zip(self.words.column) {
            let text = self.sheet.line(LABEL, LEFT + x, self.y + 8.0, text, room);
            header.push(cell(Tag::TH(TableHeaderScope::Column), text));
        }
        table.push(header);
        self.y += HEADER_HEIGHT;
        let proof = self.proof;
        let blocks: Vec<_> = proof.notice.categories.iter().map(|shown| self.block(shown)).collect();
        let heights: Vec<_> =
            blocks.iter().map(|block| block.rows.iter().map(Row::height).collect::<Vec<_>>()).collect();
        let headers = blocks.iter().fold(0.0, |height, _| height + CATEGORY_HEIGHT);
        let counts = fit(&heights, LINE + PADDING, PROOF - 12.0 - self.y - headers);
        for (block, count) in blocks.iter().zip(counts) {
            self.category(block, count, &mut table);
        }
        self.tags.push(table);
    }

    fn block<'b>(&self, shown: &'b CategoryNotice) -> Block<'b> {
        let row = |cookie: &CookieDeclaration| {
            let texts = [&cookie.name, &cookie.owner, &cookie.purpose, &cookie.duration];
            let mut rooms = COLUMNS.into_iter().map(|(_, room)| room);
            Row {
                cells: texts.map(|text| self.sheet.wrap(CELL, text, rooms.next().unwrap_or_default(), LINES)),
            }
        };
        Block { shown, rows: shown.cookies.iter().take(MOST).map(row).collect() }
    }

    fn category(&mut self, block: &Block<'_>, count: usize, table: &mut TagGroup) {
        let (words, language) = (self.words, self.proof.notice.language.clone());
        let Proof { decision, notice, .. } = self.proof;
        let category = block.shown.category;
        let rule = notice.regime.rule(category);
        let allowed = decision.choices.allows(category);
        let colour = match (rule, allowed) {
            (Rule::Always, _) => GREY,
            (_, true) => GREEN,
            (_, false) => RED,
        };
        let state = words.choice(rule, decision.choices.choice(category), decision.action == "withdraw");
        self.sheet.rectangle(LEFT, self.y, WIDTH, CATEGORY_HEIGHT - 2.0, PALE);
        self.sheet.rectangle(LEFT, self.y, 3.0, CATEGORY_HEIGHT - 2.0, colour);
        let baseline = self.y + 10.0;
        let [_, (second, _), (third, _), _] = COLUMNS;
        let title = self.sheet.line_in(
            CATEGORY,
            LEFT + 9.0,
            baseline,
            &block.shown.title,
            second - 14.0,
            Some(&language),
        );
        let state = self.sheet.line(
            Style { colour, ..CATEGORY },
            LEFT + second,
            baseline,
            state,
            third - second - 8.0,
        );
        let mut group = TagGroup::new(wide(Tag::TH(TableHeaderScope::Row)));
        group.push(title);
        group.push(state);
        let rule = words.rule(rule).to_owned();
        let nothing = block.rows.is_empty().then(|| words.value.nothing.to_owned());
        let said: Vec<_> = [rule].into_iter().filter(|rule| !rule.is_empty()).chain(nothing).collect();
        if !said.is_empty() {
            group.push(self.sheet.line(SMALL, LEFT + third, baseline, &said.join(" · "), WIDTH - third));
        }
        let mut row = TagGroup::new(Tag::TR);
        row.push(group);
        table.push(row);
        self.y += CATEGORY_HEIGHT;
        for row in block.rows.iter().take(count) {
            table.push(self.cookie(row, &language));
        }
        let more = block.shown.cookies.len() - count;
        if more > 0 {
            let text = words.value.more.replace("{count}", &more.to_string());
            let text = self.sheet.line(SMALL, LEFT, self.y + 7.0, &text, WIDTH);
            let mut cell = TagGroup::new(Tag::TD.with_col_span(NonZeroU32::new(4)));
            cell.push(text);
            table.push(TagGroup::with_children(Tag::TR, vec![cell.into()]));
            self.y += LINE + PADDING;
        }
    }

    fn cookie(&mut self, row: &Row, language: &str) -> TagGroup {
        let mut group = TagGroup::new(Tag::TR);
        for ((x, room), lines) in COLUMNS.into_iter().zip(&row.cells) {
            let mut cell = TagGroup::new(Tag::TD);
            let mut y = self.y + 7.0;
            for line in lines {
                cell.push(self.sheet.line_in(CELL, LEFT + x, y, line, room, Some(language)));
                y += LINE;
            }
            group.push(cell);
        }
        self.y += row.height();
        group
    }
}

/// Over all columns of the table.
fn wide(tag: Tag<kind::TH>) -> Tag<kind::TH> {
    tag.with_col_span(NonZeroU32::new(4))
}
