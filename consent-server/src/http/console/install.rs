//! How a site is installed, and whether it is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use consent_core::regime::Region;
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::console::{CheckLine, Checked, InstallPage};
use crate::installed::{self, Expected};
use crate::trail::What;

use super::super::extract::Path;
use super::super::{AppState, Live};
use super::SignedIn;
use super::answer::{Refusal, page};
use super::form::Sent;

/// Pages are asked for a few at a time: each holds a thread for as long as its server likes, up to a limit.
static ASKING: Semaphore = Semaphore::const_new(4);

#[derive(Deserialize)]
pub(super) struct Asked {
    form_token: String,
    /// Of one of the site's pages.
    address: String,
}

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, Refusal> {
    show(&live.now(), &signed_in, &site, None)
}

/// Asks for a page of the site, and says what is wrong with it. Nothing of it is kept.
pub(super) async fn check(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Sent(asked): Sent<Asked>,
) -> Result<Response, Refusal> {
    signed_in.sent(&asked.form_token)?;
    let state = live.now();
    signed_in.require_operator(&state, &site, What::InstallChecked).await?;
    let expected = Expected::of(signed_in.site(&state, &site)?);
    if site_has_no_origins(&state, &signed_in, &site)? && !signed_in.sees_all() {
        let detail = "The config does not say where this site's pages are (`origins`), so only pages of this machine could be asked for: that is \
                      for whoever may see all sites.";
        return Err(Refusal::Said(StatusCode::FORBIDDEN, "Not allowed", detail.to_owned()));
    }
    let permit = ASKING.try_acquire().map_err(|_| busy())?;
    let address = asked.address.clone();
    let check = move |_: &AppState| {
        let _permit = permit;
        Ok(installed::check(&address, &expected))
    };
    let findings = state.blocking(check).await?;
    let lines = findings.iter().map(|finding| CheckLine {
        is_problem: finding.is_problem(),
        said: finding.said(),
        todo: finding.todo(),
    });
    let checked = Checked { address: asked.address, lines: lines.collect() };
    show(&state, &signed_in, &site, Some(checked))
}

fn site_has_no_origins(state: &AppState, signed_in: &SignedIn, site: &str) -> Result<bool, Refusal> {
    Ok(signed_in.site(state, site)?.config.origins.is_empty())
}

fn busy() -> Refusal {
    let detail = "Other pages are being checked. Go back, and send it once more in a few seconds.";
    Refusal::Said(StatusCode::SERVICE_UNAVAILABLE, "Not now", detail.to_owned())
}

fn show(
    state: &AppState,
    signed_in: &SignedIn,
    site: &str,
    check: Option<Checked>,
) -> Result<Response, Refusal> {
    let site = signed_in.site(state, site)?;
    let id = site.config.id.clone();
    let integrity =
        site.banner(None, Region::UNKNOWN).map(|banner| banner.script.integrity()).unwrap_or_default();
    let address = format!("/v1/sites/{id}/banner.js");
    let install = InstallPage {
        frame: signed_in.frame(state, Some(site), "Install", "install"),
        embed: format!("<script src=\"{address}\"></script>"),
        with_integrity: format!("<script src=\"{address}\" integrity=\"{integrity}\"></script>"),
        nginx: "location /v1/sites/ {\n    proxy_pass http://127.0.0.1:8080;\n    proxy_set_header Host $http_host;\n    \
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n}"
            .to_owned(),
        caddy: "handle /v1/sites/* {\n\treverse_proxy 127.0.0.1:8080\n}".to_owned(),
        site: id.to_string(),
        check,
    };
    Ok(page(&install))
}
