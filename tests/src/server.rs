//! A running server: the real program, on a free port of this machine.

use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::program;

const PATIENCE: Duration = Duration::from_secs(30);

/// A server that dies with this value.
#[derive(Debug)]
pub struct Server {
    child: Child,
    client: Client,
    data: PathBuf,
    said: Arc<Mutex<String>>,
}

impl Server {
    /// Starts the newsroom with its data in `data`, and waits until it is ready.
    ///
    /// # Errors
    /// If it ends or is not ready within 30 seconds; the text is what it said.
    pub fn start(data: &Path) -> io::Result<Self> {
        Self::start_config(&program::newsroom(), data)
    }

    /// Starts the sites of a config.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn start_config(config: &Path, data: &Path) -> io::Result<Self> {
        let mut child = program::consent()?
            .arg("serve")
            .arg(config)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let said = Arc::new(Mutex::new(String::new()));
        keep(child.stderr.take(), &said);
        let mut printed = BufReader::new(child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let url = address(&mut printed);
        keep(Some(printed), &said);
        let mut server =
            Self { child, client: Client::new(&url.unwrap_or_default()), data: data.to_owned(), said };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> io::Result<()> {
        let since = Instant::now();
        loop {
            let end = self.child.try_wait()?;
            if end.is_none() && self.client.get("/readyz").is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if end.is_some() || since.elapsed() > PATIENCE {
                return Err(io::Error::other(format!("the server is not ready: {end:?}\n{}", self.said())));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it things.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The file with the operator's token.
    #[must_use]
    pub fn token_file(&self) -> PathBuf {
        self.data.join("operator.token")
    }

    /// The process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything that it wrote so far, but the lines up to its address.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks it to end, as a service manager does, and waits for that.
    ///
    /// # Errors
    /// If the signal can not be sent, or it has not ended after 30 seconds: then it is killed.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        // Without unsafe code only a program can send a signal other than KILL.
        std::process::Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status()?;
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err(io::Error::other(format!("the server does not end\n{}", self.said())))
    }

    /// Kills it: it has no moment to write anything.
    ///
    /// # Errors
    /// If it can not be killed.
    pub fn kill(mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The first address that it prints: where it listens.
fn address(printed: &mut impl io::BufRead) -> Option<String> {
    for line in printed.lines() {
        let line = line.ok()?;
        if let Some((_, rest)) = line.split_once("http://") {
            return Some(format!("http://{}", rest.split('/').next()?));
        }
    }
    None
}

/// Reads on in the background: a full pipe would stop the server.
fn keep(from: Option<impl io::Read + Send + 'static>, said: &Arc<Mutex<String>>) {
    let Some(from) = from else { return };
    let said = Arc::clone(said);
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
        }
    });
}
