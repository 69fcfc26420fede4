//! Where spans go, as the standard environment variables say (OpenTelemetry specification, "OpenTelemetry Protocol
//! Exporter" and "Environment Variable Specification").
//!
//! Unlike there, a program that is told no endpoint exports nothing, and a value that can not be followed ends the start:
//! whoever wrote it waits for spans that would never come. Values are not repeated, as some hold passwords.

use std::ffi::OsString;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Uri};
use opentelemetry_otlp::ExporterBuildError;
use ureq::tls::{Certificate, PemItem, parse_pem};

/// Why nothing can be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TelemetryError {
    /// No address of a collector.
    #[error(
        "{0} is not the address of a collector: write it like http://127.0.0.1:4318, without a user's name in it"
    )]
    Endpoint(&'static str),
    /// A word that is not known.
    #[error("{variable} has a value that is not known here: write {known}")]
    Word {
        /// The variable.
        variable: &'static str,
        /// What it may be.
        known: &'static str,
    },
    /// No whole number in the range.
    #[error("{variable} is no whole number from 1 to {most}: write one, or leave it out")]
    Number {
        /// The variable.
        variable: &'static str,
        /// The largest.
        most: u64,
    },
    /// Headers that can not be sent.
    #[error("{0} is no list of headers: write name=value,name=value, and what is special in a value as %20")]
    Headers(&'static str),
    /// A file that can not be read, or has no certificates.
    #[error("{0} names no file of certificates in PEM form that can be read")]
    Certificate(&'static str),
    /// What this program can not do.
    #[error(
        "{0} is set, but certificates of clients are not supported: leave it out, or let a collector beside this server do it"
    )]
    Client(&'static str),
    /// What else the exporter has to say.
    #[error("spans can not be exported")]
    Exporter(#[source] Box<ExporterBuildError>),
}

/// What the environment asks for.
#[derive(Debug)]
pub(super) struct Settings {
    /// Where spans are posted, the path included.
    pub(super) endpoint: String,
    /// How long one batch may take.
    pub(super) timeout: Duration,
    /// Who may vouch for the collector; nobody in particular if this is `None`.
    pub(super) certificates: Option<Vec<Certificate<'static>>>,
    /// How many spans may wait.
    pub(super) queue: usize,
    /// How many spans are sent at once, at most.
    pub(super) batch: usize,
    /// How long the first span of a batch waits for others, at most.
    pub(super) delay: Duration,
}

/// A day, in milliseconds.
const DAY: u64 = 86_400_000;

const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
const COMPRESSIONS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "OTEL_EXPORTER_OTLP_COMPRESSION"];
const TIMEOUTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
const HEADERS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"];
const CERTIFICATES: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"];
const CLIENTS: [&str; 4] = [
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    "OTEL_EXPORTER_OTLP_CLIENT_KEY",
];

/// Reads variables, of which an empty one counts as none.
struct Environment<F>(F);

impl<F: Fn(&str) -> Option<OsString>> Environment<F> {
    /// The first of these that is set. What is no text is no value that anything could be made of.
    fn first(&self, names: &[&'static str]) -> Option<(&'static str, String)> {
        names.iter().find_map(|name| {
            let value = (self.0)(name).filter(|value| !value.is_empty())?;
            Some((*name, value.into_string().unwrap_or_else(|_| "\u{fffd}".to_owned())))
        })
    }

    /// The first of these that is set has to be one of `words`.
    fn word(
        &self,
        names: &[&'static str],
        words: &[&str],
        known: &'static str,
    ) -> Result<(), TelemetryError> {
        match self.first(names) {
            Some((variable, value)) if !words.contains(&value.as_str()) => {
                Err(TelemetryError::Word { variable, known })
            }
            _ => Ok(()),
        }
    }

    fn number(&self, names: &[&'static str], most: u64, default: u64) -> Result<u64, TelemetryError> {
        let Some((variable, value)) = self.first(names) else { return Ok(default.min(most)) };
        let number = value.parse().ok().filter(|number| (1..=most).contains(number));
        number.ok_or(TelemetryError::Number { variable, most })
    }
}

/// The settings that `of` gives for the names of variables; `None` if they name no collector, or say that there shall be
/// no spans.
pub(super) fn read(of: impl Fn(&str) -> Option<OsString>) -> Result<Option<Settings>, TelemetryError> {
    let of = Environment(of);
    let disabled =
        of.first(&["OTEL_SDK_DISABLED"]).is_some_and(|(_, value)| value.eq_ignore_ascii_case("true"));
    let nowhere = of.first(&["OTEL_TRACES_EXPORTER"]).is_some_and(|(_, value)| value == "none");
    let Some((variable, endpoint)) = of.first(&ENDPOINTS).filter(|_| !disabled && !nowhere) else {
        return Ok(None);
    };
    of.word(&["OTEL_TRACES_EXPORTER"], &["otlp"], "`otlp`, or `none`")?;
    let known =
        "`http/protobuf`, and the collector's port for that in the endpoint, which is 4318 most often";
    of.word(&PROTOCOLS, &["http/protobuf"], known)?;
    of.word(&COMPRESSIONS, &["gzip", "none"], "`gzip`, or `none`")?;
    sampler(&of)?;
    if let Some((variable, headers)) = of.first(&HEADERS) {
        check_headers(&headers).ok_or(TelemetryError::Headers(variable))?;
    }
    if let Some((variable, _)) = of.first(&CLIENTS) {
        return Err(TelemetryError::Client(variable));
    }
    let certificates = of
        .first(&CERTIFICATES)
        .map(|(variable, file)| certificates(&file).ok_or(TelemetryError::Certificate(variable)));
    let queue = of.number(&["OTEL_BSP_MAX_QUEUE_SIZE"], 1 << 20, 2048)?;
    let batch = of.number(&["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"], queue, 512)?;
    let whole = |number| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Some(Settings {
        endpoint: address(&endpoint, variable == ENDPOINTS[1]).ok_or(TelemetryError::Endpoint(variable))?,
        timeout: Duration::from_millis(of.number(&TIMEOUTS, DAY, 10_000)?),
        certificates: certificates.transpose()?,
        queue: whole(queue),
        batch: whole(batch),
        delay: Duration::from_millis(of.number(&["OTEL_BSP_SCHEDULE_DELAY"], DAY, 5_000)?),
    }))
}

/// The address to post to. The endpoint for all signals has no path of this one yet.
fn address(endpoint: &str, for_all: bool) -> Option<String> {
    let uri: Uri = endpoint.parse().ok()?;
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
        return None;
    }
    if !for_all {
        return Some(endpoint.to_owned());
    }
    if uri.query().is_some() {
        return None;
    }
    Some(format!("{}/v1/traces", endpoint.strip_suffix('/').unwrap_or(endpoint)))
}

/// What the SDK reads itself, and would only grumble about.
fn sampler<F: Fn(&str) -> Option<OsString>>(of: &Environment<F>) -> Result<(), TelemetryError> {
    const NAME: &str = "OTEL_TRACES_SAMPLER";
    const ARGUMENT: &str = "OTEL_TRACES_SAMPLER_ARG";
    let plain = ["always_on", "always_off", "parentbased_always_on", "parentbased_always_off"];
    let shares = ["traceidratio", "parentbased_traceidratio"];
    let words = [&plain[..], &shares[..]].concat();
    of.word(&[NAME], &words, "`always_on`, `always_off` or `traceidratio`")?;
    let needs_share = of.first(&[NAME]).is_some_and(|(_, name)| shares.contains(&name.as_str()));
    let share = of.first(&[ARGUMENT]).and_then(|(_, share)| share.parse::<f64>().ok());
    if needs_share && !share.is_some_and(|share| (0.0..=1.0).contains(&share)) {
        return Err(TelemetryError::Word { variable: ARGUMENT, known: "a share from 0 to 1, like 0.01" });
    }
    Ok(())
}

/// `Some` if every part can be sent as a header. The exporter would leave the others out without a word.
fn check_headers(text: &str) -> Option<()> {
    text.split(',').filter(|part| !part.trim().is_empty()).try_for_each(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().parse::<HeaderName>().ok()?;
        let mut escapes = value.split('%').skip(1);
        let printable =
            |code: &str| u8::from_str_radix(code, 16).is_ok_and(|byte| (0x20..0x7f).contains(&byte));
        let whole = escapes.all(|escape| escape.get(..2).is_some_and(printable));
        (whole && HeaderValue::from_str(value.trim()).is_ok()).then_some(())
    })
}

/// The certificates in a file, of which there has to be one.
fn certificates(file: &str) -> Option<Vec<Certificate<'static>>> {
    let text = std::fs::read(file).ok()?;
    let items: Vec<_> = parse_pem(&text).collect::<Result<_, _>>().ok()?;
    let found = items.into_iter().filter_map(|item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    Some(found.collect::<Vec<_>>()).filter(|found| !found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Option<Settings>, TelemetryError> {
        read(|name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into()))
    }

    fn endpoint(variables: &[(&str, &str)]) -> Option<String> {
        settings(variables).unwrap().map(|settings| settings.endpoint)
    }

    const ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    const TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

    #[test]
    fn who_names_no_collector_or_wants_none_exports_nothing() {
        let here = (ALL, "http://127.0.0.1:4318");
        for none in [
            &[][..],
            &[(ALL, "")],
            &[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")],
            &[here, ("OTEL_SDK_DISABLED", "True")],
            &[here, ("OTEL_TRACES_EXPORTER", "none")],
        ] {
            assert_eq!(endpoint(none), None, "{none:?}");
        }
    }

    #[test]
    fn the_endpoint_for_all_gets_a_path_and_the_one_for_traces_has_it() {
        for (variables, address) in [
            (&[(ALL, "http://c:4318")][..], "http://c:4318/v1/traces"),
            (&[(ALL, "https://c/otlp/")], "https://c/otlp/v1/traces"),
            (&[(ALL, "http://c:4318"), (TRACES, "http://d/spans?x=1")], "http://d/spans?x=1"),
            (&[(ALL, "http://c:4318"), (TRACES, "")], "http://c:4318/v1/traces"),
        ] {
            assert_eq!(endpoint(variables).as_deref(), Some(address), "{variables:?}");
        }
    }

    #[test]
    fn what_can_not_be_followed_is_named_and_what_to_write_but_not_what_was_written() {
        for (name, value, advice) in [
            (ALL, "localhost:4318", "write it like http://127.0.0.1:4318"),
            (ALL, "ftp://c", "write it like"),
            (ALL, "http://name:secret@c:4318", "write it like"),
            (ALL, "http://c:4318/?secret=1", "write it like"),
            (TRACES, "/v1/traces", "write it like"),
            ("OTEL_TRACES_EXPORTER", "secret", "`otlp`"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "`http/protobuf`"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", "`http/protobuf`"),
            ("OTEL_EXPORTER_OTLP_COMPRESSION", "zstd", "`gzip`"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "whole number from 1"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "0", "whole number from 1"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "-1", "whole number from 1"),
            ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "4096", "to 2048"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "secret", "name=value"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a b=secret", "name=value"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0a", "name=value"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%2", "name=value"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/not/there", "PEM"),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/secret", "not supported"),
            ("OTEL_TRACES_SAMPLER", "jaeger_remote", "`traceidratio`"),
        ] {
            let variables = [(name, value), (if name == ALL { TRACES } else { ALL }, "http://c:4318")];
            let variables = if name == ALL { &variables[..1] } else { &variables[..] };
            let error = settings(variables).expect_err(name).to_string();
            assert!(error.starts_with(name) && error.contains(advice), "{name}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
        let share = settings(&[
            (ALL, "http://c:4318"),
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ]);
        assert!(share.expect_err("no share").to_string().starts_with("OTEL_TRACES_SAMPLER_ARG"));
    }

    #[test]
    fn what_can_be_followed_is() {
        let settings = settings(&[
            (ALL, "http://c:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20x, api-key=1,"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "250"),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "16"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
            ("OTEL_TRACES_SAMPLER", "traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
        ]);
        let settings = settings.unwrap().unwrap();
        assert_eq!((settings.queue, settings.batch), (16, 16), "a batch is never more than the queue holds");
        assert_eq!([settings.timeout, settings.delay], [250, 100].map(Duration::from_millis));
        assert!(settings.certificates.is_none());
    }
}
