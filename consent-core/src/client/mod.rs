//! Asks a server, over its HTTP interface and with its types. Blocking: in asynchronous code, call it where blocking is allowed
//! (`tokio::task::spawn_blocking`).
//!
//! ```
//! use consent_core::client::{Client, ClientError};
//! # let (server, told) = {
//! #     use std::io::{Read as _, Write as _};
//! #     let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! #     let address = format!("http://{}", listener.local_addr()?);
//! #     let body = r#"{"type":"urn:consent:problem:unknown_site","status":404,"code":"unknown_site","detail":"no such site"}"#;
//! #     let head = "HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: ";
//! #     (address, std::thread::spawn(move || {
//! #         let (mut stream, _) = listener.accept().unwrap();
//! #         let _ = stream.read(&mut [0; 4096]).unwrap();
//! #         write!(stream, "{head}{}\r\n\r\n{body}", body.len()).unwrap();
//! #     }))
//! # };
//!
//! let client = Client::new(&server)?; // "https://consent.example"
//! match client.notice(&"newsroom".parse()?, Some("fr"), Some("FR")) {
//!     Ok(notice) => println!("{} has {} vendors", notice.id(), notice.vendors.len()),
//!     Err(error) if error.code() == Some("unknown_site") => println!("not served there"),
//!     Err(error) => return Err(error.into()),
//! }
//! # told.join().unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;

use std::fmt;
use std::io::Write;
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER};
use ureq::http::{Response, StatusCode};
use ureq::typestate::WithoutBody;
use ureq::{Agent, Body, RequestBuilder};

use crate::decision::{DecisionId, DecisionRequest, SubjectId};
use crate::interface::{
    Acknowledgement, ErasureReport, PastDecision, ProblemDetails, Statistics, StatisticsBy, WebhookReplay,
    WebhookStatus, Webhooks,
};
use crate::ledger::entry::Reason;
use crate::ledger::policy::Policy;
use crate::notice::{MAX_NOTICE_BYTES, Notice, NoticeId, SiteId};

pub use self::error::ClientError;

/// How long one question may take, the name of the host, the connection and the answer included.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The most bytes that are read of an answer about one thing.
pub const MAX_ANSWER_BYTES: u64 = 256 * 1024;

/// The most bytes that are read of all that one subject decided.
pub const MAX_HISTORY_BYTES: u64 = 64 * 1024 * 1024;

/// The most bytes that are read of counts.
pub const MAX_STATISTICS_BYTES: u64 = 16 * 1024 * 1024;

/// The notice in force, as a server answers it.
///
/// ```
/// use consent_core::client::{Client, NoticeAnswer};
/// # let notice = consent_core::notice::Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let answer = String::from_utf8(notice.bytes().to_vec())?;
/// # let answer = answer.replacen('{', &format!("{{\"notice_id\":\"{}\",", notice.id()), 1);
/// # use std::io::{Read as _, Write as _};
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let server = format!("http://{}", listener.local_addr()?);
/// # let told = std::thread::spawn(move || {
/// #     let head = "HTTP/1.1 200 OK\r\netag: \"1\"\r\nconnection: close\r\ncontent-length";
/// #     for text in [format!("{head}: {}\r\n\r\n{answer}", answer.len()), "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_owned()] {
/// #         let (mut stream, _) = listener.accept().unwrap();
/// #         let _ = stream.read(&mut [0; 4096]).unwrap();
/// #         stream.write_all(text.as_bytes()).unwrap();
/// #     }
/// # });
///
/// let client = Client::new(&server)?;
/// let site = "newsroom".parse()?;
/// let first: NoticeAnswer = client.notice_unless(&site, None, None, None)?.ok_or("nothing")?;
/// let again = client.notice_unless(&site, None, None, first.tag.as_deref())?;
/// assert_eq!(again, None, "it is still in force");
/// # told.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeAnswer {
    /// The body.
    pub body: Vec<u8>,
    /// The entity tag, if there is one.
    pub tag: Option<String>,
}

