//! `[site.regime]`: what each category waits for.

use consent_core::category::Category;
use consent_core::regime::{Regime, Rule};

use super::super::diagnostic::Report;
use super::super::draft::RegimeDraft;
use super::word;

const RULES: [(&str, Rule); 2] = [("opt_in", Rule::OptIn), ("opt_out", Rule::OptOut)];

/// The strictest rules of the region, except where the table says otherwise. Where it may is a rule of
/// [`super::super::lint`].
pub(super) fn build(draft: Option<&RegimeDraft>, region: &str, report: &mut Report) -> Option<Regime> {
    let mut regime = Regime::strictest(region);
    let Some(draft) = draft else { return Some(regime) };
    let keys = Category::OPTIONAL.map(Category::as_str);
    let found =
        draft.rules.iter().zip(keys).map(|(field, key)| word(key, field, &RULES, Rule::OptIn, report));
    let [functional, analytics, performance, advertisement] =
        <[Option<Rule>; 4]>::try_from(found.collect::<Vec<_>>()).ok()?;
    regime.rules = [Rule::Always, functional?, analytics?, performance?, advertisement?];
    Some(regime)
}
