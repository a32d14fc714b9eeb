//! A breaker as bytes, and a breaker under another policy.
use crate::base::bytes::{ByteReader, ByteWriter};
use crate::base::error::Fault;
use crate::base::time::Instant;
use crate::gate::breaker::policy::BreakerPolicy;
use crate::gate::breaker::probes::Probes;
use crate::gate::breaker::state::{Breaker, Phase, Recovery};
use crate::measure::window::Window;
use alloc::boxed::Box;
use alloc::collections::VecDeque;

const PHASES: [Phase; 5] = [Phase::Closed, Phase::Open, Phase::HalfOpen, Phase::ForcedOpen, Phase::Disabled];

impl Breaker {
    /// Writes the whole machine.
    pub fn write(&self, p: &BreakerPolicy, w: &mut ByteWriter) {
        w.u8(PHASES.iter().position(|p| *p == self.phase).unwrap_or(0) as u8);
        w.u32(self.generation);
        w.u32(self.attempt);
        w.u32(self.streak);
        w.instant(self.since);
        w.instant(self.until);
        let (window, calls) = self.ramped();
        w.u32(calls);
        w.u32(window);
        self.window.write(p.shape, w);
        w.option(self.probes(), |w, p| {
            w.u32(p.settled);
            w.u32(p.failed);
            w.u32(p.slow);
            w.u32(p.crossed);
            w.bool(p.tried);
            w.bool(p.idle);
            w.count(p.running.len());
            p.running.iter().for_each(|end| w.instant(*end));
        });
    }
    /// Reads a machine back. Errors: `snapshot_corrupt`, also for a state that no history leads to.
    pub fn read(r: &mut ByteReader, p: &BreakerPolicy) -> Result<Breaker, Fault> {
        let phase = PHASES.get(usize::from(r.u8())).copied().ok_or_else(|| r.corrupt("an unknown breaker state"))?;
        let (generation, attempt, streak) = (r.u32(), r.u32(), r.u32());
        let (since, until) = (r.instant(), r.instant());
        let (ramp_calls, ramp_window) = (r.u32(), r.u32());
        let window = Window::read(p.shape, r)?;
        let probes = r.option_of(|r| {
            let (settled, failed, slow, crossed) = (r.u32(), r.u32(), r.u32(), r.u32());
            let (tried, idle) = (r.bool(), r.bool());
            let n = r.count(8);
            let mut running = VecDeque::with_capacity(n);
            for _ in 0..n {
                running.push_back(r.instant());
            }
            r.expect(failed <= settled && slow <= settled, "more failed or slow probes than settled ones")?;
            r.expect(crossed as usize <= n, "more slow probes in flight than probes")?;
            // More than `concurrent` may be in flight: a reload lowers it for the probes to come.
            let room = u64::from(settled) + n as u64 <= u64::from(p.half_open.probes);
            r.expect(room, "more probes than the policy allows")?;
            Ok(Probes { settled, failed, slow, crossed, running, tried, idle })
        })?;
        r.expect(probes.is_none() || phase == Phase::HalfOpen, "probes outside half-open")?;
        r.expect(phase != Phase::Open || !until.is_never(), "an open breaker without a reopen instant")?;
        let ramp = Recovery::Ramp { window: ramp_window, calls: ramp_calls };
        let recovery = probes.map(Recovery::Probes).or((ramp_calls > 0).then_some(ramp)).map(Box::new);
        Ok(Breaker { phase, generation, attempt, streak, since, until, window, recovery })
    }
    /// The same machine under another policy: the phase, its instants and attempts stay; a changed window keeps what still fits.
    pub fn migrate(&self, old: &BreakerPolicy, new: &BreakerPolicy, now: Instant) -> Breaker {
        let mut out = self.clone();
        if old.window != new.window {
            out.window = self.window.carry_over(old.shape, new.shape, now);
        }
        if new.ramp.is_none() && out.is_ramping() {
            out.until = Instant::NEVER;
        }
        if out.phase == Phase::Open {
            // A shorter cap shortens a wait that is under way; it never lengthens one.
            out.until = out.until.min(self.since + new.open.max + new.open.jitter.of_span(new.open.max));
        }
        if old.half_open.probes != new.half_open.probes && out.phase == Phase::HalfOpen {
            // Another number of probes is another question: the round starts anew, those in flight are late.
            out.generation = out.generation.wrapping_add(1);
            out.begin_round();
            out.until = now + new.half_open.max_wait;
        }
        out
    }
    /// As [`Breaker::migrate`], for other calls than those in flight: a half-open round starts anew.
    pub fn adopt(&self, old: &BreakerPolicy, new: &BreakerPolicy, now: Instant) -> Breaker {
        let mut out = self.migrate(old, new, now);
        out.generation = out.generation.wrapping_add(1);
        if out.phase == Phase::HalfOpen {
            out.begin_round();
            out.until = now + new.half_open.max_wait;
        }
        out
    }
}
