//! When things happened in a state, drawn: a row for each, and a dot for its time.

use std::fmt::Write as _;

use super::html::escaped;
use super::judge::{Judged, Verdict};

/// How many rows are drawn; the table has all.
const MAX_ROWS: usize = 40;

/// Pixels.
const ROW: usize = 34;
const HEAD: usize = 26;

/// The longest label, in characters: it fits into 300 pixels.
const MAX_LABEL: usize = 38;

/// An SVG that is as wide as there is room; places are in per cent, so that nothing is distorted. Empty for nothing.
pub(super) fn svg(judged: &[Judged]) -> String {
    let shown = judged.get(..judged.len().min(MAX_ROWS)).unwrap_or_default();
    let Some(last) = judged.iter().map(|one| one.seen.after_ms).max() else { return String::new() };
    let whole = last.max(1);
    let height = HEAD + ROW * shown.len();
    let mut svg = format!(
        "<svg class=\"timeline\" width=\"100%\" height=\"{height}\" role=\"img\" aria-label=\"When what happened; the table below has the same\">\n"
    );
    for (part, anchor) in [(0, "start"), (1, "middle"), (2, "end")] {
        let _ = writeln!(
            svg,
            "<text class=\"tick\" x=\"{}%\" y=\"12\" text-anchor=\"{anchor}\">{}</text>",
            part * 50,
            time(whole * part / 2)
        );
    }
    for (number, one) in shown.iter().enumerate() {
        let (label, line) = (HEAD + ROW * number + 12, HEAD + ROW * number + 23);
        let (class, radius) = match one.verdict {
            Verdict::Leak => ("leak", 6),
            Verdict::Undeclared => ("undeclared", 5),
            Verdict::Fine => ("fine", 4),
        };
        let name: String = one.seen.name.chars().take(MAX_LABEL).collect();
        let _ = writeln!(
            svg,
            "<text class=\"{class}\" x=\"0\" y=\"{label}\">{}</text>\
             <line x1=\"0\" x2=\"100%\" y1=\"{line}\" y2=\"{line}\"/>\
             <circle class=\"{class}\" cx=\"{}%\" cy=\"{line}\" r=\"{radius}\"><title>{} {}</title></circle>",
            escaped(&name),
            place(one.seen.after_ms, whole),
            escaped(&one.seen.name),
            time(one.seen.after_ms),
        );
    }
    svg.push_str("</svg>\n");
    if judged.len() > shown.len() {
        let _ = writeln!(svg, "<p class=\"soft\">and {} more in the table</p>", judged.len() - shown.len());
    }
    svg
}

/// Per cent of the width, with room for half a dot at both ends.
fn place(after: u64, whole: u64) -> String {
    let tenths = 10 + after.saturating_mul(980) / whole;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Milliseconds for people.
pub(super) fn time(ms: u64) -> String {
    format!("{}.{:02} s", ms / 1000, ms % 1000 / 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_stay_inside() {
        assert_eq!(place(0, 7), "1.0");
        assert_eq!(place(7, 7), "99.0");
        assert_eq!(time(12_345), "12.34 s");
        assert_eq!(svg(&[]), "");
    }
}
