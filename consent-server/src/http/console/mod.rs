//! The console: pages for operators and auditors, behind a session. Only a server that stands by itself has it.
//!
//! A page is whole without a script, and there is none. What changes something is a form that is sent from the console's own origin, with
//! a token that only its pages know.

mod answer;
mod bundles;
mod checks;
mod declared;
mod entry;
mod find;
mod form;
mod install;
mod kept;
mod notices;
mod openid;
mod overview;
mod preview;
mod prove;
mod range;
mod session;
mod sessions;
mod shelf;
mod sign_in;
mod stale;
mod taking;
mod trail;
mod upload;
mod visitor;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{get, post};

pub use self::checks::Checks;
pub(crate) use self::session::Standing;
pub use self::shelf::Shelf;
use self::visitor::SignedIn;
use super::{Live, Problem, evidence};
use crate::openid::RETURN;

/// All pages.
pub(super) fn routes() -> Router<Live> {
    Router::new()
        .route("/console", get(sign_in::to_beginning))
        .route("/console/", get(overview::get_sites))
        .route("/console/style.css", get(answer::get_style))
        .route("/console/sign-in", get(sign_in::get_page).post(sign_in::sign_in))
        .route("/console/openid", get(openid::begin))
        .route(RETURN, get(openid::finish))
        .route("/console/sign-out", post(sign_in::sign_out))
        .route("/console/sessions", get(sessions::get_page).post(sessions::end))
        .route("/console/trail", get(trail::get_page))
        .route("/console/trail/bundle", get(trail::get_bundle))
        .route("/console/{site}/", get(overview::get_page))
        .route("/console/{site}/find", get(find::get_page).post(find::find))
        .route("/console/{site}/entries/{log}/{index}", get(find::get_story).post(find::erase))
        .route("/console/{site}/notices", get(notices::get_page))
        .route("/console/{site}/notices/{notice}", get(notices::get_notice))
        .route("/console/{site}/scripts/{script}", get(evidence::get_script))
        .route("/console/{site}/prove", get(prove::get_page).post(prove::check))
        .route("/console/{site}/prove/by-hand", get(prove::get_by_hand))
        .route("/console/{site}/prove/bundles", get(bundles::get_page).post(bundles::make))
        .route("/console/{site}/prove/bundles/{digest}", get(taking::get_bundle))
        .route("/console/{site}/declaration", get(declared::get_page).post(declared::take))
        .route("/console/{site}/preview", get(preview::get_page).post(preview::check))
        .route("/console/{site}/preview/drawn", get(preview::get_drawn).post(preview::draw))
        .route("/console/{site}/install", get(install::get_page).post(install::check))
        .layer(from_fn(visitor::renew))
}
