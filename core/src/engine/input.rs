//! The questions, facts and orders that an engine takes.
use crate::base::key::KeyId;
use crate::base::time::{Instant, Span};
use crate::call::{Facts, Outcome};
use crate::engine::permits::MAX_UNITS;
use crate::gate::breaker::Order as BreakerOrder;
use crate::gate::rule::{MAX_KEYS, Mode};
use crate::status::Status;
use crate::status::state::ProbeResult;
use alloc::string::String;

/// A named key of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Key {
    /// The call carries none.
    #[default]
    Absent,
    /// An interned one.
    Id(KeyId),
    /// There was no room to intern it.
    NoRoom,
    /// A name that nobody has carried yet, by its stable hash: what a peek asks with, which interns nothing.
    New(u64),
}

/// May this call proceed?
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Index of the service.
    pub service: u32,
    /// In the order of the policy's key names.
    pub keys: [Key; MAX_KEYS],
    /// Amount per unit in the order of the policy's units; the first is the weight in calls. Weight 0 is a peek.
    pub amounts: [u64; MAX_UNITS],
    /// 0 for the first attempt of a call.
    pub attempt: u32,
    /// When the first attempt was asked for; now by default.
    pub since: Option<Instant>,
    /// May it be done twice?
    pub idempotent: bool,
}

impl Call {
    /// One plain call of a service without keys.
    pub fn of(service: u32) -> Self {
        Call {
            service,
            keys: [Key::Absent; MAX_KEYS],
            amounts: [1, 0, 0, 0],
            attempt: 0,
            since: None,
            idempotent: false,
        }
    }
    /// The same call for a tenant (the first key of every policy).
    pub fn tenant(mut self, tenant: KeyId) -> Self {
        self.keys[0] = Key::Id(tenant);
        self
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug)]
pub enum Ended<'a> {
    /// Already classified.
    Outcome(Outcome),
    /// Facts for the service's table.
    Facts(Facts<'a>),
}

/// The settling of a permit.
#[derive(Clone, Copy, Debug)]
pub struct Settle<'a> {
    /// How it ended.
    pub ended: Ended<'a>,
    /// How long it took; since the grant by default.
    pub duration: Option<Span>,
    /// The upstream's Retry-After.
    pub retry_after: Option<Span>,
    /// What it really used, per unit.
    pub amounts: [Option<u64>; MAX_UNITS],
    /// Was the call safe to repeat after all?
    pub idempotent: Option<bool>,
}

impl Settle<'_> {
    /// Settles with an outcome, everything else by default.
    pub fn with(outcome: Outcome) -> Self {
        Settle {
            ended: Ended::Outcome(outcome),
            duration: None,
            retry_after: None,
            amounts: [None; MAX_UNITS],
            idempotent: None,
        }
    }
}

/// A fact from outside a call.
#[derive(Clone, Debug)]
pub enum Observation {
    /// A probe of a service.
    Probe {
        /// Which.
        service: u32,
        /// What it found.
        result: ProbeResult,
    },
    /// A named number.
    Gauge {
        /// Its name.
        name: String,
        /// Its value.
        value: f64,
    },
}

/// What an order is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A service.
    Service(u32),
    /// A feature.
    Feature(u32),
}

/// Which rules a mode is set for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModeScope {
    /// The whole document.
    Document,
    /// One service.
    Service(u32),
    /// Its breaker.
    Breaker(u32),
    /// One of its limits.
    Limit(u32, u16),
}

/// An operator's order.
#[derive(Clone, Debug)]
pub enum Command {
    /// To a breaker: the key's if keys are given, else the service's own (the roll-up, where keyed).
    Breaker {
        /// Of which service.
        service: u32,
        /// Of which key.
        keys: [Key; MAX_KEYS],
        /// What.
        order: BreakerOrder,
    },
    /// Enforce, shadow or switch off.
    Mode {
        /// What.
        scope: ModeScope,
        /// How; `None` goes back to the policy's.
        mode: Option<Mode>,
    },
    /// Show a status by hand, or stop doing so.
    Maintain {
        /// Of what.
        target: Target,
        /// Status, expiry, message; `None` ends it.
        status: Option<(Status, Option<Instant>, Option<String>)>,
    },
    /// Give units of a limit back.
    Refund {
        /// Of which service.
        service: u32,
        /// Which limit.
        limit: u16,
        /// Of which key.
        keys: [Key; MAX_KEYS],
        /// How many.
        units: u64,
        /// Taken by which permit; the oldest units without one.
        permit: Option<u64>,
    },
    /// The host lost the engine and rebuilt this one from an earlier state.
    Rebuilt {
        /// How many losses this state does not know of; at least 1.
        losses: u64,
        /// What happened, in a few words.
        cause: String,
    },
    /// The clock was wrong: from now on the time is `to`. Remaining spans are kept.
    Rebase {
        /// The right time.
        to: Instant,
    },
}
