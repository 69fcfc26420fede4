//! Content policies as values of a header. To look at each byte of one costs more than to put it together, and mostly it is one that
//! was sent before.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use http::HeaderValue;

/// How many are remembered: a site has a few policies of its own, and 16 sets of choices.
const REMEMBERED: usize = 64;

/// The policies that were sent last. What takes the place of what only costs time.
#[derive(Debug)]
pub(super) struct Policies([ArcSwapOption<HeaderValue>; REMEMBERED]);

impl Policies {
    pub(super) fn new() -> Self {
        Self(std::array::from_fn(|_| ArcSwapOption::empty()))
    }

    /// A policy as the value of a header; `None` if it can be none.
    pub(super) fn value(&self, policy: &str) -> Option<HeaderValue> {
        // Policies of one site are told apart by their length, as good as always.
        let place = self.0.get(policy.len() % REMEMBERED)?;
        if let Some(last) = place.load().as_deref()
            && last.as_bytes() == policy.as_bytes()
        {
            return Some(last.clone());
        }
        let value = HeaderValue::from_str(policy).ok()?;
        place.store(Some(Arc::new(value.clone())));
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_before_is_sent_again_and_never_another_one_in_its_place() {
        let policies = Policies::new();
        for policy in ["img-src a", "img-src a", "img-src b", "img-src a", "font-src 'self'", "img-src b"] {
            assert_eq!(policies.value(policy).unwrap(), policy);
        }
        assert_eq!(policies.value("img-src\n"), None);
    }
}
