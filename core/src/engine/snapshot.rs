//! The whole engine as bytes: magic, format, policy hash, seed, one versioned section per room, CRC-32C.
//!
//! Keys stand by name, sorted, so that the bytes do not depend on the order in which they came. Cost: O(keys + permits).
use crate::base::bytes::{ByteWriter, crc32c};
use crate::base::key::KeyId;
use crate::base::time::Instant;
use crate::engine::Engine;
use crate::engine::cells::Split;
use crate::engine::permits::{Held, Permit};
use crate::engine::service::ServiceState;
use crate::gate::rule::Mode;
use crate::policy::Service;
use alloc::vec;
use alloc::vec::Vec;

pub(super) const MAGIC: [u8; 4] = *b"BRWN";
/// Grows when the layout of the whole changes; each section has a version of its own.
pub(super) const FORMAT: u16 = 1;
pub(super) const CLOCK: u16 = 1;
pub(super) const KEYS: u16 = 2;
pub(super) const SERVICES: u16 = 3;
pub(super) const PERMITS: u16 = 4;
pub(super) const MODES: u16 = 5;
pub(super) const STATUS: u16 = 6;
pub(super) const GAUGES: u16 = 7;
/// No key, no cell.
pub(super) const NOTHING: u32 = u32::MAX;

impl Engine {
    /// All state as bytes; [`Engine::restore`] goes on from them exactly. For many keys [`Engine::snapshot_part`] takes shorter steps.
    #[inline(never)]
    pub fn snapshot(&self) -> Vec<u8> {
        self.image(self.keys.sorted())
    }
    /// A snapshot of an engine that knows only these keys; they come sorted.
    pub(super) fn image(&self, mut order: Vec<KeyId>) -> Vec<u8> {
        // A key made of others comes after all of them.
        crate::base::order::sort_by_key(&mut order, |id| !self.keys.parts(*id).is_empty());
        let mut rank = vec![NOTHING; self.keys.index_end()];
        for (i, id) in order.iter().enumerate() {
            rank[id.index()] = i as u32;
        }
        let mut w = ByteWriter::default();
        w.raw(&MAGIC);
        w.u16(FORMAT);
        w.u64(self.policy.hash);
        w.u64(self.seed);
        w.section(CLOCK, 2, |w| {
            let (now, offset, behind) = self.clock.parts();
            w.instant(now);
            w.i64(offset);
            w.bool(behind);
            w.instant(self.started);
            w.u16(self.epoch);
            self.rebuilds.write(w);
        });
        w.section(KEYS, 1, |w| self.write_keys(w, &order, &rank));
        let services = self.services_by_name();
        w.section(SERVICES, 1, |w| {
            services.iter().for_each(|at| write_service(w, &self.services[*at], &self.policy.services[*at], &rank))
        });
        w.section(PERMITS, 1, |w| self.write_permits(w, &rank));
        w.section(MODES, 1, |w| self.write_modes(w));
        w.section(STATUS, 1, |w| self.status.write(&self.policy.status, w));
        w.section(GAUGES, 1, |w| {
            w.count(self.gauges.len());
            for gauge in &self.gauges {
                w.str(&gauge.name);
                w.u64(gauge.value.to_bits());
                w.instant(gauge.at);
            }
        });
        let sum = crc32c(w.as_slice());
        w.u32(sum);
        w.into_vec()
    }
    /// The places of the services, sorted by name: the order of a document's tables means nothing.
    pub(super) fn services_by_name(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.services.len()).collect();
        crate::base::order::sort_by_key(&mut order, |at| &self.policy.services[*at].name);
        order
    }
    fn write_keys(&self, w: &mut ByteWriter, order: &[KeyId], rank: &[u32]) {
        w.count(order.len());
        for id in order {
            let parts = self.keys.parts(*id);
            w.u8(parts.len() as u8);
            if parts.is_empty() {
                w.str(&self.keys.name(*id));
            }
            parts.iter().for_each(|p| w.u32(rank[p.index()]));
        }
    }
    fn write_permits(&self, w: &mut ByteWriter, rank: &[u32]) {
        w.u64(self.permits.tag());
        let sequences: Vec<u32> = self.permits.sequences().collect();
        w.count(sequences.len());
        sequences.iter().for_each(|s| w.u32(*s));
        w.count(self.permits.free_slots().len());
        self.permits.free_slots().iter().for_each(|s| w.u32(*s));
        w.u64(self.permits.serial());
        w.count(self.permits.live());
        let mut place = vec![NOTHING; self.services.len()];
        for (i, at) in self.services_by_name().into_iter().enumerate() {
            place[at] = i as u32;
        }
        for (slot, _, p) in self.permits.all() {
            w.u32(slot);
            w.u32(place[p.service as usize]);
            self.write_permit(w, p, rank);
        }
        let expired = self.permits.expired_ids();
        w.count(expired.len());
        expired.iter().for_each(|id| w.u64(*id));
    }
    fn write_permit(&self, w: &mut ByteWriter, p: &Permit, rank: &[u32]) {
        w.u64(p.serial);
        w.instant(p.granted);
        w.instant(p.lease_end);
        w.instant(p.slow_at);
        let splits = &self.services[p.service as usize].splits;
        for (split, cell) in splits.iter().zip(p.cells) {
            // A cell is named by its key; the whole service's by none.
            let key = split.cells.get(cell as usize).map(|c| c.key().map_or(NOTHING, |k| rank[k.index()]));
            w.option(key, ByteWriter::u32);
        }
        w.option(p.breaker, |w, h| write_held(w, h, p.lease_end));
        w.option(p.rollup, |w, h| write_held(w, h, p.lease_end));
        w.u32(p.limits);
        p.amounts.iter().for_each(|a| w.u64(*a));
        w.u32(p.attempt);
        w.instant(p.begun);
        w.bool(p.idempotent);
    }
    fn write_modes(&self, w: &mut ByteWriter) {
        write_mode(w, self.modes.document);
        for m in self.services_by_name().into_iter().map(|at| &self.modes.services[at]) {
            write_mode(w, m.service);
            write_mode(w, m.breaker);
            m.limits.iter().for_each(|l| write_mode(w, *l));
        }
    }
}

