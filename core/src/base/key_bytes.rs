//! The interner in a snapshot: keys by name, with their indices and generations, so that handles and per-key tables stay valid.
use super::*;
use crate::base::bytes::{ByteReader, ByteWriter};

impl Keys {
    /// Writes every key, the vacant indices and the rest queue; equal keys give equal bytes.
    pub fn write(&self, w: &mut ByteWriter) {
        let ids = self.sorted();
        w.count(ids.len());
        for id in &ids {
            let Some(slot) = self.slot(*id) else { continue };
            w.u32(id.0);
            w.u32(slot.generation);
            match slot.label.text() {
                Some(name) => {
                    w.u8(0);
                    w.str(name);
                }
                None => {
                    w.u8(slot.label.parts().len() as u8);
                    slot.label.parts().iter().for_each(|part| w.u32(part.0));
                }
            }
        }
        w.count(self.free.len());
        for index in &self.free {
            w.u32(*index);
            w.u32(self.slots.get(*index as usize).map_or(1, |slot| slot.generation));
        }
        let mut rests = self.live_rests();
        rests.dedup_by_key(|rest| rest.id);
        w.count(rests.len());
        for rest in rests {
            w.u32(rest.id.0);
            w.instant(rest.bound);
        }
    }
    /// Reads what [`Keys::write`] wrote. Holders pin again. Errors: `snapshot_corrupt`.
    pub fn read(cap: usize, seed: u64, r: &mut ByteReader) -> Result<Keys, Fault> {
        let mut keys = Keys::new(cap, seed);
        let live = r.count(10)?;
        r.expect(live <= keys.cap, "more keys than the cap")?;
        let mut entries = Vec::with_capacity(live);
        for _ in 0..live {
            entries.push(read_entry(r)?);
        }
        let vacant = r.count(8)?;
        r.expect(live + vacant <= MAX_CAP, "more indices than there can be")?;
        let nothing = Slot { label: Label::Vacant, hash: 0, generation: 0, pins: 0 };
        keys.slots = alloc::vec![nothing; live + vacant];
        for _ in 0..vacant {
            let (index, generation) = (r.u32()?, r.u32()?);
            keys.claim(index, generation, Label::Vacant, r)?;
            keys.free.push(index);
        }
        // plain keys first: a group needs its parts
        let (plain, groups): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(|e| e.label.parts().is_empty());
        for e in plain.into_iter().chain(groups) {
            keys.restore(e, r)?;
        }
        for _ in 0..r.count(12)? {
            let (id, bound) = (KeyId(r.u32()?), r.instant()?);
            let fresh = keys.slot(id).is_some_and(|slot| slot.pins & FILED == 0);
            r.expect(fresh, "a queue entry without its key")?;
            keys.file(id, bound);
        }
        Ok(keys)
    }
    fn claim(&mut self, index: u32, generation: u32, label: Label, r: &ByteReader) -> Result<(), Fault> {
        r.expect((1..GENERATIONS).contains(&generation), "a generation out of range")?;
        let slot = self.slots.get_mut(index as usize).filter(|slot| slot.generation == 0);
        let Some(slot) = slot else { return Err(r.corrupt("an index used twice or out of range")) };
        *slot = Slot { label, hash: 0, generation, pins: 0 };
        Ok(())
    }
    fn restore(&mut self, entry: Entry, r: &ByteReader) -> Result<(), Fault> {
        let label = entry.label;
        let mut hashes = [0; MAX_PARTS];
        for (hash, part) in hashes.iter_mut().zip(label.parts()) {
            let part = self.slot(*part).filter(|slot| slot.label.parts().is_empty());
            let Some(slot) = part else { return Err(r.corrupt("a group without its parts")) };
            *hash = slot.hash;
        }
        let known = match label.text() {
            Some(name) => self.find(name),
            None => self.find_group(label.parts()),
        };
        r.expect(known.is_none(), "a key that stands twice")?;
        let hash = match label.bytes() {
            Some(bytes) => stable(bytes),
            None => hash_parts(0, hashes.get(..label.parts().len()).unwrap_or_default()),
        };
        self.claim(entry.index, entry.generation, label.clone(), r)?;
        if let Some(slot) = self.slots.get_mut(entry.index as usize) {
            slot.hash = hash;
        }
        label.parts().iter().for_each(|part| self.pin(*part));
        let (slots, seed) = (&self.slots, self.seed);
        self.table.insert_unique(place(seed, &label), entry.index, |at| {
            slots.get(*at as usize).map_or(0, |s| place_of(seed, s))
        });
        Ok(())
    }
}

struct Entry {
    index: u32,
    generation: u32,
    label: Label,
}

fn read_entry(r: &mut ByteReader) -> Result<Entry, Fault> {
    let (index, generation) = (r.u32()?, r.u32()?);
    let label = match usize::from(r.u8()?) {
        0 => {
            let name = r.str()?;
            r.expect((1..=MAX_KEY_BYTES).contains(&name.len()), "a key without a name or with one too long")?;
            Label::plain(name)
        }
        n @ 2..=MAX_PARTS => {
            let mut parts = Vec::with_capacity(n);
            for _ in 0..n {
                parts.push(KeyId(r.u32()?));
            }
            Label::group(&parts)
        }
        _ => return Err(r.corrupt("a group of too few or too many parts")),
    };
    Ok(Entry { index, generation, label })
}
