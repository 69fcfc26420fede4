//! Tokens that are believed, and all the others.

use std::sync::LazyLock;

use consent_core::notice::SiteId;
use jsonwebtoken::jwk::KeyAlgorithm;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use super::*;
use crate::data::Role;

const NOW: u64 = 1_795_435_200;
const NONCE: &str = "the-nonce-of-this-attempt";

/// An Ed25519 key (RFC 8410) of this seed.
fn key(seed: u8) -> EncodingKey {
    const PREFIX: [u8; 16] =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    EncodingKey::from_ed_der(&[&PREFIX[..], &[seed; 32]].concat())
}

fn jwk(seed: u8, name: Option<&str>) -> Jwk {
    let mut jwk = Jwk::from_encoding_key(&key(seed), Algorithm::EdDSA).unwrap();
    jwk.common.key_id = name.map(str::to_owned);
    jwk
}

static CONFIG: LazyLock<OpenIdConfig> = LazyLock::new(|| {
    let grant = |claim: &str, value: &str, role, site: Option<&str>| OpenIdGrant {
        claim: claim.to_owned(),
        role,
        site: site.map(|site| site.parse().unwrap()),
        value: value.to_owned(),
    };
    OpenIdConfig {
        client_id: "consent".to_owned(),
        client_secret: None,
        grants: vec![
            grant("groups", "ops", Role::Operator, None),
            grant("groups", "audit", Role::Auditor, Some("newsroom")),
            grant("email", "a@example.org", Role::Auditor, None),
            grant("sub", "u-7", Role::Operator, Some("newsroom")),
        ],
        issuer: "https://login.example".to_owned(),
        name: "Login".to_owned(),
        origin: "https://consent.example".to_owned(),
        scopes: Vec::new(),
    }
});

fn claims() -> Value {
    json!({
        "iss": "https://login.example", "sub": "u-1", "aud": "consent", "exp": NOW + 300, "iat": NOW, "nonce": NONCE,
        "groups": ["staff", "ops"],
    })
}

fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => drop(claims.as_object_mut().unwrap().insert(name.clone(), value.clone())),
        }
    }
    claims
}

fn signed(claims: &Value, name: Option<&str>, seed: u8) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = name.map(str::to_owned);
    encode(&header, claims, &key(seed)).unwrap()
}

fn checked(token: &str, keys: Vec<Jwk>) -> Result<Person, OpenIdError> {
    check(token, &JwkSet { keys }, &Expected { config: &CONFIG, nonce: NONCE, now: NOW })
}

fn of(changes: &Value) -> Result<Person, OpenIdError> {
    checked(&signed(&with(changes), Some("one"), 1), vec![jwk(1, Some("one"))])
}

