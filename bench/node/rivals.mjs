// The same calls through the libraries that a Node service uses today, set up so that nothing is refused.
import { createRequire } from "node:module";
import { FLOORS, loop } from "../../bindings-node/bench/harness.mjs";

const require = createRequire(import.meta.url);
const ok = async () => 1;
const HOUR = 3_600_000;

const opossum = (fn, options) => new (require("opossum"))(fn, options);

/** Default options: timeout 10 s, a rate over 10 s in ten buckets, a snapshot of percentiles each second. */
function opossumFire() {
  const breaker = opossum(ok, {});
  return { floor: FLOORS.async(), run: loop("async", { breaker }, "breaker.fire()"), fn: () => breaker.fire(), close: () => breaker.shutdown() };
}

/** Open: every call is rejected with a new Error. */
function opossumOpen() {
  const breaker = opossum(ok, { resetTimeout: HOUR, enableSnapshots: false });
  breaker.open();
  return { floor: FLOORS.reject(), run: loop("reject", { breaker }, "breaker.fire()"), close: () => breaker.shutdown() };
}

/** Every call fails, with so many samples in its window; the threshold is out of reach, and the window is held at that size. */
function opossumFailing(samples) {
  const error = new Error("x");
  const breaker = opossum(async () => { throw error; }, { errorThresholdPercentage: 101, enableSnapshots: false, timeout: false, rollingCountTimeout: 10 * HOUR });
  const bucket = breaker.status.window[0];
  for (let i = 0; i < samples; i++) {
    bucket.latencyTimes.push((i * 7919) % 1000);
    bucket.successes++;
    bucket.fires++;
  }
  const run = loop("reject", { breaker, bucket, samples }, "(bucket.latencyTimes.length = samples, breaker.fire())");
  return { floor: FLOORS.reject(), run, few: true, close: () => breaker.shutdown() };
}

const sampling = (c) => new c.SamplingBreaker({ threshold: 0.5, duration: 10_000 });

function cockatielBreaker() {
  const c = require("cockatiel");
  const policy = c.circuitBreaker(c.handleAll, { halfOpenAfter: 10_000, breaker: sampling(c) });
  return { floor: FLOORS.async(), run: loop("async", { policy, ok }, "policy.execute(ok)") };
}

/** With the cheaper of its two timeouts, which asks the function to stop. */
function cockatielWrap() {
  const c = require("cockatiel");
  const policy = c.wrap(
    c.retry(c.handleAll, { maxAttempts: 3, backoff: new c.ExponentialBackoff() }),
    c.circuitBreaker(c.handleAll, { halfOpenAfter: 10_000, breaker: sampling(c) }),
    c.bulkhead(100, 100),
    c.timeout(10_000, c.TimeoutStrategy.Cooperative),
  );
  return { floor: FLOORS.async(), run: loop("async", { policy, ok }, "policy.execute(ok)"), fn: () => policy.execute(ok) };
}

/** One limit in memory, 100,000 keys in random order. */
async function limiter(keys) {
  const { RateLimiterMemory } = require("rate-limiter-flexible");
  const limit = new RateLimiterMemory({ points: 1e15, duration: 36_000 });
  for (const key of keys) await limit.consume(key);
  return { floor: FLOORS.async(), run: loop("async", { limit, keys }, "limit.consume(keys[i % keys.length])") };
}

export const RIVALS = { opossumFire, opossumOpen, opossumFailing: () => opossumFailing(100_000), cockatielBreaker, cockatielWrap, limiter };

/** One breaker per tenant, each called once. */
export async function opossumTenants(names) {
  const all = new Map();
  for (const name of names) all.set(name, opossum(ok, { name }));
  for (const breaker of all.values()) await breaker.fire();
  return all;
}
