//! Another policy for a running engine: equal rules keep their history, changed ones what still fits, removed ones end.
use crate::base::error::Fault;
use crate::base::time::Instant;
use crate::engine::cells::{Cell, MAX_SPLITS, NO_CELL, Split};
use crate::engine::deadlines::ROLLUP;
use crate::engine::modes::Modes;
use crate::engine::permits::{MAX_UNITS, Permit};
use crate::engine::service::{ServiceState, build_all};
use crate::engine::{Decision, Effect, Engine, Output};
use crate::gate::breaker::{Breaker, Phase};
use crate::measure::window::Window;
use crate::policy::Policy;
use crate::status::state::{StatusEffect, StatusState, Target};
use alloc::string::ToString;
use alloc::vec::Vec;

impl Engine {
    /// Goes on under another policy. Handles of services and names are to be resolved again; permits and keys live on.
    /// Errors: as [`Engine::new`]; the engine is unchanged then.
    pub fn reload(&mut self, policy: Policy, at: Instant) -> Result<Output<'_>, Vec<Fault>> {
        let fresh = build_all(&policy, self.now())?;
        let now = self.begin(at);
        self.write_down_effects();
        let old_policy = core::mem::replace(&mut self.policy, policy);
        self.set_ahead();
        let old = core::mem::replace(&mut self.services, fresh);
        for at in 0..self.services.len() {
            let Some(from) = old_policy.services.iter().position(|s| s.name == self.policy.services[at].name) else {
                continue;
            };
            let p = Pair { old: &old_policy, new: &self.policy, from, to: at, now };
            carry_service(&p, &old[from], &mut self.services[at]);
        }
        self.carry_permits(&old_policy, &old, now);
        self.carry_modes(&old_policy);
        self.keys.set_cap(self.policy.keys.cap as usize);
        self.keys.refile_all(now);
        self.permits.set_cap(self.policy.permits);
        self.epoch = self.epoch.wrapping_add(1).max(1);
        self.refile_all();
        self.carry_status(&old_policy, now);
        self.restart_stream();
        Ok(self.end(Decision::Done))
    }
    fn carry_permits(&mut self, old_policy: &Policy, old: &[ServiceState], now: Instant) {
        let mut moved: Vec<(u32, Permit)> = self.permits.all().map(|(slot, _, p)| (slot, *p)).collect();
        crate::base::order::sort_by_key(&mut moved, |(_, p)| p.serial);
        let ids: Vec<u64> = moved.iter().map(|(slot, _)| self.permits.id(*slot)).collect();
        self.permits.clear_lists();
        for ((slot, permit), id) in moved.into_iter().zip(ids) {
            let name = &old_policy.services[permit.service as usize].name;
            let Some(to) = self.policy.services.iter().position(|s| s.name == *name) else {
                // Its service is gone: a settle is observed, not counted.
                self.permits.drop_slot(slot);
                self.permits.remember_expired(id);
                continue;
            };
            let p = Pair { old: old_policy, new: &self.policy, from: permit.service as usize, to, now };
            let carried = carry_permit(&p, &permit, &old[p.from], &self.services[to]);
            for (split, cell) in self.services[to].splits.iter_mut().zip(carried.cells) {
                if let Some(c) = split.cells.get_mut(cell as usize) {
                    c.hold();
                }
            }
            self.permits.restore_permit(&mut self.services[to].fifos, slot, carried);
        }
    }
    fn carry_modes(&mut self, old_policy: &Policy) {
        let old = core::mem::replace(&mut self.modes, Modes::new(&self.policy));
        self.modes.document = old.document;
        for (i, s) in self.policy.services.iter().enumerate() {
            let Some(from) = old_policy.services.iter().position(|o| o.name == s.name) else { continue };
            self.modes.services[i].service = old.services[from].service;
            self.modes.services[i].breaker = old.services[from].breaker;
            for (l, limit) in s.limits.iter().enumerate() {
                let at = old_policy.services[from].limits.iter().position(|o| o.name == limit.name);
                self.modes.services[i].limits[l] = at.and_then(|at| old.services[from].limits[at]);
            }
        }
        self.modes.settle(&self.policy, &mut self.services);
    }
    fn refile_all(&mut self) {
        self.timers.clear();
        for at in 0..self.services.len() {
            let s = &self.services[at];
            let mut due: Vec<_> = s
                .breaker_split()
                .used()
                .filter_map(|c| s.breaker_split().breakers.get(c as usize).map(|b| (c, b.next_due())))
                .collect();
            due.extend(s.rollup.as_ref().map(|r| (ROLLUP, r.breaker.next_due())));
            for (cell, after) in due {
                self.refile(at as u32, cell, None, after);
            }
        }
        self.floor = Instant::EPOCH;
    }
    fn carry_status(&mut self, old_policy: &Policy, now: Instant) {
        let fresh = StatusState::new(&self.policy.status, now);
        let old = core::mem::replace(&mut self.status, fresh);
        let mut gone = Vec::new();
        self.status = old.migrate(&old_policy.status, &self.policy.status, now, &mut gone, &mut self.status_effects);
        for effect in gone {
            if let StatusEffect::IncidentClosed { id, service, duration } = effect {
                let service = old_policy.status.name(Target::Service(service)).to_string();
                self.effects.push(Effect::IncidentGone { id, service, duration });
            }
        }
        self.take_status();
        for service in 0..self.services.len() {
            self.tell_status(service as u32, now);
        }
    }
}

