//! Why a status is what it is: what was found, at which service or feature, and how bad it is.
use super::Status;

/// A service or a feature of the policy, by its place in the document.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// A service.
    Service(usize),
    /// A feature.
    Feature(usize),
}

/// What the engine says of a service's breaker (the service's own or its roll-up). A breaker in shadow is passed as closed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Condition {
    /// Calls pass.
    #[default]
    Closed,
    /// Closed again, admitting a growing share.
    Ramping,
    /// Probes decide.
    HalfOpen,
    /// Half-open, and nobody tried for all of `max_wait`: named, but degrades nothing any more.
    HalfOpenIdle,
    /// Calls are refused until the next attempt.
    Open,
    /// Calls are refused by an order.
    ForcedOpen,
    /// Calls pass by an order, whatever happens.
    Disabled,
}

impl Condition {
    /// All conditions with their words.
    pub const WORDS: [(&'static str, Condition); 7] = [
        ("closed", Condition::Closed),
        ("ramping", Condition::Ramping),
        ("half_open", Condition::HalfOpen),
        ("half_open_idle", Condition::HalfOpenIdle),
        ("open", Condition::Open),
        ("forced_open", Condition::ForcedOpen),
        ("disabled", Condition::Disabled),
    ];
    /// The word, as it crosses every boundary.
    pub fn slug(self) -> &'static str {
        Self::WORDS.iter().find(|(_, c)| *c == self).map_or("closed", |(w, _)| w)
    }
    /// How bad this is for the service itself.
    pub const fn status(self) -> Status {
        match self {
            Condition::Open | Condition::ForcedOpen => Status::Offline,
            Condition::HalfOpen => Status::Degraded,
            Condition::HalfOpenIdle | Condition::Closed | Condition::Ramping | Condition::Disabled => Status::Healthy,
        }
    }
    /// The cause it gives, if it is one worth naming.
    pub const fn kind(self) -> Option<Kind> {
        match self {
            Condition::Open => Some(Kind::Open),
            Condition::ForcedOpen => Some(Kind::ForcedOpen),
            Condition::HalfOpen => Some(Kind::HalfOpen),
            Condition::HalfOpenIdle => Some(Kind::HalfOpenIdle),
            Condition::Ramping => Some(Kind::Recovering),
            Condition::Closed | Condition::Disabled => None,
        }
    }
}

/// What was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// The breaker is open.
    Open,
    /// The breaker was opened by an order.
    ForcedOpen,
    /// The breaker lets probes through.
    HalfOpen,
    /// The breaker is half-open, and nobody tries.
    HalfOpenIdle,
    /// The upstream said wait.
    Throttled,
    /// Probes failed.
    ProbeFailed,
    /// A probe took too long.
    Latency,
    /// Too much memory is used.
    Memory,
    /// The last probe is too old.
    Stale,
    /// A person said so.
    Maintenance,
    /// Better already, not yet for long enough.
    Recovering,
    /// What it was is over.
    Recovered,
}

impl Kind {
    /// All kinds with their words.
    pub const WORDS: [(&'static str, Kind); 12] = [
        ("open", Kind::Open),
        ("forced_open", Kind::ForcedOpen),
        ("half_open", Kind::HalfOpen),
        ("half_open_idle", Kind::HalfOpenIdle),
        ("throttled", Kind::Throttled),
        ("probe_failed", Kind::ProbeFailed),
        ("latency", Kind::Latency),
        ("memory", Kind::Memory),
        ("stale", Kind::Stale),
        ("maintenance", Kind::Maintenance),
        ("recovering", Kind::Recovering),
        ("recovered", Kind::Recovered),
    ];
    /// The word, as it crosses every boundary.
    pub fn slug(self) -> &'static str {
        Self::WORDS.iter().find(|(_, k)| *k == self).map_or("recovered", |(w, _)| w)
    }
}

/// One reason: what was found, where, and how bad it is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cause {
    /// Where it was found.
    pub source: Target,
    /// What was found.
    pub kind: Kind,
    /// How bad it is for the one that has this cause.
    pub level: Status,
}

/// The worst level of a list of causes; healthy for none.
pub fn worst(causes: &[Cause]) -> Status {
    causes.iter().map(|c| c.level).max().unwrap_or_default()
}
