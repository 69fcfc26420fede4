//! Secrets that stand in a config: it is copied, compared and shown to others, so they belong into files of their own or the
//! environment.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::code::Code;
use super::diagnostic::Report;

/// How keys end whose value is a secret, whatever stands before: no key of a config does.
const ENDINGS: [&str; 7] =
    ["password", "passwd", "passphrase", "secret", "token", "credential", "credentials"];

/// The same, where it is a word of its own.
const WORDS: [&str; 10] = [
    "pass",
    "pwd",
    "authorization",
    "apikey",
    "api_key",
    "access_key",
    "license_key",
    "private_key",
    "secret_key",
    "signing_key",
];

/// Reports every secret below a table.
pub(super) fn refuse(table: &DeTable<'_>, report: &mut Report) {
    for (key, value) in table {
        within(key.get_ref(), value, report);
    }
}

fn within(key: &str, value: &Spanned<DeValue<'_>>, report: &mut Report) {
    match value.get_ref() {
        DeValue::String(text) => {
            if let Some(what) = what(key, text) {
                found(what, value.span(), report);
            }
        }
        _ if is_secret(key) => found(SECRET, value.span(), report),
        DeValue::Table(table) => refuse(table, report),
        DeValue::Array(items) => items.iter().for_each(|item| within(key, item, report)),
        _ => {}
    }
}

/// A secret of which nothing more is known.
const SECRET: &str = "a secret";

fn found(what: &str, span: Range<usize>, report: &mut Report) {
    let help = "take it out and replace it, as whoever saw this file knows it; the program reads secrets from files and the \
                environment only: `CONSENT_STORE` or `--store-file` for a database, the data folder for keys and tokens";
    report.error(Code::Secret, span, format!("{what} stands in the config"), help);
}

/// What kind of secret a text is.
fn what(key: &str, text: &str) -> Option<&'static str> {
    if !text.is_empty() && is_secret(key) {
        Some(SECRET)
    } else if text.contains("PRIVATE KEY-----") || text.contains("PRIVATE+KEY+") {
        Some("a private key")
    } else if has_password(text) {
        Some("an address with a password")
    } else {
        None
    }
}

/// Whether a key is that of a secret: `store_password`, `clientSecret`, `API-KEY`.
fn is_secret(key: &str) -> bool {
    let mut words = String::with_capacity(key.len());
    let mut lower = false;
    for letter in key.chars() {
        if lower && letter.is_ascii_uppercase() {
            words.push('_');
        }
        lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        words.push(if letter == '-' { '_' } else { letter.to_ascii_lowercase() });
    }
    let ends =
        |word: &&str| words.strip_suffix(*word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    ENDINGS.iter().any(|ending| words.ends_with(ending)) || WORDS.iter().any(ends)
}

/// Whether a line of a file may hold a secret, however it is written: nothing of it is shown then.
pub(super) fn may_be_in(line: &str) -> bool {
    let key = line.split(['=', ']']).next().unwrap_or_default();
    let key = key.trim().trim_start_matches('[').trim_matches(['"', '\'']);
    let last = key.rsplit('.').next().unwrap_or_default();
    is_secret(last.trim().trim_matches(['"', '\''])) || what("", line).is_some()
}

/// Whether some address in the text has a name and a password before its host, or a password behind it.
pub(super) fn has_password(text: &str) -> bool {
    let told = text.to_ascii_lowercase();
    let told = told.match_indices("password=").any(|(at, mark)| {
        let next = told.get(at + mark.len()..).and_then(|rest| rest.chars().next());
        next.is_some_and(|letter| !letter.is_whitespace() && !"\"'`&;".contains(letter))
    });
    told || text.match_indices("://").any(|(at, mark)| {
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        // Not at `?` or `#`, which who forgets to encode them has in a password.
        let ends = |letter: char| letter.is_whitespace() || !letter.is_ascii() || "/\"'<>".contains(letter);
        let authority = rest.split(ends).next();
        let named = authority.unwrap_or_default().rsplit_once('@').map(|(named, _)| named);
        named.and_then(|named| named.split_once(':')).is_some_and(|(_, password)| {
            let after_port = password.trim_start_matches(|letter: char| letter.is_ascii_digit());
            let port = after_port.len() < password.len() && after_port.starts_with(['?', '#', ';', ',', ')']);
            !password.is_empty() && !port
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_what_only_looks_like_them() {
        for (key, text) in [
            ("password", "x"),
            ("store_password", "x"),
            ("API-KEY", "x"),
            ("url", "postgres://consent:x@db.example/consent"),
            ("url", "https://u:p:q@tsa.example"),
            ("purpose", "see https://u:p@a.example/x, or not"),
            ("certificate", "-----BEGIN PRIVATE KEY-----\nMC4="),
            ("certificate", "-----BEGIN EC PRIVATE KEY-----\nMC4="),
            ("vkey", "PRIVATE+KEY+witness.example+0123+A"),
            ("clientSecret", "x"),
            ("dbpassword", "x"),
            ("license_key", "x"),
            ("pwd", "x"),
            ("url", "postgres://c:hun#ter2@db/c"),
            ("url", "postgres://db/c?user=a&password=hunter2"),
            ("store", "host=db password=hunter2"),
        ] {
            assert!(what(key, text).is_some(), "{key} {text}");
        }
        for (key, text) in [
            ("password", ""),
            ("passwords_policy", "x"),
            ("name", "token"),
            ("url", "https://a.example:8443/x@y:z"),
            ("url", "https://user@a.example"),
            ("url", "https://user:@a.example"),
            ("url", "http://[::1]:3000"),
            ("vkey", "witness.example/1+7d1d6645+BBm"),
            ("certificate", "-----BEGIN CERTIFICATE-----"),
            ("purpose", "write to a:b@c.example"),
            ("compass", "x"),
            ("purpose", "https://a.example:8443をご覧ください。連絡先:info@a.example"),
            ("purpose", "(https://a.example:8443;mail:info@a.example)"),
            ("url", "https://a.example:8443?mail=info@a.example"),
            ("purpose", "what stands behind `password=` is one"),
        ] {
            assert_eq!(what(key, text), None, "{key} {text}");
        }
    }

    #[test]
    fn a_line_is_not_shown_if_it_may_hold_one() {
        for line in [
            "password = 12345678",
            "  \"db.password\" = { value = 1 }",
            "[server.token]",
            "server.clientSecret = 'x",
            "url = \"postgres://u:hunter2@db/x",
        ] {
            assert!(may_be_in(line), "{line}");
        }
        for line in ["host = \"a.example\"", "[[site.cookie]]", "name = \"token\"", "# a comment", ""] {
            assert!(!may_be_in(line), "{line}");
        }
    }
}
