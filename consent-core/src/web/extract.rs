//! `Consent` as an argument of a handler.

use std::convert::Infallible;
use std::sync::Arc;

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::{Fresh, system_clock};
use crate::consent::{Consent, Why};

/// What the visitor allows, in a handler below an `EnforceLayer`, or below `Extension(Arc<Fresh>)`. Below neither, everything
/// is denied ([`Why::NoNotice`]). Below the layer the answer is known to depend on the visitor from then on, and no shared cache
/// keeps it; without it a handler says so itself (`Vary: Cookie, Sec-GPC`, `Cache-Control: private`).
impl<S: Sync> FromRequestParts<S> for Consent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        #[cfg(feature = "tower")]
        if let Some(visitor) = parts.extensions.get::<super::layer::Visitor>() {
            return Ok(visitor.ask());
        }
        let Some(fresh) = parts.extensions.get::<Arc<Fresh>>() else {
            return Ok(Self::denied(Why::NoNotice));
        };
        let now = system_clock();
        Ok(fresh.at(now).map_or(Self::denied(Why::NoNotice), |enforcer| {
            Self::from_headers(enforcer.in_force(), &parts.headers, now)
        }))
    }
}
