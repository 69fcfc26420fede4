//! `consent migrate`

use std::path::PathBuf;
use std::process::ExitCode;

use crate::data::DataFolder;
use crate::migrate;
use crate::store::{EmbeddedStore, PostgresStore};

use super::Outcome;
use super::place::{Place, StoreArguments};
use super::progress::Bar;

#[derive(Debug, clap::Args)]
pub(super) struct Migrate {
    /// The data folder of a server that is not running: everything in its embedded store is moved
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// An empty PostgreSQL database, `postgres://USER@HOST/NAME`. A URL with a password is not taken from here, where
    /// everybody on the machine can read it, but from `--to-file` or the environment variable `CONSENT_STORE`
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// A file with what --to would say
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    to_file: Option<PathBuf>,
}

impl Migrate {
    pub(super) fn run(self) -> Outcome {
        let Place::Postgres(database) = StoreArguments::new(self.to, self.to_file).place()? else {
            return Err(
                "say where to: --to postgres://USER@HOST/NAME, or --to-file FILE with the URL in it".into()
            );
        };
        let folder = DataFolder::open_existing(&self.from)?;
        let from = EmbeddedStore::open(&folder.store())?;
        let to = PostgresStore::open(&database)?;
        let bar = Bar::new("entries");
        let moved = migrate::migrate(&from, &to, &folder.key, &mut |done, total| bar.show(done, total))?;
        drop(bar);
        println!(
            "{} entries of {} logs are in the database, with everything beside them",
            moved.entries, moved.logs
        );
        println!(
            "serve them with --store and the same --data {}; the store in it is not read any more",
            self.from.display()
        );
        Ok(ExitCode::SUCCESS)
    }
}
