// What is measured. Each function takes the package's exports, sets one case up and gives `{ name, floor, run, close }`, for
// `compare` of harness.mjs: `floor(n)` and `run(n)` make n calls.
import { FLOORS, loop } from "./harness.mjs";

/** As in the core's own bench: a breaker over a 10 s window of ten buckets, and three limits that never bind. */
export const BREAKER = { failure_rate: 0.5, window: "10s" };
export const LIMITS = [
  { name: "second", limit: 100_000_000, period: "1s" },
  { name: "minute", limit: 1_000_000_000, period: "1m" },
  { name: "hour", limit: 10_000_000_000, period: "1h" },
];
const RETRY = { attempts: 3, on: ["failure", "timeout"] };
const policy = (service) => ({ version: 1, services: { s: { per: "tenant", ...service } } });
const FULL = policy({ breaker: BREAKER, limits: LIMITS.map((limit) => ({ ...limit, per: "tenant" })) });
const STACK = policy({ breaker: BREAKER, limits: LIMITS.map((limit) => ({ ...limit, per: "tenant" })), retry: RETRY, timeout: "10s" });
const TENANT = "tenant-000000001";

const own = (brownout, document) => new brownout.Brownout({ policy: document, seed: 1 });

/** The engine's two numbers across the boundary: a permit and its settlement, time moving by a microsecond. */
function numeric(brownout, name, document) {
  const at = Date.now();
  const raw = brownout.loader.create(JSON.stringify(document), 1n, at);
  const service = JSON.parse(raw.names()).services[0].handle;
  const key = raw.key(TENANT, at);
  const clock = { at };
  const run = loop("sync", { raw, service, key, clock }, "raw.settle(raw.admit(service, key, 0, 0, 0, 1, clock.at += 0.001), 0, NaN, clock.at)");
  return { name, floor: FLOORS.sync(), run, close: () => raw.free?.() };
}
export const numericBreaker = (brownout) => numeric(brownout, "admit + settle in numbers: breaker", policy({ breaker: BREAKER }));
export const numericFull = (brownout) => numeric(brownout, "admit + settle in numbers: breaker, three limits", FULL);

/** The same through names, cached handles and one look at the clock each. */
export function facadeFull(brownout) {
  const bo = own(brownout, FULL);
  const { facade } = bo;
  const service = facade.service("s");
  const keys = [TENANT];
  const permit = (answer) => (typeof answer === "number" ? answer : answer.permit);
  const run = loop("sync", { facade, service, keys, permit }, "facade.settle(permit(facade.admit(service, keys, 1, facade.now())), 0, NaN, facade.now())");
  return { name: "admit + settle by name: breaker, three limits", floor: FLOORS.sync(), run, close: () => bo.close() };
}

/** A guarded call that returns at once: breaker, three limits, retry decision, timeout. */
export function guardRun(brownout) {
  const bo = own(brownout, STACK);
  const run = loop("async", { guard: bo.guard("s", { key: TENANT, idempotent: true }), ok: async () => 1 }, "guard.run(ok)");
  return { name: "guard.run: breaker, three limits, retry, timeout", floor: FLOORS.async(), run, close: () => bo.close() };
}

/** The same with the key given call by call, as a request handler does. */
export function guardRunKeyed(brownout) {
  const bo = own(brownout, STACK);
  const options = Array.from({ length: 1000 }, (_, i) => ({ key: `tenant-${String(i).padStart(9, "0")}` }));
  const run = loop("async", { guard: bo.guard("s"), options, ok: async () => 1 }, "guard.run(ok, options[i % 1000])");
  return { name: "guard.run, a thousand tenants in turn", floor: FLOORS.async(), run, close: () => bo.close() };
}

/** A guarded call that throws a ready error. One in sixteen returns: the breaker judges and never opens. */
export function guardFailing(brownout) {
  const bo = own(brownout, policy({ breaker: { ...BREAKER, failure_rate: 1 }, timeout: "10s" }));
  const error = new Error("x");
  const run = loop("async", { guard: bo.guard("s", { key: TENANT }), ok: async () => 1, boom: async () => { throw error; } }, "guard.run(i % 16 === 0 ? ok : boom)");
  return { name: "guard.run of a failing function", floor: FLOORS.reject(), run, close: () => bo.close() };
}

/** An open breaker: the refusal as a value. The floor is a bare rejection, as for peers that throw. */
export async function guardRefused(brownout) {
  const bo = own(brownout, STACK);
  bo.command("force_open", { service: "s", for_ms: 3_600_000 });
  const guard = bo.guard("s", { key: TENANT });
  const refused = await guard.run(async () => 1);
  if (refused.ok || refused.reason !== "refused") throw new Error("the breaker is not open");
  return { name: "guard.run refused", floor: FLOORS.async(), run: loop("async", { guard, ok: async () => 1 }, "guard.run(ok)"), close: () => bo.close() };
}

/** Everything, in the order of the table. */
export const CASES = { numericBreaker, numericFull, facadeFull, guardRun, guardRunKeyed, guardFailing, guardRefused };
