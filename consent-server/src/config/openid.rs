//! Who signs in to the console by OpenID Connect: `[server.openid]`.

use std::fmt;

use consent_core::digest::Digest;
use consent_core::notice::SiteId;

use crate::data::Role;

/// A provider that says who somebody is, and who of them may do what here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIdConfig {
    /// What this server is called there.
    pub client_id: String,
    /// What it proves that with; `None` for a public client.
    pub client_secret: Option<ClientSecret>,
    /// Who gets which role, the first that fits; at least one.
    pub grants: Vec<OpenIdGrant>,
    /// The provider, exactly as its tokens name it: `https`, or `http` on this machine.
    pub issuer: String,
    /// What the button calls it.
    pub name: String,
    /// Where browsers find this server: the provider sends them back there. `https`, or `http` on this machine.
    pub origin: String,
    /// What the provider is asked for besides `openid`.
    pub scopes: Vec<String>,
}

/// A role for everybody of whom the provider says this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenIdGrant {
    /// The claim of the ID token: a text, or a list of texts.
    pub claim: String,
    /// What they may do.
    pub role: Role,
    /// Where; `None` is everywhere.
    pub site: Option<SiteId>,
    /// What it has to be, or to have among others.
    pub value: String,
}

impl OpenIdConfig {
    /// Names a grant of this provider: another one has another name, and so has the same with another word in it.
    #[must_use]
    pub fn name_of(&self, grant: &OpenIdGrant) -> Digest {
        let OpenIdGrant { claim, role, site, value } = grant;
        let role = match role {
            Role::Operator => "operator",
            Role::Auditor => "auditor",
        };
        let site = site.as_ref().map(SiteId::as_str).unwrap_or_default();
        named(&["consent-openid-grant/v1", &self.issuer, &self.client_id, claim, value, role, site])
    }

    /// Names somebody whom the provider calls `subject`. No two providers' people have the same name. Whoever guesses `subject` can tell
    /// that it is the one, so this is for nobody to see.
    #[must_use]
    pub fn name_of_subject(&self, subject: &str) -> Digest {
        named(&["consent-openid-subject/v1", &self.issuer, subject])
    }

    /// Names what this server is to this provider.
    #[must_use]
    pub fn name_of_client(&self) -> Digest {
        named(&["consent-openid-client/v1", &self.issuer, &self.client_id])
    }

    /// Whether a grant of this name stands in the config.
    #[must_use]
    pub fn has(&self, name: Digest) -> bool {
        self.grants.iter().any(|grant| self.name_of(grant) == name)
    }
}

/// One line each: no part has the end of one in it, as the config takes none with control characters, and neither do tokens that
/// are believed.
fn named(parts: &[&str]) -> Digest {
    Digest::of(parts.join("\n").as_bytes())
}

/// What the provider and this server know, and nobody else. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(String);

impl ClientSecret {
    /// The longest, in bytes.
    pub const MAX: usize = 1024;

    /// A secret of 1 to [`MAX`](Self::MAX) characters that ASCII can print, spaces too (RFC 6749, appendix A.2).
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits =
            (1..=Self::MAX).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        fits.then(|| Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> OpenIdConfig {
        let grant = |value: &str, role| OpenIdGrant {
            claim: "groups".to_owned(),
            role,
            site: None,
            value: value.to_owned(),
        };
        OpenIdConfig {
            client_id: "consent".to_owned(),
            client_secret: ClientSecret::new("s3cret"),
            grants: vec![grant("ops", Role::Operator), grant("audit", Role::Auditor)],
            issuer: "https://login.example".to_owned(),
            name: "Login".to_owned(),
            origin: "https://consent.example".to_owned(),
            scopes: Vec::new(),
        }
    }

    #[test]
    fn a_grant_with_another_word_in_it_is_another_one() {
        let before = config();
        let name = before.name_of(&before.grants[0]);
        assert!(before.has(name));
        let mut changed = Vec::new();
        for change in [
            |config: &mut OpenIdConfig| config.issuer.push('x'),
            |config: &mut OpenIdConfig| config.client_id.push('x'),
            |config: &mut OpenIdConfig| config.grants[0].claim.push('x'),
            |config: &mut OpenIdConfig| config.grants[0].value.push('x'),
            |config: &mut OpenIdConfig| config.grants[0].role = Role::Auditor,
            |config: &mut OpenIdConfig| config.grants[0].site = Some("a".parse().unwrap()),
            |config: &mut OpenIdConfig| drop(config.grants.remove(0)),
        ] {
            let mut config = config();
            change(&mut config);
            changed.push(config.has(name));
        }
        assert_eq!(changed, [false; 7]);
    }

    #[test]
    fn a_secret_is_one_line_of_ascii_and_is_not_shown() {
        assert_eq!(format!("{:?}", config().client_secret), "Some(ClientSecret(…))");
        assert!(ClientSecret::new("a b~").is_some());
        for bad in ["", "é", "a\tb", "a\n", &"a".repeat(ClientSecret::MAX + 1)] {
            assert!(ClientSecret::new(bad).is_none(), "{bad:?}");
        }
    }
}
