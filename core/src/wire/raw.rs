//! The numeric surface: what a binding calls on the hot path, one crossing, plain numbers.
//!
//! `out` is the caller's own area of sixteen doubles. `out[0]` holds flags: 1 effects are pending, 2 `next` is earlier than
//! the host was told, 4 a rule in shadow would have refused, 8 a retry is advised, 16 a probe, 32 details are pending
//! ([`Engine::drain_json`]). With no flag set, the returned number is all there is to know.
use crate::base::error::{Code, Fault};
use crate::base::key::KeyId;
use crate::base::num::whole;

use crate::base::time::{Instant, Span};
use crate::call::{Outcome, RetryVerdict};
use crate::engine::{Call, Decision, Engine, PEEK, Plainly, Refusal, Settle};
use crate::gate::rule::MAX_KEYS;
use crate::wire::input::wire_instant;
use crate::wire::output::error_json;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// How many doubles `out` holds.
pub const OUT: usize = 16;
/// The area that a call writes into.
///
/// `[0]` flags · `[1]` with any flag, and after `advance`: when the host's one timer must go off (-1 never) · `[2]` refusal code · `[3]` gate · `[4]` rule (-1 none) · `[5]` scope (0 service, 1 key)
/// · `[6]` retry_at_ms (-1 none) · `[7]` retry_after_ms (-1 none) · `[8]` exact · `[9]` timeout_ms (-1 none) · `[10]` attempt of
/// the advised retry · `[11]` outcome · `[12]` limit · `[13]` remaining.
pub type Out = [f64; OUT];

const EFFECTS: u32 = 1;
const REARM: u32 = 2;
const SHADOW: u32 = 4;
const RETRY: u32 = 8;
const PROBE: u32 = 16;
const DETAILS: u32 = 32;

