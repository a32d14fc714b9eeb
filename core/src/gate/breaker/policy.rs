//! What a breaker is told: when to trip, how long to stay open, how to come back.
use crate::base::doc::{Node, Table};
use crate::base::error::Code;
use crate::base::num::Ratio;
use crate::base::time::Span;
use crate::gate::rule::Rule;
pub use crate::measure::window::{Shape, WindowRule};

/// A call is slow when it took strictly longer than `over`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SlowRule {
    /// Longer than this is slow.
    pub over: Span,
    /// Trips at this share of slow calls.
    pub rate: Ratio,
}

/// How long an open breaker waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenRule {
    /// The first wait.
    pub base: Span,
    /// Each further wait is this many times longer.
    pub growth: Ratio,
    /// No wait is longer.
    pub max: Span,
    /// The wait is drawn from [wait, wait × (1 + jitter)].
    pub jitter: Ratio,
}

/// How recovery is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HalfOpenRule {
    /// Probes of one round.
    pub probes: u32,
    /// Probes in flight at once.
    pub concurrent: u32,
    /// A round without a verdict ends in open after this, from its first probe.
    pub max_wait: Span,
    /// A probe that has not settled by then gives its place back.
    pub lease: Span,
}

/// When the tenants' breakers together open the service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RollupRule {
    /// Trips at this share of open breakers among the tenants seen in the window.
    pub tenants_open: Option<Ratio>,
    /// Trips at this share of failures over the latest outcome of each tenant seen in the window.
    pub pooled: Option<Ratio>,
    /// Neither counts below this many tenants.
    pub min_tenants: u32,
}

/// One breaker's policy. Every trip rule is an "or"; each is checked on every record.
#[derive(Clone, PartialEq, Debug)]
pub struct BreakerPolicy {
    /// Trips at this many failures in a row.
    pub consecutive_failures: Option<u32>,
    /// Trips at this many failures within the window.
    pub failures: Option<u32>,
    /// Trips at this share of failures, once `min_calls` are in the window.
    pub failure_rate: Option<Ratio>,
    /// Trips at a share of slow calls, once `min_calls` are in the window.
    pub slow: Option<SlowRule>,
    /// What the rates are taken over.
    pub window: WindowRule,
    /// The constants of `window`.
    pub shape: Shape,
    /// Calls before a rate means anything.
    pub min_calls: u32,
    /// The wait while open.
    pub open: OpenRule,
    /// The probes.
    pub half_open: HalfOpenRule,
    /// After closing, a growing share is admitted for this long.
    pub ramp: Option<Span>,
    /// A breaker of the whole service above the keyed ones.
    pub rollup: Option<RollupRule>,
    /// Mode, enforced share and keys.
    pub rule: Rule,
}

/// What the service tells its breaker.
#[derive(Clone, Copy, Debug)]
pub struct BreakerContext {
    /// The service's timeout.
    pub timeout: Option<Span>,
}

const MAX_COUNT: u64 = 1_000_000;

impl BreakerPolicy {
    /// The length of the window; a minute where the window counts calls.
    pub fn span(&self) -> Span {
        match self.window {
            WindowRule::Time { span, .. } => span,
            WindowRule::Count { .. } => Span::from_secs(60),
        }
    }
    /// The breaker of a service that names none: half of at least 20 calls of the last minute failed.
    pub fn standard(ctx: BreakerContext) -> Self {
        let window = WindowRule::Time { span: Span::from_secs(60), buckets: 10 };
        BreakerPolicy {
            consecutive_failures: None,
            failures: None,
            failure_rate: Some(Ratio::percent(50)),
            slow: None,
            window,
            shape: window.into(),
            min_calls: 20,
            open: OpenRule {
                base: Span::from_secs(30),
                growth: Ratio::percent(200),
                max: Span::from_secs(600),
                jitter: Ratio::percent(10),
            },
            half_open: HalfOpenRule {
                probes: 3,
                concurrent: 1,
                max_wait: Span::from_secs(120),
                lease: ctx.timeout.unwrap_or(Span::from_secs(60)),
            },
            ramp: None,
            rollup: None,
            rule: Rule::default(),
        }
    }

