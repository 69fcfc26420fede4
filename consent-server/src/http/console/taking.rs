//! A bundle that was made is sent, as a whole or in parts.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use consent_core::digest::Digest;
use consent_core::ledger::entry::action::{Action, Outcome};
use consent_core::notice::SiteId;

use crate::export::Format;
use crate::store::StoreError;
use crate::trail::{By, What};

use super::super::extract::Path;
use super::super::{AppState, Live, Problem};
use super::SignedIn;
use super::answer::Refusal;
use super::bundles::OVERTAKEN;
use super::kept::{Kept, Sending};
use super::range::{self, Wanted};
use super::shelf::Lies;

/// A bundle, or a part of it.
pub(super) async fn get_bundle(
    State(live): State<Live>,
    signed_in: SignedIn,
    Path((site, digest)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let state = live.now();
    let id = signed_in.site(&state, &site)?.config.id.clone();
    let digest: Digest = digest.parse().map_err(|_| Refusal::not_found())?;
    let kept = find(&state, &id, &signed_in.by(), digest).await?;
    let tag = kept.tag();
    let (status, range) = match range::wanted(&method, &headers, &tag, kept.length) {
        Wanted::Whole => (StatusCode::OK, 0..kept.length),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nowhere => {
            let all = (CONTENT_RANGE, format!("bytes */{}", kept.length));
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, described(&kept), [all]).into_response());
        }
        Wanted::Current => return Ok((StatusCode::NOT_MODIFIED, described(&kept)).into_response()),
        Wanted::Other => return Ok((StatusCode::PRECONDITION_FAILED, described(&kept)).into_response()),
    };
    // Who asks for the head alone takes nothing.
    if method == Method::GET {
        tell(&state, &kept, signed_in.by().did(What::ExportTaken, Some(id), Outcome::Done)).await?;
        kept.keep_on(state.clock.unix_seconds());
    }
    let part = (status == StatusCode::PARTIAL_CONTENT)
        .then(|| [(CONTENT_RANGE, format!("bytes {}-{}/{}", range.start, range.end - 1, kept.length))]);
    let content = [
        (CONTENT_TYPE, Format::Bundle.media_type().to_owned()),
        (CONTENT_LENGTH, (range.end - range.start).to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", kept.name)),
    ];
    let described = described(&kept);
    let body = Body::new(Sending::new(kept, range, &state.store, &state.clock));
    let mut response = (status, described, content, body).into_response();
    for (name, value) in part.into_iter().flatten() {
        if let Ok(value) = value.try_into() {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

/// What every answer about a bundle says.
fn described(kept: &Kept) -> [(HeaderName, String); 4] {
    [
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (ETAG, kept.tag()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ]
}

/// Somebody's bundle with this digest, if it may be sent.
async fn find(state: &AppState, site: &SiteId, by: &By, digest: Digest) -> Result<Arc<Kept>, Refusal> {
    let (of, owner) = (site.clone(), by.name().to_owned());
    let all = state.blocking(move |state| {
        let all = state.shelf.all_of((&owner, &of), &*state.store, state.clock.unix_seconds());
        all.map_err(|error| Problem::internal(&error))
    });
    for (_, lies) in all.await? {
        match lies {
            Lies::Kept(kept) if kept.digest == digest => return Ok(kept),
            Lies::Overtaken(gone, _) if gone == digest => {
                return Err(Refusal::Said(StatusCode::GONE, "Dropped", OVERTAKEN.to_owned()));
            }
            _ => {}
        }
    }
    let detail = "A bundle is kept for a quarter of an hour, for whoever had it made, until others need its place. Make it again.";
    Err(Refusal::Said(StatusCode::NOT_FOUND, "Not kept", detail.to_owned()))
}

/// Writes into the trail that a bundle is taken away, before the first byte of it is; once, in however many parts.
async fn tell(state: &AppState, kept: &Arc<Kept>, taken: Action) -> Result<(), Problem> {
    let (state, kept) = (state.clone(), Arc::clone(kept));
    let taken = Action { of: Format::Bundle.word().parse().ok(), ..taken };
    // Also if nobody waits for the answer any more: it would be written twice.
    let telling = tokio::spawn(async move {
        kept.is_told.get_or_try_init(|| async { state.sequencer.act(taken).await.map(drop) }).await.map(drop)
    });
    let told = telling.await.map_err(|error| Problem::from(StoreError::Engine(Box::new(error))))?;
    Ok(told?)
}
