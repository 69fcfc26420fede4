//! The banner of the config in force, and of one that an operator tries: looked at, and neither kept nor published.

use std::collections::BTreeSet;

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use consent_core::bundle::page as shown;
use consent_core::notice::{Notice, Theme};
use consent_core::regime::Region;
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::config::{self, Loaded, SiteConfig, render};
use crate::console::{PreviewPage, Switches, Tried, one_of};
use crate::site;
use crate::trail::What;

use super::super::extract::{Path, Query};
use super::super::{AppState, Live, Problem};
use super::SignedIn;
use super::answer::{Refusal, html, page};
use super::notices::SHOWN;
use super::upload::Uploaded;

/// The most bytes of a config that is tried: as of one that is read.
const MOST: usize = 1024 * 1024;

/// One at a time.
static TRYING: Semaphore = Semaphore::const_new(1);

/// What findings call it.
const NAME: &str = "pasted.toml";

/// An operator who tries a config of this site: nobody else's form is even read, and that somebody else tried stands in the trail.
pub(super) struct Trying(SignedIn, String);

impl FromRequestParts<Live> for Trying {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, live: &Live) -> Result<Self, Refusal> {
        let signed_in = SignedIn::from_request_parts(parts, live).await?;
        let Path(site) = Path::<String>::from_request_parts(parts, live).await?;
        signed_in.require_operator(&live.now(), &site, What::ConfigTried).await?;
        Ok(Self(signed_in, site))
    }
}

/// How the banner is looked at, as it is asked for.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    language: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    theme: String,
    #[serde(default)]
    width: String,
    #[serde(default)]
    gpc: String,
}

impl Asked {
    fn sent(form: &Uploaded<MOST>) -> Self {
        let [language, region, theme, width, gpc] =
            ["language", "region", "theme", "width", "gpc"].map(|name| form.text(name).to_owned());
        Self { language, region, theme, width, gpc }
    }

    /// Of what there is to choose from; the first where something else is asked for.
    fn of(&self, site: &SiteConfig) -> Switches {
        let languages: Vec<_> = site.languages().map(ToString::to_string).collect();
        let regions: BTreeSet<_> =
            site.regimes.regions().filter(|region| *region != Region::UNKNOWN).collect();
        let regions: Vec<_> = regions.iter().map(ToString::to_string).collect();
        Switches {
            language: site.language(&self.language).to_string(),
            region: regions
                .iter()
                .find(|region| **region == self.region)
                .map_or("unknown", String::as_str)
                .to_owned(),
            theme: one_of(Switches::THEMES, &self.theme),
            width: one_of(Switches::WIDTHS, &self.width),
            gpc: self.gpc == "on",
            languages,
            regions,
        }
    }

    /// The banner as it is asked for; `None` if there is none.
    fn draw(&self, site: &SiteConfig) -> Option<String> {
        let switches = self.of(site);
        let (script, notice) = site::drawn(site, &switches.language, Region::read(&switches.region)).ok()?;
        let theme = match switches.theme {
            "light" => Some(Theme::Light),
            "dark" => Some(Theme::Dark),
            _ => None,
        };
        shown::drawn(&notice, &script, shown::View { objects: switches.gpc, theme })
    }
}

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let others = state.findings.others().filter(|_| signed_in.sees_all());
    let findings = others.into_iter().chain(state.findings.of_site(&site.config.id));
    let findings = findings.collect::<Vec<_>>().join("\n");
    Ok(page(&PreviewPage {
        frame: signed_in.frame(&state, Some(site), "Preview", "preview"),
        site: site.config.id.to_string(),
        switches: asked.of(&site.config),
        findings,
        are_some_hidden: !signed_in.sees_all(),
        waivers: waivers(site.banners().map(|banner| &*banner.notice)),
        tried: None,
    }))
}

/// The banner of the config in force, alone.
pub(super) async fn get_drawn(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let id = signed_in.site(&state, &site)?.config.id.clone();
    let drawn = state.blocking(move |state| Ok(asked.draw(&state.site(id.as_str())?.config))).await?;
    Ok(html(drawn.ok_or_else(Refusal::not_found)?, SHOWN))
}

