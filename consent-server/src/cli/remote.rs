//! A running server, asked over HTTP.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::Path;

use super::progress::Bar;

/// A server and the token for it.
pub(super) struct Remote {
    agent: ureq::Agent,
    server: String,
    token: String,
}

type Answer = ureq::http::Response<ureq::Body>;

impl Remote {
    pub(super) fn new(server: &str, token_file: &Path) -> Result<Self, String> {
        let token = std::fs::read_to_string(token_file)
            .map_err(|error| format!("{}: {error}", token_file.display()))?;
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Ok(Self { agent, server: server.trim_end_matches('/').to_owned(), token: token.trim().to_owned() })
    }

    /// Asks for a file, and writes what comes into `to`.
    pub(super) fn download(
        &self,
        path: &str,
        query: &[(&str, &str)],
        to: &File,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let mut request = self.agent.get(format!("{}{path}", self.server));
        for (name, value) in query {
            request = request.query(name, value);
        }
        let mut response = accept(request.header("authorization", self.bearer()).call()?)?;
        let length = response.headers().get("content-length");
        let length: u64 = length.and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0);
        let received = copy(response.body_mut().as_reader(), to, length)?;
        if received == length {
            Ok(())
        } else {
            Err(format!("only {received} of {length} bytes came; run it again").into())
        }
    }

    /// Asks for something small: at most `max` bytes.
    pub(super) fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let request = self.agent.get(format!("{}{path}", self.server));
        let mut response = accept(request.header("authorization", self.bearer()).call()?)?;
        Ok(response.body_mut().with_config().limit(max).read_to_vec()?)
    }

    /// Puts bytes of a media type somewhere.
    pub(super) fn put(
        &self,
        path: &str,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<(), Box<dyn std::error::Error>> {
        let request = self.agent.put(format!("{}{path}", self.server));
        let request = request.header("authorization", self.bearer()).header("content-type", media_type);
        accept(request.send(bytes)?)?;
        Ok(())
    }

    /// Posts JSON, and returns what the server says.
    pub(super) fn post(&self, path: &str, json: &[u8]) -> Result<String, Box<dyn std::error::Error>> {
        let request = self.agent.post(format!("{}{path}", self.server));
        let request =
            request.header("authorization", self.bearer()).header("content-type", "application/json");
        Ok(accept(request.send(json)?)?.body_mut().read_to_string()?)
    }

    /// Deletes something, and returns what the server says.
    pub(super) fn delete(&self, path: &str) -> Result<String, Box<dyn std::error::Error>> {
        let request = self.agent.delete(format!("{}{path}", self.server));
        let mut response = accept(request.header("authorization", self.bearer()).call()?)?;
        Ok(response.body_mut().read_to_string()?)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

fn accept(mut response: Answer) -> Result<Answer, String> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let problem = response.body_mut().read_to_string().unwrap_or_default();
    Err(format!("the server answered {status}: {problem}"))
}

fn copy(mut from: impl Read, mut to: &File, length: u64) -> io::Result<u64> {
    let bar = Bar::new("bytes");
    let mut buffer = vec![0; 64 * 1024];
    let mut done = 0;
    loop {
        let read = from.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(done) };
        to.write_all(bytes)?;
        done += u64::try_from(read).unwrap_or(0);
        bar.show(done, length);
    }
}
