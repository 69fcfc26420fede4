//! Where a visitor is: by what the request asks for, by what a trusted proxy says, or by the address; else nobody knows.
//!
//! The address is looked up and let go: it is neither kept nor logged. A decision says which notice it was made under, and
//! that says under whose rules; where the visitor was is recorded nowhere.

use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use consent_core::regime::Region;

use crate::config::RegionSource;
use crate::region::{RegionFile, RegionFileError};
use crate::site::Site;

use super::limits::{Limits, Peer};

/// Who is asked where a visitor is.
#[derive(Debug)]
pub struct Regions {
    source: Source,
}

#[derive(Debug)]
enum Source {
    Nobody,
    Headers { country: HeaderName, part: Option<HeaderName> },
    File(RegionFile),
}

/// A region, and who may be given the same answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) region: Region,
    /// Whether the answer is for whoever asks for this address; else it is for this visitor.
    for_everybody: bool,
}

impl Regions {
    /// As the config says.
    ///
    /// # Errors
    /// If its file can not be read.
    pub fn new(source: &RegionSource) -> Result<Self, RegionFileError> {
        let source = match source {
            RegionSource::Nobody => Source::Nobody,
            RegionSource::Headers { country, part } => {
                Source::Headers { country: country.clone(), part: part.clone() }
            }
            RegionSource::File(file) => Source::File(RegionFile::open(file)?),
        };
        Ok(Self { source })
    }

    /// Where the visitor is, if the site wants to know. `asked` is what the address of the request says: it counts before
    /// all else, since then the page, or the server that asks, knows better. What is no region is none that is known.
    pub(super) fn find(&self, site: &Site, asked: Option<&str>, limits: &Limits, request: &Request) -> Found {
        let everybody = |region| Found { region, for_everybody: true };
        if !site.config.regimes.differ() {
            return everybody(Region::UNKNOWN);
        }
        if let Some(asked) = asked {
            return everybody(Region::read(asked));
        }
        let region = match &self.source {
            Source::Nobody => return everybody(Region::UNKNOWN),
            Source::Headers { country, part } if limits.is_from_proxy(request) => {
                let headers = request.headers();
                let part = part.as_ref().and_then(|part| only(headers, part)).unwrap_or_default();
                only(headers, country).map_or(Region::UNKNOWN, Region::read).with_part(part)
            }
            // Anybody can write a header.
            Source::Headers { .. } => Region::UNKNOWN,
            Source::File(file) => limits
                .address_of(Peer::of(request.extensions()), request.headers())
                .map_or(Region::UNKNOWN, |address| file.region_of(address)),
        };
        Found { region, for_everybody: false }
    }

    /// Says in an answer who may be given it again. A shared cache must not give one visitor what was made for another: it
    /// does not keep the answer. Headers alone would not do: the largest caches do not look at `Vary`, and those between
    /// the visitor and the proxy do not see what the proxy adds. Caches that go by `Vary` in spite of `private` find in it
    /// what the answer depends on.
    pub(super) fn say(&self, found: Found, headers: &mut HeaderMap) {
        if found.for_everybody {
            return;
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"));
        if let Source::Headers { country, part } = &self.source {
            for name in std::iter::once(country).chain(part) {
                headers.append(VARY, HeaderValue::from(name.clone()));
            }
        }
    }
}

/// The value of a header that is there once: two may be of two proxies, of which one is not ours.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let one = values.next().filter(|_| values.next().is_none())?;
    one.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests;
