//! Rules about the words of buttons that a site writes itself.

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::SiteDraft;
use super::phrases::{self, Phrases, plain};
use super::texts::entries;

/// The two buttons that answer say what they do, in words that everybody knows.
pub(super) fn plain_words(site: &SiteDraft, report: &mut Report) {
    for (language, key, text) in entries(site) {
        let Some(phrases) = phrases::of(language) else { continue };
        let usual = match key.get_ref().as_str() {
            "accept_all" => &phrases.accept,
            "reject_all" => &phrases.refuse,
            _ => continue,
        };
        let said = plain(text.get_ref());
        if said.is_empty()
            || means_another(key.get_ref(), &said, phrases)
            || goes_on(key.get_ref(), &said, phrases)
        {
            continue;
        }
        let advice = || format!("write for instance: {}", usual.join(", "));
        if phrases.feelings.iter().any(|phrase| said.contains(phrase)) {
            let message = format!("`{}` plays on feelings", text.get_ref());
            let help = format!("say what the button does, as plainly as the other one; {}", advice());
            report.error(Code::EmotionalSteering, text.span(), message, help);
        } else if !usual.contains(&said) {
            let message = format!(
                "`{}` is none of the plain words for this button that visitors, and programs that refuse for them, know",
                text.get_ref()
            );
            report.warning(Code::ButtonWords, text.span(), message, advice());
        }
    }
}

/// No button says what another one does, and none offers a way on without an answer.
pub(super) fn what_they_say(site: &SiteDraft, report: &mut Report) {
    for (language, key, text) in entries(site) {
        let Some(phrases) = phrases::of(language) else { continue };
        let said = plain(text.get_ref());
        if means_another(key.get_ref(), &said, phrases) {
            let message = format!("`{}` says what another button does", text.get_ref());
            let help = "say what a click on this one does, or leave the key out for the built-in words";
            report.error(Code::MisleadingAction, text.span(), message, help);
        } else if goes_on(key.get_ref(), &said, phrases) {
            let message = "a way on without accepting is no button that refuses".to_owned();
            let help = format!("write for instance: {}", phrases.refuse.join(", "));
            report.error(Code::ButtonWords, text.span(), message, help);
        }
    }
}

/// Whether the words under a key are those that everybody reads as another button's.
fn means_another(key: &str, said: &String, phrases: &Phrases) -> bool {
    match key {
        "accept_all" => phrases.refuse.contains(said),
        "reject_all" => phrases.accept.contains(said),
        "customise" | "save" | "close" | "reopen" => {
            phrases.accept.contains(said) || phrases.refuse.contains(said)
        }
        _ => false,
    }
}

/// Whether the words under a key are those of a way on without an answer, and the button does something else.
fn goes_on(key: &str, said: &str, phrases: &Phrases) -> bool {
    let is_way_on = phrases.onward.iter().any(|phrase| said.starts_with(phrase));
    match key {
        "accept_all" | "reject_all" | "customise" | "save" => is_way_on,
        // It is a way on: it grants and records nothing. But nor does it refuse, so it does not say that nothing is accepted.
        "close" => is_way_on && phrases.granting.iter().any(|stem| said.contains(stem)),
        _ => false,
    }
}
