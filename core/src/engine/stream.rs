//! A snapshot in parts, each short: no call waits for the state of a hundred thousand keys to be written.
//!
//! Cells are written a thousand at a time. One that changes afterwards is written again, so that the last part tells the state at
//! its own instant, as a snapshot taken then would. Parts stand one after the other, in a file or in memory; what counts is the
//! last run that is complete: one that was cut off, is damaged or is of a newer format does no harm to those before and after it.
use crate::base::bytes::{ByteReader, ByteWriter, Checksum, crc32c};
use crate::base::error::{Code, Fault};
use crate::base::key::KeyId;
use crate::base::time::Instant;
use crate::engine::Engine;
use crate::engine::restore::Read;
use crate::engine::snapshot::write_state;
use crate::gate::rule::MAX_KEYS;
use crate::policy::Policy;
use alloc::vec;
use alloc::vec::Vec;

/// What a part begins with.
pub(super) const PART: [u8; 4] = *b"BRWP";
const FORMAT: u16 = 1;
/// Cells written in one part of the first round; as many more in each round, so that it gains on calls that keep changing cells.
const CELLS: usize = 1000;
/// Cells looked at in one part of the first round, and as many more in each.
const LOOKS: usize = 50_000;
/// How often cells that keep changing are written again before the last part takes what is left.
const ROUNDS: u32 = 8;
/// How many times the length of the bytes is read at most in places that only look like a part: time is bounded for hostile ones.
const LOOKED: usize = 16;

/// Where a snapshot in parts stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    part: u32,
    round: u32,
    service: usize,
    split: usize,
    cell: usize,
    /// Keys that were let go since the latest part, as a record names them: what was written of them is void.
    gone: ByteWriter,
    gone_keys: usize,
}

/// One cell's place among services and splits.
type Place = (usize, usize, u32);
/// A member of a roll-up: service, when it was seen, its cell, how its latest outcome was.
type Member = (usize, Instant, u32, Option<bool>);

