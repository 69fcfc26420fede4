//! Sessions over time, and what becomes of answers that get lost.

use super::*;
use crate::store::MemoryStore;
use crate::testing::timing::{examine, long_secret};

const NOW: u64 = 1_795_435_200;

struct Place {
    folder: tempfile::TempDir,
    tokens: Tokens,
    store: MemoryStore,
    token: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tokens = Tokens::open(folder.path().join("tokens.json")).unwrap();
        let token = tokens.make(Role::Auditor, None).unwrap();
        Self { folder, tokens, store: MemoryStore::default(), token }
    }

    fn begin(&self, token: &str, now: u64) -> Option<Key> {
        let who = Who::bearer(token, self.tokens.find(token)?);
        begin(&self.store, &who, String::new(), now).unwrap()
    }

    fn find(&self, key: &Key, now: u64) -> Option<(Held, Option<Key>)> {
        find(&self.store, &Standing { tokens: &self.tokens, openid: None }, key, now).unwrap()
    }
}

#[test]
fn a_session_begins_with_a_token_and_ends_in_time_or_with_the_token() {
    let place = Place::new();
    assert!(place.begin("consent_none", NOW).is_none());
    let key = place.begin(&place.token, NOW).unwrap();
    assert_eq!(place.find(&key, NOW).unwrap().0.session.role, Role::Auditor);
    let guessed = Key { id: key.id.clone(), ..Key::fresh(None).unwrap() };
    assert!(place.find(&guessed, NOW).is_none() && place.find(&Key::fresh(None).unwrap(), NOW).is_none());
    assert!(place.find(&key, NOW + UNUSED).is_none(), "nobody used it");
    assert!(place.find(&key, NOW).is_none(), "what has ended does not begin again");
    let key = place.begin(&place.token, NOW).unwrap();
    std::fs::remove_file(place.folder.path().join("tokens.json")).unwrap();
    assert!(place.find(&key, NOW).is_none(), "its token is gone");
}

#[test]
fn a_session_gets_another_secret_and_the_one_before_is_worth_nothing_soon() {
    let place = Place::new();
    let first = place.begin(&place.token, NOW).unwrap();
    assert!(place.find(&first, NOW + RENEWED - 1).unwrap().1.is_none());
    let (held, second) = place.find(&first, NOW + RENEWED).unwrap();
    let second = second.unwrap();
    assert_eq!((&second.id, held.id), (&first.id, first.id.clone()), "it stays the same session");
    assert!(place.find(&first, NOW + RENEWED + 1).unwrap().1.is_none(), "one that was on its way");
    let seen = NOW + RENEWED + 2;
    assert!(place.find(&second, seen).is_some());
    assert!(place.find(&first, seen + OVERLAP - 1).is_some());
    assert!(place.find(&first, seen + OVERLAP).is_none());
    assert!(place.find(&second, seen + OVERLAP).is_some());
    // However often it is used, it ends.
    let (mut key, mut now) = (second, seen);
    while let Some((_, next)) = place.find(&key, now) {
        key = next.unwrap_or(key);
        now += RENEWED;
    }
    assert!((NOW + AT_MOST..NOW + AT_MOST + RENEWED).contains(&now));
}

#[test]
fn an_answer_that_gets_lost_signs_nobody_out() {
    let place = Place::new();
    let first = place.begin(&place.token, NOW).unwrap();
    let lost = place.find(&first, NOW + RENEWED).unwrap().1.unwrap();
    // Long after: the browser still has the first one, and is given another one again.
    let again = place.find(&first, NOW + RENEWED + 600).unwrap().1.unwrap();
    assert!(again != lost);
    assert!(place.find(&lost, NOW + RENEWED + 601).is_none());
    assert!(place.find(&again, NOW + RENEWED + 602).is_some());
    assert!(place.find(&first, NOW + RENEWED + 602 + OVERLAP).is_none());
}

#[test]
fn all_sessions_of_a_token_are_told_and_ended_and_no_others() {
    let place = Place::new();
    let other = place.tokens.make(Role::Operator, None).unwrap();
    let own: Vec<_> = (0..2).map(|at| place.begin(&place.token, NOW + at).unwrap()).collect();
    let foreign = place.begin(&other, NOW).unwrap();
    let (held, _) = place.find(&own[0], NOW + 1).unwrap();
    let same = of_same(&place.store, &held.session, NOW + 1).unwrap();
    assert_eq!(
        same.into_iter().map(|held| held.id).collect::<Vec<_>>(),
        [own[1].id.clone(), own[0].id.clone()]
    );
    assert!(!end(&place.store, &foreign.id, &held.session).unwrap());
    // By the id, which outlives a secret.
    let renewed = place.find(&own[1], NOW + RENEWED + 1).unwrap().1.unwrap();
    assert!(end(&place.store, &own[1].id, &held.session).unwrap());
    assert!(
        place.find(&renewed, NOW + RENEWED + 2).is_none() && place.find(&own[1], NOW + RENEWED + 2).is_none()
    );
    assert!(!end(&place.store, &own[1].id, &held.session).unwrap());
    end_same(&place.store, &held.session).unwrap();
    assert!(place.find(&own[0], NOW + 1).is_none());
    assert!(place.find(&foreign, NOW + 1).is_some());
}

#[test]
fn what_is_no_key_is_not_looked_up() {
    let key = Key::fresh(None).unwrap();
    assert!(Key::read(&key.to_text()) == Some(key.clone()));
    let secret = "a".repeat(43);
    for odd in [
        "",
        "a",
        ".",
        &secret,
        &format!("../../../../../../../../../../t.{secret}"),
        &format!("{}.{}", key.id, "é".repeat(21)),
        &format!("{}.{secret}a", key.id),
    ] {
        assert!(Key::read(odd).is_none(), "{odd}");
    }
}

#[test]
fn how_long_a_guess_takes_says_nothing_of_a_session_or_of_its_forms() {
    let (place, secret) = (Place::new(), long_secret());
    let key = place.begin(&place.token, NOW).unwrap();
    let mut session = place.find(&key, NOW).unwrap().0.session;
    session.secret = Digest::of(secret.as_bytes());
    session.form_token.clone_from(&secret);
    keep(&place.store, &key.id, &session).unwrap();
    let examined = examine(&secret, |secret| {
        place.find(&Key { id: key.id.clone(), secret: secret.to_owned() }, NOW).is_some()
    });
    assert!(examined.is_ok(), "{examined:?}");
    let examined = examine(&secret, |form_token| session.fits(form_token));
    assert!(examined.is_ok(), "{examined:?}");
}
