//! What a browser or an advertising framework says for the visitor.

pub mod gpc;

use serde::{Deserialize, Serialize};

/// The signals that stood when the visitor decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Signals {
    /// Global Privacy Control was on.
    pub gpc: bool,
}