/// One service under the old and the new policy.
struct Pair<'a> {
    old: &'a Policy,
    new: &'a Policy,
    from: usize,
    to: usize,
    now: Instant,
}

impl Pair<'_> {
    /// The old split with the same key names.
    fn split_before(&self, old: &ServiceState, split: &Split) -> Option<usize> {
        let names = |policy: &Policy, per: &[u8]| -> Vec<_> {
            per.iter().filter_map(|i| policy.key_names.get(*i as usize).cloned()).collect()
        };
        let wanted = names(self.new, &split.per);
        old.splits.iter().position(|s| names(self.old, &s.per) == wanted)
    }
    /// The old limit of the same name as the new one at `limit`.
    fn limit_before(&self, limit: usize) -> Option<usize> {
        let name = &self.new.services[self.to].limits[limit].name;
        self.old.services[self.from].limits.iter().position(|l| l.name == *name)
    }
    fn unit_before(&self, unit: usize) -> Option<usize> {
        let name = self.new.units.get(unit)?;
        self.old.units.iter().position(|u| u == name)
    }
}

fn carry_service(p: &Pair, old: &ServiceState, new: &mut ServiceState) {
    new.draws = old.draws;
    new.retries = old.retries.clone();
    new.meter = old.meter.clone();
    for at in 0..new.splits.len() {
        let Some(before) = p.split_before(old, &new.splits[at]) else { continue };
        carry_split(p, old, before, &mut new.splits[at]);
    }
    let policies = (p.old.services[p.from].breaker.as_ref(), p.new.services[p.to].breaker.as_ref());
    if let (Some(old_p), Some(new_p)) = policies {
        carry_whole(old, new, |b| b.adopt(old_p, new_p, p.now));
    }
    let (Some(was), Some(is), (Some(old_p), Some(new_p))) = (&old.rollup, &mut new.rollup, policies) else { return };
    is.breaker = was.breaker.migrate(old_p, new_p, p.now);
    let split = &new.splits[new.breaker_at as usize];
    for (cell, seen, failed) in was.members.in_order() {
        let key = old.breaker_split().cells[cell as usize].key();
        if let Some(cell) = split.find(key) {
            is.members.touch(cell, seen, failed);
        }
    }
    for cell in split.used() {
        is.members.mark(cell, split.is_open_above(cell));
    }
}