/// A server, and the token for it if there is one. A clone shares the connections.
///
/// ```no_run
/// use consent_core::client::{Client, MAX_ANSWER_BYTES, MAX_HISTORY_BYTES, MAX_STATISTICS_BYTES, TIMEOUT};
/// use consent_core::interface::{StatisticsBy, WebhookReplay};
/// use consent_core::ledger::entry::Reason;
/// use ureq::Agent;
/// # let (request, notice_id): (consent_core::decision::DecisionRequest, _) = todo!();
///
/// let limits = Agent::config_builder().timeout_global(Some(TIMEOUT / 10)).http_status_as_error(false);
/// let client = Client::of("https://consent.example", limits.build().new_agent())?.with_token("ct_…");
/// let site = "newsroom".parse()?;
///
/// // A decision of a service's own form, and the proof of it for the visitor.
/// let acknowledged = client.decide(&site, &request)?;
/// let receipt = client.receipt(&site, acknowledged.decision_id.parse()?)?;
/// let shown = client.notice_of(&site, notice_id)?;
///
/// // What somebody decided, as they ask for it; and its erasure.
/// let subject = request.subject_id.parse()?;
/// let decisions = client.decisions(&site, subject)?; // at most so many bytes of them:
/// assert!(decisions.len() < MAX_HISTORY_BYTES as usize);
/// let erased = client.erase(&site, subject, Reason::Request)?;
/// assert!(erased.decisions >= 1);
///
/// // How many said what this year, all of it as a bundle, and the keys to check that with.
/// let counts = client.statistics(&site, StatisticsBy::Language, Some("2026-01-01"), Some("2027-01-01"))?;
/// assert!(counts.groups.len() < MAX_STATISTICS_BYTES as usize);
/// let mut file = std::fs::File::create("newsroom.zip")?;
/// client.export(&site, "bundle", (Some("2026-01-01"), None), &mut file)?;
/// let policy = client.policy(&site)?;
///
/// // Who does not listen is told again later.
/// for behind in client.webhooks(&site)?.webhooks.iter().filter(|one| one.failing_since.is_some()) {
///     client.replay(&site, &behind.id, &WebhookReplay::default())?;
/// }
///
/// // Anything else, in bounds.
/// let checkpoint = client.get("/v1/sites/newsroom/logs/2026/checkpoint", MAX_ANSWER_BYTES)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    server: String,
    token: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Client {
    /// Asks the server at this address, which begins with `https://` or `http://`.
    ///
    /// # Errors
    /// [`ClientError::Address`] if it does not, or has a query or a fragment.
    pub fn new(server: &str) -> Result<Self, ClientError> {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            // A token is for the server that was named, and for nobody that it points to.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("consent/", env!("CARGO_PKG_VERSION")));
        Self::of(server, config.build().new_agent())
    }

    /// The same through an agent with other limits, certificates or proxies. It must not turn a status into an error.
    ///
    /// # Errors
    /// See [`Client::new`].
    pub fn of(server: &str, agent: Agent) -> Result<Self, ClientError> {
        let rest = server.strip_prefix("https://").or_else(|| server.strip_prefix("http://"));
        let fits =
            rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(['?', '#']));
        if !fits {
            return Err(ClientError::Address);
        }
        Ok(Self { agent, server: server.trim_end_matches('/').to_owned(), token: None })
    }

    /// The same with a token, as `consent token create` prints it. Over `http://` everybody on the way can read it.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.trim().to_owned()), ..self }
    }

    /// The notice in force, in a language (BCP 47) and for a region; without them, the site's own language, and where the server
    /// takes the caller to be. Its fields fit its address.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn notice(
        &self,
        site: &SiteId,
        language: Option<&str>,
        region: Option<&str>,
    ) -> Result<Notice, ClientError> {
        let request = self.notice_request(site, language, region);
        let answer = self.bytes(request, 2 * MAX_NOTICE_BYTES as u64)?;
        Notice::from_answer(&answer).map_err(|_| ClientError::Answer)
    }

    /// The same as it was answered, for `Fresh::take` (feature `http`), unless it is the one that came with `tag`: then
    /// there is nothing, and that one is still in force.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn notice_unless(
        &self,
        site: &SiteId,
        language: Option<&str>,
        region: Option<&str>,
        tag: Option<&str>,
    ) -> Result<Option<NoticeAnswer>, ClientError> {
        let mut request = self.authorized(self.notice_request(site, language, region));
        if let Some(tag) = tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let answer = request.call()?;
        if tag.is_some() && answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let tag = answer.headers().get(ETAG).and_then(|tag| Some(tag.to_str().ok()?.to_owned()));
        Ok(Some(NoticeAnswer { body: read(answer, 2 * MAX_NOTICE_BYTES as u64)?, tag }))
    }

    /// A notice that the site has published. What comes is what its address stands for.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn notice_of(&self, site: &SiteId, id: NoticeId) -> Result<Notice, ClientError> {
        let request = self.agent.get(self.address(site, &format!("notices/{id}")));
        let notice = Notice::from_bytes(&self.bytes(request, MAX_NOTICE_BYTES as u64)?);
        notice.ok().filter(|notice| notice.id() == id).ok_or(ClientError::Answer)
    }

    /// Records a decision. After [`ClientError::NoAnswer`] it may be recorded or not: send the same request again, as often as
    /// you like.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn decide(&self, site: &SiteId, request: &DecisionRequest) -> Result<Acknowledgement, ClientError> {
        let body = serde_json::to_vec(request).map_err(|_| ClientError::Answer)?;
        let post = self.agent.post(self.address(site, "decisions"));
        let post = self.authorized(post).header(CONTENT_TYPE, "application/json");
        json(&read(post.send(body)?, MAX_ANSWER_BYTES)?)
    }

    /// The receipt of a decision: a C2SP tlog-proof. It proves something to whoever checks it
    /// ([`Receipt`](crate::receipt::Receipt)), and is not checked here.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn receipt(&self, site: &SiteId, decision: DecisionId) -> Result<String, ClientError> {
        let request = self.agent.get(self.address(site, &format!("decisions/{decision}/receipt")));
        String::from_utf8(self.bytes(request, MAX_ANSWER_BYTES)?).map_err(|_| ClientError::Answer)
    }

    /// Everything that a subject decided, oldest first. Needs a token.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn decisions(&self, site: &SiteId, subject: SubjectId) -> Result<Vec<PastDecision>, ClientError> {
        let request = self.agent.get(self.address(site, "decisions"));
        json(&self.bytes(request.query("subject_id", subject.to_string()), MAX_HISTORY_BYTES)?)
    }

    /// Erases everything that a subject decided. Needs an operator's token. Nobody can ask for what
    /// [`Reason::Retention`] stands for.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn erase(
        &self,
        site: &SiteId,
        subject: SubjectId,
        reason: Reason,
    ) -> Result<ErasureReport, ClientError> {
        let request = self.agent.delete(self.address(site, &format!("subjects/{subject}")));
        json(&self.bytes(request.query("reason", word(reason)), MAX_ANSWER_BYTES)?)
    }

    /// What visitors chose from the day `from` (`2026-11-01`) up to, but without, `to`, counted; the last thirty days if neither is
    /// named. Needs a token.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn statistics(
        &self,
        site: &SiteId,
        by: StatisticsBy,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<Statistics, ClientError> {
        let request = self.agent.get(self.address(site, "statistics")).query("by", by.as_str());
        json(&self.bytes(of_period(request, from, to), MAX_STATISTICS_BYTES)?)
    }

    /// The keys of a site's logs and of the heads log, and the witnesses: what receipts and bundles are checked with. Whoever keeps them
    /// trusts this server for the first time, and need not again.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn policy(&self, site: &SiteId) -> Result<Policy, ClientError> {
        let request = self.agent.get(self.address(site, "logs/policy"));
        Policy::parse(&self.bytes(request, MAX_ANSWER_BYTES)?).map_err(|_| ClientError::Answer)
    }

    /// Writes an export of a period into `into`, as it comes, and says how many bytes that were: `bundle`, `csv`, `jsonl` or `27560`. Days
    /// (`2026-11-01`) or moments, RFC 3339; without them, everything. It may take as long as it takes. Needs a token.
    ///
    /// # Errors
    /// See [`ClientError`]. [`ClientError::NoAnswer`] also if it breaks off, or `into` takes no more.
    pub fn export(
        &self,
        site: &SiteId,
        format: &str,
        (from, to): (Option<&str>, Option<&str>),
        into: &mut impl Write,
    ) -> Result<u64, ClientError> {
        let request = self.agent.get(self.address(site, "export")).query("format", format);
        let request = self.authorized(of_period(request, from, to));
        let mut answer = request.config().timeout_global(None).build().call()?;
        if !answer.status().is_success() {
            return read(answer, MAX_ANSWER_BYTES).map(|_| 0);
        }
        let length = answer.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let copied = std::io::copy(&mut answer.body_mut().as_reader(), into).map_err(ureq::Error::Io)?;
        if length.is_none_or(|length: u64| length == copied) { Ok(copied) } else { Err(ClientError::Answer) }
    }

    /// How far the receivers of a site's webhooks were told. Needs a token.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn webhooks(&self, site: &SiteId) -> Result<Webhooks, ClientError> {
        json(&self.bytes(self.agent.get(self.address(site, "webhooks")), MAX_ANSWER_BYTES)?)
    }

    /// Has a receiver told again what stands in a part of the logs. Needs an operator's token.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn replay(
        &self,
        site: &SiteId,
        webhook: &str,
        what: &WebhookReplay,
    ) -> Result<WebhookStatus, ClientError> {
        let body = serde_json::to_vec(what).map_err(|_| ClientError::Answer)?;
        let post = self.agent.post(self.address(site, &format!("webhooks/{webhook}/replays")));
        let post = self.authorized(post).header(CONTENT_TYPE, "application/json");
        json(&read(post.send(body)?, MAX_ANSWER_BYTES)?)
    }

    /// At most `most` bytes at any other path, such as a checkpoint of a log, a declaration, or `/metrics`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn get(&self, path: &str, most: u64) -> Result<Vec<u8>, ClientError> {
        self.bytes(self.agent.get(format!("{}{path}", self.server)), most)
    }

    fn notice_request(
        &self,
        site: &SiteId,
        language: Option<&str>,
        region: Option<&str>,
    ) -> RequestBuilder<WithoutBody> {
        let mut request = self.agent.get(self.address(site, "notice"));
        for (name, value) in [("lang", language), ("region", region)] {
            if let Some(value) = value {
                request = request.query(name, value);
            }
        }
        request
    }

    /// The address of something of a site.
    fn address(&self, site: &SiteId, what: &str) -> String {
        format!("{}/v1/sites/{site}/{what}", self.server)
    }

    fn authorized<T>(&self, request: RequestBuilder<T>) -> RequestBuilder<T> {
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    fn bytes(&self, request: RequestBuilder<WithoutBody>, most: u64) -> Result<Vec<u8>, ClientError> {
        read(self.authorized(request).call()?, most)
    }
}

