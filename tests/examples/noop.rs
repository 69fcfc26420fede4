//! The least that an HTTP server can do with a decision: read it and say 201. `tests/bench/load` compares with it.

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use tokio::net::TcpListener;

/// As long as the answer of the real server.
const ANSWER: &str = r#"{"decision_id":"019a0000-0001-7000-8000-000000000000","log":"localhost/newsroom/2026","index":100000,"size":100032,"recorded_at":"2026-11-23T09:30:00.123Z"}"#;

async fn decide(body: Bytes) -> impl IntoResponse {
    std::hint::black_box(body);
    (StatusCode::CREATED, [(CONTENT_TYPE, "application/json")], ANSWER)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app = Router::new()
        .route("/v1/sites/{site}/decisions", post(decide))
        .route("/readyz", get(|| async { "ready" }));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("  no-op    http://{}/", listener.local_addr()?);
    axum::serve(listener, app).await
}
