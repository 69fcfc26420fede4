//! The words that a key takes, for the schema: those that are looked up when the config is built.

use consent_core::category::Category;

use super::super::block::Gate;
use super::super::code::Code;
use super::super::tags::{Compat, GoogleMode, Told};
use super::super::webhook::WebhookEvents;
use super::{item, moving_in, openid, regimes, region, site, transfer};

/// The words that the key at `path` takes; for a list, each of its texts. `None` if it is no key with fixed words.
pub(in crate::config) fn choices(path: &str) -> Option<Vec<&'static str>> {
    let categories = Category::ALL.map(Category::as_str).to_vec();
    let optional = Category::OPTIONAL.map(Category::as_str).to_vec();
    Some(match path {
        "server.openid.grant.role" => words(&openid::ROLES),
        "server.region.from" => words(&region::NETWORKS),
        "site.block" => words(&Gate::WORDS),
        "site.compat" => words(&Compat::WORDS),
        "site.cookie.category" | "site.host.category" | "site.vendor.category" => categories,
        "site.cookie.kind" => words(&item::KINDS),
        "site.google.mode" => words(&GoogleMode::WORDS),
        "site.layout.position" => words(&site::POSITIONS),
        "site.layout.theme" => words(&site::THEMES),
        "site.microsoft" => words(&Told::MICROSOFT),
        "site.moving_in.platform" => words(&moving_in::PLATFORMS),
        "site.pixels" => words(&Told::PIXELS),
        "site.service.category" | "site.waiver.category" => optional,
        "site.waiver.code" => vec![Code::LooserRegime.as_str(), Code::OptOut.as_str()],
        "site.vendor.transfers.by" => words(&transfer::SAFEGUARDS),
        "site.webhook.events" => words(&WebhookEvents::WORDS),
        path if path.starts_with("site.google.storage.") => categories,
        path if path.starts_with("site.regime.") => words(&regimes::OWN_RULES),
        path if path.starts_with("site.regions.*.") => words(&regimes::RULES),
        _ => return None,
    })
}

fn words<T>(known: &[(&'static str, T)]) -> Vec<&'static str> {
    known.iter().map(|(word, _)| *word).collect()
}