    /// Reads one `breaker` table. Faults: a breaker that can never trip, `min_calls` above a count window,
    /// a share outside (0, 1], zero counts or base, `slow.over` at or above the timeout.
    pub fn read(t: &Table, ctx: BreakerContext) -> BreakerPolicy {
        let standard = BreakerPolicy::standard(ctx);
        let window = t.node("window").and_then(|n| read_window(&n)).unwrap_or(standard.window);
        let policy = BreakerPolicy {
            consecutive_failures: count(t, "consecutive_failures"),
            failures: count(t, "failures"),
            failure_rate: t.share("failure_rate"),
            slow: t.table("slow").and_then(|s| read_slow(s, ctx)),
            min_calls: read_min_calls(t, window, standard.min_calls),
            window,
            shape: window.into(),
            open: t.table("open").map_or(standard.open, |o| read_open(o, standard.open)),
            half_open: t.table("half_open").map_or(standard.half_open, |h| read_half_open(h, standard.half_open)),
            ramp: t.span("ramp"),
            rollup: t.table("rollup").map(read_rollup),
            rule: Rule::read(t),
        };
        if !["consecutive_failures", "failures", "failure_rate", "slow"].iter().any(|k| t.has(k)) {
            t.fault(Code::BreakerNeverTrips, format_args!("no rule ever opens this breaker"));
        }
        if let (Some(n), WindowRule::Count { calls }) = (policy.failures, policy.window)
            && n > calls
        {
            t.fault_at(
                "failures",
                Code::BreakerNeverTrips,
                format_args!("{n} failures never fit a window of {calls} calls"),
            );
        }
        policy
    }
}

fn count(t: &Table, key: &str) -> Option<u32> {
    t.integer(key, 1, MAX_COUNT).map(|n| n as u32)
}

fn read_window(n: &Node) -> Option<WindowRule> {
    if n.json.as_str().is_some() {
        return n.span().map(|span| WindowRule::Time { span, buckets: 10 });
    }
    let t = n.table()?;
    let rule = if t.has("calls") {
        if t.has("span") {
            t.fault(Code::Conflict, format_args!("a window is either a `span` or a number of `calls`"));
        }
        let buckets = t.node("buckets");
        if let Some(b) = buckets {
            b.fault(Code::Conflict, format_args!("a window of calls has no buckets"));
        }
        t.integer("calls", 1, MAX_COUNT).map(|n| WindowRule::Count { calls: n as u32 })
    } else if t.has("span") {
        let buckets = t.integer("buckets", 1, 1000).unwrap_or(10) as u32;
        t.span("span").map(|span| WindowRule::Time { span, buckets })
    } else {
        t.fault(Code::WindowMissing, format_args!("a window is either a `span` or a number of `calls`"));
        None
    };
    t.finish();
    rule
}

fn read_min_calls(t: &Table, window: WindowRule, standard: u32) -> u32 {
    let most = match window {
        WindowRule::Time { .. } => u32::MAX,
        WindowRule::Count { calls } => calls,
    };
    let Some(n) = count(t, "min_calls") else { return standard.min(most) };
    if n > most {
        t.fault_at("min_calls", Code::BreakerNeverTrips, format_args!("{n} calls never fit a window of {most} calls"));
    }
    n.min(most)
}

fn read_slow(t: Table, ctx: BreakerContext) -> Option<SlowRule> {
    let (over, rate) = (t.span("over"), t.share("rate"));
    for key in ["over", "rate"] {
        if !t.has(key) {
            t.fault_at(key, Code::MissingField, format_args!("`slow` needs `{key}`"));
        }
    }
    if let (Some(over), Some(timeout)) = (over, ctx.timeout)
        && over >= timeout
    {
        t.fault_at(
            "over",
            Code::SlowOverTimeout,
            format_args!("no call takes longer than the timeout of {timeout} ms"),
        );
    }
    t.finish();
    Some(SlowRule { over: over?, rate: rate? })
}

fn read_open(t: Table, standard: OpenRule) -> OpenRule {
    let (base, growth, max) = t.growing(standard.base, standard.growth, standard.max);
    let jitter = t.ratio("jitter", Ratio::ZERO, Ratio::ONE).unwrap_or(standard.jitter);
    let rule = OpenRule { base, growth, max, jitter };
    t.finish();
    rule
}

fn read_half_open(t: Table, standard: HalfOpenRule) -> HalfOpenRule {
    let probes = t.integer("probes", 1, 10_000).map_or(standard.probes, |n| n as u32);
    let concurrent = t.integer("concurrent", 1, 10_000).map(|n| n as u32);
    if concurrent.is_some_and(|c| c > probes) {
        t.fault_at("concurrent", Code::NumberOutOfRange, format_args!("expected 1 to {probes}, the number of probes"));
    }
    let rule = HalfOpenRule {
        probes,
        concurrent: concurrent.unwrap_or(standard.concurrent).min(probes),
        max_wait: t.span("max_wait").unwrap_or(standard.max_wait),
        lease: t.span("lease").unwrap_or(standard.lease),
    };
    t.finish();
    rule
}

fn read_rollup(t: Table) -> RollupRule {
    let rule = RollupRule {
        tenants_open: t.share("tenants_open"),
        pooled: t.share("pooled"),
        min_tenants: t.integer("min_tenants", 1, MAX_COUNT).map_or(20, |n| n as u32),
    };
    if !t.has("tenants_open") && !t.has("pooled") {
        t.fault(Code::BreakerNeverTrips, format_args!("a roll-up needs `tenants_open` or `pooled`"));
    }
    t.finish();
    rule
}