fn write_held(w: &mut ByteWriter, h: Held, lease_end: Instant) {
    w.u32(h.generation);
    w.option(h.probe.then_some(lease_end), ByteWriter::instant);
    w.option(h.crossed().map(|s| s.to_bits()), ByteWriter::u64);
}

fn write_mode(w: &mut ByteWriter, mode: Option<Mode>) {
    w.u8(match mode {
        None => 0,
        Some(Mode::Enforce) => 1,
        Some(Mode::Shadow) => 2,
        Some(Mode::Off) => 3,
    });
}

fn write_service(w: &mut ByteWriter, s: &ServiceState, p: &Service, rank: &[u32]) {
    w.u64(s.draws);
    s.retries.write(w);
    s.meter.write(w);
    for split in &s.splits {
        let known = |c: &u32| split.cells[*c as usize].key().is_none_or(|k| rank[k.index()] != NOTHING);
        let mut cells: Vec<u32> = split.used().filter(known).collect();
        crate::base::order::sort_by_key(&mut cells, |c| split.cells[*c as usize].key().map_or(0, |k| rank[k.index()]));
        w.count(cells.len());
        for cell in cells {
            write_cell(w, split, p, cell, rank);
        }
    }
    if let (Some(r), Some(rule)) = (&s.rollup, &p.breaker) {
        r.breaker.write(rule, w);
        let mut members = r.members.in_order();
        let key = |cell: u32| s.breaker_split().cells[cell as usize].key();
        members.retain(|m| key(m.0).is_none_or(|k| rank[k.index()] != NOTHING));
        w.count(members.len());
        for (cell, seen, failed) in members {
            w.u32(key(cell).map_or(NOTHING, |k| rank[k.index()]));
            w.instant(seen);
            w.option(failed, ByteWriter::bool);
        }
    }
}

fn write_cell(w: &mut ByteWriter, split: &Split, p: &Service, cell: u32, rank: &[u32]) {
    let c = &split.cells[cell as usize];
    w.u32(c.key().map_or(NOTHING, |k| rank[k.index()]));
    write_state(w, split, p, cell);
}

/// A cell without its key.
pub(super) fn write_state(w: &mut ByteWriter, split: &Split, p: &Service, cell: u32) {
    let c = &split.cells[cell as usize];
    w.instant(c.touched);
    if let (true, Some(rule)) = (split.has_breaker, &p.breaker) {
        split.breakers[cell as usize].write(rule, w);
        w.bool(c.own_fault());
    }
    if split.has_throttle {
        split.throttle(cell).write(w);
    }
    for (i, limit) in split.limits.iter().enumerate() {
        split.limit_ref(cell, i).write(&p.limits[*limit as usize], w);
    }
}
