//! What the banner sends, made without a browser.

use std::io;

use serde_json::{Value, json};

use crate::client::{Answer, Client};

/// The actions that the newsroom's notice offers.
pub const ACTIONS: [&str; 6] = ["accept_all", "reject_all", "save", "withdraw", "close", "signal"];

const OPTIONAL: [&str; 4] = ["functional", "analytics", "performance", "advertisement"];

/// The notice in force in a language, as the server has it now.
///
/// # Errors
/// If the server does not answer with one.
pub fn notice_id(client: &Client, language: &str) -> io::Result<String> {
    let answer = client.get(&format!("/v1/sites/newsroom/notice?lang={language}"))?;
    let notice = answer.json();
    let id = notice.get("notice_id").and_then(Value::as_str);
    id.map(str::to_owned).ok_or_else(|| io::Error::other(format!("no notice: {answer:?}")))
}

/// The name of the decision with this number, a UUID version 7; `run` keeps runs apart.
#[must_use]
pub fn decision_id(run: u16, number: u64) -> String {
    format!("019a0000-{run:04x}-7000-8000-{:012x}", number & 0xffff_ffff_ffff)
}

/// The decision with this number. Numbers go round the actions and, under `save`, round the sixteen mixes of choices; the
/// subject changes with every third.
#[must_use]
pub fn request(run: u16, number: u64, notice_id: &str, language: &str) -> Value {
    let actions = ACTIONS.len() as u64;
    let action =
        ACTIONS.iter().cycle().nth(usize::try_from(number % actions).unwrap_or(0)).unwrap_or(&"save");
    let granted = match *action {
        "accept_all" => 0b1111,
        "save" => (number / actions) % 16,
        _ => 0,
    };
    let choice = |bit: usize| if granted >> bit & 1 == 1 { "grant" } else { "deny" };
    let choices: serde_json::Map<String, Value> =
        OPTIONAL.iter().enumerate().map(|(bit, name)| ((*name).to_owned(), choice(bit).into())).collect();
    json!({
        "decision_id": decision_id(run, number),
        "subject_id": format!("{run:04}x{:016x}A", number / 3),
        "notice_id": notice_id,
        "action": action,
        "choices": choices,
        "decided_at": "2026-11-23T09:30:00.123Z",
        "signals": { "gpc": *action == "signal" },
        "language": language,
        "page": "/actualités/été",
    })
}

/// Sends a decision to the newsroom.
///
/// # Errors
/// If no answer comes.
pub fn decide(client: &Client, request: &Value) -> io::Result<Answer> {
    client.post("/v1/sites/newsroom/decisions", request)
}
