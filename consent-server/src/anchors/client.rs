//! Others asked over HTTP: with a limit to everything that could take for ever or be endless.

use std::io;
use std::time::Duration;

use http::{Request, Response};
use tokio::sync::oneshot;
use ureq::Agent;

use crate::store::StoreError;

/// How long one question may take, the name of the host, the connection and the answer included.
pub const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes that are read of an answer of which only the head counts.
const UNREAD: u64 = 16 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// It can not be reached, takes too long, or sends too much.
    #[error("no answer")]
    Http(#[from] ureq::Error),
    /// The thread that asked has ended.
    #[error("the question was given up")]
    GivenUp,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The bytes.
    pub body: Vec<u8>,
}

/// Asks others.
#[derive(Clone, Debug)]
pub struct Client(Agent);

impl Default for Client {
    fn default() -> Self {
        Self::new(TIMEOUT)
    }
}

impl Client {
    /// A client that waits this long.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // Whoever is asked was named in the config; nobody else gets to answer.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("consent/", env!("CARGO_PKG_VERSION")));
        Self(config.build().new_agent())
    }

    /// Sends a request, and returns the head of the answer: what stands in it is not asked. It has a thread of its own, so that
    /// however many do not answer, there is one for the store.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<()>, ClientError> {
        let (agent, (reply, answer)) = (self.0.clone(), oneshot::channel());
        let ask = move || {
            let (head, body) = request.into_parts();
            // Without encryption it is for this machine, and no proxy is to see it, whatever the environment says.
            let is_plain = head.uri.scheme_str() == Some("http");
            let request = Request::from_parts(head, &body[..]);
            let answer = if is_plain {
                agent.run(agent.configure_request(request).proxy(None).build())
            } else {
                agent.run(request)
            };
            let answer = answer.map(|answer| {
                let (head, mut body) = answer.into_parts();
                // Only so that the connection can be used again.
                drop(body.with_config().limit(UNREAD).read_to_vec());
                Response::from_parts(head, ())
            });
            // Nobody waits if the server has stopped.
            drop(reply.send(answer));
        };
        let spawned = std::thread::Builder::new().name("asking".to_owned()).spawn(ask);
        spawned.map_err(|_| ClientError::GivenUp)?;
        Ok(answer.await.map_err(|_| ClientError::GivenUp)??)
    }

    /// Posts `body` and reads an answer of at most `limit` bytes, without keeping anything else waiting.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn post(
        &self,
        url: String,
        content_type: &'static str,
        body: Vec<u8>,
        limit: u64,
    ) -> Result<Answer, ClientError> {
        let agent = self.0.clone();
        let asked = tokio::task::spawn_blocking(move || {
            let mut answer = agent.post(url).header("content-type", content_type).send(&body[..])?;
            let status = answer.status().as_u16();
            let body = answer.body_mut().with_config().limit(limit).read_to_vec()?;
            Ok(Answer { status, body })
        });
        asked.await.map_err(|_| ClientError::GivenUp)?
    }
}

/// Blocking work of the store, beside everything else.
pub(super) async fn blocking<T: Send + 'static, E: From<StoreError> + Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Engine(Box::new(io::Error::other(error))))?
}
