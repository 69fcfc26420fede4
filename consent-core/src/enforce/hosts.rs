//! Whether something may be loaded from a host.

use super::{Enforcer, Under};
use crate::category::Category;
use crate::consent::Consent;
use crate::notice::{HostName, ServiceId};

/// What a host waits for.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::enforce::{Enforcer, HeldHost};
/// # use consent_core::consent::{Consent, InForce, Why};
/// # use consent_core::notice::{HostDeclaration, Notice};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// body.categories[2].hosts = vec![HostDeclaration { name: "stats.example".parse()?, service: None }];
/// let enforcer = Enforcer::new(InForce::from(Notice::new(body)?));
/// let nobody = Consent::denied(Why::NoNotice);
/// let held: Option<HeldHost> = enforcer.held_host(&nobody, "eu.stats.example", Some(443));
/// assert_eq!(held.map(|held| held.name), Some("stats.example"));
/// assert_eq!(held.as_ref().map(HeldHost::attribute), Some(("data-consent", "analytics")));
/// assert_eq!(enforcer.held_host(&nobody, "fonts.example", None), None, "nobody declared it");
/// assert_eq!(enforcer.host_category("stats.example", None), Some(Category::Analytics), "whatever is granted");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldHost<'a> {
    /// The category, which is denied.
    pub category: Category,
    /// The declared name that covers the host.
    pub name: &'a str,
    /// The service, if the host is declared for one: then the element waits for that.
    pub service: Option<&'a str>,
}

impl HeldHost<'_> {
    /// The attribute by which an element waits for it (`data-consent` or `data-service`), and its value.
    #[must_use]
    pub fn attribute(&self) -> (&'static str, &str) {
        self.service.map_or(("data-consent", self.category.as_str()), |service| ("data-service", service))
    }
}

impl Enforcer {
    /// What a host in lower case waits for, at a port; `None` if it may be loaded from. Where two names cover it, the longer one
    /// counts, and the host that the banner comes from is never held back.
    #[must_use]
    pub fn held_host(&self, consent: &Consent, host: &str, port: Option<u16>) -> Option<HeldHost<'_>> {
        let (name, under) = self.declared_host(host, port)?;
        let held = HeldHost {
            category: under.category,
            name,
            service: under.service.as_ref().map(ServiceId::as_str),
        };
        (!under.is_allowed(consent)).then_some(held)
    }

    /// The category under which a host in lower case is declared, at a port; `None` if it is not, or is the one that the banner
    /// comes from.
    #[must_use]
    pub fn host_category(&self, host: &str, port: Option<u16>) -> Option<Category> {
        self.declared_host(host, port).map(|(_, under)| under.category)
    }

    pub(super) fn declared_host(&self, host: &str, port: Option<u16>) -> Option<(&str, &Under)> {
        let is_server = |server: &HostName| server.parts().0 == host;
        if self.server.as_ref().is_some_and(is_server) {
            return None;
        }
        let declared = self.hosts.iter().find(|(name, _)| name.covers(host, port));
        declared.map(|(name, under)| (name.as_str(), under))
    }
}