/// A whole service that does not pass calls goes on so when its breaker is split otherwise.
fn carry_whole(old: &ServiceState, new: &mut ServiceState, adopt: impl Fn(&Breaker) -> Breaker) {
    let was = old.rollup.as_ref().map(|r| &r.breaker).or(old.breaker_split().breakers.first());
    let Some(b) = was.filter(|b| b.phase() != Phase::Closed && old.rollup.is_some() != new.rollup.is_some()) else {
        return;
    };
    if let Some(r) = new.rollup.as_mut() {
        r.breaker = adopt(b);
    } else if let Some(whole) = new.breaker_split_mut().breakers.first_mut() {
        *whole = adopt(b);
        new.breaker_split_mut().tripped = 1;
    }
}

fn carry_split(p: &Pair, old: &ServiceState, before: usize, new: &mut Split) {
    let from = &old.splits[before];
    let policies = (p.old.services[p.from].breaker.as_ref(), p.new.services[p.to].breaker.as_ref());
    for cell in from.used() {
        let c = from.cells[cell as usize];
        let to = new.open(c.key(), p.now);
        new.cells[to as usize].touched = c.touched;
        if let (true, true, (Some(old_p), Some(new_p))) = (from.has_breaker, new.has_breaker, policies) {
            let b = from.breakers[cell as usize].migrate(old_p, new_p, p.now);
            new.tripped += u32::from(b.phase() != Phase::Closed);
            new.breakers[to as usize] = b;
            new.cells[to as usize].set_own_fault(c.own_fault());
        }
        if from.has_throttle && new.has_throttle {
            new.set_throttle(to, from.throttle(cell));
        }
        for i in 0..new.limits.len() {
            let limit = new.limits[i] as usize;
            let Some(was) = p.limit_before(limit) else { continue };
            if old.limit_at[was].split != before {
                continue;
            }
            let (old_p, new_p) = (&p.old.services[p.from].limits[was], &p.new.services[p.to].limits[limit]);
            *new.limit(to, i) = from.limit_ref(cell, old.limit_at[was].place).migrate(old_p, new_p, p.now);
        }
    }
}

fn carry_permit(p: &Pair, permit: &Permit, old: &ServiceState, new: &ServiceState) -> Permit {
    let mut cells = [NO_CELL; MAX_SPLITS];
    for (split, cell) in new.splits.iter().zip(cells.iter_mut()) {
        let Some(before) = p.split_before(old, split) else { continue };
        let key = old.splits[before].cells.get(permit.cells[before] as usize).map(Cell::key);
        *cell = key.and_then(|k| split.find(k)).unwrap_or(NO_CELL);
    }
    let mut amounts = [0; MAX_UNITS];
    for (i, amount) in amounts.iter_mut().enumerate() {
        *amount = p.unit_before(i).map_or(0, |before| permit.amounts[before]);
    }
    let mut limits = 0;
    for i in 0..p.new.services[p.to].limits.len() {
        // Units that were taken where the limit no longer counts cannot be corrected.
        let split = new.limit_at[i].split;
        let stays = |before: usize| p.split_before(old, &new.splits[split]) == Some(old.limit_at[before].split);
        if p.limit_before(i).is_some_and(|before| permit.limits & (1 << before) != 0 && stays(before))
            && cells[split] != NO_CELL
        {
            limits |= 1 << i;
        }
    }
    let at = cells[new.breaker_at as usize];
    let stays = at != NO_CELL && p.split_before(old, new.breaker_split()) == Some(old.breaker_at.into());
    let breaker = permit.breaker.filter(|_| stays).map(|mut held| {
        let rules = (&p.old.services[p.from].breaker, &p.new.services[p.to].breaker);
        let crossed = match (rules, held.crossed()) {
            ((Some(was), Some(is)), Some(stamp)) => Some(Window::carry_stamp(stamp, was.shape, is.shape, p.now)),
            _ => None,
        };
        held.set_crossed(crossed);
        held
    });
    let rollup = permit.rollup.filter(|_| new.rollup.is_some());
    Permit { service: p.to as u32, cells, amounts, limits, breaker, rollup, ..*permit }
}
