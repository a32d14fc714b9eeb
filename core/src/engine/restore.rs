//! From bytes back to an engine. A corrupt snapshot fails before anything is built; hostile bytes meet every invariant's check.
use crate::base::bytes::{ByteReader, crc32c};
use crate::base::error::{Code, Fault};
use crate::base::key::KeyId;
use crate::base::time::Instant;
use crate::call::{RetryBudget, Throttle};
use crate::engine::Engine;
use crate::engine::cells::{MAX_SPLITS, NO_CELL};
use crate::engine::clock::Clock;
use crate::engine::deadlines::ROLLUP;
use crate::engine::meter::Meter;
use crate::engine::observe::Gauge;
use crate::engine::permits::{Held, MAX_PERMITS, MAX_SEQ, MAX_UNITS, Permit};
use crate::engine::rebuilt::Rebuilds;
use crate::engine::snapshot::{CLOCK, FORMAT, GAUGES, KEYS, MAGIC, MODES, NOTHING, PERMITS, SERVICES, STATUS};
use crate::engine::stream::PART;
use crate::gate::breaker::{Breaker, Phase};
use crate::gate::limit::LimitState;
use crate::gate::rule::{MAX_KEYS, Mode};
use crate::measure::window::Stamp;
use crate::policy::Policy;
use crate::status::state::StatusState;
use alloc::vec;
use alloc::vec::Vec;

/// No counter of a history reaches it.
const MOST: u64 = 1 << 62;

pub(super) type Read<T> = Result<T, Fault>;

