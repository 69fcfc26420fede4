//! Who has signed the newest cosigned head, and when: for people who look.
//!
//! It is read from the store, as of several servers only one asks the witnesses.

use std::collections::BTreeSet;

use consent_core::ledger::note;
use consent_core::ledger::origin::LogYear;
use consent_core::ledger::policy::Policy;

use super::documents::{self, COSIGNED};
use super::heads_site;
use crate::store::{Store, StoreError};

/// The newest head of the heads log that had enough cosignatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    /// Which heads log.
    pub year: LogYear,
    /// The size of the head.
    pub size: u64,
    /// For each witness of the policy, in its order, when it signed, unix seconds by its own clock.
    pub signed: Vec<Option<u64>>,
}

/// The newest cosigned head, as these witnesses signed it; `None` if none was ever put together.
///
/// # Errors
/// If the store fails, or what is kept is no head.
pub fn newest(store: &dyn Store, witnesses: &Policy) -> Result<Option<Vouched>, StoreError> {
    let names = store.kept_names(&heads_site(), COSIGNED)?;
    let years = names.iter().filter_map(|name| name.strip_prefix(COSIGNED)?.parse::<LogYear>().ok());
    let Some(year) = years.max() else { return Ok(None) };
    let Some(bytes) = store.kept(&heads_site(), &documents::cosigned(year))? else { return Ok(None) };
    let damaged = |why: String| StoreError::Damaged(format!("the cosigned head of {year}: {why}"));
    let note = note::split(&bytes).map_err(|error| damaged(error.to_string()))?;
    let size = note.text.lines().nth(1).and_then(|size| size.parse().ok());
    let size = size.ok_or_else(|| damaged("it has no size".to_owned()))?;
    // A line that is not a witness's own counts as none, as for whoever checks it.
    let signed = witnesses.witnesses().iter().map(|witness| Some(witness.key()?.find(&note).ok()??.time));
    Ok(Some(Vouched { year, size, signed: signed.collect() }))
}

impl Vouched {
    /// Whether those who signed are enough.
    #[must_use]
    pub fn is_enough(&self, witnesses: &Policy) -> bool {
        let signed = witnesses.witnesses().iter().zip(&self.signed).filter(|(_, time)| time.is_some());
        witnesses.is_met_by(&signed.map(|(witness, _)| witness.name.as_str()).collect())
    }
}

/// How many of the witnesses of a config have to sign; 0 if none has to. Which of them is all the same.
#[must_use]
pub fn needed(witnesses: &Policy) -> usize {
    let names: Vec<_> = witnesses.witnesses().iter().map(|witness| witness.name.as_str()).collect();
    let mut signed = BTreeSet::new();
    for name in &names {
        if witnesses.is_met_by(&signed) {
            break;
        }
        signed.insert(*name);
    }
    signed.len()
}

#[cfg(test)]
mod tests {
    use consent_core::ledger::cosignature::WitnessKey;
    use consent_core::ledger::policy::{PolicyWitness, Threshold};

    use super::*;

    #[test]
    fn as_many_are_needed_as_the_config_says() {
        let policy = |threshold| {
            let witnesses = (1..=3).map(|seed: u8| PolicyWitness {
                name: format!("w{seed}"),
                vkey: {
                    let key = consent_core::ledger::key::SigningKey::from_seed("w", &[seed; 32]).unwrap();
                    WitnessKey::new("w", &key.verifier().public()).unwrap().to_string()
                },
                url: None,
            });
            Policy::default().with_witnesses(witnesses, threshold).unwrap()
        };
        let of = |threshold| needed(&policy(threshold));
        assert_eq!(of(None), 0);
        assert_eq!(of(Some(Threshold::Any)), 1);
        assert_eq!(of(Some(Threshold::Count(2))), 2);
        assert_eq!(of(Some(Threshold::All)), 3);
        let one = Vouched { year: 2026.into(), size: 7, signed: vec![None, Some(9), None] };
        assert!(one.is_enough(&policy(Some(Threshold::Any))));
        assert!(!one.is_enough(&policy(Some(Threshold::Count(2)))));
    }
}
