//! `decisions.csv`: the openings as a spreadsheet (RFC 4180, UTF-8 with BOM), written so that writer and verifier get
//! the same bytes from the same log.
//!
//! ```
//! use consent_core::bundle::csv::{header, rfc3339, row, write_row};
//! use consent_core::bundle::{data::SubjectData, opening_line::OpeningLine};
//! use consent_core::ledger::commitment::{Opening, Part, Salt};
//! use consent_core::{digest::Digest, notice::NoticeId};
//!
//! let mut table = header();
//! assert!(table.starts_with("\u{feff}Log,Index,"), "spreadsheets read UTF-8 by that mark");
//! # let notice = NoticeId(Digest::of(b""));
//! let data = r#"{"decision_id":"0190","subject_id":"AAEC"}"#.to_owned();
//! let subject = Some(Opening::new(Salt([0; 32]), data)?);
//! let line = OpeningLine { year: 2026.into(), index: 5, decision: None, subject };
//! // Whoever has read the parts anyway does not have them read again.
//! let parts = line.part(Part::Subject).and_then(|part| SubjectData::parse(part.data()));
//! write_row(&mut table, &line, 1_795_426_200, notice, None, parts.as_ref());
//! assert_eq!(table, header() + &row(&line, 1_795_426_200, notice));
//! assert!(table.contains(&rfc3339(1_795_426_200)));
//! # Ok::<(), consent_core::ledger::commitment::OpeningError>(())
//! ```

use std::fmt::Write as _;

use time::OffsetDateTime;

use super::data::{DecisionData, SubjectData};
use super::opening_line::OpeningLine;
use crate::category::Category;
use crate::notice::NoticeId;
use crate::regime::Rule;

const COLUMNS: [&str; 23] = [
    "Log",
    "Index",
    "Recorded at (server)",
    "Action",
    "Handed on by (site and place)",
    "Necessary",
    "Functional",
    "Analytics",
    "Performance",
    "Advertisement",
    "Services (said one by one)",
    "Notice",
    "Language",
    "Region",
    "Rules (in the order of the categories)",
    "Global Privacy Control",
    "Decided at (browser)",
    "Taken over from",
    "Page",
    "Kind of browser",
    "Subject id",
    "Decision id",
    "Erased parts",
];

/// The beginning of the file: byte order mark, so that spreadsheets read UTF-8, and the names of the columns.
#[must_use]
pub fn header() -> String {
    let mut text = String::from('\u{feff}');
    for (column, name) in COLUMNS.into_iter().enumerate() {
        if column > 0 {
            text.push(',');
        }
        push_cell(&mut text, name);
    }
    text.push_str("\r\n");
    text
}

/// The row of one line of openings. `time` and `notice` are those of its entry. What was erased, or does not have the
/// fields of [`super::data`], is empty.
///
/// ```
/// use consent_core::{bundle::{csv, opening_line::OpeningLine}, digest::Digest, ledger::commitment::{Opening, Salt}, notice::NoticeId};
///
/// let data = r#"{"decision_id":"0190","subject_id":"=1+1"}"#;
/// let subject = Opening::new(Salt([0; 32]), data.to_owned())?;
/// let line = OpeningLine { year: 2026.into(), index: 5, decision: None, subject: Some(subject) };
/// let row = csv::row(&line, 1_800_000_000, NoticeId(Digest::of(b"")));
/// assert!(row.starts_with("2026,5,2027-01-15T08:00:00Z,,"));
/// assert!(row.ends_with(",'=1+1,0190,decision\r\n"));
/// # Ok::<(), consent_core::ledger::commitment::OpeningError>(())
/// ```
#[must_use]
pub fn row(line: &OpeningLine, time: u64, notice: NoticeId) -> String {
    let decision = line.decision.as_ref().and_then(|opening| DecisionData::parse(opening.data()));
    let subject = line.subject.as_ref().and_then(|opening| SubjectData::parse(opening.data()));
    let mut text = String::with_capacity(384);
    write_row(&mut text, line, time, notice, decision.as_ref(), subject.as_ref());
    text
}