/// What was asked for, or why it was refused.
fn read(mut answer: Response<Body>, most: u64) -> Result<Vec<u8>, ClientError> {
    let status = answer.status();
    let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let most = if status.is_success() { most } else { MAX_ANSWER_BYTES };
    let body = match answer.body_mut().with_config().limit(most).read_to_vec() {
        Err(ureq::Error::BodyExceedsLimit(_)) => return Err(ClientError::TooLarge),
        body => body?,
    };
    if status.is_success() {
        return Ok(body);
    }
    match serde_json::from_slice::<ProblemDetails>(&body) {
        Ok(problem) if problem.status == status.as_u16() => {
            Err(ClientError::Refused { problem, retry_after })
        }
        _ => Err(ClientError::Status(status.as_u16())),
    }
}

fn of_period(
    mut request: RequestBuilder<WithoutBody>,
    from: Option<&str>,
    to: Option<&str>,
) -> RequestBuilder<WithoutBody> {
    for (name, value) in [("from", from), ("to", to)] {
        if let Some(value) = value {
            request = request.query(name, value);
        }
    }
    request
}

/// The word for a reason in a query.
const fn word(reason: Reason) -> &'static str {
    match reason {
        Reason::Request => "request",
        Reason::Retention => "retention",
        Reason::Legal => "legal",
    }
}

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ClientError> {
    serde_json::from_slice(body).map_err(|_| ClientError::Answer)
}
