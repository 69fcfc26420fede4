//! Character references in attributes (HTML, section 13.2.5.72), as far as they stand for ASCII: a declared host has nothing else.

use std::borrow::Cow;

/// Those that end with a semicolon. What is not here stands for characters that no declared host has.
const NAMED: [(&str, &str); 43] = [
    ("AMP", "&"),
    ("DiacriticalGrave", "`"),
    ("GT", ">"),
    ("Hat", "^"),
    ("LT", "<"),
    ("NewLine", "\n"),
    ("QUOT", "\""),
    ("Tab", "\t"),
    ("UnderBar", "_"),
    ("VerticalLine", "|"),
    ("amp", "&"),
    ("apos", "'"),
    ("ast", "*"),
    ("bsol", "\\"),
    ("colon", ":"),
    ("comma", ","),
    ("commat", "@"),
    ("dollar", "$"),
    ("equals", "="),
    ("excl", "!"),
    ("fjlig", "fj"),
    ("grave", "`"),
    ("gt", ">"),
    ("lbrace", "{"),
    ("lbrack", "["),
    ("lcub", "{"),
    ("lowbar", "_"),
    ("lpar", "("),
    ("lsqb", "["),
    ("lt", "<"),
    ("midast", "*"),
    ("num", "#"),
    ("percnt", "%"),
    ("period", "."),
    ("plus", "+"),
    ("quest", "?"),
    ("quot", "\""),
    ("rbrace", "}"),
    ("rcub", "}"),
    ("rpar", ")"),
    ("rsqb", "]"),
    ("semi", ";"),
    ("sol", "/"),
];

/// Those that count without a semicolon too, but where a letter, a digit or `=` follows.
const BARE: [(&str, &str); 8] = [
    ("AMP", "&"),
    ("GT", ">"),
    ("LT", "<"),
    ("QUOT", "\""),
    ("amp", "&"),
    ("gt", ">"),
    ("lt", "<"),
    ("quot", "\""),
];

/// The value that an attribute has, from what is written. References to characters that are not ASCII stay as they are written,
/// but for numbers.
pub(super) fn decode(written: &str) -> Cow<'_, str> {
    if !written.contains('&') {
        return Cow::Borrowed(written);
    }
    let mut value = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((before, after)) = rest.split_once('&') {
        value.push_str(before);
        rest = match number(after).or_else(|| named(after)) {
            Some((meant, rest)) => {
                value.push_str(&meant);
                rest
            }
            None => {
                value.push('&');
                after
            }
        };
    }
    value.push_str(rest);
    Cow::Owned(value)
}

/// `#47;` or `#x2f;`, with or without the semicolon.
fn number(text: &str) -> Option<(Cow<'static, str>, &str)> {
    let text = text.strip_prefix('#')?;
    let (digits, radix) = text.strip_prefix(['x', 'X']).map_or((text, 10), |digits| (digits, 16));
    let end = digits.find(|digit: char| !digit.is_digit(radix)).unwrap_or(digits.len());
    let (number, rest) = digits.split_at_checked(end)?;
    if number.is_empty() {
        return None;
    }
    // One that is too large, or no character, is the replacement character.
    let meant =
        u32::from_str_radix(number, radix).ok().filter(|number| *number != 0).and_then(char::from_u32);
    let meant = meant.unwrap_or(char::REPLACEMENT_CHARACTER);
    Some((meant.to_string().into(), rest.strip_prefix(';').unwrap_or(rest)))
}

fn named(text: &str) -> Option<(Cow<'static, str>, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end)?;
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(one, _)| *one == name).map(|(_, meant)| Cow::Borrowed(*meant))
    };
    match rest.strip_prefix(';') {
        Some(rest) => find(&NAMED).map(|meant| (meant, rest)),
        None if rest.starts_with('=') => None,
        None => find(&BARE).map(|meant| (meant, rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_as_a_parser_reads_them_in_an_attribute() {
        for (written, value) in [
            ("https://a.example/?b&c=d", "https://a.example/?b&c=d"),
            ("https:&#47;&#x2F;a&period;example", "https://a.example"),
            ("&#104ttps&colon;&sol;&sol;a", "https://a"),
            ("&#X68;&#0;&#x110000;&#xd800;&#99999999999;", "h\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("a&amp;b&amp c&ampd&amp=e&amp", "a&b& c&ampd&amp=e&"),
            ("&fjlig;&Tab;&NewLine;&nosuch;&sol", "fj\t\n&nosuch;&sol"),
            ("&#;&#x;&", "&#;&#x;&"),
            ("&&amp;&", "&&&"),
        ] {
            assert_eq!(decode(written), value, "{written}");
        }
    }
}
