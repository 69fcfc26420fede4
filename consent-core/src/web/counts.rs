//! How often what was done.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::category::Category;
use crate::enforce::{Act, Intervention};

const ACTS: usize = Act::ALL.len();

/// What was done to one answer: an extension of the response.
///
/// ```
/// use consent_core::enforce::{Act, Intervention};
/// use consent_core::web::Interventions;
///
/// // As whatever stands outside of the layer finds it in an answer.
/// let mut answer = http::Response::new(());
/// answer.extensions_mut().insert(Interventions(vec![Intervention::new(Act::UndeclaredDropped, "theme")]));
/// let told = answer.extensions().get::<Interventions>().map(|done| done.0[0].to_string());
/// assert_eq!(told.as_deref(), Some("undeclared_dropped theme"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interventions(pub Vec<Intervention>);

/// For each act, without a category and for each of the five.
#[derive(Debug)]
pub(super) struct Counts([[AtomicU64; 6]; ACTS]);

impl Counts {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0))))
    }

    pub(super) fn add(&self, intervention: &Intervention) {
        let at = intervention.category.map_or(0, |category| category.index() + 1);
        if let Some(count) = self.0.get(intervention.act.index()).and_then(|counts| counts.get(at)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// All that are not zero.
    pub(super) fn list(&self) -> Vec<(Act, Option<Category>, u64)> {
        let categories = || std::iter::once(None).chain(Category::ALL.map(Some));
        let each = Act::ALL.into_iter().zip(&self.0).flat_map(|(act, counts)| {
            let counts = categories().zip(counts);
            counts.map(move |(category, count)| (act, category, count.load(Ordering::Relaxed)))
        });
        each.filter(|(_, _, count)| *count > 0).collect()
    }
}
