//! `notices/<notice_id>.html`: a page that shows a notice again, offline, as a visitor saw it. Written so that writer and
//! verifier get the same bytes from the same notice and log.
//!
//! The page runs the banner script itself, byte for byte the one whose SHA-256 the notice names. That script reads its
//! settings from one free identifier, [`SETTINGS`]: the server puts them in its place, this page declares it as a
//! variable. The page's own policy lets it load nothing but scripts beside it, and send nothing.
//!
//! ```
//! use consent_core::bundle::page::{MAX_PAGE_BYTES, MAX_SCRIPT_BYTES, SETTINGS, Used, page, source};
//! use consent_core::notice::Notice;
//!
//! # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
//! let html = page(&notice, Some(&Used { decisions: 7, ..Used::since(1_795_426_200) }));
//! assert!(html.contains(&format!("var {SETTINGS}=")), "what the script reads");
//! assert!(html.contains("<dt>Decisions under it</dt><dd>7</dd>"));
//! assert!(html.contains("default-src 'none'") && html.len() < MAX_PAGE_BYTES);
//!
//! // A script is let in by its hash, so that no other one runs.
//! assert_eq!(source(""), "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
//! assert!(MAX_SCRIPT_BYTES < MAX_PAGE_BYTES);
//! # Ok::<(), consent_core::notice::NoticeError>(())
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::csv::rfc3339;
use crate::category::Category;
use crate::digest::Digest;
use crate::notice::{Notice, Theme};
use crate::regime::Rule;

/// The identifier in the banner script that its settings take the place of.
pub const SETTINGS: &str = "__CONSENT_SETTINGS__";

/// The most bytes of a banner script.
pub const MAX_SCRIPT_BYTES: usize = 1024 * 1024;

/// The most bytes of a page: that of a notice, of which every character may need six, and the page around it.
pub const MAX_PAGE_BYTES: usize = 6 * crate::notice::MAX_NOTICE_BYTES + 64 * 1024;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// Opens the second layer at once if the address asks for it: pictures are made of both.
const OPEN: &str = r##"if(location.hash==="#consent-settings")consent.open()"##;

/// What stands above a notice that visitors saw, and above one that is only looked at.
const SHOWN: &str = "The notice below is drawn by the very script that the site used, from these files alone. Nothing is loaded, stored or\n\
    sent: no choice made on this page is recorded. Colours and letters that the site's own style sheet changed are not here.";
const TRIED: &str = "The notice below is drawn by the script that the site would use. Nothing is loaded, stored or sent: no choice made on \
    this page is recorded. Colours and letters that the site's own style sheet changes are not here.";

/// What a browser says whose visitor objects, in one that may not.
const OBJECTS: &str = "Object.defineProperty(Navigator.prototype,\"globalPrivacyControl\",{configurable:true,get(){return true}});\n";
const OBJECTS_NOT: &str = "Object.defineProperty(Navigator.prototype,\"globalPrivacyControl\",{configurable:true,get(){return false}});\n";

/// How the logs of a bundle used a notice.
///
/// ```
/// use consent_core::bundle::page::Used;
///
/// // A notice that two logs of a site have used, one after the other.
/// let older = Used { shown: 40, ..Used::since(1_700_000_000) };
/// let newer = Used { shown: 2, ..Used::since(1_795_426_200) };
/// let both = older.and(newer);
/// assert_eq!((both.first, both.last, both.shown), (1_700_000_000, 1_795_426_200, 42));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Time of the first entry that names it, unix seconds.
    pub first: u64,
    /// Time of the last one.
    pub last: u64,
    /// How many decisions were made under it.
    pub decisions: u64,
    /// How often it was shown, by the tallies.
    pub shown: u64,
}

impl Used {
    /// A notice that an entry at `time` names for the first time.
    #[must_use]
    pub const fn since(time: u64) -> Self {
        Self { first: time, last: time, decisions: 0, shown: 0 }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            decisions: self.decisions.saturating_add(other.decisions),
            shown: self.shown.saturating_add(other.shown),
        }
    }
}

/// The page for a notice. Without `used` it says nothing about the time of its use, which a picture can not know.
#[must_use]
pub fn page(notice: &Notice, used: Option<&Used>) -> String {
    let script = format!("<script src=\"../scripts/{}.js\"></script>", notice.script);
    with(notice, &settings(notice), used, ("'self' file:", &script), false)
}

/// How somebody meets a notice that is only looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// Whether the browser says that its visitor objects (Global Privacy Control).
    pub objects: bool,
    /// The theme of the device; `None` for that of the one at which it is looked. Only a notice that follows the device has another then.
    pub theme: Option<Theme>,
}

