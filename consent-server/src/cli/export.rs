//! `consent export`

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use consent_core::decision::DecisionId;
use consent_core::notice::SiteId;

use crate::clock::{Clock as _, SystemClock};
use crate::data::DataFolder;
use crate::ended;
use crate::export::{self, Cut, Format, Period, sign_stored};
use crate::heads::Heads;
use crate::proof::Proof;
use crate::sequencer::compare_site;
use crate::signed::LastSigned;
use crate::store::EmbeddedStore;

use super::progress::Bar;
use super::remote::Remote;
use super::{DATA, Outcome, word};

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The site
    #[arg(long, value_name = "ID")]
    site: SiteId,
    /// What to write
    #[arg(long)]
    format: FileFormat,
    /// The decision whose proof is to be written: its UUID
    #[arg(long, value_name = "ID", required_if_eq("format", "pdf"), conflicts_with_all = ["from", "to"])]
    decision: Option<DecisionId>,
    /// The first day (2026-11-23) or moment (2026-11-23T09:30:00Z), UTC; from the beginning if left out
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// The day or moment after the last; to the end if left out
    #[arg(long, value_name = "DATE")]
    to: Option<String>,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Ask a running server
    #[arg(long, value_name = "URL", requires = "token_file", conflicts_with = "data")]
    server: Option<String>,
    /// The file with the token for that server
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Read the data folder of a server that is not running
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

/// What can be written: a whole site in one of the formats, or one decision as a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FileFormat {
    Site(Format),
    Pdf,
}

impl ValueEnum for FileFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Site(Format::Bundle),
            Self::Site(Format::Csv),
            Self::Site(Format::Jsonl),
            Self::Site(Format::Records),
            Self::Pdf,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Site(format) => format.to_possible_value(),
            Self::Pdf => Some(PossibleValue::new("pdf").help("The proof of one decision, a page to print")),
        }
    }
}

impl Export {
    pub(super) fn run(self) -> Outcome {
        let period = Period::parse(self.from.as_deref(), self.to.as_deref())?;
        if self.format != FileFormat::Pdf && self.decision.is_some() {
            return Err(
                "--decision is for --format pdf: the other formats have all decisions of a period".into()
            );
        }
        if std::fs::metadata(&self.output).is_ok_and(|there| !there.is_file()) {
            return Err(format!("{} is there and is not a file", self.output.display()).into());
        }
        // The file appears under its name only when it is whole.
        let folder = self.output.parent().filter(|folder| !folder.as_os_str().is_empty());
        let partial = tempfile::Builder::new()
            .permissions(permissions())
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| format!("{}: {error}", self.output.display()))?;
        match (&self.server, &self.token_file) {
            (Some(server), Some(token)) => self.read_server(server, token, partial.as_file())?,
            _ => self.read_folder(period, partial.as_file())?,
        }
        partial.as_file().sync_all()?;
        let file = partial.persist(&self.output)?;
        println!("{}: {} bytes", self.output.display(), file.metadata()?.len());
        Ok(ExitCode::SUCCESS)
    }

    fn read_folder(&self, period: Period, file: &File) -> Result<(), Box<dyn std::error::Error>> {
        let folder = DataFolder::open_existing(&self.data)?;
        let store = EmbeddedStore::open(&folder.store())?;
        // A head must not be signed for what is not what it was when one was signed last.
        compare_site(&store, &folder.key, &self.site, &LastSigned::open(folder.heads())?)?;
        let heads = sign_stored(&store, &folder.key, &self.site)?;
        let made_at = u64::try_from(SystemClock.now().unix_timestamp())?;
        let format = match (self.format, self.decision) {
            (FileFormat::Site(format), _) => format,
            (FileFormat::Pdf, Some(decision)) => {
                let known = Heads::default();
                heads.into_iter().for_each(|(log, head)| known.publish(log, head));
                ended::of_site(&store, &self.site)?.into_iter().for_each(|ended| known.publish_ended(ended));
                let proof = Proof::find(&store, &known, &self.site, decision, made_at)?;
                let proof =
                    proof.ok_or("there is no such decision; if it was erased, nothing is left to prove")?;
                let mut file = file;
                return Ok(file.write_all(&proof.to_pdf()?)?);
            }
            (FileFormat::Pdf, None) => return Err("say which decision: --decision ID".into()),
        };
        let cut = Cut::new(&store, self.site.clone(), heads, period, made_at)?;
        let bar = Bar::new("entries");
        export::write(format, &cut, &folder.key, file.try_clone()?, &mut |done, total| {
            bar.show(done, total);
        })?;
        Ok(())
    }

    fn read_server(&self, server: &str, token: &Path, file: &File) -> Result<(), Box<dyn std::error::Error>> {
        let remote = Remote::new(server, token)?;
        if let (FileFormat::Pdf, Some(decision)) = (self.format, self.decision) {
            let path = format!("/v1/sites/{}/decisions/{decision}/proof.pdf", self.site);
            return remote.download(&path, &[], file);
        }
        let format = word(&self.format);
        let mut query = vec![("format", format.as_str())];
        query.extend(self.from.as_deref().map(|date| ("from", date)));
        query.extend(self.to.as_deref().map(|date| ("to", date)));
        remote.download(&format!("/v1/sites/{}/export", self.site), &query, file)
    }
}

/// What is exported is personal data: only its owner may read the file.
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o600)
}
