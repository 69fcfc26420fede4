//! Canonical JSON: the profile of RFC 8785 in which notices and log entries are written, hashed and compared.
//!
//! The profile is stricter than the RFC so that no two programs can disagree about a byte: numbers are integers whose
//! size stays below 2^53, keys are ASCII (so that sorting by bytes and by UTF-16 units is the same), there is no `null`.
//!
//! ```
//! use consent_core::canonical::{self, CanonicalError, MAX_DEPTH, MAX_INTEGER};
//! use serde::Deserialize;
//!
//! #[derive(Debug, Deserialize, PartialEq)]
//! struct Place {
//!     log: String,
//!     size: u64,
//! }
//!
//! let place: Place = canonical::from_slice(br#"{"log":"2026","size":3}"#)?;
//! assert_eq!(place.size, 3);
//! let refused = |text: &str| canonical::parse(text.as_bytes()).unwrap_err();
//! assert_eq!(refused(r#"{"size": 3,"log":"2026"}"#), CanonicalError::NotCanonical);
//! assert_eq!(refused(&(MAX_INTEGER + 1).to_string()), CanonicalError::Number);
//! let nested = |depth| "[".repeat(depth) + "1" + &"]".repeat(depth);
//! assert!(canonical::parse(nested(MAX_DEPTH).as_bytes()).is_ok());
//! assert_eq!(refused(&nested(MAX_DEPTH + 1)), CanonicalError::Depth);
//! assert_eq!(canonical::from_slice::<Place>(b"{}"), Err(CanonicalError::Shape));
//! # Ok::<(), CanonicalError>(())
//! ```

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The largest integer that every JSON reader keeps exact: 2^53 − 1.
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// In how many arrays and objects a value may stand, one within the other.
pub const MAX_DEPTH: usize = 16;

/// Why bytes are not canonical JSON, or a value has no canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// The bytes are JSON, but not in canonical form: white space, key order, a key given twice, an escape.
    #[error("JSON is not in canonical form (RFC 8785)")]
    NotCanonical,
    /// The bytes are not JSON.
    #[error("not JSON")]
    NotJson,
    /// A number is not an integer, or is 2^53 or more in size.
    #[error("a number is not an integer below 2^53")]
    Number,
    /// There is a `null`.
    #[error("null is not allowed")]
    Null,
    /// A key has a character outside ASCII.
    #[error("a key is not ASCII")]
    Key,
    /// A value stands in more than [`MAX_DEPTH`] arrays and objects.
    #[error("nested too deep")]
    Depth,
    /// The JSON is canonical but does not have the fields that the type asks for.
    #[error("fields are missing, unknown or of the wrong type")]
    Shape,
}

/// The canonical form of `value`.
///
/// ```
/// let bytes = consent_core::canonical::to_vec(&serde_json::json!({"b": 1, "a": "é"}));
/// assert_eq!(bytes.as_deref(), Ok("{\"a\":\"é\",\"b\":1}".as_bytes()));
/// ```
///
/// # Errors
/// If the value is outside the profile: see [`CanonicalError`].
pub fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(|_| CanonicalError::Shape)?;
    let mut out = Vec::with_capacity(256);
    write(&value, &mut out, 0)?;
    Ok(out)
}

/// Reads canonical JSON; anything that [`to_vec`] would not have written byte for byte is refused.
///
/// # Errors
/// See [`CanonicalError`].
pub fn parse(bytes: &[u8]) -> Result<Value, CanonicalError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| CanonicalError::NotJson)?;
    // A key given twice, white space, another escape or another order all vanish in `value`: writing it again shows them.
    if to_vec(&value)? == bytes { Ok(value) } else { Err(CanonicalError::NotCanonical) }
}

/// Reads canonical JSON into a type whose fields must all be known.
///
/// # Errors
/// [`CanonicalError::Shape`] if the JSON is canonical but not a `T`; else as [`parse`].
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    serde_json::from_value(parse(bytes)?).map_err(|_| CanonicalError::Shape)
}

/// A number that is no less than 0 and below 2^53, in its one form.
pub(crate) fn parse_integer(text: &str) -> Option<u64> {
    let digits = (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    if !digits || leading_zero {
        return None;
    }
    text.parse().ok().filter(|&number| number <= MAX_INTEGER)
}

fn write(value: &Value, out: &mut Vec<u8>, depth: usize) -> Result<(), CanonicalError> {
    if depth > MAX_DEPTH {
        return Err(CanonicalError::Depth);
    }
    match value {
        Value::Null => return Err(CanonicalError::Null),
        Value::Bool(_) | Value::String(_) => write_scalar(value, out)?,
        Value::Number(number) => {
            let size = number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64());
            if size.is_none_or(|size| size > MAX_INTEGER) {
                return Err(CanonicalError::Number);
            }
            write_scalar(value, out)?;
        }
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(item, out, depth + 1)?;
            }
            out.push(b']');
        }
        Value::Object(fields) => write_object(fields, out, depth)?,
    }
    Ok(())
}

fn write_object(fields: &Map<String, Value>, out: &mut Vec<u8>, depth: usize) -> Result<(), CanonicalError> {
    // Sorted here rather than trusted to the map: another crate of a workspace may turn on insertion order for it.
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_unstable_by_key(|(key, _)| *key);
    out.push(b'{');
    for (i, (key, field)) in fields.into_iter().enumerate() {
        if !key.is_ascii() {
            return Err(CanonicalError::Key);
        }
        if i > 0 {
            out.push(b',');
        }
        serde_json::to_writer(&mut *out, key).map_err(|_| CanonicalError::Shape)?;
        out.push(b':');
        write(field, out, depth + 1)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_scalar(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    // serde_json escapes exactly what RFC 8785, section 3.2.2.2 asks for, and in the same form.
    serde_json::to_writer(out, value).map_err(|_| CanonicalError::Shape)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_the_escapes_of_rfc_8785() {
        let text = "\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{7f}\u{8}\t";
        let bytes = to_vec(&serde_json::json!({ "s": text })).unwrap();
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "{\"s\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\\b\\t\"}"
        );
    }

    #[test]
    fn refuses_what_is_not_canonical_with_the_cause() {
        for (bytes, cause) in [
            (r#"{"a":1,"a":1}"#, CanonicalError::NotCanonical),
            (r#"{"b":1,"a":1}"#, CanonicalError::NotCanonical),
            (r#"{"a": 1}"#, CanonicalError::NotCanonical),
            (r#"{"a":"\u0041"}"#, CanonicalError::NotCanonical),
            (r#"{"a":-0}"#, CanonicalError::Number),
            (r#"{"a":1.5}"#, CanonicalError::Number),
            (r#"{"a":1e3}"#, CanonicalError::Number),
            (r#"{"a":9007199254740992}"#, CanonicalError::Number),
            (r#"{"a":null}"#, CanonicalError::Null),
            (r#"{"é":1}"#, CanonicalError::Key),
            (r#"{"a":1}x"#, CanonicalError::NotJson),
            ("", CanonicalError::NotJson),
        ] {
            assert_eq!(parse(bytes.as_bytes()), Err(cause), "{bytes}");
        }
        let deep = "[".repeat(18) + &"]".repeat(18);
        assert_eq!(parse(deep.as_bytes()), Err(CanonicalError::Depth));
    }

    #[test]
    fn keeps_the_largest_integer() {
        assert!(parse(b"[9007199254740991,-9007199254740991]").is_ok());
    }
}
