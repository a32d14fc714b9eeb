//! The one machine: questions, facts, orders and time come in, and everything that they cause comes back at once.
//!
//! Grammar: [`Engine::admit`] asks, [`Engine::settle`] and [`Engine::observe`] tell, [`Engine::command`] orders,
//! [`Engine::advance`] lets time pass. Each takes the instant `at`, first runs every deadline due up to it, and returns
//! an [`Output`]. Nothing is polled, nothing is called back. One big jump of time gives the history of many small ones.
//!
//! `cells` and `permits` hold the state, `admit`, `grant` and `settle` are the path of a call, `time` runs the deadlines,
//! `transition` says what a moving breaker causes, `snapshot`, `stream`, `restore` and `reload` carry the state over.
mod admit;
mod cells;
mod clock;
mod command;
mod deadlines;
mod explain;
mod grant;
mod headers;
mod input;
mod keys;
mod meter;
mod modes;
mod names;
mod observe;
mod output;
mod permits;
mod rebuilt;
mod reload;
mod report;
mod restore;
mod service;
mod settle;
mod snapshot;
mod straight;
mod stream;
mod transition;

pub use cells::MAX_SPLITS;
pub use explain::{BreakerReading, Explained, LimitReading, ThrottleReading};
pub use input::{Call, Command, Ended, Key, ModeScope, Observation, Settle, Target};
pub use output::{Decision, Effect, Failing, GATES, Gate, Next, Output, REFUSALS, Refusal, RefusalCode, Uncounted};
pub use permits::MAX_UNITS;

use crate::base::error::Fault;
use crate::base::hash::hash_parts;
use crate::base::key::{KeyId, Keys};
use crate::base::time::Instant;
use crate::call::{Outcome, RetryVerdict};
pub(crate) use crate::engine::admit::Plainly;
use crate::engine::clock::Clock;
use crate::engine::deadlines::Timers;
use crate::engine::modes::Modes;
use crate::engine::observe::Gauge;
use crate::engine::output::Answer;
use crate::engine::permits::Permits;
use crate::engine::rebuilt::Rebuilds;
use crate::engine::service::ServiceState;
use crate::engine::straight::Granted;
use crate::engine::stream::Stream;
use crate::policy::Policy;
use crate::status::state::{StatusEffect, StatusState};
use alloc::string::String;
use alloc::vec::Vec;

/// What a granted peek carries instead of a permit in the numeric surface.
pub const PEEK: u64 = permits::PEEK;

/// One engine: a policy and everything that has happened under it. `Send`, no lock inside.
///
/// Cost: one interned key with a breaker and three limits takes a few hundred bytes; `admit` and `settle` are O(1)
/// in keys and calls and allocate nothing once buffers have grown to their working size.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) policy: Policy,
    /// Counts policies; part of every handle.
    pub(crate) epoch: u16,
    pub(crate) seed: u64,
    pub(crate) clock: Clock,
    pub(crate) started: Instant,
    pub(crate) keys: Keys,
    pub(crate) services: Vec<ServiceState>,
    permits: Permits,
    timers: Timers,
    pub(crate) status: StatusState,
    modes: Modes,
    /// Sorted by name.
    gauges: Vec<Gauge>,
    pub(crate) rebuilds: Rebuilds,
    /// What the output of this call borrows.
    answer: Answer,
    decision: Decision,
    granted: Decision,
    settled: Decision,
    failing: Vec<Failing>,
    effects: Vec<Effect>,
    /// When each of them happened.
    effect_times: Vec<Instant>,
    /// There are no effects, no failing rules, no spared keys and no fault to be cleared, and the clock is not behind. False where
    /// that is not known: after every call that took the general road.
    pub(crate) tidy: bool,
    /// Do `effects` belong to an output that is still to come?
    untold: bool,
    /// Keys of the call at hand.
    spared: Vec<KeyId>,
    /// Names of keys that effects speak of and that were let go since.
    departed: Vec<String>,
    status_effects: Vec<StatusEffect>,
    /// No deadline stands before this instant; one may stand later.
    pub(crate) floor: Instant,
    /// What the host was last told of `next`.
    pub(crate) told: Instant,
    /// The service that the last admit asked for.
    asked: u32,
    /// The snapshot in parts that is under way.
    stream: Option<Stream>,
    /// The fault of the last numeric call.
    pub(crate) failed: Option<Fault>,
}

impl Engine {
    /// Reads a policy document and starts an engine at `at`. Errors: every fault of the document.
    pub fn load(policy_json: &str, seed: u64, at: Instant) -> Result<Engine, Vec<Fault>> {
        Engine::new(crate::policy::read(policy_json)?, seed, at)
    }

