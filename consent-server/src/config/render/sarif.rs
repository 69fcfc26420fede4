//! Findings in the format that code scanning takes: SARIF 2.1.0 (OASIS, 2020).

use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::config::code::Code;
use crate::config::diagnostic::{Diagnostic, Diagnostics};
use crate::config::sources::Place;

/// Where the format is written down.
pub(crate) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What of a path stands in a URI as it is (RFC 3986, sections 2.3 and 3.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// One run with every finding and, as its rules, the pages about their codes.
#[must_use]
pub fn sarif(diagnostics: &Diagnostics) -> String {
    let mut codes: Vec<Code> = diagnostics.found.iter().map(|finding| finding.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<_> =
        diagnostics.found.iter().map(|finding| result(diagnostics, finding, &codes)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "consent",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().copied().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
    .to_string()
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.title() },
        "help": { "text": code.page(), "markdown": code.page() },
    })
}

fn result(diagnostics: &Diagnostics, finding: &Diagnostic, codes: &[Code]) -> Value {
    let place = diagnostics.place(finding);
    let file = place.map_or(diagnostics.sources.name(), |place| place.file);
    let mut physical = Map::new();
    physical.insert("artifactLocation".to_owned(), json!({ "uri": uri(file) }));
    if let (Some(place), Some(span)) = (place, &finding.span) {
        let (start_line, start_column) = place.position();
        let (end_line, end_column) = Place { byte: place.byte + span.len(), ..place }.position();
        let region = json!({
            "startLine": start_line,
            "startColumn": start_column,
            "endLine": end_line,
            "endColumn": end_column,
        });
        physical.insert("region".to_owned(), region);
    }
    json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": codes.binary_search(&finding.code).ok(),
        "level": finding.severity.as_str(),
        "message": { "text": plain(&format!("{}. {}", finding.message, finding.help)) },
        "locations": [{ "physicalLocation": physical }],
    })
}

/// A text as a message holds it: braces would be places for arguments, brackets the text of a link (SARIF 2.1.0, 3.11.5 and
/// 3.11.6).
pub(crate) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '{' | '}' => escaped.push(letter),
            '[' | ']' | '\\' => escaped.push('\\'),
            _ => {}
        }
        escaped.push(letter);
    }
    escaped
}

/// A file as a URI: relative if its path is.
pub(crate) fn uri(file: &str) -> String {
    let scheme = if Path::new(file).is_absolute() { "file://" } else { "" };
    format!("{scheme}{}", utf8_percent_encode(file, ENCODED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_no_link_and_has_no_places() {
        assert_eq!(plain("a [b](c) { d } \\"), "a \\[b\\](c) {{ d }} \\\\");
    }

    #[test]
    fn a_path_is_one_uri_whatever_it_is_called() {
        assert_eq!(uri("sites/a b#1?.toml"), "sites/a%20b%231%3F.toml");
        assert_eq!(uri("/srv/é.toml"), "file:///srv/%C3%A9.toml");
        // A colon in the first part of a relative reference would be taken for a scheme.
        assert_eq!(uri("c:consent.toml"), "c%3Aconsent.toml");
    }
}
