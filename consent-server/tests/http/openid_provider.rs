//! An OpenID provider on this machine, which a test tells what to answer. What a real one does is seen in `console-openid.spec.ts`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use consent_core::digest::{Digest, encode_base64url};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::support::NOW;

/// What the provider does; a test changes it.
pub(crate) struct Acts {
    /// What it says of whoever signs in, over what every token has.
    pub(crate) claims: Value,
    /// Members of its configuration, over the usual ones.
    pub(crate) configuration: Value,
    /// The seed of the key that it signs with,
    pub(crate) key: u8,
    /// and of the one that it publishes.
    pub(crate) published: u8,
    /// How often its configuration was asked for.
    pub(crate) asked: usize,
    /// The headers and the form of the last redemption.
    pub(crate) redeemed: Option<(HeaderMap, HashMap<String, String>)>,
    /// Codes that are good, with the challenge and the nonce that belong to them.
    codes: HashMap<String, (String, String)>,
}

#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    acts: Arc<Mutex<Acts>>,
}

impl Provider {
    /// One that answers from now on.
    pub(crate) async fn begin() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let acts = Acts {
            claims: json!({ "groups": ["ops"] }),
            configuration: json!({}),
            key: 1,
            published: 1,
            asked: 0,
            redeemed: None,
            codes: HashMap::new(),
        };
        let provider = Self { issuer, acts: Arc::new(Mutex::new(acts)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    pub(crate) fn act<T>(&self, change: impl FnOnce(&mut Acts) -> T) -> T {
        change(&mut self.acts.lock().unwrap())
    }

    /// Somebody signs in there who was sent with this: the code that they bring back.
    pub(crate) fn sign_in(&self, asked: &HashMap<String, String>) -> String {
        self.act(|acts| {
            let code = format!("code {}", acts.codes.len());
            acts.codes.insert(code.clone(), (asked["code_challenge"].clone(), asked["nonce"].clone()));
            code
        })
    }
}

fn key(seed: u8) -> EncodingKey {
    const PREFIX: [u8; 16] =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    EncodingKey::from_ed_der(&[&PREFIX[..], &[seed; 32]].concat())
}

fn over(mut usual: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        usual[name] = value.clone();
    }
    usual
}

async fn configuration(State(provider): State<Provider>) -> Json<Value> {
    let issuer = &provider.issuer;
    let usual = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize?tenant=press"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
    });
    provider.act(|acts| {
        acts.asked += 1;
        Json(over(usual, &acts.configuration))
    })
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let seed = provider.act(|acts| acts.published);
    let mut jwk = Jwk::from_encoding_key(&key(seed), Algorithm::EdDSA).unwrap();
    jwk.common.key_id = Some("one".to_owned());
    Json(json!({ "keys": [{ "kty": "of tomorrow", "kid": "two" }, jwk] }))
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    provider.act(|acts| {
        let challenge = encode_base64url(&Digest::of(form["code_verifier"].as_bytes()).0);
        let known = acts.codes.remove(&form["code"]).filter(|(expected, _)| *expected == challenge);
        acts.redeemed = Some((headers, form));
        let Some((_, nonce)) = known else {
            return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
        };
        let usual = json!({
            "iss": provider.issuer, "sub": "u-1", "aud": "consent", "exp": NOW + 3600, "iat": NOW, "nonce": nonce,
        });
        let header = Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::EdDSA) };
        let id_token = encode(&header, &over(usual, &acts.claims), &key(acts.key)).unwrap();
        Json(json!({ "access_token": "x", "token_type": "Bearer", "id_token": id_token })).into_response()
    })
}
