//! The services that are granted.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::notice::{Notice, ServiceId};

/// Services of a notice: which of them, as bits in its order, so that nothing is copied for a request.
#[derive(Clone, Default)]
pub(super) struct Granted {
    notice: Option<Arc<Notice>>,
    bits: u64,
}

impl Granted {
    /// None of any.
    pub(super) const NONE: Self = Self { notice: None, bits: 0 };

    /// Those of a notice for which `grants` says so; it has at most [`MAX_SERVICES`](crate::notice::MAX_SERVICES).
    pub(super) fn of(notice: &Arc<Notice>, grants: impl Fn(usize) -> bool) -> Self {
        let bit = |at: usize| u32::try_from(at).ok().and_then(|at| 1_u64.checked_shl(at)).unwrap_or(0);
        let bits = (0..notice.services.len()).filter(|at| grants(*at)).fold(0, |bits, at| bits | bit(at));
        Self { notice: (bits != 0).then(|| Arc::clone(notice)), bits }
    }

    /// Those that are in both, of one notice.
    pub(super) fn and(&self, other: &Self) -> Self {
        let bits = self.bits & other.bits;
        Self { notice: self.notice.clone().filter(|_| bits != 0), bits }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &ServiceId> {
        let services = self.notice.iter().flat_map(|notice| &notice.services);
        let bits = (0..u64::BITS).map(|at| self.bits >> at & 1 == 1);
        services.zip(bits).filter(|(_, granted)| *granted).map(|(service, _)| &service.id)
    }
}

impl PartialEq for Granted {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Granted {}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Serialize for Granted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}