impl Engine {
    /// Goes on from a snapshot taken under the same policy. Key handles and service handles are to be resolved again.
    /// Errors: `snapshot_corrupt`, `snapshot_version`, `snapshot_policy`.
    #[inline(never)]
    pub fn restore(policy: Policy, bytes: &[u8]) -> Result<Engine, Vec<Fault>> {
        if bytes.starts_with(&PART) {
            return Engine::restore_parts(policy, bytes);
        }
        Engine::restore_image(policy, bytes)
    }
    #[inline(never)]
    pub(super) fn restore_image(policy: Policy, bytes: &[u8]) -> Result<Engine, Vec<Fault>> {
        let (body, seed) = open(&policy, bytes).map_err(|f| vec![f])?;
        let mut engine = Engine::new(policy, seed, Instant::EPOCH)?;
        engine.read_all(body).map_err(|f| vec![f])?;
        Ok(engine)
    }
    fn read_all(&mut self, mut r: ByteReader) -> Read<()> {
        let clock = r.section_of(CLOCK, 2)?;
        self.read_clock(clock.body, clock.version)?;
        let keys = self.restore_keys(r.section_of(KEYS, 1)?.body)?;
        let mut services = r.section_of(SERVICES, 1)?.body;
        for at in self.services_by_name() {
            self.restore_service(&mut services, at, &keys)?;
        }
        services.finish()?;
        self.read_permits(r.section_of(PERMITS, 1)?.body, &keys)?;
        self.read_modes(r.section_of(MODES, 1)?.body)?;
        let mut status = r.section_of(STATUS, 1)?.body;
        self.status = StatusState::read(&self.policy.status, &mut status, self.clock.now())?;
        status.finish()?;
        self.read_gauges(r.section_of(GAUGES, 1)?.body)?;
        r.finish()?;
        self.floor = Instant::EPOCH;
        Ok(())
    }
    fn read_clock(&mut self, mut r: ByteReader, version: u16) -> Read<()> {
        let (now, offset, behind) = (r.instant(), r.i64(), r.bool());
        r.expect(offset.unsigned_abs() <= 1 << 53, "a clock out of range")?;
        self.clock = Clock::from_parts(now, offset, behind);
        self.set_ahead();
        self.started = r.instant();
        self.epoch = r.u16();
        if version > 1 {
            self.rebuilds = Rebuilds::read(&mut r, now)?;
        }
        r.finish()
    }
    fn restore_keys(&mut self, mut r: ByteReader) -> Read<Vec<KeyId>> {
        let n = r.count(2);
        let now = self.now();
        let mut ids: Vec<KeyId> = Vec::with_capacity(n);
        // A reload may have lowered the cap: those that were there stay.
        self.keys.set_cap(n.max(self.keys.cap()));
        for _ in 0..n {
            let parts = r.u8();
            r.expect(usize::from(parts) <= MAX_KEYS, "too many parts in a key")?;
            let made = if parts == 0 {
                self.keys.intern(r.str())
            } else {
                let mut group = Vec::with_capacity(parts.into());
                for _ in 0..parts {
                    let at = r.u32() as usize;
                    group.push(*ids.get(at).ok_or_else(|| r.corrupt("a key made of keys that come later"))?);
                }
                self.keys.intern_group(&group)
            };
            let id = made.map_err(|_| r.corrupt("a key that cannot be interned"))?;
            self.keys.file(id, now);
            ids.push(id);
        }
        self.keys.set_cap(self.policy.keys.cap as usize);
        r.expect(self.keys.len() == n, "a key that stands twice")?;
        r.finish()?;
        Ok(ids)
    }
    fn restore_service(&mut self, r: &mut ByteReader, at: usize, keys: &[KeyId]) -> Read<()> {
        self.services[at].draws = r.u64();
        r.expect(self.services[at].draws < MOST, "more draws than time has")?;
        self.services[at].retries = RetryBudget::read(r)?;
        self.services[at].meter = Meter::read(r)?;
        for split in 0..self.services[at].splits.len() {
            for _ in 0..r.count(12) {
                self.read_cell(r, at, split, keys)?;
            }
        }
        if self.services[at].rollup.is_some() {
            self.read_rollup(r, at, keys)?;
        }
        Ok(())
    }
    fn read_cell(&mut self, r: &mut ByteReader, at: usize, split: usize, keys: &[KeyId]) -> Read<()> {
        let key = read_key(r, keys)?;
        let s = &self.services[at].splits[split];
        r.expect(key.is_some() == s.is_keyed(), "a cell of the wrong kind")?;
        r.expect(key.is_none() || s.find(key).is_none(), "a cell that stands twice")?;
        self.read_state(r, at, split, key).map(|_| ())
    }
    /// A cell without its key, which has none yet.
    pub(super) fn read_state(&mut self, r: &mut ByteReader, at: usize, split: usize, key: Option<KeyId>) -> Read<u32> {
        let touched = r.instant();
        let (policy, now) = (&self.policy.services[at], self.clock.now());
        let s = &mut self.services[at].splits[split];
        let cell = s.open(key, now);
        s.cells[cell as usize].touched = touched;
        let mut due = None;
        if let (true, Some(p)) = (s.has_breaker, policy.breaker.as_ref()) {
            let b = Breaker::read(r, p)?;
            due = b.next_due();
            s.tripped += u32::from(b.phase() != Phase::Closed);
            s.breakers[cell as usize] = b;
            s.cells[cell as usize].set_own_fault(r.bool());
        }
        if s.has_throttle {
            s.set_throttle(cell, Throttle::read(r)?);
        }
        for i in 0..s.limits.len() {
            let p = &policy.limits[s.limits[i] as usize];
            *s.limit(cell, i) = LimitState::read(r, p)?;
        }
        self.refile(at as u32, cell, None, due);
        Ok(cell)
    }
    fn read_rollup(&mut self, r: &mut ByteReader, at: usize, keys: &[KeyId]) -> Read<()> {
        let Some(p) = self.policy.services[at].breaker.as_ref() else { return Ok(()) };
        let s = &mut self.services[at];
        let breaker = Breaker::read(r, p)?;
        let due = breaker.next_due();
        let split = &s.splits[s.breaker_at as usize];
        let Some(rollup) = s.rollup.as_mut() else { return Ok(()) };
        rollup.breaker = breaker;
        let mut last = Instant::EPOCH;
        for _ in 0..r.count(13) {
            let cell = split.find(read_key(r, keys)?).ok_or_else(|| r.corrupt("a member without a cell"))?;
            let seen = r.instant();
            r.expect(seen >= last, "members out of order")?;
            last = seen;
            rollup.members.touch(cell, seen, r.option(ByteReader::bool));
        }
        for cell in split.used() {
            rollup.members.mark(cell, split.is_open_above(cell));
        }
        self.refile(at as u32, ROLLUP, None, due);
        Ok(())
    }
    fn read_permits(&mut self, mut r: ByteReader, keys: &[KeyId]) -> Read<()> {
        let tag = r.u64();
        let sequences = read_u32s(&mut r)?;
        let free = read_u32s(&mut r)?;
        let serial = r.u64();
        let live = r.count(56);
        // A reload may have lowered the policy's number: those in flight stay.
        r.expect(sequences.len() <= MAX_PERMITS as usize, "more permits than there are numbers")?;
        r.expect(sequences.iter().all(|s| *s <= MAX_SEQ) && serial < MOST, "a permit number out of range")?;
        r.expect(free.len() + live == sequences.len(), "slots that are neither free nor taken")?;
        let mut taken = vec![false; sequences.len()];
        for slot in &free {
            claim(&r, &mut taken, *slot)?;
        }
        let slots = sequences.len();
        self.permits.restore_slots(tag, sequences, free, serial);
        let order = self.services_by_name();
        let mut permits = Vec::with_capacity(live);
        for _ in 0..live {
            let slot = r.u32();
            r.expect((slot as usize) < slots, "a permit outside the slots")?;
            claim(&r, &mut taken, slot)?;
            let service = order.get(r.u32() as usize).ok_or_else(|| r.corrupt("a permit of no service"))?;
            permits.push((slot, self.read_permit(&mut r, *service as u32, keys)?));
        }
        crate::base::order::sort_by_key(&mut permits, |(_, p)| p.serial);
        for (slot, p) in permits {
            for (split, cell) in self.services[p.service as usize].splits.iter_mut().zip(p.cells) {
                if let Some(c) = split.cells.get_mut(cell as usize) {
                    c.hold();
                }
            }
            self.permits.restore_permit(&mut self.services[p.service as usize].fifos, slot, p);
        }
        for _ in 0..r.count(8) {
            let id = r.u64();
            self.permits.remember_expired(id);
        }
        r.finish()
    }
    fn read_permit(&self, r: &mut ByteReader, service: u32, keys: &[KeyId]) -> Read<Permit> {
        let s = self.services.get(service as usize).ok_or_else(|| r.corrupt("a permit of no service"))?;
        let serial = r.u64();
        let (granted, lease_end, slow_at) = (r.instant(), r.instant(), r.instant());
        let mut cells = [NO_CELL; MAX_SPLITS];
        for (split, cell) in s.splits.iter().zip(cells.iter_mut()) {
            if r.bool() {
                *cell = split.find(read_key(r, keys)?).ok_or_else(|| r.corrupt("a permit without a cell"))?;
            }
        }
        let held = |r: &mut ByteReader| read_held(r, lease_end);
        let (breaker, rollup) = (r.option_of(held)?, r.option_of(held)?);
        let limits = r.u32();
        let known = self.policy.services[service as usize].limits.len();
        let placed = |i: usize| limits & (1 << i) == 0 || cells[s.limit_at[i].split] != NO_CELL;
        let exist = known >= 32 || limits >> known == 0;
        r.expect(exist && (0..known).all(placed), "a permit of limits that do not exist")?;
        let mut amounts = [0; MAX_UNITS];
        for a in &mut amounts {
            *a = r.u64();
        }
        let (attempt, begun, idempotent) = (r.u32(), r.instant(), r.bool());
        Ok(Permit {
            service,
            serial,
            granted,
            lease_end,
            slow_at,
            cells,
            breaker,
            rollup,
            limits,
            amounts,
            attempt,
            begun,
            idempotent,
            special: false,
        })
    }
    fn read_modes(&mut self, mut r: ByteReader) -> Read<()> {
        self.modes.document = read_mode(&mut r)?;
        for at in self.services_by_name() {
            let m = &mut self.modes.services[at];
            m.service = read_mode(&mut r)?;
            m.breaker = read_mode(&mut r)?;
            for l in &mut m.limits {
                *l = read_mode(&mut r)?;
            }
        }
        self.modes.settle(&self.policy, &mut self.services);
        r.finish()
    }
    fn read_gauges(&mut self, mut r: ByteReader) -> Read<()> {
        for _ in 0..r.count(20) {
            let name = r.string();
            let value = f64::from_bits(r.u64());
            r.expect(value.is_finite(), "a gauge that is not finite")?;
            self.keep_gauge(Gauge { name, value, at: r.instant() });
        }
        r.finish()
    }
}

