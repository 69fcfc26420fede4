//! Keys of other platforms that ask for what a rule forbids. There is no such setting here, and who looks for it is told the
//! rule, not only that nothing reads the key.

use toml::de::DeValue;

use super::build::is_link;
use super::code::Code;
use super::diagnostic::Severity;

/// What a key has to say to ask for what is forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// Anything but `false`, 0 and words for them.
    On,
    /// `false`, 0, or a word for it.
    Off,
}

use When::{Off, On};

/// The keys, in lower case and without `_` and `-`.
const ASKED: [(&str, When, Code); 61] = [
    ("loadbeforeconsent", On, Code::NothingBefore),
    ("runbeforeconsent", On, Code::NothingBefore),
    ("priorconsent", Off, Code::NothingBefore),
    ("acceptonclick", On, Code::ImpliedConsent),
    ("acceptonclose", On, Code::ImpliedConsent),
    ("acceptonnavigation", On, Code::ImpliedConsent),
    ("acceptonscroll", On, Code::ImpliedConsent),
    ("acceptontimeout", On, Code::ImpliedConsent),
    ("autoaccept", On, Code::ImpliedConsent),
    ("autoacceptafter", On, Code::ImpliedConsent),
    ("closeacceptsall", On, Code::ImpliedConsent),
    ("dismissonscroll", On, Code::ImpliedConsent),
    ("dismissontimeout", On, Code::ImpliedConsent),
    ("dismissonwindowclick", On, Code::ImpliedConsent),
    ("implied", On, Code::ImpliedConsent),
    ("impliedconsent", On, Code::ImpliedConsent),
    ("nextpageacceptsall", On, Code::ImpliedConsent),
    ("onscroll", On, Code::ImpliedConsent),
    ("scrollacceptsall", On, Code::ImpliedConsent),
    ("alwaysactive", On, Code::PreTicked),
    ("checked", On, Code::PreTicked),
    ("default", On, Code::PreTicked),
    ("defaulton", On, Code::PreTicked),
    ("enabledbydefault", On, Code::PreTicked),
    ("mandatory", On, Code::PreTicked),
    ("prechecked", On, Code::PreTicked),
    ("preselected", On, Code::PreTicked),
    ("preticked", On, Code::PreTicked),
    ("readonly", On, Code::PreTicked),
    ("required", On, Code::PreTicked),
    ("denyallcta", Off, Code::RefuseAsAccept),
    ("denybutton", Off, Code::RefuseAsAccept),
    ("hidedeclineall", On, Code::RefuseAsAccept),
    ("hidereject", On, Code::RefuseAsAccept),
    ("hiderejectall", On, Code::RefuseAsAccept),
    ("rejectbutton", Off, Code::RefuseAsAccept),
    ("showreject", Off, Code::RefuseAsAccept),
    ("showrejectall", Off, Code::RefuseAsAccept),
    ("equalweightbuttons", Off, Code::EqualButtons),
    ("highlightaccept", On, Code::EqualButtons),
    ("acceptallonsave", On, Code::AsChosen),
    ("hidetoggleall", On, Code::AsChosen),
    ("hidereopen", On, Code::WayBack),
    ("hiderevoke", On, Code::WayBack),
    ("reopen", Off, Code::WayBack),
    ("reopencontrol", Off, Code::WayBack),
    ("revokable", Off, Code::WayBack),
    ("revoke", Off, Code::WayBack),
    ("showicon", Off, Code::WayBack),
    ("withdrawal", Off, Code::WayBack),
    ("askoneverypage", On, Code::AskAgain),
    ("askoneveryvisit", On, Code::AskAgain),
    ("consentwall", On, Code::CookieWall),
    ("cookiewall", On, Code::CookieWall),
    ("disablepageinteraction", On, Code::CookieWall),
    ("forceconsent", On, Code::CookieWall),
    ("mustconsent", On, Code::CookieWall),
    ("payorconsent", On, Code::CookieWall),
    ("paywall", On, Code::CookieWall),
    ("wall", On, Code::CookieWall),
    ("continuewithoutaccepting", On, Code::ButtonWords),
];

/// What to say of a key that nothing reads.
pub(super) struct Asked {
    pub(super) code: Code,
    pub(super) help: &'static str,
    pub(super) message: String,
    pub(super) severity: Severity,
}

/// The rule that a key with this value is about; `None` for a key that is in no list, or that asks for nothing.
pub(super) fn find(key: &str, value: &DeValue<'_>) -> Option<Asked> {
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let (_, when, code) = ASKED.into_iter().find(|(known, ..)| *known == plain)?;
    if is_off(value) != (when == Off) {
        return None;
    }
    if code == Code::CookieWall && has_another_way(value) {
        let message = format!(
            "`{key}` does nothing here: the banner keeps nobody from the page, and builds no other way to it"
        );
        let help = "leave it out: a page that offers another way is built by the site, which answers for it that it is a real one";
        return Some(Asked { code, help, message, severity: Severity::Warning });
    }
    let (why, help) = because(code);
    let message = format!("no key does what `{key}` asks for: {why}");
    Some(Asked { code, help, message, severity: Severity::Error })
}

/// Whether a value switches off, as platforms write it.
fn is_off(value: &DeValue<'_>) -> bool {
    match value {
        DeValue::Boolean(on) => !on,
        DeValue::String(word) => matches!(
            &*word.trim().to_ascii_lowercase(),
            "" | "0" | "disabled" | "false" | "hidden" | "never" | "no" | "none" | "off"
        ),
        // In any base, with any sign and any number of digits.
        DeValue::Integer(number) => is_zero(number.as_str()),
        DeValue::Float(number) => is_zero(number.as_str()),
        _ => false,
    }
}

