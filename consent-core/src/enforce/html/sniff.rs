//! What a browser takes an answer for that does not say what it is (MIME Sniffing Standard, section 7.1).

/// What the first bytes of an answer without a type make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// A page.
    Page,
    /// Something of XML, which may be a page.
    Xml,
    /// Anything else.
    Other,
    /// More bytes have to be seen.
    Open,
}

/// A browser looks at no more.
const LOOKED_AT: usize = 1445;

/// How a page begins. The standard wants a space or `>` after it; browsers take `<html` before a line break, and `<article>`, which begins
/// with `<a`, for one too.
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

const XML: &[u8] = b"<?xml";

/// Looks at the first bytes.
pub(crate) fn sniff(bytes: &[u8]) -> Sniffed {
    let white = |byte: &u8| b"\t\n\x0c\r ".contains(byte);
    let Some(start) = bytes.iter().position(|byte| !white(byte)).filter(|start| *start < LOOKED_AT) else {
        return if bytes.len() < LOOKED_AT { Sniffed::Open } else { Sniffed::Other };
    };
    let bytes = bytes.get(start..).unwrap_or_default();
    let begins = |with: &[u8]| bytes.get(..with.len()).is_some_and(|begun| begun.eq_ignore_ascii_case(with));
    let may_begin = |with: &&[u8]| with.get(..bytes.len()).is_some_and(|of| of.eq_ignore_ascii_case(bytes));
    if BEGINNINGS.iter().any(|page| begins(page)) {
        Sniffed::Page
    } else if bytes.starts_with(XML) {
        Sniffed::Xml
    } else if BEGINNINGS.iter().chain([&XML]).any(may_begin) {
        Sniffed::Open
    } else {
        Sniffed::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_from_anything_else_as_soon_as_it_can_be() {
        for page in [
            "<!DOCTYPE html>",
            " \n<HTML >",
            "<html\nlang=en>",
            "<!--",
            "<!-- a",
            "<p>",
            "<a b",
            "<article>",
            "<b/>",
            "<br>",
            "<b",
            "<scrIPT\tsrc",
        ] {
            assert_eq!(sniff(page.as_bytes()), Sniffed::Page, "{page}");
        }
        for other in ["{\"a\":1}", "<svg>", "<!doctype svg>", "a <p>", "\u{feff}<p>", "<?php"] {
            assert_eq!(sniff(other.as_bytes()), Sniffed::Other, "{other}");
        }
        for open in ["", "  ", "<", "<!", "<!doctype htm", "<sc", "<?x"] {
            assert_eq!(sniff(open.as_bytes()), Sniffed::Open, "{open}");
        }
        assert_eq!(sniff(b" <?xml version"), Sniffed::Xml);
        assert_eq!(sniff(&[b' '; LOOKED_AT]), Sniffed::Other);
    }
}
