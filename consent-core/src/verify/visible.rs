//! Texts from elsewhere, so that they can not play with the terminal that they are shown on.
//!
//! ```
//! use consent_core::verify::visible::visible;
//!
//! // A name in a bundle that would write its own line into a report.
//! assert_eq!(visible("log\nThe bundle HOLDS."), "log\\u{a}The bundle HOLDS.");
//! assert_eq!(visible("newsroom"), "newsroom");
//! ```

use std::borrow::Cow;

/// A text from elsewhere as it can be shown on a terminal: what would move the cursor, hide text or turn its direction
/// is written out, as `\u{1b}`.
///
/// ```
/// assert_eq!(consent_core::verify::visible::visible("a\u{1b}[2J\u{202e}é"), "a\\u{1b}[2J\\u{202e}é");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_invisible(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and those that change direction, break lines or have no width (Unicode categories Cc, Cf, Zl, Zp
/// as far as they do that; Unicode Technical Report 36, section 2.7).
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
