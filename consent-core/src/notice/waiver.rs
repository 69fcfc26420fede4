//! What an owner answers for by name: a finding of the lint that did not keep the notice from being published.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::category::Category;

/// The most waivers of one notice: one for each finding about its regime, with room.
pub const MAX_WAIVERS: usize = 16;

/// The longest text of a waiver, in bytes.
pub const MAX_WAIVER_BYTES: usize = 1024;

/// Somebody's word that a rule of the lint does not fit here. It is part of the notice, so whoever reads the notice later
/// reads who said so and why; it asks a visitor for nothing, so it is no part of [`Notice::material`](super::Notice::material).
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::notice::{MAX_WAIVER_BYTES, MAX_WAIVERS, Notice, NoticeError, Waiver};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// let waiver = Waiver {
///     by: "Ada, data protection officer".to_owned(),
///     category: Category::Analytics,
///     code: "EU-01".to_owned(),
///     reason: "Only staff see this site".to_owned(),
/// };
/// assert!(waiver.is_whole());
/// assert!(!Waiver { reason: "x".repeat(MAX_WAIVER_BYTES + 1), ..waiver.clone() }.is_whole());
/// body.waivers = vec![waiver; MAX_WAIVERS + 1];
/// assert_eq!(Notice::new(body), Err(NoticeError::Waivers));
/// # Ok::<(), NoticeError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waiver {
    /// Who answers for it: a name, or an office.
    pub by: String,
    /// The category whose rule it is about.
    pub category: Category,
    /// The code of the finding.
    pub code: String,
    /// Why it does not fit.
    pub reason: String,
}

impl fmt::Display for Waiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {}, by {}: {}", self.code, self.category, self.by, self.reason)
    }
}

impl Waiver {
    /// Whether it says who, what and why, and not too much.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let said = |text: &String| !text.trim().is_empty() && text.len() <= MAX_WAIVER_BYTES;
        said(&self.by) && said(&self.reason) && said(&self.code)
    }
}