impl Engine {
    /// As [`Engine::load`], from the wire.
    #[inline(never)]
    pub fn from_json(policy_json: &str, seed: u64, at_ms: f64) -> Result<Engine, Vec<Fault>> {
        let at = wire_instant(at_ms).map_err(|f| vec![f])?;
        Engine::load(policy_json, seed, at)
    }
    /// The number of a key, below 2^53. Errors: `key_empty`, `key_too_long`.
    #[inline(never)]
    pub fn key_raw(&mut self, name: &str, at_ms: f64) -> Result<u64, Fault> {
        let key = self.key(name, wire_instant(at_ms)?)?;
        Ok(self.key_handle(key))
    }
    /// Admits: the permit, 0 when refused, -1 for an error (`drain_json` says which). A granted peek returns 2^53 - 1.
    #[inline]
    pub fn admit_raw(&mut self, service: u32, keys: [u64; MAX_KEYS], weight: f64, at_ms: f64, out: &mut Out) -> f64 {
        match self.admit_numbers(service, &keys, weight, at_ms) {
            Some(Plainly::Granted(granted)) => {
                out[9] = granted.timeout_ms;
                let flags = self.rearm();
                self.write_flags(flags, out);
                granted.permit as i64 as f64
            }
            Some(Plainly::Refused) => self.write_out(out),
            None => self.admit_raw_fully(service, keys, weight, at_ms, out),
        }
    }
    /// The straight road of an ordinary call. `None`: nothing was touched.
    #[inline(always)]
    fn admit_numbers(&mut self, service: u32, keys: &[u64; MAX_KEYS], weight: f64, at_ms: f64) -> Option<Plainly> {
        let at = Instant::from_wire_ms(at_ms).ok()?;
        let units = if weight == 1.0 { 1 } else { whole(weight)? };
        let lives = |handle: u64| handle == 0 || self.keys.resolve(handle).is_ok();
        if service >> 16 != u32::from(self.epoch) || !lives(keys[0]) {
            return None;
        }
        if keys[1] | keys[2] | keys[3] != 0 && !keys.iter().all(|handle| lives(*handle)) {
            return None;
        }
        let now = self.go_on(at)?;
        let [tenant, second, third, fourth] = *keys;
        let key = move |name: u8| {
            let handle = match name {
                0 => tenant,
                1 => second,
                2 => third,
                3 => fourth,
                _ => 0,
            };
            (handle != 0).then(|| KeyId::named_by(handle))
        };
        self.admit_plainly(service & 0xffff, key, [units, 0, 0, 0], false, now)
    }
    #[inline(never)]
    fn admit_raw_fully(&mut self, service: u32, keys: [u64; MAX_KEYS], weight: f64, at_ms: f64, out: &mut Out) -> f64 {
        match self.try_admit(service, keys, weight, at_ms) {
            Ok(()) => self.write_out(out),
            Err(fault) => self.fail(fault, out),
        }
    }
    fn try_admit(&mut self, service: u32, keys: [u64; MAX_KEYS], weight: f64, at_ms: f64) -> Result<(), Fault> {
        let at = wire_instant(at_ms)?;
        let Some(units) = whole(weight) else { return Err(bad_weight(weight)) };
        let mut call = Call::of(self.service_of(service)?);
        call.amounts[0] = units;
        for (slot, handle) in call.keys.iter_mut().zip(keys) {
            if handle != 0 {
                *slot = self.key_of(handle)?;
            }
        }
        self.admit_fully(&call, at)?;
        Ok(())
    }
    /// Settles: 1 when it counted, 0 when it was only observed, -1 for an error. `duration_ms` NaN: since the grant.
    #[inline]
    pub fn settle_raw(&mut self, permit: f64, outcome: u32, duration_ms: f64, at_ms: f64, out: &mut Out) -> f64 {
        match self.settle_numbers(permit, outcome, duration_ms, at_ms) {
            Some(()) => {
                out[11] = f64::from(outcome);
                let flags = self.flags();
                self.write_flags(flags, out);
                1.0
            }
            None => self.settle_raw_fully(permit, outcome, duration_ms, at_ms, out),
        }
    }
    /// The straight road of an ordinary call. `None`: nothing was touched.
    #[inline(always)]
    fn settle_numbers(&mut self, permit: f64, outcome: u32, duration_ms: f64, at_ms: f64) -> Option<()> {
        let at = Instant::from_wire_ms(at_ms).ok()?;
        let permit = whole(permit)?;
        let outcome = Outcome::from_number(outcome)?;
        let duration = if duration_ms.is_nan() { None } else { Some(Span::from_wire_ms(duration_ms).ok()?) };
        let now = self.go_on(at)?;
        self.settle_plainly(permit, outcome, duration, now)
    }
    #[inline(never)]
    fn settle_raw_fully(&mut self, permit: f64, outcome: u32, duration_ms: f64, at_ms: f64, out: &mut Out) -> f64 {
        match self.try_settle(permit, outcome, duration_ms, at_ms) {
            Ok(()) => self.write_out(out),
            Err(fault) => self.fail(fault, out),
        }
    }
    fn try_settle(&mut self, permit: f64, outcome: u32, duration_ms: f64, at_ms: f64) -> Result<(), Fault> {
        let at = wire_instant(at_ms)?;
        let Some(permit) = whole(permit) else {
            return Err(Fault::at(Code::UnknownPermit, "permit", format_args!("this is no permit")));
        };
        let Some(outcome) = Outcome::from_number(outcome) else {
            return Err(Fault::at(Code::BadOutcome, "outcome", format_args!("outcomes are numbered from 0 to 5")));
        };
        let mut settle = Settle::with(outcome);
        if !duration_ms.is_nan() {
            let fault = |code| Fault::at(code, "duration_ms", format_args!("a length in milliseconds"));
            settle.duration = Some(Span::from_wire_ms(duration_ms).map_err(fault)?);
        }
        self.settle_fully(permit, &settle, at)?;
        Ok(())
    }
    /// Lets time pass: 1, or -1 for an error. `out[1]` is the next deadline.
    #[inline(never)]
    pub fn advance_raw(&mut self, at_ms: f64, out: &mut Out) -> f64 {
        match wire_instant(at_ms) {
            Ok(at) => {
                self.advance(at);
                // The host's timer has fired: whatever comes next is news.
                self.told = Instant::NEVER;
                out[1] = -1.0;
                self.write_out(out)
            }
            Err(fault) => self.fail(fault, out),
        }
    }
    /// The whole output of the last call as JSON, or its error. To be read before the next call, under the same lock.
    #[inline(never)]
    pub fn drain_json(&mut self) -> String {
        match self.failed.take() {
            Some(fault) => error_json(&fault),
            None => self.output_json(),
        }
    }
    fn fail(&mut self, fault: Fault, out: &mut Out) -> f64 {
        self.failed = Some(fault);
        self.tidy = false;
        self.write_flags(DETAILS, out);
        -1.0
    }
    /// The flags that every answer may carry. The fault of an earlier call is forgotten.
    #[inline(always)]
    fn flags(&mut self) -> u32 {
        if self.failed.is_some() {
            self.failed = None;
        }
        let effects = if self.has_effects() { EFFECTS | DETAILS } else { 0 };
        effects | self.rearm()
    }
    #[inline(always)]
    fn write_flags(&self, flags: u32, out: &mut Out) {
        if flags != 0 {
            out[1] = if self.told.is_never() { -1.0 } else { self.wall(self.told).as_ms() };
        }
        out[0] = f64::from(flags);
    }
    /// Writes the last output as numbers.
    fn write_out(&mut self, out: &mut Out) -> f64 {
        let mut flags = self.flags();
        let result = match self.decision() {
            Decision::Granted { permit, timeout, probe } => {
                let shadow = if self.has_failing() { SHADOW | DETAILS } else { 0 };
                flags |= shadow | if *probe { PROBE } else { 0 };
                out[9] = timeout.map_or(-1.0, Span::as_ms);
                if *permit == 0 { PEEK as f64 } else { *permit as f64 }
            }
            Decision::Refused(r) => {
                flags |= self.write_refused(r, out);
                0.0
            }
            Decision::Settled { uncounted, outcome, retry } => {
                if uncounted.is_some() {
                    flags |= DETAILS;
                }
                out[11] = f64::from(*outcome as u32);
                flags |= self.write_retry_out(retry, out);
                f64::from(u32::from(uncounted.is_none() && outcome.counts()))
            }
            Decision::Headers(_)
            | Decision::Explained(_)
            | Decision::Report(_)
            | Decision::Snapshot(_)
            | Decision::Done => 1.0,
        };
        self.write_flags(flags, out);
        result
    }
    /// Must the host's timer go off earlier than it was told?
    #[inline(always)]
    fn rearm(&mut self) -> u32 {
        if self.floor >= self.told { 0 } else { self.rearm_fully() }
    }
    #[inline(never)]
    fn rearm_fully(&mut self) -> u32 {
        self.floor = self.next().map_or(Instant::NEVER, |n| n.at);
        if self.floor >= self.told {
            return 0;
        }
        self.told = self.floor;
        REARM
    }
    fn write_refused(&self, r: &Refusal, out: &mut Out) -> u32 {
        out[2] = f64::from(r.reason.code as u32);
        out[3] = f64::from(r.reason.gate as u32);
        out[4] = r.reason.rule.map_or(-1.0, f64::from);
        out[5] = f64::from(u32::from(r.reason.keyed));
        out[6] = r.retry_at.map_or(-1.0, |at| self.wall(at).as_ms());
        out[7] = r.retry_at.map_or(-1.0, |at| at.since(self.now()).as_ms());
        out[8] = f64::from(u32::from(r.exact));
        (out[12], out[13]) = r.reason.units.map_or((-1.0, -1.0), |(l, n)| (l as f64, n as f64));
        // The numbers say all but the other failing rules, and an advised retry that does not stand at the gate's own instant.
        let apart = matches!(r.retry, RetryVerdict::At { at, .. } if r.retry_at != Some(at));
        let flags = if apart || self.failing_count() > 1 { DETAILS } else { 0 };
        flags | self.write_retry_out(&r.retry, out)
    }
    fn write_retry_out(&self, retry: &RetryVerdict, out: &mut Out) -> u32 {
        let RetryVerdict::At { at, attempt } = retry else { return 0 };
        out[6] = self.wall(*at).as_ms();
        out[7] = at.since(self.now()).as_ms();
        out[10] = f64::from(*attempt);
        RETRY
    }
    pub(crate) fn find_keys(&self, names: [Option<&str>; MAX_KEYS]) -> [Option<KeyId>; MAX_KEYS] {
        names.map(|name| name.and_then(|n| self.keys.find(n)))
    }
}

