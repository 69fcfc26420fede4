//! The Open Cookie Database, as an operator has downloaded it: what others have written about cookies, by their names.
//!
//! <https://github.com/jkwakman/Open-Cookie-Database>, a CSV file with a row for each name. It is a help to write a declaration, and
//! no judgement: half of its rows name no domain.

use std::io::Read;
use std::path::Path;

use consent_core::category::Category;
use serde::Deserialize;

/// The largest file, in bytes: it is less than one MiB today.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The most rows.
const MAX_ROWS: usize = 100_000;

/// The longest text that is taken over.
const MAX_TEXT: usize = 500;

/// Platforms that measure how pages perform, or which of two does better.
const PERFORMANCE: [&str; 5] = ["New Relic", "Datadog", "Optimizely", "VWO", "AB Tasty"];

/// One row.
#[derive(Clone, Debug, Deserialize)]
struct Row {
    #[serde(rename = "Platform")]
    platform: String,
    #[serde(rename = "Category")]
    category: String,
    #[serde(rename = "Cookie / Data Key name")]
    name: String,
    #[serde(rename = "Domain")]
    domain: String,
    #[serde(rename = "Description")]
    description: String,
    #[serde(rename = "Wildcard match")]
    wildcard: String,
}

/// What is written about a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The name as it would be declared, with a `*` at its end where any rest may follow.
    pub(super) name: String,
    /// The category that is suggested. Never `necessary`: for that somebody has to answer.
    pub(super) category: Category,
    /// Whose it is.
    pub(super) owner: String,
    /// What it is for, in English.
    pub(super) purpose: String,
}

/// The file.
#[derive(Debug, Default)]
pub(super) struct Database(Vec<Row>);

impl Database {
    /// Reads the file at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let told = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let file = std::fs::File::open(path).map_err(|error| told(&error))?;
        if file.metadata().map_err(|error| told(&error))?.len() > MAX_BYTES {
            return Err(told(&format_args!("more than {MAX_BYTES} bytes")));
        }
        Self::read(file.take(MAX_BYTES)).map_err(|error| told(&error))
    }

    fn read(from: impl Read) -> Result<Self, String> {
        let mut rows = Vec::new();
        for row in csv::Reader::from_reader(from).into_deserialize() {
            let row: Row = row.map_err(|error| format!("not the Open Cookie Database: {error}"))?;
            if rows.len() == MAX_ROWS {
                return Err(format!("more than {MAX_ROWS} rows"));
            }
            rows.push(row);
        }
        Ok(Self(rows))
    }

    /// What is written about a name that was seen at a host: a whole name before the start of one, a row about that host before
    /// one about any.
    pub(super) fn find(&self, name: &str, host: &str) -> Option<Known> {
        let fits = |row: &&Row| match row.wildcard.trim() {
            "1" => !row.name.is_empty() && name.starts_with(row.name.as_str()),
            _ => row.name == name,
        };
        // The domains are free text: `example.com`, `example.com (3rd party)`, `advertiser's website domain`.
        let here = |row: &Row| {
            let mut words = row.domain.split([' ', ',']).map(|word| word.trim_start_matches('.'));
            words.any(|word| word.contains('.') && crate::config::is_at_or_below(host, word))
        };
        let row =
            self.0.iter().filter(fits).max_by_key(|row| (row.name == name, here(row), row.name.len()))?;
        let starts = row.wildcard.trim() == "1" && !row.name.ends_with('*');
        Some(Known {
            name: short(&format!("{}{}", row.name, if starts { "*" } else { "" })),
            category: category(&row.category, &row.platform),
            owner: short(&row.platform),
            purpose: short(&row.description),
        })
    }
}

/// Their word for ours. `Functional` is there what is technically needed, `Necessary` and `Security` too; none of it is taken at its
/// word. What is not known is the strictest.
fn category(theirs: &str, platform: &str) -> Category {
    match theirs.trim() {
        "Necessary" | "Security" | "Functional" | "Personalization" => Category::Functional,
        "Analytics" if PERFORMANCE.contains(&platform.trim()) => Category::Performance,
        "Analytics" => Category::Analytics,
        _ => Category::Advertisement,
    }
}

fn short(text: &str) -> String {
    text.trim().chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: &str = "ID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,Data Controller,\
        User Privacy & GDPR Rights Portals,Wildcard match\n\
        1,Google Analytics,Analytics,_ga,google-analytics.com (3rd party),\"Counts, twice\",2 years,Google,https://x,0\n\
        2,Google Analytics,Analytics,_ga_,,Counts a stream,2 years,Google,,1\n\
        3,Shop A,Marketing,sid,,Follows,1 year,A,,0\n\
        4,Shop B,Functional,sid,.shop-b.example,Keeps the basket,1 year,B,,0\n\
        5,Own,Necessary,csrf,,Protects forms,session,,,0\n\
        6,VWO,Analytics,_vwo,,Tests,1 year,,,0\n\
        7,Odd,Whatever,odd,,Nobody knows,,,,0\n";

    fn found(name: &str, host: &str) -> Option<(String, Category, String)> {
        let known = Database::read(CSV.as_bytes()).unwrap().find(name, host)?;
        Some((known.name, known.category, known.owner))
    }

    #[test]
    fn a_name_is_found_by_itself_by_its_start_and_by_its_host() {
        let row = |name: &str, category, owner: &str| Some((name.to_owned(), category, owner.to_owned()));
        assert_eq!(found("_ga", "paper.example"), row("_ga", Category::Analytics, "Google Analytics"));
        assert_eq!(found("_ga_X1", "paper.example"), row("_ga_*", Category::Analytics, "Google Analytics"));
        assert_eq!(found("sid", "www.shop-b.example"), row("sid", Category::Functional, "Shop B"));
        assert_eq!(found("_vwo", ""), row("_vwo", Category::Performance, "VWO"));
        assert_eq!(found("odd", ""), row("odd", Category::Advertisement, "Odd"));
        assert_eq!(found("_gallery", ""), None);
    }

    #[test]
    fn nothing_is_suggested_as_necessary() {
        assert_eq!(found("csrf", "").unwrap().1, Category::Functional);
        for theirs in ["Necessary", "Security", "Functional", "Personalization", "Analytics", "Marketing", ""]
        {
            assert_ne!(category(theirs, ""), Category::Necessary);
        }
    }

    #[test]
    fn another_file_is_refused() {
        for other in ["a,b\n1,2\n", "<html>\n<p>\n", &CSV.replace(",0\n", "\n")] {
            let error = Database::read(other.as_bytes()).unwrap_err();
            assert!(error.contains("not the Open Cookie Database"), "{error}");
        }
        let many = CSV.lines().next().unwrap().to_owned() + "\n" + &"1,,,x,,,,,,0\n".repeat(MAX_ROWS + 1);
        assert!(Database::read(many.as_bytes()).unwrap_err().contains("rows"));
    }
}
