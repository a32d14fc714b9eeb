//! What happens by itself, in order. At one instant: reopen, probe lease, `max_wait`, slow crossing, lease, ramp, order, status.
use crate::base::sorted::Sorted;
use crate::base::time::Instant;
use crate::engine::permits::List;
use crate::engine::{Effect, Engine, Next};
use crate::gate::breaker::Deadline;
use alloc::borrow::Cow;
use alloc::vec::Vec;

/// Stands for the roll-up where a cell is asked for.
pub(super) const ROLLUP: u32 = u32::MAX;

/// Rank at one instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Rank {
    Reopen,
    ProbeLease,
    MaxWait,
    Slow,
    Lease,
    Ramp,
    Order,
    Status,
}

impl Rank {
    fn of(kind: Deadline) -> Rank {
        match kind {
            Deadline::Reopen => Rank::Reopen,
            Deadline::MaxWait => Rank::MaxWait,
            Deadline::Ramp => Rank::Ramp,
            Deadline::Order => Rank::Order,
        }
    }
    fn why(self) -> &'static str {
        match self {
            Rank::Reopen => "reopen",
            Rank::ProbeLease => "probe_lease",
            Rank::MaxWait => "max_wait",
            Rank::Slow => "slow",
            Rank::Lease => "lease",
            Rank::Ramp => "ramp",
            Rank::Order => "order",
            Rank::Status => "status",
        }
    }
}

/// The irregular deadlines: those of breakers, touched at transitions only.
#[derive(Clone, Default, Debug)]
pub(super) struct Timers {
    set: Sorted<(Instant, Rank, u32, u32)>,
}

impl Timers {
    pub(super) fn clear(&mut self) {
        self.set.clear();
    }
}

impl Engine {
    /// Files a breaker's deadline anew: `before` is what it waited for until now.
    pub(super) fn refile(
        &mut self,
        service: u32,
        cell: u32,
        before: Option<(Instant, Deadline)>,
        after: Option<(Instant, Deadline)>,
    ) {
        if before == after {
            return;
        }
        if let Some((at, kind)) = before {
            self.timers.set.remove(&(at, Rank::of(kind), service, cell));
        }
        if let Some((at, kind)) = after {
            self.timers.set.insert((at, Rank::of(kind), service, cell));
            self.floor = self.floor.min(at);
        }
    }

    /// The earliest deadline, exactly. Cost: linear in the services.
    pub(crate) fn next(&self) -> Option<Next> {
        self.earliest().map(|(at, rank)| match rank {
            Rank::Status => Next { at, why: self.status.next_due().map_or("status", |d| d.1) },
            _ => Next { at, why: rank.why() },
        })
    }
    fn earliest(&self) -> Option<(Instant, Rank)> {
        let mut best = self.timers.set.first().map(|t| (t.0, t.1));
        let mut offer = |at: Instant, rank: Rank| {
            if best.is_none_or(|b| (at, rank) < b) {
                best = Some((at, rank));
            }
        };
        for s in &self.services {
            for (list, rank) in [(List::Lease, Rank::Lease), (List::Probe, Rank::ProbeLease), (List::Slow, Rank::Slow)]
            {
                if let Some((at, _)) = self.permits.first(&s.fifos, list) {
                    offer(at, rank);
                }
            }
        }
        if let Some((at, _)) = self.status.next_due() {
            offer(at, Rank::Status);
        }
        best
    }

    /// Runs every deadline due up to `to`, in order, and sets the time to `to`.
    #[inline]
    pub(super) fn run_due(&mut self, to: Instant) {
        if self.floor <= to {
            self.run_deadlines(to);
        }
        self.clock.set(to);
    }
    #[cold]
    #[inline(never)]
    fn run_deadlines(&mut self, to: Instant) {
        let mut last = None;
        loop {
            let Some((at, rank)) = self.earliest() else {
                self.floor = Instant::NEVER;
                break;
            };
            if at > to {
                self.floor = at;
                break;
            }
            // A deadline that stands again right after it ran would stand for ever: better late once than never back.
            if last.replace((at, rank)) == Some((at, rank)) {
                break;
            }
            self.clock.set(at);
            match rank {
                Rank::ProbeLease => self.run_leases(at, List::Probe),
                Rank::Lease => self.run_leases(at, List::Lease),
                Rank::Slow => self.run_slow(at),
                Rank::Status => {
                    self.status.run_due(&self.policy.status, at, &mut self.status_effects);
                    self.take_status();
                }
                _ => self.run_breakers(at, rank),
            }
            self.stamp(at);
        }
    }
    /// Breakers due at this instant, by service, then by the key's name.
    fn run_breakers(&mut self, at: Instant, rank: Rank) {
        let due = self.timers.set.from((at, rank, 0, 0), |t| (t.0, t.1) == (at, rank));
        let mut due: Vec<(u32, u32)> = due.iter().map(|t| (t.2, t.3)).collect();
        if due.len() > 1 {
            crate::base::order::sort_by_cached_key(&mut due, |d| (d.0, self.cell_name(d.0, d.1).map(Cow::into_owned)));
        }
        for (service, cell) in due {
            self.move_breaker(service, cell, |b, p, draw| b.run_due(p, at, draw));
        }
    }
    pub(super) fn cell_name(&self, service: u32, cell: u32) -> Option<Cow<'_, str>> {
        let s = self.services.get(service as usize)?;
        let key = s.breaker_split().cells.get(cell as usize)?.key()?;
        Some(self.keys.name(key))
    }
    /// Leases due at this instant: slots come back, nothing is counted.
    fn run_leases(&mut self, at: Instant, list: List) {
        for service in 0..self.services.len() {
            while let Some((due, slot)) = self.permits.first(&self.services[service].fifos, list) {
                if due > at {
                    break;
                }
                let Some((id, permit)) = self.permits.expire(&mut self.services[service].fifos, slot) else { break };
                self.effects.push(Effect::PermitExpired { permit: id, service: service as u32 });
                self.services[service].meter.expired += 1;
                self.lapse_permit(&permit);
            }
        }
    }
    /// Calls in flight that have just become slow.
    fn run_slow(&mut self, at: Instant) {
        for service in 0..self.services.len() {
            while let Some((due, slot)) = self.permits.first(&self.services[service].fifos, List::Slow) {
                if due > at {
                    break;
                }
                self.permits.leave_slow(&mut self.services[service].fifos, slot);
                self.cross_slow(service as u32, slot, at);
            }
        }
    }
}
