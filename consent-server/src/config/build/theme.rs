//! `[site.theme]`: colours that can be read, and a logo that asks nobody else.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use consent_core::notice::{Colour, Colours, Logo, MAX_LOGO_BYTES, SiteTheme, Theme};
use toml::Spanned;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{ColoursDraft, ThemeDraft};
use super::super::section::Field;
use super::super::sources::Sources;

/// The colours that come with the program: background, text, soft text. The style sheet of the banner has the same.
const LIGHT: [Colour; 3] =
    [Colour([0xff, 0xff, 0xff]), Colour([0x16, 0x18, 0x1d]), Colour([0x56, 0x5b, 0x66])];
const DARK: [Colour; 3] =
    [Colour([0x17, 0x19, 0x1e]), Colour([0xec, 0xee, 0xf1]), Colour([0xa9, 0xae, 0xb8])];

/// The theme; `Some(None)` if the site has none. `shown` is the theme of its layout, `name` the site's own.
pub(super) fn build(
    draft: Option<&ThemeDraft>,
    shown: Option<Theme>,
    name: &str,
    sources: &Sources,
    report: &mut Report,
) -> Option<Option<SiteTheme>> {
    let Some(draft) = draft else { return Some(None) };
    let mut scheme = |draft: Option<&ColoursDraft>, defaults, unseen| {
        let Some(draft) = draft else { return Some(None) };
        let colours = colours(draft, report)?;
        if shown != Some(unseen) {
            readable(draft, &colours, defaults, report);
        }
        Some(Some(colours))
    };
    let light = scheme(draft.light.as_ref(), LIGHT, Theme::Dark);
    let dark = scheme(draft.dark.as_ref(), DARK, Theme::Light);
    let logo = match &draft.logo {
        Field::Absent => Some(None),
        Field::Broken => None,
        Field::Set(text) => logo(text, name, sources, report).map(Some),
    };
    Some(Some(SiteTheme { dark: dark?, light: light?, logo: logo? }))
}

fn colours(draft: &ColoursDraft, report: &mut Report) -> Option<Colours> {
    let mut good = true;
    let mut colour = |field: &Field<String>| {
        let text = field.set()?;
        let colour = text.get_ref().to_ascii_lowercase().parse().ok();
        if colour.is_none() {
            good = false;
            let help = "write `#` and six hex digits, red, green and blue: `#0b5fff`";
            report.error(Code::Colour, text.span(), format!("`{}` is not a colour", text.get_ref()), help);
        }
        colour
    };
    let colours = Colours {
        background: colour(&draft.background),
        button: colour(&draft.button),
        button_text: colour(&draft.button_text),
        line: colour(&draft.line),
        text: colour(&draft.text),
        text_soft: colour(&draft.text_soft),
    };
    good.then_some(colours)
}

/// Reports words that can not be read on what lies behind them, and buttons and toggles that can not be told from it.
fn readable(draft: &ColoursDraft, colours: &Colours, defaults: [Colour; 3], report: &mut Report) {
    let [background, text, soft] = defaults;
    let background = colours.background.unwrap_or(background);
    let text = colours.text.unwrap_or(text);
    let soft = colours.text_soft.unwrap_or(soft);
    // As in the style sheet: a button is filled with the colour of the text, and written on in that of the background.
    let button = colours.button.unwrap_or(text);
    let button_text = colours.button_text.unwrap_or(background);
    for (what, one, on, least, fields) in [
        ("`text` on `background`", text, background, 4.5, [&draft.text, &draft.background]),
        ("`text_soft` on `background`", soft, background, 4.5, [&draft.text_soft, &draft.background]),
        ("`button_text` on `button`", button_text, button, 4.5, [&draft.button_text, &draft.button]),
        ("`button` on `background`", button, background, 3.0, [&draft.button, &draft.background]),
    ] {
        let contrast = one.contrast(on);
        // What the site did not set is ours, and can be read where ours lies behind it; else the other one was set.
        let span = fields.into_iter().find_map(Field::set).or(draft.text.set()).map(Spanned::span);
        if let (Some(span), true) = (span, contrast < least) {
            let message = format!("{what} has a contrast of {contrast:.2}:1 ({one} on {on})");
            report.error(Code::Contrast, span, message, format!("choose colours with at least {least}:1"));
        }
    }
}

