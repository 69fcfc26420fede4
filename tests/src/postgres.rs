//! A PostgreSQL server of a test's own: made in a temporary folder, run as an ordinary user, on a port that is free, and
//! gone with the test. `consent-server`'s own tests include this file too, so it uses nothing of this crate.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The name and password of the only user.
const USER: &str = "consent";
const PASSWORD: &str = "not-a-secret";

/// A running server.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    binaries: PathBuf,
    child: Option<Child>,
    port: u16,
}

/// The folder of PostgreSQL's programs: the one that `POSTGRES_PROGRAMS` names, or the newest of those that are installed.
fn binaries() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("POSTGRES_PROGRAMS") {
        return Some(named.into());
    }
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(Result::ok);
    let folders = versions.map(|version| version.path().join("bin"));
    folders.filter(|folder| folder.join("initdb").is_file()).max()
}

/// The user that runs it, if this process is root, whom PostgreSQL refuses.
fn ordinary_user() -> Option<u32> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    const NOBODY: u32 = 65_534;
    is_root.then_some(NOBODY)
}

impl Cluster {
    /// Starts one; `None`, and a word about it on stderr, if PostgreSQL is not installed. Where everything has to be tested
    /// (`CONSENT_FULL=1`) that is a failure.
    ///
    /// # Panics
    /// If it is installed and does not start.
    #[must_use]
    pub fn start(skipped: &str) -> Option<Self> {
        Self::start_with(skipped, &[])
    }

    /// The same, with lines for its configuration.
    ///
    /// # Panics
    /// If it is installed and does not start.
    #[must_use]
    pub fn start_with(skipped: &str, settings: &[&str]) -> Option<Self> {
        let Some(binaries) = binaries() else {
            let full = std::env::var_os("CONSENT_FULL").is_some_and(|value| value == "1");
            assert!(!full, "PostgreSQL is not installed, and everything was to be tested");
            eprintln!("skipped: {skipped}; PostgreSQL is not installed");
            return None;
        };
        let mut cluster = Self { folder: folder(), binaries, child: None, port: 0 };
        let password = cluster.folder.path().join("password");
        fs::write(&password, PASSWORD).expect("a file");
        let data = cluster.data();
        cluster.run(
            "initdb",
            &["--auth=scram-sha-256", "--username", USER, "--encoding=UTF8", "--locale=C", "--no-sync"],
            &[("--pgdata", &data), ("--pwfile", &password)],
        );
        cluster.configure(settings);
        cluster.resume();
        Some(cluster)
    }

    /// A standby that follows this server, running. With `synchronous`, this server waits for it with every COMMIT.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn standby(&self, synchronous: bool) -> Self {
        let mut standby = Self { folder: folder(), binaries: self.binaries.clone(), child: None, port: 0 };
        let data = standby.data();
        let url = format!("{}&application_name=standby", self.url("postgres").replacen("postgres?", "?", 1));
        standby.run(
            "pg_basebackup",
            &["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &url],
            &[("--pgdata", &data)],
        );
        standby.resume();
        if synchronous {
            self.query("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'standby'");
            self.query("postgres", "SELECT pg_reload_conf()");
            self.until("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", "1");
        }
        standby
    }

    /// Makes it a primary of its own.
    ///
    /// # Panics
    /// If it does not become one.
    pub fn promote(&self) {
        self.query("postgres", "SELECT pg_promote()");
        self.until("SELECT pg_is_in_recovery()::int", "0");
    }

    /// Waits until a query has this answer.
    ///
    /// # Panics
    /// If it never has.
    pub fn until(&self, sql: &str, answer: &str) {
        self.until_in("postgres", sql, answer);
    }

