//! What a visitor has allowed, as a service asks it: from the cookies of a request, the browser's signals, the notice in force
//! and the time.
//!
//! The answer is the one that the script gives in the browser (`consent-js/src/state.ts`); both are held to the same vectors
//! (`consent-js/vectors/consent.json`). Nothing is an error: whatever can not be read grants nothing, and [`Consent::why`]
//! says what it was.
//!
//! ```
//! use consent_core::category::Category;
//! use consent_core::consent::{Consent, InForce, State};
//! use consent_core::notice::Notice;
//! use consent_core::signal::Signals;
//! use time::OffsetDateTime;
//!
//! # let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small"));
//! let notice = Notice::from_bytes(bytes)?; // for instance include_bytes!("notice.json")
//! let prefix = notice.id().prefix();
//! let in_force = InForce::new(notice.into());
//! let now = OffsetDateTime::from_unix_timestamp(1_795_500_000)?;
//!
//! let header = format!("theme=dark; consent=1.05.toy7q0.{prefix}.AAECAwQFBgcICQoLDA0ODw.AZMk9mAAcACAAQIDBAUGBw");
//! let consent = Consent::read(&in_force, [header.as_bytes()], Signals::default(), now);
//! assert_eq!(consent.state(), State::Chosen);
//! assert!(consent.allows(Category::Analytics));
//! assert!(!consent.allows(Category::Advertisement));
//!
//! let nobody = Consent::read(&in_force, [], Signals::default(), now);
//! assert_eq!(nobody.state(), State::Unasked);
//! assert!(!nobody.allows(Category::Analytics));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ground;
mod in_force;
mod jar;
mod services;
mod who;

use serde::Serialize;
use time::OffsetDateTime;

use crate::category::Category;
use crate::choices::Choices;
use crate::cookie::ConsentCookie;
use crate::notice::ServiceNotice;
use crate::regime::Rule;
use crate::signal::Signals;

use self::jar::Kept;
use self::services::Granted;

pub use self::ground::{Ground, State, Why};
pub use self::in_force::{InForce, MAX_OLDER};
pub use self::jar::{MAX_COOKIE_BYTES, pairs};
pub use self::who::Who;

/// Seconds by which a choice may lie in the future: clocks differ, and one from further on would otherwise never expire.
const TOLERANCE: i64 = 86_400;

/// All five categories, as bits.
const ALL: u8 = Choices::GRANTED.bits();

/// What one visitor has allowed, at one moment.
///
/// It is written as JSON and not read back: it is an answer about a request, and text that nobody checked must not become one.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::choices::Choices;
/// use consent_core::consent::{Consent, Ground, State, Why};
///
/// // A service that could ask nothing allows nothing, and can say why.
/// let consent = Consent::denied(Why::NoNotice);
/// assert_eq!(consent.choices(), Choices::DENIED);
/// assert!(!consent.allows_service("maps"));
/// assert_eq!((consent.state(), consent.why()), (State::Unasked, Why::NoNotice));
/// assert_eq!(consent.ground(Category::Analytics), Ground::Closed);
/// assert_eq!(consent.ground(Category::Necessary), Ground::Necessary);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consent {
    choices: Choices,
    services: Granted,
    state: State,
    why: Why,
    /// In which categories the last choice holds.
    #[serde(skip)]
    held: u8,
    /// What the last choice denied, where it does not hold any more.
    #[serde(skip)]
    denied: u8,
    /// Whether the browser's objection stands against advertising.
    #[serde(skip)]
    objection: bool,
    /// Whether a service was granted whose category is denied.
    #[serde(skip)]
    apart: bool,
    /// Where it is not known whose choice counts: the categories that one of them grants.
    #[serde(skip)]
    torn: u8,
}