/// A path of the site's pages as it is; a file beside the config as a picture in the notice itself.
fn logo(text: &Spanned<String>, name: &str, sources: &Sources, report: &mut Report) -> Option<Logo> {
    let given = text.get_ref();
    let src = if given.starts_with('/') {
        Ok(given.clone())
    } else if given.contains(':') {
        Err("a logo from elsewhere would tell others who visits".to_owned())
    } else {
        fs::read(report.reads(sources.beside(text)))
            .map_err(|error| format!("`{given}` can not be read: {error}"))
            .and_then(|bytes| inline(&bytes).ok_or_else(|| format!("`{given}` is neither a PNG nor an SVG")))
    };
    let logo = src.map(|src| Logo { alt: name.to_owned(), src });
    match logo {
        Ok(logo) if logo.is_own() => Some(logo),
        Ok(logo) => {
            let message = if logo.src.len() > MAX_LOGO_BYTES {
                format!(
                    "the logo takes {} bytes of every banner, at most {MAX_LOGO_BYTES} are taken",
                    logo.src.len()
                )
            } else {
                format!("`{given}` is not a path of the site")
            };
            let help = "write a path of your pages, `/logo.svg`, or name a small SVG or PNG beside this file";
            report.error(Code::Logo, text.span(), message, help);
            None
        }
        Err(message) => {
            let help = "write a path of your pages, `/logo.svg`, or name a small SVG or PNG beside this file";
            report.error(Code::Logo, text.span(), message, help);
            None
        }
    }
}

/// The picture as a `data:` address. An SVG stays text, which compresses better than base64.
fn inline(bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some(format!("data:image/png;base64,{}", STANDARD.encode(bytes)));
    }
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let is_svg = text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg"));
    if !is_svg {
        return None;
    }
    let mut src = String::from("data:image/svg+xml,");
    for letter in text.chars() {
        match letter {
            // What ends or changes an address, or may not stand in one.
            '%' | '#' | '\0'..='\x1f' | '\x7f'..=char::MAX => {
                let mut bytes = [0; 4];
                for byte in letter.encode_utf8(&mut bytes).bytes() {
                    src.push_str(&format!("%{byte:02X}"));
                }
            }
            letter => src.push(letter),
        }
    }
    Some(src)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: &str = include_str!("../../../../consent-js/src/view/style.css");

    #[test]
    fn the_colours_are_those_of_the_style_sheet() {
        let light = STYLE.split_once("--0: #fff;").expect("the light theme").1;
        assert!(light.trim_start().starts_with("--1: #16181d;\n  --2: #565b66;"), "{light}");
        assert_eq!(LIGHT.map(|colour| colour.to_string()), ["#ffffff", "#16181d", "#565b66"]);
        let [background, text, soft] = DARK;
        for rule in [format!("--0: {background};"), format!("--1: {text};"), format!("--2: {soft};")] {
            assert_eq!(STYLE.matches(&rule).count(), 2, "{rule}");
        }
    }

    #[test]
    fn what_comes_with_the_program_can_be_read() {
        for [background, text, soft] in [LIGHT, DARK] {
            assert!(text.contrast(background) >= 7.0 && soft.contrast(background) >= 4.5);
        }
    }

    #[test]
    fn a_picture_becomes_an_address_that_holds_all_of_it() {
        assert_eq!(inline(b"\x89PNG\r\n\x1a\n").as_deref(), Some("data:image/png;base64,iVBORw0KGgo="));
        let svg = "<svg fill='#fff'>\n100% é</svg>".as_bytes();
        assert_eq!(
            inline(svg).as_deref(),
            Some("data:image/svg+xml,<svg fill='%23fff'>%0A100%25 %C3%A9</svg>")
        );
        for bad in [&b"GIF89a"[..], b"", b"<html>", b"\x89PN", b"\xff\xfe<svg"] {
            assert_eq!(inline(bad), None);
        }
    }
}
