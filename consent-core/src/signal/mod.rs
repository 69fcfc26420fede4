//! What a browser or an advertising framework says for the visitor.
//!
//! ```
//! use consent_core::signal::{Signals, gpc};
//!
//! // Of a request whose `Sec-GPC` header is `1`:
//! let signals = Signals { gpc: gpc::is_on(["1"]) };
//! assert!(signals.gpc);
//! assert_eq!(Signals::default(), Signals { gpc: false });
//! ```

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
