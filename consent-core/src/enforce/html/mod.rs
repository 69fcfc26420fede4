//! The page itself, held in one pass while it streams: what is denied loads nothing, whether scripts run or not.
//!
//! What a page loads from a declared host that is denied, or has marked with `data-consent` or `data-service`, is changed in its tag:
//!
//! | element | what becomes of it while it is denied |
//! |---|---|
//! | `<script>` | `type="text/plain"`, its type and `src` in `data-type` and `data-src`, and the mark that it waits for: the script of the banner releases it after a grant, once and in order |
//! | `<iframe>` | its address in `data-src`, and the mark: a placeholder stands over it, and it loads after a grant |
//! | `<img>`, `<link>` that loads, `<video>`, `<audio>`, `<source>`, `<track>`, `<embed>`, `<object>`, `<frame>`, `<input>`, and `<image>` in SVG | each address in the attribute with `data-held-` before its name, which lazy loaders do not know, and the mark: the next page after a grant has it again |
//!
//! What stands in `<noscript>` is held too. A frame that is marked and granted gets its `src` here, so that it needs no script;
//! a script that is marked is left to the banner's, which would not know that it ran already. Nothing else is changed, to the byte.
//!
//! An address is read as a browser reads it (`//host`, `\\host`, character references, percent encoding, upper case), with the page's
//! `<base>`. Not seen are: what scripts write; styles and `background`; `srcdoc`; hosts that are not written in ASCII; a page whose text
//! is not compatible with ASCII. A content policy stops those too ([`Enforcer::policy`]).
//!
//! Not seen, and not stopped by a policy in every browser, is what shows nothing in the page or leaves it: `Link` headers (a policy stops
//! a preload, but no `preconnect`), `Refresh` and `<meta http-equiv=refresh>`, `<a ping>`, `attributionsrc`, and speculation rules. Nor is
//! `https:a.gif` with a `<base>` of a denied host: on a page of `https:` that is an address without a host, and here it is one at `a.gif`.
//!
//! Where `<svg>` and `<math>` end is followed as far as well-formed pages need it. It is lost behind a self-closed `<svg/>` or `<math/>`, which
//! is told of ([`Act::PageUnread`](super::Act::PageUnread)), and where HTML or the wrong end tag closes them: what follows may then be read as
//! SVG up to the next tag of HTML.
//!
//! ```
//! use std::sync::Arc;
//! use consent_core::consent::{Consent, InForce, Why};
//! use consent_core::enforce::Enforcer;
//! use consent_core::enforce::html::Html;
//! # use consent_core::notice::{HostDeclaration, Notice};
//!
//! # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
//! # body.categories[2].hosts.push(HostDeclaration { name: "stats.example".parse()?, service: None });
//! # let notice = Notice::new(body)?;
//! let enforcer = Arc::new(Enforcer::new(InForce::from(notice))); // declares `stats.example` under analytics
//! let nobody = Consent::denied(Why::NoNotice);
//! let mut pass = Html::new().pass(Some(enforcer), nobody, None, None, |told| eprintln!("{told}")).ok_or("no ASCII")?;
//! let mut page = pass.write(b"<p>a<script src=//stats.exa")?;
//! assert_eq!(page, b"<p>a"); // the tag is still open
//! page.extend(pass.write(b"mple/a.js></script>")?);
//! page.extend(pass.end()?);
//! let held = r#"<p>a<script data-src="//stats.example/a.js" type="text/plain" data-consent="analytics"></script>"#;
//! assert_eq!(String::from_utf8(page)?, held);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod hold;
mod pass;
mod references;
#[cfg(feature = "tower")]
mod sniff;

use std::sync::Arc;

use lol_html::AsciiCompatibleEncoding;

use self::hold::Holder;
use super::{Enforcer, Intervention};
use crate::consent::Consent;

pub use self::pass::Pass;
#[cfg(feature = "tower")]
pub(crate) use self::sniff::{Sniffed, sniff};

/// How much memory one pass may use, if nothing else is said: as long may a tag be, with a picture in it.
const MAX_MEMORY: usize = 8 * 1024 * 1024;

/// How pages are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Html {
    max_memory: usize,
}

/// Why a page had to end.
///
/// ```
/// use consent_core::consent::{Consent, Why};
/// use consent_core::enforce::html::{Html, HtmlError};
///
/// let html = Html::new().with_max_memory(4096);
/// let nobody = Consent::denied(Why::NoNotice);
/// let mut pass = html.pass(None, nobody, None, Some("utf-8"), |_| ()).ok_or("no ASCII")?;
/// let tag = format!("<img title=\"{}", "a".repeat(8192));
/// assert_eq!(pass.write(tag.as_bytes()), Err(HtmlError::TooLong));
/// assert_eq!(pass.write(b"\">"), Err(HtmlError::Ended), "what was not held does not go on");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HtmlError {
    /// More memory is needed than a pass may use: for one tag, or for very many elements that are never closed.
    #[error(
        "the page needs more memory than may be used for it: a tag is too long, or too many elements are never closed"
    )]
    TooLong,
    /// Tags stand where browsers read them in ways that can not be told apart without the whole page, as `<xmp>` in `<select>`, or a
    /// self-closed `<svg/>`: write `<svg></svg>`.
    #[error("it can not be known how a browser reads the page")]
    Ambiguous,
    /// The page begins as one in UTF-16 does.
    #[error("the page is in UTF-16")]
    Encoding,
    /// There was an error before, or the page has ended.
    #[error("the page has ended already")]
    Ended,
}

impl Html {
    /// With at most 8 MiB of memory for each page.
    #[must_use]
    pub const fn new() -> Self {
        Self { max_memory: MAX_MEMORY }
    }

    /// With so many bytes of memory for each page, about: a tag that needs more ends its page, and so do very many elements that are never closed.
    #[must_use]
    pub const fn with_max_memory(mut self, bytes: usize) -> Self {
        self.max_memory = bytes;
        self
    }

    pub(crate) const fn max_memory(self) -> usize {
        self.max_memory
    }

    /// Begins a page, for one visitor. Without an `enforcer` no host is known, and only what is marked is held. `own` is the host of
    /// the request, with or without a port: nothing is held back from it. `charset` is what `Content-Type` says; without it the page
    /// says it, or it is UTF-8. `tell` hears of each element that is held.
    ///
    /// `None` for a charset that is not compatible with ASCII (UTF-16, ISO-2022-JP): such a page can not be read.
    pub fn pass(
        self,
        enforcer: Option<Arc<Enforcer>>,
        consent: Consent,
        own: Option<&str>,
        charset: Option<&str>,
        tell: impl FnMut(&Intervention) + Send + 'static,
    ) -> Option<Pass> {
        // What browsers do not know counts for nothing.
        let encoding = charset.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
        let encoding =
            encoding.map_or(Some(AsciiCompatibleEncoding::utf_8()), AsciiCompatibleEncoding::new)?;
        Some(Pass::new(self, Holder::new(enforcer, consent, own, Box::new(tell)), encoding))
    }
}

impl Default for Html {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;
