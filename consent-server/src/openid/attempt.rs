//! One attempt to sign in: what goes to the provider, comes back, and has to fit.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use consent_core::digest::{Digest, encode_base64url};

use crate::config::OpenIdConfig;

/// 256 random bits that only the browser has. All that the provider sees of an attempt is derived from them, each for one use, so that
/// from one of them nobody can tell another.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Attempt {
    secret: [u8; 32],
    /// The provider for which it was begun. Another one gets nothing that belongs to it (RFC 9700, section 4.4).
    of: Digest,
}

impl Attempt {
    /// A new one; `None` if the system has no random numbers.
    pub(crate) fn fresh(config: &OpenIdConfig) -> Option<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).ok()?;
        Some(Self { secret, of: config.name_of_client() })
    }

    /// One that a browser sends, if it has the form of one.
    pub(crate) fn read(text: &str, config: &OpenIdConfig) -> Option<Self> {
        let bytes = if text.len() == 43 { BASE64_URL_SAFE_NO_PAD.decode(text).ok()? } else { return None };
        Some(Self { secret: bytes.try_into().ok()?, of: config.name_of_client() })
    }

    /// For the browser, and nobody else.
    pub(crate) fn to_text(&self) -> String {
        encode_base64url(&self.secret)
    }

    /// Comes back with the browser (RFC 6749, section 10.12): who has another secret did not begin this.
    pub(crate) fn state(&self) -> String {
        self.derived("state")
    }

    /// Stands in the token (OpenID Connect Core 1.0, section 15.5.2): it was made for this attempt.
    pub(crate) fn nonce(&self) -> String {
        self.derived("nonce")
    }

    /// What a code is redeemed with (RFC 7636, section 4.1).
    pub(crate) fn verifier(&self) -> String {
        self.derived("verifier")
    }

    /// What is said of it before (section 4.2, `S256`).
    pub(crate) fn challenge(&self) -> String {
        encode_base64url(&Digest::of(self.verifier().as_bytes()).0)
    }

    fn derived(&self, what: &str) -> String {
        let text =
            [b"consent-openid-attempt/v1\0", &self.secret[..], &self.of.0[..], what.as_bytes()].concat();
        encode_base64url(&Digest::of(&text).0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn config(issuer: &str) -> OpenIdConfig {
        OpenIdConfig {
            client_id: "consent".to_owned(),
            client_secret: None,
            grants: Vec::new(),
            issuer: issuer.to_owned(),
            name: String::new(),
            origin: String::new(),
            scopes: Vec::new(),
        }
    }

    #[test]
    fn everything_of_an_attempt_is_its_own() {
        let config = config("https://login.example");
        let attempts = [Attempt::fresh(&config).unwrap(), Attempt::fresh(&config).unwrap()];
        let all: BTreeSet<_> = attempts
            .iter()
            .flat_map(|attempt| {
                [attempt.to_text(), attempt.state(), attempt.nonce(), attempt.verifier(), attempt.challenge()]
            })
            .collect();
        assert_eq!(all.len(), 10);
        // RFC 7636, section 4.1: 43 to 128 of these.
        let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        assert!(all.iter().all(|text| text.len() == 43 && text.bytes().all(is_unreserved)), "{all:?}");
        assert!(Attempt::read(&attempts[0].to_text(), &config).as_ref() == Some(&attempts[0]));
    }

    #[test]
    fn what_was_begun_for_one_provider_is_worth_nothing_at_another() {
        let one = Attempt::fresh(&config("https://login.example")).unwrap();
        let other = Attempt::read(&one.to_text(), &config("https://login.example.org")).unwrap();
        assert!(one.state() != other.state() && one.verifier() != other.verifier());
    }

    #[test]
    fn what_is_none_is_refused() {
        let config = config("https://login.example");
        let text = Attempt::fresh(&config).unwrap().to_text();
        for cut in 0..text.len() {
            assert!(Attempt::read(&text[..cut], &config).is_none(), "{cut}");
        }
        assert!(Attempt::read(&format!("{text}A"), &config).is_none());
        assert!(Attempt::read(&text.replace(text.chars().next().unwrap(), "+"), &config).is_none());
    }
}
