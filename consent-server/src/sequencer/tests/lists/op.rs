//! What a server is asked in a list, and what happens to it meanwhile, as values and as the words of `found.txt`.

use std::fmt;
use std::str::FromStr;

use proptest::prelude::*;

use super::Fault;

/// One step of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// The decision with this number; the same as before, if it was sent before.
    Record(u64),
    /// So many new decisions at once, every other one for another site.
    Burst(u64),
    /// Everything that this subject decided.
    Erase(u64),
    /// Names the notice in the log of the time.
    Publish,
    /// So many displays in the hour before.
    Tally(u64),
    /// The night's work on what is past its retention.
    Night,
    /// Takes up what the other server wrote.
    Follow,
    /// So many hours pass.
    Later(u32),
    /// The clock is set back by an hour.
    Back,
    /// The process ends in peace and starts again.
    Restart,
    /// The call of the store after so many others fails, and the process ends.
    Fault(usize, Fault),
    /// From here on the other server is asked, if there are two.
    Other,
}

/// How many subjects there are; a decision is that of its number's remainder.
pub(super) const SUBJECTS: u64 = 3;

/// How many decisions are told apart by their number.
pub(super) const NUMBERS: u64 = 12;

pub(super) fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        10 => (0..NUMBERS).prop_map(Op::Record),
        3 => (2..40_u64).prop_map(Op::Burst),
        3 => (0..SUBJECTS).prop_map(Op::Erase),
        1 => Just(Op::Publish),
        2 => (1..100_u64).prop_map(Op::Tally),
        2 => Just(Op::Night),
        1 => Just(Op::Follow),
        // An hour, a month, a year, longer than a decision is kept.
        5 => prop_oneof![Just(1_u32), Just(730), Just(8_784), Just(31_000)].prop_map(Op::Later),
        1 => Just(Op::Back),
        2 => Just(Op::Restart),
        8 => (0..14_usize, prop_oneof![Just(Fault::Fails), Just(Fault::FailsButPersisted)])
            .prop_map(|(calls, fault)| Op::Fault(calls, fault)),
        3 => Just(Op::Other),
    ]
}

/// A list, which reads and writes itself as one line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct List(pub(super) Vec<Op>);

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(number) => write!(f, "record {number}"),
            Self::Burst(count) => write!(f, "burst {count}"),
            Self::Erase(subject) => write!(f, "erase {subject}"),
            Self::Publish => f.write_str("publish"),
            Self::Tally(shown) => write!(f, "tally {shown}"),
            Self::Night => f.write_str("night"),
            Self::Follow => f.write_str("follow"),
            Self::Later(hours) => write!(f, "later {hours}"),
            Self::Back => f.write_str("back"),
            Self::Restart => f.write_str("restart"),
            Self::Fault(calls, Fault::Fails) => write!(f, "fail {calls}"),
            Self::Fault(calls, Fault::FailsButPersisted) => write!(f, "persist {calls}"),
            Self::Other => f.write_str("other"),
        }
    }
}

impl FromStr for Op {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, number) = text.split_once(' ').unwrap_or((text, "0"));
        let wrong = || format!("{text:?} is no step");
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let calls = usize::try_from(number).map_err(|_| wrong())?;
        Ok(match word {
            "record" => Self::Record(number),
            "burst" => Self::Burst(number),
            "erase" => Self::Erase(number),
            "publish" => Self::Publish,
            "tally" => Self::Tally(number),
            "night" => Self::Night,
            "follow" => Self::Follow,
            "later" => Self::Later(number.try_into().map_err(|_| wrong())?),
            "back" => Self::Back,
            "restart" => Self::Restart,
            "fail" => Self::Fault(calls, Fault::Fails),
            "persist" => Self::Fault(calls, Fault::FailsButPersisted),
            "other" => Self::Other,
            _ => return Err(wrong()),
        })
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, op) in self.0.iter().enumerate() {
            write!(f, "{}{op}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// What a failure prints is the line to be kept.
impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for List {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        line.split(", ").map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}
