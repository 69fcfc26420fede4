//! What the server says of its own work: lines on stderr, and with the feature `otlp` traces for a collector too.

#[cfg(feature = "otlp")]
mod otlp;

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// The target of spans. Nobody makes them unless traces are exported, or `RUST_LOG` asks for everything. What is in them is
/// listed in `tests/otlp.rs`: words of this program, numbers, and the names of requests.
pub(crate) const SPANS: &str = "consent::span";

/// Keeps what is to be exported until it has been. Drop it when the server has ended.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    #[cfg(feature = "otlp")]
    _traces: Option<otlp::Traces>,
}

/// Begins to log, as JSON or as text, and to export traces if the environment names a collector.
pub(crate) fn start(json: bool) -> Telemetry {
    #[cfg(feature = "otlp")]
    if otlp::is_wanted() {
        return Telemetry { _traces: otlp::start(json) };
    }
    let log = tracing_subscriber::fmt().with_env_filter(filter()).with_writer(std::io::stderr);
    if json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
    #[cfg(not(feature = "otlp"))]
    if COLLECTORS.iter().any(|name| std::env::var_os(name).is_some()) {
        tracing::warn!(
            "a collector of traces is named, and this program was built without the feature `otlp`"
        );
    }
    Telemetry::default()
}

/// Where OpenTelemetry's programs are told of a collector.
const COLLECTORS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

fn filter() -> EnvFilter {
    EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"))
}
