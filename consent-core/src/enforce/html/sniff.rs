//! What a browser takes an answer for that does not say what it is (MIME Sniffing Standard, section 7.1).

/// What the first bytes of an answer without a type make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// A page.
    Page,
    /// Anything else.
    Other,
    /// More bytes have to be seen.
    Open,
}

/// A browser looks at no more.
const LOOKED_AT: usize = 1445;

/// How a page begins, before a space or `>`; a comment needs neither.
const BEGINNINGS: [&[u8]; 17] = [
    b"<!doctype html",
    b"<!--",
    b"<html",
    b"<head",
    b"<script",
    b"<iframe",
    b"<h1",
    b"<div",
    b"<font",
    b"<table",
    b"<a",
    b"<style",
    b"<title",
    b"<b",
    b"<body",
    b"<br",
    b"<p",
];

/// Looks at the first bytes.
pub(crate) fn sniff(bytes: &[u8]) -> Sniffed {
    let white = |byte: &u8| b"\t\n\x0c\r ".contains(byte);
    let Some(start) = bytes.iter().position(|byte| !white(byte)).filter(|start| *start < LOOKED_AT) else {
        return if bytes.len() < LOOKED_AT { Sniffed::Open } else { Sniffed::Other };
    };
    let bytes = bytes.get(start..).unwrap_or_default();
    let mut open = false;
    for beginning in BEGINNINGS {
        let length = beginning.len().min(bytes.len());
        let (Some(begun), Some(wanted)) = (bytes.get(..length), beginning.get(..length)) else { continue };
        if !begun.eq_ignore_ascii_case(wanted) {
            continue;
        }
        match bytes.get(beginning.len()) {
            Some(b' ' | b'>') => return Sniffed::Page,
            Some(_) if beginning == b"<!--" => return Sniffed::Page,
            None if bytes == b"<!--" => return Sniffed::Page,
            None => open = true,
            Some(_) => {}
        }
    }
    if open { Sniffed::Open } else { Sniffed::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_from_anything_else_as_soon_as_it_can_be() {
        for page in ["<!DOCTYPE html>", " \n<HTML >", "<!--", "<!-- a", "<p>", "<a b", "<br>", "<scrIPT src"]
        {
            assert_eq!(sniff(page.as_bytes()), Sniffed::Page, "{page}");
        }
        for other in ["{\"a\":1}", "<svg>", "<!doctype svg>", "a <p>", "<article>", "\u{feff}<p>", "<b/>"] {
            assert_eq!(sniff(other.as_bytes()), Sniffed::Other, "{other}");
        }
        for open in ["", "  ", "<", "<!", "<!doctype html", "<sc", "<b"] {
            assert_eq!(sniff(open.as_bytes()), Sniffed::Open, "{open}");
        }
        assert_eq!(sniff(&[b' '; LOOKED_AT]), Sniffed::Other);
    }
}
