//! What visitors chose, counted day by day: a fold over the log, so that whoever looks at counts reads a few small documents and not
//! the log. Nothing in it is about a person, and it is no evidence: it can be made again from the log at any time.
//!
//! A day's counts and how far they go are one document, written whole. So whenever the process stops, nothing is counted twice and
//! nothing is left out.

mod answers;
mod day;
mod follow;
mod fresh;
mod named;
mod piece;
mod sum;

pub use self::answers::{Answers, Share};
pub use self::day::{Day, Key, Outcome};
pub use self::follow::{counted, date_of, days, follow, uncounted};
pub use self::fresh::Fresh;
pub use self::named::{changes, named};
pub(crate) use self::piece::What;
pub use self::sum::{Place, Places, Sum, by_day, class_word};
