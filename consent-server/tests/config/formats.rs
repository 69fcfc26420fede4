//! Findings as other programs take them.

use std::fs;

use consent_server::cli::check::{self, Format};
use serde_sarif::sarif::Sarif;

/// A site file with an error, and the config with a warning and one about no place in particular: none.
fn printed(format: Format) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sites, all")).unwrap();
    let file = folder.path().join("consent.toml");
    fs::write(&file, "files = [\"sites, all/*.toml\"]\n").unwrap();
    let site =
        "[[site]]\nid = \"a\"\nlanguages = [ \"é\" ]\ncontroller = { name = \"A\", privacy_url = \"/p\" }\n";
    fs::write(folder.path().join("sites, all/a.toml"), site).unwrap();
    let mut out = Vec::new();
    let exit = check::run(&file, format, false, &mut out).unwrap();
    assert_eq!(format!("{exit:?}"), format!("{:?}", std::process::ExitCode::FAILURE));
    (String::from_utf8(out).unwrap(), folder.path().display().to_string())
}

#[test]
fn code_scanning_is_told_rules_and_places() {
    let (text, folder) = printed(Format::Sarif);
    // The types that others made of the standard take all of it, and leave nothing out.
    let read: Sarif = serde_json::from_str(&text).unwrap();
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), written);
    let run = &written["runs"][0];
    let results = run["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["ruleId"] == "language").unwrap();
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], format!("file://{folder}/sites%2C%20all/a.toml"));
    // Columns count characters, not bytes.
    let region = serde_json::json!({ "startLine": 3, "startColumn": 15, "endLine": 3, "endColumn": 18 });
    assert_eq!(place["region"], region);
    for result in results {
        let rule = &run["tool"]["driver"]["rules"]
            [result["ruleIndex"].as_u64().map(usize::try_from).unwrap().unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(rule["help"]["markdown"].as_str().unwrap().starts_with("# "));
    }
}

#[test]
fn actions_are_told_one_command_for_each_finding() {
    let (text, folder) = printed(Format::Github);
    let line = text.lines().find(|line| line.contains("title=language::")).unwrap();
    let start = format!("::error file={folder}/sites%2C all/a.toml,line=3,col=15,title=language::");
    assert!(line.starts_with(&start), "{line}");
    // What to write instead comes in a line of its own, within the command.
    assert!(line.contains("%0A"), "{line}");
    assert!(
        text.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")),
        "{text}"
    );
}
