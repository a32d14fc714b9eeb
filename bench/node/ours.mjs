// The product's side: the cases of the package's own bench where they fit, and what only a comparison needs.
import * as built from "../../bindings-node/dist/node.js";
import { BREAKER, CASES, LIMITS } from "../../bindings-node/bench/cases.mjs";
import { FLOORS, loop } from "../../bindings-node/bench/harness.mjs";
import { load } from "../../bindings-node/bench/load.mjs";

const ok = async () => 1;
const TENANT = "tenant-000000001";
const tenantLimits = LIMITS.map((limit) => ({ ...limit, per: "tenant" }));
const open = (service) => new built.Brownout({ policy: { version: 1, keys: { cap: 200_000 }, services: { s: { per: "tenant", ...service } } }, seed: 1 });

const STACK = { breaker: BREAKER, limits: tenantLimits, retry: { attempts: 3, on: ["failure", "timeout"] }, timeout: "10s" };

/** Numbers across the boundary: needs the loader, which the package keeps to itself. */
const numeric = (name) => async () => CASES[name](await load());

function guardRun() {
  const bo = open(STACK);
  const guard = bo.guard("s", { key: TENANT, idempotent: true });
  return { floor: FLOORS.async(), run: loop("async", { guard, ok }, "guard.run(ok)"), fn: () => guard.run(ok), close: () => bo.close() };
}

function guardBreaker() {
  const bo = open({ breaker: BREAKER, timeout: "10s" });
  const guard = bo.guard("s", { key: TENANT });
  return { floor: FLOORS.async(), run: loop("async", { guard, ok }, "guard.run(ok)"), close: () => bo.close() };
}

async function guardRefused() {
  const bo = open(STACK);
  bo.command("force_open", { service: "s", for_ms: 3_600_000 });
  const guard = bo.guard("s", { key: TENANT });
  const refused = await guard.run(ok);
  if (refused.ok || refused.reason !== "refused") throw new Error("the breaker is not open");
  return { floor: FLOORS.async(), run: loop("async", { guard, ok }, "guard.run(ok)"), close: () => bo.close() };
}

/** Fifteen calls in sixteen fail, 100,000 samples are in the window: the breaker judges each and never opens. */
async function guardFailing() {
  const bo = open({ breaker: { failure_rate: 1, min_calls: 20, window: "60s" }, timeout: "10s" });
  const guard = bo.guard("s", { key: TENANT });
  const error = new Error("x");
  const boom = async () => { throw error; };
  for (let i = 0; i < 100_000; i++) await guard.run(ok);
  return { floor: FLOORS.reject(), run: loop("async", { guard, ok, boom }, "guard.run(i % 16 === 0 ? ok : boom)"), close: () => bo.close() };
}

/** One limit, 100,000 keys in random order. */
async function guardLimit(keys) {
  const bo = open({ limits: [tenantLimits[2]] });
  const guard = bo.guard("s");
  const options = keys.map((key) => ({ key }));
  for (const option of options) await guard.run(ok, option);
  return { floor: FLOORS.async(), run: loop("async", { guard, ok, options }, "guard.run(ok, options[i % options.length])"), close: () => bo.close() };
}

export const OURS = {
  numericBreaker: numeric("numericBreaker"), numericFull: numeric("numericFull"), guardRun, guardBreaker, guardRefused, guardFailing, guardLimit,
};

/** One engine, each tenant called once. */
export async function brownoutTenants(names) {
  const bo = open(STACK);
  const guard = bo.guard("s");
  for (const key of names) await guard.run(ok, { key });
  return bo;
}
