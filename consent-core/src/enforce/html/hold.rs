//! What becomes of one element.

use std::mem;
use std::sync::Arc;

use lol_html::send::Element;

use super::address::{self, Leads};
use super::references::decode;
use crate::category::Category;
use crate::consent::Consent;
use crate::enforce::{Act, Enforcer, Intervention};

/// Which elements are looked at.
pub(super) const ELEMENTS: &str = "audio, base, embed, frame, iframe, image, img, input, link, math, object, script, source, svg, track, video";

/// The attributes by which each of them loads something.
fn addresses(tag: &str) -> &'static [&'static str] {
    match tag {
        "image" => &["src", "srcset", "href", "xlink:href"],
        "img" | "source" => &["src", "srcset"],
        "link" => &["href", "imagesrcset"],
        "object" => &["data"],
        "script" => &["src", "href", "xlink:href"],
        "video" => &["src", "poster"],
        "base" => &[],
        _ => &["src"],
    }
}

/// The kinds of `<link>` that load something, or open a connection for it.
const LOADING: [&str; 12] = [
    "apple-touch-icon",
    "apple-touch-icon-precomposed",
    "dns-prefetch",
    "icon",
    "manifest",
    "mask-icon",
    "modulepreload",
    "preconnect",
    "prefetch",
    "preload",
    "prerender",
    "stylesheet",
];

/// What something waits for.
#[derive(Clone, Debug)]
struct Waits {
    category: Option<Category>,
    /// How an element is marked for it.
    attribute: &'static str,
    word: String,
    /// What is told: the declared host, or the word.
    name: String,
}

/// Holds the elements of one page to what one visitor allows.
pub(super) struct Holder {
    pub(super) enforcer: Option<Arc<Enforcer>>,
    pub(super) consent: Consent,
    /// The page's own host and port.
    pub(super) own: Option<(String, Option<u16>)>,
    pub(super) tell: Box<dyn FnMut(&Intervention) + Send>,
    /// What addresses without a host wait for: one of the page's `<base>` is at a denied host.
    base: Option<Waits>,
    /// Whether where `<svg>` or `<math>` ends was lost.
    is_lost: bool,
}

impl Holder {
    pub(super) fn new(
        enforcer: Option<Arc<Enforcer>>,
        consent: Consent,
        own: Option<&str>,
        tell: Box<dyn FnMut(&Intervention) + Send>,
    ) -> Self {
        let own = own.map(|own| {
            let (name, port) = own.rsplit_once(':').unwrap_or((own, ""));
            (name.to_ascii_lowercase(), port.parse().ok())
        });
        Self { enforcer, consent, own, tell, base: None, is_lost: false }
    }

    pub(super) fn element(&mut self, element: &mut Element<'_, '_>) {
        let tag = element.tag_name();
        let tag = tag.as_str();
        if ["math", "svg"].contains(&tag) {
            return self.begins_foreign(element, tag);
        }
        if tag == "base" {
            // The first one counts; any that leads to a denied host is enough to hold what follows.
            let href = element.get_attribute("href");
            self.base = self.base.take().or_else(|| href.and_then(|href| self.waits_at(&decode(&href))));
            return;
        }
        let kind = element.get_attribute("type").unwrap_or_default();
        let is_script = tag == "script";
        if is_script && decode(&kind).trim().eq_ignore_ascii_case("text/plain") {
            return; // it waits already, and whoever reads the mark releases it
        }
        if tag == "link" && !loads(&element.get_attribute("rel").unwrap_or_default()) {
            return;
        }
        let mark = Mark::of(element);
        let waits = mark.as_ref().and_then(|mark| self.waits_by(mark));
        let mut held: Vec<&'static str> = Vec::new();
        let mut host = None;
        for name in addresses(tag) {
            let Some(written) = element.get_attribute(name) else { continue };
            let value = decode(&written);
            let at = if name.ends_with("srcset") {
                address::of_set(&value).find_map(|address| self.waits_at(address))
            } else {
                self.waits_at(&value)
            };
            if at.is_some() || waits.is_some() {
                held.push(*name);
            }
            host = host.or(at);
        }
        if waits.is_some() && tag == "iframe" && element.has_attribute("srcdoc") {
            held.push("srcdoc");
        }
        if held.is_empty() && !(is_script && waits.is_some()) {
            if tag == "iframe" && mark.is_some() && waits.is_none() {
                self.release(element);
            }
            return;
        }
        for name in held {
            put_aside(element, tag, name);
        }
        if is_script {
            hold_script(element, &kind);
        }
        if let Some(host) = &host
            && !(is_script && element.namespace_uri().ends_with("svg"))
        {
            mark_for(element, mark.as_ref(), host);
        }
        if let Some(told) = waits.or(host) {
            self.tell(&told);
        }
    }

    /// SVG that is closed by itself has ended; the rewriter has it last until an end tag. Such a page is whole all the same, so it goes
    /// on, with a policy behind it, and is told of once.
    fn begins_foreign(&mut self, element: &Element<'_, '_>, tag: &str) {
        if element.is_self_closing() && !mem::replace(&mut self.is_lost, true) {
            (self.tell)(&Intervention::new(Act::PageUnread, tag));
        }
    }

