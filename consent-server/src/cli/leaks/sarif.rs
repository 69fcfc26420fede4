//! What was found, for code scanning: SARIF 2.1.0. A finding is about a page, which is no file; so it stands at the config that is not
//! kept, and names the pages beside.

use serde_json::{Value, json};

use super::judge::Finding;
use super::report::Report;
use crate::config::render::{SCHEMA, plain, uri};

/// Every code, with what it means.
const RULES: [(&str, &str); 7] = [
    ("leak-cookie", "A cookie is there before or against consent"),
    ("leak-request", "A request goes out before or against consent"),
    ("leak-storage", "A storage key, a database, a cache or a worker is there before or against consent"),
    ("not-reached", "A state of consent could not be reached"),
    ("undeclared-cookie", "A cookie is not declared"),
    ("undeclared-request", "The host of a request is not declared"),
    ("undeclared-storage", "A storage key, a database, a cache or a worker is not declared"),
];

/// One run with every finding. `config` is the path of the config as it was given.
pub(super) fn sarif(report: &Report, config: &str) -> String {
    let unreached = report.failures().map(|(state, why)| {
        let message = format!("{}: {why}", state.as_str());
        result("not-reached", "error", &message, config, &[])
    });
    let found = report.findings.iter().map(|finding| {
        let message = format!("{}. {}", finding.message(), finding.help());
        result(finding.code, report.level(finding), &message, config, &related(finding))
    });
    let rules: Vec<_> =
        RULES.iter().map(|(id, means)| json!({ "id": id, "shortDescription": { "text": means } })).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "consent", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "automationDetails": { "id": format!("leaks/{}/", report.site.0) },
            "results": unreached.chain(found).collect::<Vec<_>>(),
        }],
    })
    .to_string()
}

fn result(code: &str, level: &str, message: &str, config: &str, related: &[Value]) -> Value {
    json!({
        "ruleId": code,
        "ruleIndex": RULES.iter().position(|(id, _)| *id == code),
        "level": level,
        "message": { "text": plain(message) },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(config) } } }],
        "relatedLocations": related,
    })
}

/// The pages, with who brought it about.
fn related(finding: &Finding) -> Vec<Value> {
    let places = finding.seen.iter().map(|(state, seen)| {
        let by = seen.initiator.as_ref().map_or_else(String::new, |by| format!(", by {by}"));
        json!({
            "physicalLocation": { "artifactLocation": { "uri": seen.page } },
            "message": { "text": plain(&format!("{}{by}", state.as_str())) },
        })
    });
    places.collect()
}
