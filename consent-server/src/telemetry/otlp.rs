//! Traces for a collector, over OTLP/HTTP with protobuf.
//!
//! Everything is set where all of OpenTelemetry's programs are: `OTEL_EXPORTER_OTLP_ENDPOINT` (and `…_TRACES_ENDPOINT`,
//! `…_HEADERS`, `…_TIMEOUT`), `OTEL_TRACES_SAMPLER`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_SDK_DISABLED`.
//! Spans are sent by a thread of their own; what a collector that is slow or away does not take is dropped, and nobody waits.

use std::future::{Ready, ready};
use std::io::IsTerminal as _;
use std::pin::Pin;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{
    ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::{COLLECTORS, SPANS, filter};

/// How long a collector may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of its answer.
const MAX_ANSWER: u64 = 64 * 1024;

/// Sends what is left when it is dropped.
#[derive(Debug)]
pub(super) struct Traces(SdkTracerProvider);

impl Drop for Traces {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(Duration::from_secs(2)) {
            tracing::warn!(%error, "the last traces were not taken");
        }
    }
}

/// Whether the environment names a collector.
pub(super) fn is_wanted() -> bool {
    let is_named = |name: &&str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let is_off = std::env::var("OTEL_SDK_DISABLED").is_ok_and(|value| value.eq_ignore_ascii_case("true"));
    COLLECTORS.iter().any(|name| is_named(&name)) && !is_off
}

/// Begins to log, and to export; only to log, with a word of why, if the collector's address is none.
pub(super) fn start(json: bool) -> Option<Traces> {
    let built = build();
    let (traces, error) = match built {
        Ok(provider) => (Some(Traces(provider)), None),
        Err(error) => (None, Some(error)),
    };
    let layer = traces.as_ref().map(|Traces(provider)| {
        // Where in the source a span is made, by which thread, and how long it was idle is of no use to an operator.
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("consent"));
        let layer = layer.with_location(false).with_threads(false).with_tracked_inactivity(false);
        layer.with_target(false).with_filter(Targets::new().with_target(SPANS, LevelFilter::TRACE))
    });
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = if json {
        lines.json().with_filter(filter()).boxed()
    } else {
        lines.with_ansi(std::io::stderr().is_terminal()).with_filter(filter()).boxed()
    };
    tracing_subscriber::registry().with(layer).with(lines).init();
    if let Some(error) = error {
        tracing::error!(%error, "no traces are exported");
    }
    traces
}

fn build() -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary);
    let exporter = exporter.with_http_client(Client::default()).build()?;
    let resource = Resource::builder();
    let resource = match std::env::var_os("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name("consent"),
    };
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build())
}

/// Sends with the client that this program has already. It blocks, which the thread that exports may.
#[derive(Debug)]
struct Client(ureq::Agent);

impl Default for Client {
    fn default() -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("consent/", env!("CARGO_PKG_VERSION")));
        Self(config.build().new_agent())
    }
}

impl Client {
    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.0.run(request.map(Vec::from))?;
        let (head, mut body) = answer.into_parts();
        let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
        Ok(Response::from_parts(head, body.into()))
    }
}

/// What the trait's macro makes of `async fn`, written out.
type Sent<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    fn send_bytes<'client, 'sent>(&'client self, request: Request<Bytes>) -> Sent<'sent>
    where
        'client: 'sent,
        Self: 'sent,
    {
        let sent: Ready<_> = ready(self.send(request));
        Box::pin(sent)
    }
}
