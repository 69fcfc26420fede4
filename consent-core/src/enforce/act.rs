//! What was done to an answer, and why.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::category::Category;
use crate::consent::Ground;

/// What was done.
///
/// ```
/// use consent_core::enforce::Act;
///
/// // An index for counters, a word for metrics.
/// assert!(Act::ALL.iter().enumerate().all(|(at, act)| act.index() == at));
/// assert_eq!(Act::CookieDropped.as_str(), "cookie_dropped");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Act {
    /// A cookie of a denied category was not set.
    CookieDropped,
    /// A cookie of a denied category that the browser sent was expired.
    CookieExpired,
    /// A cookie that the notice does not declare was set all the same.
    UndeclaredPassed,
    /// A cookie that the notice does not declare was not set.
    UndeclaredDropped,
    /// An answer with a cookie that the notice does not declare was not given.
    UndeclaredRefused,
    /// A policy was added by which hosts of denied categories can not load.
    PolicyAdded,
    /// An element of a page was held: it would have loaded something from a denied host, or is marked for what is denied.
    ElementHeld,
    /// A page went through without being read, as it is compressed, only a part, XHTML, or not compatible with ASCII; or it may have been
    /// read wrongly from somewhere on, as an `<svg/>` or `<math/>` in it is closed by itself.
    PageUnread,
}

impl Act {
    /// All of them, in the order of [`Act::index`].
    pub const ALL: [Self; 8] = [
        Self::CookieDropped,
        Self::CookieExpired,
        Self::UndeclaredPassed,
        Self::UndeclaredDropped,
        Self::UndeclaredRefused,
        Self::PolicyAdded,
        Self::ElementHeld,
        Self::PageUnread,
    ];

    /// Its place in [`Act::ALL`].
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The word for it in JSON and in names of metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CookieDropped => "cookie_dropped",
            Self::CookieExpired => "cookie_expired",
            Self::UndeclaredPassed => "undeclared_passed",
            Self::UndeclaredDropped => "undeclared_dropped",
            Self::UndeclaredRefused => "undeclared_refused",
            Self::PolicyAdded => "policy_added",
            Self::ElementHeld => "element_held",
            Self::PageUnread => "page_unread",
        }
    }
}

/// One thing that was done to an answer. It says nothing about the visitor but what they deny.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::enforce::{Act, Intervention};
///
/// let passed = Intervention::new(Act::UndeclaredPassed, "theme");
/// assert_eq!(passed.to_string(), "undeclared_passed theme");
/// let dropped = Intervention { category: Some(Category::Analytics), ..Intervention::new(Act::CookieDropped, "a") };
/// assert_eq!(dropped.to_string(), "cookie_dropped a (analytics)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intervention {
    /// What.
    pub act: Act,
    /// The category that is denied; none where it is not about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// What the denial rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// The name of the cookie; of an element, the declared host or the word of its mark that it waits for; else empty.
    pub name: String,
}

impl Intervention {
    /// One that is not about a category.
    #[must_use]
    pub fn new(act: Act, name: impl Into<String>) -> Self {
        Self { act, category: None, ground: None, name: name.into() }
    }
}

impl fmt::Display for Intervention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.act.as_str())?;
        if !self.name.is_empty() {
            write!(f, " {}", self.name)?;
        }
        if let Some(category) = self.category {
            write!(f, " ({category})")?;
        }
        self.ground.map_or(Ok(()), |ground| write!(f, ": {ground}"))
    }
}
