//! An ID token: whether it can be believed, and what it says of whom (OpenID Connect Core 1.0, sections 2 and 3.1.3.7).

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::{OpenIdConfig, OpenIdGrant};

use super::{OpenIdError, Person};

/// Signatures that need no secret of this server's: with one of its own anybody who knows it could vouch for anybody.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Why a token is not believed whose key the provider has not shown yet: it may have a new one.
pub(super) const NO_KEY: &str = "no key of the provider fits it";

/// The same where it does not say by name which one it was.
pub(super) const WRONG_SIGNATURE: &str = "its signature is not the provider's";

/// How far the provider's clock may be off, in seconds.
const LEEWAY: u64 = 60;

/// The shortest number of an RSA key, in base64url: 2048 bits (RFC 7518, section 3.3).
const MIN_RSA: usize = 342;

/// The length of an Ed25519 key in base64url.
const ED25519: usize = 43;

/// How many claims of a token that fits nothing are named, and how much of each name.
const NAMED: (usize, usize) = (32, 64);

/// The longest name that a provider gives to somebody (section 2).
const MAX_SUBJECT: usize = 255;

/// What a token has to fit.
pub(super) struct Expected<'a> {
    pub(super) config: &'a OpenIdConfig,
    pub(super) nonce: &'a str,
    /// Unix seconds.
    pub(super) now: u64,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: u64,
    /// RFC 7519, section 4.1.5.
    nbf: Option<u64>,
    nonce: Option<String>,
    /// All others.
    #[serde(flatten)]
    others: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Who it is, if the token can be believed and a grant fits.
pub(super) fn check(token: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<Person, OpenIdError> {
    let claims = believed(token, keys, expected)?;
    let config = expected.config;
    let fits = |grant: &&OpenIdGrant| claims.says(&grant.claim, &grant.value);
    let grant = config.grants.iter().find(fits).ok_or_else(|| OpenIdError::NoGrant(claims.names()))?;
    Ok(Person {
        subject: config.name_of_subject(&claims.sub),
        grant: config.name_of(grant),
        role: grant.role,
        site: grant.site.clone(),
    })
}

fn believed(token: &str, keys: &JwkSet, expected: &Expected<'_>) -> Result<Claims, OpenIdError> {
    let header = decode_header(token).map_err(|_| OpenIdError::Token("it is no token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(OpenIdError::Token("it is signed in a way that proves nothing here"));
    }
    // The signature only: what is said is judged below, by this server's clock, and in one place.
    let mut validation = Validation::new(header.alg);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let mut refused = OpenIdError::Token(NO_KEY);
    for key in keys.keys.iter().filter(|key| may_have_signed(key, header.alg, header.kid.as_deref())) {
        let Ok(key) = DecodingKey::from_jwk(key) else { continue };
        match decode::<Claims>(token, &key, &validation) {
            Ok(token) => return held(token.claims, expected),
            Err(error) => match error.kind() {
                // Signed, and not with what every ID token has.
                ErrorKind::Json(_) | ErrorKind::Utf8(_) => {
                    return Err(OpenIdError::Token("it is no ID token"));
                }
                // Of several keys without a name each may be the one.
                ErrorKind::InvalidSignature => refused = OpenIdError::Token(WRONG_SIGNATURE),
                // The key is none.
                _ => {}
            },
        }
    }
    Err(refused)
}

/// Whether a key of the provider is for this: for signatures, of this name if one is told, of the kind that the algorithm needs, and for
/// no other (RFC 8725, section 3.1).
fn may_have_signed(key: &Jwk, algorithm: Algorithm, name: Option<&str>) -> bool {
    let common = &key.common;
    let is_named = name.is_none_or(|name| common.key_id.as_deref() == Some(name));
    let is_for_it = common
        .key_algorithm
        .is_none_or(|known| Algorithm::try_from(known).is_ok_and(|known| known == algorithm));
    is_named
        && is_for_it
        && is_kind_for(&key.algorithm, algorithm)
        && matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
}

/// The lengths are looked at here: the library takes shorter numbers, and falls over shorter Ed25519 keys.
fn is_kind_for(key: &AlgorithmParameters, algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match (key, algorithm) {
        (AlgorithmParameters::RSA(key), RS256 | RS384 | RS512 | PS256 | PS384 | PS512) => {
            key.n.len() >= MIN_RSA
        }
        (AlgorithmParameters::EllipticCurve(key), ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), ES384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(key), EdDSA) => {
            key.curve == EllipticCurve::Ed25519 && key.x.len() == ED25519
        }
        _ => false,
    }
}

/// What a token has to say whose signature is good.
fn held(claims: Claims, expected: &Expected<'_>) -> Result<Claims, OpenIdError> {
    let client = &expected.config.client_id;
    let refuse = |why| Err(OpenIdError::Token(why));
    // Section 3.1.3.7, 3 to 5: whom this server does not know it does not share tokens with.
    if claims.iss != expected.config.issuer {
        return refuse("another provider made it");
    }
    let audience = match &claims.aud {
        Audience::One(one) => std::slice::from_ref(one),
        Audience::Many(many) => many,
    };
    if !audience.contains(client) {
        return refuse("it is for somebody else");
    }
    if audience.iter().any(|one| one != client) || claims.azp.as_ref().is_some_and(|azp| azp != client) {
        return refuse("it is for others too");
    }
    if claims.exp.saturating_add(LEEWAY) <= expected.now {
        return refuse("it has expired");
    }
    if claims.nbf.is_some_and(|from| from > expected.now.saturating_add(LEEWAY)) {
        return refuse("it does not count yet");
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return refuse("it was made for another attempt");
    }
    if claims.sub.is_empty() || claims.sub.len() > MAX_SUBJECT || claims.sub.chars().any(char::is_control) {
        return refuse("it does not say of whom");
    }
    Ok(claims)
}

impl Claims {
    /// Whether a claim is this text, or has it among others.
    fn says(&self, claim: &str, value: &str) -> bool {
        // Anybody can write down an address that is not theirs (section 5.7).
        let proof = match claim {
            "email" => Some("email_verified"),
            "phone_number" => Some("phone_number_verified"),
            _ => None,
        };
        if proof.is_some_and(|proof| self.others.get(proof) != Some(&Value::Bool(true))) {
            return false;
        }
        match (claim, self.others.get(claim)) {
            ("sub", _) => self.sub == value,
            (_, Some(Value::String(text))) => text == value,
            (_, Some(Value::Array(many))) => many.iter().any(|one| one.as_str() == Some(value)),
            _ => false,
        }
    }

    /// What a grant could name, for the log.
    fn names(&self) -> Vec<String> {
        let (most, length) = NAMED;
        let short = |name: &String| name.chars().filter(char::is_ascii_graphic).take(length).collect();
        std::iter::once("sub".to_owned()).chain(self.others.keys().map(short)).take(most).collect()
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
