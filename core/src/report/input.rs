//! What a report is made of: plain readings that the engine fills in, one line per service, limit or gauge.
use crate::base::time::{Instant, Span};
use crate::status::cause::Condition;
use crate::status::view::SystemView;
use alloc::vec::Vec;

/// Everything that a report may show.
#[derive(Clone, PartialEq, Debug)]
pub struct HealthInput<'a> {
    /// Now.
    pub now: Instant,
    /// When the engine began.
    pub started_at: Instant,
    /// The policy's name; may be empty.
    pub name: &'a str,
    /// Statuses: the system's, or one tenant's.
    pub system: SystemView<'a>,
    /// Breakers, in document order; services without one are left out.
    pub breakers: Vec<BreakerLine<'a>>,
    /// Calls, in document order.
    pub traffic: Vec<TrafficLine<'a>>,
    /// Limits that no key splits, in document order.
    pub limits: Vec<LimitLine<'a>>,
    /// Observed gauges, sorted by name.
    pub gauges: Vec<GaugeLine<'a>>,
    /// Live permits.
    pub permits: Load,
    /// Live keys.
    pub keys: Load,
    /// How often the host had to rebuild the engine.
    pub rebuilds: RebuildsLine<'a>,
    /// Numbers of the capacity side; zeros where nobody knows.
    pub capacity: CapacityNumbers,
}

/// How full something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Load {
    /// In use.
    pub used: u64,
    /// At most.
    pub max: u64,
}

/// A service's own breaker, or its roll-up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BreakerLine<'a> {
    /// The service.
    pub service: &'a str,
    /// Where it stands.
    pub condition: Condition,
    /// Since when.
    pub since: Instant,
    /// Counts every change of state.
    pub generation: u64,
    /// Calls in the window.
    pub calls: u64,
    /// Failures in the window.
    pub failures: u64,
    /// Slow calls in the window.
    pub slow: u64,
    /// Opens without a lasting recovery.
    pub attempts: u32,
    /// When it may be tried again, while open.
    pub retry_at: Option<Instant>,
    /// Keys whose breakers are open; 0 where the breaker is not keyed.
    pub tenants_open: u32,
    /// Keys seen; 0 where the breaker is not keyed.
    pub tenants_seen: u32,
}

/// The buckets in which metrics formats tell durations: the upper end in seconds as a label, and in microseconds. From a look into a
/// cache to a minute of a language model; longer ones stand in `+Inf` only.
pub const SPREAD: [(&str, u64); 13] = [
    ("0.005", 5_000),
    ("0.01", 10_000),
    ("0.025", 25_000),
    ("0.05", 50_000),
    ("0.1", 100_000),
    ("0.25", 250_000),
    ("0.5", 500_000),
    ("1.0", 1_000_000),
    ("2.5", 2_500_000),
    ("5.0", 5_000_000),
    ("10.0", 10_000_000),
    ("30.0", 30_000_000),
    ("60.0", 60_000_000),
];

/// What a service has been through since the engine began.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TrafficLine<'a> {
    /// The service.
    pub service: &'a str,
    /// Calls granted.
    pub granted: u64,
    /// Settled calls by outcome, in the order success, failure, timeout, throttled, tenant fault, neutral.
    pub outcomes: [u64; 6],
    /// Refused calls by code, every code named.
    pub refusals: Vec<(&'static str, u64)>,
    /// Calls that a rule in shadow would have refused, by code, every code named.
    pub would_refuse: Vec<(&'static str, u64)>,
    /// Retries advised.
    pub retries: u64,
    /// Permits that ran out unsettled.
    pub expired: u64,
    /// Calls whose duration is known.
    pub timed: u64,
    /// The sum of their durations.
    pub time: Span,
    /// How many of them took at most as long as each of [`SPREAD`]; one that is less than 1/32 below may count as longer.
    pub spread: [u64; SPREAD.len()],
    /// Half took at most this long.
    pub p50: Option<Span>,
    /// 95 in a hundred took at most this long.
    pub p95: Option<Span>,
    /// 99 in a hundred took at most this long.
    pub p99: Option<Span>,
}

/// A limit that no key splits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LimitLine<'a> {
    /// The service.
    pub service: &'a str,
    /// The limit.
    pub limit: &'a str,
    /// What it counts.
    pub unit: &'a str,
    /// The most units in use at once.
    pub size: u64,
    /// Units in use.
    pub used: u64,
    /// Units that would pass now.
    pub remaining: u64,
}

/// A number that a host observes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GaugeLine<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its last value; finite.
    pub value: f64,
    /// When it came.
    pub at: Instant,
}

/// How often the host had to rebuild the engine after losing it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RebuildsLine<'a> {
    /// How often.
    pub count: u64,
    /// When the last time, and what had happened.
    pub last: Option<(Instant, &'a str)>,
}

/// The four numbers of the capacity side in the simple format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CapacityNumbers {
    /// Bottlenecks found.
    pub bottlenecks: u64,
    /// Organisations served.
    pub organizations: u64,
    /// How full the database is, in tenths of a percent.
    pub database_tenths: u64,
    /// Recommendations made.
    pub recommendations: u64,
}

impl HealthInput<'_> {
    /// Every instant as the clock on the wall shows it.
    pub fn on_wall(mut self, wall: impl Fn(Instant) -> Instant) -> Self {
        (self.now, self.started_at) = (wall(self.now), wall(self.started_at));
        for b in &mut self.breakers {
            (b.since, b.retry_at) = (wall(b.since), b.retry_at.map(&wall));
        }
        self.gauges.iter_mut().for_each(|g| g.at = wall(g.at));
        self.rebuilds.last = self.rebuilds.last.map(|(at, cause)| (wall(at), cause));
        self.system.on_wall(wall);
        self
    }
    /// How long the engine has run.
    pub fn uptime(&self) -> Span {
        self.now.since(self.started_at)
    }
}
