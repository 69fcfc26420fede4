//! Judges a banner by what a browser says of it: whether to refuse is as easy to see and to do as to accept.

use consent_core::notice::Colour;
use serde::Deserialize;

use super::code::Code;
use super::diagnostic::{Diagnostic, Severity};

/// How much larger one of the two buttons may be than the other: a twentieth, as letters are no rectangles.
const LARGER: f64 = 1.05;

/// The least contrast of a button's words (WCAG 2.2, 1.4.3).
const CONTRAST: f64 = 4.5;

/// What a browser measured of one notice.
#[derive(Clone, Debug, Deserialize)]
pub struct Measured {
    /// The first layer in windows of several widths.
    pub views: Vec<Seen>,
    /// Whether one click on accept ends the first layer.
    pub accept_ends: bool,
    /// Whether one click on refuse does.
    pub reject_ends: bool,
}

/// The first layer in one window.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    /// Of the window, in pixels.
    pub width: u32,
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

/// Findings about one notice, which `what` names.
#[must_use]
pub fn judge(what: &str, measured: &Measured) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for view in &measured.views {
        let at = format!("{what}, in a window of {} pixels", view.width);
        match (&view.accept, &view.reject) {
            (Some(accept), Some(reject)) => found.extend(unequal(&at, accept, reject)),
            (None, None) => found.push(error(
                Code::OneInterface,
                format!("{at}: no first layer is shown"),
                "open the page in a browser and look at its console",
            )),
            _ => found.push(error(
                Code::RefuseAsAccept,
                format!("{at}: one of the two buttons is not there"),
                "offer to refuse where accepting is offered",
            )),
        }
        if view.interfaces > 1 {
            found.push(error(
                Code::OneInterface,
                format!("{at}: {} dialogs are open at once", view.interfaces),
                "show one consent interface at a time",
            ));
        }
    }
    for (ends, name) in [(measured.accept_ends, "accept"), (measured.reject_ends, "refuse")] {
        // Where there is no button, that has been said.
        let there = measured.views.iter().any(|view| view.accept.is_some() && view.reject.is_some());
        if there && !ends {
            let message = format!("{what}: the first layer does not go by one click on {name}");
            found.push(error(Code::RefuseAsAccept, message, "let one click refuse, and one accept"));
        }
    }
    found
}

fn unequal(at: &str, accept: &Button, reject: &Button) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if accept.element != reject.element {
        let message = format!("{at}: accept is a `{}`, refuse a `{}`", accept.element, reject.element);
        found.push(error(Code::RefuseAsAccept, message, "make both the same element"));
    }
    let differ = [
        ("size", !(alike(accept.width, reject.width) && alike(accept.height, reject.height))),
        ("letters", accept.letters != reject.letters),
        ("padding, border or shadow", accept.surface != reject.surface),
        ("colours", (accept.colour, accept.background) != (reject.colour, reject.background)),
    ];
    for (which, _) in differ.iter().filter(|(_, differs)| *differs) {
        let message = format!("{at}: accept and refuse differ in {which}");
        found.push(error(Code::EqualButtons, message, "make neither of them win over the other"));
    }
    for (name, button) in [("accept", accept), ("refuse", reject)] {
        if !button.reached {
            let message = format!("{at}: {name} can not be reached without scrolling");
            found.push(error(Code::EqualButtons, message, "shorten the text of the first layer"));
        }
        let contrast = button.colour.contrast(button.background);
        if contrast < CONTRAST {
            let message = format!("{at}: the words of {name} have a contrast of {contrast:.2}:1");
            let help = format!("at least {CONTRAST}:1 can be read by most people");
            found.push(error(Code::EqualButtons, message, &help));
        }
    }
    found
}

#[expect(clippy::float_arithmetic, reason = "pixels, of which nothing is kept")]
fn alike(one: f64, other: f64) -> bool {
    one.max(other) <= one.min(other) * LARGER
}

fn error(code: Code, message: String, help: &str) -> Diagnostic {
    Diagnostic { code, help: help.to_owned(), message, severity: Severity::Error, span: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> serde_json::Value {
        let button = serde_json::json!({
            "element": "button", "width": 170.0, "height": 44.0, "reached": true, "letters": "15px 600",
            "surface": "8px 12px", "colour": "#ffffff", "background": "#16181d",
        });
        let view = |width| serde_json::json!({ "width": width, "interfaces": 1, "accept": button, "reject": button });
        serde_json::json!({ "views": [view(320), view(1280)], "accept_ends": true, "reject_ends": true })
    }

    fn codes(pointer: &str, value: serde_json::Value) -> Vec<Code> {
        let mut measured = measured();
        *measured.pointer_mut(pointer).unwrap() = value;
        let found = judge("a, en", &serde_json::from_value(measured).unwrap());
        assert!(found.iter().all(|finding| finding.message.starts_with("a, en")), "{found:?}");
        found.into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn equal_buttons_that_both_end_it_with_one_click_are_well() {
        assert!(codes("/views/0/width", 360.into()).is_empty());
        // A twentieth is no difference.
        assert!(codes("/views/0/reject/width", 178.into()).is_empty());
    }

    #[test]
    fn whatever_makes_accept_win_is_found() {
        let equal = [Code::EqualButtons];
        assert_eq!(codes("/views/0/reject/width", 150.into()), equal);
        assert_eq!(codes("/views/1/reject/height", 30.into()), equal);
        assert_eq!(codes("/views/0/accept/letters", "18px 700".into()), equal);
        assert_eq!(codes("/views/1/reject/surface", "0px".into()), equal);
        assert_eq!(codes("/views/0/reject/reached", false.into()), equal);
        assert_eq!(codes("/views/0/reject/background", "#3a3c41".into()), equal);
        // It differs, and can hardly be read.
        assert_eq!(codes("/views/0/reject/colour", "#30323a".into()), [equal, equal].concat());
        let refuse = [Code::RefuseAsAccept];
        assert_eq!(codes("/views/0/reject", serde_json::Value::Null), refuse);
        assert_eq!(codes("/views/0/reject/element", "a".into()), refuse);
        assert_eq!(codes("/reject_ends", false.into()), refuse);
        assert_eq!(codes("/accept_ends", false.into()), refuse);
        assert_eq!(codes("/views/1/interfaces", 2.into()), [Code::OneInterface]);
    }

    #[test]
    fn no_first_layer_at_all_is_found() {
        let mut measured = measured();
        for name in ["accept", "reject"] {
            measured["views"][0][name] = serde_json::Value::Null;
        }
        let found = judge("a", &serde_json::from_value(measured).unwrap());
        assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), [Code::OneInterface]);
    }
}
