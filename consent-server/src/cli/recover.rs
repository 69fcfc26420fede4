//! `consent recover`

use std::error::Error;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use crate::app::{AppError, site_rules};
use crate::clock::SystemClock;
use crate::config::{self, Config};
use crate::data::{DataError, DataFolder};
use crate::ended::Ended;
use crate::heads::Heads;
use crate::sequencer::{self, Parts, Plan, RecoverError};
use crate::signed::LastSigned;
use crate::store::{EmbeddedStore, PostgresStore, Store, StoreError};

use super::place::{Place, StoreArguments};
use super::{DATA, Outcome};

/// Says what can not go on and what would be done, and does it with --confirm. Stop every server on this data first, and
/// look for a newer copy: a log that was ended stays so, for ever
#[derive(Debug, clap::Args)]
pub(super) struct Recover {
    /// The config file of the server
    config: PathBuf,
    /// The folder of the server that had the logs last: what is known of signed heads is in it
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    #[command(flatten)]
    store: StoreArguments,
    /// Make a new signing key if there is none. Every log that the old one signed is then ended
    #[arg(long)]
    new_key: bool,
    /// Do it. It can not be taken back
    #[arg(long)]
    confirm: bool,
}

impl Recover {
    pub(super) fn run(self) -> Outcome {
        let config = match config::load(&self.config) {
            Ok(loaded) => loaded.config,
            Err(findings) => {
                eprint!("{}", config::render::human(&findings, std::io::stderr().is_terminal()));
                return Ok(ExitCode::FAILURE);
            }
        };
        let place = self.store.place()?;
        let new_key = self.new_key && !DataFolder::has_key(&self.data);
        if new_key && !self.confirm && self.data.join("heads").is_dir() {
            println!(
                "A new signing key would be made, every log ended, and the next ones opened under the new key."
            );
            return Ok(self.ask());
        }
        let folder = DataFolder::open_for_recovery(&self.data, self.new_key)?;
        match place {
            Place::Embedded => {
                let store: Arc<dyn Store> = Arc::new(EmbeddedStore::open(&folder.store())?);
                self.recover(&store, parts(config, folder)?, false)
            }
            Place::Postgres(database) => {
                let database = PostgresStore::open(&database)?;
                let other_key = match database.serve_with(&folder.key) {
                    Ok(()) => false,
                    Err(StoreError::OtherKey) => true,
                    Err(error) => return Err(error.into()),
                };
                let parts = parts(config, folder)?;
                let key = Arc::clone(&parts.key);
                let store = Arc::new(database);
                let shared: Arc<dyn Store> = Arc::<PostgresStore>::clone(&store);
                let done = self.recover(&shared, parts, other_key);
                // Also where it was stopped just before, and every log has ended by now.
                let all_ended = match &done {
                    Ok(_) => true,
                    Err(error) => matches!(error.downcast_ref(), Some(RecoverError::Nothing)),
                };
                if other_key && self.confirm && all_ended {
                    store.serve_with_new(&key)?;
                    return Ok(ExitCode::SUCCESS);
                }
                done
            }
        }
    }

    fn recover(&self, store: &Arc<dyn Store>, parts: Parts, other_key: bool) -> Outcome {
        let plan = sequencer::plan(store, &parts, other_key)?;
        show(&plan);
        if !self.confirm {
            return Ok(self.ask());
        }
        let done = sequencer::carry_out(store, parts, &plan).map_err(|error| -> Box<dyn Error> {
            match error {
                StoreError::Conflict { .. } => {
                    "another process appended meanwhile: nothing was ended. Stop it, and run this again"
                        .into()
                }
                error => error.into(),
            }
        })?;
        tell(&done);
        Ok(ExitCode::SUCCESS)
    }

    /// Says how to confirm. Nothing was done, so a script does not go on.
    fn ask(&self) -> ExitCode {
        println!();
        println!(
            "Nothing was changed. Stop every server on this data, keep a copy of it, and look for a newer one: what is"
        );
        println!("ended stays so. Then:  {} --confirm", self.command());
        ExitCode::FAILURE
    }

    fn command(&self) -> String {
        let new_key = if self.new_key { " --new-key" } else { "" };
        format!("{}{new_key}", command(&self.config, &self.data, &self.store))
    }
}

fn parts(config: Config, folder: DataFolder) -> Result<Parts, DataError> {
    let last_signed = Arc::new(LastSigned::open(folder.heads())?);
    Ok(Parts {
        sites: site_rules(&config),
        host: config.server.host,
        last_signed,
        key: Arc::new(folder.key),
        clock: Arc::new(SystemClock),
        heads: Arc::new(Heads::default()),
    })
}

fn show(plan: &Plan) {
    for broken in &plan.broken {
        let (signed, kept) = (broken.signed.checkpoint(), broken.kept.size);
        println!("{}", signed.origin);
        println!("  can not go on: {}", broken.cause);
        println!("  signed last:   {} entries", signed.size);
        match signed.size.checked_sub(kept).filter(|lost| *lost > 0) {
            Some(lost) => println!("  kept:          the first {kept}; {lost} are lost"),
            None => println!("  kept:          {kept}, all of them"),
        }
        if broken.beyond > 0 {
            println!("  erased:        {} decisions beyond, which no signed head covers", broken.beyond);
        }
    }
}

fn tell(done: &[Ended]) {
    for ended in done {
        println!("{} has ended, as entry {} of {} says", ended.origin(), ended.stated.1, ended.stated.0);
    }
    println!();
    println!(
        "Start the server again. If an older copy of the store was restored, it has again what was erased since that copy"
    );
    println!("was made: erase those people once more.");
}

/// What to type to go on.
fn command(config: &Path, data: &Path, store: &StoreArguments) -> String {
    let mut words = vec!["consent".to_owned(), "recover".to_owned(), config.display().to_string()];
    words.extend(["--data".to_owned(), data.display().to_string()]);
    words.extend(store.repeated());
    let quoted = words.iter().map(|word| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-:@=+,".contains(&byte);
        if word.bytes().all(plain) { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// An error with the command that leads on.
#[derive(Debug, thiserror::Error)]
#[error("{error}\n\nTo see what could be kept:  {command}")]
struct WayOn {
    error: AppError,
    command: String,
}

/// Names the command where there is one.
pub(super) fn with_way_on(
    error: Box<dyn Error>,
    config: &Path,
    data: &Path,
    store: &StoreArguments,
) -> Box<dyn Error> {
    let command = command(config, data, store);
    match error.downcast::<AppError>() {
        Ok(error) => match *error {
            AppError::Store(error) if error.has_way_on() => Box::new(WayOn { error: error.into(), command }),
            error @ AppError::Data(DataError::KeyLost { .. }) => {
                Box::new(WayOn { error, command: format!("{command} --new-key") })
            }
            error => Box::new(error),
        },
        Err(error) => error,
    }
}
