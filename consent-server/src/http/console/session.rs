//! Who is signed in. A session is a document beside the logs, under an id of its own that stays; what proves it is a secret that only the
//! browser has, of which the document has the digest. So processes that share a store share sessions, and who reads the store can not
//! sign in.
//!
//! A secret is replaced while it is used. The one before counts until the browser has shown the new one, and for some seconds more:
//! an answer can get lost, and other requests may be on their way.

use std::sync::{Mutex, PoisonError};

use consent_core::digest::{Digest, encode_base64url};
use consent_core::ledger::entry::action::Via;
use consent_core::notice::SiteId;
use serde::{Deserialize, Serialize};

use crate::anchors::heads_site;
use crate::data::{Role, Tokens, name_of};
use crate::store::{Store, StoreError};
use crate::trail::By;

/// Where sessions are kept, before their id.
const DOCUMENTS: &str = "console/sessions/";

/// A session ends so many seconds after it began, whatever happens,
const AT_MOST: u64 = 12 * 3600;

/// or so many after it was used last;
const UNUSED: u64 = 3600;

/// and gets another secret when the one it has is so old.
const RENEWED: u64 = 900;

/// The secret before still counts for so long after the new one was seen; and an answer that has not arrived by then is lost.
const OVERLAP: u64 = 30;

/// Use is noted no more often than this.
const NOTED: u64 = 60;

/// One reads and writes a session at a time: what was ended must not be written again by somebody who read it before.
static TURN: Mutex<()> = Mutex::new(());

/// What is kept of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub(super) role: Role,
    /// Where; `None` is everywhere.
    pub(super) site: Option<SiteId>,
    /// The token that it was begun with: without it there is no session either.
    token: Digest,
    /// When it began, unix seconds.
    pub(super) began: u64,
    /// When it was used last, to the minute.
    pub(super) used: u64,
    /// What the browser calls itself, in a few words.
    pub(super) agent: String,
    /// What its forms send along: nobody who can not read its pages knows it.
    form_token: String,
    secret: Digest,
    /// When it got that one.
    renewed: u64,
    /// Whether the browser has shown it.
    is_seen: bool,
    before: Option<Digest>,
    /// Until when the one before counts, if the new one was seen.
    before_until: u64,
}

/// A session as its owner has it.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// Its name in the list and in the store. Says nothing of the secret.
    pub(super) id: String,
    pub(super) session: Session,
}

/// What a browser holds of a session: its id and 256 random bits.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) id: String,
    secret: String,
}

impl Key {
    fn fresh(id: Option<&str>) -> Option<Self> {
        let id = id.map(str::to_owned).or_else(|| random::<16>().map(hex));
        Some(Self { id: id?, secret: encode_base64url(&random::<32>()?) })
    }

    /// One that a browser sends, if it has the form of one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once('.')?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_secret = secret.len() == 43 && secret.bytes().all(fits);
        (is_id(id) && is_secret).then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    pub(super) fn to_text(&self) -> String {
        format!("{}.{}", self.id, self.secret)
    }

    fn digest(&self) -> Digest {
        Digest::of(self.secret.as_bytes())
    }
}

impl Session {
    /// For the trail: on whose behalf something is done in it.
    pub(super) fn by(&self) -> By {
        By::named(&name_of(self.token), self.role, Via::Console)
    }

    pub(super) fn form_token(&self) -> &str {
        &self.form_token
    }

    /// Whether a form sent what this session's forms do. Digests are compared, so that how long it takes says nothing.
    pub(super) fn fits(&self, form_token: &str) -> bool {
        Digest::of(self.form_token.as_bytes()) == Digest::of(form_token.as_bytes())
    }

    const fn is_over(&self, now: u64) -> bool {
        now >= self.began + AT_MOST || now >= self.used + UNUSED
    }
}

/// Begins a session for whoever has this token; `None` if the server does not know it, or has no random numbers.
pub(super) fn begin(
    store: &dyn Store,
    tokens: &Tokens,
    token: &str,
    agent: String,
    now: u64,
) -> Result<Option<Key>, StoreError> {
    let Some(grant) = tokens.find(token) else { return Ok(None) };
    let (Some(key), Some(form_token)) = (Key::fresh(None), random::<32>()) else { return Ok(None) };
    let session = Session {
        role: grant.role,
        site: grant.site,
        token: Digest::of(token.as_bytes()),
        began: now,
        used: now,
        agent,
        form_token: encode_base64url(&form_token),
        secret: key.digest(),
        renewed: now,
        is_seen: false,
        before: None,
        before_until: 0,
    };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // What is over and was never ended goes, so that it does not pile up.
    for (id, old) in all(store)? {
        if old.is_none_or(|old| old.is_over(now)) {
            discard(store, &id)?;
        }
    }
    keep(store, &key.id, &session)?;
    Ok(Some(key))
}

