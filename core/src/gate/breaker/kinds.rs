//! The words of a breaker: where it stands, why it moved, what it is asked and told.
use crate::base::time::{Instant, Span};
use crate::measure::window::Stamp;

/// Where the machine stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// Calls pass and are judged.
    Closed,
    /// No call passes until the reopen instant.
    Open,
    /// A few calls pass as probes.
    HalfOpen,
    /// An order: no call passes.
    ForcedOpen,
    /// An order: every call passes, nothing is judged.
    Disabled,
}

impl Phase {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Phase::Closed => "closed",
            Phase::Open => "open",
            Phase::HalfOpen => "half_open",
            Phase::ForcedOpen => "forced_open",
            Phase::Disabled => "disabled",
        }
    }
}

/// Why the machine moved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Because {
    ConsecutiveFailures,
    Failures,
    FailureRate,
    SlowRate,
    Reopen,
    ProbesPassed,
    ProbesFailed,
    MaxWait,
    RampEnd,
    Order,
    OrderExpired,
    TenantsOpen,
    Pooled,
}

impl Because {
    /// The word on the wire.
    pub const fn word(self) -> &'static str {
        match self {
            Because::ConsecutiveFailures => "consecutive_failures",
            Because::Failures => "failures",
            Because::FailureRate => "failure_rate",
            Because::SlowRate => "slow_rate",
            Because::Reopen => "open_wait_over",
            Because::ProbesPassed => "probes_passed",
            Because::ProbesFailed => "probes_failed",
            Because::MaxWait => "max_wait",
            Because::RampEnd => "ramp_end",
            Because::Order => "order",
            Because::OrderExpired => "order_expired",
            Because::TenantsOpen => "tenants_open",
            Because::Pooled => "pooled",
        }
    }
}

/// A move of the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transition {
    /// From.
    pub from: Phase,
    /// To.
    pub to: Phase,
    /// Why.
    pub because: Because,
    /// When it opened: the reopen instant, or the expiry of the order.
    pub retry_at: Option<Instant>,
    /// How many opens came before without a lasting recovery.
    pub attempt: u32,
}

/// Granted by this breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pass {
    /// The generation that the outcome must carry.
    pub generation: u32,
    /// For a probe, the end of its lease.
    pub probe: Option<Instant>,
}

/// Why this breaker refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// Open until the instant.
    Open(Instant),
    /// An order keeps it open, until its expiry if it has one.
    Forced(Option<Instant>),
    /// All probes are out; the earliest lease end.
    HalfOpenFull(Option<Instant>),
    /// The ramp admits only a share; the ramp's end, inexact.
    Ramp(Instant),
}

/// What an outcome means to a breaker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The call did what it should.
    Success,
    /// It did not.
    Failure,
    /// It says nothing about the upstream.
    Neutral,
}

/// One outcome.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// From the permit.
    pub generation: u32,
    /// From the permit.
    pub probe: Option<Instant>,
    /// What it means.
    pub kind: Kind,
    /// Took it strictly longer than `slow.over`?
    pub slow: bool,
    /// Where it entered the window when it crossed the slow limit in flight.
    pub crossed: Option<Stamp>,
    /// The upstream's own Retry-After.
    pub retry_after: Option<Span>,
}

/// An operator's order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Refuse everything until reset or expiry.
    ForceOpen(Option<Instant>),
    /// Close now, counters and attempts cleared.
    ForceClose,
    /// Let everything pass unjudged until reset or expiry.
    Disable(Option<Instant>),
    /// Back to the very beginning.
    Reset,
}

/// What a machine waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Deadline {
    /// Open → half-open.
    Reopen,
    /// A half-open round ends.
    MaxWait,
    /// The ramp ends.
    Ramp,
    /// An order expires.
    Order,
}