fn refused(result: Result<Person, OpenIdError>) -> &'static str {
    match result {
        Err(OpenIdError::Token(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_grant_that_fits_says_what_somebody_may_do() {
    for (changes, role, site) in [
        (json!({}), Role::Operator, None),
        (json!({ "groups": ["audit", "ops"] }), Role::Operator, None),
        (json!({ "groups": "audit" }), Role::Auditor, Some("newsroom")),
        (json!({ "groups": null, "email": "a@example.org", "email_verified": true }), Role::Auditor, None),
        (json!({ "groups": [], "sub": "u-7" }), Role::Operator, Some("newsroom")),
        (json!({ "aud": ["consent"], "azp": "consent" }), Role::Operator, None),
        (json!({ "exp": NOW - LEEWAY + 1 }), Role::Operator, None),
    ] {
        let person = of(&changes).unwrap();
        let at = person.site.as_ref().map(SiteId::as_str);
        assert_eq!((person.role, at), (role, site), "{changes}");
        assert!(CONFIG.has(person.grant));
    }
    let (one, other) = (of(&json!({})).unwrap(), of(&json!({ "sub": "u-2" })).unwrap());
    assert_ne!(one.subject, other.subject);
    assert_eq!(one.grant, other.grant);
}

#[test]
fn whom_no_grant_fits_has_no_role() {
    for changes in [
        json!({ "groups": ["Ops", "ops ", "xops"] }),
        json!({ "groups": { "ops": "ops" } }),
        json!({ "groups": [["ops"]] }),
        json!({ "groups": true }),
        json!({ "groups": null, "email": "a@example.org" }),
        json!({ "groups": null, "email": "a@example.org", "email_verified": false }),
        json!({ "groups": null, "email": "a@example.org", "email_verified": "true" }),
        json!({ "groups": null, "email": ["a@example.org"], "email_verified": [true] }),
    ] {
        let Err(OpenIdError::NoGrant(names)) = of(&changes) else { panic!("{changes}") };
        assert!(
            names.iter().all(|name| ["sub", "iat", "groups", "email", "email_verified"].contains(&&**name)),
            "{names:?}"
        );
    }
}

#[test]
fn what_was_made_for_somebody_else_or_for_another_time_is_refused() {
    for (changes, why) in [
        (json!({ "iss": "https://login.example/" }), "another provider made it"),
        (json!({ "iss": ["https://login.example"] }), "it is no ID token"),
        (json!({ "aud": "other" }), "it is for somebody else"),
        (json!({ "aud": ["other"] }), "it is for somebody else"),
        (json!({ "aud": [] }), "it is for somebody else"),
        (json!({ "nbf": NOW + LEEWAY + 1 }), "it does not count yet"),
        (json!({ "aud": ["consent", "other"] }), "it is for others too"),
        (json!({ "azp": "other" }), "it is for others too"),
        (json!({ "exp": NOW - LEEWAY }), "it has expired"),
        (json!({ "nonce": "another" }), "it was made for another attempt"),
        (json!({ "nonce": null }), "it was made for another attempt"),
        (json!({ "sub": "" }), "it does not say of whom"),
        (json!({ "sub": "u\n1" }), "it does not say of whom"),
        (json!({ "sub": "u".repeat(MAX_SUBJECT + 1) }), "it does not say of whom"),
    ] {
        assert_eq!(refused(of(&changes)), why, "{changes}");
    }
    for missing in ["iss", "sub", "aud", "exp"] {
        assert_eq!(refused(of(&json!({ missing: null }))), "it is no ID token", "{missing}");
    }
    for wrong in [json!({ "exp": "never" }), json!({ "exp": -1 }), json!({ "aud": 7 }), json!({ "sub": 7 })] {
        assert!(of(&wrong).is_err(), "{wrong}");
    }
}

#[test]
fn only_a_key_of_the_provider_that_is_for_it_proves_anything() {
    let token = signed(&claims(), Some("one"), 1);
    assert!(checked(&token, vec![jwk(2, Some("two")), jwk(1, Some("one"))]).is_ok());
    assert_eq!(refused(checked(&token, vec![])), NO_KEY);
    assert_eq!(refused(checked(&token, vec![jwk(1, Some("two"))])), NO_KEY);
    assert_eq!(refused(checked(&token, vec![jwk(1, None)])), NO_KEY);
    assert_eq!(refused(checked(&token, vec![jwk(2, Some("one"))])), WRONG_SIGNATURE);
    // Without a name any of them may be the one.
    let nameless = signed(&claims(), None, 1);
    assert!(checked(&nameless, vec![jwk(2, Some("two")), jwk(1, Some("one"))]).is_ok());
    let mut for_secrets = jwk(1, Some("one"));
    for_secrets.common.public_key_use = Some(PublicKeyUse::Encryption);
    assert_eq!(refused(checked(&token, vec![for_secrets])), NO_KEY);
    let mut for_another = jwk(1, Some("one"));
    for_another.common.key_algorithm = Some(KeyAlgorithm::RS256);
    assert_eq!(refused(checked(&token, vec![for_another])), NO_KEY);
    // Of several without a name the one that made it is found, wherever it stands; what it says is judged then, and no other is tried.
    let many = || vec![jwk(2, None), jwk(1, None), jwk(3, None)];
    assert!(checked(&signed(&claims(), None, 1), many()).is_ok());
    let other = signed(&with(&json!({ "aud": "other" })), None, 1);
    assert_eq!(refused(checked(&other, many())), "it is for somebody else");
}

#[test]
fn a_key_that_is_none_ends_nothing() {
    let token = signed(&claims(), None, 1);
    let rsa = |n: &str| json!({ "kty": "RSA", "n": n, "e": "AQAB" });
    let curve = |name: &str| json!({ "kty": "EC", "crv": name, "x": "AA", "y": "AA" });
    for key in [
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "AA" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "!".repeat(43) }),
        json!({ "kty": "OKP", "crv": "X25519", "x": "A".repeat(43) }),
        rsa("AA"),
        rsa(&"A".repeat(171)),
        curve("P-256"),
        curve("P-521"),
    ] {
        let key: Jwk = serde_json::from_value(key).unwrap();
        assert_eq!(refused(checked(&token, vec![key.clone()])), NO_KEY, "{key:?}");
        assert!(checked(&token, vec![key, jwk(1, None)]).is_ok());
        for algorithm in ALGORITHMS {
            let mut header = Header::new(algorithm);
            header.kid = None;
            let head = serde_json::to_vec(&header).unwrap();
            let (_, rest) = token.split_once('.').unwrap();
            let forged = format!("{}.{rest}", consent_core::digest::encode_base64url(&head));
            assert!(checked(&forged, vec![jwk(1, None)]).is_err() || algorithm == Algorithm::EdDSA);
        }
    }
}

#[test]
fn a_secret_proves_nothing_and_neither_does_nothing() {
    // As if the public key, which everybody has, were a secret.
    let public = serde_json::to_vec(&jwk(1, None)).unwrap();
    let forged =
        encode(&Header::new(Algorithm::HS256), &claims(), &EncodingKey::from_secret(&public).unwrap());
    let why = "it is signed in a way that proves nothing here";
    assert_eq!(refused(checked(&forged.unwrap(), vec![jwk(1, None)])), why);
    let symmetric: Jwk = serde_json::from_value(json!({ "kty": "oct", "k": "c2VjcmV0" })).unwrap();
    let forged =
        encode(&Header::new(Algorithm::HS256), &claims(), &EncodingKey::from_secret(b"secret").unwrap());
    assert_eq!(refused(checked(&forged.unwrap(), vec![symmetric])), why);
    let token = signed(&claims(), None, 1);
    let body = token.split('.').nth(1).unwrap();
    for header in [r#"{"alg":"none"}"#, r#"{"alg":"None","typ":"JWT"}"#, "{}", ""] {
        use base64::Engine as _;
        let header = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(header);
        for signature in ["", "AA"] {
            assert_eq!(
                refused(checked(&format!("{header}.{body}.{signature}"), vec![jwk(1, None)])),
                "it is no token"
            );
        }
    }
}

#[test]
fn a_token_that_was_cut_or_changed_is_refused_wherever() {
    let token = signed(&claims(), Some("one"), 1);
    let keys = || vec![jwk(1, Some("one"))];
    for cut in 0..token.len() {
        assert!(checked(&token[..cut], keys()).is_err(), "{cut}");
    }
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(checked(&changed, keys()).is_err(), "{at}");
    }
    for extra in [".", "A", " ", "\n", "=", ".A"] {
        assert!(checked(&format!("{token}{extra}"), keys()).is_err(), "{extra:?}");
    }
}
