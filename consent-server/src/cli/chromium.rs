//! A local Chromium, asked for one picture or one document at a time: a process of its own with a fresh profile and no network.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// The variable that names the program.
const VARIABLE: &str = "CHROMIUM";

/// Under which names it is found otherwise.
const NAMES: [&str; 6] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"];

/// How long one picture may take: a second is usual, on a busy machine ten.
const LIMIT: Duration = Duration::from_secs(90);

/// How often it is looked whether the program has ended.
const PAUSE: Duration = Duration::from_millis(25);

const MISSING: &str = "no Chromium was found, which makes the pictures. Install one (Debian, Ubuntu: apt install chromium; \
    Fedora: dnf install chromium; macOS: brew install --cask chromium), or name its program in the variable CHROMIUM";

/// What the page is shown in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// Pixels.
    pub(super) width: u32,
    /// Pixels.
    pub(super) height: u32,
    /// Whether the system asks for dark colours.
    pub(super) dark: bool,
}

/// The program.
pub(super) struct Chromium(PathBuf);

impl Chromium {
    /// The program that the variable names, or the first that is installed.
    pub(super) fn find() -> Result<Self, String> {
        Self::look(
            std::env::var_os(VARIABLE).map(PathBuf::from),
            &std::env::var_os("PATH").unwrap_or_default(),
        )
    }

    fn look(named: Option<PathBuf>, path: &OsStr) -> Result<Self, String> {
        if let Some(program) = named.filter(|program| !program.as_os_str().is_empty()) {
            let there = program.is_file();
            return there.then(|| Self(program.clone())).ok_or_else(|| {
                format!("{}, which the variable {VARIABLE} names, is not there", program.display())
            });
        }
        let folders: Vec<_> = std::env::split_paths(path).collect();
        let candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
        candidates.filter(|program| program.is_file()).map(Self).next().ok_or_else(|| MISSING.to_owned())
    }