/// The session of a key, if it goes on; and the key that takes the place of this one, if it is time for that.
pub(super) fn find(
    store: &dyn Store,
    tokens: &Tokens,
    key: &Key,
    now: u64,
) -> Result<Option<(Held, Option<Key>)>, StoreError> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(mut session) = read(store, &key.id)? else { return Ok(None) };
    let digest = key.digest();
    let is_current = digest == session.secret;
    let counts_still = !session.is_seen || now < session.before_until;
    let is_before = session.before == Some(digest) && counts_still;
    if !is_current && !is_before {
        return Ok(None);
    }
    // A token that was taken away, or changed, ends its sessions.
    let grant = tokens.granted(session.token);
    let holds = grant.is_some_and(|grant| grant.role == session.role && grant.site == session.site);
    if !holds || session.is_over(now) {
        discard(store, &key.id)?;
        return Ok(None);
    }
    let read = session.clone();
    if now >= session.used + NOTED {
        session.used = now;
    }
    if is_current && !session.is_seen {
        (session.is_seen, session.before_until) = (true, now + OVERLAP);
    }
    let is_time = if is_current {
        now >= session.renewed + RENEWED
    } else {
        !session.is_seen && now >= session.renewed + OVERLAP
    };
    let next = if is_time { Key::fresh(Some(&key.id)) } else { None };
    if let Some(next) = &next {
        (session.secret, session.before) = (next.digest(), Some(digest));
        (session.renewed, session.is_seen, session.used) = (now, false, now);
    }
    if session != read {
        keep(store, &key.id, &session)?;
    }
    Ok(Some((Held { id: key.id.clone(), session }, next)))
}

/// Ends a session, if it was begun with the same token as this one; whether there was one.
pub(super) fn end(store: &dyn Store, id: &str, by: &Session) -> Result<bool, StoreError> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_same = is_id(id) && read(store, id)?.is_some_and(|found| found.token == by.token);
    if is_same {
        discard(store, id)?;
    }
    Ok(is_same)
}

/// All sessions that were begun with the same token as this one, the one that was used last first.
pub(super) fn of_same(store: &dyn Store, session: &Session, now: u64) -> Result<Vec<Held>, StoreError> {
    let is_same = |other: &Session| other.token == session.token && !other.is_over(now);
    let found =
        all(store)?.into_iter().filter_map(|(id, other)| Some(Held { id, session: other.filter(is_same)? }));
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|held| std::cmp::Reverse((held.session.used, held.session.began)));
    Ok(found)
}

/// Ends all of them.
pub(super) fn end_same(store: &dyn Store, session: &Session) -> Result<(), StoreError> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for (id, other) in all(store)? {
        if other.is_some_and(|other| other.token == session.token) {
            discard(store, &id)?;
        }
    }
    Ok(())
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

fn hex(bytes: [u8; 16]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// All that are kept; `None` for what can not be read.
fn all(store: &dyn Store) -> Result<Vec<(String, Option<Session>)>, StoreError> {
    let mut all = Vec::new();
    for name in store.kept_names(&heads_site(), DOCUMENTS)? {
        let id = name.strip_prefix(DOCUMENTS).unwrap_or_default();
        all.push((id.to_owned(), read(store, id)?));
    }
    Ok(all)
}

fn read(store: &dyn Store, id: &str) -> Result<Option<Session>, StoreError> {
    let kept = store.kept(&heads_site(), &format!("{DOCUMENTS}{id}"))?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn keep(store: &dyn Store, id: &str, session: &Session) -> Result<(), StoreError> {
    // Numbers and texts always have a JSON form.
    let bytes = serde_json::to_vec(session).unwrap_or_default();
    store.keep(&heads_site(), &format!("{DOCUMENTS}{id}"), &bytes)
}

fn discard(store: &dyn Store, id: &str) -> Result<(), StoreError> {
    store.discard(&heads_site(), &format!("{DOCUMENTS}{id}"))
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
