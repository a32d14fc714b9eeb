//! Names of tenants, users and addresses: interned, found again, and let go when they rest.
use crate::base::error::{Code, Fault};
use crate::base::hash::{hash_parts, stable};
use crate::base::key::{KeyError, KeyId, Keys};
use crate::base::time::Instant;
use crate::engine::{Call, Effect, Engine, Key};
use crate::gate::rule::{MAX_KEYS, Mode};
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;

/// What stands on the wire for a key that there was no room to intern.
pub(crate) const NO_ROOM: u64 = (1 << 53) - 1;

impl Engine {
    /// Interns a key. At the cap a resting key makes room; with none, the answer is [`Key::NoRoom`] and calls that carry it
    /// are refused as `keys_exhausted`. Errors: `key_empty`, `key_too_long`.
    pub fn key(&mut self, name: &str, at: Instant) -> Result<Key, Fault> {
        self.tidy = false;
        let key = self.find_or_intern(name, at)?;
        if let Key::Id(id) = key {
            // a call may carry as many: they must not make room for each other
            if self.spared.len() >= MAX_KEYS {
                self.spared.remove(0);
            }
            self.spared.push(id);
        }
        Ok(key)
    }
    fn find_or_intern(&mut self, name: &str, at: Instant) -> Result<Key, Fault> {
        if let Some(id) = self.keys.find(name) {
            return Ok(Key::Id(id));
        }
        let now = self.clock.inside(at).max(self.now());
        if self.keys.len() >= self.keys.cap() {
            // what is due by now may let a key rest
            self.start_effects();
            self.run_due(now);
        }
        loop {
            match self.keys.intern(name) {
                Ok(id) => {
                    self.keys.file(id, now);
                    return Ok(Key::Id(id));
                }
                Err(KeyError::Full) if self.evict_one(now) => {}
                Err(KeyError::Full) => return Ok(Key::NoRoom),
                Err(KeyError::Bad(code)) => {
                    return Err(Fault::at(code, "key", format_args!("a key of {} bytes", name.len())));
                }
            }
        }
    }
    /// Tells this engine from the one before it: key handles of that one are stale here, permits granted since the snapshot unknown.
    pub(crate) fn renew(&mut self, at: Instant) {
        let now = self.now();
        let salt = |n| hash_parts(self.seed, &[now.micros() as u64, at.micros() as u64, n]);
        self.permits.renew(salt(2));
        self.keys.renew(salt(1), now);
    }
    /// Goes on alone: a copy of an engine whose other copies go on too draws otherwise from here, and its permits and key handles
    /// are its own. Permits that the copied engine had granted keep their numbers.
    pub fn go_alone(&mut self, seed: u64, at: Instant) {
        self.seed = seed;
        self.renew(at);
    }
    /// The number of a key for the host; 0 is none.
    pub fn key_handle(&self, key: Key) -> u64 {
        match key {
            Key::Absent | Key::New(_) => 0,
            Key::NoRoom => NO_ROOM,
            Key::Id(id) => self.keys.handle(id),
        }
    }
    /// The key of a number. Errors: `stale_handle`.
    #[inline]
    pub fn key_of(&self, handle: u64) -> Result<Key, Fault> {
        match handle {
            0 => Ok(Key::Absent),
            NO_ROOM => Ok(Key::NoRoom),
            _ => self
                .keys
                .resolve(handle)
                .map(Key::Id)
                .map_err(|code| Fault::at(code, "keys", format_args!("{handle} names no key of now"))),
        }
    }
    /// The key of a split for this call; `Absent` only where no rule of the split is in force.
    /// The caller has spared the call's keys; the key found is spared too.
    /// Without `make` a key of several that nobody has carried yet is not interned.
    pub(super) fn split_key(
        &mut self,
        service: usize,
        split: usize,
        keys: &[Key; MAX_KEYS],
        make: bool,
    ) -> Result<Key, Fault> {
        let per = &self.services[service].splits[split].per;
        if let [one] = per.as_slice() {
            let key = keys[*one as usize];
            return if key == Key::Absent { self.absent(service, split, *one) } else { Ok(key) };
        }
        if let Some(missing) = per.iter().find(|name| keys[**name as usize] == Key::Absent) {
            return self.absent(service, split, *missing);
        }
        let mut parts = [KeyId::default(); MAX_KEYS];
        let n = per.len();
        for (part, name) in parts.iter_mut().zip(per) {
            match keys[*name as usize] {
                Key::Id(id) => *part = id,
                other => return Ok(other),
            }
        }
        if make { self.group(&parts[..n]) } else { Ok(self.keys.find_group(&parts[..n]).map_or(Key::New(0), Key::Id)) }
    }
    /// The key of a name for a peek; interns nothing.
    pub fn look_up(&self, name: &str) -> Key {
        self.keys.find(name).map_or(Key::New(stable(name.as_bytes())), Key::Id)
    }
    fn group(&mut self, parts: &[KeyId]) -> Result<Key, Fault> {
        if let Some(id) = self.keys.find_group(parts) {
            self.spared.push(id);
            return Ok(Key::Id(id));
        }
        let now = self.now();
        loop {
            match self.keys.intern_group(parts) {
                Ok(id) => {
                    self.keys.file(id, now);
                    self.spared.push(id);
                    return Ok(Key::Id(id));
                }
                Err(KeyError::Full) if self.evict_one(now) => {}
                Err(_) => return Ok(Key::NoRoom),
            }
        }
    }
    fn absent(&self, service: usize, split: usize, name: u8) -> Result<Key, Fault> {
        let (s, m) = (&self.services[service].splits[split], &self.modes.services[service]);
        let active = (s.has_breaker && m.breaker_now != Mode::Off)
            || s.limits.iter().any(|l| m.limits_now[*l as usize] != Mode::Off);
        if !active {
            return Ok(Key::Absent);
        }
        let name = self.policy.key_names.get(name as usize).map_or("", |n| n.as_str());
        let service = &self.policy.services[service].name;
        Err(Fault::at(
            Code::KeyRequired,
            &format!("keys.{name}"),
            format_args!("`{service}` has a rule for each `{name}`"),
        ))
    }
    /// Lets one resting key go. Each key that has moved since it was filed is filed anew, which its own calls have paid for.
    fn evict_one(&mut self, now: Instant) -> bool {
        let mut passed = Vec::new();
        let mut found = false;
        while let Some(id) = self.keys.pop_due(now) {
            if self.spared.contains(&id) {
                passed.push(id);
                continue;
            }
            let rest = self.rests_at(id, now);
            if rest <= now {
                self.drop_key(id);
                found = true;
                break;
            }
            let again = if rest.is_never() { now + self.policy.keys.forget } else { rest };
            self.keys.file(id, again);
            self.park(id);
        }
        passed.into_iter().for_each(|id| self.keys.file(id, now));
        found
    }
    /// The keys of the call at hand never make room for each other.
    pub(crate) fn spare(&mut self, keys: &[Key]) {
        self.spared.clear();
        self.spared.extend(keys.iter().filter_map(|key| match key {
            Key::Id(id) => Some(*id),
            _ => None,
        }));
    }
    /// The entry of a key is filed ahead: whatever may let it rest earlier takes it up again, see [`Split::unpark`].
    fn park(&mut self, id: KeyId) {
        for split in self.services.iter_mut().flat_map(|s| s.splits.iter_mut()).filter(|split| split.is_keyed()) {
            if let Some(cell) = split.find(Some(id)) {
                split.cells[cell as usize].park();
            }
        }
    }
    fn rests_at(&self, id: KeyId, now: Instant) -> Instant {
        if self.keys.is_pinned(id) {
            return Instant::NEVER;
        }
        let forget = self.policy.keys.forget;
        let mut rest = Instant::EPOCH;
        for (s, p) in self.services.iter().zip(&self.policy.services) {
            for split in s.splits.iter().filter(|split| split.is_keyed()) {
                let Some(cell) = split.find(Some(id)) else { continue };
                rest = rest.max(split.rests_at(cell, p, now, forget));
                if let (true, Some(rollup), Some(b)) = (split.has_breaker, &s.rollup, &p.breaker) {
                    rest = rest.max(rollup.members.leaves_at(cell, b.span()));
                }
            }
        }
        rest
    }
    fn drop_key(&mut self, id: KeyId) {
        self.keep_name(id);
        self.void_written(id);
        for at in 0..self.services.len() {
            for split in 0..self.services[at].splits.len() {
                let Some(cell) = self.services[at].splits[split].find(Some(id)) else { continue };
                if self.services[at].splits[split].has_breaker {
                    let due = self.services[at].splits[split].breakers[cell as usize].next_due();
                    self.refile(at as u32, cell, due, None);
                    let closed = self.services[at].splits[split].is_closed(cell);
                    if !closed {
                        self.services[at].splits[split].tripped -= 1;
                    }
                    if let Some(rollup) = self.services[at].rollup.as_mut() {
                        rollup.members.remove(cell);
                    }
                }
                self.services[at].splits[split].close(cell);
            }
        }
        self.keys.remove(id);
    }
    /// An effect that is not told yet goes on naming its key, also when the index has gone to another one.
    fn keep_name(&mut self, id: KeyId) {
        let alias = KeyId(u32::MAX - self.departed.len() as u32);
        let named = self.effects.iter_mut().filter_map(Effect::key_mut).filter(|key| **key == id);
        if named.map(|key| *key = alias).count() > 0 {
            self.departed.push(self.keys.shown(id).into_owned());
        }
    }
    /// The name of a key as an output shows it; parts of a composite one are joined by commas.
    pub fn key_name(&self, id: KeyId) -> Cow<'_, str> {
        match self.departed.get((u32::MAX - id.0) as usize) {
            Some(name) => Cow::Borrowed(name),
            None => self.keys.shown(id),
        }
    }
    /// Decides to which share of keys a call belongs; a call without a key belongs to all.
    pub(super) fn share_hash(&self, call: &Call) -> u64 {
        let service = self.services[call.service as usize].hash;
        key_hash(&self.keys, call).map_or(0, |key| hash_parts(0, &[service, key]))
    }
}

/// The hash of the first key that a call carries.
pub(super) fn key_hash(keys: &Keys, call: &Call) -> Option<u64> {
    call.keys.iter().find_map(|k| match k {
        Key::Id(id) => Some(keys.hash(*id)),
        Key::New(hash) => Some(*hash),
        _ => None,
    })
}