/// What an operator tries, read on a thread of its own.
async fn tried<T: Send + 'static>(
    state: &AppState,
    signed_in: &SignedIn,
    form: &Uploaded<MOST>,
    look: impl FnOnce(String) -> T + Send + 'static,
) -> Result<T, Refusal> {
    signed_in.sent(form.text("form_token"))?;
    // One may be as large as it may be, and make much of itself.
    let permit = TRYING.try_acquire().map_err(|_| {
        let detail = "Another config is being looked at. Go back, and send it once more in a few seconds.";
        Refusal::Said(StatusCode::SERVICE_UNAVAILABLE, "Not now", detail.to_owned())
    })?;
    // A file that was chosen, if there is one.
    let file = form.bytes("file");
    let bytes = if file.is_empty() { form.bytes("config") } else { file };
    let text = String::from_utf8_lossy(bytes).into_owned();
    let look = move |_: &AppState| -> Result<T, Problem> {
        let _permit = permit;
        Ok(look(text))
    };
    Ok(state.blocking(look).await?)
}

/// Looks at a config, and says what is found.
pub(super) async fn check(
    State(live): State<Live>,
    Trying(signed_in, id): Trying,
    form: Uploaded<MOST>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &id)?;
    let asked = Asked::sent(&form);
    let (wanted, in_force) = (id.clone(), asked.of(&site.config));
    let look = move |text: String| look(text, &wanted, &asked, in_force);
    let (tried, switches, findings, waivers) = tried(&state, &signed_in, &form, look).await?;
    Ok(page(&PreviewPage {
        frame: signed_in.frame(&state, Some(site), "Preview", "preview"),
        site: id,
        switches,
        findings,
        are_some_hidden: false,
        waivers,
        tried: Some(tried),
    }))
}

fn look(text: String, id: &str, asked: &Asked, in_force: Switches) -> (Tried, Switches, String, Vec<String>) {
    let loaded = config::parse_alone(NAME, text.clone());
    let findings = match &loaded {
        Ok(loaded) => render::human(&loaded.warnings, false),
        Err(found) => render::human(found, false),
    };
    let site =
        loaded.ok().map(|Loaded { config, .. }| config.sites.into_iter().find(|site| site.id.as_str() == id));
    let mut tried = Tried { text, is_shown: false, problem: None };
    match site {
        None => (tried, in_force, findings, Vec::new()),
        Some(None) => {
            tried.problem = Some(format!(
                "It has no [[site]] with the id {id}: add it, or go to the page of the site that it is for."
            ));
            (tried, in_force, findings, Vec::new())
        }
        Some(Some(site)) => {
            tried.is_shown = true;
            let notices = site::shown(&site).unwrap_or_default();
            let waivers = waivers(notices.iter().flat_map(|(_, notices)| notices).map(|notice| &**notice));
            (tried, asked.of(&site), findings, waivers)
        }
    }
}

/// The banner of a config that is tried, alone.
pub(super) async fn draw(
    State(live): State<Live>,
    Trying(signed_in, id): Trying,
    form: Uploaded<MOST>,
) -> Result<Response, Refusal> {
    let state = live.now();
    signed_in.site(&state, &id)?;
    let asked = Asked::sent(&form);
    let draw = move |text: String| {
        let config = config::parse_alone(NAME, text).ok()?.config;
        asked.draw(config.sites.iter().find(|site| site.id.as_str() == id)?)
    };
    let drawn = tried(&state, &signed_in, &form, draw).await?;
    let none = "<!doctype html><html lang=\"en\"><title>No banner</title><p>This config makes no banner: check it first.</p></html>";
    Ok(html(drawn.unwrap_or_else(|| none.to_owned()), SHOWN))
}

fn waivers<'a>(notices: impl Iterator<Item = &'a Notice>) -> Vec<String> {
    let all: BTreeSet<_> = notices.flat_map(|notice| &notice.waivers).map(ToString::to_string).collect();
    all.into_iter().collect()
}