fn is_zero(digits: &str) -> bool {
    digits.chars().all(|digit| matches!(digit, '0' | '.' | '+' | '-'))
}

/// Whether a wall names another way to the page for whoever refuses, which the law may let pass (EDPB Opinion 08/2024).
fn has_another_way(wall: &DeValue<'_>) -> bool {
    let way = wall.get("alternative_url");
    way.and_then(|way| way.get_ref().as_str()).is_some_and(is_link)
}

const fn because(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::NothingBefore => (
            "nothing is stored, read or asked for before a choice",
            "leave it out; what is necessary is declared under that category, with its reason",
        ),
        Code::ImpliedConsent => (
            "scrolling, waiting, closing and going on are no consent",
            "leave it out: only a button is a choice",
        ),
        Code::PreTicked => (
            "every switch but that of `necessary` is off before a choice",
            "leave it out; what the visitor's own request needs is declared under `necessary`, with its reason",
        ),
        Code::RefuseAsAccept => (
            "refusing is offered where accepting is, on both layers",
            "leave it out: both buttons are always there",
        ),
        Code::EqualButtons => {
            ("accept and refuse look alike", "leave it out; `[site.theme]` has one colour for both buttons")
        }
        Code::AsChosen => ("what is saved is what the switches say, category by category", "leave it out"),
        Code::WayBack => (
            "to withdraw is as easy as to give, on every page",
            "leave it out; a link to `#consent-settings` leads back, and `reopen_button` of `[site.layout]` adds a button",
        ),
        Code::AskAgain => (
            "a refusal holds as long as a consent",
            "leave it out; `ask_again_after` says how long both hold",
        ),
        Code::CookieWall => (
            "whoever refuses gets the page all the same",
            "leave it out: consent that is the price of the page is not freely given",
        ),
        _ => (
            "a way on without an answer is no button that refuses",
            "leave it out: the button that refuses says so",
        ),
    }
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::super::Draft;
    use super::*;

    fn codes(line: &str) -> Option<Code> {
        let table = DeTable::parse(line).unwrap().into_inner();
        let (key, value) = table.iter().next().unwrap();
        find(key.get_ref(), value.get_ref()).map(|asked| asked.code)
    }

    #[test]
    fn a_key_of_another_platform_asks_by_its_value() {
        for (line, code) in [
            ("default = true", Code::PreTicked),
            ("mustConsent = true", Code::CookieWall),
            ("cookie_wall = \"soft\"", Code::CookieWall),
            ("wall = { alternative_url = \"\" }", Code::CookieWall),
            ("autoAccept = \"1\"", Code::ImpliedConsent),
            ("revokable = 0", Code::WayBack),
            ("reopen = \"Disabled\"", Code::WayBack),
            ("on-scroll = 100", Code::ImpliedConsent),
            ("reopen = \"none\"", Code::WayBack),
            ("reopen = false", Code::WayBack),
            ("equalWeightButtons = false", Code::EqualButtons),
            ("show_reject_all = false", Code::RefuseAsAccept),
            ("continue_without_accepting = \"Continuer sans accepter\"", Code::ButtonWords),
        ] {
            assert_eq!(codes(line), Some(code), "{line}");
        }
        for line in [
            "default = false",
            "accept_on_scroll = 0",
            "accept_on_timeout = 0.0",
            "dismissOnTimeout = \"0\"",
            "cookie_wall = \"false\"",
            "autoAccept = \"off\"",
            "implied = \"no\"",
            "implied = \"Disabled\"",
            "revokable = 1",
            "wall = \"none\"",
            "reopen = true",
            "reopen = \"bottom\"",
            "show_reject_all = true",
            "walls = true",
            "purpse = true",
        ] {
            assert_eq!(codes(line), None, "{line}");
        }
    }

    #[test]
    fn a_wall_with_another_way_is_a_warning_and_one_without_an_error() {
        let severity = |line: &str| {
            let table = DeTable::parse(line).unwrap().into_inner();
            let (key, value) = table.iter().next().unwrap();
            find(key.get_ref(), value.get_ref()).map(|asked| asked.severity)
        };
        for (wall, expected) in [
            ("{ alternative_url = \"/pay\" }", Severity::Warning),
            ("{ alternative_url = \"https://paper.example/pay\" }", Severity::Warning),
            ("{ alternative_url = \"pay\" }", Severity::Error),
            ("{ alternative_url = true }", Severity::Error),
            ("{}", Severity::Error),
            ("true", Severity::Error),
            ("\"/pay\"", Severity::Error),
        ] {
            assert_eq!(severity(&format!("wall = {wall}")), Some(expected), "{wall}");
        }
        // Of what is no wall, another way changes nothing.
        assert_eq!(severity("implied = { alternative_url = \"/pay\" }"), Some(Severity::Error));
    }

    #[test]
    fn the_list_is_in_the_form_in_which_it_is_searched_and_no_key_is_both_read_and_refused() {
        let read = Draft::keys();
        for (at, (known, when, code)) in ASKED.into_iter().enumerate() {
            assert!(known.bytes().all(|byte| byte.is_ascii_lowercase()), "{known}");
            assert!(ASKED[..at].iter().all(|(other, ..)| *other != known), "{known} is there twice");
            let value = DeValue::Boolean(when == On);
            assert_eq!(find(known, &value).map(|asked| asked.code), Some(code), "{known}");
            for key in &read {
                let last = key.path.rsplit('.').next().unwrap().replace('_', "");
                assert!(!key.path.starts_with("site") || last != known, "{}", key.path);
            }
        }
    }
}
