//! What a site's script holds back by itself, beside what the page marks with `data-consent`.
//!
//! Each mechanism is a part of its own in the script: a site that switches it off is not sent it.

use std::collections::BTreeMap;

use consent_core::category::Category;
use consent_core::notice::{HostDeclaration, HostName, ServiceId};
use serde_json::{Value, json};

/// `block`, `reload`, `[[site.host]]`
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// `block`: all of them for a site that declares hosts and does not say; none for any other; without repetition.
    pub gates: Vec<Gate>,
    /// Declared hosts, in the order of the file; no two have the same name.
    pub hosts: Vec<Host>,
    /// `reload`: categories and services after whose withdrawal the page is loaded again if they ran in it.
    pub reload: Vec<String>,
}

/// One declared host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// The category under which it receives something.
    pub category: Category,
    /// Its name; all names below are covered.
    pub name: HostName,
    /// The service that asks it; in the same category.
    pub service: Option<ServiceId>,
}

/// A way around `data-consent` that is held shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// What other scripts write into the page with `document.write`.
    DocumentWrite,
    /// Requests that scripts make to declared hosts.
    Network,
    /// Declared cookies and storage keys that scripts write.
    Storage,
    /// Scripts and frames of declared hosts that nobody marked.
    Untagged,
}

impl Gate {
    /// Every mechanism, by its word in the config, which is its part's name too.
    pub(super) const WORDS: [(&'static str, Self); 4] = [
        ("document_write", Self::DocumentWrite),
        ("network", Self::Network),
        ("storage", Self::Storage),
        ("untagged", Self::Untagged),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, gate)| *gate == self).map_or("", |(word, _)| word)
    }
}

impl Block {
    /// The settings of each part that the site uses, by the part's name.
    pub(super) fn parts(&self) -> BTreeMap<String, Value> {
        let mut parts: BTreeMap<_, _> =
            self.gates.iter().map(|gate| (gate.word().to_owned(), json!({}))).collect();
        if !self.reload.is_empty() {
            parts.insert("reload".to_owned(), json!({ "words": self.reload }));
        }
        parts
    }

    /// The hosts of a category as a notice declares them.
    pub(super) fn hosts_of(&self, category: Category) -> Vec<HostDeclaration> {
        let hosts = self.hosts.iter().filter(|host| host.category == category);
        hosts.map(|host| HostDeclaration { name: host.name.clone(), service: host.service.clone() }).collect()
    }
}
