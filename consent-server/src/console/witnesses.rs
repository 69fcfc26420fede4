//! Who else vouches for the logs: witnesses, and time-stamps.

/// What others have said so far.
#[derive(Clone, Debug)]
pub(crate) struct Witnessed {
    /// Those of the config.
    pub(crate) witnesses: Vec<WitnessLine>,
    /// How many of them have to sign.
    pub(crate) needed: usize,
    /// The newest head that enough of them had signed.
    pub(crate) newest: Option<Vouched>,
    /// When the last time-stamp was taken, and how many entries of the heads log it is about.
    pub(crate) stamp: Option<(String, u64)>,
}

/// One witness.
#[derive(Clone, Debug)]
pub(crate) struct WitnessLine {
    pub(crate) name: String,
    /// When it signed the newest cosigned head, by its own clock.
    pub(crate) signed: Option<String>,
}

/// The newest cosigned head.
#[derive(Clone, Debug)]
pub(crate) struct Vouched {
    pub(crate) log: String,
    pub(crate) entries: u64,
    /// How many there are now, if it is the log that grows.
    pub(crate) now: Option<u64>,
    /// Whether those who signed it are enough by the config in force.
    pub(crate) is_enough: bool,
}

impl Vouched {
    /// How many entries came after it.
    pub(super) fn behind(&self) -> u64 {
        self.now.map_or(0, |now| now.saturating_sub(self.entries))
    }
}

impl Witnessed {
    /// Whether enough of them have signed the newest head that was ever cosigned.
    pub(super) fn is_met(&self) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.is_enough)
    }

    pub(super) fn signed(&self) -> usize {
        self.witnesses.iter().filter(|witness| witness.signed.is_some()).count()
    }
}
