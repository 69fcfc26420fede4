//! `decisions.csv`: the openings as a spreadsheet (RFC 4180, UTF-8 with BOM), written so that writer and verifier get
//! the same bytes from the same log.

use time::OffsetDateTime;

use super::data::{DecisionData, SubjectData};
use super::opening_line::OpeningLine;
use crate::category::Category;
use crate::choices::Choice;
use crate::notice::NoticeId;
use crate::regime::Rule;

const COLUMNS: [&str; 20] = [
    "Log",
    "Index",
    "Recorded at (server)",
    "Action",
    "Necessary",
    "Functional",
    "Analytics",
    "Performance",
    "Advertisement",
    "Notice",
    "Language",
    "Region",
    "Rules (in the order of the categories)",
    "Global Privacy Control",
    "Decided at (browser)",
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
    push_row(&mut text, COLUMNS.map(str::to_owned));
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
    let shown = |field: fn(&DecisionData) -> String| decision.as_ref().map(field).unwrap_or_default();
    let choice = |category: Category| {
        let choices = decision.as_ref().map(|data| data.choices.choice(category));
        choices.map(Choice::as_str).unwrap_or_default().to_owned()
    };
    let [necessary, functional, analytics, performance, advertisement] = Category::ALL.map(choice);
    let erased: Vec<_> = [("subject", line.subject.is_none()), ("decision", line.decision.is_none())]
        .into_iter()
        .filter_map(|(name, erased)| erased.then_some(name))
        .collect();
    let mut text = String::with_capacity(384);
    push_row(
        &mut text,
        [
            line.year.to_string(),
            line.index.to_string(),
            rfc3339(time),
            shown(|data| data.action.clone()),
            necessary,
            functional,
            analytics,
            performance,
            advertisement,
            notice.to_string(),
            shown(|data| data.language.clone()),
            shown(|data| data.region.clone()),
            shown(|data| data.regime.map(rule_word).join(" ")),
            shown(|data| if data.signals.gpc { "yes" } else { "no" }.to_owned()),
            shown(|data| data.decided_at.clone()),
            shown(|data| data.page.clone()),
            shown(|data| data.user_agent_class.clone()),
            subject.as_ref().map(|data| data.subject_id.clone()).unwrap_or_default(),
            subject.map(|data| data.decision_id).unwrap_or_default(),
            erased.join(" "),
        ],
    );
    text
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

fn rule_word(rule: Rule) -> &'static str {
    match rule {
        Rule::OptIn => "opt_in",
        Rule::OptOut => "opt_out",
        Rule::Exempt => "exempt",
        Rule::Always => "always",
    }
}

fn push_row(text: &mut String, cells: [String; COLUMNS.len()]) {
    for (column, cell) in cells.into_iter().enumerate() {
        if column > 0 {
            text.push(',');
        }
        push_cell(text, &cell);
    }
    text.push_str("\r\n");
}

/// A spreadsheet runs what begins like a formula, and visitors choose some of these texts: an apostrophe before it
/// makes it text.
fn push_cell(text: &mut String, cell: &str) {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let quoted = cell.contains([',', '"', '\r', '\n', ';', '\t']);
    if quoted {
        text.push('"');
    }
    if formula {
        text.push('\'');
    }
    for character in cell.chars() {
        if character == '"' {
            text.push('"');
        }
        text.push(character);
    }
    if quoted {
        text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut out = String::new();
        push_cell(&mut out, text);
        out
    }

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
