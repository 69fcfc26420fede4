//! The first layer, and what is done before it is answered.

use super::super::code::Code;
use super::super::diagnostic::Diagnostic;
use super::{Button, Link, Measured, ORDER, error, list};

/// How much larger one of the two buttons may be than the other: a twentieth, as letters are no rectangles.
const LARGER: f64 = 1.05;

/// The least contrast of a button's words (WCAG 2.2, 1.4.3).
const CONTRAST: f64 = 4.5;

/// Findings about the first layer, and about what is done before it is answered.
pub(super) fn judge(what: &str, measured: &Measured) -> Vec<Diagnostic> {
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
    found.extend(moved(what, measured));
    found.extend(linked(what, measured));
    if !measured.stored.is_empty() {
        let message = format!("{what}: before a choice there is {}", list(&measured.stored));
        found.push(error(
            Code::NothingBefore,
            message,
            "let the script store and ask for nothing before a choice",
        ));
    }
    found
}

/// The buttons keep their order, however wide the window is.
fn moved(what: &str, measured: &Measured) -> Option<Diagnostic> {
    let first = measured.views.first()?;
    let other = measured.views.iter().find(|view| view.order != first.order)?;
    let message = format!(
        "{what}: in a window of {} pixels the buttons stand in the order {}, in one of {} pixels {}",
        first.width,
        list(&first.order),
        other.width,
        list(&other.order)
    );
    Some(error(Code::InconsistentInterface, message, ORDER))
}

/// Each link has words, and leads out of the notice; and there is one, to the privacy policy.
fn linked(what: &str, measured: &Measured) -> Vec<Diagnostic> {
    let help = "give `privacy_url` the address of a page";
    if measured.links.is_empty() {
        return vec![error(Code::DeadEnd, format!("{what}: no link leads to a privacy policy"), help)];
    }
    let nowhere = |link: &&Link| {
        let address = link.address.trim();
        address.is_empty()
            || address.starts_with('#')
            || address.to_ascii_lowercase().starts_with("javascript:")
            || link.words.trim().is_empty()
    };
    let dead = measured.links.iter().filter(nowhere).map(|link| {
        let message = format!("{what}: the link `{}` to `{}` leads nowhere", link.words, link.address);
        error(Code::DeadEnd, message, help)
    });
    dead.collect()
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
