//! Salts for commitments, asked of the machine for many decisions at a time: a call for each costs as much as the hash.

use consent_core::ledger::commitment::Salt;

use crate::store::StoreError;

/// For how many decisions at a time.
const DECISIONS: usize = 64;

/// Random bytes that nobody has seen, and nobody sees twice.
#[derive(Default)]
pub(super) struct Salts(Vec<[Salt; 2]>);

impl Salts {
    /// One for each part of a decision.
    ///
    /// # Errors
    /// If the machine gives no random numbers.
    pub(super) fn next(&mut self) -> Result<[Salt; 2], StoreError> {
        if self.0.is_empty() {
            let mut bytes = [[[0; 32]; 2]; DECISIONS];
            getrandom::fill(bytes.as_flattened_mut().as_flattened_mut())
                .map_err(|error| StoreError::Engine(Box::new(error)))?;
            self.0.extend(bytes.map(|pair| pair.map(Salt)));
        }
        self.0.pop().ok_or_else(|| StoreError::Damaged("no salt".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_salt_is_given_twice() {
        let mut salts = Salts::default();
        let all: Vec<_> = (0..3 * DECISIONS).flat_map(|_| salts.next().unwrap()).map(|salt| salt.0).collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert!(all.iter().all(|salt| *salt != [0; 32]));
    }
}
