//! The wire form of a decision.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

use super::Action;
use super::provenance::ProvenanceRequest;
use crate::category::Category;
use crate::signal::Signals;

/// The largest request body, in bytes.
///
/// ```
/// use consent_core::decision::MAX_REQUEST_BYTES;
/// # use consent_core::notice::Notice;
///
/// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
/// # let request: consent_core::decision::DecisionRequest = serde_json::from_value(serde_json::json!({
/// #     "decision_id": "0193564c-9000-7000-8000-0123456789ab", "subject_id": "AAECAwQFBgcICQoLDA0ODw",
/// #     "notice_id": notice.id(), "action": "save", "decided_at": "2026-11-23T09:30:00.123Z",
/// #     "choices": { "functional": "deny", "analytics": "grant", "performance": "deny", "advertisement": "deny" },
/// #     "signals": { "gpc": false }, "language": "fr", "page": "/actualites?utm=1",
/// # }))?;
/// // Most are much shorter; one that is longer is refused before it is read as JSON.
/// assert!(serde_json::to_vec(&request)?.len() < MAX_REQUEST_BYTES / 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_REQUEST_BYTES: usize = 16 * 1024;

/// What the browser sends. Nothing in it is believed before [`Decision::parse`](super::Decision::parse).
///
/// ```
/// use consent_core::decision::DecisionRequest;
///
/// let body = r#"{
///     "decision_id": "0193564c-9000-7000-8000-0123456789ab",
///     "subject_id": "AAECAwQFBgcICQoLDA0ODw",
///     "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
///     "action": "save",
///     "choices": { "functional": "grant", "analytics": "deny", "performance": "deny", "advertisement": "maybe" },
///     "decided_at": "2026-11-23T09:30:00.123Z",
///     "signals": { "gpc": false },
///     "language": "fr",
///     "page": "/"
/// }"#;
/// let request: DecisionRequest = serde_json::from_str(body)?;
/// assert_eq!(request.choices[3].1, "maybe", "any text: what is wrong with it is found against the notice");
/// assert!(serde_json::from_str::<DecisionRequest>(r#"{"email":"a@b.example"}"#).is_err(), "but no other fields");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(
    feature = "openapi",
    schema(example = json!({
        "decision_id": "0193564c-9000-7000-8000-0123456789ab",
        "subject_id": "AAECAwQFBgcICQoLDA0ODw",
        "notice_id": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        "action": "save",
        "choices": { "functional": "grant", "analytics": "deny", "performance": "deny", "advertisement": "deny" },
        "decided_at": "2026-11-23T09:30:00.123Z",
        "signals": { "gpc": false },
        "language": "fr",
        "page": "/actualites",
    }))
)]
pub struct DecisionRequest {
    /// The token by which the site's backend says who is signed in: then `subject_id` is that of the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(pattern = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", max_length = 1024)
    )]
    pub account: Option<String>,
    /// UUID version 7, made by the browser; the same on every retry. Absent with a token of another site: then the server makes
    /// it of the token.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = super::DecisionId))]
    pub decision_id: String,
    /// 22 characters of base64url.
    #[cfg_attr(feature = "openapi", schema(value_type = super::SubjectId))]
    pub subject_id: String,
    /// The notice that was shown: 43 characters of base64url.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::notice::NoticeId))]
    pub notice_id: String,
    /// One of the words of [`Action`](super::Action).
    #[cfg_attr(feature = "openapi", schema(value_type = super::Action))]
    #[serde(deserialize_with = "word")]
    pub action: Word,
    /// The token of another site of the group; there if `action` is `handoff`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(pattern = "^[A-Za-z0-9_-]+$", max_length = 320))]
    pub handoff: Option<String>,
    /// `grant` or `deny` for each of the four optional categories; `necessary` may be named, as granted.
    #[serde(deserialize_with = "pairs", serialize_with = "map")]
    #[cfg_attr(feature = "openapi", schema(value_type = OptionalChoices))]
    pub choices: Vec<(Word, Word)>,
    /// `grant` or `deny` for single services of the notice; most requests name none.
    #[serde(
        default,
        deserialize_with = "pairs",
        serialize_with = "map",
        skip_serializing_if = "Vec::is_empty"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<crate::notice::ServiceId, crate::choices::Choice>))]
    pub services: Vec<(Word, Word)>,
    /// The browser's clock, RFC 3339. Evidence only.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    pub decided_at: String,
    /// What the browser says for the visitor.
    pub signals: Signals,
    /// The language that was shown.
    #[cfg_attr(feature = "openapi", schema(example = "fr"))]
    pub language: String,
    /// The path of the page; query and fragment are cut off.
    #[cfg_attr(feature = "openapi", schema(pattern = "^/", example = "/actualites"))]
    pub page: String,
    /// Where the choice was made, with `import` and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<ProvenanceRequest>,
}

/// A word that may be one of ours: those that are known are not copied, as each request has nine of them.
pub(super) type Word = Cow<'static, str>;

/// What `choices` may hold, for the description of the interface.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[schema(as = OptionalChoices)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "a description")]
struct OptionalChoices {
    /// Always `grant`; may be left out.
    #[schema(required = false)]
    necessary: Option<crate::choices::Choice>,
    functional: crate::choices::Choice,
    analytics: crate::choices::Choice,
    performance: crate::choices::Choice,
    advertisement: crate::choices::Choice,
}

fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Word, D::Error> {
    struct Words;
    impl Visitor<'_> for Words {
        type Value = Word;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Word, E> {
            let ours = Category::ALL.into_iter().map(Category::as_str);
            let ours = ours.chain(["grant", "deny"]).chain(Action::ALL.into_iter().map(Action::as_str));
            Ok(ours
                .into_iter()
                .find(|ours| *ours == text)
                .map_or_else(|| text.to_owned().into(), Cow::Borrowed))
        }
    }
    deserializer.deserialize_str(Words)
}

/// Reads a JSON object as pairs, so that a key given twice is seen and not silently overwritten.
fn pairs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(Word, Word)>, D::Error> {
    #[derive(Deserialize)]
    struct Own(#[serde(deserialize_with = "word")] Word);
    struct Pairs;
    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<(Word, Word)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object of names and choices")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut pairs = Vec::with_capacity(5);
            while let Some((Own(name), Own(choice))) = map.next_entry()? {
                pairs.push((name, choice));
            }
            Ok(pairs)
        }
    }
    deserializer.deserialize_map(Pairs)
}

fn map<S: serde::Serializer>(pairs: &[(Word, Word)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(category, choice)| (category, choice)))
}
