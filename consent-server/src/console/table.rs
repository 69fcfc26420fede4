//! What some visitors answered beside others, line by line.

use std::collections::BTreeMap;

use consent_core::category::Category;

use crate::counts::{Answers, Share, Sum};

/// The lines of a table that are shown.
const LINES: usize = 12;

/// Kinds of visitors, or of what they were asked.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) heads: Vec<&'static str>,
    pub(crate) lines: Vec<Line>,
    /// How many lines are left out.
    pub(crate) more: usize,
}

/// One kind.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    /// Begin, length and class of each part of a bar of a thousand.
    pub(crate) bar: Vec<(u64, u64, &'static str)>,
    /// One for each head.
    pub(crate) cells: Vec<String>,
}

/// All tables of a period. What was shown and not answered stands in those that have it, if the site counts it.
pub(super) fn tables(sum: &Sum<'_>) -> Vec<Table> {
    let counts_shown = sum.all.shown > 0;
    let named = |all: &BTreeMap<&str, Answers>| -> Vec<_> {
        let name = |name: &str| if name.is_empty() { "other".to_owned() } else { name.to_owned() };
        all.iter().map(|(key, answers)| (name(key), *answers)).collect()
    };
    let notices = sum.notices.iter().map(|(id, answers)| (id.prefix(), *answers));
    vec![
        of_categories(&sum.categories),
        table("Languages", named(&sum.languages), counts_shown),
        table("Regions", named(&sum.regions), counts_shown),
        // Displays are counted without anything of who saw them.
        table("Devices", named(&sum.classes), false),
        table("Notices", notices.collect(), counts_shown),
    ]
}

fn table(title: &'static str, mut all: Vec<(String, Answers)>, counts_shown: bool) -> Table {
    all.retain(|(_, answers)| answers.all() + answers.shown > 0);
    all.sort_by(|(a, one), (b, other)| {
        (other.all(), other.shown).cmp(&(one.all(), one.shown)).then_with(|| a.cmp(b))
    });
    let more = all.len().saturating_sub(LINES);
    let mut heads = vec!["accepted", "some", "refused", "answers"];
    if counts_shown {
        heads.push("no answer");
    }
    let lines = all.into_iter().take(LINES).map(|(name, answers)| line(name, &answers, counts_shown));
    Table { title, heads, lines: lines.collect(), more }
}

fn line(name: String, answers: &Answers, counts_shown: bool) -> Line {
    let parts = [answers.accepted, answers.mixed, answers.refused].map(|part| answers.share(part));
    let mut cells: Vec<_> = parts.iter().map(|share| percent(*share)).collect();
    cells.push(grouped(answers.all()));
    if counts_shown {
        cells.push(grouped(answers.ignored()));
    }
    Line { name, bar: bar(parts.into_iter().zip(["accepted", "mixed", "refused"])), cells }
}

fn of_categories(categories: &BTreeMap<Category, Share>) -> Table {
    let line = |(category, granted): (&Category, &Share)| {
        let denied = Share { part: granted.of.saturating_sub(granted.part), of: granted.of };
        let bar = bar([(*granted, "accepted"), (denied, "refused")].into_iter());
        let cells = vec![percent(*granted), percent(denied), grouped(granted.of)];
        Line { name: category.as_str().to_owned(), bar, cells }
    };
    let lines = categories.iter().map(line).collect();
    Table { title: "Categories", heads: vec!["granted", "denied", "answers"], lines, more: 0 }
}

fn bar(parts: impl Iterator<Item = (Share, &'static str)>) -> Vec<(u64, u64, &'static str)> {
    let mut from = 0;
    let place = |(share, class): (Share, _)| {
        let length = share.permille().unwrap_or(0);
        from += length;
        (from - length, length, class)
    };
    parts.map(place).filter(|(_, length, _)| *length > 0).collect()
}

pub(super) fn percent(share: Share) -> String {
    let tenths = |permille: u64| format!("{}.{} %", permille / 10, permille % 10);
    share.permille().map_or_else(|| "–".to_owned(), tenths)
}

/// A number with thin spaces between thousands.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_answered_come_first_and_what_is_left_out_is_told() {
        let of = |number: u64| Answers { refused: number, ..Answers::default() };
        let all = (0..20).map(|number| (format!("x-{number}"), of(number))).collect();
        let table = table("Languages", all, false);
        assert_eq!((table.lines.len(), table.more), (LINES, 7), "nobody answered in one of them");
        assert_eq!(table.lines[0].name, "x-19");
    }

    #[test]
    fn the_parts_of_a_bar_stand_behind_each_other_and_a_banner_that_nobody_answers_has_none() {
        let third = Answers { accepted: 1, mixed: 1, refused: 1, shown: 10, ..Answers::default() };
        let shown = line("fr".to_owned(), &third, true);
        assert_eq!(shown.bar, [(0, 333, "accepted"), (333, 333, "mixed"), (666, 333, "refused")]);
        assert_eq!(shown.cells, ["33.3 %", "33.3 %", "33.3 %", "3", "7"]);
        let ignored = line("fr".to_owned(), &Answers { shown: 1234, ..Answers::default() }, true);
        assert_eq!((ignored.bar, ignored.cells.join(" ")), (vec![], "– – – 0 1\u{202f}234".to_owned()));
    }
}
