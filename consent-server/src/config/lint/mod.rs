//! The rules: each looks at the draft of a config and reports what the law, or the browser, will not take.
//!
//! A rule never stops another. What can not be built at all is reported by [`super::build`]; here stands what could be
//! built, and should not be.

mod audience;
mod buttons;
mod cookie_domain;
mod first_layer;
mod hosts;
mod items;
mod moving_in;
mod owners;
mod phrases;
mod purposes;
mod regimes;
mod services;
mod site;
mod tags;
mod term;
mod texts;
mod titles;
pub(crate) mod trackers;

use super::diagnostic::Report;
use super::draft::{Draft, SiteDraft};

/// One rule about one site.
type Rule = fn(&SiteDraft, &mut Report);

const RULES: [Rule; 30] = [
    audience::is_only_that,
    buttons::plain_words,
    buttons::what_they_say,
    cookie_domain::covers_all_pages,
    first_layer::all_is_told,
    first_layer::no_silence_as_consent,
    hosts::necessary_is_no_tracker,
    items::declared_once,
    items::necessary_is_justified,
    moving_in::all_is_covered,
    owners::are_in_the_list,
    purposes::say_something,
    regimes::no_looser_than_the_law,
    regimes::the_laws_language_is_offered,
    regimes::the_own_region_is_said_once,
    regimes::waivers_are_answered_for,
    services::few_enough_to_read,
    site::something_is_declared,
    tags::google_storage_is_its_own,
    tags::google_waits,
    term::not_too_often,
    term::objections_last_in_california,
    term::proof_lasts,
    texts::known_keys,
    texts::nothing_beside_the_question,
    texts::nothing_empty,
    texts::own_languages_tell_all,
    texts::used_languages,
    titles::each_its_own,
    titles::none_is_called_necessary,
];

/// Applies every rule.
pub(super) fn run(draft: &Draft, report: &mut Report) {
    for site in &draft.sites {
        for rule in RULES {
            rule(site, report);
        }
    }
    cookie_domain::covers_no_other_site(draft, report);
    hosts::not_the_sites_own(draft, report);
    hosts::somebody_stands_behind(draft, report);
    site::one_id_each(draft, report);
}