    /// A picture of the page in `file`, as PNG, at `fragment` of it.
    pub(super) fn picture(
        &self,
        file: &Path,
        fragment: &str,
        window: Window,
    ) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let profile = tempfile::tempdir()?;
        let png = profile.path().join("picture.png");
        let mut command = self.command(profile.path(), window);
        command
            .args(["--virtual-time-budget=2000", "--run-all-compositor-stages-before-draw"])
            .arg(format!("--screenshot={}", png.display()))
            .arg(format!("file://{}{fragment}", file.display()));
        let ended = run(command, &self.0)?;
        std::fs::read(&png).map_err(|_| ended.made_no("picture", &self.0))
    }

    /// The document in `file` after its scripts have had their time, as HTML. Documents that it shows in frames it may look into.
    pub(super) fn document(&self, file: &Path, window: Window) -> Result<String, Box<dyn std::error::Error>> {
        let profile = tempfile::tempdir()?;
        let mut command = self.command(profile.path(), window);
        command
            .args(["--virtual-time-budget=30000", "--allow-file-access-from-files", "--dump-dom"])
            .arg(format!("file://{}", file.display()));
        let ended = run(command, &self.0)?;
        if ended.printed.trim().is_empty() {
            return Err(ended.made_no("document", &self.0));
        }
        Ok(ended.printed)
    }

    /// The program, to be told what to do by messages: its standard input and output are the pipes for them. It opens what it is told
    /// to, wherever that is.
    ///
    /// It expects them at the places 3 and 4, to which only a shell puts them without `unsafe`.
    pub(super) fn told_through_pipes(&self, profile: &Path) -> Command {
        let mut command = Command::new("sh");
        command
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"])
            .arg(&self.0)
            .args(["--headless", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars"])
            .args(["--no-first-run", "--disable-extensions", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--disable-quic"])
            .args(["--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,PaintHolding"])
            .arg(format!("--user-data-dir={}", profile.join("profile").display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if is_root() {
            // As below; here the pages are those of the site that is tested, and of whomever it lets in.
            command.arg("--no-sandbox");
        }
        command
    }

    fn command(&self, profile: &Path, Window { width, height, dark }: Window) -> Command {
        let mut command = Command::new(&self.0);
        command
            .args([
                "--headless",
                "--disable-gpu",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-extensions",
            ])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            // The page loads nothing from elsewhere; if it tried, there would be nobody.
            .arg("--host-resolver-rules=MAP * ~NOTFOUND")
            .args(["--force-device-scale-factor=1", "--force-prefers-reduced-motion"])
            .arg(format!("--blink-settings=preferredColorScheme={}", u8::from(!dark)))
            .arg(format!("--window-size={width},{height}"))
            .arg(format!("--user-data-dir={}", profile.join("profile").display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if is_root() {
            // Chromium refuses to run as root with its sandbox. What it shows is this server's own page.
            command.arg("--no-sandbox");
        }
        command
    }
}

/// How the program ended.
struct Ended {
    in_time: bool,
    printed: String,
    said: Receiver<String>,
}

impl Ended {
    /// That it did not make what it should have made.
    fn made_no(self, what: &str, program: &Path) -> Box<dyn std::error::Error> {
        // Processes that it left behind may keep the pipe open: what it said is wanted only here.
        let said = self.said.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
        let said: Vec<_> = said.lines().rev().take(5).collect();
        let said = said.into_iter().rev().collect::<Vec<_>>().join("\n");
        let why = if self.in_time { format!("made no {what}") } else { "did not end in time".to_owned() };
        format!("{} {why}. It said:\n{said}", program.display()).into()
    }
}

fn run(mut command: Command, program: &Path) -> Result<Ended, Box<dyn std::error::Error>> {
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
    let said = drain(child.stderr.take());
    let printed = drain(child.stdout.take());
    let in_time = wait(&mut child)?;
    let printed = printed.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
    Ok(Ended { in_time, printed, said })
}

/// What comes out of a pipe, read beside the program so that a full one does not stop it.
fn drain(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = std::sync::mpsc::channel();
    if let Some(mut pipe) = pipe {
        std::thread::spawn(move || {
            let mut all = Vec::new();
            // Whatever could be read is shown; nobody may listen any more.
            let _ = pipe.read_to_end(&mut all);
            let _ = sender.send(String::from_utf8_lossy(&all).into_owned());
        });
    }
    receiver
}

/// Waits for the end, with a bound; `false` if the program had to be ended.
fn wait(child: &mut Child) -> std::io::Result<bool> {
    let mut waited = Duration::ZERO;
    while waited < LIMIT {
        if child.try_wait()?.is_some() {
            return Ok(true);
        }
        std::thread::sleep(PAUSE);
        waited += PAUSE;
    }
    child.kill()?;
    child.wait()?;
    Ok(false)
}

/// Whether this process runs as root: Linux shows its owner as that of its folder in `/proc`.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chromium_that_is_not_there_is_said_with_what_to_do() {
        let empty = tempfile::tempdir().unwrap();
        let none = Chromium::look(None, empty.path().as_os_str()).err().unwrap();
        assert!(none.contains("apt install chromium") && none.contains("CHROMIUM"), "{none}");
        let named =
            Chromium::look(Some(empty.path().join("browser")), empty.path().as_os_str()).err().unwrap();
        assert!(named.contains("browser") && named.contains("not there"), "{named}");
        let program = empty.path().join("google-chrome");
        std::fs::write(&program, "").unwrap();
        assert_eq!(Chromium::look(None, empty.path().as_os_str()).unwrap().0, program);
    }

    #[test]
    fn what_it_said_is_told_if_there_is_no_picture() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("chromium");
        std::fs::write(&program, "#!/bin/sh\necho no display >&2\nexit 1\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let (chromium, page) = (Chromium(program), Path::new("/nothing.html"));
        let window = Window { width: 360, height: 800, dark: false };
        let error = chromium.picture(page, "", window).err().unwrap().to_string();
        assert!(error.contains("made no picture") && error.contains("no display"), "{error}");
        let error = chromium.document(page, window).err().unwrap().to_string();
        assert!(error.contains("made no document") && error.contains("no display"), "{error}");
    }
}
