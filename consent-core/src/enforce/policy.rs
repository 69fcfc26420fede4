//! The content policy (CSP 3) by which hosts of denied categories can not load.
//!
//! A policy says what may load and not what may not. Where a page has several, all have to let something through: so the page's
//! own policies stay as they are, nonces and all, and one is added that speaks of hosts only. It lets everything through that is
//! no host (what stands in the page, `data:`, `blob:`), the page's own origin, the host of the banner, what the notice declares and is
//! granted, and those hosts that the page's own policies name and that are not denied. It has no nonce, hash or
//! `'strict-dynamic'`, with which a browser would let scripts load from anywhere.
//!
//! So while a host is denied, a host that neither the notice nor a policy of the page names does not load either: `https:` and
//! `*` would let in the denied ones. Declare it, under `necessary` if it is. Nor does what lies below a granted name, if a denied
//! one does too, unless it is declared itself.

use std::borrow::Cow;

use super::{Enforcer, Under};
use crate::consent::Consent;
use crate::notice::HostName;

/// The longest policies of a page's own that are read for the hosts they name, in bytes, together. What stands beyond is not let
/// through.
///
/// ```
/// use consent_core::enforce::{Enforcer, MAX_POLICY_BYTES};
/// # use consent_core::consent::{Consent, InForce, Why};
/// # use consent_core::notice::{HostDeclaration, Notice};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// # body.categories[2].hosts = vec![HostDeclaration { name: "stats.example".parse()?, service: None }];
/// # let enforcer = Enforcer::new(InForce::from(Notice::new(body)?));
/// # let nobody = Consent::denied(Why::NoNotice);
/// let lets_cdn = |own: &str| {
///     enforcer.policy(&nobody, [own.as_bytes()]).is_some_and(|policy| policy.contains("cdn.example"))
/// };
/// assert!(lets_cdn("img-src cdn.example"));
/// assert!(!lets_cdn(&format!("{}img-src cdn.example", " ".repeat(MAX_POLICY_BYTES))), "not read");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_POLICY_BYTES: usize = 16 * 1024;

/// Everything that is no host.
const ALWAYS: &str = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: filesystem: mediastream:";

/// Directives that list where something may come from (CSP 3, section 6.1).
const FETCH: [&str; 15] = [
    "child-src",
    "connect-src",
    "default-src",
    "font-src",
    "frame-src",
    "img-src",
    "manifest-src",
    "media-src",
    "object-src",
    "prefetch-src",
    "script-src",
    "script-src-elem",
    "style-src",
    "style-src-elem",
    "worker-src",
];