    /// A frame whose mark is granted loads without a script too. The script finds the same address in both attributes, and does
    /// nothing; a script that waits is left to it, so that none runs twice, and in their order.
    fn release(&self, element: &mut Element<'_, '_>) {
        if let Some(written) = element.get_attribute("data-src")
            && !element.has_attribute("src")
            && self.waits_at(&decode(&written)).is_none()
        {
            // The name is one that an attribute can have.
            let _ = element.set_attribute("src", &written);
        }
    }

    /// What an address waits for.
    fn waits_at(&self, address: &str) -> Option<Waits> {
        match address::leads(address) {
            Leads::To(name, port) => self.waits_for_host(&name, port),
            Leads::On => self.base.clone(),
            Leads::Nowhere => None,
        }
    }

    fn waits_for_host(&self, name: &str, port: Option<u16>) -> Option<Waits> {
        let usual = |port: Option<u16>| port.filter(|port| ![80, 443].contains(port));
        if self.own.as_ref().is_some_and(|(own, at)| own == name && usual(*at) == usual(port)) {
            return None;
        }
        let enforcer = self.enforcer.as_ref()?;
        // Whether the page's scheme is `http:` or `https:` is not known here: each may be the port that is not written.
        let ports: &[Option<u16>] = match port {
            None => &[None, Some(443), Some(80)],
            Some(80 | 443) => &[port, None],
            Some(_) => &[port],
        };
        let held = ports.iter().find_map(|port| enforcer.held_host(&self.consent, name, *port))?;
        let (attribute, word) = held.attribute();
        Some(Waits {
            category: Some(held.category),
            attribute,
            word: word.to_owned(),
            name: held.name.to_owned(),
        })
    }

    /// What a mark waits for: the first of its words that is not granted. One without words is never granted, nor is a word that
    /// is neither a category nor a service.
    fn waits_by(&self, mark: &Mark) -> Option<Waits> {
        let allows = |word: &str| match word.parse() {
            Ok(category) => self.consent.allows(category),
            Err(_) => self.consent.allows_service(word),
        };
        let word = match mark.words().find(|word| !allows(word)) {
            Some(word) => word,
            None if mark.words().next().is_none() => "",
            None => return None,
        };
        let service = || {
            let services = &self.enforcer.as_ref()?.in_force().notice().services;
            services.iter().find(|service| service.id.as_str() == word).map(|service| service.category)
        };
        let category = word.parse().ok().or_else(service);
        Some(Waits { category, attribute: mark.attribute, word: word.to_owned(), name: word.to_owned() })
    }

    fn tell(&mut self, waits: &Waits) {
        (self.tell)(&Intervention {
            act: Act::ElementHeld,
            category: waits.category,
            ground: waits.category.map(|category| self.consent.ground(category)),
            name: waits.name.clone(),
        });
    }
}

/// How a page has marked an element: by the attribute that decides, with its value.
struct Mark {
    attribute: &'static str,
    value: String,
}

impl Mark {
    /// A service decides, the finer question; else the categories.
    fn of(element: &Element<'_, '_>) -> Option<Self> {
        let value = |attribute| element.get_attribute(attribute).map(|value| decode(&value).into_owned());
        let (service, consent) = (value("data-service"), value("data-consent"));
        match (service, consent) {
            (Some(value), None) => Some(Self { attribute: "data-service", value }),
            (Some(value), Some(_)) if !value.is_empty() => Some(Self { attribute: "data-service", value }),
            (_, consent) => consent.map(|value| Self { attribute: "data-consent", value }),
        }
    }

    fn words(&self) -> impl Iterator<Item = &str> {
        self.value.split_whitespace()
    }
}

/// Whether a `<link>` loads something.
fn loads(rel: &str) -> bool {
    let rel = decode(rel);
    rel.split_ascii_whitespace().any(|kind| LOADING.iter().any(|loads| loads.eq_ignore_ascii_case(kind)))
}

/// Moves an address to where nothing loads it from, as it is written: the script of the banner knows those of scripts and frames. Of
/// anything else what lazy loaders know, as `data-src`, would be loaded by them.
fn put_aside(element: &mut Element<'_, '_>, tag: &str, name: &str) {
    let held = if ["iframe", "script"].contains(&tag) { "data-" } else { "data-held-" };
    if let Some(written) = element.get_attribute(name) {
        let _ = element.set_attribute(&format!("{held}{name}"), &written);
        element.remove_attribute(name);
    }
}

fn hold_script(element: &mut Element<'_, '_>, kind: &str) {
    if kind.is_empty() {
        element.remove_attribute("data-type");
    } else {
        let _ = element.set_attribute("data-type", kind);
    }
    let _ = element.set_attribute("type", "text/plain");
}

/// Marks an element for a host, beside what it waits for already: all of it has to be granted.
fn mark_for(element: &mut Element<'_, '_>, mark: Option<&Mark>, host: &Waits) {
    let _ = match mark {
        Some(mark) if mark.words().any(|word| word == host.word) => Ok(()),
        Some(mark) if mark.words().next().is_some() => {
            // Words are plain; whatever else stands there is never granted, and is not to become anything else.
            let words: Vec<_> = mark.words().map(|word| word.replace('&', "&amp;")).collect();
            element.set_attribute(mark.attribute, &format!("{} {}", words.join(" "), host.word))
        }
        // Without words it is never granted, and stays so.
        Some(_) => Ok(()),
        None => element.set_attribute(host.attribute, &host.word),
    };
}
