//! A group: sites of different domains on which one choice is to count, as far as visitors follow links between them.

use serde::{Deserialize, Serialize};

use super::SiteId;

/// The most sites of one group.
pub const MAX_GROUP_SITES: usize = 16;

/// The most origins of all sites of a group.
pub const MAX_GROUP_ORIGINS: usize = 128;

/// The group that the site is in. A choice made under a notice that names another site of it may be handed on to that site, and to
/// no other: it is what the visitor was told.
///
/// ```
/// use consent_core::notice::{GroupNotice, GroupSite, MAX_GROUP_ORIGINS, MAX_GROUP_SITES, Notice, NoticeError};
///
/// # let mut body = (*Notice::from_bytes(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/notice/small")))?).clone();
/// let site = |id: &str| -> Result<_, Box<dyn std::error::Error>> {
///     Ok(GroupSite { id: id.parse()?, name: id.to_owned(), origins: vec![format!("https://{id}.example")] })
/// };
/// let group = GroupNotice { id: "press".parse()?, sites: vec![site("newsroom")?, site("sport")?] };
/// assert!(group.has(&"sport".parse()?));
/// assert_eq!(group.others(&body.site).map(|site| site.name.as_str()).collect::<Vec<_>>(), ["sport"]);
///
/// body.group = Some(group.clone());
/// assert!(Notice::new(body.clone()).is_ok());
/// // So many are no group that a visitor can know of.
/// let mut crowd = group.clone();
/// crowd.sites.extend((0..MAX_GROUP_SITES).map(|n| site(&format!("z{n:02}"))).collect::<Result<Vec<_>, _>>()?);
/// body.group = Some(crowd);
/// assert_eq!(Notice::new(body.clone()), Err(NoticeError::Group));
/// let mut wide = group;
/// wide.sites[1].origins = (0..MAX_GROUP_ORIGINS).map(|n| format!("https://{n:03}.example")).collect();
/// body.group = Some(wide);
/// assert_eq!(Notice::new(body), Err(NoticeError::Group));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupNotice {
    /// Its name.
    pub id: SiteId,
    /// All its sites, the notice's own too, in the order of their ids.
    #[cfg_attr(feature = "openapi", schema(min_items = 2, max_items = 16))]
    pub sites: Vec<GroupSite>,
}

/// One site of a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GroupSite {
    /// Which one.
    pub id: SiteId,
    /// Its name for people.
    pub name: String,
    /// Where its pages are, as browsers say it: `https://www.example.org`. At least one.
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub origins: Vec<String>,
}

impl GroupNotice {
    /// The other sites: those that are not `own`.
    pub fn others(&self, own: &SiteId) -> impl Iterator<Item = &GroupSite> {
        self.sites.iter().filter(move |site| site.id != *own)
    }

    /// Whether a site is in it.
    #[must_use]
    pub fn has(&self, site: &SiteId) -> bool {
        self.sites.iter().any(|member| member.id == *site)
    }

    /// Whether it tells of every place that `other` tells of: each site, with all its origins.
    pub(super) fn covers(&self, other: &Self) -> bool {
        other.sites.iter().all(|theirs| {
            let own = self.sites.iter().find(|own| own.id == theirs.id);
            own.is_some_and(|own| theirs.origins.iter().all(|origin| own.origins.contains(origin)))
        })
    }

    /// Whether it is one that a notice of the site `own` can name.
    pub(super) fn fits(&self, own: &SiteId) -> bool {
        let origins: usize = self.sites.iter().map(|site| site.origins.len()).sum();
        (2..=MAX_GROUP_SITES).contains(&self.sites.len())
            && origins <= MAX_GROUP_ORIGINS
            && self.has(own)
            && self.sites.iter().all(|site| !site.origins.is_empty())
            && self.sites.iter().zip(self.sites.iter().skip(1)).all(|(one, next)| one.id < next.id)
    }
}