/// As [`row`], at the end of `text`, for a line whose parts were read already.
pub fn write_row(
    text: &mut String,
    line: &OpeningLine,
    time: u64,
    notice: NoticeId,
    decision: Option<&DecisionData>,
    subject: Option<&SubjectData>,
) {
    // Numbers, times and words of the format need no quotes. Writing to a string has no way to fail.
    let _ = write!(text, "{},{},{},", line.year, line.index, rfc3339(time));
    push_cell(text, decision.map_or("", |data| &data.action));
    text.push(',');
    let handed_on = decision.and_then(|data| data.handoff.as_ref());
    push_cell(text, &handed_on.map(|from| from.to_string()).unwrap_or_default());
    for category in Category::ALL {
        text.push(',');
        text.push_str(decision.map_or("", |data| data.choices.choice(category).as_str()));
    }
    text.push(',');
    push_cell(text, &decision.map(services).unwrap_or_default());
    text.push(',');
    let at = text.len();
    let _ = write!(text, "{notice}");
    // One address in sixty-four begins like a formula.
    if text.get(at..).is_some_and(|notice| notice.starts_with('-')) {
        text.insert(at, '\'');
    }
    let mut cell = |cell: &str| {
        text.push(',');
        push_cell(text, cell);
    };
    cell(decision.map_or("", |data| &data.language));
    cell(decision.map_or("", |data| &data.region));
    cell(&decision.map(|data| data.regime.map(Rule::as_str).join(" ")).unwrap_or_default());
    cell(decision.map_or("", |data| if data.signals.gpc { "yes" } else { "no" }));
    cell(decision.map_or("", |data| &data.decided_at));
    let from = decision.and_then(|data| data.provenance.as_ref());
    cell(&from.map(ToString::to_string).unwrap_or_default());
    cell(decision.map_or("", |data| &data.page));
    cell(decision.map_or("", |data| &data.user_agent_class));
    cell(subject.map_or("", |data| &data.subject_id));
    cell(subject.map_or("", |data| &data.decision_id));
    cell(match (&line.subject, &line.decision) {
        (None, None) => "subject decision",
        (None, Some(_)) => "subject",
        (Some(_), None) => "decision",
        (Some(_), Some(_)) => "",
    });
    text.push_str("\r\n");
}

/// `films=grant maps=deny`: what was said of single services, in the order of their ids. What is not there follows its
/// category.
fn services(data: &DecisionData) -> String {
    let said = data.services.iter().map(|(id, choice)| format!("{id}={}", choice.as_str()));
    said.collect::<Vec<_>>().join(" ")
}

/// `2026-11-23T09:30:00Z` for unix seconds; the number itself for times after the year 9999.
#[must_use]
pub fn rfc3339(time: u64) -> String {
    let at = i64::try_from(time).ok().and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
    match at {
        Some(at) => format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            at.year(),
            u8::from(at.month()),
            at.day(),
            at.hour(),
            at.minute(),
            at.second()
        ),
        None => time.to_string(),
    }
}

/// A text as a cell: quoted where it needs quotes, and no formula.
///
/// ```
/// use consent_core::bundle::csv::cell;
///
/// assert_eq!(cell("=1+1"), "'=1+1");
/// assert_eq!(cell("a,b"), "\"a,b\"");
/// ```
#[must_use]
pub fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 3);
    push_cell(&mut out, text);
    out
}