impl Consent {
    /// Reads the values of all `Cookie` headers of a request.
    ///
    /// Of several cookies `consent` the newest one counts that can be read, as in the browser: a host and its parent domain may
    /// each have set one. Names are compared to the letter; a value in quotes is another value. Where the headers are longer
    /// than [`MAX_COOKIE_BYTES`] together, none is read and everything is denied. Where there is a choice of who is signed in too, what
    /// either denies is denied: [`Consent::read_as`] is told which one counts.
    #[must_use]
    pub fn read<'a>(
        in_force: &InForce,
        cookies: impl IntoIterator<Item = &'a [u8]>,
        signals: Signals,
        now: OffsetDateTime,
    ) -> Self {
        Self::read_as(Who::Unknown, in_force, cookies, signals, now)
    }

    /// Reads them as [`Consent::read`] does, for a service that knows whether somebody is signed in.
    ///
    /// ```
    /// use consent_core::consent::{Consent, InForce, Who, Why};
    /// use consent_core::{notice::Notice, signal::Signals};
    ///
    /// # let notice = Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?;
    /// let in_force = InForce::from(notice);
    /// let now = time::OffsetDateTime::UNIX_EPOCH;
    /// let why = |who| Consent::read_as(who, &in_force, [], Signals::default(), now).why();
    /// assert_eq!(why(Who::Device), Why::NoCookie);
    /// assert_eq!(why(Who::Account), Why::UnknownAccount, "what they chose is not known here yet");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn read_as<'a>(
        who: Who,
        in_force: &InForce,
        cookies: impl IntoIterator<Item = &'a [u8]>,
        signals: Signals,
        now: OffsetDateTime,
    ) -> Self {
        let jar = match jar::read(cookies, !in_force.notice().services.is_empty()) {
            Ok(jar) => jar,
            Err(why) => return Self::denied(why),
        };
        let of = |kept| Self::of(in_force, kept, signals, now);
        let chosen = jar.account.as_ref().filter(|account| account.consent.is_some());
        match (who, chosen) {
            (Who::Account, None) if jar.account.is_none() => Self::denied(Why::UnknownAccount),
            (Who::Account, Some(account)) => of(account),
            (Who::Unknown, Some(account)) => of(account).and(&of(&jar.device)),
            _ => of(&jar.device),
        }
    }

    /// What one kept choice allows.
    fn of(in_force: &InForce, kept: &Kept, signals: Signals, now: OffsetDateTime) -> Self {
        let (state, why, held) = match &kept.consent {
            None => (State::Unasked, kept.odd.map_or(Why::NoCookie, Why::Unreadable), 0),
            Some(cookie) => holds(in_force, cookie, now),
        };
        let rules = &in_force.notice().regime;
        let chosen = kept.consent.map_or(1, |cookie| cookie.choices.bits());
        let denied = kept.consent.map_or(0, |cookie| ALL & !cookie.choices.bits());
        let mut runs = rules.before_choice().bits();
        if signals.gpc {
            runs &= !Category::Advertisement.bit();
        }
        let bits = (held & chosen) | (!held & runs & !denied) | 1;
        let mut consent = Self {
            choices: Choices::from_bits(bits).unwrap_or(Choices::DENIED),
            services: Granted::NONE,
            state,
            why,
            held,
            denied: denied & !held,
            objection: signals.gpc && rules.rule(Category::Advertisement) != Rule::OptIn,
            apart: false,
            torn: 0,
        };
        consent.grant_services(in_force, kept);
        consent
    }

    /// What both allow. What the other one denies it denies for its own reasons.
    fn and(self, other: &Self) -> Self {
        let both = self.choices.bits() & other.choices.bits();
        let more = self.choices.bits() & !other.choices.bits();
        let merged = |mine: u8, others: u8| (mine & !more) | (others & more);
        let (held, denied) = (merged(self.held, other.held), merged(self.denied, other.denied));
        let leads = if more == 0 { (self.state, self.why) } else { (other.state, other.why) };
        Self {
            choices: Choices::from_bits(both).unwrap_or(Choices::DENIED),
            services: self.services.and(&other.services),
            state: leads.0,
            why: leads.1,
            held,
            denied,
            objection: self.objection,
            apart: self.apart || other.apart,
            torn: (self.choices.bits() | other.choices.bits()) & !both,
        }
    }

    /// Everything that can be denied is: what holds where there is no notice in force, or nothing can be asked.
    #[must_use]
    pub const fn denied(why: Why) -> Self {
        Self {
            choices: Choices::DENIED,
            services: Granted::NONE,
            state: State::Unasked,
            why,
            held: 0,
            denied: 0,
            objection: false,
            apart: false,
            torn: 0,
        }
    }

    /// Whether what is in `category` may run, be set or be read.
    #[must_use]
    pub const fn allows(&self, category: Category) -> bool {
        self.choices.allows(category)
    }

    /// Whether a service of the notice may run: its category is granted, or it was granted by itself. One that the notice does
    /// not know may not.
    #[must_use]
    pub fn allows_service(&self, service: &str) -> bool {
        self.services.iter().any(|granted| granted.as_str() == service)
    }

    /// All five answers.
    #[must_use]
    pub const fn choices(&self) -> Choices {
        self.choices
    }

    /// Where the visitor stands. What is granted does not follow from it: ask [`Consent::allows`].
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// What it was that led to the state.
    #[must_use]
    pub const fn why(&self) -> Why {
        self.why
    }

    /// What the answer for one category rests on.
    #[must_use]
    pub fn ground(&self, category: Category) -> Ground {
        if category == Category::Necessary {
            Ground::Necessary
        } else if self.why.closes() {
            Ground::Closed
        } else if self.held & category.bit() != 0 {
            Ground::Choice
        } else if self.denied & category.bit() != 0 {
            Ground::EarlierDenial
        } else if category == Category::Advertisement && self.objection {
            Ground::Objection
        } else {
            Ground::Rule
        }
    }

    /// Whether a category is denied only because it is not known whose choice counts: then nothing of it is deleted.
    pub(crate) const fn is_torn(&self, category: Category) -> bool {
        self.torn & category.bit() != 0
    }

    /// Whether the answers for services follow from those for their categories.
    pub(crate) const fn is_plain(&self) -> bool {
        !self.apart
    }

    fn grant_services(&mut self, in_force: &InForce, kept: &Kept) {
        let notice = in_force.notice();
        if notice.services.is_empty() {
            return;
        }
        let asked = kept.services.as_ref().zip(kept.consent.as_ref());
        let apart = |service: &ServiceNotice| {
            self.held & service.category.bit() != 0
                && asked.is_some_and(|(services, cookie)| services.allows(cookie, service.id.as_str()))
        };
        let by_itself = |service: &ServiceNotice| !self.allows(service.category) && apart(service);
        let some_apart = notice.services.iter().any(by_itself);
        let granted = |at: usize| {
            notice.services.get(at).is_some_and(|service| self.allows(service.category) || apart(service))
        };
        let services = Granted::of(notice, granted);
        self.services = services;
        self.apart = some_apart;
    }
}

/// Where the last choice stands, and the bits of the categories in which it holds.
fn holds(in_force: &InForce, cookie: &ConsentCookie, now: OffsetDateTime) -> (State, Why, u8) {
    // Below 2^53, so nothing is cut off.
    let decided_at = i64::try_from(cookie.decided_at).unwrap_or(i64::MAX);
    let age = now.unix_timestamp().saturating_sub(decided_at);
    if age >= i64::from(in_force.notice().ask_again_after).saturating_mul(86_400) {
        return (State::Expired, Why::TooOld, 0);
    }
    if age < -TOLERANCE {
        return (State::Unasked, Why::FromTheFuture, 0);
    }
    match in_force.held_under(cookie.notice) {
        Some(ALL) => (State::Chosen, Why::Chosen, ALL),
        Some(bits) => (State::Outdated, Why::MoreIsAsked, bits),
        None => (State::Outdated, Why::UnknownNotice, 0),
    }
}

#[cfg(test)]
mod tests;
