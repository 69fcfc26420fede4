//! The provider asked over HTTP: with a limit to everything that could take for ever or be endless.

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use ureq::{Agent, Body};

use crate::config::is_on_this_machine;

use super::OpenIdError;

/// How long all questions about one person may take together, with the names of hosts, the connections and the answers.
const SOON: Duration = Duration::from_secs(15);

/// The most bytes of an answer.
const MAX_BYTES: u64 = 256 * 1024;

/// When nobody waits any longer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until(Instant);

impl Until {
    pub(super) fn soon() -> Self {
        Self(Instant::now() + SOON)
    }

    fn left(self) -> Duration {
        // Nothing is no limit to the library.
        self.0.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
    }
}

/// Asks the provider.
#[derive(Debug)]
pub(super) struct Asker(Agent);

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    body: Vec<u8>,
}

impl Answer {
    pub(super) const fn is_good(&self) -> bool {
        self.status == 200
    }

    /// The JSON of a good one.
    pub(super) fn json<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, OpenIdError> {
        self.read().filter(|_| self.is_good()).ok_or(OpenIdError::NotAsSpecified(what))
    }

    /// The JSON of it, if it is some.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }
}

impl Asker {
    /// For a provider with this issuer.
    pub(super) fn new(issuer: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Whoever is asked was named by the config, or by whom that names; nobody else gets to answer.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("consent/", env!("CARGO_PKG_VERSION")));
        // Without encryption it is for this machine, and no proxy is to see it, whatever the environment says.
        let config = if is_on_this_machine(issuer) { config.proxy(None) } else { config };
        Self(config.build().new_agent())
    }

    pub(super) fn get(&self, url: &str, until: Until) -> Result<Answer, OpenIdError> {
        let request = self.0.get(url).header("accept", "application/json");
        read(request.config().timeout_global(Some(until.left())).build().call()?)
    }

    /// Sends a form, with the header `Authorization` if there is one.
    pub(super) fn post(
        &self,
        url: &str,
        form: &[(&str, &str)],
        authorization: Option<&str>,
        until: Until,
    ) -> Result<Answer, OpenIdError> {
        let mut request = self
            .0
            .post(url)
            .header("accept", "application/json")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        read(request.config().timeout_global(Some(until.left())).build().send(form_of(form))?)
    }
}

fn read(mut answer: ureq::http::Response<Body>) -> Result<Answer, OpenIdError> {
    let status = answer.status().as_u16();
    Ok(Answer { status, body: answer.body_mut().with_config().limit(MAX_BYTES).read_to_vec()? })
}

/// `name=value&…` as a form is sent, or as it stands behind `?`.
pub(super) fn form_of(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

/// Every letter that could mean something is written as `%XX`: what forms and addresses both understand.
pub(super) fn encoded(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const SPECIAL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, SPECIAL).to_string()
}
