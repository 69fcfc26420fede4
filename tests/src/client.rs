//! A small HTTP client: every status is an answer, not an error.

use std::io;
use std::time::Duration;

use serde_json::Value;

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON; `null` if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// Keeps its connections open, as browsers do. Clones share them.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
}

impl Client {
    /// A client of the server at `url`, which has no slash at its end.
    #[must_use]
    pub fn new(url: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self { agent: config.into(), url: url.to_owned() }
    }

    /// Where the server is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gets a path, which begins with a slash.
    ///
    /// # Errors
    /// If no answer comes.
    pub fn get(&self, path: &str) -> io::Result<Answer> {
        read(self.agent.get(format!("{}{path}", self.url)).call())
    }

    /// Gets a path with a token.
    ///
    /// # Errors
    /// If no answer comes.
    pub fn get_as(&self, token: &str, path: &str) -> io::Result<Answer> {
        let request = self.agent.get(format!("{}{path}", self.url));
        read(request.header("authorization", format!("Bearer {}", token.trim())).call())
    }

    /// Posts JSON to a path.
    ///
    /// # Errors
    /// If no answer comes: then nobody knows what became of it.
    pub fn post(&self, path: &str, body: &Value) -> io::Result<Answer> {
        let request =
            self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        read(request.send(body.to_string()))
    }
}

fn read(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> io::Result<Answer> {
    let mut answer = answer.map_err(io::Error::other)?;
    let body = answer.body_mut().with_config().limit(64 << 20).read_to_string().map_err(io::Error::other)?;
    Ok(Answer { status: answer.status().as_u16(), body })
}
