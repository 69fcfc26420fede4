//! What a request wants of a file that does not change: all, a part, or nothing as it has it (RFC 9110, sections 13 and 14).

use std::ops::Range;

use axum::http::header::{IF_MATCH, IF_RANGE, RANGE};
use axum::http::{HeaderMap, Method};
use http_range_header::{EndPosition, RangeUnsatisfiableError, StartPosition, parse_range_header};

use super::super::banner::is_current;

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Whole,
    /// These bytes: at least one, and none behind the end.
    Part(Range<u64>),
    /// Bytes behind the end.
    Nowhere,
    /// The file, unless it is the one that the browser has; and it is.
    Current,
    /// The rest of another file.
    Other,
}

/// What a request wants of a file with this entity tag, which is a strong one.
pub(super) fn wanted(method: &Method, headers: &HeaderMap, tag: &str, length: u64) -> Wanted {
    // Firefox resumes with this, where others send `If-Range`.
    if headers.contains_key(IF_MATCH) && !is_named(headers, tag) {
        return Wanted::Other;
    }
    if is_current(headers, tag.as_bytes()) {
        return Wanted::Current;
    }
    // Of a file that the browser has the beginning of. A date never fits, as the file has none.
    let is_same = headers.get(IF_RANGE).is_none_or(|other| other.as_bytes() == tag.as_bytes());
    let mut ranges = headers.get_all(RANGE).iter();
    // Ranges are for GET alone (section 14.2).
    match (ranges.next(), ranges.next()) {
        (Some(range), None) if is_same && *method == Method::GET => {
            part(range.to_str().unwrap_or_default(), length)
        }
        _ => Wanted::Whole,
    }
}

/// Whether `If-Match` names this entity tag.
fn is_named(headers: &HeaderMap, tag: &str) -> bool {
    let sent = headers.get_all(IF_MATCH).iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(','))
        .any(|item| matches!(item.trim(), item if item == "*" || item == tag))
}

/// The bytes that a `Range` names. What is none is ignored, and so are several at once: nobody who resumes asks for them.
fn part(text: &str, length: u64) -> Wanted {
    let ranges = match parse_range_header(text) {
        Ok(parsed) => parsed.ranges,
        Err(RangeUnsatisfiableError::ZeroSuffix) if !text.contains(',') => return Wanted::Nowhere,
        Err(_) => return Wanted::Whole,
    };
    let [one] = ranges.as_slice() else { return Wanted::Whole };
    let range = match (one.start, one.end) {
        (StartPosition::FromLast(many), _) => length.saturating_sub(many)..length,
        (StartPosition::Index(first), EndPosition::LastByte) => first..length,
        (StartPosition::Index(first), EndPosition::Index(last)) if last < first => return Wanted::Whole,
        (StartPosition::Index(first), EndPosition::Index(last)) => first..last.saturating_add(1).min(length),
    };
    if range.is_empty() { Wanted::Nowhere } else { Wanted::Part(range) }
}

#[cfg(test)]
#[path = "range_tests.rs"]
mod tests;
