//! A running average that forgets: what a value has been lately.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::math;
use crate::base::time::{Instant, Span};

/// An exponentially weighted moving average by time: what lies one half-life back weighs half as much.
///
/// Unit: that of the values. The first value stands alone. Values at the same instant share the weight of one microsecond.
/// Formula: `mean ← mean + (x − mean) · (1 − 2^(−dt / half_life))`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ewma {
    half_life: Span,
    state: Option<(Instant, f64)>,
}

impl Ewma {
    /// An average without values. `half_life` is at least a microsecond.
    pub fn new(half_life: Span) -> Self {
        Ewma { half_life: half_life.max(Span::from_micros(1)), state: None }
    }
    /// Enters a value; one that is not finite is left out.
    pub fn record(&mut self, now: Instant, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.state = Some(match self.state {
            None => (now, value),
            Some((at, mean)) => {
                let dt = now.since(at).micros().max(1) as f64 / self.half_life.micros() as f64;
                (now.max(at), mean + (value - mean) * -math::exp_m1(-core::f64::consts::LN_2 * dt))
            }
        });
    }
    /// The average; `None` without values.
    pub fn value(&self) -> Option<f64> {
        self.state.map(|(_, mean)| mean)
    }
    /// When the latest value came.
    pub fn last(&self) -> Option<Instant> {
        self.state.map(|(at, _)| at)
    }
    /// Writes the average; the half-life belongs to the policy.
    pub fn write(&self, w: &mut ByteWriter) {
        w.option(self.state, |w, (at, mean)| {
            w.instant(at);
            w.u64(mean.to_bits());
        });
    }
    /// Reads what [`Ewma::write`] wrote. Errors: `snapshot_corrupt`.
    pub fn read(half_life: Span, r: &mut ByteReader) -> Result<Ewma, Fault> {
        let state = r.option(|r| (r.instant(), f64::from_bits(r.u64())));
        r.expect(state.is_none_or(|(_, mean)| mean.is_finite()), "an average that is not finite")?;
        Ok(Ewma { state, ..Ewma::new(half_life) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_half_life_back_weighs_half() {
        let mut e = Ewma::new(Span::from_secs(10));
        assert_eq!(e.value(), None);
        e.record(Instant::from_millis(0), 0.0);
        e.record(Instant::from_millis(10_000), 1.0);
        assert_eq!(e.value(), Some(0.5));
        e.record(Instant::from_millis(30_000), 0.5);
        assert_eq!(e.value(), Some(0.5));
        e.record(Instant::from_millis(40_000), f64::NAN);
        assert_eq!(e.last(), Some(Instant::from_millis(30_000)));
    }
    #[test]
    fn the_bits_are_pinned() {
        let mut e = Ewma::new(Span::from_secs(7));
        for n in 0..50i64 {
            e.record(Instant::from_millis(n * 1_234), (n % 7) as f64);
        }
        assert_eq!(e.value().map(f64::to_bits), Some(0x4008_987d_4ee2_5342));
        let mut w = ByteWriter::default();
        e.write(&mut w);
        assert_eq!(Ewma::read(Span::from_secs(7), &mut ByteReader::new(w.as_slice())), Ok(e));
    }
}
