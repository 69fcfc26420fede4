//! What a site says of how it measures its audience, where that is exempt from asking.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The most who measure for one site.
pub const MAX_PROCESSORS: usize = 16;

/// What France's exemption for measuring an audience rests on: what the site says of it, in its own name (CNIL, 4 July 2025; Loi
/// Informatique et Libertés, article 82). It is part of the notices under which nobody is asked because of it, so whoever reads one later
/// reads what was said. It asks a visitor for nothing, so it is no part of [`Notice::material`](super::Notice::material).
///
/// ```
/// use consent_core::notice::{AudienceMeasurement, MAX_PROCESSORS};
///
/// let mut said = AudienceMeasurement {
///     anonymous_statistics: true,
///     data_kept: "P13M".to_owned(),
///     never_renewed: true,
///     no_id_across_sites: true,
///     processors: vec!["Mesure".to_owned()],
///     publisher_only: true,
///     sole_purpose: true,
/// };
/// assert!(said.is_whole());
/// said.processors = vec!["Mesure".to_owned(); MAX_PROCESSORS + 1];
/// assert!(!said.is_whole());
/// said = AudienceMeasurement { processors: Vec::new(), no_id_across_sites: false, ..said };
/// assert!(!said.is_whole(), "what recognises a visitor elsewhere is exempt from nothing");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AudienceMeasurement {
    /// What comes of it says nothing of single visitors.
    pub anonymous_statistics: bool,
    /// How long the data are kept, ISO 8601.
    pub data_kept: String,
    /// What is kept on the visitor's machine does not begin anew with another visit.
    pub never_renewed: bool,
    /// No visitor is recognised on another site or application.
    pub no_id_across_sites: bool,
    /// Who measures for the publisher and uses nothing of it, by the names of vendors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub processors: Vec<String>,
    /// It is by the publisher alone.
    pub publisher_only: bool,
    /// The figures are used for nothing but to see how the site is used.
    pub sole_purpose: bool,
}

impl fmt::Display for AudienceMeasurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "for the publisher alone and for nothing else, anonymous, by no id across sites, never renewed; data kept for {}",
            self.data_kept
        )?;
        match self.processors.as_slice() {
            [] => Ok(()),
            processors => write!(f, "; measured by {}", processors.join(", ")),
        }
    }
}

impl AudienceMeasurement {
    /// Whether it says all that the exemption wants: a statement that is not made exempts from nothing.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let said = |text: &String| !text.trim().is_empty() && text.len() <= super::MAX_WAIVER_BYTES;
        self.anonymous_statistics
            && self.never_renewed
            && self.no_id_across_sites
            && self.publisher_only
            && self.sole_purpose
            && said(&self.data_kept)
            && self.processors.len() <= MAX_PROCESSORS
            && self.processors.iter().all(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::category::Category;
    use crate::notice::tests::{measured, notice};
    use crate::notice::{Difference, Notice, NoticeBody, NoticeError, What};
    use crate::regime::Rule;

    fn exempt(declared: Option<AudienceMeasurement>) -> NoticeBody {
        let mut body = (*notice("fr")).clone();
        body.regime.rules[Category::Analytics.index()] = Rule::Exempt;
        body.audience_measurement = declared;
        body
    }

    #[test]
    fn what_an_exemption_rests_on_is_in_the_notice_and_asks_nobody_again() {
        let without = Notice::new(exempt(None)).unwrap();
        let with = Notice::new(exempt(Some(measured()))).unwrap();
        assert_ne!(without.id(), with.id());
        let read = Notice::from_bytes(with.bytes()).unwrap();
        assert_eq!(read.audience_measurement, Some(measured()));
        let longer = AudienceMeasurement { data_kept: "P6M".into(), ..measured() };
        let longer = Notice::new(exempt(Some(longer))).unwrap();
        for (older, newer) in [(&without, &with), (&with, &longer), (&longer, &without)] {
            let difference = Difference::between(older, newer);
            assert_eq!(difference.asked, []);
            assert_eq!(
                difference.changes.iter().map(|change| &change.what).collect::<Vec<_>>(),
                [&What::AudienceMeasurement]
            );
        }
    }

    #[test]
    fn refuses_an_exemption_of_which_not_all_is_said() {
        let refused = |declared| Notice::new(exempt(Some(declared))).unwrap_err();
        let changes: [fn(&mut AudienceMeasurement); 8] = [
            |declared| declared.anonymous_statistics = false,
            |declared| declared.never_renewed = false,
            |declared| declared.no_id_across_sites = false,
            |declared| declared.publisher_only = false,
            |declared| declared.sole_purpose = false,
            |declared| declared.data_kept.clear(),
            |declared| declared.processors = vec![" ".into()],
            |declared| declared.processors = vec!["A".into(); MAX_PROCESSORS + 1],
        ];
        for change in changes {
            let mut declared = measured();
            change(&mut declared);
            assert_eq!(refused(declared), NoticeError::AudienceMeasurement);
        }
        // Where visitors are asked, nothing rests on it.
        let mut asked = exempt(Some(measured()));
        asked.regime.rules[Category::Analytics.index()] = Rule::OptIn;
        assert_eq!(Notice::new(asked).unwrap_err(), NoticeError::AudienceMeasurement);
    }
}