/// The same for a notice that nobody was shown yet, with the script in the page itself, as it lies nowhere. `None` if the script
/// can not stand in a page.
///
/// ```
/// use consent_core::bundle::page::{View, drawn};
/// # use consent_core::notice::Notice;
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// let view = View { objects: true, theme: None };
/// assert!(drawn(&notice, "show()", view).is_some_and(|html| html.contains("show()</script>")));
/// assert_eq!(drawn(&notice, "'</script>'", view), None);
/// # Ok::<(), consent_core::notice::NoticeError>(())
/// ```
#[must_use]
pub fn drawn(notice: &Notice, script: &str, view: View) -> Option<String> {
    let lower = script.to_ascii_lowercase();
    if lower.contains("</script") || lower.contains("<!--") {
        return None;
    }
    // Also where it does not: the browser of whoever looks may.
    let before = if view.objects { OBJECTS } else { OBJECTS_NOT };
    let text = format!("{before}{script}");
    let element = format!("<script>{text}</script>");
    let settings = match view.theme {
        Some(theme) if notice.layout.theme == Theme::Auto => {
            let mut body = (**notice).clone();
            body.layout.theme = theme;
            settings(&Notice::new(body).ok()?)
        }
        _ => settings(notice),
    };
    Some(with(notice, &settings, None, (&source(&text), &element), true))
}

/// The page with its script, and what its policy says of that.
fn with(
    notice: &Notice,
    settings: &str,
    used: Option<&Used>,
    (allowed, script): (&str, &str),
    is_tried: bool,
) -> String {
    let (were, told) = if is_tried { ("would be", TRIED) } else { ("were", SHOWN) };
    // What is only looked at has no address that could be gone back to.
    let back = if is_tried { "#".to_owned() } else { format!("{}.html", notice.id()) };
    // A logo that is in the notice itself is part of what was shown; one that is a path of the site can not be had here.
    let logo = notice.theme.as_ref().and_then(|theme| theme.logo.as_ref());
    let pictures =
        if logo.is_some_and(|logo| logo.src.starts_with("data:")) { " img-src data:;" } else { "" };
    let policy = format!(
        "default-src 'none';{pictures} script-src {allowed} {} {}; style-src {}; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        source(settings),
        source(OPEN),
        source(STYLE)
    );
    fill(&[
        ("policy", &policy),
        ("id", &notice.id().to_string()),
        ("style", STYLE),
        ("settings", settings),
        ("script", script),
        ("site", &escaped(notice.site.as_str())),
        ("were", were),
        ("told", told),
        ("back", &back),
        ("facts", &facts(notice, used)),
        ("open", OPEN),
    ])
}

/// Each place of the template once, in one pass: what is put in is not searched for places again.
fn fill(values: &[(&str, &str)]) -> String {
    let mut text = String::with_capacity(TEMPLATE.len() * 4);
    let mut rest = TEMPLATE;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        text.push_str(before);
        text.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
        rest = after;
    }
    text.push_str(rest);
    text
}

/// What the script is told: the notice, that no other one is known, and that it is only shown.
fn settings(notice: &Notice) -> String {
    // Canonical JSON is UTF-8 and an expression of the language; only the end of a script element must not be in it.
    let json = String::from_utf8_lossy(notice.bytes()).replace('<', "\\u003c");
    format!(r#"var {SETTINGS}={{"also":[],"id":"{}","notice":{json},"replay":true}}"#, notice.id())
}

/// A source expression for exactly this text (CSP level 3, section 2.3.1).
#[must_use]
pub fn source(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Digest::of(text.as_bytes()).0))
}

fn facts(notice: &Notice, used: Option<&Used>) -> String {
    let code = |text: &str| format!("<code>{}</code>", escaped(text));
    let rule = |category: Category| {
        let rule = match notice.regime.rule(category) {
            Rule::OptIn => "opt-in",
            Rule::OptOut => "opt-out",
            Rule::Exempt => "exempt",
            Rule::Always => "always active",
        };
        format!("{category} {rule}", category = category.as_str())
    };
    let mut rows = vec![
        ("Notice", code(&notice.id().to_string())),
        ("SHA-256 of the script", code(&notice.script.to_string())),
        ("Language", escaped(&notice.language)),
        ("Region", escaped(&notice.regime.region)),
        ("Rules", Category::ALL.map(rule).join(", ")),
    ];
    rows.extend(notice.waivers.iter().map(|waiver| ("Waived", escaped(&waiver.to_string()))));
    let measured = notice.audience_measurement.iter();
    rows.extend(measured.map(|declared| ("Audience measured", escaped(&declared.to_string()))));
    rows.extend(notice.moving_in.iter().map(|from| ("Taken over", escaped(&from.to_string()))));
    if let Some(used) = used {
        rows.push(("First named in the log", rfc3339(used.first)));
        rows.push(("Last named in the log", rfc3339(used.last)));
        rows.push(("Shown, by the tallies", used.shown.to_string()));
        rows.push(("Decisions under it", used.decisions.to_string()));
    }
    rows.into_iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect()
}

