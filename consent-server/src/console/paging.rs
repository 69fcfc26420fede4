//! Long lists, a page at a time.

use std::ops::Range;

/// How many lines a page has.
const LINES: usize = 50;

/// Which page of a list is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paging {
    /// From 1 on.
    pub(crate) page: usize,
    pub(crate) pages: usize,
    /// How many lines the whole list has.
    pub(crate) lines: usize,
}

impl Paging {
    /// A page of a list of so many lines; the nearest one if there is none of this number.
    pub(crate) fn new(lines: usize, page: usize) -> Self {
        let pages = lines.div_ceil(LINES).max(1);
        Self { page: page.clamp(1, pages), pages, lines }
    }

    /// The page with the line at this place.
    pub(crate) fn at(lines: usize, place: usize) -> Self {
        Self::new(lines, place / LINES + 1)
    }

    /// The places of its lines.
    pub(crate) fn range(&self) -> Range<usize> {
        let from = (self.page - 1) * LINES;
        from..self.lines.min(from + LINES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_on_one_page_and_there_is_always_one() {
        for lines in [0, 1, 49, 50, 51, 10_000, 10_001] {
            let all = Paging::new(lines, 1);
            let mut shown = 0;
            for page in 1..=all.pages {
                let paging = Paging::new(lines, page);
                assert_eq!(paging.range().start, shown);
                shown = paging.range().end;
                assert!(paging.range().all(|place| Paging::at(lines, place) == paging));
            }
            assert_eq!(shown, lines);
            for odd in [0, all.pages + 1, usize::MAX] {
                assert!((1..=all.pages).contains(&Paging::new(lines, odd).page));
            }
        }
    }
}
