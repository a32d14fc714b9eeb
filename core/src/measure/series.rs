//! The latest readings of something, oldest first, in bounded memory.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::Instant;
use alloc::collections::VecDeque;

/// A ring of readings. Memory: 16 bytes a reading, grown as they come, never more than `cap` of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    cap: usize,
    ring: VecDeque<(Instant, i64)>,
}

impl Series {
    /// An empty series of at most `cap` readings (at least 1).
    pub fn new(cap: usize) -> Self {
        Series { cap: cap.max(1), ring: VecDeque::new() }
    }
    /// Enters a reading; the oldest leaves when the series is full. One older than the latest is taken at the latest's instant.
    pub fn push(&mut self, at: Instant, value: i64) {
        let at = self.last().map_or(at, |(last, _)| last.max(at));
        while self.ring.len() >= self.cap {
            self.ring.pop_front();
        }
        self.ring.push_back((at, value));
    }
    /// The latest reading.
    pub fn last(&self) -> Option<(Instant, i64)> {
        self.ring.back().copied()
    }
    /// All readings, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (Instant, i64)> + '_ {
        self.ring.iter().copied()
    }
    /// The readings at or after an instant, oldest first.
    pub fn since(&self, from: Instant) -> impl DoubleEndedIterator<Item = (Instant, i64)> + '_ {
        let start = self.ring.partition_point(|(at, _)| *at < from);
        self.ring.range(start..).copied()
    }
    /// How many readings.
    pub fn len(&self) -> usize {
        self.ring.len()
    }
    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }
    /// Writes the readings; the bound belongs to the policy.
    pub fn write(&self, w: &mut ByteWriter) {
        w.count(self.ring.len());
        for (at, value) in &self.ring {
            w.instant(*at);
            w.i64(*value);
        }
    }
    /// Reads what [`Series::write`] wrote. Errors: `snapshot_corrupt`.
    pub fn read(cap: usize, r: &mut ByteReader) -> Result<Series, Fault> {
        let mut out = Series::new(cap);
        let n = r.count(16);
        r.expect(n <= out.cap, "more readings than the series holds")?;
        for _ in 0..n {
            let (at, value) = (r.instant(), r.i64());
            r.expect(out.last().is_none_or(|(last, _)| last <= at), "readings out of order")?;
            out.ring.push_back((at, value));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn the_oldest_leaves_and_time_does_not_go_back() {
        let mut s = Series::new(3);
        for (ms, v) in [(1, 10), (2, 20), (5, 50), (4, 40)] {
            s.push(Instant::from_millis(ms), v);
        }
        let all: Vec<_> = s.iter().map(|(at, v)| (at.micros() / 1000, v)).collect();
        assert_eq!(all, [(2, 20), (5, 50), (5, 40)]);
        assert_eq!(s.since(Instant::from_millis(3)).count(), 2);
        assert_eq!((s.len(), s.last()), (3, Some((Instant::from_millis(5), 40))));
        let mut w = ByteWriter::default();
        s.write(&mut w);
        assert_eq!(Series::read(3, &mut ByteReader::new(w.as_slice())), Ok(s));
        assert!(Series::read(2, &mut ByteReader::new(w.as_slice())).is_err());
    }
}
