//! `consent verify`

use std::io::Write as _;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use consent_core::ledger::policy::Policy;
use consent_core::verify::evidence::{Evidence, Given};
use consent_core::verify::receipt::verify_receipt;
use consent_core::verify::report::{Code, Finding, Report};
use consent_core::verify::verify_with;
use consent_core::verify::visible::visible;
use serde_json::json;

use super::Outcome;
use super::crew::Crew;
use super::progress::Bar;
use crate::source::{self, OpenBundle};

/// The largest checkpoint, receipt or policy that is read, in bytes.
const MAX_GIVEN: u64 = 1024 * 1024;

#[derive(Debug, clap::Args)]
pub(super) struct Verify {
    /// The bundle: a zip, or the folder that it was unpacked to; left out to check receipts alone
    #[arg(required_unless_present = "receipt")]
    bundle: Option<PathBuf>,
    /// A checkpoint that you kept from before; can be given again
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// A visitor's receipt; can be given again
    #[arg(long, value_name = "FILE")]
    receipt: Vec<PathBuf>,
    /// The keys that you trust, as a tlog-policy; without it the keys in the bundle are used
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// The certificate of a time-stamping service, or of the root it descends from, in PEM form; without it those in the
    /// bundle are used. Can be given again
    #[arg(long, value_name = "FILE")]
    tsa_certificate: Vec<PathBuf>,
    /// How many threads share the work; without it one for each core. The report is the same
    #[arg(long, value_name = "N")]
    threads: Option<NonZero<usize>>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(self) -> Outcome {
        let evidence = self.evidence()?;
        let Some(bundle) = &self.bundle else { return self.receipts(&evidence) };
        // A bundle that is not there is a mistake of whoever asks, and no finding about it.
        std::fs::metadata(bundle).map_err(|error| format!("{}: {error}", bundle.display()))?;
        let report = match source::open(bundle) {
            Ok(open) => check(&open, &evidence, bundle, &Crew::new(self.threads)),
            Err(error) => damaged(bundle, error.to_string()),
        };
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{}", report.to_json())?;
        } else {
            write!(out, "{}", report.to_text())?;
        }
        Ok(if report.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Receipts without a bundle: what each of them shows by itself.
    fn receipts(&self, evidence: &Evidence) -> Outcome {
        let Some(policy) = &evidence.policy else {
            let hint = "name the keys that you trust with --policy FILE: the file `policy` of a bundle, or what a server answers at /v1/sites/ID/logs/policy";
            return Err(hint.into());
        };
        let (keys, mut hold) = (policy.keys(), true);
        let mut out = std::io::stdout().lock();
        for given in &evidence.receipts {
            let text = String::from_utf8_lossy(&given.bytes);
            let result = verify_receipt(&text, &keys, policy.witnesses());
            hold &= result.is_ok();
            match (&result, self.json) {
                (Ok(report), true) => {
                    writeln!(out, "{}", json!({"file": given.name, "holds": true, "receipt": report}))?;
                }
                (Err(error), true) => {
                    writeln!(
                        out,
                        "{}",
                        json!({"file": given.name, "holds": false, "error": error.to_string()})
                    )?;
                }
                (Ok(report), false) => writeln!(out, "{}\n{report}", visible(&given.name))?,
                (Err(error), false) => {
                    let (name, error) = (visible(&given.name), error.to_string());
                    writeln!(out, "{name}\nThe receipt DOES NOT HOLD: {}.\n", visible(&error))?;
                }
            }
        }
        Ok(if hold { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn evidence(&self) -> Result<Evidence, Box<dyn std::error::Error>> {
        let given =
            |paths: &[PathBuf]| paths.iter().map(|path| read(path.as_path())).collect::<Result<Vec<_>, _>>();
        let policy = self.policy.as_deref().map(read).transpose()?;
        let policy = policy
            .map(|given| Policy::parse(&given.bytes).map_err(|error| format!("{}: {error}", given.name)));
        Ok(Evidence {
            checkpoints: given(&self.checkpoint)?,
            receipts: given(&self.receipt)?,
            policy: policy.transpose()?,
            tsa_certificates: given(&self.tsa_certificate)?,
        })
    }
}

fn check(bundle: &OpenBundle, evidence: &Evidence, path: &Path, crew: &Crew) -> Report {
    let bar = Bar::new("done");
    let mut report =
        verify_with(crew, &*bundle.source, evidence, &mut |progress| bar.show(progress.done, progress.total));
    if let Some(damage) = &bundle.damage {
        report.findings.push(finding(path, damage.clone()));
    }
    report
}

/// The report on something that can not even be opened.
fn damaged(path: &Path, message: String) -> Report {
    let mut report = Report::default();
    report.findings.push(Finding { code: Code::FileUnreadable, ..finding(path, message) });
    report
}

fn finding(path: &Path, message: String) -> Finding {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Finding { code: Code::FileChanged, file, index: None, byte: None, message }
}

fn read(path: &Path) -> Result<Given, String> {
    let fail = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let length = std::fs::metadata(path).map_err(|error| fail(&error))?.len();
    if length > MAX_GIVEN {
        return Err(fail(&"larger than 1 MiB; is it the right file?"));
    }
    let name = path.display().to_string();
    Ok(Given { name, bytes: std::fs::read(path).map_err(|error| fail(&error))? })
}