/// A spreadsheet runs what begins like a formula, and visitors choose some of these texts: an apostrophe before it
/// makes it text (OWASP, CSV Injection).
fn push_cell(text: &mut String, cell: &str) {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let special = |byte| matches!(byte, b',' | b'"' | b'\r' | b'\n' | b';' | b'\t');
    let quoted = cell.bytes().any(special);
    if quoted {
        text.push('"');
    }
    if formula {
        text.push('\'');
    }
    for (number, part) in cell.split('"').enumerate() {
        if number > 0 {
            text.push_str("\"\"");
        }
        text.push_str(part);
    }
    if quoted {
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::commitment::{Opening, Salt};

    #[test]
    fn quotes_what_would_break_a_row_and_disarms_formulas() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-1", "'-1"),
            ("+1", "'+1"),
            ("\t=1", "\"'\t=1\""),
            ("=HYPERLINK(\"x\",\"y\")", "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn an_address_that_begins_like_a_formula_is_text_too() {
        let line = OpeningLine { year: 2026.into(), index: 5, decision: None, subject: None };
        // The first six bits are those of `-` in base64url, of `+` in base64: 62.
        for (first, before) in [(62 << 2, "'-"), (61 << 2, "9")] {
            let mut bytes = [7; 32];
            bytes[0] = first;
            let notice = NoticeId(crate::digest::Digest(bytes));
            let row = row(&line, 0, notice);
            let cell = row.split(',').nth(11).unwrap();
            assert!(cell.starts_with(before) && cell.ends_with(&notice.to_string()), "{cell}");
        }
    }

    #[test]
    fn services_stand_in_one_cell_and_are_no_formula() {
        for (services, expected) in [
            ("{}", ""),
            (r#"{"maps":"deny","films":"grant"}"#, "films=grant maps=deny"),
            (r#"{"-films":"grant"}"#, "'-films=grant"),
            (r#"{"":"grant"}"#, "'=grant"),
        ] {
            let data = format!(
                r#"{{"action":"save","choices":{{"necessary":"grant","functional":"deny","analytics":"deny","performance":"deny","advertisement":"deny"}},"decided_at":"2026-11-23T09:30:00.123Z","language":"fr","page":"/","recorded_at":"2026-11-23T09:30:00.999Z","regime":["always","opt_in","opt_in","opt_in","opt_in"],"region":"FR","services":{services},"signals":{{"gpc":false}},"user_agent_class":"mobile"}}"#
            );
            let opening = Opening::new(Salt([0; 32]), data).unwrap();
            let line = OpeningLine { year: 2026.into(), index: 5, decision: Some(opening), subject: None };
            let row = row(&line, 0, NoticeId(crate::digest::Digest::of(b"")));
            let column = COLUMNS.iter().position(|name| name.starts_with("Services")).unwrap();
            assert_eq!(row.split(',').nth(column), Some(expected));
        }
    }

    #[test]
    fn where_a_decision_was_handed_on_from_stands_beside_its_action() {
        let data = r#"{"action":"handoff","choices":{"necessary":"grant","functional":"deny","analytics":"deny","performance":"deny","advertisement":"deny"},"decided_at":"2026-11-23T09:30:00.123Z","handoff":{"index":7,"log":"2026","site":"news"},"language":"fr","page":"/","recorded_at":"2026-11-23T09:30:00.999Z","regime":["always","opt_in","opt_in","opt_in","opt_in"],"region":"FR","signals":{"gpc":false},"user_agent_class":"mobile"}"#;
        let opening = Opening::new(Salt([0; 32]), data.to_owned()).unwrap();
        let line = OpeningLine { year: 2026.into(), index: 5, decision: Some(opening), subject: None };
        let row = row(&line, 0, NoticeId(crate::digest::Digest::of(b"")));
        assert!(row.starts_with("2026,5,1970-01-01T00:00:00Z,handoff,news 2026 7,grant,deny,"), "{row}");
    }

    #[test]
    fn the_header_has_a_byte_order_mark_and_every_column() {
        let header = header();
        assert!(header.starts_with("\u{feff}Log,Index,") && header.ends_with("\r\n"));
        assert_eq!(header.matches(',').count(), COLUMNS.len() - 1);
    }

    #[test]
    fn writes_times_of_every_size() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_795_426_200), "2026-11-23T09:30:00Z");
        assert_eq!(rfc3339(u64::MAX), u64::MAX.to_string());
    }
}
