//! How a site is installed.

use axum::extract::State;
use axum::response::Response;
use consent_core::regime::Region;

use crate::console::InstallPage;

use super::super::Live;
use super::super::extract::Path;
use super::SignedIn;
use super::answer::{Refusal, page};

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
) -> Result<Response, Refusal> {
    let state = live.now();
    let site = signed_in.site(&state, &site)?;
    let id = site.config.id.clone();
    let integrity =
        site.banner(None, Region::UNKNOWN).map(|banner| banner.script.integrity()).unwrap_or_default();
    let address = format!("/v1/sites/{id}/banner.js");
    let install = InstallPage {
        frame: signed_in.frame(&state, Some(site), "Install", "install"),
        embed: format!("<script src=\"{address}\"></script>"),
        with_integrity: format!("<script src=\"{address}\" integrity=\"{integrity}\"></script>"),
        nginx: "location /v1/sites/ {\n    proxy_pass http://127.0.0.1:8080;\n    proxy_set_header Host $host;\n    \
                proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n}"
            .to_owned(),
        caddy: "handle /v1/sites/* {\n\treverse_proxy 127.0.0.1:8080\n}".to_owned(),
    };
    Ok(signed_in.answer(page(&install)))
}
