//! `[server.region]`: who says where a visitor is.

use http::HeaderName;

use super::super::code::Code;
use super::super::diagnostic::Report;
use super::super::draft::{RegionSourceDraft, ServerDraft};
use super::super::model::RegionSource;
use super::super::section::Field;
use super::super::sources::Sources;
use super::word;
use crate::region::RegionFile;

/// What the networks in front of a site send: the header of the country, and that of its part.
///
/// Cloudflare's second is one of its visitor location headers, which have to be turned on; CloudFront sends both if its
/// policy lists them; Fastly sends none by itself: the service sets these two from `client.geo.country_code` and
/// `client.geo.region`.
pub(super) const NETWORKS: [(&str, (&str, &str)); 3] = [
    ("cloudflare", ("cf-ipcountry", "cf-region-code")),
    ("cloudfront", ("cloudfront-viewer-country", "cloudfront-viewer-country-region")),
    ("fastly", ("client-geo-country", "client-geo-region")),
];

pub(super) fn build(server: &ServerDraft, sources: &Sources, report: &mut Report) -> Option<RegionSource> {
    let Some(draft) = &server.region else { return Some(RegionSource::Nobody) };
    let RegionSourceDraft { file, from, header, span } = draft;
    let given = [file, from, header].into_iter().filter(|field| !matches!(field, Field::Absent)).count();
    if given != 1 {
        let message = "`[server.region]` names more than one source, or none".to_owned();
        let help =
            "write one of `from = \"cloudflare\"`, `header = \"x-region\"`, `file = \"GeoLite2-City.mmdb\"`";
        report.error(Code::RegionSource, span.clone(), message, help);
        return None;
    }
    if let Field::Set(file) = file {
        let path = report.reads(sources.beside(file));
        if let Err(error) = RegionFile::open(&path) {
            let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
            let message = format!("`{}` can not be used: {cause}", file.get_ref());
            let help = "write the path of a file in MaxMind's format, counted from the folder of this file";
            report.error(Code::RegionSource, file.span(), message, help);
            return None;
        }
        return Some(RegionSource::File(path));
    }
    let networks = NETWORKS.map(|(name, headers)| (name, Some(headers)));
    let network = word("from", from, &networks, None, report)?;
    let headers = match (network, header) {
        (Some((country, part)), _) => {
            Some((HeaderName::from_static(country), Some(HeaderName::from_static(part))))
        }
        (None, Field::Set(header)) => {
            let name = header.get_ref().parse();
            if name.is_err() {
                let message = format!("`{}` is no name of a header", header.get_ref());
                let help = "write the header that your proxy sets to `FR` or `US-CA`";
                report.error(Code::RegionSource, header.span(), message, help);
            }
            Some((name.ok()?, None))
        }
        (None, _) => None,
    };
    let (country, part) = headers?;
    if matches!(server.trusted_proxies, Field::Absent) {
        let message = "no proxy is trusted, so what a header says would never be believed".to_owned();
        let help = "list the addresses of your proxies in `trusted_proxies`";
        report.error(Code::RegionSource, span.clone(), message, help);
        return None;
    }
    Some(RegionSource::Headers { country, part })
}
