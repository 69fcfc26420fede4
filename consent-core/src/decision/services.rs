//! Services that were granted or denied one by one.

use std::collections::BTreeMap;

use super::{Action, DecisionError, Word};
use crate::choices::{Choice, Choices};
use crate::notice::{Notice, ServiceId};

/// What was said of single services.
pub(super) type Services = BTreeMap<ServiceId, Choice>;

/// Reads `services` against the notice, and against what was chosen for the categories.
///
/// A category that is granted grants all its services; one that is denied may still have some of them granted, by a
/// visitor who chose them one by one.
pub(super) fn parse(
    pairs: &[(Word, Word)],
    action: Action,
    choices: Choices,
    notice: &Notice,
) -> Result<Services, DecisionError> {
    let mut services = Services::new();
    for (id, choice) in pairs {
        let declared = notice.services.iter().find(|service| service.id.as_str() == id);
        let declared = declared.ok_or(DecisionError::UnknownService)?;
        let choice = match &**choice {
            "grant" => Choice::Grant,
            "deny" => Choice::Deny,
            _ => return Err(DecisionError::UnknownServiceChoice),
        };
        let agrees = match (choice, choices.choice(declared.category)) {
            (Choice::Grant, Choice::Deny) => action == Action::Save,
            (Choice::Deny, Choice::Grant) => false,
            (Choice::Grant, Choice::Grant) | (Choice::Deny, Choice::Deny) => true,
        };
        if !agrees {
            return Err(DecisionError::ServiceMismatch);
        }
        if services.insert(declared.id.clone(), choice).is_some() {
            return Err(DecisionError::RepeatedService);
        }
    }
    Ok(services)
}

/// The services, as bytes that differ when they do.
pub(super) fn digest_into(services: &Services, bytes: &mut Vec<u8>) {
    for (id, choice) in services {
        // No page contains a zero byte, so this can not be the end of one.
        bytes.push(0);
        bytes.extend_from_slice(id.as_str().as_bytes());
        bytes.push(if *choice == Choice::Grant { b'+' } else { b'!' });
    }
}
