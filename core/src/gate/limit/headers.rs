//! The response headers that tell a caller about limits, all from the same numbers.
//!
//! `RateLimit` and `RateLimit-Policy` follow draft-ietf-httpapi-ratelimit-headers: lists of quoted names, `t` is the
//! time to the *next* unit. `X-RateLimit-Reset` is in epoch seconds.
use crate::base::time::{Instant, Span};
use crate::gate::limit::policy::LimitPolicy;
use crate::gate::limit::view::{LimitView, secs_up};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Write;

/// One header: name and value.
pub type Header = (&'static str, String);

/// `"minute";r=0;t=7,"hour";r=412;t=87`: what is left, and in how many seconds there is more (left out when full).
pub fn rate_limit(limits: &[(&LimitPolicy, LimitView)], now: Instant) -> String {
    list(limits, |out, _, view| {
        let _ = write!(out, ";r={}", view.open());
        if let Some(t) = view.next_unit_secs(now) {
            let _ = write!(out, ";t={t}");
        }
    })
}

/// `"minute";q=60;w=60,"tokens";q=200000;qu="tokens";w=60`: the rules themselves. A period that is no whole number of
/// seconds, or a month, has no `w`.
pub fn rate_limit_policy(limits: &[(&LimitPolicy, LimitView)]) -> String {
    list(limits, |out, policy, _| {
        let _ = write!(out, ";q={}", policy.limit);
        match policy.unit.as_str() {
            "calls" => {}
            "bytes" => out.push_str(";qu=\"content-bytes\""),
            unit => {
                let _ = write!(out, ";qu=\"{unit}\"");
            }
        }
        let seconds = policy.period.length().map_or(0, Span::micros);
        if seconds > 0 && seconds % 1_000_000 == 0 {
            let _ = write!(out, ";w={}", seconds / 1_000_000);
        }
    })
}

fn list(limits: &[(&LimitPolicy, LimitView)], item: impl Fn(&mut String, &LimitPolicy, &LimitView)) -> String {
    let mut out = String::new();
    for (i, (policy, view)) in limits.iter().enumerate() {
        let _ = write!(out, "{}\"{}\"", if i > 0 { "," } else { "" }, policy.name);
        item(&mut out, policy, view);
    }
    out
}

/// `X-RateLimit-Limit`, `-Remaining` and `-Reset` (epoch seconds, rounded up) of one limit: when all of it is there again.
pub fn x_rate_limit(view: &LimitView) -> [Header; 3] {
    let reset = view.full_at.max(view.blocked_until.unwrap_or(Instant::EPOCH));
    [
        ("X-RateLimit-Limit", view.limit.to_string()),
        ("X-RateLimit-Remaining", view.open().to_string()),
        ("X-RateLimit-Reset", format!("{}", secs_up(Instant::EPOCH, reset))),
    ]
}

/// `Retry-After` in whole seconds, rounded up, at least 1.
pub fn retry_after(now: Instant, retry_at: Instant) -> Header {
    ("Retry-After", secs_up(now, retry_at).max(1).to_string())
}

/// All headers of one answer: the IETF pair, the `X-` triple of the limit that is closest to its end, and `Retry-After`
/// where the answer is a refusal with a known instant.
pub fn all(limits: &[(&LimitPolicy, LimitView)], refused_until: Option<Instant>, now: Instant) -> Vec<Header> {
    let mut out = Vec::new();
    if !limits.is_empty() {
        out.push(("RateLimit-Policy", rate_limit_policy(limits)));
        out.push(("RateLimit", rate_limit(limits, now)));
    }
    let tightest = limits.iter().map(|(_, view)| view).reduce(|a, b| {
        let (left, right) = (u128::from(a.open()) * u128::from(b.limit), u128::from(b.open()) * u128::from(a.limit));
        if right < left { b } else { a }
    });
    if let Some(view) = tightest {
        out.extend(x_rate_limit(view));
    }
    if let Some(at) = refused_until {
        out.push(retry_after(now, at));
    }
    out
}
