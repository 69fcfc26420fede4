//! Who is signed in. A session is a document beside the logs, under the digest of a secret that only the browser has; so processes that
//! share a store share sessions, and who reads the store can not sign in.

use consent_core::digest::{Digest, encode_base64url};
use consent_core::notice::SiteId;
use serde::{Deserialize, Serialize};

use crate::anchors::heads_site;
use crate::data::{Role, Tokens};
use crate::store::{Store, StoreError};

/// Where sessions are kept, before their digest.
const DOCUMENTS: &str = "console/sessions/";

/// A session ends so many seconds after it began, whatever happens,
const AT_MOST: u64 = 12 * 3600;

/// or so many after it was used last;
const UNUSED: u64 = 3600;

/// and gets another secret when the one it has is so old.
const RENEWED: u64 = 900;

/// Requests that were on their way with the secret before still count for so long.
const OVERLAP: u64 = 30;

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
    /// When it got the secret that it has, unix seconds.
    pub(super) used: u64,
    /// What the browser calls itself, in two words.
    pub(super) agent: String,
    /// When it ends because another secret has taken its place; 0 if none has.
    replaced: u64,
}

/// What a browser holds of a session: 256 random bits.
#[derive(Clone)]
pub(super) struct Secret(String);

impl Secret {
    fn fresh() -> Option<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(encode_base64url(&bytes)))
    }

    /// One that a browser sends, if it has the form of one.
    pub(super) fn read(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (text.len() == 43 && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// What a form of this session has to send along: nobody who can not read the session's pages knows it.
    pub(super) fn form_token(&self) -> String {
        Digest::of(format!("form {}", self.0).as_bytes()).to_string()
    }

    /// Whether a form sent that. Digests are compared, so that how long it takes says nothing.
    pub(super) fn fits(&self, form_token: &str) -> bool {
        Digest::of(self.form_token().as_bytes()) == Digest::of(form_token.as_bytes())
    }

    /// The name of the session for its owner, and of its document. Says nothing of the secret.
    pub(super) fn name(&self) -> String {
        let digest = Digest::of(self.0.as_bytes());
        digest.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Begins a session for whoever has this token; `None` if the server does not know it, or has no random numbers.
pub(super) fn begin(
    store: &dyn Store,
    tokens: &Tokens,
    token: &str,
    agent: &str,
    now: u64,
) -> Result<Option<Secret>, StoreError> {
    let (Some(grant), Some(secret)) = (tokens.find(token), Secret::fresh()) else { return Ok(None) };
    let token = Digest::of(token.as_bytes());
    let agent = agent.to_owned();
    let session =
        Session { role: grant.role, site: grant.site, token, began: now, used: now, agent, replaced: 0 };
    sweep(store, now)?;
    keep(store, &secret.name(), &session)?;
    Ok(Some(secret))
}

/// The session of a secret, if it goes on; and another secret, if it is time for one.
pub(super) fn find(
    store: &dyn Store,
    tokens: &Tokens,
    secret: &Secret,
    now: u64,
) -> Result<Option<(Session, Option<Secret>)>, StoreError> {
    let name = secret.name();
    let Some(mut session) = read(store, &name)? else { return Ok(None) };
    let grant = tokens.granted(session.token);
    // A token that was taken away, or changed, ends its sessions.
    let holds = grant.is_some_and(|grant| grant.role == session.role && grant.site == session.site);
    if !holds || is_over(&session, now) {
        discard(store, &name)?;
        return Ok(None);
    }
    if now < session.used + RENEWED || session.replaced > 0 {
        return Ok(Some((session, None)));
    }
    let Some(next) = Secret::fresh() else { return Ok(Some((session, None))) };
    keep(store, &name, &Session { replaced: now + OVERLAP, ..session.clone() })?;
    session.used = now;
    keep(store, &next.name(), &session)?;
    Ok(Some((session, Some(next))))
}

/// Ends one session.
pub(super) fn end(store: &dyn Store, name: &str) -> Result<(), StoreError> {
    discard(store, name)
}

/// All sessions that were begun with the same token as this one, by their names, newest first.
pub(super) fn of_same(
    store: &dyn Store,
    session: &Session,
    now: u64,
) -> Result<Vec<(String, Session)>, StoreError> {
    let mut all = Vec::new();
    for name in store.kept_names(&heads_site(), DOCUMENTS)? {
        let name = name.trim_start_matches(DOCUMENTS).to_owned();
        if let Some(other) = read(store, &name)?
            && other.token == session.token
            && !is_over(&other, now)
            && other.replaced == 0
        {
            all.push((name, other));
        }
    }
    all.sort_by_key(|(_, session)| std::cmp::Reverse(session.used));
    Ok(all)
}

/// Ends all sessions that were begun with the same token as this one.
pub(super) fn end_same(store: &dyn Store, session: &Session) -> Result<(), StoreError> {
    for name in store.kept_names(&heads_site(), DOCUMENTS)? {
        let name = name.trim_start_matches(DOCUMENTS);
        if read(store, name)?.is_some_and(|other| other.token == session.token) {
            discard(store, name)?;
        }
    }
    Ok(())
}

/// Removes what is over, so that sessions that nobody ends do not pile up.
fn sweep(store: &dyn Store, now: u64) -> Result<(), StoreError> {
    for name in store.kept_names(&heads_site(), DOCUMENTS)? {
        let name = name.trim_start_matches(DOCUMENTS);
        if read(store, name)?.is_none_or(|session| is_over(&session, now)) {
            discard(store, name)?;
        }
    }
    Ok(())
}

const fn is_over(session: &Session, now: u64) -> bool {
    now >= session.began + AT_MOST
        || now >= session.used + UNUSED
        || session.replaced > 0 && now >= session.replaced
}

fn read(store: &dyn Store, name: &str) -> Result<Option<Session>, StoreError> {
    let kept = store.kept(&heads_site(), &format!("{DOCUMENTS}{name}"))?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

fn keep(store: &dyn Store, name: &str, session: &Session) -> Result<(), StoreError> {
    // Numbers and texts always have a JSON form.
    let bytes = serde_json::to_vec(session).unwrap_or_default();
    store.keep(&heads_site(), &format!("{DOCUMENTS}{name}"), &bytes)
}

fn discard(store: &dyn Store, name: &str) -> Result<(), StoreError> {
    store.discard(&heads_site(), &format!("{DOCUMENTS}{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    const NOW: u64 = 1_795_435_200;

    fn place() -> (tempfile::TempDir, Tokens, MemoryStore, String) {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(folder.path().join("tokens.json")).unwrap();
        let token = tokens.make(Role::Auditor, None).unwrap();
        (folder, tokens, MemoryStore::default(), token)
    }

    #[test]
    fn a_session_begins_with_a_token_and_ends_in_time_or_with_the_token() {
        let (folder, tokens, store, token) = place();
        assert!(begin(&store, &tokens, "consent_none", "", NOW).unwrap().is_none());
        let secret = begin(&store, &tokens, &token, "a browser", NOW).unwrap().unwrap();
        let find = |secret: &Secret, now| find(&store, &tokens, secret, now).unwrap();
        assert_eq!(find(&secret, NOW).unwrap().0.role, Role::Auditor);
        assert!(find(&Secret::fresh().unwrap(), NOW).is_none());
        assert!(find(&secret, NOW + UNUSED).is_none(), "nobody used it");
        assert!(find(&secret, NOW).is_none(), "what has ended does not begin again");
        let secret = begin(&store, &tokens, &token, "", NOW).unwrap().unwrap();
        std::fs::remove_file(folder.path().join("tokens.json")).unwrap();
        assert!(find(&secret, NOW).is_none(), "its token is gone");
    }

    #[test]
    fn a_session_gets_another_secret_and_the_one_before_is_worth_nothing_soon() {
        let (_folder, tokens, store, token) = place();
        let find = |secret: &Secret, now| find(&store, &tokens, secret, now).unwrap();
        let first = begin(&store, &tokens, &token, "", NOW).unwrap().unwrap();
        assert!(find(&first, NOW + RENEWED - 1).unwrap().1.is_none());
        let second = find(&first, NOW + RENEWED).unwrap().1.unwrap();
        assert!(find(&first, NOW + RENEWED + 1).unwrap().1.is_none(), "one that was on its way");
        assert!(find(&first, NOW + RENEWED + OVERLAP).is_none());
        assert!(find(&second, NOW + RENEWED + OVERLAP).is_some());
        // However often it is used, it ends.
        let (mut secret, mut now) = (second, NOW + RENEWED);
        while let Some((_, next)) = find(&secret, now) {
            secret = next.unwrap_or(secret);
            now += RENEWED;
        }
        assert_eq!(now, NOW + AT_MOST);
    }

    #[test]
    fn all_sessions_of_a_token_are_told_and_ended_and_no_others() {
        let (_folder, tokens, store, token) = place();
        let other = tokens.make(Role::Operator, None).unwrap();
        let own: Vec<_> =
            (0..2).map(|at| begin(&store, &tokens, &token, "", NOW + at).unwrap().unwrap()).collect();
        let foreign = begin(&store, &tokens, &other, "", NOW).unwrap().unwrap();
        let (session, _) = find(&store, &tokens, &own[0], NOW + 1).unwrap().unwrap();
        let names: Vec<_> =
            of_same(&store, &session, NOW + 1).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, [own[1].name(), own[0].name()]);
        end_same(&store, &session).unwrap();
        for secret in &own {
            assert!(find(&store, &tokens, secret, NOW + 1).unwrap().is_none());
        }
        assert!(find(&store, &tokens, &foreign, NOW + 1).unwrap().is_some());
        end(&store, &foreign.name()).unwrap();
        assert!(find(&store, &tokens, &foreign, NOW + 1).unwrap().is_none());
    }

    #[test]
    fn what_is_no_secret_is_not_looked_up() {
        let secret = Secret::fresh().unwrap();
        assert!(Secret::read(secret.as_str()).is_some());
        for odd in
            ["", "a", "../../../../../../../../../../../../../../tokens", &"é".repeat(21), &"a".repeat(44)]
        {
            assert!(Secret::read(odd).is_none(), "{odd}");
        }
        assert!(secret.fits(&secret.form_token()) && !secret.fits("") && !secret.fits(secret.as_str()));
    }
}