/// A text as it stands between tags, or between the double quotes of an attribute.
///
/// ```
/// use consent_core::bundle::page::escaped;
///
/// assert_eq!(escaped("<b>\"A & B\"</b>"), "&lt;b&gt;&quot;A &amp; B&quot;&lt;/b&gt;");
/// ```
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            _ => safe.push(character),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Waiver;
    use crate::notice::tests::notice;

    #[test]
    fn every_place_is_filled_and_the_policy_names_what_is_inline() {
        let notice = notice("fr");
        let page = page(&notice, Some(&Used { first: 0, last: 60, decisions: 7, shown: 41 }));
        for part in [
            &format!("<script src=\"../scripts/{}.js\"></script>", notice.script),
            "1970-01-01T00:01:00Z",
            "<dd>41</dd>",
            &source(OPEN),
            &source(STYLE),
            &format!("<script>{}</script>", settings(&notice)),
            &source(&settings(&notice)),
        ] {
            assert!(page.contains(part), "{part}");
        }
        for name in ["{policy}", "{id}", "{style}", "{settings}", "{script}", "{site}", "{facts}", "{open}"] {
            assert!(!page.contains(name), "{name}");
        }
        assert!(page.len() <= MAX_PAGE_BYTES);
    }

    #[test]
    fn a_notice_that_is_drawn_has_its_script_within_and_no_other_runs() {
        let notice = notice("fr");
        let plain = drawn(&notice, "\"use strict\";1", View::default()).unwrap();
        assert!(plain.contains("\"use strict\";1</script>") && !plain.contains("../scripts/"));
        let policy = format!(
            "script-src {} {} {};",
            source(&format!("{OBJECTS_NOT}\"use strict\";1")),
            source(&settings(&notice)),
            source(OPEN)
        );
        assert!(plain.contains(&policy), "{plain}");
        let site = notice.site.as_str();
        let heading = |were| format!("<h1>What visitors of {site} {were} shown</h1>");
        assert!(plain.contains(&heading("would be")) && page(&notice, None).contains(&heading("were")));
        let objects = drawn(&notice, "1", View { objects: true, theme: None }).unwrap();
        assert!(
            objects.contains(&source(&format!("{OBJECTS}1"))) && objects.contains("globalPrivacyControl")
        );
        for odd in ["a</SCRIPT>", "a<!--"] {
            assert_eq!(drawn(&notice, odd, View::default()), None, "{odd}");
        }
        // The device's theme changes what is drawn, and not which notice it is.
        let dark = drawn(&notice, "1", View { objects: false, theme: Some(Theme::Dark) }).unwrap();
        assert!(dark.contains(r#""theme":"dark""#) && !dark.contains(r#""theme":"auto""#));
        assert!(dark.contains(&format!("<title>Notice {}</title>", notice.id())));
    }

    #[test]
    fn a_waiver_is_told_and_a_notice_without_one_has_the_page_that_it_always_had() {
        let mut body = (*notice("fr")).clone();
        let plain = page(&notice("fr"), None);
        assert!(!plain.contains("Waived"));
        body.waivers = vec![Waiver {
            by: "A. <b>".into(),
            category: Category::Analytics,
            code: "looser-regime".into(),
            reason: "Counted by ourselves.".into(),
        }];
        let told =
            "<dt>Waived</dt><dd>looser-regime for analytics, by A. &lt;b&gt;: Counted by ourselves.</dd>";
        assert!(page(&Notice::new(body).unwrap(), None).contains(told));
    }

    #[test]
    fn what_an_exemption_rests_on_is_told() {
        let mut body = (*notice("fr")).clone();
        assert!(!page(&notice("fr"), None).contains("Audience measured"));
        body.regime.rules[Category::Analytics.index()] = Rule::Exempt;
        body.audience_measurement = Some(crate::notice::tests::measured());
        let told = "data kept for P25M; measured by Mesure SA</dd>";
        let page = page(&Notice::new(body).unwrap(), None);
        assert!(
            page.contains("<dt>Audience measured</dt><dd>for the publisher alone") && page.contains(told)
        );
    }

    #[test]
    fn no_text_of_a_notice_ends_the_script_it_stands_in_or_becomes_markup() {
        let mut body = (*notice("fr")).clone();
        body.texts.title = "</script><script>{style}alert(1)//<!--".to_owned();
        body.language = "<b title=\"x\">&".to_owned();
        let hostile = Notice::new(body).unwrap();
        let page = page(&hostile, None);
        assert_eq!(page.matches("</script>").count(), 3);
        assert!(!page.contains("<b ") && page.contains("&lt;b title=&quot;x&quot;&gt;&amp;"));
        assert!(page.contains(r"\u003c/script>\u003cscript>{style}alert(1)//\u003c!--"));
        assert!(!page.contains("First named"));
    }
}
