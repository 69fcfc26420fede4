//! How batches get to the collector: over the client that asks everybody else, on the SDK's own thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::queue::Tally;

/// The most bytes of an answer: it says at most how many spans were refused, and why.
const ANSWER: u64 = 64 * 1024;

/// Posts batches.
#[derive(Debug)]
pub(super) struct Post(Agent);

impl Post {
    /// Waits this long for an answer, and trusts these certificates, or else those that everybody trusts.
    pub(super) fn new(timeout: Duration, certificates: Option<Vec<Certificate<'static>>>) -> Self {
        let mut config = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            // Whoever is told was named in the environment; nobody else gets to hear it.
            .max_redirects(0)
            .max_redirects_will_error(false);
        if let Some(certificates) = certificates {
            let roots = RootCerts::from(certificates);
            config = config.tls_config(TlsConfig::builder().root_certs(roots).build());
        }
        Self(config.build().new_agent())
    }
}

#[async_trait::async_trait]
impl HttpClient for Post {
    /// Blocks: it is called on a thread that does nothing else.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let answer = self.0.run(Request::from_parts(head, &body[..]))?;
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }
}

/// An exporter that counts what arrives, and says when that begins to fail and when it works again.
#[derive(Debug)]
pub(super) struct Watched<E> {
    exporter: E,
    tally: Tally,
    fails: AtomicBool,
}

impl<E> Watched<E> {
    /// Counts in `tally`.
    pub(super) fn new(exporter: E, tally: Tally) -> Self {
        Self { exporter, tally, fails: AtomicBool::new(false) }
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.tally.send(spans);
        let result = self.exporter.export(batch).await;
        self.tally.sent(spans, result.is_ok());
        match (&result, self.fails.swap(result.is_err(), Ordering::Relaxed)) {
            (Err(error), false) => {
                tracing::warn!(%error, "the collector takes no spans; they are lost until it does");
            }
            (Ok(()), true) => {
                tracing::info!(lost = self.tally.spans().lost, "the collector takes spans again");
            }
            _ => {}
        }
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
