//! What a service has been through, counted for reports.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::call::Outcome;
use crate::engine::output::{REFUSALS, RefusalCode};
use crate::measure::histogram::Histogram;

/// Counters and latencies of one service.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Meter {
    /// Admits evaluated and granted.
    pub(crate) granted: u64,
    /// Settled, by outcome.
    pub(crate) outcomes: [u64; 6],
    /// Refused, by reason.
    pub(crate) refused: [u64; REFUSALS.len()],
    /// Would have been refused, had the rule not been in shadow; by reason.
    pub(crate) would_refuse: [u64; REFUSALS.len()],
    /// Permits that were never settled.
    pub(crate) expired: u64,
    /// Outcomes that came too late to count.
    pub(crate) late: u64,
    /// Retries advised.
    pub(crate) retries: u64,
    /// How long calls took.
    pub(crate) latency: Histogram,
}

impl Meter {
    pub(super) fn refuse(&mut self, code: RefusalCode) {
        self.refused[code as usize] += 1;
    }
    pub(super) fn shadow(&mut self, code: RefusalCode) {
        self.would_refuse[code as usize] += 1;
    }
    #[inline]
    pub(super) fn settle(&mut self, outcome: Outcome) {
        self.outcomes[outcome as usize] += 1;
    }
    pub(super) fn write(&self, w: &mut ByteWriter) {
        w.u64(self.granted);
        let counters = self.outcomes.iter().chain(&self.refused).chain(&self.would_refuse);
        counters.chain([&self.expired, &self.late, &self.retries]).for_each(|n| w.u64(*n));
        self.latency.write(w);
    }
    pub(super) fn read(r: &mut ByteReader) -> Result<Meter, Fault> {
        let mut m = Meter { granted: r.u64(), ..Meter::default() };
        for n in m.outcomes.iter_mut().chain(&mut m.refused).chain(&mut m.would_refuse) {
            *n = r.u64();
        }
        for n in [&mut m.expired, &mut m.late, &mut m.retries] {
            *n = r.u64();
        }
        let counters = m.outcomes.iter().chain(&m.refused).chain(&m.would_refuse);
        let most = counters.chain([&m.granted, &m.expired, &m.late, &m.retries]).max();
        r.expect(most.is_none_or(|n| *n < 1 << 62), "a counter out of range")?;
        m.latency = Histogram::read(r)?;
        Ok(m)
    }
}
