//! Secrets that stand in a config: it is copied, compared and shown to others, so they belong into files of their own or the
//! environment.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::code::Code;
use super::diagnostic::Report;

/// Last words of keys whose text is a secret, whatever stands before them: no key of a config has one.
const KEYS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "credential",
    "credentials",
    "private_key",
    "signing_key",
    "api_key",
    "apikey",
];

/// Reports every secret below a table.
pub(super) fn refuse(table: &DeTable<'_>, report: &mut Report) {
    for (key, value) in table {
        within(key.get_ref(), value, report);
    }
}

fn within(key: &str, value: &Spanned<DeValue<'_>>, report: &mut Report) {
    match value.get_ref() {
        DeValue::Table(table) => refuse(table, report),
        DeValue::Array(items) => items.iter().for_each(|item| within(key, item, report)),
        DeValue::String(text) => {
            if let Some(what) = what(key, text) {
                found(what, value.span(), report);
            }
        }
        _ => {}
    }
}

fn found(what: &str, span: Range<usize>, report: &mut Report) {
    let help = "take it out and replace it, as whoever saw this file knows it; the program reads secrets from files and the \
                environment only: `CONSENT_STORE` or `--store-file` for a database, the data folder for keys and tokens";
    report.error(Code::Secret, span, format!("{what} stands in the config"), help);
}

/// What kind of secret a text is.
fn what(key: &str, text: &str) -> Option<&'static str> {
    let key = key.to_ascii_lowercase().replace('-', "_");
    let named =
        |word: &&str| key.strip_suffix(*word).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'));
    if !text.is_empty() && KEYS.iter().any(named) {
        Some("a secret")
    } else if text.contains("PRIVATE KEY-----") || text.contains("PRIVATE+KEY+") {
        Some("a private key")
    } else if has_password(text) {
        Some("an address with a password")
    } else {
        None
    }
}

/// Whether some address in the text has a name and a password before its host.
fn has_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, mark)| {
        let rest = text.get(at + mark.len()..).unwrap_or_default();
        let authority =
            rest.split(|letter: char| letter.is_whitespace() || "/?#\"'<>".contains(letter)).next();
        let named = authority.unwrap_or_default().rsplit_once('@').map(|(named, _)| named);
        named.and_then(|named| named.split_once(':')).is_some_and(|(_, password)| !password.is_empty())
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
        ] {
            assert_eq!(what(key, text), None, "{key} {text}");
        }
    }
}