impl Enforcer {
    /// The value of one more `Content-Security-Policy` header for a page, beside those that it has, whose values `own` are; `None`
    /// if no host is denied. Policies that only report do not count: leave them out.
    ///
    /// ```
    /// use consent_core::enforce::Enforcer;
    /// # use consent_core::choices::Choices;
    /// # use consent_core::consent::{Consent, InForce, Why};
    /// # use consent_core::notice::{HostDeclaration, Notice};
    ///
    /// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
    /// # body.categories[2].hosts = vec![HostDeclaration { name: "stats.example".parse()?, service: None }];
    /// # let enforcer = Enforcer::new(InForce::from(Notice::new(body)?));
    /// # let nobody = Consent::denied(Why::NoNotice);
    /// // `stats.example` is declared under analytics, which is denied. The page's own policy names two hosts.
    /// let own = b"img-src cdn.example stats.example; script-src 'nonce-r4nd0m'".as_slice();
    /// let added = enforcer.policy(&nobody, [own]).ok_or("nothing is denied")?;
    /// assert!(added.starts_with("default-src 'self'"));
    /// assert!(added.ends_with(" cdn.example") && !added.contains("stats.example"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn policy<'a>(&self, consent: &Consent, own: impl IntoIterator<Item = &'a [u8]>) -> Option<String> {
        let made;
        let sources = if consent.is_plain() {
            self.sources.get(usize::from(consent.choices().bits()))?.as_ref()?
        } else {
            made = self.sources_where(|under| under.is_allowed(consent))?;
            &made
        };
        let mut policy = String::with_capacity(sources.text.len() + 128);
        policy.push_str(&sources.text);
        let mut left = MAX_POLICY_BYTES;
        for header in own {
            let Some(rest) = left.checked_sub(header.len()) else { break };
            left = rest;
            for source in named_sources(header) {
                let mut added = policy.get(sources.text.len()..).unwrap_or_default().split(' ');
                let is_said = sources.say(source) || added.any(|said| said == source);
                if !is_said && self.lets(consent, source) {
                    policy.push(' ');
                    policy.push_str(source);
                }
            }
        }
        Some(policy)
    }

    /// What is let through of what the notice declares; `None` if all of it is.
    pub(super) fn sources_where(&self, allows: impl Fn(&Under) -> bool) -> Option<Sources> {
        let (allowed, denied): (Vec<_>, Vec<_>) = self.hosts.iter().partition(|(_, under)| allows(under));
        if denied.is_empty() {
            return None;
        }
        let mut policy = ALWAYS.to_owned();
        if let Some(server) = &self.server {
            policy.push(' ');
            policy.push_str(server.as_str());
            if server.parts().1.is_none() {
                policy.push_str(":*"); // as the script takes it: whatever its port
            }
        }
        for (name, _) in &allowed {
            let (host, port) = name.parts();
            // A denied name below it stands against everything below: a policy can not leave one out.
            let open = !denied.iter().any(|(other, _)| {
                let (other, _) = other.parts();
                other.len() > host.len() && name.covers(other, port)
            });
            // Of a secure page browsers take a host without a scheme for `https:` only.
            for scheme in ["", "wss://"] {
                policy.extend([" ", scheme, name.as_str()]);
                if open {
                    policy.extend([" ", scheme, "*.", name.as_str()]);
                }
            }
        }
        Some(Sources::new(policy))
    }

    /// Whether a source of a page's own policy names nothing that is denied.
    fn lets(&self, consent: &Consent, source: &str) -> bool {
        let lower = if source.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(source.to_ascii_lowercase())
        } else {
            Cow::Borrowed(source)
        };
        if let Some(scheme) = lower.strip_suffix(':') {
            let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            if !is_scheme || ["http", "https", "ws", "wss", "ftp", "javascript"].contains(&scheme) {
                return false;
            }
            // It might be read as a host without its port, which has no plus.
            if scheme.contains('+') {
                return true;
            }
        }
        // For three bytes a searcher costs more than it saves.
        let start = lower.as_bytes().windows(3).position(|piece| piece == b"://");
        let rest = start.and_then(|start| lower.get(start + 3..)).unwrap_or(&lower);
        let authority = rest.split('/').next().unwrap_or_default();
        let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
        let label = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let (top, wild) = host.strip_prefix("*.").map_or((host, false), |top| (top, true));
        if top.is_empty() || !top.bytes().all(label) {
            return false;
        }
        let below = |one: &str, other: &str| {
            one.strip_suffix(other).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        // Most sources have nothing to do with what is declared.
        let near = |name: &HostName| {
            let (other, _) = name.parts();
            below(top, other) || (wild && below(other, top))
        };
        if !self.hosts.iter().any(|(name, _)| near(name)) {
            return true;
        }
        // Everything below `*.top`, or every port: denied if any of it is.
        let any_port = port == "*";
        let touched = self.hosts.iter().any(|(name, under)| {
            let (other, _) = name.parts();
            !under.is_allowed(consent) && ((wild && below(other, top)) || (any_port && other == top))
        });
        let ports: &[Option<u16>] = match port {
            "" | "*" => &[None, Some(443), Some(80)],
            port => &[port.parse().ok()],
        };
        let covered = ports.iter().any(|port| self.held_host(consent, top, *port).is_some());
        !touched && !covered
    }
}

/// What a policy lists, whatever the page's own policies name.
#[derive(Debug)]
pub(super) struct Sources {
    text: String,
    /// Its words in order, each once.
    words: Vec<Box<str>>,
}

impl Sources {
    fn new(text: String) -> Self {
        let mut words: Vec<Box<str>> = text.split(' ').map(Box::from).collect();
        words.sort_unstable();
        words.dedup();
        Self { text, words }
    }

    fn say(&self, source: &str) -> bool {
        self.words.binary_search_by(|word| word.as_ref().cmp(source)).is_ok()
    }
}

/// The sources in a header's policies that are no keywords, of all directives that list where something may come from. A source with
/// anything else than ASCII in it is none to a browser: it would take ours with it. And none has a control character.
fn named_sources(header: &[u8]) -> impl Iterator<Item = &str> {
    let directives = header.split(|byte| matches!(byte, b',' | b';'));
    directives.filter_map(|directive| std::str::from_utf8(directive).ok()).flat_map(|directive| {
        let mut words = directive.split_ascii_whitespace();
        let name = words.next().unwrap_or_default();
        let lists = FETCH.iter().any(|fetch| fetch.eq_ignore_ascii_case(name));
        let sources = lists.then_some(words).into_iter().flatten();
        sources.filter(|word| {
            !word.starts_with('\'') && *word != "*" && word.bytes().all(|byte| byte.is_ascii_graphic())
        })
    })
}
