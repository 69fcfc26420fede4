//! "Did you mean …?"

/// The word of `known` that a slip of the keyboard could have turned into `word`.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// What to write instead of `word`: the nearest known word, or else all of them.
pub(super) fn suggest(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("known here: {}", list(known)),
    }
}

/// `` `a`, `b`, `c` ``
pub(super) fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_slip_and_no_more() {
        assert_eq!(nearest("purpse", ["owner", "purpose"]), Some("purpose"));
        assert_eq!(nearest("cookies", ["cookie", "vendor"]), Some("cookie"));
        assert_eq!(nearest("colour", ["owner", "purpose"]), None);
        assert_eq!(nearest(&"x".repeat(100_000), ["owner"]), None);
    }
}
