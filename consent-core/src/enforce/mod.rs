//! What a service sends, held to what its visitor has allowed: cookies, content policy, caching.
//!
//! [`Enforcer`] knows what the notice in force declares, and answers from texts alone, whatever framework they come from. It
//! denies what the script denies in the browser (`consent-js/BLOCKING.md`), and what a script can not reach: `HttpOnly` cookies, the
//! page before its scripts run, a page without scripts. It rewrites no page, but for `html`, with the feature of that name.
//!
//! ```
//! use consent_core::consent::{Consent, InForce};
//! use consent_core::enforce::{Enforcer, Judgement};
//! use consent_core::notice::Notice;
//! use consent_core::signal::Signals;
//! use time::OffsetDateTime;
//!
//! # let notice = Notice::from_bytes(include_bytes!("../../fuzz/seeds/notice/small"))?;
//! let enforcer = Enforcer::new(InForce::from(notice)); // declares the cookie `a` under analytics
//! let now = OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
//! let nobody = Consent::read(enforcer.in_force(), [], Signals::default(), now);
//! let judge = |line: &str| enforcer.judge_set_cookie(&nobody, line.as_bytes(), now);
//! assert!(matches!(judge("a=1; Path=/; HttpOnly"), Judgement::Denied(_)));
//! assert_eq!(judge("a=; Max-Age=0"), Judgement::Passes);
//! assert_eq!(judge("b=1"), Judgement::Undeclared);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod act;
pub mod caching;
mod cookies;
mod hosts;
#[cfg(feature = "html")]
pub mod html;
mod policy;
mod set_cookie;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::category::Category;
use crate::choices::Choices;
use crate::consent::{Consent, InForce};
use crate::notice::{HostName, ServiceId, StorageKind};

pub use self::act::{Act, Intervention};
pub use self::cookies::MAX_EXPIRED;
pub use self::hosts::HeldHost;
pub use self::policy::MAX_POLICY_BYTES;
pub use self::set_cookie::Judgement;
#[cfg(feature = "tower")]
pub(crate) use self::set_cookie::{name_of, passes_anyway};

/// Under what something was declared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Under {
    category: Category,
    service: Option<ServiceId>,
}

impl Under {
    fn is_allowed(&self, consent: &Consent) -> bool {
        consent.allows(self.category)
            || self.service.as_ref().is_some_and(|service| consent.allows_service(service.as_str()))
    }
}

/// The notice in force, laid out so that what a service sends is judged quickly.
#[derive(Debug)]
pub struct Enforcer {
    in_force: InForce,
    /// Cookies by their names, in order, and by what their names begin with.
    names: Vec<(Vec<u8>, Vec<Under>)>,
    stems: Vec<(Vec<u8>, Under)>,
    /// The longest names first.
    hosts: Vec<(HostName, Under)>,
    server: Option<HostName>,
    paths: Vec<String>,
    /// The sources of the policy for each set of choices; none where no host is denied.
    sources: Vec<Option<String>>,
}

impl Enforcer {
    /// Holds what is sent to a notice.
    #[must_use]
    pub fn new(in_force: InForce) -> Self {
        let mut enforcer = Self {
            in_force,
            names: Vec::new(),
            stems: Vec::new(),
            hosts: Vec::new(),
            server: None,
            paths: vec!["/".to_owned()],
            sources: Vec::new(),
        };
        let mut names: BTreeMap<Vec<u8>, Vec<Under>> = BTreeMap::new();
        let notice = Arc::clone(enforcer.in_force.notice());
        for shown in &notice.categories {
            let under =
                |service: &Option<ServiceId>| Under { category: shown.category, service: service.clone() };
            for cookie in shown.cookies.iter().filter(|cookie| cookie.kind == StorageKind::Cookie) {
                let under = under(&cookie.service);
                match cookie.name.strip_suffix('*') {
                    Some(stem) => enforcer.stems.push((stem.as_bytes().to_vec(), under)),
                    None => names.entry(cookie.name.clone().into_bytes()).or_default().push(under),
                }
            }
            let hosts = shown.hosts.iter().map(|host| (host.name.clone(), under(&host.service)));
            enforcer.hosts.extend(hosts);
        }
        enforcer.names = names.into_iter().collect();
        enforcer.hosts.sort_by_key(|(name, _)| std::cmp::Reverse(name.as_str().len()));
        enforcer.lay_out();
        enforcer
    }

    /// The host that the banner's script comes from, if it is another one than the pages': it is never held back, or visitors
    /// could not choose.
    #[must_use]
    pub fn with_server(mut self, server: HostName) -> Self {
        self.server = Some(server);
        self.lay_out();
        self
    }

    /// A further path under which cookies may have been set: they are expired there too, and under `/`. One that does not begin
    /// with `/`, or could be read as something else, is left out.
    #[must_use]
    pub fn with_path(mut self, path: &str) -> Self {
        if path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';') {
            self.paths.push(path.to_owned());
        }
        self
    }

    /// The notice, and what is known of older ones.
    #[must_use]
    pub fn in_force(&self) -> &InForce {
        &self.in_force
    }

    /// Whether what is sent can depend on the visitor through its hosts: some can be denied.
    #[must_use]
    pub fn has_hosts(&self) -> bool {
        self.hosts.iter().any(|(_, under)| under.category != Category::Necessary)
    }

    fn lay_out(&mut self) {
        let sets = (0..=Choices::GRANTED.bits()).map(|bits| {
            let choices = Choices::from_bits(bits | 1).unwrap_or(Choices::DENIED);
            self.sources_where(|under| choices.allows(under.category))
        });
        self.sources = sets.collect();
    }
}

#[cfg(test)]
mod tests;
