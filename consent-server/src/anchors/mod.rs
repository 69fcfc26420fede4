//! Others who vouch for the logs: their heads go into the heads log, witnesses cosign its head, and a service stamps it
//! with the time.
//!
//! All of it happens beside the visitors, in one task that is dropped when the server stops. What is sent out waits in
//! blocking threads that hold nothing of the server, each for [`client::TIMEOUT`] at most.
//!
//! | module | what it does |
//! |---|---|
//! | [`client`] | asks others over HTTP, and believes nothing |
//! | [`documents`] | what is kept in the store, under which names |
//! | [`policy`] | the keys of logs and witnesses, for auditors |
//! | [`published`] | the head of the heads log as it is shown |
//! | [`vouched`] | who has signed the newest cosigned head, and when |
//! | [`heads`] | heads that have changed go into the heads log |
//! | [`witness`] | one witness and its cosignature |
//! | [`stamp`] | one time-stamp |
//! | [`worker`] | when each of these happens |
//! | [`evidence`] | what of it belongs into the bundle of a site |

pub mod client;
pub mod documents;
pub mod evidence;
pub mod heads;
pub mod policy;
pub mod published;
pub mod stamp;
pub mod vouched;
pub mod witness;
pub mod worker;

use consent_core::ledger::origin::HEADS;
use consent_core::notice::SiteId;

/// For how many days openings are kept that the heads log does not have: it holds nothing of any person.
pub const RETENTION_DAYS: u32 = 36_500;

/// The id of the heads log.
///
/// # Panics
/// Never: it is an id.
#[must_use]
pub fn heads_site() -> SiteId {
    HEADS.parse().expect("an id of a site")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_id_of_the_heads_log_is_one() {
        assert_eq!(super::heads_site().as_str(), "heads");
    }
}
