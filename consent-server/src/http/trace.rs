//! One span for each request, for a collector of traces.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::telemetry;

use super::health::named;
use super::request_id::RequestId;

/// Says of a request what its line in the log says, and when it began and ended.
pub(super) async fn trace_request(request: Request, next: Next) -> Response {
    let (method, route) = named(&request);
    let id = RequestId::current();
    let span = telemetry::request(method, &route, id.as_ref().map(RequestId::as_str));
    let response = next.run(request).await;
    telemetry::answered(&span, response.status().as_u16());
    response
}
