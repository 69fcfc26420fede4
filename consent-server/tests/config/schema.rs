//! The schema explains every key, and the command prints it. What it takes and refuses is tried in `tests/it/schema.rs`.

use std::process::Command;

use consent_server::config;
use serde_json::Value;

/// Fails unless every key below has words of its own; gives their number.
fn explained(schema: &Value, path: &str) -> usize {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let numbers = properties.map(|(name, inner)| {
        let path = format!("{path}.{name}");
        assert!(inner["description"].as_str().is_some_and(|text| text.len() > 3), "{path}");
        let below = [inner, &inner["items"], &inner["additionalProperties"]];
        1 + below.map(|inner| explained(inner, &path)).iter().sum::<usize>()
    });
    numbers.sum()
}

#[test]
fn every_key_is_explained_to_whoever_points_at_it() {
    let schema = config::schema();
    assert_eq!(schema["$id"], "urn:consent:schema:config");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let tables = schema["$defs"].as_object().unwrap().iter();
    let count = explained(&schema, "") + tables.map(|(name, inner)| explained(inner, name)).sum::<usize>();
    assert!(count > 150, "{count}");
}

#[test]
fn the_command_prints_it() {
    let output = Command::new(env!("CARGO_BIN_EXE_consent")).arg("schema").output().unwrap();
    assert!(output.status.success());
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), config::schema());
}