impl Engine {
    /// The next part of a snapshot; empty after the last. `first` begins a new one. The parts one after the other are what
    /// [`Engine::restore`] takes. A reload in between begins a new run by itself.
    ///
    /// Parts: with `n` cells (one a key and set of key names), at most `3 × n / 1000 + 10`, whatever calls come in between.
    ///
    /// Cost: a part of the first round writes at most 1,000 cells and looks at 50,000. What changed meanwhile is written again in at
    /// most eight more rounds, whose parts are longer by as much each, until 1,000 changed cells are left. The last part writes
    /// these, the cells of calls in flight (65,536 at most) and what belongs to no key. Where more than 1,000 cells change between
    /// one part and the next, it writes about as many as do; where more than 9,000 do, what changed in the last round. `first`, and
    /// the end of a round, also look at every cell once (some nanoseconds each).
    #[inline(never)]
    pub fn snapshot_part(&mut self, first: bool) -> Vec<u8> {
        let mut at = match self.stream.take() {
            _ if first => self.begin_stream(),
            Some(at) => at,
            None => return Vec::new(),
        };
        if first && self.dirty() <= CELLS {
            return self.last_part(0, |w| w.count(0));
        }
        let part = at.part;
        at.part += 1;
        let (gone_keys, gone) = (core::mem::take(&mut at.gone_keys), core::mem::take(&mut at.gone));
        let write_gone = |w: &mut ByteWriter| {
            w.count(gone_keys);
            w.raw(gone.as_slice());
        };
        let Some(cells) = self.next_dirty(&mut at) else { return self.last_part(part, write_gone) };
        let bytes = self.part(part, false, |engine, w| {
            write_gone(w);
            w.count(cells.len());
            cells.iter().for_each(|place| engine.write_record(w, *place));
        });
        self.stream = Some(at);
        bytes
    }
    /// A key is let go while a snapshot is under way: no later part writes its cells.
    pub(super) fn void_written(&mut self, id: KeyId) {
        let Some(mut at) = self.stream.take() else { return };
        self.write_name(&mut at.gone, id);
        at.gone_keys += 1;
        // as many as there can be keys: nobody seems to ask for more parts
        let too_many = at.gone_keys > self.keys.cap().max(LOOKS);
        self.stream = Some(if too_many { self.begin_stream() } else { at });
    }
    /// Cells are other ones after a reload: what was written of them is void.
    pub(super) fn restart_stream(&mut self) {
        if self.stream.is_some() {
            self.stream = Some(self.begin_stream());
        }
    }
    /// Every cell is to be written.
    fn begin_stream(&mut self) -> Stream {
        let splits = self.services.iter_mut().flat_map(|s| &mut s.splits).filter(|split| split.is_keyed());
        splits.flat_map(|split| &mut split.cells).for_each(|c| c.set_dirty());
        Stream::default()
    }
    /// The next cells to be written, which are clean from now on; none where all that were looked at are clean. `None`: what is left
    /// is little.
    fn next_dirty(&mut self, at: &mut Stream) -> Option<Vec<Place>> {
        let mut found = Vec::new();
        let mut looks = 0;
        if (at.service, at.split, at.cell) == (0, 0, 0) && self.is_last(at) {
            return None;
        }
        let step = 1 + at.round as usize;
        while found.len() < CELLS * step && looks < LOOKS * step {
            let Some(s) = self.services.get_mut(at.service) else {
                (at.service, at.split, at.cell, at.round) = (0, 0, 0, at.round + 1);
                // The next part begins with the question whether little enough is left.
                break;
            };
            let Some(split) = s.splits.get_mut(at.split) else {
                (at.service, at.split, at.cell) = (at.service + 1, 0, 0);
                continue;
            };
            let Some(c) = split.cells.get_mut(at.cell).filter(|_| !split.per.is_empty()) else {
                (at.split, at.cell) = (at.split + 1, 0);
                continue;
            };
            if c.is_dirty() {
                c.set_clean();
                found.push((at.service, at.split, at.cell as u32));
            }
            looks += 1;
            at.cell += 1;
        }
        Some(found)
    }
    /// After a whole round: is what changed since so little, or does so much keep changing, that the last part takes the rest?
    fn is_last(&self, at: &Stream) -> bool {
        at.round > 0 && (self.dirty() <= CELLS || at.round > ROUNDS)
    }
    fn dirty(&self) -> usize {
        let splits = self.services.iter().flat_map(|s| &s.splits).filter(|split| split.is_keyed());
        splits.map(|split| split.cells.iter().filter(|c| c.is_dirty()).count()).sum()
    }
    /// Everything that belongs to no key, the calls in flight, and the cells that have just changed: an engine of its own.
    fn last_part(&mut self, part: u32, write_gone: impl FnOnce(&mut ByteWriter)) -> Vec<u8> {
        let mut order: Vec<KeyId> = Vec::new();
        for s in &self.services {
            for split in s.splits.iter().filter(|split| split.is_keyed()) {
                let changed = split.cells.iter().filter(|c| c.is_dirty() || c.live() > 0);
                order.extend(changed.filter_map(|c| c.key()));
            }
        }
        let parts: Vec<KeyId> = order.iter().flat_map(|id| self.keys.parts(*id).iter().copied()).collect();
        order.extend(parts);
        crate::base::order::sort_by_cached_key(&mut order, |id| (self.keys.name(*id).into_owned(), *id));
        order.dedup();
        self.part(part, true, |engine, w| {
            write_gone(w);
            w.bytes(&engine.image(order));
        })
    }
    fn part(&self, part: u32, last: bool, write: impl FnOnce(&Engine, &mut ByteWriter)) -> Vec<u8> {
        let mut w = ByteWriter::default();
        w.raw(&PART);
        w.u16(FORMAT);
        w.u32(part);
        w.bool(last);
        w.section(0, 1, |w| {
            w.u64(self.policy.hash);
            write(self, w);
        });
        let sum = crc32c(w.as_slice());
        w.u32(sum);
        w.into_vec()
    }
    fn write_name(&self, w: &mut ByteWriter, key: KeyId) {
        let parts = self.keys.parts(key);
        w.u8(parts.len() as u8);
        match parts {
            [] => w.str(&self.keys.name(key)),
            parts => parts.iter().for_each(|part| w.str(&self.keys.name(*part))),
        }
    }
    fn write_record(&self, w: &mut ByteWriter, (service, split, cell): Place) {
        let (s, p) = (&self.services[service], &self.policy.services[service]);
        let of = &s.splits[split];
        w.str(&p.name);
        w.u8(split as u8);
        self.write_name(w, of.cells[cell as usize].key().unwrap_or_default());
        w.section(0, 1, |w| {
            write_state(w, of, p, cell);
            let member = s.rollup.as_ref().filter(|_| of.has_breaker).and_then(|r| r.members.seen_at(cell));
            w.option(member, |w, (seen, failed)| {
                w.instant(seen);
                w.option(failed, ByteWriter::bool);
            });
        });
    }

