//! One decision's entry and all that proves it: as two lines of a page, and as a document to take away.

use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Json, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use consent_core::digest::Digest;
use consent_core::ledger::commitment::Opening;
use consent_core::ledger::hash::leaf_hash;
use consent_core::ledger::origin::Origin;
use consent_core::notice::NoticeId;
use consent_core::receipt::Receipt;
use serde::Serialize;

use crate::console::{ProofLine, Under};
use crate::history::{self, ReceiptUnavailable};
use crate::store::LogId;

use super::super::{AppState, Problem};
use super::answer::Refusal;

/// What is taken away. Hashes are in base64 as in the head and in receipts, ids in that for addresses as everywhere.
#[derive(Serialize)]
struct Document<'a> {
    /// The log's whole name.
    log: &'a Origin,
    index: u64,
    notice_id: NoticeId,
    /// Byte for byte as it was hashed.
    entry: &'a str,
    leaf_hash: String,
    /// What is behind the entry's commitments: a salt and a text each.
    openings: Openings<'a>,
    inclusion: Inclusion,
    /// The head, with its signature.
    head: &'a str,
}

/// What was erased is left out.
#[derive(Serialize)]
struct Openings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<&'a Opening>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a Opening>,
}

/// From the leaf to the root of the head (RFC 6962, section 2.1.1).
#[derive(Serialize)]
struct Inclusion {
    /// How many entries the head has.
    size: u64,
    root: String,
    /// The leaf's sibling first.
    hashes: Vec<String>,
}

/// The document about an entry.
pub(super) async fn document(state: &AppState, (log, index): (LogId, u64)) -> Result<Response, Refusal> {
    let name = format!("{}_{}_{index}.json", log.site, log.year);
    let find = move |state: &AppState| -> Result<Option<Option<Receipt>>, Problem> {
        // As the page: there is one for each decision, and for nothing else.
        if history::decision_at(&*state.store, &log, index)?.is_none() {
            return Ok(None);
        }
        Ok(Some(history::receipt_at(&*state.store, &state.heads, &log, index)?))
    };
    let receipt = state.blocking(find).await?.ok_or_else(Refusal::not_found)?;
    let receipt = receipt.ok_or_else(|| {
        let detail = "No head that is signed has this entry yet. Load it again in a moment.";
        Refusal::Said(StatusCode::NOT_FOUND, "Not signed yet", detail.to_owned())
    })?;
    let (content, head) = (receipt.content(), receipt.head().checkpoint());
    let document = Document {
        log: &head.origin,
        index: receipt.index(),
        notice_id: receipt.notice(),
        entry: &content.entry,
        leaf_hash: base64(leaf_hash(content.entry.as_bytes())),
        openings: Openings { decision: content.decision.as_ref(), subject: content.subject.as_ref() },
        inclusion: Inclusion {
            size: head.size,
            root: base64(head.root),
            hashes: receipt.path().iter().copied().map(base64).collect(),
        },
        head: receipt.head().as_str(),
    };
    let headers = [
        (CONTENT_DISPOSITION, HeaderValue::try_from(format!("attachment; filename=\"{name}\""))),
        (CACHE_CONTROL, Ok(HeaderValue::from_static("no-store"))),
        (X_CONTENT_TYPE_OPTIONS, Ok(HeaderValue::from_static("nosniff"))),
    ];
    let mut response = Json(document).into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.map_err(|error| Problem::internal(&error))?);
    }
    Ok(response)
}

/// What the page says of it.
pub(super) fn line(state: &AppState, log: &LogId, index: u64) -> Result<ProofLine, Problem> {
    let under = match history::head_over(&*state.store, &state.heads, log, index) {
        Ok(Some(head)) => Under::Head(head.checkpoint().size),
        Ok(None) => Under::NotYet,
        Err(ReceiptUnavailable::Lost(_)) => Under::Lost,
        Err(error) => return Err(error.into()),
    };
    Ok(ProofLine { leaf: base64(history::leaf(&*state.store, log, index)?), under })
}

fn base64(hash: Digest) -> String {
    BASE64_STANDARD.encode(hash.0)
}
