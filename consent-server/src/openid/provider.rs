//! One provider: how somebody gets there and back.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::config::OpenIdConfig;

use super::ask::{Asker, Until, encoded, form_of};
use super::known::{self, Knowledge, Known, Metadata};
use super::token::{self, Expected};
use super::{Attempt, OpenIdError, Person};

/// Where the provider sends browsers back to, behind the origin.
pub(crate) const RETURN: &str = "/console/openid/return";

/// How many questions it is asked at a time: each takes a thread while it thinks.
const AT_ONCE: usize = 4;

/// The longest token, in bytes.
const MAX_TOKEN: usize = 64 * 1024;

/// The client of one provider.
#[derive(Debug)]
pub(crate) struct OpenId {
    pub(crate) config: OpenIdConfig,
    asker: Asker,
    knowledge: Knowledge,
    places: Semaphore,
}

/// What a browser brings back.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Returned {
    pub(crate) code: Option<String>,
    pub(crate) error: Option<String>,
    /// Who sent it (RFC 9207).
    pub(crate) iss: Option<String>,
    pub(crate) state: Option<String>,
}

/// OpenID Connect Core 1.0, section 3.1.3.3.
#[derive(Deserialize)]
struct Redeemed {
    id_token: String,
}

/// RFC 6749, section 5.2.
#[derive(Deserialize)]
struct NotRedeemed {
    error: String,
}

impl OpenId {
    pub(crate) fn new(config: OpenIdConfig) -> Self {
        let asker = Asker::new(&config.issuer);
        Self { config, asker, knowledge: Knowledge::default(), places: Semaphore::new(AT_ONCE) }
    }

    /// Where a browser is sent to begin an attempt; `asks` for the password even of somebody whom the provider knows still. Blocks while
    /// the provider is asked.
    pub(crate) fn address(&self, attempt: &Attempt, asks: bool, now: u64) -> Result<String, OpenIdError> {
        let known = self.known(now, Until::soon())?;
        let scopes = self.config.scopes.iter().map(String::as_str);
        let scope = std::iter::once("openid").chain(scopes).collect::<Vec<_>>().join(" ");
        let redirect = self.redirect();
        let (state, nonce, challenge) = (attempt.state(), attempt.nonce(), attempt.challenge());
        let mut asked = vec![
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &redirect),
            ("scope", &scope),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if asks {
            // OpenID Connect Core 1.0, section 3.1.2.1.
            asked.push(("prompt", "login"));
        }
        let endpoint = &known.metadata.authorization_endpoint;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{}", form_of(&asked)))
    }

    /// Who came back, and what they may do. Blocks while the provider is asked.
    pub(crate) fn person(
        &self,
        attempt: &Attempt,
        returned: &Returned,
        now: u64,
    ) -> Result<Person, OpenIdError> {
        let until = Until::soon();
        let known = self.known(now, until)?;
        // Somebody who mixes providers up gets no code of one redeemed by another.
        let must_say = known.metadata.authorization_response_iss_parameter_supported;
        let says = returned.iss.as_deref();
        if says.is_some_and(|iss| iss != self.config.issuer) || (must_say && says.is_none()) {
            return Err(OpenIdError::Token("another provider sent the code"));
        }
        let Some(code) = &returned.code else {
            return Err(OpenIdError::Refused(word(returned.error.as_deref().unwrap_or("no code"))));
        };
        let token = self.redeem(&known.metadata, code, attempt, until)?;
        let nonce = attempt.nonce();
        let expected = Expected { config: &self.config, nonce: &nonce, now };
        match token::check(&token, &known.keys, &expected) {
            Err(OpenIdError::Token(token::NO_KEY | token::WRONG_SIGNATURE)) => {
                let known = self.knowledge.renewed(&known, now, || self.learn(now, until))?;
                token::check(&token, &known.keys, &expected)
            }
            checked => checked,
        }
    }

    fn redirect(&self) -> String {
        format!("{}{RETURN}", self.config.origin)
    }

    /// The ID token for a code.
    fn redeem(
        &self,
        metadata: &Metadata,
        code: &str,
        attempt: &Attempt,
        until: Until,
    ) -> Result<String, OpenIdError> {
        let _place = self.place()?;
        let OpenIdConfig { client_id, client_secret, .. } = &self.config;
        let (redirect, verifier) = (self.redirect(), attempt.verifier());
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect),
            ("code_verifier", &verifier),
        ];
        let mut authorization = None;
        match client_secret {
            None => form.push(("client_id", client_id)),
            Some(secret) if metadata.takes("client_secret_basic") => {
                let pair = format!("{}:{}", encoded(client_id), encoded(secret.text()));
                authorization = Some(format!("Basic {}", BASE64_STANDARD.encode(pair)));
            }
            Some(secret) => form.extend([("client_id", &**client_id), ("client_secret", secret.text())]),
        }
        let answer = self.asker.post(&metadata.token_endpoint, &form, authorization.as_deref(), until)?;
        if !answer.is_good() {
            let said = answer.read::<NotRedeemed>().map(|said| word(&said.error));
            return Err(OpenIdError::Refused(said.unwrap_or_else(|| format!("status {}", answer.status))));
        }
        let Redeemed { id_token } = answer.json("no ID token")?;
        if id_token.len() > MAX_TOKEN { Err(OpenIdError::Token("it is too long")) } else { Ok(id_token) }
    }

    fn known(&self, now: u64, until: Until) -> Result<Arc<Known>, OpenIdError> {
        self.knowledge.get(now, || self.learn(now, until))
    }

    fn learn(&self, now: u64, until: Until) -> Result<Known, OpenIdError> {
        let _place = self.place()?;
        known::learn(&self.asker, &self.config.issuer, now, until)
    }

    fn place(&self) -> Result<SemaphorePermit<'_>, OpenIdError> {
        self.places.try_acquire().map_err(|_| OpenIdError::Busy)
    }
}

/// A word of the provider's, for the log: no longer than a word, and nothing else.
fn word(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(64).collect()
}
