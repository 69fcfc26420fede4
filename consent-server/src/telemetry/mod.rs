//! Spans of requests for a collector that speaks OTLP (OpenTelemetry), where the environment names one.
//!
//! A span has the method, the route's pattern, the status and the request's name, and nothing else of a request: what may
//! be in it is listed in `tests/otlp/told.rs`. Nobody waits for a collector. A span that ends goes into a queue with a limit
//! (`queue.rs`), a thread of the SDK takes batches out of it and posts them (`post.rs`), and what finds no place, or gets no
//! answer, is lost and counted. No `traceparent` is read: whose trace a request is part of is a stranger's word.

mod post;
mod queue;
mod settings;

use std::sync::OnceLock;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider};
use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use self::post::{Post, Watched};
use self::queue::{Bounded, Tally};
pub use self::settings::TelemetryError;

/// What marks the spans that are exported. Nothing else is, and they are not in the log.
const EXPORTED: &str = "consent_server::exported";

/// How long the end of the process waits for what is in the queue.
const FLUSH: Duration = Duration::from_secs(3);

static RUNNING: OnceLock<Export> = OnceLock::new();

/// An export that runs, or is about to.
#[derive(Debug)]
pub(crate) struct Export {
    provider: SdkTracerProvider,
    tally: Tally,
}

/// Spans since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spans {
    /// The collector took them.
    pub(crate) exported: u64,
    /// There was no place for them in the queue, or the collector did not take them.
    pub(crate) lost: u64,
}

impl Export {
    /// The export that the environment asks for; `None` if it names no collector.
    ///
    /// # Errors
    /// [`TelemetryError`] if a variable says what can not be done.
    pub(crate) fn from_environment() -> Result<Option<Self>, TelemetryError> {
        let settings = settings::read(|name| std::env::var_os(name))?;
        let Some(settings) = settings else { return Ok(None) };
        let tally = Tally::new(settings.queue);
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Post::new(settings.timeout, settings.certificates))
            .with_endpoint(settings.endpoint)
            .with_timeout(settings.timeout)
            .build()
            .map_err(|error| TelemetryError::Exporter(Box::new(error)))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(settings.queue)
            .with_max_export_batch_size(settings.batch)
            .with_scheduled_delay(settings.delay)
            .build();
        let exporter = Watched::new(exporter, tally.clone());
        let batches = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Bounded::new(batches, tally.clone()))
            .with_resource(resource())
            .build();
        Ok(Some(Self { provider, tally }))
    }

    /// Logs through `log` what `filter` lets through, and exports spans.
    pub(crate) fn start(self, log: Box<dyn Layer<Registry> + Send + Sync>, filter: EnvFilter) {
        use tracing_subscriber::filter::FilterExt as _;
        let spans = tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("consent"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_level(false)
            .with_filter(
                filter_fn(|metadata| metadata.is_span() && metadata.target() == EXPORTED)
                    .with_max_level_hint(LevelFilter::INFO),
            );
        let log = log.with_filter(filter.and(filter_fn(|metadata| metadata.target() != EXPORTED)));
        tracing_subscriber::registry().with(log).with(spans).init();
        // A process starts its log once.
        let _ = RUNNING.set(self);
    }
}

/// Who sends this: `service.name` is `consent` unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` say otherwise.
fn resource() -> Resource {
    let given = Resource::builder().build();
    let name = given.get(&"service.name".into()).map(|name| name.to_string());
    let resource = Resource::builder()
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    // What the SDK says for want of a name.
    if name.is_none_or(|name| name.starts_with("unknown_service")) {
        resource.with_service_name("consent").build()
    } else {
        resource.build()
    }
}

/// Whether spans are exported: if not, nobody needs to make one.
pub(crate) fn is_on() -> bool {
    RUNNING.get().is_some()
}

/// What became of the spans; `None` if there are none.
pub(crate) fn spans() -> Option<Spans> {
    RUNNING.get().map(|export| export.tally.spans())
}

/// A span that begins now and ends when it is dropped.
pub(crate) fn request(method: &'static str, route: &str, request_id: Option<&str>) -> Span {
    tracing::info_span!(
        target: EXPORTED,
        parent: None,
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = tracing::field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        request_id,
    )
}

/// Notes how a request was answered.
pub(crate) fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// Sends what is in the queue, for as long as an end may wait for it.
pub(crate) fn finish() {
    let Some(export) = RUNNING.get() else { return };
    // Whether it was in time is seen from what was lost.
    let _ = export.provider.shutdown_with_timeout(FLUSH);
    let lost = export.tally.lost_at_the_end();
    if lost > 0 {
        tracing::warn!(lost, "spans did not get to the collector");
    }
}
