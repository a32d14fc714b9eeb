//! What an HTTP answer says of the limits of a call: the same numbers that the next decision rests on.
use crate::base::error::Fault;
use crate::base::key::KeyId;
use crate::base::time::Instant;
use crate::engine::{Decision, Engine, Output};
use crate::gate::limit::{LimitPolicy, LimitState, LimitView, headers};
use crate::gate::rule::{MAX_KEYS, Mode};
use alloc::vec::Vec;

impl Engine {
    /// The header fields of one answer: `RateLimit-Policy` and `RateLimit` over all limits of the service that this caller has,
    /// `X-RateLimit-*` of the tightest, and `Retry-After` where `refused_until` tells what the refusal said. A key that nobody
    /// knows has all its units. Changes nothing. Cost: O(limits of the service).
    pub fn headers(
        &mut self,
        service: u32,
        keys: &[Option<KeyId>; MAX_KEYS],
        refused_until: Option<Instant>,
        at: Instant,
    ) -> Result<Output<'_>, Fault> {
        let now = self.begin(at);
        let p = &self.policy.services[service as usize];
        let mut limits: Vec<(&LimitPolicy, LimitView)> = Vec::new();
        for (i, limit) in p.limits.iter().enumerate() {
            let enforced = self.modes.services[service as usize].limits_now[i] == Mode::Enforce;
            if enforced && !self.spares(keys, &limit.exempt) {
                limits.push((limit, self.on_wall(self.limit_view(service as usize, i, keys, now))));
            }
        }
        let headers = headers::all(&limits, refused_until, self.wall(now));
        Ok(self.end(Decision::Headers(headers)))
    }
    fn spares(&self, keys: &[Option<KeyId>; MAX_KEYS], exempt: &[alloc::string::String]) -> bool {
        keys.iter().flatten().any(|id| exempt.iter().any(|e| *e == self.keys.name(*id)))
    }
    fn limit_view(&self, service: usize, limit: usize, keys: &[Option<KeyId>; MAX_KEYS], now: Instant) -> LimitView {
        let (s, p) = (&self.services[service], &self.policy.services[service].limits[limit]);
        let place = s.limit_at[limit];
        let split = &s.splits[place.split];
        let parts: Option<Vec<KeyId>> = split.per.iter().map(|at| keys[*at as usize]).collect();
        let cell = match parts {
            Some(parts) if split.is_keyed() => self.keys.find_group(&parts).and_then(|key| split.find(Some(key))),
            Some(_) => Some(0),
            None => None,
        };
        match cell {
            Some(cell) => split.limit_ref(cell, place.place).view(p, now),
            None => LimitState::default().view(p, now),
        }
    }
    /// A view as the host's clock shows it.
    fn on_wall(&self, view: LimitView) -> LimitView {
        let wall = |at: Option<Instant>| at.map(|at| self.wall(at));
        LimitView {
            retry_at: wall(view.retry_at),
            next_unit_at: wall(view.next_unit_at),
            full_at: self.wall(view.full_at),
            blocked_until: wall(view.blocked_until),
            ..view
        }
    }
}
