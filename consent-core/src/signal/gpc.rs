//! Global Privacy Control (W3C, <https://w3c.github.io/gpc/>).
//!
//! ```
//! use consent_core::signal::gpc;
//!
//! // It objects to advertising where the law of the visitor's region hears it.
//! let header: Option<&str> = None;
//! assert!(!gpc::is_on(header), "who sends no header objects to nothing");
//! assert!(gpc::is_on(["1"]));
//! ```

/// Whether the request carries the signal, from the values of all its `Sec-GPC` headers.
///
/// Exactly `1` counts and every other value is ignored, so one header with it is enough.
///
/// ```
/// use consent_core::signal::gpc::is_on;
///
/// assert!(is_on(["0", "1"]));
/// assert!(!is_on(["1, 1", "true", " 1"]));
/// ```
pub fn is_on<'a>(values: impl IntoIterator<Item = &'a str>) -> bool {
    values.into_iter().any(|value| value == "1")
}
