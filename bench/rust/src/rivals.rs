//! The same work by `governor` and `failsafe`: three keyed limits and a breaker per tenant, each found by its key.
use failsafe::backoff::{self, Constant};
use failsafe::failure_policy::{self, SuccessRateOverTimeWindow};
use failsafe::{CircuitBreaker, Config, StateMachine};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::hash::Hash;
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

type Breaker = StateMachine<SuccessRateOverTimeWindow<Constant>, ()>;

/// Three limits and a breaker per key.
pub struct Stack<K: Hash + Eq + Clone> {
    limits: [DefaultKeyedRateLimiter<K>; 3],
    breakers: HashMap<K, Breaker>,
}

impl<K: Hash + Eq + Clone> Stack<K> {
    /// With a breaker for each of these keys; every limit has seen each once.
    pub fn of(keys: &[K]) -> Self {
        let most = NonZeroU32::MAX;
        let limits = [Quota::per_second(most), Quota::per_minute(most), Quota::per_hour(most)].map(RateLimiter::keyed);
        let breakers = keys.iter().map(|key| (key.clone(), breaker())).collect();
        let stack = Stack { limits, breakers };
        keys.iter().for_each(|key| stack.pass(key));
        stack
    }

    /// One call: all three limits, then the breaker around it.
    #[inline]
    pub fn pass(&self, key: &K) {
        for limit in &self.limits {
            assert!(limit.check_key(key).is_ok());
        }
        let answer = self.breakers.get(key).expect("a known key").call(|| Ok::<u64, ()>(black_box(1)));
        assert!(answer.is_ok());
    }
}

/// The nearest that failsafe has to a rate over a time window: an average over ten seconds that fades.
fn breaker() -> Breaker {
    let pause = backoff::constant(Duration::from_secs(60));
    let policy = failure_policy::success_rate_over_time_window(0.5, 20, Duration::from_secs(10), pause);
    Config::new().failure_policy(policy).build()
}
