//! The second layer: what its switches say before a choice, what is saved, and the way back.

use consent_core::category::Category;
use consent_core::regime::{Regime, Rule};
use serde::Deserialize;

use super::super::code::Code;
use super::super::diagnostic::Diagnostic;
use super::{Measured, error};

/// The second layer, as it was used: opened from the first, closed with every switch on, opened again, saved with every other
/// switch on, opened by the way back, and all refused.
#[derive(Clone, Debug, Deserialize)]
pub struct Second {
    /// How many dialogs are open with it.
    pub interfaces: u32,
    /// Its switches before a choice.
    pub switches: Vec<Switch>,
    /// The categories that are granted before a choice.
    pub before: Vec<String>,
    /// Those that are when it was closed.
    pub closed: Vec<String>,
    /// Its switches as they are saved.
    pub chosen: Vec<Switch>,
    /// The categories that are granted then.
    pub saved: Vec<String>,
    /// Its switches when the way back has opened it; `None` if it has not.
    pub reopened: Option<Vec<Switch>>,
    /// The categories that are granted after one click on refuse.
    pub withdrawn: Vec<String>,
}

/// A switch of the second layer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Switch {
    /// The category or service that it is for.
    pub name: String,
    /// Whether it is on.
    pub on: bool,
    /// Whether nobody can move it.
    pub locked: bool,
}

/// Findings about the second layer.
pub(super) fn judge(what: &str, regime: &Regime, measured: &Measured) -> Vec<Diagnostic> {
    let Some(second) = &measured.second else {
        // Where there is no first layer, that has been said.
        let there = measured.views.iter().any(|view| view.accept.is_some() || view.reject.is_some());
        let message = format!("{what}: one click on the first layer does not open the switches");
        let maze = error(Code::PrivacyMaze, message, "let one button of the first layer open the second");
        return there.then_some(maze).into_iter().collect();
    };
    let mut found = Vec::new();
    if second.interfaces > 1 {
        let message = format!("{what}: {} dialogs are open with the second layer", second.interfaces);
        found.push(error(Code::OneInterface, message, "show one consent interface at a time"));
    }
    found.extend(absent(what, second));
    found.extend(ticked(what, regime, second));
    if second.closed != second.before {
        let message = format!("{what}: to close the second layer grants {}", words(&second.closed));
        found.push(error(Code::ImpliedConsent, message, "let only its buttons be a choice"));
    }
    if granted(&second.chosen) != optional(&second.saved) {
        let message = format!(
            "{what}: with the switches of {} on, {} is granted",
            words(&granted(&second.chosen)),
            words(&optional(&second.saved))
        );
        found.push(error(Code::AsChosen, message, "save what the switches say"));
    }
    found.extend(no_way_back(what, second));
    found
}

/// Every category has a switch of its own.
fn absent(what: &str, second: &Second) -> Option<Diagnostic> {
    let has = |category: &Category| second.switches.iter().any(|switch| switch.name == category.as_str());
    let missing = Category::OPTIONAL.into_iter().find(|category| !has(category))?;
    let message = format!("{what}: the second layer has no switch for `{missing}`");
    Some(error(Code::AsChosen, message, "give each category a switch of its own"))
}

/// What waits for a yes is off, and can be moved.
fn ticked(what: &str, regime: &Regime, second: &Second) -> Vec<Diagnostic> {
    let waits = |name: &str| match Category::ALL.into_iter().find(|category| category.as_str() == name) {
        Some(category) => regime.rules.get(category.index()) == Some(&Rule::OptIn),
        // A service is on where its category is.
        None => regime.rules.iter().skip(1).all(|rule| *rule == Rule::OptIn),
    };
    let necessary = Category::Necessary.as_str();
    let bad = second
        .switches
        .iter()
        .filter(|switch| (switch.on && waits(&switch.name)) || (switch.locked && switch.name != necessary));
    let found = bad.map(|switch| {
        let how = if switch.on { "is on before a choice" } else { "can not be moved" };
        let message = format!("{what}: the switch of `{}` {how}", switch.name);
        error(Code::PreTicked, message, "let every switch but that of `necessary` be off, and be moved")
    });
    found.collect()
}

/// Who has chosen finds the switches as they left them, and refuses all with one click there.
fn no_way_back(what: &str, second: &Second) -> Option<Diagnostic> {
    let message = match &second.reopened {
        None => format!("{what}: nothing opens the choices again"),
        Some(switches) if *switches != second.chosen => {
            format!("{what}: opened again, the switches do not say what was chosen")
        }
        Some(_) if !optional(&second.withdrawn).is_empty() => {
            format!("{what}: one click on refuse leaves {} granted", words(&optional(&second.withdrawn)))
        }
        Some(_) => return None,
    };
    Some(error(
        Code::WayBack,
        message,
        "let a visitor come back, see the choice as it is, and take it back with one click",
    ))
}

/// The categories whose switches are on.
fn granted(switches: &[Switch]) -> Vec<String> {
    let on: Vec<_> = switches.iter().filter(|switch| switch.on).map(|switch| switch.name.clone()).collect();
    optional(&on)
}

/// Those that can be denied, in their order.
fn optional(names: &[String]) -> Vec<String> {
    let named = Category::OPTIONAL
        .map(Category::as_str)
        .into_iter()
        .filter(|name| names.iter().any(|one| one == name));
    named.map(str::to_owned).collect()
}

fn words(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { super::list(names) }
}
