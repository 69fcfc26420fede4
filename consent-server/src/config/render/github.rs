//! Findings as GitHub Actions shows them beside the lines of a change.

use crate::config::diagnostic::Diagnostics;

/// One workflow command a line for each finding, `::error file=…,line=…,col=…,title=CODE::MESSAGE`; nothing if there is none
/// (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).
#[must_use]
pub fn github(diagnostics: &Diagnostics) -> String {
    let mut lines = String::new();
    for finding in &diagnostics.found {
        let place = diagnostics.place(finding);
        let file = place.map_or(diagnostics.sources.name(), |place| place.file);
        let (severity, code) = (finding.severity.as_str(), finding.code.as_str());
        let at = place.map(|place| place.position());
        lines.push_str(&command(severity, file, at, code, &format!("{}\n{}", finding.message, finding.help)));
    }
    lines
}

/// One command in one line. `at` is a line and a column; without it, the file as a whole.
pub(crate) fn command(
    severity: &str,
    file: &str,
    at: Option<(usize, usize)>,
    title: &str,
    text: &str,
) -> String {
    let at = at.map_or_else(String::new, |(line, column)| format!(",line={line},col={column}"));
    format!("::{severity} file={}{at},title={}::{}\n", property(file), property(title), data(text))
}

/// A message as a command holds it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property as a command holds it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_its_command_or_begins_another_one() {
        let text = "a\r\n::error file=b,line=1::c 100 %";
        assert_eq!(data(text), "a%0D%0A::error file=b,line=1::c 100 %25");
        assert_eq!(property(text), "a%0D%0A%3A%3Aerror file=b%2Cline=1%3A%3Ac 100 %25");
    }
}
