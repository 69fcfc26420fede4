//! What a site declares, and the last report of what was seen in its pages.

use axum::extract::State;
use axum::response::Response;
use consent_core::ledger::entry::action::Outcome;
use consent_core::notice::{Direction, SiteId, StorageKind};
use consent_core::regime::{Region, Rule};
use serde::{Deserialize, Serialize};

use crate::console::{
    DeclarationPage, DeclaredItem, DeclaredSection, LEAKS_BYTES, Leaks, LeaksShown, moment,
};
use crate::declaration::{DeclaredCategory, DeclaredCookie};
use crate::store::{MAX_DOCUMENT_BYTES, Store, StoreError};
use crate::trail::What;

use super::super::declaration::declared;
use super::super::extract::{Path, Query};
use super::super::{AppState, Live};
use super::SignedIn;
use super::answer::{Refusal, page, to};
use super::upload::Uploaded;

/// The name of the document with the last report of a site.
const DOCUMENT: &str = "leaks";

#[derive(Deserialize)]
pub(super) struct Asked {
    language: Option<String>,
}

/// What is kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// When it was sent, unix seconds.
    at: u64,
    leaks: Leaks,
}

pub(super) async fn get_page(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    show(&live.now(), &signed_in, &site, asked.language.as_deref(), None).await
}

/// Takes a report in place of the one before.
pub(super) async fn take(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path(site): Path<String>,
    form: Uploaded<LEAKS_BYTES>,
) -> Result<Response, Refusal> {
    signed_in.sent(form.text("form_token"))?;
    let state = live.now();
    let id = signed_in.site(&state, &site)?.config.id.clone();
    signed_in.require_operator(&state, &site, What::ReportPut).await?;
    let at = state.clock.unix_seconds();
    let of = id.clone();
    let take = move |state: &AppState| {
        let leaks = match Leaks::read(form.bytes("report"), of.as_str()) {
            Ok(leaks) => leaks,
            Err(why) => return Ok(Some(why)),
        };
        let bytes = serde_json::to_vec(&Kept { at, leaks }).unwrap_or_default();
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Ok(Some("This report is longer than what can be kept: open fewer pages.".to_owned()));
        }
        state.store.keep(&of, DOCUMENT, &bytes)?;
        Ok(None)
    };
    let put = signed_in.by().did(What::ReportPut, Some(id), Outcome::Done);
    match state.noting(take, |refused| refused.is_none().then_some(put)).await? {
        None => Ok(to(&format!("/console/{site}/declaration#leaks"))),
        problem => show(&state, &signed_in, &site, None, problem).await,
    }
}

async fn show(
    state: &AppState,
    signed_in: &SignedIn,
    site: &str,
    language: Option<&str>,
    problem: Option<String>,
) -> Result<Response, Refusal> {
    let site = signed_in.site(state, site)?;
    let frame = signed_in.frame(state, Some(site), "Declaration", "declaration");
    let declared = declared(state, site, language, Region::UNKNOWN).await?;
    let declaration = &declared.declaration;
    let id = site.config.id.clone();
    let kept = state.blocking(move |state| Ok(last(&*state.store, &id)?)).await?;
    let report = kept.map(|Kept { at, leaks }| LeaksShown {
        at: moment(at),
        suggested: leaks.suggested(),
        is_of_now: site.banners().any(|banner| banner.notice.id() == leaks.notice),
        leaks,
    });
    Ok(page(&DeclarationPage {
        frame,
        site: site.config.id.to_string(),
        origin: site.config.origins.first().cloned(),
        language: declaration.language.clone(),
        languages: declaration.languages.clone(),
        direction: match declaration.direction {
            Direction::Ltr => "ltr",
            Direction::Rtl => "rtl",
        },
        sections: declaration.categories.iter().map(section).collect(),
        report,
        problem,
    }))
}

fn section(declared: &DeclaredCategory) -> DeclaredSection {
    DeclaredSection {
        title: declared.title.clone(),
        category: declared.category.as_str(),
        rule: match declared.rule {
            Rule::OptIn => "waits for consent",
            Rule::OptOut => "until somebody objects",
            Rule::Exempt => "needs no consent there",
            Rule::Always => "always",
        },
        description: declared.description.clone(),
        items: declared.cookies.iter().map(item).collect(),
        hosts: declared.hosts.iter().map(|host| (host.name.clone(), host.service.clone())).collect(),
        services: declared
            .services
            .iter()
            .map(|service| (service.name.clone(), service.purpose.clone(), service.vendor.clone()))
            .collect(),
        vendors: declared
            .vendors
            .iter()
            .map(|vendor| {
                let transfers = vendor.transfers.iter();
                let transfers = transfers.map(|transfer| format!("{}: {}", transfer.to, transfer.safeguard));
                (vendor.name.clone(), vendor.privacy_url.clone(), transfers.collect())
            })
            .collect(),
    }
}

fn item(cookie: &DeclaredCookie) -> DeclaredItem {
    DeclaredItem {
        name: cookie.name.clone(),
        kind: match cookie.kind {
            StorageKind::Cookie => "cookie",
            StorageKind::LocalStorage => "localStorage",
            StorageKind::SessionStorage => "sessionStorage",
        },
        owner: cookie.owner.clone(),
        purpose: cookie.purpose.clone(),
        duration: cookie.duration.clone(),
        service: cookie.service.clone(),
    }
}

/// The last report of a site.
fn last(store: &dyn Store, site: &SiteId) -> Result<Option<Kept>, StoreError> {
    let kept = store.kept(site, DOCUMENT)?;
    Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}
