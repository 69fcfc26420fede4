//! Decisions of many visitors, every action and every mix of choices among them.

use serde_json::{Value, json};

/// The actions that the newsroom's notice offers.
pub const ACTIONS: [&str; 6] = ["accept_all", "reject_all", "save", "withdraw", "close", "signal"];

const OPTIONAL: [&str; 4] = ["functional", "analytics", "performance", "advertisement"];

/// The decision with this number. Numbers go round the actions and, under `save`, round the sixteen mixes of choices; the
/// subject changes with every third.
#[must_use]
pub fn decision(number: usize, decision_id: &str, notice_id: &str, language: &str) -> Value {
    let action = ACTIONS[number % ACTIONS.len()];
    let granted = match action {
        "accept_all" => 0b1111,
        "save" => (number / ACTIONS.len()) % 16,
        _ => 0,
    };
    let choice = |bit: usize| if granted >> bit & 1 == 1 { "grant" } else { "deny" };
    let choices: serde_json::Map<String, Value> =
        OPTIONAL.iter().enumerate().map(|(bit, name)| ((*name).to_owned(), choice(bit).into())).collect();
    json!({
        "decision_id": decision_id,
        "subject_id": format!("subject{:014}A", number / 3),
        "notice_id": notice_id,
        "action": action,
        "choices": choices,
        "decided_at": "2026-11-23T09:30:00.123Z",
        "signals": { "gpc": action == "signal" },
        "language": language,
        "page": "/actualités/été",
    })
}