impl Engine {
    /// As [`Engine::restore`], from the wire. What has come due since the snapshot runs, and is told, with the first input.
    /// Key handles of the engine that was are stale, permits that it granted after the snapshot are unknown.
    #[inline(never)]
    pub fn restore_json(policy_json: &str, bytes: &[u8], at_ms: f64) -> Result<Engine, Vec<Fault>> {
        let at = wire_instant(at_ms).map_err(|f| vec![f])?;
        let mut engine = Engine::restore(crate::policy::read(policy_json)?, bytes)?;
        engine.renew(at);
        Ok(engine)
    }
    /// As [`Engine::restore_json`], for one of several copies that all go on: forked processes. `seed` is this copy's own.
    pub fn fork_json(policy_json: &str, bytes: &[u8], seed: u64, at_ms: f64) -> Result<Engine, Vec<Fault>> {
        let at = wire_instant(at_ms).map_err(|f| vec![f])?;
        let mut engine = Engine::restore_json(policy_json, bytes, at_ms)?;
        engine.go_alone(seed, at);
        Ok(engine)
    }
}

#[cold]
fn bad_weight(weight: f64) -> Fault {
    let (code, message) = if !weight.is_finite() {
        (Code::NumberNotFinite, "a weight is a finite number")
    } else if weight != libm::trunc(weight) {
        (Code::WrongType, "a weight is a whole number")
    } else {
        (Code::NumberOutOfRange, "a weight is a whole number from 0 to 2^53")
    };
    Fault::at(code, "weight", format_args!("{message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_when_the_timer_must_go_off_as_any_flag_does() {
        let policy =
            r#"{"version":1,"services":{"a":{"breaker":{"consecutive_failures":1,"open":{"base":"10s","jitter":0}}}}}"#;
        let mut engine = Engine::from_json(policy, 1, 0.0).unwrap();
        let mut out = [7.0; OUT];
        assert_eq!(engine.settle_raw(1.0, 0, f64::NAN, 0.0, &mut out), -1.0);
        assert_eq!((out[0], out[1]), (32.0, -1.0), "nothing is due");
        let service = u32::from(engine.epoch) << 16;
        let permit = engine.admit_raw(service, [0; MAX_KEYS], 1.0, 0.0, &mut out);
        assert_eq!(engine.settle_raw(permit, 1, f64::NAN, 0.0, &mut out), 1.0);
        assert_eq!(out[1], 10_000.0, "the breaker opened");
        out = [7.0; OUT];
        assert_eq!(engine.admit_raw(service, [0; MAX_KEYS], -1.0, 1.0, &mut out), -1.0);
        assert_eq!((out[0], out[1]), (32.0, 10_000.0));
    }
}
