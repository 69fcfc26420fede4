//! Header values as bytes, which anybody may have sent: each is looked at once, and nothing of it is copied.

use memchr::memchr;

/// The pieces between bytes `at`, of a text that may be long: `Cookie` headers often are.
pub(crate) fn split(text: &[u8], at: u8) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr(at, text).and_then(|end| text.split_at_checked(end));
        let (piece, after) = end.unwrap_or((text, &[]));
        rest = end.and(after.get(1..));
        Some(piece)
    })
}

/// What stands before the first byte `at`, and what behind it; nothing is behind it if there is no such byte.
///
/// For short texts: to look for the byte faster would cost more than it saves.
pub(crate) fn cut(text: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|byte| *byte == at).and_then(|end| text.split_at_checked(end)) {
        Some((piece, after)) => (piece, after.get(1..)),
        None => (text, None),
    }
}

/// Without the spaces and tabs at both ends.
pub(crate) fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_those_of_the_standard_library() {
        for text in [&b""[..], b";", b"a", b"a;b", b";;a;", b"ab;cd;;ef"] {
            let expected: Vec<_> = text.split(|byte| *byte == b';').collect();
            assert_eq!(split(text, b';').collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_is_cut_is_what_stands_around_the_first() {
        assert_eq!(cut(b"a=b=c", b'='), (&b"a"[..], Some(&b"b=c"[..])));
        assert_eq!(cut(b"=", b'='), (&b""[..], Some(&b""[..])));
        assert_eq!(cut(b"a", b'='), (&b"a"[..], None));
        assert_eq!(trim(b" \ta b\t "), b"a b");
    }
}