/// Checks magic, checksum, format and policy; gives the sections and the seed.
fn open<'a>(policy: &Policy, bytes: &'a [u8]) -> Read<(ByteReader<'a>, u64)> {
    let mut r = ByteReader::new(bytes);
    let magic = r.take(4);
    r.expect(magic == MAGIC, "not a snapshot")?;
    let Some((body, sum)) = bytes.split_last_chunk::<4>() else { return Err(r.corrupt("the bytes end early")) };
    r.expect(crc32c(body) == u32::from_le_bytes(*sum), "the checksum does not match")?;
    let mut r = ByteReader::new(body);
    r.take(4);
    let format = r.u16();
    r.whole(())?;
    if format == 0 || format > FORMAT {
        let message = format_args!("format {format}, newest known is {FORMAT}");
        return Err(Fault::at(Code::SnapshotVersion, "", message));
    }
    let hash = r.u64();
    if r.whole(hash)? != policy.hash {
        return Err(Fault::at(Code::SnapshotPolicy, "", format_args!("taken under another policy document")));
    }
    let seed = r.u64();
    Ok((r, seed))
}

fn claim(r: &ByteReader, taken: &mut [bool], slot: u32) -> Read<()> {
    match taken.get_mut(slot as usize) {
        Some(t) if !*t => {
            *t = true;
            Ok(())
        }
        _ => Err(r.corrupt("a slot that is taken twice")),
    }
}

fn read_u32s(r: &mut ByteReader) -> Read<Vec<u32>> {
    let n = r.count(4);
    Ok((0..n).map(|_| r.u32()).collect())
}

fn read_key(r: &mut ByteReader, keys: &[KeyId]) -> Read<Option<KeyId>> {
    match r.u32() {
        NOTHING => Ok(None),
        at => keys.get(at as usize).copied().map(Some).ok_or_else(|| r.corrupt("a key that is not listed")),
    }
}

fn read_held(r: &mut ByteReader, lease_end: Instant) -> Read<Held> {
    let generation = r.u32();
    let probe = r.option(ByteReader::instant);
    r.expect(probe.is_none_or(|end| end == lease_end), "a probe whose lease is not its permit's")?;
    let mut held = Held::new(generation, probe.is_some());
    held.set_crossed(r.option(ByteReader::u64).map(Stamp::from_bits));
    Ok(held)
}

fn read_mode(r: &mut ByteReader) -> Read<Option<Mode>> {
    Ok(match r.u8() {
        0 => None,
        1 => Some(Mode::Enforce),
        2 => Some(Mode::Shadow),
        3 => Some(Mode::Off),
        _ => return Err(r.corrupt("an unknown mode")),
    })
}
