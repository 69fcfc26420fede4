//! The least that an HTTP server can do: read a decision as what it is and say 201, send a text that never changes.
//! `tests/bench/load` compares with it.
//!
//!     noop [BYTES]        how long the text is

use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use consent_core::decision::DecisionRequest;
use tokio::net::TcpListener;

/// As long as the answer of the real server.
const ANSWER: &str = r#"{"decision_id":"019a0000-0001-7000-8000-000000000000","log":"localhost/newsroom/2026","index":100000,"size":100032,"recorded_at":"2026-11-23T09:30:00.123Z"}"#;

async fn decide(Json(request): Json<DecisionRequest>) -> impl IntoResponse {
    std::hint::black_box(request);
    (StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], ANSWER)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let bytes = std::env::args().nth(1).and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
    let text = Bytes::from(vec![b' '; bytes]);
    let app = Router::new()
        .route("/v1/sites/{site}/decisions", post(decide))
        .route("/v1/sites/{site}/banner.js", get(async move || ([(CONTENT_TYPE, "text/javascript")], text)))
        .route("/readyz", get(|| async { "ready" }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("  no-op    http://{}/", listener.local_addr()?);
    axum::serve(listener, app).await
}
