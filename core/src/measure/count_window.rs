//! The last calls, however long ago: a ring of one byte a call.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::measure::window::{Sample, Stamp, Totals};
use alloc::collections::VecDeque;

const FAILURE: u8 = 1;
const SLOW: u8 = 2;
/// A call in flight that turned slow and has not settled.
const CROSSED: u8 = 4;
/// A place whose call was withdrawn; it counts nothing and takes no room of the window.
const VOID: u8 = 8;

fn packed(sample: Sample) -> u8 {
    u8::from(sample.failure) * FAILURE + u8::from(sample.slow) * SLOW
}

/// Counts over the latest `size` calls.
///
/// Cost: O(1) amortised. Memory: 72 bytes, and one byte a call, grown as calls come (at most twice `size`, and only when calls are withdrawn).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct CountWindow {
    voids: u32,
    /// The sequence number of the first place in the ring; goes on through [`CountWindow::clear`], so that old stamps match nothing.
    first: u64,
    ring: VecDeque<u8>,
    totals: Totals,
}

impl CountWindow {
    fn add(&mut self, byte: u8, sign: bool) {
        let (f, s) = (u32::from(byte & FAILURE != 0), u32::from(byte & SLOW != 0));
        let (calls, crossed) = match byte {
            VOID => (0, 0),
            CROSSED => (0, 1),
            _ => (1, 0),
        };
        if sign {
            self.totals.add(calls, f, s, crossed);
        } else {
            self.totals.subtract(calls, f, s, crossed);
        }
    }
    fn drop_first(&mut self) {
        if let Some(byte) = self.ring.pop_front() {
            self.first += 1;
            self.voids -= u32::from(byte == VOID);
            self.add(byte, false);
        }
    }
    fn shrink_to(&mut self, size: u32) {
        while self.ring.len() as u64 > u64::from(size) + u64::from(self.voids.min(size)) {
            self.drop_first();
        }
        while self.ring.front() == Some(&VOID) {
            self.drop_first();
        }
    }
    fn push(&mut self, size: u32, byte: u8) -> Stamp {
        self.ring.push_back(byte);
        self.add(byte, true);
        self.shrink_to(size);
        Stamp::at(self.first + self.ring.len() as u64 - 1)
    }
    /// Enters a settled call.
    pub(super) fn record(&mut self, size: u32, sample: Sample) -> Stamp {
        self.push(size, packed(sample))
    }
    /// Enters a call in flight at the moment it turned slow.
    pub(super) fn cross(&mut self, size: u32) -> Stamp {
        self.push(size, CROSSED)
    }
    fn crossed_at(&mut self, stamp: Stamp) -> Option<&mut u8> {
        let at = stamp.position()?.checked_sub(self.first)?;
        self.ring.get_mut(usize::try_from(at).ok()?).filter(|byte| **byte == CROSSED)
    }
    /// Puts the outcome of a call that crossed in its place; false when it has left the window already.
    pub(super) fn fill(&mut self, stamp: Stamp, sample: Sample) -> bool {
        let Some(byte) = self.crossed_at(stamp) else { return false };
        *byte = packed(sample);
        self.add(CROSSED, false);
        self.add(packed(sample), true);
        true
    }
    /// Takes out a call that crossed; false when it has left the window already.
    pub(super) fn withdraw(&mut self, size: u32, stamp: Stamp) -> bool {
        let Some(byte) = self.crossed_at(stamp) else { return false };
        *byte = VOID;
        self.voids += 1;
        self.add(CROSSED, false);
        self.shrink_to(size);
        true
    }
    /// What counts.
    pub(super) fn totals(&self) -> Totals {
        self.totals
    }
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.first += self.ring.len() as u64;
        self.ring.clear();
        self.voids = 0;
        self.totals = Totals::default();
    }
    /// Moves the latest calls that fit into a window of another size; stamps stay valid.
    pub(super) fn carry_over(&self, into: &mut CountWindow, size: u32) {
        into.clone_from(self);
        into.shrink_to(size);
    }
    /// Every settled call, oldest first.
    pub(super) fn samples(&self) -> impl Iterator<Item = Sample> + '_ {
        let settled = self.ring.iter().filter(|byte| **byte & (CROSSED | VOID) == 0);
        settled.map(|byte| Sample { failure: byte & FAILURE != 0, slow: byte & SLOW != 0 })
    }
    /// Writes the ring.
    pub(super) fn write(&self, w: &mut ByteWriter) {
        w.u64(self.first);
        w.count(self.ring.len());
        self.ring.iter().for_each(|byte| w.u8(*byte));
    }
    /// Reads the ring of a window over `size` calls. Errors: `snapshot_corrupt`.
    pub(super) fn read(size: u32, r: &mut ByteReader) -> Result<CountWindow, Fault> {
        let first = r.u64();
        r.expect(first < 1 << 62, "a sequence number out of range")?;
        let bytes = r.bytes();
        let fits = bytes.len() as u64 <= 2 * u64::from(size) && bytes.iter().all(|b| matches!(b, 0..=4 | &VOID));
        r.expect(fits && bytes.first() != Some(&VOID), "a window of calls that does not add up")?;
        let voids = bytes.iter().filter(|b| **b == VOID).count() as u32;
        let mut out = CountWindow { first, voids, ring: bytes.iter().copied().collect(), totals: Totals::default() };
        for byte in bytes {
            out.add(*byte, true);
        }
        r.expect(out.totals.slow_basis() <= size, "more calls than the window holds")?;
        Ok(out)
    }
}
