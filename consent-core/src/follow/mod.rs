//! Fetches the notice in force from a server, and keeps it fresh, in a thread of its own: requests wait for nothing.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use consent_core::client::Client;
//! use consent_core::enforce::Enforcer;
//! use consent_core::follow::Follow;
//! use consent_core::web::Fresh;
//! # use std::io::{Read as _, Write as _};
//! # let notice = consent_core::notice::Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
//! # let body = String::from_utf8(notice.bytes().to_vec())?;
//! # let body = body.replacen('{', &format!("{{\"notice_id\":\"{}\",", notice.id()), 1);
//! # let site = notice.site.clone();
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let server = format!("http://{}", listener.local_addr()?);
//! # std::thread::spawn(move || {
//! #     let (mut stream, _) = listener.accept().unwrap();
//! #     let _ = stream.read(&mut [0; 4096]).unwrap();
//! #     write!(stream, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
//! # });
//!
//! let fresh = Arc::new(Fresh::new(time::Duration::hours(1), Enforcer::new));
//! let client = Client::new(&server)?; // "https://consent.example"
//! let follower = Follow::new(client, site).language("fr").region("FR").start(Arc::clone(&fresh))?;
//! assert!(follower.wait(Duration::from_secs(10)), "or the service starts all the same, and grants nothing until it is there");
//! assert!(fresh.last().is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! While the server can not be asked, the last notice stays in force, for as long as [`Fresh`] was told; after that everything is
//! denied until it is confirmed. One that was compiled in or lies in a file helps over the start: hand it to [`Fresh::take`] first.

mod pace;
mod round;

use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use self::round::Round;
use crate::client::{Client, ClientError};
use crate::notice::{NoticeError, NoticeId, SiteId};
use crate::web::Fresh;

/// How often is asked if nothing else is said: so long a change may take to arrive.
pub const EVERY: Duration = Duration::from_secs(60);

/// The shortest time between two questions. Less is asked of no server, whatever is said.
pub const SHORTEST: Duration = Duration::from_millis(100);

/// Why a question brought no notice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// The server can not be reached, or refuses.
    #[error("the server was asked for the notice in force: {0}")]
    Client(#[from] ClientError),
    /// What it answers is no notice, or one of another site.
    #[error("the server's answer is not taken: {0}")]
    Notice(#[from] NoticeError),
}

/// What a question has brought.
///
/// ```
/// use std::sync::{Arc, mpsc};
/// use std::time::Duration;
///
/// use consent_core::client::Client;
/// use consent_core::follow::{EVERY, Failing, Follow, FollowError, Follower, SHORTEST, Told};
/// use consent_core::{enforce::Enforcer, web::Fresh};
/// # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
/// # let server = format!("http://{}", listener.local_addr()?);
/// # drop(listener); // nobody answers there any more
///
/// let (tell, told) = mpsc::channel();
/// let fresh = Arc::new(Fresh::new(time::Duration::hours(1), Enforcer::new));
/// let follower: Follower = Follow::new(Client::new(&server)?, "newsroom".parse()?)
///     .every(EVERY.max(SHORTEST))
///     .on_told(move |what| _ = tell.send(matches!(what, Told::Failed(_))))
///     .start(fresh)?;
/// assert!(told.recv_timeout(Duration::from_secs(30))?, "the server is not there");
/// let failing: Failing = follower.failing().ok_or("it answers")?;
/// assert!(failing.times >= 1 && matches!(*failing.why, FollowError::Client(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Told {
    /// Another notice than before is in force.
    Changed(NoticeId),
    /// The same as before.
    Unchanged,
    /// Nothing; the last one stays, until it is too old.
    Failed(Failing),
}

/// Why no notice came lately.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failing {
    /// When the first question failed after the last one that did not.
    pub since: OffsetDateTime,
    /// How many have failed since then.
    pub times: u32,
    /// Why the last one did.
    pub why: Arc<FollowError>,
    /// How long it is until the next one.
    pub again_in: Duration,
}

/// What is fetched, from whom, and how often.
pub struct Follow {
    client: Client,
    site: SiteId,
    language: Option<String>,
    region: Option<String>,
    every: Duration,
    tell: Box<dyn Fn(&Told) + Send>,
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow").field("site", &self.site).field("every", &self.every).finish_non_exhaustive()
    }
}

impl Follow {
    /// The notice of a site, in the site's own language and for where the server takes this machine to be, every minute.
    #[must_use]
    pub fn new(client: Client, site: SiteId) -> Self {
        Self { client, site, language: None, region: None, every: EVERY, tell: Box::new(|_| {}) }
    }

    /// In another language (BCP 47).
    #[must_use]
    pub fn language(self, language: &str) -> Self {
        Self { language: Some(language.to_owned()), ..self }
    }

    /// For a region, such as `FR` or `US-CA`.
    #[must_use]
    pub fn region(self, region: &str) -> Self {
        Self { region: Some(region.to_owned()), ..self }
    }

    /// How often is asked, give or take a tenth, so that many services do not ask at once; at least [`SHORTEST`].
    #[must_use]
    pub fn every(self, every: Duration) -> Self {
        Self { every: every.max(SHORTEST), ..self }
    }

    /// Calls this after each question, in the thread that asks: for a log, or metrics.
    #[must_use]
    pub fn on_told(self, tell: impl Fn(&Told) + Send + 'static) -> Self {
        Self { tell: Box::new(tell), ..self }
    }

    /// Begins to ask, at once, and returns at once. It ends when what is returned is dropped.
    ///
    /// # Errors
    /// If no thread can be had.
    pub fn start(self, fresh: Arc<Fresh>) -> io::Result<Follower> {
        let shared = Arc::new(Shared::default());
        let followed = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("consent-follow".to_owned())
            .spawn(move || Round::new(self, fresh).run(&followed))?;
        Ok(Follower { shared })
    }
}

/// Keeps a notice fresh until it is dropped. A question that is under way then ends by itself, and changes nothing any more.
#[must_use = "what is dropped follows nothing"]
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
}

impl Follower {
    /// Waits until the first question was answered with a notice, for at most so long. Says whether it was. In asynchronous code,
    /// call it where blocking is allowed.
    #[must_use]
    pub fn wait(&self, longest: Duration) -> bool {
        let begun = Instant::now();
        let mut state = self.shared.lock();
        while !state.is_answered {
            let left = longest.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Why no notice came lately; `None` if the last question was answered, or none was yet.
    #[must_use]
    pub fn failing(&self) -> Option<Failing> {
        self.shared.lock().failing.clone()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
    }
}

/// What the thread that asks and whoever holds it know of each other.
#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    is_over: bool,
    is_answered: bool,
    failing: Option<Failing>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits so long, or until it is over; says whether it is.
    fn pause(&self, long: Duration) -> bool {
        let begun = Instant::now();
        let mut state = self.lock();
        while !state.is_over {
            let left = long.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
