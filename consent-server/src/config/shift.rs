//! The places of a file's values, counted in all files of the config instead.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The table with every place moved on by `by` bytes.
pub(super) fn table(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    table.into_iter().map(|(key, inner)| (moved(key, by), value(inner, by))).collect()
}

// The parser limits how deep values go, so the recursion ends early.
fn value(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let span = span(value.span(), by);
    let inner = match value.into_inner() {
        DeValue::Table(inner) => DeValue::Table(table(inner, by)),
        DeValue::Array(items) => {
            DeValue::Array(items.into_iter().map(|item| self::value(item, by)).collect())
        }
        plain => plain,
    };
    Spanned::new(span, inner)
}

fn moved<T>(spanned: Spanned<T>, by: usize) -> Spanned<T> {
    Spanned::new(span(spanned.span(), by), spanned.into_inner())
}

/// The span, moved on by `by` bytes.
pub(super) fn span(span: Range<usize>, by: usize) -> Range<usize> {
    span.start + by..span.end + by
}
