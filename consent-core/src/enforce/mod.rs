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
//! # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
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

use std::sync::Arc;

use crate::category::Category;
use crate::choices::Choices;
use crate::consent::{Consent, InForce};
use crate::notice::{HostName, ServiceId, StorageKind};

pub use self::act::{Act, Intervention};
pub use self::cookies::MAX_EXPIRED;
pub use self::hosts::HeldHost;
pub use self::policy::MAX_POLICY_BYTES;
use self::policy::Sources;
pub use self::set_cookie::{Judgement, set_name};
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

/// Items of one kind by their names, and by what their names begin with.
#[derive(Debug, Default)]
struct Names {
    /// In order.
    whole: Vec<(Vec<u8>, Vec<Under>)>,
    stems: Vec<(Vec<u8>, Under)>,
}

impl Names {
    fn add(&mut self, name: &str, under: Under) {
        match name.strip_suffix('*') {
            Some(stem) => self.stems.push((stem.as_bytes().to_vec(), under)),
            None => match self.place_of(name.as_bytes()) {
                Ok(at) => self.whole.get_mut(at).into_iter().for_each(|(_, all)| all.push(under.clone())),
                Err(at) => self.whole.insert(at, (name.as_bytes().to_vec(), vec![under])),
            },
        }
    }

    /// Under what a name is declared; more than once if several declarations fit.
    fn of<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = &'a Under> {
        let by_stem = self.stems.iter().filter(|(stem, _)| name.starts_with(stem)).map(|(_, under)| under);
        let whole = self.place_of(name).ok().and_then(|at| self.whole.get(at));
        whole.map_or(&[][..], |(_, under)| under).iter().chain(by_stem)
    }

    fn place_of(&self, name: &[u8]) -> Result<usize, usize> {
        self.whole.binary_search_by(|(one, _)| one.as_slice().cmp(name))
    }
}

/// The notice in force, laid out so that what a service sends is judged quickly.
///
/// ```
/// use consent_core::consent::{Consent, InForce, Why};
/// use consent_core::enforce::Enforcer;
/// # use consent_core::notice::{HostDeclaration, Notice};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// # body.categories[2].hosts = vec![HostDeclaration { name: "example".parse()?, service: None }];
/// # let notice = Notice::new(body)?;
/// let enforcer = Enforcer::new(InForce::from(notice)) // declares `example` and all below it under analytics
///     .with_server("consent.example".parse()?) // where the banner comes from
///     .with_path("/app"); // where this service sets cookies, beside `/`
/// assert!(enforcer.has_hosts());
/// let nobody = Consent::denied(Why::NoNotice);
/// assert!(enforcer.held_host(&nobody, "stats.example", None).is_some());
/// assert!(enforcer.held_host(&nobody, "consent.example", None).is_none(), "or nobody could choose");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Enforcer {
    in_force: InForce,
    cookies: Names,
    /// Storage keys, by where they are kept.
    local: Names,
    session: Names,
    /// The longest names first.
    hosts: Vec<(HostName, Under)>,
    server: Option<HostName>,
    paths: Vec<String>,
    /// The sources of the policy for each set of choices; none where no host is denied.
    sources: Vec<Option<Sources>>,
}

impl Enforcer {
    /// Holds what is sent to a notice.
    #[must_use]
    pub fn new(in_force: InForce) -> Self {
        let mut enforcer = Self {
            in_force,
            cookies: Names::default(),
            local: Names::default(),
            session: Names::default(),
            hosts: Vec::new(),
            server: None,
            paths: vec!["/".to_owned()],
            sources: Vec::new(),
        };
        let notice = Arc::clone(enforcer.in_force.notice());
        for shown in &notice.categories {
            let under =
                |service: &Option<ServiceId>| Under { category: shown.category, service: service.clone() };
            for item in &shown.cookies {
                let names = match item.kind {
                    StorageKind::Cookie => &mut enforcer.cookies,
                    StorageKind::LocalStorage => &mut enforcer.local,
                    StorageKind::SessionStorage => &mut enforcer.session,
                };
                names.add(&item.name, under(&item.service));
            }
            let hosts = shown.hosts.iter().map(|host| (host.name.clone(), under(&host.service)));
            enforcer.hosts.extend(hosts);
        }
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
