//! Signing in to the console with OpenID Connect: the authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1; RFC 7636),
//! as the client of one provider.
//!
//! Nothing is kept here between the way there and the way back: what belongs to one attempt is derived from a secret that only the
//! browser has. So processes that share a store need not know which of them somebody began with.

mod ask;
mod attempt;
mod known;
mod provider;
mod token;

use consent_core::digest::Digest;
use consent_core::notice::SiteId;

use crate::data::Role;

pub(crate) use self::attempt::Attempt;
pub(crate) use self::provider::{OpenId, RETURN, Returned};

/// Somebody for whom the provider has vouched, and what they may do here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// Whom the provider means, and nobody else's people.
    pub(crate) subject: Digest,
    /// Names the grant of the config that lets them in.
    pub(crate) grant: Digest,
    pub(crate) role: Role,
    pub(crate) site: Option<SiteId>,
}

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenIdError {
    /// So many are being asked about that another one has to wait.
    #[error("the provider is being asked about others")]
    Busy,
    /// Nothing can be made that nobody guesses.
    #[error("the system has no random numbers")]
    NoRandomness,
    /// It can not be reached, takes too long, or sends too much.
    #[error("the provider does not answer: {0}")]
    NoAnswer(Box<ureq::Error>),
    /// What it says is not what a provider says.
    #[error("the provider answers with what is not in the specification: {0}")]
    NotAsSpecified(&'static str),
    /// It knows no such code, or not this server: its own word, if it has one.
    #[error("the provider refuses: {0}")]
    Refused(String),
    /// What it sent is no token that can be believed.
    #[error("the token can not be believed: {0}")]
    Token(&'static str),
    /// It was asked a moment ago, in vain.
    #[error("the provider did not answer a moment ago, and is let alone for some seconds")]
    Rests,
    /// It is somebody, and no grant of the config fits. Whoever writes grants needs to know which claims there are, and of nobody what they say.
    #[error("no [[server.openid.grant]] fits an ID token with the claims {}", .0.join(", "))]
    NoGrant(Vec<String>),
}

impl From<ureq::Error> for OpenIdError {
    fn from(error: ureq::Error) -> Self {
        Self::NoAnswer(Box::new(error))
    }
}