    /// Starts an engine at `at`. Errors: a service whose rules are split in more than [`MAX_SPLITS`] ways.
    pub fn new(policy: Policy, seed: u64, at: Instant) -> Result<Engine, Vec<Fault>> {
        let mut services = service::build_all(&policy, at)?;
        let mut modes = Modes::new(&policy);
        modes.settle(&policy, &mut services);
        let tag = hash_parts(seed, &[policy.hash]);
        let mut keys = Keys::new(policy.keys.cap as usize, hash_parts(seed, &[1]));
        keys.renew(hash_parts(seed, &[policy.hash, at.micros() as u64]), at);
        Ok(Engine {
            keys,
            permits: Permits::new(policy.permits, tag),
            status: StatusState::new(&policy.status, at),
            modes,
            services,
            policy,
            epoch: 1,
            seed,
            clock: Clock::new(at),
            started: at,
            timers: Timers::default(),
            gauges: Vec::new(),
            rebuilds: Rebuilds::default(),
            answer: Answer::Any,
            decision: Decision::Done,
            granted: Decision::Granted { permit: 0, timeout: None, probe: false },
            settled: Decision::Settled { uncounted: None, outcome: Outcome::Success, retry: RetryVerdict::OFF },
            failing: Vec::new(),
            effects: Vec::new(),
            effect_times: Vec::new(),
            tidy: false,
            untold: false,
            spared: Vec::new(),
            departed: Vec::new(),
            status_effects: Vec::new(),
            floor: Instant::EPOCH,
            told: Instant::NEVER,
            asked: 0,
            stream: None,
            failed: None,
        })
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }
    /// The engine's own time: the latest instant it has seen.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }
    /// An instant of the engine as the host's clock shows it (they differ after a re-base).
    pub fn wall(&self, at: Instant) -> Instant {
        self.clock.wall(at)
    }
    /// Calls in flight.
    pub fn live_permits(&self) -> usize {
        self.permits.live()
    }
    /// Keys known.
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }

    /// Begins a call of the engine: empties the buffers, takes the time in, runs what is due.
    #[inline]
    fn begin(&mut self, at: Instant) -> Instant {
        let begun = self.go_on(at);
        self.tidy = false;
        match begun {
            Some(now) => {
                self.untold = true;
                now
            }
            None => self.begin_fully(at),
        }
    }
    /// Begins an ordinary call: time goes on, nothing is due and nothing is left to clear. `None`: nothing was touched.
    #[inline(always)]
    pub(crate) fn go_on(&mut self, at: Instant) -> Option<Instant> {
        if self.tidy || self.tidy_up() { self.clock.go_on(at, self.floor) } else { None }
    }
    /// Clears what an ordinary call has no use for; effects that were told, or are still to be, are the general road's.
    #[inline(never)]
    fn tidy_up(&mut self) -> bool {
        self.tidy = self.effects.is_empty() && !self.clock.is_behind();
        if self.tidy {
            self.failing.clear();
            self.effect_times.clear();
            self.spared.clear();
            self.failed = None;
        }
        self.tidy
    }
    #[inline(never)]
    fn begin_fully(&mut self, at: Instant) -> Instant {
        self.start_effects();
        self.failing.clear();
        let (now, behind) = self.clock.take(at);
        if let Some(by) = behind {
            self.effects.push(Effect::ClockBehind { by });
            self.stamp(now);
        }
        self.run_due(now);
        now
    }
    /// Makes room for effects. Those of a call that ended in an error were not told; they come with the next output.
    fn start_effects(&mut self) {
        if !core::mem::replace(&mut self.untold, true) && !self.effects.is_empty() {
            self.effects.clear();
            self.effect_times.clear();
            self.departed.clear();
        }
        self.stamp(self.clock.now());
    }
    /// Effects that have no instant yet happened at this one: a late call tells when, as a punctual one would.
    #[inline]
    pub(crate) fn stamp(&mut self, at: Instant) {
        if self.effect_times.len() != self.effects.len() {
            self.effect_times.resize(self.effects.len(), at);
        }
    }
    /// Ends it.
    #[inline]
    pub(crate) fn end(&mut self, decision: Decision) -> Output<'_> {
        self.decision = decision;
        self.answer = Answer::Any;
        self.close()
    }
    /// Ends an ordinary admit, which causes nothing else.
    #[inline(always)]
    fn end_granted(&mut self, granted: Granted) {
        if let Decision::Granted { permit, timeout, .. } = &mut self.granted {
            (*permit, *timeout) = (granted.permit, granted.timeout);
        }
        self.answer = Answer::Granted;
    }
    /// Ends an ordinary settle.
    #[inline(always)]
    fn end_settled(&mut self, ended: Outcome, verdict: RetryVerdict) {
        if let Decision::Settled { outcome, retry, .. } = &mut self.settled {
            *outcome = ended;
            if *retry != verdict {
                *retry = verdict;
            }
        }
        self.answer = Answer::Settled;
        if !self.effects.is_empty() {
            self.close();
        }
    }
    fn close(&mut self) -> Output<'_> {
        self.untold = false;
        self.tidy = false;
        self.spared.clear();
        self.stamp(self.clock.now());
        Output::of(self)
    }
    /// Lets time pass up to `at`.
    pub fn advance(&mut self, at: Instant) -> Output<'_> {
        self.begin(at);
        self.end(Decision::Done)
    }
    /// The output of the last call once more, for the layer that encodes it under the same lock.
    pub(crate) fn last(&self) -> Output<'_> {
        Output::of(self)
    }
    pub(crate) fn effects(&self) -> &[Effect] {
        &self.effects
    }
    pub(crate) fn effect_times(&self) -> &[Instant] {
        &self.effect_times
    }
    pub(crate) fn replace_effects(&mut self, effects: Vec<Effect>) {
        self.effects = effects;
    }
    pub(crate) fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }
    pub(crate) fn failing_count(&self) -> usize {
        self.failing.len()
    }
    pub(crate) fn decision(&self) -> &Decision {
        match self.answer {
            Answer::Any => &self.decision,
            Answer::Granted => &self.granted,
            Answer::Settled => &self.settled,
        }
    }
    pub(crate) fn last_service(&self) -> u32 {
        self.asked
    }
    pub(crate) fn has_failing(&self) -> bool {
        !self.failing.is_empty()
    }
}
