//! Services: a finer question than a category, for sites that ask it. A service belongs to one category; whoever knows
//! only categories sees the category denied unless all of it is granted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::category::Category;

/// The most services of one site: so many toggles are more than anybody reads (EDPB Guidelines 03/2022).
pub const MAX_SERVICES: usize = 40;

/// The name of a service: 1 to 32 of `a-z`, `0-9` and `-`, none of the five categories.
///
/// ```
/// use consent_core::notice::{InvalidServiceId, ServiceId};
///
/// let service: ServiceId = "video".parse()?;
/// assert_eq!(service.as_str(), "video");
/// assert_eq!("analytics".parse::<ServiceId>(), Err(InvalidServiceId), "that is a category");
/// # Ok::<(), InvalidServiceId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceId(String);

/// The text is no [`ServiceId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a service id: 1 to 32 of a-z, 0-9 and -, and no category")]
pub struct InvalidServiceId;

impl ServiceId {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ServiceId {
    type Error = InvalidServiceId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && text.parse::<Category>().is_err();
        if fits { Ok(Self(text)) } else { Err(InvalidServiceId) }
    }
}

impl FromStr for ServiceId {
    type Err = InvalidServiceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<ServiceId> for String {
    fn from(service: ServiceId) -> Self {
        service.0
    }
}

impl fmt::Display for ServiceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One service as the visitor is told about it.
///
/// ```
/// use consent_core::category::Category;
/// use consent_core::notice::{MAX_SERVICES, Notice, NoticeError, ServiceNotice};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// let service = |id: &str| -> Result<_, Box<dyn std::error::Error>> {
///     let (name, purpose) = (id.to_owned(), "Shows it in the page".to_owned());
///     Ok(ServiceNotice { category: Category::Functional, id: id.parse()?, name, purpose, vendor: None })
/// };
/// body.services = vec![service("maps")?, service("video")?];
/// assert_eq!(Notice::new(body.clone())?.services_of(Category::Functional).count(), 2);
/// body.services = (0..=MAX_SERVICES).map(|n| service(&format!("s{n}"))).collect::<Result<_, _>>()?;
/// assert_eq!(Notice::new(body), Err(NoticeError::Services));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServiceNotice {
    /// The category that it belongs to: an optional one.
    pub category: Category,
    /// What pages and cookies call it.
    pub id: ServiceId,
    /// What visitors call it.
    pub name: String,
    /// What for, in plain words.
    pub purpose: String,
    /// Who runs it: the name of one of the notice's vendors. Absent if the controller does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_no_service() {
        for good in ["a", "video", "maps-2", &"x".repeat(32)] {
            assert_eq!(good.parse::<ServiceId>().unwrap().to_string(), good);
        }
        for bad in ["", "Video", "a.b", "a b", "é", "analytics", "necessary", &"x".repeat(33)] {
            assert_eq!(bad.parse::<ServiceId>(), Err(InvalidServiceId), "{bad}");
        }
    }
}
