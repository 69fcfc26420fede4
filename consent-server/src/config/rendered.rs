//! Judges a banner by what a browser says of it: whether to refuse is as easy to see and to do as to accept, whether a choice
//! is what the visitor chose, and whether there is a way back.

mod first;
mod second;
#[cfg(test)]
mod tests;

use consent_core::notice::Colour;
use consent_core::regime::Regime;
use serde::Deserialize;

use super::code::Code;
use super::diagnostic::{Diagnostic, Severity};

pub use second::{Second, Switch};

/// What a browser measured of one notice.
#[derive(Clone, Debug, Deserialize)]
pub struct Measured {
    /// The first layer in windows of several widths.
    pub views: Vec<Seen>,
    /// Whether one click on accept ends the first layer.
    pub accept_ends: bool,
    /// Whether one click on refuse does.
    pub reject_ends: bool,
    /// What was stored, and which foreign addresses were asked, before a choice.
    pub stored: Vec<String>,
    /// The links of both layers.
    pub links: Vec<Link>,
    /// The second layer; `None` if one click on the first does not open it.
    pub second: Option<Second>,
}

/// A link of the notice.
#[derive(Clone, Debug, Deserialize)]
pub struct Link {
    /// As it is written.
    pub address: String,
    /// Its words.
    pub words: String,
}

/// The first layer in one window.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    /// Of the window, in pixels.
    pub width: u32,
    /// The ids of its buttons as they are read: row by row, in the direction of writing.
    pub order: Vec<String>,
    /// How many dialogs there are.
    pub interfaces: u32,
    /// The button that accepts.
    pub accept: Option<Button>,
    /// The button that refuses.
    pub reject: Option<Button>,
}

/// A button as it is drawn.
#[derive(Clone, Debug, Deserialize)]
pub struct Button {
    /// Its element.
    pub element: String,
    /// Pixels.
    pub width: f64,
    /// Pixels.
    pub height: f64,
    /// Whether all of it is inside the window, and nothing lies over it.
    pub reached: bool,
    /// Size, weight, family and style of its letters.
    pub letters: String,
    /// Padding, border, shadow and opacity.
    pub surface: String,
    /// Of its letters.
    pub colour: Colour,
    /// Of its ground.
    pub background: Colour,
}

/// Findings about one notice, which `what` names, under its regime.
#[must_use]
pub fn judge(what: &str, regime: &Regime, measured: &Measured) -> Vec<Diagnostic> {
    let mut found = first::judge(what, measured);
    found.extend(second::judge(what, regime, measured));
    found
}

/// Findings about a notice beside another of the same site: whoever changes the language or the theme finds each button where
/// it was.
#[must_use]
pub fn judge_beside(what: &str, measured: &Measured, other: &str, beside: &Measured) -> Option<Diagnostic> {
    let [one, two] = [measured, beside].map(|measured| measured.views.first().map(|view| &view.order));
    let (one, two) = (one?, two?);
    (one != two).then(|| {
        let message =
            format!("{what}: the buttons stand in the order {}, but {} in {other}", list(one), list(two));
        error(Code::InconsistentInterface, message, ORDER)
    })
}

/// What to do about buttons in another order.
const ORDER: &str = "let neither a style sheet nor a translation move the buttons";

fn list(ids: &[String]) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

fn error(code: Code, message: String, help: &str) -> Diagnostic {
    Diagnostic { code, help: help.to_owned(), message, severity: Severity::Error, span: None }
}
