// The short way of an ordinary call: it tells the same as the long one, and no next attempt loses its caller's context.
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, expect, test, vi } from "vitest";
import { bench } from "./kit.js";

const RETRY = { attempts: 2, on: ["failure", "timeout"], backoff: { base: "2s", jitter: "none" } };
const policy = { version: 1, services: {
  up: { per: "tenant", timeout: "5s", fallback: "queue", breaker: { consecutive_failures: 3, open: { base: "10s", jitter: 0 } }, retry: RETRY },
} };
const hung = (): Promise<never> => new Promise(() => undefined);
const boom = (): never => { throw new Error("boom"); };

test.each<[string, () => unknown, object]>([
  ["a value", () => 42, {}],
  ["a value later", async () => 42, { idempotent: true }],
  ["a response", () => new Response("no", { status: 503 }), {}],
  ["a response that is asked for again", () => new Response("no", { status: 503 }), { idempotent: true }],
  ["an exception", boom, {}],
  ["an exception each time", boom, { idempotent: true }],
  ["a timeout", hung, {}],
  ["a timeout each time", hung, { idempotent: true }],
  ["a timeout of its own", hung, { timeoutMs: 70 }],
  ["a rejected weight", () => 1, { weight: 0.5 }],
  ["a question only", () => 1, { weight: 0 }],
])("the short way and the long one tell the same of %s", async (_, fn, options) => {
  const told = async (more: object): Promise<unknown> => {
    const { bo, clock, ledger } = bench(policy);
    const attempts: number[] = [];
    const running = bo.guard("up", { key: "a", ...options, ...more })
      .run((call) => { attempts.push(call.attempt); return fn(); })
      .catch((error: unknown) => ({ rejected: String(error) }));
    await clock.advance(60_000);
    const { value, ...result } = (await running) as { value?: unknown };
    return { ...result, value: value instanceof Response ? value.status : value, attempts, open: ledger.open, twice: ledger.twice, waits: bo.facade.timers.size };
  };
  const short = await told({});
  expect(short).toEqual(await told({ classify: () => undefined }));
  expect(short).toMatchObject({ twice: [] });
});

test("a refusal by either way is the same, and the key of the call decides", async () => {
  const { bo } = bench(policy);
  const guard = bo.guard("up", { key: "a" });
  for (let i = 0; i < 3; i += 1) await guard.run(boom);
  const refused = await guard.run(() => 1);
  expect(refused).toMatchObject({ ok: false, reason: "refused", attempts: 0, fallback: "queue", refusal: { code: "circuit_open", scope: "tenant" } });
  expect(await guard.run(() => 1, { deadlineMs: 60_000 })).toEqual(refused);
  expect(await guard.run(() => 1, { key: "b" })).toMatchObject({ ok: true, value: 1 });
  expect(await bo.with({ tenant: "c" }, () => guard.run(() => 1, { key: null }))).toMatchObject({ ok: true, value: 1 });
  expect(await bo.with({ tenant: "c" }, () => guard.run(() => 1))).toEqual(refused);
  await expect(guard.run(() => 1, { key: null })).rejects.toMatchObject({ code: "key_required", path: "keys.tenant" });
  await expect(guard.run(() => 1, { key: {} as never })).rejects.toMatchObject({ code: "wrong_type", path: "keys.tenant" });
});

afterEach(() => { vi.unstubAllGlobals(); vi.resetModules(); });

/** As on hosts whose promises carry no context. */
class Storage<T> {
  readonly #inner = new AsyncLocalStorage<T>();
  getStore(): T | undefined { return this.#inner.getStore(); }
  run<R>(store: T, fn: () => R): R { return this.#inner.run(store, fn); }
}

test.each([["with its promise", AsyncLocalStorage], ["apart from its promise", Storage]])("an attempt after a timeout begins in the context of its caller, kept %s", async (_, known) => {
  vi.stubGlobal("AsyncLocalStorage", known);
  vi.resetModules();
  const { travels } = await import("../src/context.js");
  expect(travels()).toBe("_propagate" in known.prototype);
  const { bo, clock, ledger } = (await import("./kit.js")).bench(policy);
  const store = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const guard = bo.guard("up", { key: "a", idempotent: true });
  const calls = ["one", "two"].map((name) => store.run(name, () => guard.run((call) => {
    seen.push([store.getStore(), call.attempt]);
    return call.attempt === 0 ? hung() : Promise.resolve(name);
  })));
  await clock.advance(60_000);
  expect((await Promise.all(calls)).map((r) => r.ok && r.value)).toEqual(["one", "two"]);
  expect(seen).toEqual([["one", 0], ["two", 0], ["one", 1], ["two", 1]]);
  const once: (() => unknown)[] = [() => 1, () => Promise.resolve(2), () => Promise.reject(new Error("x")), boom];
  const more = bo.guard("up", { key: "b", idempotent: true, timeoutMs: 70 });
  const ends = Promise.all(once.map((fn) => more.run((call) => (call.attempt === 0 ? fn() : "again"))));
  await clock.advance(60_000);
  expect((await ends).map((r) => r.ok && r.value)).toEqual([1, 2, "again", "again"]);
  expect([ledger.open, ledger.twice]).toEqual([[], []]);
});
