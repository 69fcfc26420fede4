//! A line read in one go. What this does not recognise, [`super::OpeningLine::parse`] reads the long way, which also says
//! what is wrong.

use super::OpeningLine;
use crate::canonical::parse_integer;
use crate::digest::Digest;
use crate::ledger::commitment::{Opening, Salt};

/// The length of a salt in base64url.
const SALT: usize = 43;

/// The line, if the bytes are the canonical form of one.
pub(super) fn parse(bytes: &[u8]) -> Option<OpeningLine> {
    let mut rest = std::str::from_utf8(bytes).ok()?.strip_prefix('{')?;
    let decision = match rest.strip_prefix(r#""decision":[""#) {
        Some(after) => {
            rest = after;
            let opening = opening(&mut rest)?;
            rest = rest.strip_prefix(',')?;
            Some(opening)
        }
        None => None,
    };
    let (index, after) = rest.strip_prefix(r#""index":"#)?.split_once(r#","log":""#)?;
    let (year, after) = after.split_once('"')?;
    rest = after;
    let subject = match rest.strip_prefix(r#","subject":[""#) {
        Some(after) => {
            rest = after;
            Some(opening(&mut rest)?)
        }
        None => None,
    };
    if rest != "}" {
        return None;
    }
    let line = OpeningLine { year: year.parse().ok()?, index: parse_integer(index)?, decision, subject };
    line.check().is_ok().then_some(line)
}

/// Salt and data, from after the first quote up to the bracket.
fn opening(rest: &mut &str) -> Option<Opening> {
    let (salt, after) = rest.split_at_checked(SALT)?;
    *rest = after.strip_prefix(r#"",""#)?;
    // A salt is written as a digest is.
    let Digest(salt) = salt.parse().ok()?;
    let data = string(rest)?;
    *rest = rest.strip_prefix(']')?;
    Opening::new(Salt(salt), data).ok()
}

/// The text up to the closing quote, which is taken too. Only the escapes of RFC 8785, section 3.2.2.2, each in its one
/// form.
fn string(rest: &mut &str) -> Option<String> {
    let mut text = String::with_capacity(rest.len().min(512));
    loop {
        let at = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
        let (plain, after) = rest.split_at_checked(at)?;
        text.push_str(plain);
        if let Some(after) = after.strip_prefix('"') {
            *rest = after;
            return Some(text);
        }
        let mut escape = after.strip_prefix('\\')?.chars();
        text.push(match escape.next()? {
            '"' => '"',
            '\\' => '\\',
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            'u' => {
                let (digits, after) = escape.as_str().split_at_checked(4)?;
                escape = after.chars();
                control(digits)?
            }
            _ => return None,
        });
        *rest = escape.as_str();
    }
}

/// A control character that has no short escape, in lower-case hex digits.
fn control(digits: &str) -> Option<char> {
    let lower = digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let code = u8::from_str_radix(digits, 16).ok().filter(|_| lower)?;
    (code < 0x20 && !matches!(code, 8 | 9 | 10 | 12 | 13)).then(|| char::from(code))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ledger::hash::MAX_SIZE;

    proptest! {
        #[test]
        fn reads_what_the_long_way_reads_and_nothing_else(
            index in 0..MAX_SIZE, salt in any::<[u8; 32]>(), data in "[\\x00-\\x22\\\\a-c\u{7f}\u{e9}\u{20ac}\u{1f600}]{0,30}",
            which in 1..4_u8, at in 0_usize..400, byte in 0..128_u8,
        ) {
            let opening = Opening::new(Salt(salt), data).unwrap();
            let line = OpeningLine {
                year: 2026.into(),
                index,
                decision: (which & 1 != 0).then(|| opening.clone()),
                subject: (which & 2 != 0).then_some(opening),
            };
            let bytes = line.to_bytes().unwrap();
            prop_assert_eq!(parse(&bytes), Some(line));
            let place = at % bytes.len();
            for how in 0..3 {
                let mut changed = bytes.clone();
                match how {
                    0 => changed[place] = byte,
                    1 => changed.insert(place, byte),
                    _ => drop(changed.remove(place)),
                }
                let found = parse(&changed);
                let long = super::super::parse_any(&changed).ok();
                prop_assert!(found.is_none() || found == long, "{}", String::from_utf8_lossy(&changed));
            }
        }
    }

    #[test]
    fn every_escape_has_one_form() {
        let salt = "A".repeat(43);
        let line = |data: &str| format!(r#"{{"index":5,"log":"2026","subject":["{salt}","{data}"]}}"#);
        for data in [r#"\""#, r"\\", r"\b\t\n\f\r", r"\u0000", r"\u001f", "\u{7f}é€😀/"] {
            assert!(parse(line(data).as_bytes()).is_some(), "{data}");
        }
        for data in [
            r"\u0008", r"\u001F", r"\u0020", r"\u00e9", r"\/", r"\a", r"\u001", r"\u+01f", "\u{1}", "\n",
            r"\",
        ] {
            assert_eq!(parse(line(data).as_bytes()), None, "{data}");
        }
    }
}
