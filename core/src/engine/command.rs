//! Orders of an operator: idempotent, and the engine says what they changed.
use crate::base::error::{Code, Fault};
use crate::base::time::Instant;
use crate::engine::cells::NO_CELL;
use crate::engine::deadlines::ROLLUP;
use crate::engine::service::Place;
use crate::engine::{Command, Decision, Effect, Engine, Key, Output, Target};
use crate::gate::breaker::Order;
use crate::gate::rule::MAX_KEYS;
use crate::status::state as status;
use alloc::borrow::Cow;
use alloc::vec::Vec;

impl Engine {
    /// Carries out an order. Errors: unknown names, `key_required`, `unknown_permit`, `bad_order`; nothing is changed then.
    pub fn command(&mut self, command: Command, at: Instant) -> Result<Output<'_>, Fault> {
        self.check_command(&command)?;
        if let Command::Rebase { to } = command {
            let now = self.now();
            self.start_effects();
            self.failing.clear();
            self.clock.rebase(to);
            self.set_ahead();
            self.run_due(now);
            return Ok(self.end(Decision::Done));
        }
        let now = self.begin(at);
        if let Command::Breaker { keys, .. } | Command::Refund { keys, .. } = &command {
            self.spare(keys);
        }
        match command {
            Command::Breaker { service, keys, order } => {
                self.order_breaker(service, &keys, order, now)?;
                // A ramp cut short, or another expiry, is no transition but shows.
                self.tell_status(service, now);
            }
            Command::Mode { scope, mode } => {
                self.modes.order(&self.policy, &mut self.services, scope, mode);
                for service in 0..self.services.len() {
                    self.tell_status(service as u32, now);
                }
            }
            Command::Maintain { target, status } => {
                let target = match target {
                    Target::Service(i) => status::Target::Service(i as usize),
                    Target::Feature(i) => status::Target::Feature(i as usize),
                };
                let status = status.map(|(s, until, message)| (s, until.map(|at| self.clock.inside(at)), message));
                self.status.maintain(&self.policy.status, target, status, now, &mut self.status_effects);
                self.take_status();
            }
            Command::Refund { service, limit, keys, units, permit } => {
                self.refund(service, limit, &keys, units, permit, now)?;
            }
            Command::Rebuilt { losses, cause } => {
                self.rebuilds.tell(losses, cause.clone(), now);
                self.effects.push(Effect::Rebuilt { rebuilds: self.rebuilds.count, cause });
            }
            Command::Rebase { .. } => {}
        }
        Ok(self.end(Decision::Done))
    }
    /// Windows that stand on the clock stand on the one on the wall.
    pub(super) fn set_ahead(&mut self) {
        let ahead = self.clock.ahead();
        self.policy.services.iter_mut().flat_map(|s| &mut s.limits).for_each(|limit| limit.set_ahead(ahead));
    }
    fn check_command(&self, command: &Command) -> Result<(), Fault> {
        use crate::engine::ModeScope;
        let service = match command {
            Command::Breaker { service, .. } | Command::Refund { service, .. } => Some(*service),
            Command::Mode { scope: ModeScope::Document, .. } | Command::Rebase { .. } | Command::Rebuilt { .. } => None,
            Command::Mode { scope: ModeScope::Service(s) | ModeScope::Breaker(s) | ModeScope::Limit(s, _), .. } => {
                Some(*s)
            }
            Command::Maintain { target: Target::Service(s), .. } => Some(*s),
            Command::Maintain { target: Target::Feature(f), .. } => {
                let known = (*f as usize) < self.policy.status.features.len();
                return if known { Ok(()) } else { Err(unknown(Code::UnknownFeature, "feature", *f)) };
            }
        };
        match service {
            Some(s) if s as usize >= self.services.len() => Err(unknown(Code::UnknownService, "service", s)),
            _ => Ok(()),
        }
    }
    fn order_breaker(&mut self, service: u32, keys: &[Key; MAX_KEYS], order: Order, now: Instant) -> Result<(), Fault> {
        let order = match order {
            Order::ForceOpen(until) => Order::ForceOpen(until.map(|at| self.clock.inside(at))),
            Order::Disable(until) => Order::Disable(until.map(|at| self.clock.inside(at))),
            other => other,
        };
        let at = service as usize;
        let split = self.services[at].breaker_at as usize;
        if self.policy.services[at].breaker.is_none() {
            return Err(Fault::at(Code::BadOrder, "service", format_args!("this service has no breaker")));
        }
        let keyed = self.services[at].splits[split].is_keyed();
        let whole = keyed && keys.iter().all(|k| *k == Key::Absent);
        if whole {
            self.move_breaker(service, ROLLUP, |b, _, _| b.order(now, order));
            self.forget_members(at, now);
            let ruled = self.policy.services[at].breaker.as_ref().is_some_and(|b| b.rollup.is_some());
            if ruled || matches!(order, Order::ForceOpen(_) | Order::Disable(_)) {
                return Ok(());
            }
            // Without a roll-up rule the whole is all keys: closing it closes each of them.
            let mut cells: Vec<u32> = self.services[at].splits[split].used().collect();
            crate::base::order::sort_by_cached_key(&mut cells, |cell| {
                self.cell_name(service, *cell).map(Cow::into_owned)
            });
            for cell in cells {
                self.move_breaker(service, cell, |b, _, _| b.order(now, order));
            }
            return Ok(());
        }
        let cell = if keyed { self.open_cell(at, split, keys, now)? } else { 0 };
        self.move_breaker(service, cell, |b, _, _| b.order(now, order));
        Ok(())
    }
    fn open_cell(&mut self, service: usize, split: usize, keys: &[Key; MAX_KEYS], now: Instant) -> Result<u32, Fault> {
        match self.split_key(service, split, keys, true)? {
            Key::Id(id) => Ok(self.services[service].splits[split].open(Some(id), now)),
            _ => Err(Fault::at(Code::KeyRequired, "keys", format_args!("there is no room for this key"))),
        }
    }
    fn refund(
        &mut self,
        service: u32,
        limit: u16,
        keys: &[Key; MAX_KEYS],
        units: u64,
        permit: Option<u64>,
        now: Instant,
    ) -> Result<(), Fault> {
        let at = service as usize;
        if limit as usize >= self.policy.services[at].limits.len() {
            return Err(unknown(Code::UnknownLimit, "limit", u32::from(limit)));
        }
        let Place { split, place, unit } = self.services[at].limit_at[limit as usize];
        let (cell, taken_at, units) = match permit {
            Some(permit) => {
                let fault = || Fault::at(Code::UnknownPermit, "permit", format_args!("{permit} is no call in flight"));
                let slot = self.permits.find(permit).ok_or_else(fault)?;
                let held = self.permits.permit_mut(slot).ok_or_else(fault)?;
                if held.service != service || held.limits & (1 << limit) == 0 {
                    return Err(fault());
                }
                // Only what this permit still holds can be given back. What is given back whole is no longer held of this
                // limit; a part lowers what the permit holds of the unit.
                let amount = &mut held.amounts[unit];
                let units = units.min(*amount);
                if units == *amount {
                    held.limits &= !(1 << limit);
                } else {
                    *amount -= units;
                }
                (held.cells[split], Some(held.granted), units)
            }
            None if self.services[at].splits[split].is_keyed() => {
                let found = match self.split_key(at, split, keys, false)? {
                    Key::Id(id) => self.services[at].splits[split].find(Some(id)),
                    _ => None,
                };
                (found.unwrap_or(NO_CELL), None, units)
            }
            None => (0, None, units),
        };
        if cell != NO_CELL {
            let p = &self.policy.services[at].limits[limit as usize];
            let split = &mut self.services[at].splits[split];
            split.limit(cell, place).refund(p, units, taken_at, now);
            split.unpark(cell, &mut self.keys, now);
        }
        Ok(())
    }
}

fn unknown(code: Code, path: &str, index: u32) -> Fault {
    Fault::at(code, path, format_args!("there is no {path} {index}"))
}
