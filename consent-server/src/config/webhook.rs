//! Who is told of what a site's logs say: `[[site.webhook]]`, and the secrets that deliveries are signed with.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// How a secret begins (Standard Webhooks).
const SECRET_PREFIX: &str = "whsec_";

/// How many bytes a secret has: what the specification asks for.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// One receiver of what a site's logs say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookConfig {
    /// What it is told of; at least one.
    pub events: Vec<WebhookEvents>,
    /// Its name in the store, in metrics and in commands: `[a-z0-9-]{1,63}`, once in a site.
    pub id: String,
    /// What its deliveries are signed with: one, or two while one takes the place of the other.
    pub secrets: Vec<WebhookSecret>,
    /// Where it is told: `https`, or `http` on this machine.
    pub url: String,
}

/// What a receiver can be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WebhookEvents {
    /// Decisions that were recorded.
    Decision,
    /// Decisions that were erased.
    Erasure,
}

impl WebhookEvents {
    /// Each with its word in a config.
    pub const WORDS: [(&str, Self); 2] = [("decision", Self::Decision), ("erasure", Self::Erasure)];
}

/// What one side signs with and the other one checks with: `whsec_` and 24 to 64 bytes in base64. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Vec<u8>);

impl WebhookSecret {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(…)")
    }
}

/// The text is no secret. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret is `whsec_` and 24 to 64 bytes in base64")]
pub struct InvalidWebhookSecret;

impl FromStr for WebhookSecret {
    type Err = InvalidWebhookSecret;

    fn from_str(text: &str) -> Result<Self, InvalidWebhookSecret> {
        let bytes = text.strip_prefix(SECRET_PREFIX).and_then(|text| STANDARD.decode(text).ok());
        bytes.filter(|bytes| SECRET_BYTES.contains(&bytes.len())).map(Self).ok_or(InvalidWebhookSecret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_as_the_specification_writes_it_and_is_not_shown() {
        let text = format!("whsec_{}", STANDARD.encode([7; 24]));
        let secret: WebhookSecret = text.parse().unwrap();
        assert_eq!(secret.bytes(), [7; 24]);
        assert_eq!(format!("{secret:?}"), "WebhookSecret(…)");
        for bad in [
            String::new(),
            "whsec_".to_owned(),
            STANDARD.encode([7; 24]),
            format!("whsec_{}", STANDARD.encode([7; 23])),
            format!("whsec_{}", STANDARD.encode([7; 65])),
            format!("{text} "),
        ] {
            assert_eq!(bad.parse::<WebhookSecret>(), Err(InvalidWebhookSecret), "{bad:?}");
        }
    }
}
