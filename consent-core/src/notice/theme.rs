//! A site's own colours and logo: part of a notice, because they are part of what was shown.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest address of a logo, in bytes: a picture in it is sent with every banner.
pub const MAX_LOGO_BYTES: usize = 8 * 1024;

/// A colour of `sRGB`, written `#rrggbb` in lower case.
///
/// ```
/// use consent_core::notice::{Colour, InvalidColour};
///
/// let (ink, paper): (Colour, Colour) = ("#1a1a1a".parse()?, "#ffffff".parse()?);
/// assert!(ink.contrast(paper) > 7.0, "WCAG 2.2, level AAA");
/// assert_eq!(ink.to_string(), "#1a1a1a");
/// assert_eq!("#FFF".parse::<Colour>(), Err(InvalidColour));
/// # Ok::<(), InvalidColour>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Colour(pub [u8; 3]);

/// The text is no [`Colour`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a colour: # and six lower-case hex digits")]
pub struct InvalidColour;

impl Colour {
    /// How well one of two colours can be read on the other, 1 to 21: WCAG 2.2, "contrast ratio".
    #[must_use]
    #[expect(
        clippy::float_arithmetic,
        reason = "the standard defines it in fractions; nothing is kept of it"
    )]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// WCAG 2.2, "relative luminance", with the threshold of IEC 61966-2-1.
    #[expect(clippy::float_arithmetic, reason = "as above")]
    fn luminance(self) -> f64 {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(channel);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl FromStr for Colour {
    type Err = InvalidColour;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').ok_or(InvalidColour)?;
        let lower = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if digits.len() != 6 || !digits.bytes().all(lower) {
            return Err(InvalidColour);
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| InvalidColour)?;
        let [_, red, green, blue] = number.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl TryFrom<String> for Colour {
    type Error = InvalidColour;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Colour> for String {
    fn from(colour: Colour) -> Self {
        colour.to_string()
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// The colours of one theme, light or dark. What is absent stays as it comes with the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Colours {
    /// Behind everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Colour>,
    /// The two large buttons, and a toggle that is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<Colour>,
    /// The words on the two large buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button_text: Option<Colour>,
    /// Between sections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<Colour>,
    /// Words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Colour>,
    /// Words of second rank.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_soft: Option<Colour>,
}

/// A picture at the head of the first layer.
///
/// ```
/// use consent_core::notice::{Logo, MAX_LOGO_BYTES};
///
/// let is_own = |src: &str| Logo { alt: "Exemple".to_owned(), src: src.to_owned() }.is_own();
/// assert!(is_own("/logo.svg") && is_own("data:image/svg+xml,%3Csvg/%3E"));
/// // Before a choice nobody else is asked for a picture.
/// assert!(!is_own("https://cdn.example/logo.svg") && !is_own("//cdn.example/logo.svg"));
/// assert!(!is_own(&format!("/{}", "a".repeat(MAX_LOGO_BYTES))));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Logo {
    /// What stands for it where no picture can be seen.
    pub alt: String,
    /// Where it is: a path of the page's own origin, or the picture itself as a `data:` address of PNG or SVG.
    pub src: String,
}

impl Logo {
    /// Whether the address asks nobody but the page's own origin, and is not too long to be sent with every banner.
    #[must_use]
    pub fn is_own(&self) -> bool {
        let src = &self.src;
        let path = src.starts_with('/') && !src.starts_with("//") && !src.contains('\\');
        let data = src.starts_with("data:image/png;base64,") || src.starts_with("data:image/svg+xml,");
        (path || data) && src.len() <= MAX_LOGO_BYTES && !src.chars().any(char::is_control)
    }
}

/// A site's own colours and logo.
///
/// ```
/// use consent_core::notice::{Colours, Notice, SiteTheme};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// let light = Colours { button: Some("#004d40".parse()?), ..Colours::default() };
/// body.theme = Some(SiteTheme { light: Some(light), ..SiteTheme::default() });
/// let notice = Notice::new(body)?;
/// let theme = notice.theme.as_ref().and_then(|theme| theme.light);
/// assert_eq!(theme, Some(light), "part of what was shown, so part of the notice");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SiteTheme {
    /// For light on dark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dark: Option<Colours>,
    /// For dark on light.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub light: Option<Colours>,
    /// The logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn colour(text: &str) -> Colour {
        text.parse().unwrap()
    }

    // The values that WCAG's own techniques and WebAIM's calculator give.
    #[test]
    fn contrast_is_what_others_compute() {
        for (one, other, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#767676", "#ffffff", 4.54),
            ("#777777", "#ffffff", 4.48),
            ("#0000ff", "#ffffff", 8.59),
            ("#ff0000", "#ffffff", 4.00),
        ] {
            let found = colour(one).contrast(colour(other));
            assert!((found - expected).abs() < 0.005, "{one} on {other}: {found}");
            assert!((colour(other).contrast(colour(one)) - found).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn a_colour_has_one_spelling() {
        assert_eq!(colour("#0b5fff").to_string(), "#0b5fff");
        for bad in ["", "#", "0b5fff", "#0b5ff", "#0B5FFF", "#0b5fff0", "#+b5fff", "#é5fff", "red"] {
            assert_eq!(bad.parse::<Colour>(), Err(InvalidColour), "{bad}");
        }
    }

    #[test]
    fn a_logo_asks_nobody_else() {
        let own = |src: &str| Logo { alt: "A".into(), src: src.into() }.is_own();
        for good in ["/logo.svg", "data:image/png;base64,AA==", "data:image/svg+xml,<svg/>"] {
            assert!(own(good), "{good}");
        }
        let long = format!("/{}", "a".repeat(MAX_LOGO_BYTES));
        for bad in [
            "",
            "logo.svg",
            "//cdn.example/l",
            "/\\cdn.example/l",
            "https://a.example/l",
            "data:text/html,",
            &long,
        ] {
            assert!(!own(bad), "{bad}");
        }
    }
}