    /// Goes on from the parts of the last run that is complete.
    #[inline(never)]
    pub(super) fn restore_parts(policy: Policy, bytes: &[u8]) -> Result<Engine, Vec<Fault>> {
        let (parts, mut last) = read_parts(&policy, bytes).map_err(|f| vec![f])?;
        let mut gone = Vec::new();
        let image = read_gone(&mut last, parts.len(), &mut gone).map(|()| last.bytes()).map_err(|f| vec![f])?;
        last.finish().map_err(|f| vec![f])?;
        let mut engine = Engine::restore_image(policy, image)?;
        engine.add_cells(parts, gone).map_err(|f| vec![f])?;
        Ok(engine)
    }
    /// What was written last counts: the image first, then the parts from the last to the first. A key that was let go is not in
    /// the parts before.
    fn add_cells<'a>(&mut self, mut parts: Vec<ByteReader<'a>>, mut gone: Vec<Gone<'a>>) -> Read<()> {
        for (at, r) in parts.iter_mut().enumerate() {
            read_gone(r, at, &mut gone)?;
        }
        crate::base::order::sort_by(&mut gone, Ord::cmp);
        let cap = self.keys.cap();
        self.keys.set_cap(usize::MAX);
        let mut members: Vec<Member> = Vec::new();
        for (part, mut r) in parts.into_iter().enumerate().rev() {
            for _ in 0..r.count(12) {
                self.read_record(&mut r, part, &gone, &mut members)?;
            }
            r.finish()?;
        }
        self.keys.set_cap(cap);
        self.join_members(members);
        self.floor = Instant::EPOCH;
        Ok(())
    }
    fn read_record(&mut self, r: &mut ByteReader, part: usize, gone: &[Gone], members: &mut Vec<Member>) -> Read<()> {
        let service = r.str();
        let at = self.policy.services.iter().position(|p| p.name == service);
        let at = at.ok_or_else(|| r.corrupt("a cell of no service"))?;
        let split = usize::from(r.u8());
        let keyed = self.services[at].splits.get(split).is_some_and(|split| split.is_keyed());
        r.expect(keyed, "a cell of no rule")?;
        let name = read_name(r)?;
        let mut r = r.section().body;
        // let go after this part was written?
        let later = gone.partition_point(|(other, at)| (other, *at) <= (&name, part));
        if gone.get(later).is_some_and(|(other, _)| *other == name) {
            return Ok(());
        }
        let key = self.intern_name(&name, &r)?;
        if self.services[at].splits[split].find(Some(key)).is_some() {
            // an older writing of it
            return Ok(());
        }
        let cell = self.read_state(&mut r, at, split, Some(key))?;
        if let Some((seen, failed)) = r.option(|r| (r.instant(), r.option(ByteReader::bool))) {
            members.push((at, seen, cell, failed));
        }
        r.finish()
    }
    fn intern_name(&mut self, name: &[&str], r: &ByteReader) -> Read<KeyId> {
        let mut ids = Vec::with_capacity(name.len());
        for part in name {
            let id = self.keys.intern(part).map_err(|_| r.corrupt("a key that cannot be interned"))?;
            self.keys.file(id, self.clock.now());
            ids.push(id);
        }
        let id = match ids.as_slice() {
            [one] => *one,
            parts => self.keys.intern_group(parts).map_err(|_| r.corrupt("a key that cannot be interned"))?,
        };
        self.keys.file(id, self.clock.now());
        Ok(id)
    }
    /// The roll-ups see their members in the order in which they were seen.
    fn join_members(&mut self, mut members: Vec<Member>) {
        for (at, s) in self.services.iter().enumerate() {
            let image = s.rollup.iter().flat_map(|r| r.members.in_order());
            members.extend(image.map(|(cell, seen, failed)| (at, seen, cell, failed)));
        }
        crate::base::order::sort_by_key(&mut members, |m| (m.0, m.1));
        for s in &mut self.services {
            let breakers = s.breaker_at as usize;
            let Some(r) = s.rollup.as_mut() else { continue };
            r.members.clear();
            for cell in s.splits[breakers].used() {
                r.members.mark(cell, s.splits[breakers].is_open_above(cell));
            }
        }
        for (at, seen, cell, failed) in members {
            if let Some(r) = self.services[at].rollup.as_mut() {
                r.members.touch(cell, seen, failed);
            }
        }
    }
}

