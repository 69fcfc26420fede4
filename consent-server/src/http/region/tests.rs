use std::path::Path;

use axum::body::Body;

use super::super::limits::Peer;
use super::*;
use crate::config;
use crate::site::Sites;
use crate::store::MemoryStore;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regions/regions.mmdb");

/// A site that tells regions apart, and who is asked where its visitors are.
struct Asked {
    sites: Sites,
    regions: Regions,
    limits: Limits,
}

fn asked(server: &str) -> Asked {
    let text = format!(
        "[server]\n{server}\n[[site]]\nid = \"a\"\n[site.regions]\nGB = {{}}\nCH = {{}}\nUS = {{}}\nUS-CA = {{}}\n\
         CA-QC = {{}}\n[site.controller]\nname = \"A\"\nprivacy_url = \"/p\"\n"
    )
    .replace("[site.regions]", "ask_again_after = 365\nlanguages = [\"fr\"]\n[site.regions]");
    let config = config::parse("consent.toml", text, Path::new(".")).unwrap().config;
    Asked {
        sites: Sites::publish(&config, &MemoryStore::default()).unwrap(),
        regions: Regions::new(&config.server.region).unwrap(),
        limits: Limits::new(&config.limits, config.server.trusted_proxies),
    }
}

impl Asked {
    /// The region whose rules somebody is shown who asks from this address with these headers.
    fn shown(&self, peer: &str, headers: &[(&str, &str)]) -> String {
        let mut request = Request::new(Body::empty());
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let site = self.sites.get("a").unwrap();
        let found = self.regions.find(site, None, &self.limits, &request);
        assert!(!found.for_everybody);
        site.banner(None, found.region).unwrap().notice.regime.region.clone()
    }
}

#[test]
fn a_trusted_proxy_says_where_a_visitor_is_and_what_it_does_not_say_well_is_not_known() {
    let behind = asked("trusted_proxies = [\"10.0.0.0/8\"]\n[server.region]\nfrom = \"cloudflare\"");
    let (country, part) = ("CF-IPCountry", "cf-region-code");
    for (headers, region) in [
        (&[(country, "US"), (part, "CA")][..], "US-CA"),
        (&[(country, "US"), (part, "TX")], "US"),
        (&[(country, "US")], "US-CA"), // it may be California
        (&[(country, "US"), (part, "California")], "US-CA"),
        (&[(country, "GB"), (part, "ENG")], "GB"),
        (&[(country, "CH"), (part, "")], "CH"),
        (&[(country, "CA"), (part, "QC")], "EU"), // Québec's rules are those of everybody else
        (&[(country, "FR")], "EU"),
        (&[(country, "JP")], "EU"),
        (&[(country, "XX")], "EU"),
        (&[(country, "T1")], "EU"),
        (&[(country, "us")], "EU"),
        (&[(country, "US; GB")], "EU"),
        (&[(country, "")], "EU"),
        (&[(country, "U\u{e9}")], "EU"),
        (&[(country, "US"), (country, "US")], "EU"), // one of them is not the proxy's
        (&[(part, "CA")], "EU"),
        (&[("cloudfront-viewer-country", "US")], "EU"),
        (&[], "EU"),
    ] {
        assert_eq!(behind.shown("10.0.0.1", headers), region, "{headers:?}");
        assert_eq!(behind.shown("::ffff:10.0.0.1", headers), region, "{headers:?}");
        let forwarded = [headers, &[("x-forwarded-for", "10.0.0.1")]].concat();
        assert_eq!(behind.shown("198.51.100.7", &forwarded), "EU", "nobody else is believed: {headers:?}");
    }
}

#[test]
fn each_network_and_a_header_of_ones_own_are_read_as_they_are_sent() {
    for (source, headers) in [
        (
            "from = \"cloudfront\"",
            &[("CloudFront-Viewer-Country", "US"), ("CloudFront-Viewer-Country-Region", "CA")][..],
        ),
        ("from = \"fastly\"", &[("client-geo-country", "US"), ("client-geo-region", "CA")]),
        ("header = \"X-Visitor-Region\"", &[("x-visitor-region", "US-CA")]),
    ] {
        let behind = asked(&format!("trusted_proxies = [\"10.0.0.1\"]\n[server.region]\n{source}"));
        assert_eq!(behind.shown("10.0.0.1", headers), "US-CA", "{source}");
        assert_eq!(behind.shown("10.0.0.2", headers), "EU", "{source}");
    }
}

#[test]
fn a_file_knows_where_addresses_are_and_only_trusted_proxies_pass_them_on() {
    let behind = asked(&format!("trusted_proxies = [\"10.0.0.1\"]\n[server.region]\nfile = {FILE:?}"));
    for (address, region) in [
        ("198.51.100.7", "US-CA"),
        ("198.51.100.200", "US-CA"),
        ("2001:db8:1::7", "US-CA"),
        ("::ffff:192.0.2.1", "GB"),
        ("203.0.113.9", "EU"),
        ("203.0.113.130", "EU"),
        ("8.8.8.8", "EU"),
    ] {
        assert_eq!(behind.shown(address, &[]), region, "{address}");
        assert_eq!(behind.shown("10.0.0.1", &[("x-forwarded-for", address)]), region, "{address}");
        // What stands before the proxy's own word was written by anybody.
        let header = format!("192.0.2.200, {address}");
        assert_eq!(behind.shown("10.0.0.1", &[("x-forwarded-for", &header)]), region, "{address}");
        assert_eq!(behind.shown("8.8.8.8", &[("x-forwarded-for", address)]), "EU", "{address}");
    }
}

#[test]
fn a_proxy_that_says_nothing_of_the_visitor_is_not_taken_for_one() {
    let behind = asked(&format!("trusted_proxies = [\"198.51.100.1\"]\n[server.region]\nfile = {FILE:?}"));
    assert_eq!(behind.shown("198.51.100.7", &[]), "US-CA", "the proxy's neighbour is where the proxy is");
    for headers in [&[][..], &[("x-forwarded-for", "nobody")], &[("x-forwarded-for", "198.51.100.1")]] {
        assert_eq!(behind.shown("198.51.100.1", headers), "EU", "{headers:?}");
    }
}
