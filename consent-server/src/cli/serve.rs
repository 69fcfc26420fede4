//! `consent serve`

use std::io::{IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;
#[cfg(feature = "otlp")]
use tracing_subscriber::Layer as _;

use crate::app::{App, AppError};
use crate::config::{self, Config, Held};
use crate::data::DataFolder;

use super::place::{Place, StoreArguments};
use super::recover;
use super::reload::{Asked, Reload};
use super::{DATA, Outcome};

#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// The config file
    config: PathBuf,
    /// Listen here instead of where the config says
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// The folder for the signing key, the tokens and the store; made on the first start
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
    /// Log as JSON lines
    #[arg(long, value_name = "FORMAT", value_parser = ["json", "text"])]
    log: Option<String>,
}

/// After so many turns a thread asks the system what has arrived, and not after 61 as is usual: what it was not asked for waits as well, and
/// is not counted among what is unread.
const ARRIVALS: u32 = 16;

impl Serve {
    pub(super) fn run(self) -> Outcome {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().event_interval(ARRIVALS).enable_all().build()?;
        // First of all: whoever asks for the config while the server starts must not end it.
        let asked = {
            let _inside = runtime.enter();
            Asked::listen()?
        };
        self.start_log()?;
        let loaded = match config::load(&self.config) {
            Ok(loaded) => loaded,
            Err(findings) => {
                eprint!("{}", config::render::human(&findings, std::io::stderr().is_terminal()));
                return Ok(ExitCode::FAILURE);
            }
        };
        if !loaded.warnings.found.is_empty() {
            eprint!("{}", config::render::human(&loaded.warnings, std::io::stderr().is_terminal()));
        }
        let held = loaded.warnings.sources.held().clone();
        let served = runtime.block_on(self.serve(loaded.config, held, asked));
        // An export that is being written does not keep the process from ending.
        runtime.shutdown_background();
        #[cfg(feature = "otlp")]
        crate::telemetry::finish();
        match served {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(recover::with_way_on(error, &self.config, &self.data, &self.store)),
        }
    }

    async fn serve(
        &self,
        config: Config,
        held: Held,
        asked: Asked,
    ) -> Result<(), Box<dyn std::error::Error>> {
        // What is no file, such as a pipe, has nothing to say a second time.
        let on_change = config.server.reload_on_change && self.config.is_file();
        let address = self.listen.unwrap_or(config.server.listen);
        let has_pages = config.server.pages.is_some();
        let sites: Vec<_> = config.sites.iter().map(|site| site.id.clone()).collect();
        let app = match &self.store.place()? {
            Place::Embedded => App::open(config, &self.data).await?,
            Place::Postgres(database) => App::open_shared(config, &self.data, database).await?,
        };
        let listen = |source| AppError::Listen { address, source };
        let listener = crate::listen::bind(address).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        // Before anybody is told that it serves: whoever reads that may stop it at once, and it has to stop in order.
        let stop = stop_signal()?;
        let mut out = std::io::stdout().lock();
        // If nobody reads what is printed, the server serves all the same.
        let _ = writeln!(out, "consent is serving");
        if has_pages {
            let _ = writeln!(out, "  pages    http://{address}/");
        }
        for site in sites {
            let _ = writeln!(out, "  script   http://{address}/v1/sites/{site}/banner.js");
        }
        let token = DataFolder::operator_token(&self.data);
        let made = if app.is_first_start() { " (made just now)" } else { "" };
        let _ = writeln!(out, "  token    {}{made}", token.display());
        let _ = out.flush();
        drop(out);
        let reload = Reload { path: self.config.clone(), held, on_change, reloader: app.reloader() };
        let reloading = tokio::spawn(reload.run(asked));
        let served = app.serve(listener, stop).await;
        reloading.abort();
        Ok(served?)
    }

    fn start_log(&self) -> Result<(), Box<dyn std::error::Error>> {
        let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
        // The client below webhooks writes down all that is sent, byte by byte, and with it who decided what; the one of the database
        // every value of every statement.
        let filter = filter.add_directive("ureq=warn".parse()?).add_directive("tokio_postgres=info".parse()?);
        let is_json = self.log.as_deref() == Some("json");
        let is_terminal = std::io::stderr().is_terminal();
        #[cfg(feature = "otlp")]
        if let Some(export) = crate::telemetry::Export::from_environment()? {
            let log = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
            let log = if is_json { log.json().boxed() } else { log.with_ansi(is_terminal).boxed() };
            export.start(log, filter);
            return Ok(());
        }
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        if is_json {
            log.json().init();
        } else {
            log.with_ansi(is_terminal).init();
        }
        Ok(())
    }
}

/// Listens to signals from now on. What it gives back resolves at SIGTERM or SIGINT.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
    })
}

/// As above, for systems that know only the second.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
