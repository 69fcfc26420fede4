//! `consent token`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use consent_core::notice::SiteId;

use crate::data::{Role, Tokens};

use super::{DATA, Outcome};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Token {
    /// Make a token and print it: it is shown this once
    Create(Create),
}

#[derive(Debug, clap::Args)]
pub(super) struct Create {
    /// The site that it is good for; all if left out
    #[arg(long, value_name = "ID")]
    site: Option<SiteId>,
    /// What its bearer may do
    #[arg(long)]
    role: RoleName,
    /// The server's data folder
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleName {
    /// Read everything and erase
    Operator,
    /// Read everything
    Auditor,
}

impl Token {
    pub(super) fn run(self) -> Outcome {
        let Self::Create(Create { site, role, data }) = self;
        if !data.is_dir() {
            return Err(format!("{} is not a data folder; name it with --data DIR", data.display()).into());
        }
        let role = match role {
            RoleName::Operator => Role::Operator,
            RoleName::Auditor => Role::Auditor,
        };
        println!("{}", Tokens::open(data.join("tokens.json"))?.make(role, site)?);
        Ok(ExitCode::SUCCESS)
    }
}
