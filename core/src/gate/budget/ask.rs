//! What is asked of the books, and what they answer.
use crate::base::time::Instant;
use crate::gate::budget::hold::{Hold, MAX_ENTRIES};
use crate::gate::budget::ledger::{Amounts, NO_BUDGET};

/// A call that wants to spend.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Its id: the same one again is the same call.
    pub id: u64,
    /// Is the id remembered once the call has ended? Not needed where the host's own ids cannot come twice.
    pub keyed: bool,
    /// The service.
    pub chain: u16,
    /// For each set of keys of [`Ledger::splits`], the place of the call's key, or [`NO_PLACE`].
    pub places: &'a [u32],
    /// What it is expected to cost.
    pub amounts: &'a Amounts,
}

/// What a granted reserve says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grant {
    /// What is held, for each budget of the service.
    pub held: [u64; MAX_ENTRIES],
    /// When the hold expires.
    pub expires_at: Instant,
    /// The budget at whose degrading share the call is granted: it goes to the alternative that the budget names.
    pub degraded: Option<u16>,
    /// Was it granted before?
    pub again: bool,
}

/// The answer to a reserve.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reserved {
    /// It is held.
    Granted(Grant),
    /// Nothing is held; the refusal says why.
    Refused,
}

/// The answer to an extension.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extended {
    /// The new total is held, for a new time to live.
    Granted(Grant),
    /// The old hold stands.
    Refused,
    /// It has expired.
    Expired,
    /// It was settled or released.
    Ended,
    /// There is no such hold, or none any more.
    Unknown,
}

/// What became of a settlement or a release.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// It is booked, in the hold's own periods.
    Booked {
        /// What the call cost was not known: what was held stands for it.
        assumed: bool,
        /// The hold had expired.
        late: bool,
    },
    /// It had ended before: nothing happens.
    Again,
    /// There is no such hold, or none any more: a settlement is booked in the present periods, a release does nothing.
    UnknownHold,
}

/// Why a reserve cannot be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Problem {
    /// A budget is split by keys that the call does not carry: the place of the set among the service's. `tenant_required` for a tenant.
    KeyRequired(u8),
    /// A budget needs an estimate and gets none: its place. `amount_required`.
    AmountRequired(u16),
    /// The same id was reserved with another amount. `hold_conflict`.
    HoldConflict,
    /// As many holds live as there may be. `holds_exhausted`.
    HoldsExhausted,
}

pub(super) fn grant(hold: &Hold, again: bool) -> Grant {
    let degraded = (hold.degraded != NO_BUDGET).then_some(hold.degraded);
    Grant { held: hold.amounts, expires_at: hold.until, degraded, again }
}