    /// The same in a database.
    ///
    /// # Panics
    /// If it never has.
    pub fn until_in(&self, database: &str, sql: &str, answer: &str) {
        let begun = Instant::now();
        while self.query(database, sql) != answer {
            assert!(begun.elapsed() < Duration::from_secs(60), "{sql} is never {answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Adds lines to the configuration, for the next start.
    ///
    /// # Panics
    /// If they can not be written.
    pub fn configure(&self, settings: &[&str]) {
        let path = self.data().join("postgresql.conf");
        let own =
            ["unix_socket_directories = ''", "listen_addresses = '127.0.0.1'", "shared_buffers = '64MB'", ""];
        let text = fs::read_to_string(&path).expect("a configuration");
        fs::write(&path, format!("{text}\n{}{}\n", own.join("\n"), settings.join("\n")))
            .expect("a configuration");
    }

    /// Starts it, on the port that it had before if it had one.
    ///
    /// # Panics
    /// If it does not start.
    pub fn resume(&mut self) {
        if self.port == 0 {
            // Free at this moment; nobody else is given it so soon.
            let any = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|any| any.local_addr());
            self.port = any.expect("a port").port();
        }
        let log = fs::File::options().create(true).append(true).open(self.folder.path().join("log"));
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        command.stdout(Stdio::null()).stderr(log.expect("a log"));
        self.child = Some(command.spawn().expect("postgres starts"));
        let begun = Instant::now();
        while self.try_query("postgres", "SELECT 1").is_none() {
            let ended =
                self.child.as_mut().is_none_or(|child| child.try_wait().is_ok_and(|code| code.is_some()));
            assert!(
                !ended && begun.elapsed() < Duration::from_secs(60),
                "postgres did not start: {}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it: `INT` breaks connections and ends in order, `QUIT` is like a crash.
    ///
    /// # Panics
    /// If it can not be stopped.
    pub fn stop(&mut self, signal: &str) {
        let Some(mut child) = self.child.take() else { return };
        let asked = Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()), "no signal can be sent");
        child.wait().expect("an exit code");
    }

    /// A new database with this name, and its URL.
    ///
    /// # Panics
    /// If it can not be made.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        self.query("postgres", &format!("CREATE DATABASE {name}"));
        self.url(name)
    }

    /// The URL of a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        self.url_at(database, self.address())
    }

    /// The URL of a database as it is reached through another address.
    #[must_use]
    pub fn url_at(&self, database: &str, address: SocketAddr) -> String {
        format!("postgres://{USER}:{PASSWORD}@{address}/{database}?sslmode=disable")
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Makes an authority, which can vouch for names, and returns the file with its certificate.
    ///
    /// # Panics
    /// If openssl does not make it.
    #[must_use]
    pub fn authority(&self, name: &str) -> PathBuf {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        self.openssl(&[
            "req",
            "-x509",
            "-subj",
            &format!("/CN={name}"),
            "-keyout",
            &key,
            "-out",
            &certificate,
        ]);
        self.folder.path().join(certificate)
    }

    /// Gives it a certificate for `subject` (`IP:…` or `DNS:…`) from this authority, which every new connection gets to see.
    ///
    /// # Panics
    /// If openssl does not make it, or the server does not take it.
    pub fn encrypt(&mut self, authority: &str, subject: &str) {
        let names = self.folder.path().join("names");
        fs::write(&names, format!("subjectAltName = {subject}\n")).expect("a file");
        self.openssl(&["req", "-subj", "/CN=server", "-keyout", "data/server.key", "-out", "server.csr"]);
        let (authority, key) = (format!("{authority}.pem"), format!("{authority}.key"));
        let signed = Command::new("openssl")
            .args(["x509", "-req", "-in", "server.csr", "-CA", &authority, "-CAkey", &key, "-CAcreateserial"])
            .args(["-days", "2", "-extfile", "names", "-out", "data/server.crt"])
            .current_dir(self.folder.path())
            .output()
            .expect("openssl runs");
        assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
        self.stop("INT");
        self.configure(&["ssl = on"]);
        self.resume();
    }

    /// Makes a new key, and what the arguments say of it, as the ordinary user: the server refuses a key that is not its own.
    fn openssl(&self, arguments: &[&str]) {
        let (command, rest) = arguments.split_first().expect("a command of openssl");
        let mut openssl = self.command("openssl");
        openssl.arg(command).args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]);
        let made = openssl.args(rest).output().expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// What it logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Asks it something with psql, and returns the answer without spaces around it.
    ///
    /// # Panics
    /// If it does not answer.
    #[must_use = "the answer says whether it worked; `query` panics if it did not"]
    fn try_query(&self, database: &str, sql: &str) -> Option<String> {
        TcpStream::connect(self.address()).ok()?;
        let asked = self.psql(database, sql);
        asked.status.success().then(|| String::from_utf8_lossy(&asked.stdout).trim().to_owned())
    }

    /// Asks it something with psql, and returns the answer without spaces around it.
    ///
    /// # Panics
    /// If it refuses.
    pub fn query(&self, database: &str, sql: &str) -> String {
        let asked = self.psql(database, sql);
        assert!(asked.status.success(), "{sql}: {}", String::from_utf8_lossy(&asked.stderr));
        String::from_utf8_lossy(&asked.stdout).trim().to_owned()
    }

    fn psql(&self, database: &str, sql: &str) -> Output {
        let mut command = self.command("psql");
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        command.args(["--dbname", &self.url(database), "--command", sql]);
        command.output().expect("psql runs")
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// One of PostgreSQL's programs, or another one of the machine, as the ordinary user.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let own = self.binaries.join(program);
        let mut command = if own.is_file() { Command::new(own) } else { Command::new(program) };
        command.current_dir(self.folder.path()).env_remove("PGHOST").env("LC_ALL", "C").stdin(Stdio::null());
        if let Some(user) = ordinary_user() {
            command.uid(user).gid(user);
        }
        command
    }

    fn run(&self, program: &str, arguments: &[&str], paths: &[(&str, &Path)]) {
        let mut command = self.command(program);
        command.args(arguments);
        for (name, path) in paths {
            command.arg(name).arg(path);
        }
        let output = command.output().expect("a program of PostgreSQL");
        assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }
}

/// A folder that the ordinary user can use.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).expect("a mode");
    if let Some(user) = ordinary_user() {
        chown(folder.path(), Some(user), Some(user)).expect("an owner");
    }
    folder
}