/// A key as a record names it: one name, or those that it joins.
type Name<'a> = Vec<&'a str>;

fn read_name<'a>(r: &mut ByteReader<'a>) -> Read<Name<'a>> {
    let parts = r.u8();
    r.expect(usize::from(parts) <= MAX_KEYS, "too many parts in a key")?;
    Ok((0..parts.max(1)).map(|_| r.str()).collect())
}
/// A key that was let go before a part was written, and the part's place.
type Gone<'a> = (Name<'a>, usize);

/// The keys that were let go before a part was written.
fn read_gone<'a>(r: &mut ByteReader<'a>, part: usize, gone: &mut Vec<Gone<'a>>) -> Read<()> {
    for _ in 0..r.count(5) {
        gone.push((read_name(r)?, part));
    }
    Ok(())
}

/// The cells' parts and the last part of one run.
type Run<'a> = (Vec<ByteReader<'a>>, ByteReader<'a>);

/// The last run that is complete. A run that was cut off, has a gap or is of a newer format is passed over, before or after it.
fn read_parts<'a>(policy: &Policy, bytes: &'a [u8]) -> Read<Run<'a>> {
    let mut r = ByteReader::new(bytes);
    let mut run: Vec<ByteReader<'a>> = Vec::new();
    let check = Checksum::default();
    // broken: the parts that come belong to no run, up to the next first part
    let (mut complete, mut newer, mut broken, mut looked) = (None, None, true, 0);
    while r.remaining() > 0 && looked <= LOOKED * bytes.len() {
        let mut ahead = r.clone();
        let Ok(Part { part, last, body }) = read_part(&mut ahead, bytes, &check) else {
            looked += ahead.offset() - r.offset();
            r = after_damage(&r);
            broken = true;
            continue;
        };
        r = ahead;
        if part == 0 {
            run.clear();
            broken = false;
        }
        broken |= part as usize != run.len();
        match body {
            Err(fault) => (newer, broken) = (Some(fault), true),
            Ok(body) if !broken && last => (complete, broken) = (Some((core::mem::take(&mut run), body)), true),
            Ok(body) if !broken => run.push(body),
            Ok(_) => {}
        }
    }
    let (mut parts, mut last) =
        complete.ok_or_else(|| newer.unwrap_or_else(|| r.corrupt("no snapshot is complete")))?;
    for body in parts.iter_mut().chain([&mut last]) {
        let hash = body.u64();
        if body.whole(hash)? != policy.hash {
            return Err(Fault::at(Code::SnapshotPolicy, "", format_args!("taken under another policy document")));
        }
    }
    Ok((parts, last))
}
/// From the next place that looks like a part.
fn after_damage<'a>(r: &ByteReader<'a>) -> ByteReader<'a> {
    let mut r = r.clone();
    let _ = r.take(1);
    while r.remaining() > 0 && !r.begins_with(&PART) {
        let _ = r.take(1);
    }
    r
}

struct Part<'a> {
    part: u32,
    last: bool,
    /// A fault where it is of a newer format.
    body: Read<ByteReader<'a>>,
}

/// One part. `Err`: the bytes end, or are damaged.
fn read_part<'a>(r: &mut ByteReader<'a>, bytes: &'a [u8], check: &Checksum) -> Read<Part<'a>> {
    let start = r.offset();
    let begins = r.take(4) == PART;
    r.expect(begins, "not a part of a snapshot")?;
    let format = r.u16();
    let (part, last) = (r.u32(), r.bool());
    let body = r.section().body;
    let end = r.offset();
    let sum = r.u32();
    r.expect(bytes.get(start..end).is_some_and(|b| check.of(b) == sum), "the checksum does not match")?;
    let known = (1..=FORMAT).contains(&format);
    let body = known.then_some(body).ok_or_else(|| {
        let message = format_args!("format {format} of a part, newest known is {FORMAT}");
        Fault::at(Code::SnapshotVersion, "", message)
    });
    Ok(Part { part, last, body })
}
