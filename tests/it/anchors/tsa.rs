//! A time-stamping service: `openssl ts` behind a port.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

use super::others::Other;

/// A service with a root, and its own certificate below it.
pub(super) struct Service {
    pub(super) other: Other,
    /// The root, in PEM form.
    pub(super) root: PathBuf,
}

const EXTENSIONS: &str = "[ca]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\n\
    [tsa]\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = critical, timeStamping\n";

impl Service {
    /// Makes keys and certificates in `folder`, and answers requests.
    pub(super) fn start(folder: &Path) -> Self {
        let folder = folder.join("tsa");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("extensions"), EXTENSIONS).unwrap();
        let at = |name: &str| folder.join(name).display().to_string();
        let config = format!(
            "[tsa]\ndefault_tsa = it\n[it]\nserial = {}\nsigner_cert = {}\nsigner_key = {}\nsigner_digest = sha256\n\
             default_policy = 1.2.3.4\ndigests = sha256\ness_cert_id_alg = sha256\n",
            at("serial"),
            at("tsa.pem"),
            at("tsa.key")
        );
        fs::write(folder.join("ts.cnf"), config).unwrap();
        fs::write(folder.join("serial"), "01\n").unwrap();
        for (name, days) in [("root", "30"), ("tsa", "20")] {
            let key = format!("{name}.key");
            let curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &key];
            openssl(&folder, &[&["genpkey"][..], &curve].concat());
            let request = ["req", "-new", "-key", &key, "-subj", &format!("/CN={name}"), "-out", "request"];
            openssl(&folder, &request);
            let certificate = format!("{name}.pem");
            let common = [
                "x509",
                "-req",
                "-in",
                "request",
                "-days",
                days,
                "-out",
                &certificate,
                "-extfile",
                "extensions",
            ];
            let own: &[&str] = match name {
                "root" => &["-extensions", "ca", "-signkey", "root.key"],
                _ => &["-extensions", "tsa", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial"],
            };
            openssl(&folder, &[&common, own].concat());
        }
        let root = folder.join("root.pem");
        let alone = Mutex::new(());
        let other = Other::new(move |_, query| {
            let _alone = alone.lock().unwrap();
            fs::write(folder.join("query"), query).unwrap();
            openssl(&folder, &["ts", "-reply", "-config", "ts.cnf", "-queryfile", "query", "-out", "reply"]);
            Some((200, "application/timestamp-reply", fs::read(folder.join("reply")).unwrap()))
        });
        Self { other, root }
    }
}

/// Runs openssl and expects it to succeed.
pub(super) fn openssl(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
    said
}
