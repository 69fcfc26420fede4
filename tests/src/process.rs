//! The real binary `consent`, started on a data folder.
#![expect(clippy::panic, reason = "a helper of tests, which fail by panicking")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use consent_core::client::Client;

/// A config with one small site, `newsroom`.
pub const CONFIG: &str = r#"
[server]
host = "localhost"

[[site]]
id = "newsroom"
languages = ["fr"]
controller = { name = "Exemple SA", privacy_url = "/privacy" }
[[site.cookie]]
category = "analytics"
name = "visits"
owner = "Exemple SA"
duration = "13 months"
purpose = "Compte les visites."
"#;

/// The folder of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above this crate").to_owned()
}

/// The binary that `CONSENT_BIN` names, or else the one that cargo built beside this test.
///
/// # Panics
/// If it is not there, or is older than a source it was made from: it would test what nobody wrote.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(binary) = std::env::var_os("CONSENT_BIN") {
        return binary.into();
    }
    let test = std::env::current_exe().expect("the name of this test");
    let folder = test.parent().and_then(Path::parent).expect("target/<profile>/deps/<test>");
    let binary = folder.join("consent");
    let how = "run `cargo build` first, or all tests of the workspace at once, which builds it";
    let made = fs::metadata(&binary).and_then(|file| file.modified());
    let made = made.unwrap_or_else(|_| panic!("{} is not there: {how}", binary.display()));
    let sources = fs::read_to_string(binary.with_extension("d")).unwrap_or_default();
    for source in sources.split_once(": ").map_or("", |(_, sources)| sources).split_whitespace() {
        let changed = fs::metadata(source).and_then(|file| file.modified());
        assert!(changed.is_ok_and(|changed| changed <= made), "consent is older than {source}: {how}");
    }
    binary
}

/// A running server. It is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// The process that serves: not `child`, if that one is a tracer.
    pid: u32,
    /// `http://127.0.0.1:…`
    pub address: String,
    /// From the start of the process until it said that it was serving.
    pub start_up: Duration,
}

impl Server {
    /// Starts it on `folder`, which gets a config and a data folder if it has none.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        Self::start_under(Command::new(binary()), folder)
    }

    /// Starts it under `command`, which gets the arguments of `consent`.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_under(command: Command, folder: &Path) -> Self {
        let config = folder.join("consent.toml");
        fs::write(&config, CONFIG).expect("a config");
        Self::start_with(command, &config, folder)
    }

    /// Starts it on `folder` with this config.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_config(folder: &Path, text: &str) -> Self {
        let config = folder.join("consent.toml");
        fs::write(&config, text).expect("a config");
        Self::start_with(Command::new(binary()), &config, folder)
    }

    /// Starts it on `folder`, with its decisions in the database at `url`.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_shared(folder: &Path, url: &str) -> Self {
        let mut command = Command::new(binary());
        command.env("CONSENT_STORE", url);
        Self::start_under(command, folder)
    }

    /// Starts it on `folder`, with its decisions in the database at `url`, and returns why it did not start.
    ///
    /// # Panics
    /// If it does start.
    #[must_use]
    pub fn refusal(folder: &Path, url: &str) -> String {
        let config = folder.join("consent.toml");
        fs::write(&config, CONFIG).expect("a config");
        let mut command = Command::new(binary());
        command.arg("serve").arg(config).args(["--listen", "127.0.0.1:0", "--data"]);
        // One that starts all the same is ended by its own timeout.
        let mut limited = Command::new("timeout");
        limited.arg("60").arg(command.get_program()).args(command.get_args());
        let output =
            limited.env("CONSENT_STORE", url).arg(folder.join("data")).output().expect("consent runs");
        assert!(!output.status.success() && output.stdout.is_empty(), "it started");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Its interface, with the operator's token of `folder`.
    ///
    /// # Panics
    /// If there is no token.
    #[must_use]
    pub fn operator(&self, folder: &Path) -> Client {
        let token = fs::read_to_string(folder.join("data/operator.token")).expect("a token");
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
        let config = config.timeout_global(Some(Duration::from_secs(20)));
        let client = Client::of(&self.address, config.build().new_agent());
        client.expect("an address").with_token(&token)
    }

    /// Has `consent export` fetch the bundle of the site `newsroom` into `bundle`, with the operator's token of `folder`.
    ///
    /// # Panics
    /// If it does not.
    pub fn export_bundle(&self, folder: &Path, bundle: &Path) {
        let made = Command::new(binary())
            .args([
                "export",
                "--site",
                "newsroom",
                "--format",
                "bundle",
                "--server",
                &self.address,
                "--token-file",
            ])
            .arg(folder.join("data/operator.token"))
            .arg("-o")
            .arg(bundle)
            .output()
            .expect("consent runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Whether it runs.
    ///
    /// # Panics
    /// If that can not be found out.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a state").is_none()
    }

    /// Starts the reference site on `folder`.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_newsroom(folder: &Path) -> Self {
        let config = repository().join("examples/newsroom/consent.toml");
        Self::start_with(Command::new(binary()), &config, folder)
    }

    /// Starts it on `folder` with the config in a file, under `command`, which gets the arguments of `consent`.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_with(command: Command, config: &Path, folder: &Path) -> Self {
        Self::listening(command, config, folder, "127.0.0.1:0")
    }

    /// Starts it on `folder` with this config, at an address that others know already.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start_at(address: &str, folder: &Path, text: &str) -> Self {
        let config = folder.join("consent.toml");
        fs::write(&config, text).expect("a config");
        Self::listening(Command::new(binary()), &config, folder, address)
    }

    fn listening(mut command: Command, config: &Path, folder: &Path, listen: &str) -> Self {
        let errors = fs::File::options().create(true).append(true).open(folder.join("stderr"));
        command.arg("serve").arg(config).args(["--listen", listen, "--data"]);
        command.arg(folder.join("data")).stdout(Stdio::piped()).stderr(errors.expect("a file"));
        let begun = Instant::now();
        let mut child = command.spawn().expect("consent starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines().map_while(Result::ok);
        let script = lines.find(|line| line.trim_start().starts_with("script"));
        let start_up = begun.elapsed();
        let Some(script) = script else {
            let _ = child.wait();
            panic!(
                "consent did not start: {}",
                fs::read_to_string(folder.join("stderr")).unwrap_or_default()
            );
        };
        let address = script.split_whitespace().nth(1).and_then(|url| url.split_once("/v1/"));
        let address = address.expect("an address").0.to_owned();
        let children = format!("/proc/{0}/task/{0}/children", child.id());
        let children = fs::read_to_string(children).unwrap_or_default();
        let traced = children.split_whitespace().next().and_then(|pid| pid.parse().ok());
        Self { pid: traced.unwrap_or(child.id()), child, address, start_up }
    }

    /// Waits until it has ended by itself.
    ///
    /// # Panics
    /// If it has not after a minute.
    pub fn ended(mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a state") {
                return status;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it at once: nothing of it runs any more, and nothing that it held back reaches the disk.
    pub fn kill(&self) {
        let _ = Command::new("kill").args(["-9", &self.pid.to_string()]).stderr(Stdio::null()).status();
    }

    /// Sends it a signal by its short name, such as `HUP`.
    ///
    /// # Panics
    /// If it can not be sent.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.pid.to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "no signal can be sent");
    }

    /// Asks it to end, as a service manager does, and waits for that.
    ///
    /// # Panics
    /// If it can not be asked, or waited for.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        self.child.wait().expect("an exit code")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Until it is waited for, a process keeps its number: this can not hit another one.
        self.kill();
        let _ = self.child.wait();
    }
}
