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
use crate::config::OpenIdConfig;
use crate::data::{Grant, Role, Tokens, name_of};
use crate::openid::Person;
use crate::store::{Store, StoreError};
use crate::trail::By;

/// Where sessions are kept, before their id.
const DOCUMENTS: &str = "console/sessions/";

/// Where the secret is with which people are named.
const NAME_SECRET: &str = "console/name-secret";

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
    /// Whose it is: the digest of the token that it was begun with, or the name of a person.
    #[serde(rename = "token")]
    whose: Digest,
    /// What let that person in, by its name. Without a token, or this, there is no session either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grant: Option<Digest>,
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
        by(self.whose, self.grant.is_some(), self.role)
    }

    /// Whether a provider vouched for somebody, and not a token.
    pub(super) const fn is_person(&self) -> bool {
        self.grant.is_some()
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

fn by(whose: Digest, is_person: bool, role: Role) -> By {
    let name = name_of(whose);
    By::named(&if is_person { format!("openid-{name}") } else { name }, role, Via::Console)
}

/// Whose a session will be.
#[derive(Clone, Debug)]
pub(super) struct Who {
    whose: Digest,
    grant: Option<Digest>,
    role: Role,
    site: Option<SiteId>,
}

impl Who {
    /// Somebody with a token that is good for this.
    pub(super) fn bearer(token: &str, grant: Grant) -> Self {
        let Grant { role, site, .. } = grant;
        Self { whose: Digest::of(token.as_bytes()), grant: None, role, site }
    }

    /// Somebody for whom a provider has vouched; `None` if the server has no random numbers. The trail is for ever and says who did
    /// what, so what they are called in it tells nobody who they are: it is made with a secret of the store, and without that
    /// nobody can try out whose it is.
    pub(super) fn person(store: &dyn Store, person: &Person) -> Result<Option<Self>, StoreError> {
        let Some(secret) = name_secret(store)? else { return Ok(None) };
        let Person { subject, grant, role, ref site } = *person;
        let whose = Digest::of(&[b"consent-openid-person/v1\0", &secret.0[..], &subject.0[..]].concat());
        Ok(Some(Self { whose, grant: Some(grant), role, site: site.clone() }))
    }

    /// For the trail.
    pub(super) fn by(&self) -> By {
        by(self.whose, self.grant.is_some(), self.role)
    }
}

/// What sessions rest on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) tokens: &'a Tokens,
    pub(crate) openid: Option<&'a OpenIdConfig>,
}

impl Standing<'_> {
    /// Whether what a session was begun with still lets somebody in, for the same.
    fn holds(&self, session: &Session) -> bool {
        let Some(grant) = session.grant else {
            let grant = self.tokens.granted(session.whose);
            return grant.is_some_and(|grant| grant.role == session.role && grant.site == session.site);
        };
        // Role and site are part of its name.
        self.openid.is_some_and(|config| config.has(grant))
    }
}

/// Begins a session; `None` if the server has no random numbers.
pub(super) fn begin(
    store: &dyn Store,
    who: &Who,
    agent: String,
    now: u64,
) -> Result<Option<Key>, StoreError> {
    let (Some(key), Some(form_token)) = (Key::fresh(None), random::<32>()) else { return Ok(None) };
    let session = Session {
        role: who.role,
        site: who.site.clone(),
        whose: who.whose,
        grant: who.grant,
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
    standing: &Standing<'_>,
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
    // A token that was taken away, or changed, ends its sessions; and so does a grant.
    if !standing.holds(&session) || session.is_over(now) {
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

/// Ends a session, if it is of the same token or person as this one; whether there was one.
pub(super) fn end(store: &dyn Store, id: &str, by: &Session) -> Result<bool, StoreError> {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_same = is_id(id) && read(store, id)?.is_some_and(|found| found.whose == by.whose);
    if is_same {
        discard(store, id)?;
    }
    Ok(is_same)
}

/// All sessions of the same token or person as this one, the one that was used last first.
pub(super) fn of_same(store: &dyn Store, session: &Session, now: u64) -> Result<Vec<Held>, StoreError> {
    let is_same = |other: &Session| other.whose == session.whose && !other.is_over(now);
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
        if other.is_some_and(|other| other.whose == session.whose) {
            discard(store, &id)?;
        }
    }
    Ok(())
}

/// The secret with which people are named. It is read each time, so that of two processes that make one at once both go on with the one
/// that stayed.
fn name_secret(store: &dyn Store) -> Result<Option<Digest>, StoreError> {
    let read = |bytes: Vec<u8>| Some(Digest(bytes.try_into().ok()?));
    if let Some(secret) = store.kept(&heads_site(), NAME_SECRET)?.and_then(read) {
        return Ok(Some(secret));
    }
    let Some(fresh) = random::<32>() else { return Ok(None) };
    store.keep(&heads_site(), NAME_SECRET, &fresh)?;
    Ok(store.kept(&heads_site(), NAME_SECRET)?.and_then(read))
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
